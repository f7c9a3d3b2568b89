package index

import (
	"math"
	"slices"
)

// PropKind is the kind of a property's value.
type PropKind uint8

// The kinds of property value. A name may have values of several kinds; each kind is a column of its own.
const (
	Num PropKind = iota + 1
	Code
	Bool
)

// Prop is one property of an event. Of Num, Code and Bool only the one that Kind names counts. NaN is no number and
// code 0 no code (dictionaries count from 1): such a property is as if it were not there.
type Prop struct {
	Name uint32
	Kind PropKind
	Num  float64
	Code uint32
	Bool bool
}

// Event is one event of one contact. Time is in milliseconds since 1970. Seq is the tenant-wide number of the event,
// which names its sealed payload. Of several props with the same name and kind the last one counts.
type Event struct {
	Ord    uint32
	Type   uint32
	Time   int64
	Seq    uint64
	ID     string
	Source uint32
	Props  []Prop
}

// Events is one version of all events of a population, grouped per chunk and type. It never changes, and any number
// of goroutines may read it while an edit makes the next version. The zero value and nil hold no events.
type Events struct {
	chunks []*chunkEvents // nil where a chunk has none
	len    uint64
	fold   uint32 // tails up to this length are not folded; 0 means foldRows (tests set a small one)
}

// chunkEvents holds the rows of each type that a chunk has, by ascending type.
type chunkEvents struct {
	types []uint32
	rows  []*Rows
}

// foldRows and foldShare bound a tail: it is folded into the base beyond foldRows and beyond 1/foldShare of the base.
const (
	foldRows  = 1024
	foldShare = 4
)

func (c *chunkEvents) find(typ uint32) (at int, found bool) {
	if c == nil {
		return 0, false
	}
	return slices.BinarySearch(c.types, typ)
}

// Edit starts the next version. It costs nothing by itself.
func (e *Events) Edit() *EventsEdit {
	if e == nil {
		e = &Events{}
	}
	return &EventsEdit{events: e, open: map[uint64]*rowsEdit{}}
}

// Chunks is one more than the last chunk with events.
func (e *Events) Chunks() int {
	if e == nil {
		return 0
	}
	return len(e.chunks)
}

// Len is the number of events.
func (e *Events) Len() uint64 {
	if e == nil {
		return 0
	}
	return e.len
}

// Rows gives the events of one type in one chunk, nil when there are none.
func (e *Events) Rows(chunk int, typ uint32) *Rows {
	if e == nil || chunk < 0 || chunk >= len(e.chunks) {
		return nil
	}
	c := e.chunks[chunk]
	i, ok := c.find(typ)
	if !ok {
		return nil
	}
	return c.rows[i]
}

// Types lists the types that the chunk has events of, ascending. The slice must not be changed.
func (e *Events) Types(chunk int) []uint32 {
	if e == nil || chunk < 0 || chunk >= len(e.chunks) || e.chunks[chunk] == nil {
		return nil
	}
	return e.chunks[chunk].types
}

// Of gives the events of one contact: one group for each type that it has events of, by ascending type. Together with
// NewestOf it is the contact's timeline.
func (e *Events) Of(ord uint32) []Group {
	chunk := int(ord / ChunkSize)
	if e == nil || chunk >= len(e.chunks) || e.chunks[chunk] == nil {
		return nil
	}
	var groups []Group
	for _, r := range e.chunks[chunk].rows {
		if g := r.Find(uint16(ord)); g.Len() > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

// Contact visits all events of one contact: types ascending, the events of a type in the order of (time, id).
func (e *Events) Contact(ord uint32, f func(typ uint32, r *Rows, row uint32)) {
	for _, g := range e.Of(ord) {
		g.Rows.Ordered(g.Lo, g.Hi, g.Tail, func(row uint32) bool {
			f(g.Rows.typ, g.Rows, row)
			return true
		})
	}
}

// Bytes is the memory that the events take, with the room that tails hold in reserve. It walks all chunks.
func (e *Events) Bytes() uint64 {
	if e == nil {
		return 0
	}
	n := uint64(len(e.chunks)) * 8
	for _, c := range e.chunks {
		if c == nil {
			continue
		}
		for _, r := range c.rows {
			n += 256 + r.base.bytes() + r.tail.bytes()
		}
	}
	return n
}

// Properties are kept as unsigned cells in which zero means "no value", so that fresh memory is empty columns: a
// property may appear first at any row, and rows without it are not written at all.

var nanBits = math.Float64bits(math.NaN())

func numCell(v float64) uint64 {
	if v != v {
		return 0
	}
	return math.Float64bits(v) ^ nanBits
}

func cellNum(c uint64) float64 { return math.Float64frombits(c ^ nanBits) }

// intCell is the cell of a number that is a whole one of 32 bits; most counts and seconds are, and take half the room.
func intCell(num uint64) (cell uint32, ok bool) {
	v := cellNum(num)
	if !(v > math.MinInt32 && v <= math.MaxInt32) {
		return 0, false
	}
	i := int32(v)
	return uint32(i) ^ 1<<31, numCell(float64(i)) == num // not so for fractions and for -0
}

func cellInt(c uint32) float64 { return float64(int32(c ^ 1<<31)) }

func boolCell(v bool) uint8 {
	if v {
		return 2
	}
	return 1
}
