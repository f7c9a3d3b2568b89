package api

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"rollcall/client/wire"
	"rollcall/engine"
	"rollcall/engine/command"
	"rollcall/query"
	"rollcall/query/plan"
	"rollcall/server/intake"
)

const maxDescription = 4096

func (c *call) putTag() (any, error) {
	name, err := c.newName("name")
	if err != nil {
		return nil, err
	}
	var in wire.PutTagRequest
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.Entity == "" {
		in.Entity = "contact"
	}
	switch {
	case in.Entity != "contact" && in.Entity != "account":
		return nil, invalid("entity", "entity is contact or account")
	case in.Kind != "manual" && in.Kind != "rule":
		return nil, invalid("kind", "kind is manual or rule")
	case in.Kind == "rule" && in.Valued:
		return nil, invalid("valued", "a rule tag holds or does not, it has no values")
	case in.Kind == "manual" && in.Rule != "":
		return nil, invalid("rule", "a manual tag has no rule")
	case len(in.Description) > maxDescription || !utf8.ValidString(in.Description):
		return nil, invalid("description", "description has more than %d bytes", maxDescription)
	}
	done, err := c.define()
	if err != nil {
		return nil, err
	}
	defer done()
	body := command.PutTag{Name: name, Entity: in.Entity, Kind: in.Kind, Valued: in.Valued, Description: in.Description}
	if in.Kind == "rule" {
		if strings.TrimSpace(string(in.Rule)) == "" {
			return nil, invalid("rule", "a rule tag needs its rule")
		}
		root := c.tenant.Root()
		e, err := c.parsed(in.Rule, root)
		if err == nil {
			err = plan.CheckTag(name, e, population(root, in.Entity))
		}
		if err != nil {
			return nil, aboutField(err, "rule")
		}
		if body.Rule, err = c.kept("rule", e, population(root, in.Entity)); err != nil {
			return nil, err
		}
	}
	r, err := c.propose(&body)
	if err != nil {
		return nil, err
	}
	tag, err := c.tagNow(name)
	return wire.PutTagResponse{Written: wire.Written{Index: r.Index}, Tag: tag}, applied(r, err)
}

// tagNow is the tag as the newest root has it.
func (c *call) tagNow(name string) (wire.Tag, error) {
	root := c.tenant.Root()
	info, err := c.tagOf(root, name)
	if err != nil {
		return wire.Tag{}, err
	}
	giveBack, err := c.takeTurn()
	if err != nil {
		return wire.Tag{}, err
	}
	defer giveBack()
	return c.tag(root, info, c.api.Clock().UnixMilli())
}

func (c *call) tagOf(root *engine.Root, name string) (engine.TagInfo, error) {
	names := []string{}
	for _, t := range root.Tags() {
		if t.Name == name {
			return t, nil
		}
		names = append(names, t.Name)
	}
	f := notFound("unknown_tag", "there is no such tag").at("name")
	f.suggestion = query.Nearest(name, names)
	return engine.TagInfo{}, f
}

// tag is a tag with its coverage. That of a rule is counted now, with the clock at now.
func (c *call) tag(root *engine.Root, t engine.TagInfo, now int64) (wire.Tag, error) {
	p := population(root, t.Entity)
	n, text := t.Count, ""
	if t.Kind == "rule" {
		rule, err := c.ruleOf(t.Name, p)
		if err != nil {
			return wire.Tag{}, err
		}
		if n, err = rule.Count(p, *c.options(now)); err != nil {
			return wire.Tag{}, err
		}
		if text, err = c.shown(t.Rule); err != nil {
			return wire.Tag{}, err
		}
	}
	out := wire.Tag{
		Name: t.Name, Entity: t.Entity, Kind: t.Kind, Valued: t.Valued, Rule: text, Description: t.Description, Count: n,
		CreatedAt: c.formatTime(t.CreatedAt), ChangedAt: c.formatTime(t.ChangedAt),
	}
	if all := p.Live().Card(); all > 0 {
		out.Coverage = float64(n) / float64(all)
	}
	return out, nil
}

// ruleOf plans a rule tag of p. It is planned by its name: what it is defined by is sealed.
func (c *call) ruleOf(name string, p plan.Population) (*plan.Plan, error) {
	return c.tenant.plans.PlanExpr(&query.Has{Name: query.Name{Text: name}}, p)
}

// argumentNow is the instant of the query parameter now, else the node's clock.
func (c *call) argumentNow() (int64, error) {
	text, err := c.argument("now")
	if err != nil {
		return 0, err
	}
	return c.nowOr(text)
}

func (c *call) listTags() (any, error) {
	now, err := c.argumentNow()
	if err != nil {
		return nil, err
	}
	giveBack, err := c.takeTurn()
	if err != nil {
		return nil, err
	}
	defer giveBack()
	root := c.tenant.Root()
	out := wire.TagsResponse{Read: c.read(root), Tags: []wire.Tag{}}
	for _, info := range root.Tags() {
		tag, err := c.tag(root, info, now)
		if err != nil {
			return nil, err
		}
		out.Tags = append(out.Tags, tag)
	}
	return out, nil
}

func (c *call) getTag() (any, error) {
	name, err := c.param("name")
	if err != nil {
		return nil, err
	}
	now, err := c.argumentNow()
	if err != nil {
		return nil, err
	}
	root := c.tenant.Root()
	info, err := c.tagOf(root, name)
	if err != nil {
		return nil, err
	}
	giveBack, err := c.takeTurn()
	if err != nil {
		return nil, err
	}
	defer giveBack()
	tag, err := c.tag(root, info, now)
	return wire.TagResponse{Read: c.read(root), Tag: tag}, err
}

func (c *call) deleteTag() (any, error) {
	name, err := c.param("name")
	if err != nil {
		return nil, err
	}
	done, err := c.define()
	if err != nil {
		return nil, err
	}
	defer done()
	root := c.tenant.Root()
	info, err := c.tagOf(root, name)
	if err != nil {
		return nil, err
	}
	if user := userOfTag(root, info); user != "" {
		return nil, problem(http.StatusConflict, "tag_in_use", "%s uses the tag: change it first", user).at("name")
	}
	r, err := c.propose(&command.DeleteTag{Name: name})
	if err != nil {
		return nil, err
	}
	return wire.ChangedResponse{Written: wire.Written{Index: r.Index}}, nil
}

// userOfTag names a rule tag or segment whose expression names the tag, "" if there is none. Removing the tag would
// leave an expression that cannot be evaluated.
func userOfTag(root *engine.Root, tag engine.TagInfo) string {
	for _, t := range root.Tags() {
		if t.Kind == "rule" && t.Name != tag.Name && names(t.Rule, t.Entity, tag) {
			return "the rule of tag " + t.Name
		}
	}
	for _, s := range root.Segments() {
		if names(s.Where, "contact", tag) {
			return "segment " + s.ID
		}
	}
	return ""
}

// names tells whether an expression over entity names the tag.
func names(text, entity string, tag engine.TagInfo) bool {
	e, err := query.Parse(text)
	if err != nil {
		return false
	}
	found := false
	is := func(n query.Name) {
		found = found || n.Text == tag.Name && (n.Account || entity == "account") == (tag.Entity == "account")
	}
	query.Walk(e, func(e query.Expr) bool {
		switch e := e.(type) {
		case *query.Has:
			is(e.Name)
		case *query.Compare:
			is(e.Name)
		case *query.Between:
			is(e.Name)
		case *query.In:
			is(e.Name)
		case *query.Like:
			is(e.Name)
		case *query.IsNull:
			is(e.Name)
		case *query.Did, *query.Aggregate:
			return false // names below these are properties of events
		}
		return true
	})
	return found
}

func (c *call) changeTagMembers() (any, error) {
	name, err := c.param("name")
	if err != nil {
		return nil, err
	}
	var in wire.TagMembersRequest
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if len(in.Add)+len(in.Remove) == 0 {
		return nil, invalid("add", "add and remove are empty")
	}
	if len(in.Value) > maxName || !utf8.ValidString(in.Value) {
		return nil, invalid("value", "value has more than %d bytes", maxName)
	}
	root := c.tenant.Root()
	info, err := c.tagOf(root, name)
	switch {
	case err != nil:
		return nil, err
	case info.Kind != "manual":
		return nil, problem(http.StatusConflict, "tag_kind", "the members of a rule tag follow from its rule").at("name")
	case info.Valued && in.Value == "" && len(in.Add) > 0:
		return nil, invalid("value", "this tag has values: say which")
	case !info.Valued && in.Value != "":
		return nil, invalid("value", "this tag is set or not, it has no values")
	}
	body := command.TagMembers{Name: name, Value: in.Value}
	var strangers []string
	for _, list := range []struct {
		texts []string
		ids   *[]command.ID
	}{{in.Add, &body.Add}, {in.Remove, &body.Remove}} {
		for _, text := range list.texts {
			if id, ok := c.memberID(root, info.Entity, text); ok {
				*list.ids = append(*list.ids, id)
			} else {
				strangers = append(strangers, text)
			}
		}
	}
	if len(body.Add)+len(body.Remove) == 0 {
		return wire.TagMembersResponse{Written: wire.Written{Index: root.Index()}, Unknown: strangers}, nil
	}
	added := make(map[command.ID]bool, len(body.Add))
	for _, id := range body.Add {
		added[id] = true
	}
	for _, id := range body.Remove {
		if added[id] {
			return nil, invalid("remove", "%s stands in add and in remove: name it in one of them", intake.FormatID(id))
		}
	}
	r, err := c.propose(&body)
	if err != nil {
		return nil, err
	}
	for _, id := range r.Unknown {
		strangers = append(strangers, intake.FormatID(id))
	}
	return wire.TagMembersResponse{Written: wire.Written{Index: r.Index}, Changed: int(r.Changed), Unknown: strangers}, nil
}

// memberID reads one id of a members list: an id as it is, or the contact that an id of an earlier platform means.
func (c *call) memberID(root *engine.Root, entity, text string) (command.ID, bool) {
	if id, ok := intake.OneID(text); ok {
		return id, true
	}
	if entity == "contact" {
		if ord, ok := root.ContactBy(intake.Alias(c.tenant.keys, text)); ok {
			return root.ContactID(ord), true
		}
	}
	return command.ID{}, false
}
