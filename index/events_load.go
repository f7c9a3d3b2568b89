package index

import (
	"cmp"
	"maps"
	"slices"
)

// EventsLoader gathers events for a first version. It is the fast way to make one from very many events: an edit
// copies what it has whenever its arrays become too short, a loader begins new ones, and LoadEvents then sorts each
// chunk and type, on all cores. The zero EventsLoader is ready; one goroutine uses it.
type EventsLoader struct {
	open map[uint64]*rowsLoad // by chunk and type
	last *rowsLoad
}

// loadedRows is the number of rows of a part: some 100 KiB to 1 MiB, of which a half is held in reserve.
const loadedRows = 4096

// rowsLoad is one chunk and type while events are gathered: parts in order of arrival, the last is being written.
type rowsLoad struct {
	rowsEdit
	full []*eventBlock // of loadedRows rows each
}

// Append adds one event. What it points to may change after the call.
func (l *EventsLoader) Append(ev *Event) {
	key := uint64(ev.Ord/ChunkSize)<<32 | uint64(ev.Type)
	r := l.last
	if r == nil || r.key != key {
		if r = l.open[key]; r == nil {
			if l.open == nil {
				l.open = map[uint64]*rowsLoad{}
			}
			r = &rowsLoad{rowsEdit: rowsEdit{key: key, base: noEvents, tail: noEvents}}
			l.open[key] = r
		}
		l.last = r
	}
	if r.n == loadedRows {
		// The next part most likely has the same properties and ids as long as these.
		r.full = append(r.full, r.tail)
		ids := int(r.tail.ends[loadedRows]) + len(ev.ID)
		r.tail, r.n = r.tail.grown(0, loadedRows), 0
		r.tail.ids = make([]byte, ids)
	}
	r.write(ev)
}

// LoadEvents makes a version of what all loaders gathered. The loaders are empty then.
func LoadEvents(loaders ...*EventsLoader) *Events {
	type group struct {
		parts []eventPart
		rows  *Rows
	}
	groups := map[uint64]*group{}
	next := &Events{}
	for _, l := range loaders {
		for key, r := range l.open {
			g := groups[key]
			if g == nil {
				g = &group{}
				groups[key] = g
			}
			for _, b := range r.full {
				g.parts = append(g.parts, eventPart{b, loadedRows})
			}
			g.parts = append(g.parts, eventPart{r.tail, r.n})
		}
		*l = EventsLoader{}
	}
	keys := slices.Sorted(maps.Keys(groups))
	large := slices.Clone(keys) // the largest first, so that no core is left with one at the end
	slices.SortStableFunc(large, func(a, b uint64) int { return cmp.Compare(len(groups[b].parts), len(groups[a].parts)) })
	onCores(len(large), func(i int) {
		g := groups[large[i]]
		g.rows = joinParts(large[i], g.parts).publish(foldRows)
		g.parts = nil
	})
	for _, key := range keys {
		for int(key>>32) >= len(next.chunks) {
			next.chunks = append(next.chunks, nil)
		}
		c := &next.chunks[key>>32]
		if *c == nil {
			*c = &chunkEvents{}
		}
		rows := groups[key].rows
		(*c).put(uint32(key), rows)
		next.len += uint64(rows.Len())
	}
	return next
}

// eventPart is the first rows of a block.
type eventPart struct {
	*eventBlock
	n uint32
}

// joinParts copies all parts behind one another, ready to be folded or published as a tail. It takes them apart on
// the way, so that their memory can go.
func joinParts(key uint64, parts []eventPart) *rowsEdit {
	n, ids := uint32(0), 0
	for _, p := range parts {
		n += p.n
		ids += int(p.ends[p.n])
	}
	b := noEvents.withIDs(0, ids)
	b.slots, b.times, b.seqs = make([]uint16, n), make([]int64, n), make([]uint64, n)
	b.sources, b.ends = make([]uint32, n), make([]uint32, n+1)
	e := &rowsEdit{key: key, base: noEvents, tail: b, shared: claimedTail()}
	for i, p := range parts {
		if p.n == 0 {
			continue
		}
		at, end := e.n, b.ends[e.n]
		copy(b.slots[at:], p.slots[:p.n])
		copy(b.times[at:], p.times[:p.n])
		copy(b.seqs[at:], p.seqs[:p.n])
		copy(b.sources[at:], p.sources[:p.n])
		copy(b.ids[end:], p.ids[:p.ends[p.n]])
		for j, stop := range p.ends[1 : p.n+1] {
			b.ends[at+1+uint32(j)] = end + stop
		}
		b.nums = joinCells(b.nums, p.nums, at, p.n, n)
		b.codes = joinCells(b.codes, p.codes, at, p.n, n)
		b.bools = joinCells(b.bools, p.bools, at, p.n, n)
		first, last := slices.Min(p.times[:p.n]), slices.Max(p.times[:p.n])
		if at == 0 {
			e.min, e.max = first, last
		}
		e.min, e.max = min(e.min, first), max(e.max, last)
		e.n += p.n
		parts[i] = eventPart{}
	}
	return e
}

// joinCells copies the first n cells of each of a part's columns behind row at of its column in list, which has length
// rows and is made when it is new.
func joinCells[T propCell](list, part []propCells[T], at, n, length uint32) []propCells[T] {
	for i := range part {
		to := findCells(list, part[i].name)
		if to == nil {
			list = append(list, propCells[T]{name: part[i].name, cells: make([]T, length)})
			to = &list[len(list)-1]
		}
		copy(to.cells[at:], part[i].cells[:n])
	}
	return list
}
