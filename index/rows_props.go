package index

// propColumn joins a property's cells of the base and the tail.
type propColumn[T propCell] struct {
	dense []T           // of a base that has a cell for each row
	base  *propCells[T] // nil: none
	tail  []T           // nil: none
	split uint32
}

func columnOf[T propCell](r *Rows, base, tail []propCells[T], name uint32) *propColumn[T] {
	c := &propColumn[T]{base: findCells(base, name), split: r.base.rows()}
	if c.base != nil && c.base.present == nil {
		c.dense = c.base.cells
	}
	if t := findCells(tail, name); t != nil {
		c.tail = t.cells[:r.n]
	}
	return c
}

func (c *propColumn[T]) any() bool { return c.base != nil || c.tail != nil }

func (c *propColumn[T]) cell(row uint32) T {
	if row < uint32(len(c.dense)) {
		return c.dense[row]
	}
	if row < c.split {
		if c.base == nil {
			return 0
		}
		return c.base.at(row)
	}
	if i := row - c.split; i < uint32(len(c.tail)) {
		return c.tail[i]
	}
	return 0
}

// NumColumn are the numbers of one property in some Rows.
type NumColumn struct {
	ints *propColumn[uint32] // in place of the base's nums when they are all whole ones of 32 bits; has no tail
	nums *propColumn[uint64]
}

// CodeColumn are the codes of one property in some Rows.
type CodeColumn struct{ codes *propColumn[uint32] }

// BoolColumn are the booleans of one property in some Rows.
type BoolColumn struct{ bools *propColumn[uint8] }

// Num gives the numbers of a property. It is made to be called once, and Get once a row.
func (r *Rows) Num(name uint32) NumColumn {
	return NumColumn{columnOf(r, r.base.ints, nil, name), columnOf(r, r.base.nums, r.tail.nums, name)}
}

// Code gives the codes of a property.
func (r *Rows) Code(name uint32) CodeColumn {
	return CodeColumn{columnOf(r, r.base.codes, r.tail.codes, name)}
}

// Bool gives the booleans of a property.
func (r *Rows) Bool(name uint32) BoolColumn {
	return BoolColumn{columnOf(r, r.base.bools, r.tail.bools, name)}
}

// Any reports whether the property has a number in any row.
func (c NumColumn) Any() bool { return c.ints.any() || c.nums.any() }

// Any reports whether the property has a code in any row.
func (c CodeColumn) Any() bool { return c.codes.any() }

// Any reports whether the property has a boolean in any row.
func (c BoolColumn) Any() bool { return c.bools.any() }

// Get returns the row's number, and whether it has one.
func (c NumColumn) Get(row uint32) (v float64, ok bool) {
	if cell := c.ints.cell(row); cell != 0 {
		return cellInt(cell), true
	}
	cell := c.nums.cell(row)
	return cellNum(cell), cell != 0
}

// Get returns the row's code, and whether it has one.
func (c CodeColumn) Get(row uint32) (v uint32, ok bool) {
	v = c.codes.cell(row)
	return v, v != 0
}

// Get returns the row's boolean, and whether it has one.
func (c BoolColumn) Get(row uint32) (v, ok bool) {
	cell := c.bools.cell(row)
	return cell == 2, cell != 0
}
