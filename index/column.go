package index

import "slices"

// Value is what a column holds: booleans (0 and 1), dictionary codes, integers and times, floats.
type Value interface {
	~uint8 | ~uint32 | ~int64 | ~float64
}

// Column is an immutable column of values by ordinal, where an ordinal may have none (NULL). The nil Column and the
// zero Column hold nothing. Any goroutine may read it. A NaN is no value.
type Column[T Value] struct {
	chunks []*ColumnChunk[T]
}

// Chunks returns the number of chunks up to the last one that was ever written; those beyond it are empty.
func (c *Column[T]) Chunks() int {
	if c == nil {
		return 0
	}
	return len(c.chunks)
}

// Chunk returns chunk i, nil when it was never written. The methods of a nil chunk answer as an empty one.
func (c *Column[T]) Chunk(i int) *ColumnChunk[T] {
	if c == nil || i < 0 || i >= len(c.chunks) {
		return nil
	}
	return c.chunks[i]
}

// Get returns the value of ord, and whether it has one.
func (c *Column[T]) Get(ord uint32) (T, bool) { return c.Chunk(int(ord >> 16)).Get(uint16(ord)) }

// Edit returns an edit that starts from the column. It costs nothing until the first change.
func (c *Column[T]) Edit() *ColumnEdit[T] { return &ColumnEdit[T]{from: c} }

// ColumnEdit gathers changes to a column. One goroutine at a time edits a column and all its versions; the edit may go
// on after Publish.
type ColumnEdit[T Value] struct {
	from    *Column[T]
	chunks  []*ColumnChunk[T] // the chunks to publish; nil until the first change
	touched []int             // the chunks that differ from those of from, and may be changed
}

// Get returns the value of ord with the changes made so far, and whether it has one.
func (e *ColumnEdit[T]) Get(ord uint32) (T, bool) {
	return e.current(int(ord >> 16)).Get(uint16(ord))
}

// Set gives ord the value v. A NaN clears it.
func (e *ColumnEdit[T]) Set(ord uint32, v T) {
	if v != v {
		e.Clear(ord)
		return
	}
	e.touch(int(ord>>16)).write(uint16(ord), v, true)
}

// Clear takes the value of ord away. Without one it changes nothing.
func (e *ColumnEdit[T]) Clear(ord uint32) {
	if _, ok := e.Get(ord); !ok {
		return
	}
	var none T
	e.touch(int(ord>>16)).write(uint16(ord), none, false)
}

// Publish returns the column with all changes, which from now on never changes. Without a change it is the column the
// edit started from. It costs one header per touched chunk and one pointer per chunk.
func (e *ColumnEdit[T]) Publish() *Column[T] {
	if e.chunks == nil {
		if e.from == nil {
			e.from = new(Column[T])
		}
		return e.from
	}
	for _, i := range e.touched {
		e.chunks[i].seal()
	}
	e.from = &Column[T]{chunks: e.chunks}
	e.chunks, e.touched = nil, e.touched[:0]
	return e.from
}

// current returns the chunk as it stands with the changes made so far.
func (e *ColumnEdit[T]) current(chunk int) *ColumnChunk[T] {
	if e.chunks == nil {
		return e.from.Chunk(chunk)
	}
	if chunk < len(e.chunks) {
		return e.chunks[chunk]
	}
	return nil
}

// touch returns the chunk's header for change: a copy of the published one, made on the first touch.
func (e *ColumnEdit[T]) touch(chunk int) *ColumnChunk[T] {
	if e.chunks == nil {
		e.chunks = make([]*ColumnChunk[T], max(chunk+1, e.from.Chunks()))
		if e.from != nil {
			copy(e.chunks, e.from.chunks)
		}
	} else if chunk >= len(e.chunks) {
		e.chunks = append(e.chunks, make([]*ColumnChunk[T], chunk+1-len(e.chunks))...)
	}
	c := e.chunks[chunk]
	if c != nil && c != e.from.Chunk(chunk) {
		return c
	}
	own := new(ColumnChunk[T])
	if c != nil {
		*own = *c
	}
	e.chunks[chunk] = own
	e.touched = append(e.touched, chunk)
	return own
}

// Each calls f with every ordinal that has a value, ascending, until f returns false.
func (c *Column[T]) Each(f func(ord uint32, v T) bool) {
	var all Mask
	all.Fill()
	more := true
	for i := 0; i < c.Chunks() && more; i++ {
		var m Mask
		c.Chunk(i).Present(&m)
		m.Each(func(slot uint16) bool {
			v, _ := c.Chunk(i).Get(slot)
			more = f(uint32(i)<<16|uint32(slot), v)
			return more
		})
	}
}

// zone is the range of values of a page or a chunk: no value lies outside lo to hi, and any is false when there is
// none.
type zone[T Value] struct {
	lo, hi T
	any    bool
}

// widen takes v into the range.
func (z *zone[T]) widen(v T) {
	if !z.any {
		z.lo, z.hi, z.any = v, v, true
		return
	}
	if v < z.lo {
		z.lo = v
	}
	if v > z.hi {
		z.hi = v
	}
}

// ColumnChunk is one chunk of a column: a base page plus the changes since, which hide it. Immutable once published.
type ColumnChunk[T Value] struct {
	zone[T]           // conservative: of the base page and of every entry of the delta
	base    *page[T]  // nil when every value is in the delta
	delta   *delta[T] // nil when n is 0; its first n entries belong to this chunk
	n       int

	// Only a chunk under edit uses these.
	ownsBase bool // base was made by this edit, nobody else sees it: write to it in place
	kept     int  // entries of the delta that others may see: later ones are overwritten in place
}

// Zone returns bounds of the values in the chunk: none is below min or above max, though these need not occur. any is
// false when the chunk surely has no value.
func (c *ColumnChunk[T]) Zone() (min, max T, any bool) {
	if c == nil {
		return min, max, false
	}
	return c.lo, c.hi, c.any
}

// Get returns the value of slot, and whether it has one.
func (c *ColumnChunk[T]) Get(slot uint16) (T, bool) {
	if c != nil && c.n > 0 {
		if i := c.delta.find(slot, c.n); i >= 0 {
			return c.delta.vals[i], c.delta.keys[i].live() != 0
		}
	}
	if c != nil && c.base != nil {
		return c.base.get(slot)
	}
	var none T
	return none, false
}

// Present sets m to the slots that have a value.
func (c *ColumnChunk[T]) Present(m *Mask) {
	if c == nil || c.base == nil {
		m.Clear()
	} else {
		*m = c.base.present
	}
	keys, _ := c.entries()
	for _, key := range keys {
		m.put(key.slot(), key.live())
	}
}

// Between sets m to the slots whose value v has lo <= v <= hi.
func (c *ColumnChunk[T]) Between(lo, hi T, m *Mask) {
	if c == nil || !c.any || hi < c.lo || lo > c.hi || !(lo <= hi) {
		m.Clear()
		return
	}
	if lo <= c.lo && c.hi <= hi {
		c.Present(m)
		return
	}
	if c.base == nil {
		m.Clear()
	} else {
		c.base.between(lo, hi, m)
	}
	keys, vals := c.entries()
	for i, key := range keys {
		m.put(key.slot(), key.live()&bit(vals[i] >= lo)&bit(vals[i] <= hi))
	}
}

// Each calls f with every slot of m that has a value, ascending.
func (c *ColumnChunk[T]) Each(m *Mask, f func(slot uint16, v T)) {
	var in Mask
	c.Present(&in)
	in.And(m)
	if c == nil || c.n == 0 {
		in.Each(func(slot uint16) bool {
			f(slot, c.base.vals[slot])
			return true
		})
		return
	}
	in.Each(func(slot uint16) bool {
		v, _ := c.Get(slot)
		f(slot, v)
		return true
	})
}

// entries returns the changes since the base page, oldest first.
func (c *ColumnChunk[T]) entries() ([]key, []T) {
	if c == nil || c.n == 0 {
		return nil, nil
	}
	return c.delta.keys[:c.n], c.delta.vals[:c.n]
}

// write records a value, or its absence, in a chunk under edit.
func (c *ColumnChunk[T]) write(slot uint16, v T, live bool) {
	if live {
		c.widen(v)
	}
	if c.n == foldAt {
		c.fold()
	}
	if c.ownsBase {
		c.base.put(slot, v, live)
		return
	}
	if c.n > c.kept {
		if i := c.delta.find(slot, c.n); i >= c.kept {
			c.delta.overwrite(i, v, live)
			return
		}
	}
	c.delta = c.delta.append(c.n, slot, v, live)
	c.n++
}

// fold makes a fresh base page of the base page and the delta.
func (c *ColumnChunk[T]) fold() {
	keys, vals := c.entries()
	last := uint16(0)
	for _, key := range keys {
		last = max(last, key.slot())
	}
	c.base = c.base.clone(rowsFor(last))
	for i, key := range keys {
		c.base.put(key.slot(), vals[i], key.live() != 0)
	}
	c.delta, c.n, c.kept = nil, 0, 0
	c.ownsBase = true
}

// seal ends the edit of the chunk.
func (c *ColumnChunk[T]) seal() {
	if c.ownsBase {
		c.base.seal()
		c.zone = c.base.zone
		c.ownsBase = false
	}
	c.kept = c.n
}

// Values appends the values of the slots of m that have one, in ascending order of slots.
func (c *ColumnChunk[T]) Values(dst []T, m *Mask) []T {
	dst = slices.Grow(dst, m.Count())
	c.Each(m, func(_ uint16, v T) { dst = append(dst, v) })
	return dst
}
