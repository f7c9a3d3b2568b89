package plan

import (
	"rollcall/query"
)

// segment plans segment('id'): the frozen members of a static one, else its definition, inlined like a rule tag.
func (c *compiler) segment(e *query.Segment) (arm, error) {
	found, ok := c.p.Segment(e.ID)
	if !ok {
		return arm{}, c.unknown(e.Pos(), "segment", e.ID, c.p.SegmentIDs())
	}
	d := definition{segmentDefinition, c.p.Name(), e.ID}
	if err := c.cycle(d, e.Pos()); err != nil {
		return arm{}, err
	}
	if found.Members == nil {
		return c.inline(e, d, found.Where)
	}
	return arm{n: &node{leaf: membersSource(e.ID)}, expr: e}, nil
}

func membersSource(id string) source {
	return func(b *binding) (leaf, error) {
		found, _ := b.ev.p.Segment(id)
		return setLeaf{found.Members}, nil
	}
}
