package engine

import (
	"fmt"
	"maps"
	"math"
	"strings"

	"rollcall/engine/command"
	"rollcall/engine/schema"
	"rollcall/index"
	"rollcall/query/plan"
)

// Limits of a tenant. They are part of what Apply does: other limits are another command version.
const (
	maxAttributes = 1_000
	maxTags       = 10_000
	maxTypes      = 1_000
	maxProps      = 2_000
	maxName       = 256 // bytes
)

// refusal is why an item or a command was refused: a user's mistake.
type refusal struct {
	code, detail, field string
}

func refuse(code, field, format string, args ...any) *refusal {
	return &refusal{code, fmt.Sprintf(format, args...), field}
}

// attribute is one attribute of an entity, with its golden values. Opportunities have attributes without columns.
type attribute struct {
	name     string
	kind     schema.Kind
	sealed   bool // its texts are tokens
	computed bool // records cannot set it
	dict     *index.Dictionary
	codes    columnCell[uint32]
	ints     columnCell[int64] // Int and Time
	floats   columnCell[float64]
	bools    columnCell[uint8]
}

// attributes is the attributes of one entity, numbered in order of first sight. Numbers never change.
type attributes struct {
	list    []*attribute
	byName  map[string]uint32 // the writer's
	names   map[string]uint32 // published: replaced, never changed
	changed bool              // since names was published
}

func newAttributes() attributes {
	return attributes{byName: map[string]uint32{}, names: map[string]uint32{}}
}

func (a *attributes) find(name string) *attribute {
	if i, ok := a.byName[name]; ok {
		return a.list[i]
	}
	return nil
}

// add makes a new attribute. The name is free: checked before.
func (a *attributes) add(name string, kind schema.Kind, sealed bool) uint32 {
	name = strings.Clone(name)
	at := &attribute{name: name, kind: kind, sealed: sealed}
	if kind == schema.Text {
		at.dict = index.NewDictionary()
	}
	i := uint32(len(a.list))
	a.list = append(a.list, at)
	a.byName[name] = i
	a.changed = true
	return i
}

// declareCanonical makes the attributes that engine/schema lists, so that expressions may name them from the start.
func (a *attributes) declareCanonical(list []schema.Attribute) {
	for _, s := range list {
		a.add(s.Name, s.Kind, s.Kind == schema.Text && s.Personal)
	}
}

// publishNames returns the names as they are now.
func (a *attributes) publishNames() map[string]uint32 {
	if a.changed {
		a.names, a.changed = maps.Clone(a.byName), false
	}
	return a.names
}

// kindOf is the kind of attribute that a value makes on first sight.
func kindOf(k command.ValueKind) (kind schema.Kind, sealed, ok bool) {
	switch k {
	case command.Text:
		return schema.Text, false, true
	case command.Token:
		return schema.Text, true, true
	case command.Int:
		return schema.Int, false, true
	case command.Float:
		return schema.Float, false, true
	case command.Bool:
		return schema.Bool, false, true
	case command.Time:
		return schema.Time, false, true
	}
	return "", false, false
}

// accepts reports whether a value may be stored in the attribute. A number may be stored in any number's column.
func (a *attribute) accepts(kind schema.Kind, sealed bool) bool {
	number := a.kind == schema.Int || a.kind == schema.Float
	if number && (kind == schema.Int || kind == schema.Float) {
		return true
	}
	return a.kind == kind && a.sealed == sealed
}

// check finds what is wrong with the attributes of a record before anything is changed. taken tells names that a tag
// of the same entity has.
func (a *attributes) check(values []command.Value, taken func(name string) bool) *refusal {
	fresh := 0
	for i := range values {
		v := &values[i]
		if v.Kind == command.Null {
			continue
		}
		kind, sealed, ok := kindOf(v.Kind)
		switch {
		case v.Name == "" || len(v.Name) > maxName:
			return refuse("bad_name", v.Name, "an attribute's name has 1 to %d bytes", maxName)
		case !ok:
			return refuse("type_mismatch", v.Name, "a value of unknown kind %d", v.Kind)
		case v.Kind == command.Float && (math.IsNaN(v.Float) || math.IsInf(v.Float, 0)):
			return refuse("type_mismatch", v.Name, "a number must be finite")
		}
		if at := a.find(v.Name); at != nil {
			if at.computed {
				return refuse("computed_attribute", v.Name, "the attribute is computed: leave it out")
			}
			if !at.accepts(kind, sealed) {
				return refuse("type_mismatch", v.Name, "the attribute holds %s, the value is %s", describe(at.kind, at.sealed), describe(kind, sealed))
			}
			continue
		}
		for j := range values[:i] {
			if values[j].Name == v.Name && values[j].Kind != command.Null {
				return refuse("duplicate_attribute", v.Name, "the attribute is given twice")
			}
		}
		if computedAttribute(v.Name) {
			return refuse("computed_attribute", v.Name, "the attribute is computed: leave it out")
		}
		if taken(v.Name) {
			return refuse("name_taken", v.Name, "a tag has this name")
		}
		if fresh++; len(a.list)+fresh > maxAttributes {
			return refuse("too_many_attributes", v.Name, "there are %d attributes already, no more can be added", len(a.list))
		}
	}
	return nil
}

func computedAttribute(name string) bool {
	for _, c := range schema.ComputedAttributes {
		if c.Name == name {
			return true
		}
	}
	return false
}

func describe(kind schema.Kind, sealed bool) string {
	if sealed {
		return "personal text"
	}
	return string(kind)
}

// take turns a checked value into a field of a record, making its attribute on first sight.
func (a *attributes) take(v *command.Value, at int64) field {
	i, ok := a.byName[v.Name]
	if !ok {
		kind, sealed, _ := kindOf(v.Kind)
		i = a.add(v.Name, kind, sealed)
	}
	f := field{attribute: i, at: at, kind: v.Kind}
	attr := a.list[i]
	switch v.Kind {
	case command.Text, command.Token:
		f.code = attr.dict.Add(v.Text)
	case command.Float:
		if whole := int64(v.Float); attr.kind == schema.Int && math.Abs(v.Float) < 1<<53 && float64(whole) == v.Float {
			f.kind, f.num = command.Int, whole
			break
		}
		f.float = v.Float
		if attr.kind == schema.Int {
			attr.widen()
			a.changed = true
		}
	case command.Bool:
		if v.Int != 0 {
			f.num = 1
		}
	default:
		f.num = v.Int
	}
	return f
}

// org turns the org_id of a record or event into a field; ok is false without one, and where a source uses the name
// for something else.
func (a *attributes) org(id string, at int64) (f field, ok bool) {
	attr := a.find(schema.OrgID)
	if id == "" || attr == nil || !attr.accepts(schema.Text, false) {
		return field{}, false
	}
	return a.take(&command.Value{Name: schema.OrgID, Kind: command.Text, Text: id}, at), true
}

// widen turns a column of integers into one of floats.
func (a *attribute) widen() {
	a.kind = schema.Float
	a.ints.publish().Each(func(ord uint32, v int64) bool {
		a.floats.set(ord, float64(v))
		return true
	})
	a.ints = columnCell[int64]{}
}

// set makes the field the golden value of ord.
func (a *attribute) set(ord uint32, f *field) {
	switch a.kind {
	case schema.Text:
		a.codes.set(ord, f.code)
	case schema.Int, schema.Time:
		a.ints.set(ord, f.num)
	case schema.Float:
		if f.kind == command.Int {
			a.floats.set(ord, float64(f.num))
		} else {
			a.floats.set(ord, f.float)
		}
	case schema.Bool:
		a.bools.set(ord, uint8(f.num))
	}
}

// attributeView is an attribute as published.
type attributeView struct {
	name     string
	kind     schema.Kind
	computed bool
	plan.Attribute
}

// publish returns the attribute as it is now.
func (a *attribute) publish() attributeView {
	v := attributeView{name: a.name, kind: a.kind, computed: a.computed}
	v.Sealed = a.sealed
	switch a.kind {
	case schema.Text:
		v.Kind, v.Codes, v.Dict = plan.Text, a.codes.publish(), a.dict.View()
	case schema.Int:
		v.Kind, v.Ints = plan.Int, a.ints.publish()
	case schema.Time:
		v.Kind, v.Ints = plan.Time, a.ints.publish()
	case schema.Float:
		v.Kind, v.Floats = plan.Float, a.floats.publish()
	case schema.Bool:
		v.Kind, v.Bools = plan.Bool, a.bools.publish()
	}
	return v
}

// value returns the golden value of ord; false for NULL.
func (v *attributeView) value(ord uint32) (command.Value, bool) {
	out := command.Value{Name: v.name}
	var ok bool
	switch v.kind {
	case schema.Text:
		var code uint32
		code, ok = v.Codes.Get(ord)
		out.Kind, out.Text = command.Text, v.Dict.Text(code)
		if v.Sealed {
			out.Kind = command.Token
		}
	case schema.Int:
		out.Kind = command.Int
		out.Int, ok = v.Ints.Get(ord)
	case schema.Time:
		out.Kind = command.Time
		out.Int, ok = v.Ints.Get(ord)
	case schema.Float:
		out.Kind = command.Float
		out.Float, ok = v.Floats.Get(ord)
	case schema.Bool:
		out.Kind = command.Bool
		var b uint8
		b, ok = v.Bools.Get(ord)
		out.Int = int64(b)
	}
	return out, ok
}

// putAttribute declares an attribute. Declaring it again as it is changes nothing.
func (s *state) putAttribute(p *command.PutAttribute) *refusal {
	var e *entity
	switch p.Entity {
	case s.contacts.name:
		e = s.contacts
	case s.accounts.name:
		e = s.accounts
	default:
		return refuse("bad_entity", "entity", "the entity is %q: contact or account", p.Entity)
	}
	kind, sealed, ok := kindOf(p.Kind)
	if !ok {
		return refuse("type_mismatch", "kind", "no attribute has kind %d", p.Kind)
	}
	if at := e.attributes.find(p.Name); at != nil {
		if at.kind != kind || at.sealed != sealed {
			return refuse("type_mismatch", "kind", "the attribute holds %s already", describe(at.kind, at.sealed))
		}
		return nil
	}
	value := []command.Value{{Name: p.Name, Kind: p.Kind}}
	if r := e.attributes.check(value, s.tagTaken(e.name)); r != nil {
		return r
	}
	e.attributes.add(p.Name, kind, sealed)
	return nil
}
