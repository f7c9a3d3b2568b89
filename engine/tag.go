package engine

import (
	"slices"
	"strings"

	"rollcall/engine/command"
	"rollcall/index"
	"rollcall/query"
	"rollcall/query/plan"
)

// tag is a tag: manual and set or not, manual with values, or a rule that is evaluated where it is used.
type tag struct {
	number             uint32 // never given to another tag
	name, entity, kind string
	valued             bool
	ruleText           string
	rule               query.Expr
	description        string
	members            setCell
	values             columnCell[uint32]
	since              columnCell[int64] // leader time in ms at which the value was assigned; none before there was this column
	dict               *index.Dictionary
	createdAt          int64
	changedAt          int64
	info               *tagInfo // of the definition as it is; nil when it changed since it was published
}

const (
	kindManual = "manual"
	kindRule   = "rule"
)

// tags is all tags of a tenant, in order of creation. Names are unique among contacts' and accounts' tags.
type tags struct {
	list    []*tag
	byName  map[string]*tag
	next    uint32
	names   map[string]uint32 // published: position in the list; replaced, never changed
	views   []tagView         // published: replaced, never changed
	changed bool              // definitions, since they were published
	touched bool              // members, since they were published
}

func newTags() tags { return tags{byName: map[string]*tag{}, names: map[string]uint32{}} }

func (t *tags) insert(tg *tag) {
	t.list = append(t.list, tg)
	t.byName[tg.name] = tg
	t.next = max(t.next, tg.number+1)
	t.changed = true
}

// tagTaken returns a function that tells which names tags of the entity have.
func (s *state) tagTaken(entity string) func(string) bool {
	return func(name string) bool {
		t := s.tags.byName[name]
		return t != nil && t.entity == entity
	}
}

func (s *state) entityOf(name string) *entity {
	switch name {
	case s.contacts.name:
		return s.contacts
	case s.accounts.name:
		return s.accounts
	}
	return nil
}

// putTag creates or changes a tag. A tag keeps its entity, its kind and whether it has values. Putting it again as it is
// changes nothing.
func (s *state) putTag(p *command.PutTag) *refusal {
	e := s.entityOf(p.Entity)
	if e == nil {
		return refuse("bad_entity", "entity", "the entity is contact or account")
	}
	if p.Kind != kindManual && p.Kind != kindRule || p.Kind == kindRule && p.Valued {
		return refuse("tag_kind", "kind", "a tag is manual, with or without values, or a rule")
	}
	var rule query.Expr
	text := strings.Clone(p.Rule) // of which the expression is made
	if p.Kind == kindRule {
		var err error
		if rule, err = query.Parse(text); err != nil {
			return refuse("bad_expression", "rule", "the rule is no expression")
		}
	}
	t := s.tags.byName[p.Name]
	created := t == nil
	if created {
		switch {
		case p.Name == "" || len(p.Name) > maxName:
			return refuse("bad_name", "name", "a tag's name has 1 to %d bytes", maxName)
		case e.attributes.find(p.Name) != nil || computedAttribute(p.Name):
			return refuse("name_taken", "name", "an attribute has this name")
		case len(s.tags.list) >= maxTags:
			return refuse("too_many_tags", "name", "there are %d tags already", len(s.tags.list))
		}
		t = &tag{number: s.tags.next, name: strings.Clone(p.Name), entity: e.name, kind: strings.Clone(p.Kind), valued: p.Valued, createdAt: s.time}
		if t.valued {
			t.dict = index.NewDictionary()
		}
		s.tags.insert(t)
	} else if t.entity != p.Entity || t.kind != p.Kind || t.valued != p.Valued {
		return refuse("tag_kind", "kind", "the tag is of another entity or kind: delete it first")
	}
	if !created && t.ruleText == p.Rule && t.description == p.Description {
		return nil
	}
	t.ruleText, t.rule, t.description, t.changedAt, t.info = text, rule, strings.Clone(p.Description), s.time, nil
	s.tags.changed = true
	return nil
}

func (s *state) deleteTag(p *command.DeleteTag) *refusal {
	t := s.tags.byName[p.Name]
	if t == nil {
		return refuse("unknown_tag", "name", "there is no tag with this name")
	}
	delete(s.tags.byName, t.name)
	// Roots hold the list as it was.
	s.tags.list = slices.DeleteFunc(slices.Clone(s.tags.list), func(o *tag) bool { return o == t })
	s.tags.changed = true
	return nil
}

// tagMembers sets or clears a manual tag. Nobody can be both: an id that stands in both lists is refused, and of two ids
// that a merge made one person the one in Remove counts.
func (s *state) tagMembers(p *command.TagMembers, out *command.Result) *refusal {
	t := s.tags.byName[p.Name]
	switch {
	case t == nil:
		return refuse("unknown_tag", "name", "there is no tag with this name")
	case t.kind != kindManual:
		return refuse("tag_kind", "name", "the tag follows from its rule: it has no members of its own")
	case !t.valued && p.Value != "":
		return refuse("tag_kind", "value", "the tag takes no value")
	case t.valued && p.Value == "" && len(p.Add) > 0:
		return refuse("tag_kind", "value", "the tag takes a value")
	}
	if r := apart(p.Add, p.Remove); r != nil {
		return r
	}
	e := s.entityOf(t.entity)
	each := func(ids []command.ID, change func(ord uint32) bool) {
		for _, id := range ids {
			ord, ok := e.byOneID(id)
			switch {
			case !ok:
				out.Unknown = append(out.Unknown, id)
			case change(ord):
				out.Changed++
			}
		}
	}
	leaving := map[uint32]bool{}
	if len(p.Add) > 0 {
		for _, id := range p.Remove {
			if ord, ok := e.byOneID(id); ok {
				leaving[ord] = true
			}
		}
	}
	each(p.Add, func(ord uint32) bool { return !leaving[ord] && t.add(ord, p.Value, s.time) })
	each(p.Remove, func(ord uint32) bool { return t.remove(ord, p.Value) })
	if out.Changed > 0 {
		t.changedAt = s.time
		s.tags.touched = true
	}
	return nil
}

// apart refuses an id that stands in both lists.
func apart(add, remove []command.ID) *refusal {
	if len(add) == 0 || len(remove) == 0 {
		return nil
	}
	added := make(map[command.ID]bool, len(add))
	for _, id := range add {
		added[id] = true
	}
	for _, id := range remove {
		if added[id] {
			return refuse("invalid_value", "remove", "an id stands in add and in remove: name it in one of them")
		}
	}
	return nil
}

// add assigns the tag. The value that ord has already is not assigned again: it keeps its time.
func (t *tag) add(ord uint32, value string, now int64) bool {
	if !t.valued {
		return t.members.add(ord)
	}
	code := t.dict.Add(value)
	if old, ok := t.values.get(ord); ok && old == code {
		return false
	}
	t.values.set(ord, code)
	t.since.set(ord, now)
	return true
}

// remove takes the tag off ord; with a value only if that is the value.
func (t *tag) remove(ord uint32, value string) bool {
	if !t.valued {
		return t.members.remove(ord)
	}
	old, ok := t.values.get(ord)
	if !ok {
		return false
	}
	if value != "" {
		if code, known := t.dict.Code(value); !known || code != old {
			return false
		}
	}
	t.values.clear(ord)
	t.since.clear(ord)
	return true
}

// merge gives to what from has: every tag that is set, and of two values the one that was assigned last, of values that
// were assigned at the same time the greater text. So the outcome does not depend on the order of merges. A merge is no
// change of the tag: nobody assigned anything.
func (t *tags) merge(entity string, to, from uint32) {
	for _, tg := range t.list {
		if tg.entity != entity || tg.kind != kindManual {
			continue
		}
		if !tg.valued {
			if tg.members.remove(from) {
				tg.members.add(to)
				t.touched = true
			}
			continue
		}
		if code, ok := tg.values.get(from); ok {
			if tg.beats(from, to) {
				tg.values.set(to, code)
				if at, known := tg.since.get(from); known {
					tg.since.set(to, at)
				}
			}
			tg.values.clear(from)
			tg.since.clear(from)
			t.touched = true
		}
	}
}

// beats reports whether the value of a, which has one, wins over what b has.
func (t *tag) beats(a, b uint32) bool {
	other, has := t.values.get(b)
	if !has {
		return true
	}
	// A value from before there were times is older than any other.
	x, _ := t.since.get(a)
	y, _ := t.since.get(b)
	if x != y {
		return x > y
	}
	mine, _ := t.values.get(a)
	texts := t.dict.View()
	return texts.Text(mine) > texts.Text(other)
}

// tagView is a tag as published.
type tagView struct {
	*tagInfo
	plan.Tag
	since   *index.Column[int64] // of a tag with values
	number  uint32
	changed int64
}

// tagInfo is the part of a tag's view that only putTag changes.
type tagInfo struct {
	name, entity, kind, rule, description string
	valued                                bool
	created                               int64
}

// publish returns the tags as they are now, and the positions of names.
func (t *tags) publish() ([]tagView, map[string]uint32) {
	if t.changed {
		t.names = make(map[string]uint32, len(t.list))
		for i, tg := range t.list {
			t.names[tg.name] = uint32(i)
		}
	}
	if t.changed || t.touched {
		t.views = make([]tagView, len(t.list))
		for i, tg := range t.list {
			t.views[i] = tg.publish()
		}
		t.changed, t.touched = false, false
	}
	return t.views, t.names
}

func (t *tag) publish() tagView {
	if t.info == nil {
		t.info = &tagInfo{t.name, t.entity, t.kind, t.ruleText, t.description, t.valued, t.createdAt}
	}
	v := tagView{tagInfo: t.info, number: t.number, changed: t.changedAt}
	switch {
	case t.kind == kindRule:
		v.Rule = t.rule
	case t.valued:
		v.Values, v.since, v.Dict = t.values.publish(), t.since.publish(), t.dict.View()
	default:
		v.Set = t.members.publish()
	}
	return v
}
