package plan

import (
	"cmp"
	"slices"

	"rollcall/index"
	"rollcall/query"
)

// setLeaf holds for the members of a set: a tag, a segment's frozen members, OneIDs, the live contacts.
type setLeaf struct{ set *index.Set }

func (l setLeaf) look(chunk int) look {
	c := l.set.Chunk(chunk)
	switch c.Kind() {
	case 0:
		return look{state: empty}
	case index.Full:
		return look{state: full}
	case index.Dense:
		return look{view: c.Dense()}
	}
	return look{held: c}
}

func (l setLeaf) eval(_ *worker, chunk int, _, m *index.Mask) { l.set.Chunk(chunk).Store(m) }

func (l setLeaf) holds(_ *worker, ord uint32) bool { return l.set.Contains(ord) }

// tagSource plans a tag that is set or not.
func tagSource(name string) source {
	return func(b *binding) (leaf, error) {
		tag, _ := b.ev.p.Tag(name)
		return setLeaf{tag.Set}, nil
	}
}

// ids plans id IN (…). An id that nobody has matches nobody.
func (c *compiler) ids(e *query.IDs) source {
	saved := c.used != nil
	return func(b *binding) (leaf, error) {
		edit := (*index.Set)(nil).Edit()
		for _, id := range e.Values {
			if saved {
				id = openText(b.ev.o.Cipher, id)
			}
			if ord, ok := b.ev.p.Ordinal(id); ok {
				edit.Add(ord)
			}
		}
		return setLeaf{edit.Publish()}, nil
	}
}

// rangeLeaf holds for the slots whose value lies in one of some spans.
type rangeLeaf[T index.Value] struct {
	column *index.Column[T]
	spans  []span[T]
}

func (l rangeLeaf[T]) look(chunk int) look {
	min, max, any := l.column.Chunk(chunk).Zone()
	if !any {
		return look{state: empty}
	}
	for _, s := range l.spans {
		if s.lo <= max && min <= s.hi {
			return look{}
		}
	}
	return look{state: empty, zone: true}
}

func (l rangeLeaf[T]) eval(w *worker, chunk int, _, m *index.Mask) {
	c := l.column.Chunk(chunk)
	c.Between(l.spans[0].lo, l.spans[0].hi, m)
	if len(l.spans) == 1 {
		return
	}
	more := w.scratch()
	for _, s := range l.spans[1:] {
		c.Between(s.lo, s.hi, more)
		m.Or(more)
	}
	w.release(1)
}

func (l rangeLeaf[T]) holds(_ *worker, ord uint32) bool {
	v, ok := l.column.Get(ord)
	return ok && within(l.spans, v)
}

func within[T cmp.Ordered](spans []span[T], v T) bool {
	for _, s := range spans {
		if s.lo <= v && v <= s.hi {
			return true
		}
	}
	return false
}

func intSource(name string, spans []span[int64]) source {
	return func(b *binding) (leaf, error) {
		attr, _ := b.ev.p.Attribute(name)
		return rangeLeaf[int64]{attr.Ints, spans}, nil
	}
}

func floatSource(name string, spans []span[float64]) source {
	return func(b *binding) (leaf, error) {
		attr, _ := b.ev.p.Attribute(name)
		return rangeLeaf[float64]{attr.Floats, spans}, nil
	}
}

func boolSource(name string, spans []span[uint8]) source {
	return func(b *binding) (leaf, error) {
		attr, _ := b.ev.p.Attribute(name)
		return rangeLeaf[uint8]{attr.Bools, spans}, nil
	}
}

// intsBetween gives the integers from low to high, both included.
func intsBetween(low, high decimal) []span[int64] {
	from, to := intSpans(query.GreaterEqual, low), intSpans(query.LessEqual, high)
	if len(from) == 0 || len(to) == 0 || from[0].lo > to[0].hi {
		return nil
	}
	return []span[int64]{{from[0].lo, to[0].hi}}
}

// sortSpans orders spans and joins neighbours.
func sortSpans(spans []span[int64]) []span[int64] {
	slices.SortFunc(spans, func(a, b span[int64]) int { return cmp.Compare(a.lo, b.lo) })
	return joinSpans(spans)
}

// presentLeaf holds for the slots that have a value.
type presentLeaf[T index.Value] struct{ column *index.Column[T] }

func (l presentLeaf[T]) look(chunk int) look {
	if _, _, any := l.column.Chunk(chunk).Zone(); !any {
		return look{state: empty}
	}
	return look{}
}

func (l presentLeaf[T]) eval(_ *worker, chunk int, _, m *index.Mask) {
	l.column.Chunk(chunk).Present(m)
}

func (l presentLeaf[T]) holds(_ *worker, ord uint32) bool {
	_, ok := l.column.Get(ord)
	return ok
}

// presentSource plans "has a value" for an attribute or a tag with values.
func presentSource(f field) source {
	if f.attr.Computed != "" {
		return computedPresentSource(f.attr)
	}
	return func(b *binding) (leaf, error) {
		if f.text() {
			column, _, _ := b.texts(f)
			return presentLeaf[uint32]{column}, nil
		}
		attr, _ := b.ev.p.Attribute(f.name)
		switch attr.Kind {
		case Float:
			return presentLeaf[float64]{attr.Floats}, nil
		case Bool:
			return presentLeaf[uint8]{attr.Bools}, nil
		}
		return presentLeaf[int64]{attr.Ints}, nil
	}
}

// leafCost estimates what a chunk of the leaf costs, in microseconds; 0 for containers.
func leafCost(l leaf) int {
	switch l := l.(type) {
	case setLeaf:
		return 0
	case *textLeaf, *joinLeaf:
		return costCodes
	case *eventLeaf:
		if l.marks() {
			return costWindow
		}
		return costEvents
	}
	return costRange
}
