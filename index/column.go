package index

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

// Each calls f with every ordinal that has a value, ascending, until f returns false.
func (c *Column[T]) Each(f func(ord uint32, v T) bool) {
	var in Mask
	for i := range c.Chunks() {
		c.Chunk(i).Present(&in)
		more := true
		in.Each(func(slot uint16) bool {
			v, _ := c.Chunk(i).Get(slot)
			more = f(uint32(i)<<16|uint32(slot), v)
			return more
		})
		if !more {
			return
		}
	}
}

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
