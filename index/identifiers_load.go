package index

import "runtime"

// TableLoader gathers entries for a new table. It is the fast way to fill one: millions of Put wait for memory, as
// each falls on a place of its own, while a loader writes the entries of each shard one behind the other and LoadTable
// then fills shard by shard. The zero TableLoader is ready; one goroutine uses it.
type TableLoader struct {
	shards [tableShards][][]tableSlot // blocks, the last has room
}

const (
	firstLoaded = 16   // entries of a shard's first block
	mostLoaded  = 1024 // entries of a block at most: what is held in reserve is half of that a shard
)

// Put adds an entry. Of several with one key the last counts.
func (l *TableLoader) Put(k Key, v uint32) {
	blocks := &l.shards[mix(&k)>>58]
	last := len(*blocks) - 1
	if last < 0 || len((*blocks)[last]) == cap((*blocks)[last]) {
		room := firstLoaded
		if last >= 0 {
			room = min(2*cap((*blocks)[last]), mostLoaded)
		}
		*blocks = append(*blocks, make([]tableSlot, 0, room))
		last++
	}
	(*blocks)[last] = append((*blocks)[last], tableSlot{k, v})
}

// LoadTable makes a table of what all loaders gathered, on all cores. Where several have the same key the last loader's
// value counts. The loaders are empty then.
func LoadTable(loaders ...*TableLoader) *Table {
	t := &Table{}
	onCores(tableShards, func(i int) {
		n := 0
		for _, l := range loaders {
			for _, block := range l.shards[i] {
				n += len(block)
			}
		}
		s := &t.shards[i]
		s.reserve(i, n)
		for _, l := range loaders {
			for _, block := range l.shards[i] {
				s.putAll(block)
			}
			l.shards[i] = nil
		}
	})
	return t
}

// putAll puts entries of this shard.
func (s *tableShard) putAll(entries []tableSlot) {
	var hashes [tableBatch]uint64
	for len(entries) > 0 {
		group := entries[:min(len(entries), tableBatch)]
		entries = entries[len(group):]
		// As in getBatch: first have all the memory accesses under way at once.
		var touched uint32
		for j := range group {
			hashes[j] = mix(&group[j].key)
			touched += s.slots[s.home(hashes[j])].value
		}
		runtime.KeepAlive(touched)
		for j := range group {
			s.put(&group[j].key, hashes[j], group[j].value, true)
		}
	}
}
