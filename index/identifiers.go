package index

import (
	"encoding/binary"
	"math/bits"
	"runtime"
	"sync"
)

// Key is a 128-bit keyed hash that stands for an identifier, a source record or an event.
type Key [16]byte

const (
	tableShards = 64   // few enough that a batch of a thousand keys finds several in each
	tablePad    = 64   // slots behind the last home of a shard, so that probing never wraps around; less of a small shard
	tableLoad   = 0.85 // growing at this load costs 20/0.85 = 23.5 bytes an entry
	tableGrowth = 1.1  // each growth; the mean over shards is then 24.7 bytes an entry
	tableBatch  = 16   // lookups of a batch whose first memory access is started together
	slotBytes   = 20
)

// Table maps keys to ordinals. It is made for tens of millions of entries: pointer-free slots of 20 bytes, at most
// 85 % full, in shards that grow each by itself and by a tenth.
//
// A shard keeps its entries in the order of their mixed hash, with gaps (linear probing where the smaller hash stands
// first). A search for an absent key therefore ends at the first greater hash, growing is one sequential copy, and
// deleting shifts the followers back, so no tombstones pile up. Keys are mixed first, because ids that begin with a
// time would crowd into few places.
//
// All methods may be called by any number of goroutines at once. Get and GetBatch of different keys see each key at
// some instant of their own, not one instant together.
type Table struct {
	shards [tableShards]tableShard
}

type tableShard struct {
	mu    sync.RWMutex
	homes uint64 // slots that a hash can fall on; up to tablePad more follow
	slots []tableSlot
	used  int
	limit int // used at which the shard grows
	zero  *uint32
	_     [40]byte // shards stand on cache lines of their own
}

// tableSlot is free when its key is zero; the value of the zero key itself stands in tableShard.zero.
type tableSlot struct {
	key   Key
	value uint32
}

// NewTable makes a table with room for capacity entries; it grows beyond as needed.
func NewTable(capacity int) *Table {
	t := &Table{}
	for i := range t.shards {
		t.shards[i].reserve(i, max(capacity, 0)/tableShards)
	}
	return t
}

// reserve makes room for n entries in shard i, which is empty. Shards fill at the same pace: starting them at
// staggered sizes keeps them from growing all at the same moment, and the table's bytes an entry from swinging.
func (s *tableShard) reserve(i, n int) {
	stagger := 1 + (tableGrowth-1)*float64(i)/tableShards
	s.resize(uint64(float64(max(n, 1)) / tableLoad * stagger))
}

// mix spreads a key over 64 bits: the top 6 choose the shard, the others the place in it.
func mix(k *Key) uint64 {
	hi, lo := bits.Mul64(binary.LittleEndian.Uint64(k[:8])^0x9e3779b97f4a7c15, binary.LittleEndian.Uint64(k[8:])^0xc2b2ae3d27d4eb4f)
	return hi ^ lo
}

func (t *Table) shard(h uint64) *tableShard { return &t.shards[h>>58] }

// home is the slot where the search for a hash begins. It grows with the hash, which keeps the slots sorted.
func (s *tableShard) home(h uint64) uint64 {
	hi, _ := bits.Mul64(h<<6, s.homes)
	return hi
}

// seek finds k, whose hash is h, from its home on; or else the slot where it would have to stand.
func (s *tableShard) seek(k *Key, h uint64, home int) (at int, found bool) {
	i := home
	for ; i < len(s.slots); i++ {
		slot := &s.slots[i]
		if slot.key == *k {
			return i, true
		}
		if slot.key == (Key{}) || mix(&slot.key) > h {
			return i, false
		}
	}
	return i, false
}

// Get returns the value of k.
func (t *Table) Get(k Key) (uint32, bool) {
	h := mix(&k)
	s := t.shard(h)
	s.mu.RLock()
	v, ok := s.get(&k, h, int(s.home(h)))
	s.mu.RUnlock()
	return v, ok
}

func (s *tableShard) get(k *Key, h uint64, home int) (uint32, bool) {
	if *k == (Key{}) {
		if s.zero == nil {
			return 0, false
		}
		return *s.zero, true
	}
	i, ok := s.seek(k, h, home)
	if !ok {
		return 0, false
	}
	return s.slots[i].value, true
}

// GetBatch looks up all keys: values[i] and found[i] answer keys[i]. values and found must be as long as keys. It is
// faster than single calls from some hundred keys on, as it locks a shard once and waits for many memory accesses
// at the same time.
func (t *Table) GetBatch(keys []Key, values []uint32, found []bool) {
	hashes := make([]uint64, len(keys))
	var starts [tableShards + 1]uint32
	for i := range keys {
		hashes[i] = mix(&keys[i])
		starts[hashes[i]>>58+1]++
	}
	for i := range tableShards {
		starts[i+1] += starts[i]
	}
	order, next := make([]uint32, len(keys)), starts
	for i, h := range hashes {
		order[next[h>>58]] = uint32(i)
		next[h>>58]++
	}
	for i := range t.shards {
		if mine := order[starts[i]:starts[i+1]]; len(mine) > 0 {
			t.shards[i].getBatch(keys, hashes, mine, values, found)
		}
	}
}

func (s *tableShard) getBatch(keys []Key, hashes []uint64, which []uint32, values []uint32, found []bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for len(which) > 0 {
		group := which[:min(len(which), tableBatch)]
		which = which[len(group):]
		// These loads do not depend on each other, so the processor has them all under way at once; what they bring
		// into the cache, a home and its next few slots, is where nearly all searches end.
		var touched uint32
		var homes [tableBatch]int
		for j, i := range group {
			at := int(s.home(hashes[i]))
			homes[j] = at
			touched += s.slots[at].value + s.slots[at+3].value
		}
		runtime.KeepAlive(touched)
		for j, i := range group {
			values[i], found[i] = s.get(&keys[i], hashes[i], homes[j])
		}
	}
}

// Put sets the value of k.
func (t *Table) Put(k Key, v uint32) { t.put(k, v, true) }

// PutIfAbsent sets the value of k unless it has one already. It returns the value that k has now, and whether it was
// added.
func (t *Table) PutIfAbsent(k Key, v uint32) (got uint32, added bool) { return t.put(k, v, false) }

func (t *Table) put(k Key, v uint32, overwrite bool) (got uint32, added bool) {
	h := mix(&k)
	s := t.shard(h)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.put(&k, h, v, overwrite)
}

func (s *tableShard) put(k *Key, h uint64, v uint32, overwrite bool) (got uint32, added bool) {
	if *k == (Key{}) {
		if s.zero == nil || overwrite {
			one := v // not v itself, which would then lie on the heap in every call
			added = s.zero == nil
			s.zero = &one
		}
		return *s.zero, added
	}
	for {
		i, ok := s.seek(k, h, int(s.home(h)))
		if ok {
			if overwrite {
				s.slots[i].value = v
			}
			return s.slots[i].value, false
		}
		if s.used < s.limit && s.insert(i, *k, v) {
			return v, true
		}
		s.resize(uint64(float64(s.homes)*tableGrowth) + 1)
	}
}

// insert puts an absent key at i, where seek wants it, by shifting the greater hashes up to the next free slot. It
// reports false when the slots behind the last home are all taken.
func (s *tableShard) insert(i int, k Key, v uint32) bool {
	free := i
	for ; free < len(s.slots) && s.slots[free].key != (Key{}); free++ {
	}
	if free == len(s.slots) {
		return false
	}
	copy(s.slots[i+1:free+1], s.slots[i:free])
	s.slots[i] = tableSlot{k, v}
	s.used++
	return true
}

// resize moves the entries to slots with the given number of homes, or more if they do not fit.
func (s *tableShard) resize(homes uint64) {
	for {
		slots, ok := s.spread(homes)
		if ok {
			s.slots, s.homes, s.limit = slots, homes, int(float64(homes)*tableLoad)
			return
		}
		homes += homes/8 + 1
	}
}

// spread copies the entries, which are sorted by hash, each to its new home or behind its predecessor.
func (s *tableShard) spread(homes uint64) ([]tableSlot, bool) {
	// At least 3: getBatch looks that far behind a home.
	slots := make([]tableSlot, homes+min(tablePad, homes/2+8))
	next := uint64(0)
	for i := range s.slots {
		slot := &s.slots[i]
		if slot.key == (Key{}) {
			continue
		}
		hi, _ := bits.Mul64(mix(&slot.key)<<6, homes)
		next = max(next, hi)
		if next == uint64(len(slots)) {
			return nil, false
		}
		slots[next] = *slot
		next++
	}
	return slots, true
}

// Delete removes k and reports whether it was there.
func (t *Table) Delete(k Key) bool {
	h := mix(&k)
	s := t.shard(h)
	s.mu.Lock()
	defer s.mu.Unlock()
	if k == (Key{}) {
		was := s.zero != nil
		s.zero = nil
		return was
	}
	i, ok := s.seek(&k, h, int(s.home(h)))
	if !ok {
		return false
	}
	// The followers that do not stand at their home move back by one; the first that does, or a free slot, ends it.
	end := i + 1
	for ; end < len(s.slots); end++ {
		slot := &s.slots[end]
		if slot.key == (Key{}) || s.home(mix(&slot.key)) == uint64(end) {
			break
		}
	}
	copy(s.slots[i:end-1], s.slots[i+1:end])
	s.slots[end-1] = tableSlot{}
	s.used--
	return true
}

// Len is the number of entries.
func (t *Table) Len() int {
	n := 0
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.RLock()
		n += s.used
		if s.zero != nil {
			n++
		}
		s.mu.RUnlock()
	}
	return n
}

// Bytes is the memory that the slots take.
func (t *Table) Bytes() int {
	n := 0
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.RLock()
		n += len(s.slots) * slotBytes
		s.mu.RUnlock()
	}
	return n
}
