package index

import (
	"math/bits"
	"slices"
)

// Set is an immutable set of ordinals, a container per chunk. The nil Set and the zero Set are empty. Any goroutine
// may read it.
type Set struct {
	chunks []*Container
	card   uint64
}

// Chunks returns the number of chunks up to the last one that was ever written; those beyond it are empty.
func (s *Set) Chunks() int {
	if s == nil {
		return 0
	}
	return len(s.chunks)
}

// Chunk returns the container of chunk i, nil when it is empty or beyond Chunks.
func (s *Set) Chunk(i int) *Container {
	if s == nil || i < 0 || i >= len(s.chunks) {
		return nil
	}
	return s.chunks[i]
}

// Card returns the number of ordinals in the set.
func (s *Set) Card() uint64 {
	if s == nil {
		return 0
	}
	return s.card
}

// Contains reports whether ord is in the set.
func (s *Set) Contains(ord uint32) bool {
	return s.Chunk(int(ord >> 16)).Contains(uint16(ord))
}

// Pages calls emit with the encoded container of every chunk that is not the very container that prev has, in
// ascending order; data is nil when the chunk is empty now. Emitted over what was emitted for prev, they make up the
// set. prev may be nil. It stops at the first error of emit and returns it.
func (s *Set) Pages(prev *Set, emit func(chunk int, data []byte) error) error {
	for i := range max(s.Chunks(), prev.Chunks()) {
		c := s.Chunk(i)
		if c == prev.Chunk(i) {
			continue
		}
		if err := emit(i, c.Append(nil)); err != nil {
			return err
		}
	}
	return nil
}

// Edit returns an edit that starts from the set. It costs nothing until the first change.
func (s *Set) Edit() *SetEdit { return &SetEdit{from: s} }

// SetEdit gathers changes to a set. One goroutine uses it; it may go on after Publish.
type SetEdit struct {
	from    *Set
	chunks  []*Container     // the containers to publish; nil until the first change
	open    []*openContainer // what is being changed, by chunk
	touched []int            // the chunks of open
	gain    int              // ordinals that chunks, without what is open, has more than from
}

// openContainer is a container under change: a sorted list while it is short, then a mask.
type openContainer struct {
	ids  []uint16
	mask *Mask // nil as long as ids holds the slots
	card int
	runs int
}

// Contains reports whether ord is in the set with the changes made so far.
func (e *SetEdit) Contains(ord uint32) bool {
	chunk, slot := int(ord>>16), uint16(ord)
	if chunk < len(e.open) && e.open[chunk] != nil {
		return e.open[chunk].contains(slot)
	}
	return e.current(chunk).Contains(slot)
}

// Add takes ord in and reports whether it was not there.
func (e *SetEdit) Add(ord uint32) bool {
	if e.Contains(ord) {
		return false
	}
	e.touch(int(ord >> 16)).add(uint16(ord))
	return true
}

// Remove takes ord out and reports whether it was there.
func (e *SetEdit) Remove(ord uint32) bool {
	if !e.Contains(ord) {
		return false
	}
	e.touch(int(ord >> 16)).remove(uint16(ord))
	return true
}

// Load makes c the content of a chunk, in place of whatever it held. chunk is 0 to 65,535.
func (e *SetEdit) Load(chunk int, c *Container) {
	e.grow(chunk)
	e.replace(chunk, c)
	if e.open[chunk] != nil {
		e.open[chunk] = nil
		e.touched = slices.DeleteFunc(e.touched, func(i int) bool { return i == chunk })
	}
}

// Publish returns the set with all changes, which from now on never changes. Without a change it is the set the edit
// started from. It costs one container per touched chunk and one pointer per chunk.
func (e *SetEdit) Publish() *Set {
	if e.chunks == nil {
		if e.from == nil {
			e.from = new(Set)
		}
		return e.from
	}
	for _, i := range e.touched {
		e.replace(i, e.open[i].container())
		e.open[i] = nil
	}
	s := &Set{chunks: e.chunks, card: uint64(int(e.from.Card()) + e.gain)}
	e.from, e.chunks, e.touched, e.gain = s, nil, e.touched[:0], 0
	return s
}

// replace puts c into the list of the edit.
func (e *SetEdit) replace(chunk int, c *Container) {
	e.gain += c.Card() - e.chunks[chunk].Card()
	e.chunks[chunk] = c
}

// current returns the container of a chunk that is not open.
func (e *SetEdit) current(chunk int) *Container {
	if e.chunks == nil {
		return e.from.Chunk(chunk)
	}
	if chunk < len(e.chunks) {
		return e.chunks[chunk]
	}
	return nil
}

// grow makes the lists of the edit its own, and long enough for chunk.
func (e *SetEdit) grow(chunk int) {
	n := max(chunk+1, e.from.Chunks(), len(e.chunks))
	if e.chunks == nil {
		e.chunks = make([]*Container, n)
		if e.from != nil {
			copy(e.chunks, e.from.chunks)
		}
	}
	e.chunks = append(e.chunks, make([]*Container, n-len(e.chunks))...)
	e.open = append(e.open, make([]*openContainer, max(0, n-len(e.open)))...)
}

// touch opens a chunk for change.
func (e *SetEdit) touch(chunk int) *openContainer {
	if e.chunks == nil || chunk >= len(e.chunks) {
		e.grow(chunk)
	}
	o := e.open[chunk]
	if o == nil {
		o = openOf(e.chunks[chunk])
		e.open[chunk] = o
		e.touched = append(e.touched, chunk)
	}
	return o
}

// openOf copies a container into a form that can be changed.
func openOf(c *Container) *openContainer {
	o := &openContainer{card: c.Card()}
	if c == nil {
		return o
	}
	o.runs = int(c.runs)
	if c.kind == Array {
		o.ids = append(make([]uint16, 0, len(c.ids)+16), c.ids...)
		return o
	}
	o.mask = new(Mask)
	c.Store(o.mask)
	return o
}

func (o *openContainer) contains(slot uint16) bool {
	if o.mask != nil {
		return o.mask.Get(slot)
	}
	_, found := slices.BinarySearch(o.ids, slot)
	return found
}

// add takes in a slot that is not there.
func (o *openContainer) add(slot uint16) {
	if o.mask == nil && len(o.ids) == maxArray {
		o.mask = new(Mask)
		for _, id := range o.ids {
			o.mask.Set(id)
		}
		o.ids = nil
	}
	o.card++
	o.runs++
	if o.mask != nil {
		o.runs -= o.neighbours(slot)
		o.mask.Set(slot)
		return
	}
	i, _ := slices.BinarySearch(o.ids, slot)
	if i > 0 && o.ids[i-1]+1 == slot {
		o.runs--
	}
	if i < len(o.ids) && o.ids[i]-1 == slot {
		o.runs--
	}
	o.ids = slices.Insert(o.ids, i, slot)
}

// remove takes out a slot that is there.
func (o *openContainer) remove(slot uint16) {
	o.card--
	o.runs--
	if o.mask != nil {
		o.runs += o.neighbours(slot)
		o.mask.Unset(slot)
		return
	}
	i, _ := slices.BinarySearch(o.ids, slot)
	if i > 0 && o.ids[i-1]+1 == slot {
		o.runs++
	}
	if i+1 < len(o.ids) && o.ids[i+1]-1 == slot {
		o.runs++
	}
	o.ids = slices.Delete(o.ids, i, i+1)
}

// neighbours counts how many of the two slots beside slot are in the mask.
func (o *openContainer) neighbours(slot uint16) int {
	n := 0
	if slot > 0 && o.mask.Get(slot-1) {
		n++
	}
	if slot < ChunkSize-1 && o.mask.Get(slot+1) {
		n++
	}
	return n
}

// container returns what was gathered as a container, which takes over the mask or the list.
func (o *openContainer) container() *Container {
	switch {
	case o.card == 0:
		return nil
	case o.mask != nil:
		return newContainer(o.mask, o.card, o.runs)
	}
	c := &Container{kind: kindFor(o.card, o.runs), card: int32(o.card), runs: int32(o.runs)}
	if c.kind == Array {
		c.ids = slices.Clip(o.ids)
		return c
	}
	c.ids = make([]uint16, 0, 2*o.runs)
	for i, slot := range o.ids {
		if i == 0 || slot != o.ids[i-1]+1 {
			c.ids = append(c.ids, slot, slot)
		}
		c.ids[len(c.ids)-1] = slot
	}
	return c
}

// Each calls f with every ordinal of the set in ascending order until f returns false.
func (s *Set) Each(f func(ord uint32) bool) {
	var m Mask
	for i := range s.Chunks() {
		c := s.Chunk(i)
		if c == nil {
			continue
		}
		c.Store(&m)
		for j, w := range m {
			for ; w != 0; w &= w - 1 {
				if !f(uint32(i)<<16 | uint32(j)<<6 | uint32(bits.TrailingZeros64(w))) {
					return
				}
			}
		}
	}
}
