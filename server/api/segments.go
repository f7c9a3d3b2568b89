package api

import (
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"rollcall/client/wire"
	"rollcall/engine"
	"rollcall/engine/command"
	"rollcall/query"
	"rollcall/query/plan"
)

func (c *call) putSegment() (any, error) {
	id, err := c.newName("id")
	if err != nil {
		return nil, err
	}
	var in wire.PutSegmentRequest
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.Mode == "" {
		in.Mode = "realtime"
	}
	if in.Mode != "realtime" && in.Mode != "static" {
		return nil, invalid("mode", "mode is realtime or static")
	}
	if len(in.Name) > maxName || !utf8.ValidString(in.Name) || strings.ContainsRune(in.Name, 0) {
		return nil, invalid("name", "name must be text of at most %d bytes", maxName)
	}
	done, err := c.define()
	if err != nil {
		return nil, err
	}
	defer done()
	root := c.tenant.Root()
	e, err := c.parsed(in.Where, root)
	if err != nil {
		return nil, err
	}
	if err := plan.CheckSegment(id, e, root.Contacts()); err != nil {
		return nil, err
	}
	body := command.PutSegment{ID: id, Name: in.Name, Mode: in.Mode}
	if body.Where, err = c.kept("where", e, root.Contacts()); err != nil {
		return nil, err
	}
	if in.Mode == "static" {
		if body.Members, err = c.frozen(root, e); err != nil {
			return nil, err
		}
	}
	r, err := c.propose(&body)
	if err != nil {
		return nil, err
	}
	segment, err := c.segmentNow(id)
	return wire.PutSegmentResponse{Written: wire.Written{Index: r.Index}, Segment: segment}, applied(r, err)
}

// frozen is who matches now, in Roaring's portable format.
func (c *call) frozen(root *engine.Root, e query.Expr) ([]byte, error) {
	p, err := c.tenant.plans.PlanExpr(e, root.Contacts())
	if err != nil {
		return nil, err
	}
	giveBack, err := c.takeTurn()
	if err != nil {
		return nil, err
	}
	defer giveBack()
	set, err := p.Set(root.Contacts(), *c.options(c.api.Clock().UnixMilli()))
	if err != nil {
		return nil, err
	}
	members := set.Roaring()
	members.RunOptimize()
	return members.ToBytes()
}

func (c *call) segmentOf(root *engine.Root, id string) (engine.SegmentInfo, error) {
	ids := []string{}
	for _, s := range root.Segments() {
		if s.ID == id {
			return s, nil
		}
		ids = append(ids, s.ID)
	}
	f := notFound("unknown_segment", "there is no such segment").at("id")
	f.suggestion = query.Nearest(id, ids)
	return engine.SegmentInfo{}, f
}

// segment is a segment with how many live contacts belong to it now.
func (c *call) segment(root *engine.Root, s engine.SegmentInfo) (wire.Segment, error) {
	p, err := c.tenant.plans.PlanExpr(&query.Segment{ID: s.ID}, root.Contacts())
	if err != nil {
		return wire.Segment{}, err
	}
	where, err := c.shown(s.Where)
	if err != nil {
		return wire.Segment{}, err
	}
	n, err := p.Count(root.Contacts(), *c.options(c.api.Clock().UnixMilli()))
	return wire.Segment{ID: s.ID, Name: s.Name, Where: where, Mode: s.Mode, Count: n, CreatedAt: c.formatTime(s.CreatedAt)}, err
}

// segmentNow is the segment as the newest root has it.
func (c *call) segmentNow(id string) (wire.Segment, error) {
	root := c.tenant.Root()
	s, err := c.segmentOf(root, id)
	if err != nil {
		return wire.Segment{}, err
	}
	giveBack, err := c.takeTurn()
	if err != nil {
		return wire.Segment{}, err
	}
	defer giveBack()
	return c.segment(root, s)
}

func (c *call) listSegments() (any, error) {
	giveBack, err := c.takeTurn()
	if err != nil {
		return nil, err
	}
	defer giveBack()
	root := c.tenant.Root()
	out := wire.SegmentsResponse{Read: c.read(root), Segments: []wire.Segment{}}
	for _, s := range root.Segments() {
		segment, err := c.segment(root, s)
		if err != nil {
			return nil, err
		}
		out.Segments = append(out.Segments, segment)
	}
	return out, nil
}

func (c *call) getSegment() (any, error) {
	id, err := c.param("id")
	if err != nil {
		return nil, err
	}
	read := c.read(c.tenant.Root())
	segment, err := c.segmentNow(id)
	return wire.SegmentResponse{Read: read, Segment: segment}, err
}

func (c *call) deleteSegment() (any, error) {
	id, err := c.param("id")
	if err != nil {
		return nil, err
	}
	done, err := c.define()
	if err != nil {
		return nil, err
	}
	defer done()
	root := c.tenant.Root()
	if _, err := c.segmentOf(root, id); err != nil {
		return nil, err
	}
	if user := userOfSegment(root, id); user != "" {
		return nil, problem(http.StatusConflict, "segment_in_use", "%s uses the segment: change it first", user).at("id")
	}
	r, err := c.propose(&command.DeleteSegment{ID: id})
	if err != nil {
		return nil, err
	}
	return wire.ChangedResponse{Written: wire.Written{Index: r.Index}}, nil
}

// userOfSegment names a rule tag or another segment whose expression uses the segment, "" if there is none.
func userOfSegment(root *engine.Root, id string) string {
	uses := func(text string) bool {
		e, err := query.Parse(text)
		if err != nil {
			return false
		}
		found := false
		query.Walk(e, func(e query.Expr) bool {
			if s, ok := e.(*query.Segment); ok && s.ID == id {
				found = true
			}
			return true
		})
		return found
	}
	for _, t := range root.Tags() {
		if t.Kind == "rule" && uses(t.Rule) {
			return "the rule of tag " + t.Name
		}
	}
	for _, s := range root.Segments() {
		if s.ID != id && uses(s.Where) {
			return "segment " + s.ID
		}
	}
	return ""
}

// members begins an evaluation of a saved segment.
func (c *call) members(kind string, use func(*evaluation) (any, error)) (any, error) {
	id, err := c.param("id")
	if err != nil {
		return nil, err
	}
	now, err := c.argumentNow()
	if err != nil {
		return nil, err
	}
	root := c.tenant.Root()
	if _, err := c.segmentOf(root, id); err != nil {
		return nil, err
	}
	e := &evaluation{call: c, kind: kind, root: root, population: root.Contacts(), options: c.options(now), began: time.Now()}
	if e.plan, err = c.tenant.plans.PlanExpr(&query.Segment{ID: id}, e.population); err != nil {
		return nil, err
	}
	return e.run(use)
}

// argumentFields is the query parameter of that name, split.
func (c *call) argumentFields() ([]string, error) {
	text, err := c.argument("fields")
	if err != nil || text == "" {
		return nil, err
	}
	return strings.Split(text, ","), nil
}

func (c *call) listSegmentMembers() (any, error) {
	limit, err := c.limit(contactsPage)
	if err != nil {
		return nil, err
	}
	after, err := c.argument("after")
	if err != nil {
		return nil, err
	}
	fields, err := c.argumentFields()
	if err != nil {
		return nil, err
	}
	return c.members("members", func(e *evaluation) (any, error) { return e.page(fields, after, limit) })
}
