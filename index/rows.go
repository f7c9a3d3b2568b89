package index

import (
	"sort"
	"sync"
)

// Rows are the events of one type in one chunk. Rows 0 to Base-1 are ordered by (slot, time, id); the tail, rows Base
// to Len-1, is in order of arrival. A Rows never changes and any number of goroutines may read it. Methods that take a
// row panic beyond Len, as an index out of range does.
type Rows struct {
	chunk, typ uint32
	base, tail *eventBlock
	shared     *tailShare
	n          uint32 // rows of the tail that this version has
	min, max   int64

	once   sync.Once
	sorted []uint32 // the order of the tail, made when first asked for
}

// Type is the code of the events' type.
func (r *Rows) Type() uint32 { return r.typ }

// Base is the number of ordered rows; Len that of all.
func (r *Rows) Base() uint32 { return r.base.rows() }

// Len is the number of rows.
func (r *Rows) Len() int { return len(r.base.slots) + int(r.n) }

// Span gives the earliest and the latest time.
func (r *Rows) Span() (min, max int64) { return r.min, r.max }

// block tells where a row stands.
func (r *Rows) block(row uint32) (*eventBlock, uint32) {
	split := r.base.rows()
	if row < split {
		return r.base, row
	}
	if row-split >= r.n {
		panic("index: row beyond the end")
	}
	return r.tail, row - split
}

// Slot is the row's contact within the chunk.
func (r *Rows) Slot(row uint32) uint16 {
	b, i := r.block(row)
	return b.slots[i]
}

// Time is when the event occurred, in milliseconds since 1970.
func (r *Rows) Time(row uint32) int64 {
	b, i := r.block(row)
	return b.times[i]
}

// Seq is the tenant-wide number of the event.
func (r *Rows) Seq(row uint32) uint64 {
	b, i := r.block(row)
	return b.seqs[i]
}

// ID is the event's id.
func (r *Rows) ID(row uint32) string {
	b, i := r.block(row)
	return string(b.id(i))
}

// Source is the code of the event's source.
func (r *Rows) Source(row uint32) uint32 {
	b, i := r.block(row)
	return b.sourceOf(i)
}

// Event gives a row as it was appended; its props come grouped by kind.
func (r *Rows) Event(row uint32) Event {
	b, i := r.block(row)
	ev := Event{
		Ord: r.chunk*ChunkSize + uint32(b.slots[i]), Type: r.typ, Time: b.times[i], Seq: b.seqs[i],
		ID: string(b.id(i)), Source: b.sourceOf(i),
	}
	for k := range b.nums {
		if c := b.nums[k].at(i); c != 0 {
			ev.Props = append(ev.Props, Prop{Name: b.nums[k].name, Kind: Num, Num: cellNum(c)})
		}
	}
	for k := range b.ints {
		if c := b.ints[k].at(i); c != 0 {
			ev.Props = append(ev.Props, Prop{Name: b.ints[k].name, Kind: Num, Num: cellInt(c)})
		}
	}
	for k := range b.codes {
		if c := b.codes[k].at(i); c != 0 {
			ev.Props = append(ev.Props, Prop{Name: b.codes[k].name, Kind: Code, Code: c})
		}
	}
	for k := range b.bools {
		if c := b.bools[k].at(i); c != 0 {
			ev.Props = append(ev.Props, Prop{Name: b.bools[k].name, Kind: Bool, Bool: c == 2})
		}
	}
	return ev
}

// MarkWindow adds to m the slots that have an event with lo <= time <= hi. Where the span of all rows tells the
// answer no time is compared.
func (r *Rows) MarkWindow(lo, hi int64, m *Mask) {
	if lo > hi || r.max < lo || r.min > hi {
		return
	}
	if lo <= r.min && r.max <= hi {
		if r.base.marks != nil {
			m.Or(r.base.marks)
		} else {
			markSlots(r.base.slots, m)
		}
		markSlots(r.tail.slots[:r.n], m)
		return
	}
	markWindow(r.base.slots, r.base.times, lo, hi, m)
	markWindow(r.tail.slots[:r.n], r.tail.times, lo, hi, m)
}

func markSlots(slots []uint16, m *Mask) {
	for _, s := range slots {
		m[s>>6] |= 1 << (s & 63)
	}
}

func markWindow(slots []uint16, times []int64, lo, hi int64, m *Mask) {
	times = times[:len(slots)]
	// One unsigned comparison tells both edges: below lo the difference wraps around. Bits gather in a register while
	// slots stay in one word, as they do in a base.
	first, width := uint64(lo), uint64(hi)-uint64(lo)
	word, bitsOfWord := uint16(0), uint64(0)
	for i, s := range slots {
		if s>>6 != word {
			m[word] |= bitsOfWord
			word, bitsOfWord = s>>6, 0
		}
		hit := uint64(0)
		if uint64(times[i])-first <= width {
			hit = 1
		}
		bitsOfWord |= hit << (s & 63)
	}
	m[word] |= bitsOfWord
}

// order is the tail in the order of (slot, time, id); it is made at most once.
func (r *Rows) order() []uint32 {
	if r.n == 0 {
		return nil
	}
	r.once.Do(func() { r.sorted = r.shared.order(r.base.rows(), r.tail, r.n) })
	return r.sorted
}

// scanRows is how many unsorted rows Find looks through rather than sort them.
const scanRows = 4096

// Find gives the rows of one slot; an empty group when there are none.
func (r *Rows) Find(slot uint16) Group {
	slots := r.base.slots
	lo := sort.Search(len(slots), func(i int) bool { return slots[i] >= slot })
	hi := lo
	for hi < len(slots) && slots[hi] == slot {
		hi++
	}
	return Group{Rows: r, Lo: uint32(lo), Hi: uint32(hi), Tail: r.tailOf(slot)}
}

// tailOf finds the tail's rows of one slot, in order: by search in what readers have sorted so far, by a scan of the
// rest. A timeline or a rule for one contact should not sort the whole tail after each write.
func (r *Rows) tailOf(slot uint16) []uint32 {
	if r.n == 0 {
		return nil
	}
	split := r.base.rows()
	var have []uint32
	if p := r.shared.sorted.Load(); p != nil {
		have = *p
	}
	if known := uint32(len(have)); known > r.n || r.n-known > scanRows {
		have = r.order()
	}
	from := sort.Search(len(have), func(i int) bool { return r.tail.slots[have[i]-split] >= slot })
	to := from
	for to < len(have) && r.tail.slots[have[to]-split] == slot {
		to++
	}
	rows := have[from:to:to]
	for i, s := range r.tail.slots[len(have):r.n] {
		if s == slot {
			row := uint32(len(have)+i) + split
			rows = insertRows(rows, []uint32{row}, r.tail, split)
		}
	}
	return rows
}

// newer reports whether row a of r comes after row b of o in the order of one contact's events.
func newer(r *Rows, a uint32, o *Rows, b uint32) bool {
	x, i := r.block(a)
	y, j := o.block(b)
	return x.compare(i, y, j) > 0
}
