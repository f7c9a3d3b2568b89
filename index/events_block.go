package index

import (
	"bytes"
	"cmp"
	"math"
	"math/bits"
	"slices"
	"unsafe"
)

// eventBlock holds rows in parallel arrays without pointers. A base has rows ordered by (slot, time, id), exactly as
// many as its arrays are long. A tail has rows in order of arrival in arrays longer than that: the rows in use are
// known to Rows and rowsEdit, which share a tail: readers stay below their Rows' length, the one writer writes beyond.
// The struct itself never changes once published; a tail that needs longer arrays or another column is a new struct.
type eventBlock struct {
	slots   []uint16
	times   []int64
	seqs    []uint64
	sources []uint32 // nil in a base whose rows are all of one source
	source  uint32   // that one
	ends    []uint32 // one more than rows: the id of row i is ids[ends[i]:ends[i+1]]
	ids     []byte
	nums    []propCells[uint64] // each property is in one of the lists, in a base also in ints in place of nums
	ints    []propCells[uint32]
	codes   []propCells[uint32]
	bools   []propCells[uint8]
	marks   *Mask // in a large base: the slots that have rows
}

var noEvents = &eventBlock{ends: []uint32{0}}

type propCell interface{ uint8 | uint32 | uint64 }

// propCells is a property's column: a cell for each row, or, when present is set, only the cells that are not zero.
type propCells[T propCell] struct {
	name    uint32
	cells   []T
	present []uint64 // a bit a row
	ranks   []uint32 // for each word of present: the cells before it
}

func (p *propCells[T]) at(i uint32) T {
	if p.present == nil {
		return p.cells[i]
	}
	word, bit := p.present[i>>6], uint64(1)<<(i&63)
	if word&bit == 0 {
		return 0
	}
	return p.cells[p.ranks[i>>6]+uint32(bits.OnesCount64(word&(bit-1)))]
}

// packCells makes the smaller form of a column that has a cell for each row.
func packCells[T propCell](name uint32, cells []T) propCells[T] {
	set := 0
	for _, c := range cells {
		if c != 0 {
			set++
		}
	}
	words := (len(cells) + 63) / 64
	size := int(unsafe.Sizeof(cells[0]))
	if set*size+words*12 >= len(cells)*size {
		return propCells[T]{name: name, cells: cells}
	}
	p := propCells[T]{name: name, cells: make([]T, 0, set), present: make([]uint64, words), ranks: make([]uint32, words)}
	for i, c := range cells {
		if i&63 == 0 {
			p.ranks[i>>6] = uint32(len(p.cells))
		}
		if c != 0 {
			p.present[i>>6] |= 1 << (i & 63)
			p.cells = append(p.cells, c)
		}
	}
	return p
}

func findCells[T propCell](list []propCells[T], name uint32) *propCells[T] {
	for i := range list {
		if list[i].name == name {
			return &list[i]
		}
	}
	return nil
}

func (b *eventBlock) rows() uint32 { return uint32(len(b.slots)) }

func (b *eventBlock) id(i uint32) []byte { return b.ids[b.ends[i]:b.ends[i+1]] }

func (b *eventBlock) sourceOf(i uint32) uint32 {
	if b.sources == nil {
		return b.source
	}
	return b.sources[i]
}

// compare orders two rows of one contact: by time, then id. Two sources may use one id; seq then decides, so that the
// order is total and does not depend on what was folded when.
func (b *eventBlock) compare(i uint32, o *eventBlock, j uint32) int {
	if c := cmp.Compare(b.times[i], o.times[j]); c != 0 {
		return c
	}
	if c := bytes.Compare(b.id(i), o.id(j)); c != 0 {
		return c
	}
	return cmp.Compare(b.seqs[i], o.seqs[j])
}

func (b *eventBlock) bytes() uint64 {
	n := uint64(unsafe.Sizeof(*b))
	n += uint64(2*len(b.slots) + 8*len(b.times) + 8*len(b.seqs) + 4*len(b.sources) + 4*len(b.ends) + len(b.ids))
	n += cellBytes(b.nums) + cellBytes(b.ints) + cellBytes(b.codes) + cellBytes(b.bools)
	if b.marks != nil {
		n += uint64(unsafe.Sizeof(*b.marks))
	}
	return n
}

func cellBytes[T propCell](list []propCells[T]) uint64 {
	n := uint64(0)
	for i := range list {
		p := &list[i]
		n += uint64(unsafe.Sizeof(*p)) + uint64(len(p.cells))*uint64(unsafe.Sizeof(p.cells[0])) + uint64(8*len(p.present)+4*len(p.ranks))
	}
	return n
}

// grown is a tail with the first n rows of b in arrays of the given length.
func (b *eventBlock) grown(n, length uint32) *eventBlock {
	used := int(b.ends[n])
	return &eventBlock{
		slots:   longer(b.slots[:n], int(length)),
		times:   longer(b.times[:n], int(length)),
		seqs:    longer(b.seqs[:n], int(length)),
		sources: longer(b.sources[:n], int(length)),
		ends:    longer(b.ends[:n+1], int(length)+1),
		ids:     longer(b.ids[:used], max(used+used/2, int(length)*8)),
		nums:    grownCells(b.nums, n, length),
		codes:   grownCells(b.codes, n, length),
		bools:   grownCells(b.bools, n, length),
	}
}

// withIDs is the tail b with room for more bytes of ids behind its first n rows.
func (b *eventBlock) withIDs(n uint32, more int) *eventBlock {
	used := int(b.ends[n])
	if used+more > math.MaxUint32 {
		panic("index: more than 4 GiB of event ids of one type in one chunk")
	}
	next := *b
	next.ids = longer(b.ids[:used], max(used+more, used*2))
	return &next
}

// longer copies s into a new slice of the given length; what follows s is zero.
func longer[T any](s []T, length int) []T {
	next := make([]T, length)
	copy(next, s)
	return next
}

func grownCells[T propCell](list []propCells[T], n, length uint32) []propCells[T] {
	next := slices.Clone(list)
	for i := range next {
		next[i].cells = longer(next[i].cells[:n], int(length))
	}
	return next
}
