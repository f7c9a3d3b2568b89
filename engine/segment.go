package engine

import (
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"rollcall/engine/command"
	"rollcall/query"
	"rollcall/query/plan"
)

const (
	modeRealtime = "realtime"
	modeStatic   = "static"
)

// segment is a saved segment of contacts. A static one keeps the members that it had when it was saved.
type segment struct {
	number     uint32 // of this definition; never given to another
	id, name   string
	where      string
	mode       string
	expression query.Expr
	members    setCell
	createdAt  int64
}

// segments is all segments of a tenant, in order of creation.
type segments struct {
	list    []*segment
	byID    map[string]*segment
	next    uint32
	names   map[string]uint32 // published: position in the list; replaced, never changed
	views   []segmentView     // published: replaced, never changed
	changed bool              // definitions, since they were published
	touched bool              // members, since they were published
}

func newSegments() segments {
	return segments{byID: map[string]*segment{}, names: map[string]uint32{}}
}

func (g *segments) insert(seg *segment) {
	g.list = append(g.list, seg)
	g.byID[seg.id] = seg
	g.next = max(g.next, seg.number+1)
	g.changed = true
}

// putSegment saves a segment, in place of one with the same id.
func (s *state) putSegment(p *command.PutSegment) *refusal {
	if p.ID == "" || len(p.ID) > maxName {
		return refuse("bad_name", "id", "a segment's id has 1 to %d bytes", maxName)
	}
	if p.Mode != modeRealtime && p.Mode != modeStatic {
		return refuse("bad_mode", "mode", "the mode is realtime or static")
	}
	where := strings.Clone(p.Where) // of which the expression is made
	expression, err := query.Parse(where)
	if err != nil {
		return refuse("bad_expression", "where", "this is no expression")
	}
	seg := &segment{
		number: s.segments.next, id: strings.Clone(p.ID), name: strings.Clone(p.Name), where: where, mode: strings.Clone(p.Mode), expression: expression,
		createdAt: s.time,
	}
	if p.Mode == modeStatic {
		if seg.members, err = s.frozen(p.Members); err != nil {
			return refuse("bad_members", "members", "the members are no Roaring bitmap")
		}
	}
	if old := s.segments.byID[p.ID]; old != nil {
		seg.createdAt = old.createdAt
		s.dropSegment(old)
	} else if len(s.segments.list) >= maxTags {
		return refuse("too_many_segments", "id", "there are %d segments already", len(s.segments.list))
	}
	s.segments.insert(seg)
	return nil
}

// frozen reads the members of a static segment. Who was merged away since the proposer looked is the survivor now.
func (s *state) frozen(portable []byte) (setCell, error) {
	bitmap := roaring.New()
	if len(portable) > 0 {
		if err := bitmap.UnmarshalBinary(portable); err != nil {
			return setCell{}, err
		}
	}
	var members setCell
	for it := bitmap.Iterator(); it.HasNext(); {
		if ord := it.Next(); ord < s.contacts.ids.n {
			members.add(s.contacts.resolve(ord))
		}
	}
	return members, nil
}

func (s *state) deleteSegment(p *command.DeleteSegment) *refusal {
	old := s.segments.byID[p.ID]
	if old == nil {
		return refuse("unknown_segment", "id", "there is no segment with this id")
	}
	s.dropSegment(old)
	return nil
}

func (s *state) dropSegment(old *segment) {
	delete(s.segments.byID, old.id)
	s.segments.list = slices.DeleteFunc(slices.Clone(s.segments.list), func(o *segment) bool { return o == old })
	s.segments.changed = true
}

// merge puts to in the place of from.
func (g *segments) merge(to, from uint32) {
	for _, seg := range g.list {
		if seg.mode == modeStatic && seg.members.remove(from) {
			seg.members.add(to)
			g.touched = true
		}
	}
}

// segmentView is a segment as published.
type segmentView struct {
	id, name, where, mode string
	number                uint32
	created               int64
	plan.Segment
}

// publish returns the segments as they are now, and the positions of ids.
func (g *segments) publish() ([]segmentView, map[string]uint32) {
	if g.changed {
		g.names = make(map[string]uint32, len(g.list))
		for i, seg := range g.list {
			g.names[seg.id] = uint32(i)
		}
	}
	if !g.changed && !g.touched {
		return g.views, g.names
	}
	g.views = make([]segmentView, len(g.list))
	for i, seg := range g.list {
		v := segmentView{id: seg.id, name: seg.name, where: seg.where, mode: seg.mode, number: seg.number, created: seg.createdAt}
		v.Where = seg.expression
		if seg.mode == modeStatic {
			v.Members = seg.members.publish()
		}
		g.views[i] = v
	}
	g.changed, g.touched = false, false
	return g.views, g.names
}
