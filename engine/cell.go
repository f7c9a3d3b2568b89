package engine

import "rollcall/index"

// setCell is a set under change and its last published version. The zero setCell is empty.
type setCell struct {
	edit *index.SetEdit
	now  *index.Set
}

func (c *setCell) open() *index.SetEdit {
	if c.edit == nil {
		c.edit = c.now.Edit()
	}
	return c.edit
}

func (c *setCell) add(ord uint32) bool      { return c.open().Add(ord) }
func (c *setCell) remove(ord uint32) bool   { return c.open().Remove(ord) }
func (c *setCell) contains(ord uint32) bool { return c.open().Contains(ord) }

// publish returns the set with all changes, never nil.
func (c *setCell) publish() *index.Set {
	c.now = c.open().Publish()
	return c.now
}

// columnCell is a column under change and its last published version. The zero columnCell is empty.
type columnCell[T index.Value] struct {
	edit *index.ColumnEdit[T]
	now  *index.Column[T]
}

func columnOf[T index.Value](c *index.Column[T]) columnCell[T] { return columnCell[T]{now: c} }

func (c *columnCell[T]) open() *index.ColumnEdit[T] {
	if c.edit == nil {
		c.edit = c.now.Edit()
	}
	return c.edit
}

func (c *columnCell[T]) get(ord uint32) (T, bool) { return c.open().Get(ord) }
func (c *columnCell[T]) clear(ord uint32)         { c.open().Clear(ord) }

// set gives ord the value. What it has already is not written again: an entry less to fold and to flush.
func (c *columnCell[T]) set(ord uint32, v T) {
	if old, ok := c.get(ord); !ok || old != v {
		c.edit.Set(ord, v)
	}
}

// publish returns the column with all changes, never nil.
func (c *columnCell[T]) publish() *index.Column[T] {
	c.now = c.open().Publish()
	return c.now
}
