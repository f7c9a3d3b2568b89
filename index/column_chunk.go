package index

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
