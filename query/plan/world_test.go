package plan

import (
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"rollcall/index"
	"rollcall/query"
)

// world is a tenant in plain Go values. The brute-force evaluator reads it as it is; build turns it into a Population.
type world struct {
	zone     *time.Location
	now      int64
	contacts people
	accounts people
	types    []string
	props    map[string]bool // property → sealed
	version  uint64
}

// people are the contacts, or the accounts, with what may be said of them.
type people struct {
	entity   string
	all      []*thing
	attrs    map[string]Attribute // kind, sealed, computed, types
	tags     map[string]tagDef
	segments map[string]segmentDef
}

type tagDef struct {
	valued bool
	rule   query.Expr
}

type segmentDef struct {
	where   query.Expr
	members map[string]bool
}

// thing is a contact or an account.
type thing struct {
	ord     uint32
	id      string
	gone    bool              // merged away: not live, though its data still stands there
	attrs   map[string]any    // string, int64, float64, bool; times are int64 ms
	tags    map[string]string // "" when the tag has no values
	events  []happening
	account *thing
}

type happening struct {
	typ   string
	at    int64
	id    string
	props map[string]any // string, float64, bool
}

func newWorld(zone string) *world {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		panic(err)
	}
	group := func(entity string) people {
		return people{entity: entity, attrs: map[string]Attribute{}, tags: map[string]tagDef{}, segments: map[string]segmentDef{}}
	}
	return &world{zone: loc, contacts: group("contact"), accounts: group("account"), props: map[string]bool{}}
}

// reversing is a cipher for tests: tokens share nothing visible with their texts and sort otherwise.
type reversing struct{}

func (reversing) Token(text string) string {
	b := []byte(text)
	slices.Reverse(b)
	return "sealed:" + hex.EncodeToString(b)
}

func (reversing) Text(token string) (string, error) {
	b, err := hex.DecodeString(strings.TrimPrefix(token, "sealed:"))
	slices.Reverse(b)
	return string(b), err
}

// memory is a Population over index values.
type memory struct {
	w       *world
	group   *people
	length  uint32
	live    *index.Set
	tags    map[string]Tag
	attrs   map[string]Attribute
	props   map[string]Prop
	events  *index.Events
	types   []string
	members map[string]*index.Set
	ids     map[string]uint32
	account *memory
	column  *index.Column[uint32]
	version uint64
}

func (m *memory) Name() string          { return m.group.entity }
func (m *memory) Len() uint32           { return m.length }
func (m *memory) Live() *index.Set      { return m.live }
func (m *memory) Names() []string       { return sortedKeys(m.tags, m.attrs) }
func (m *memory) Events() *index.Events { return m.events }
func (m *memory) EventTypes() []string  { return m.types }
func (m *memory) PropNames() []string   { return sortedKeys(m.props, m.props) }
func (m *memory) SegmentIDs() []string  { return sortedKeys(m.group.segments, m.group.segments) }
func (m *memory) Zone() *time.Location  { return m.w.zone }
func (m *memory) Version() uint64       { return m.version }

func (m *memory) Tag(name string) (Tag, bool) {
	t, ok := m.tags[name]
	return t, ok
}

func (m *memory) Attribute(name string) (Attribute, bool) {
	a, ok := m.attrs[name]
	return a, ok
}

func (m *memory) Prop(name string) (Prop, bool) {
	p, ok := m.props[name]
	return p, ok
}

func (m *memory) Account() (Population, *index.Column[uint32]) {
	if m.account == nil {
		return nil, nil
	}
	return m.account, m.column
}

func (m *memory) Segment(id string) (Segment, bool) {
	d, ok := m.group.segments[id]
	return Segment{Where: d.where, Members: m.members[id]}, ok
}

func (m *memory) Ordinal(id string) (uint32, bool) {
	ord, ok := m.ids[id]
	return ord, ok
}

func sortedKeys[A, B any](a map[string]A, b map[string]B) []string {
	names := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(names)
	return slices.Compact(names)
}

// build makes the contacts' population. Writes come in random order and in several published steps, so that columns
// have deltas and event rows have tails; where two orders are right, rnd chooses.
func (w *world) build(rnd *rand.Rand) *memory {
	accounts := w.group(&w.accounts, rnd)
	contacts := w.group(&w.contacts, rnd)
	contacts.account = accounts
	edit := new(index.Column[uint32]).Edit()
	for _, t := range w.contacts.all {
		if t.account != nil {
			edit.Set(t.ord, t.account.ord)
		}
	}
	contacts.column = edit.Publish()
	w.buildEvents(contacts, rnd)
	return contacts
}

func (w *world) group(g *people, rnd *rand.Rand) *memory {
	m := &memory{w: w, group: g, tags: map[string]Tag{}, attrs: map[string]Attribute{}, props: map[string]Prop{},
		members: map[string]*index.Set{}, ids: map[string]uint32{}, version: w.version}
	live := new(index.Set).Edit()
	for _, t := range g.all {
		m.length = max(m.length, t.ord+1)
		if !t.gone {
			live.Add(t.ord)
			m.ids[t.id] = t.ord
		}
	}
	m.live = live.Publish()
	for name, def := range g.tags {
		m.tags[name] = w.buildTag(g, name, def)
	}
	for name, attr := range g.attrs {
		if attr.Computed == "" {
			buildAttribute(g, name, &attr, rnd)
		}
		m.attrs[name] = attr
	}
	for id, def := range g.segments {
		if def.members == nil {
			continue
		}
		edit := new(index.Set).Edit()
		for _, t := range g.all {
			if def.members[t.id] {
				edit.Add(t.ord)
			}
		}
		m.members[id] = edit.Publish()
	}
	return m
}

func (w *world) buildTag(g *people, name string, def tagDef) Tag {
	if def.rule != nil {
		return Tag{Rule: def.rule}
	}
	set, values, dict := new(index.Set).Edit(), new(index.Column[uint32]).Edit(), index.NewDictionary()
	for _, t := range g.all {
		value, ok := t.tags[name]
		if ok && def.valued {
			values.Set(t.ord, dict.Add(value))
		} else if ok {
			set.Add(t.ord)
		}
	}
	if def.valued {
		return Tag{Values: values.Publish(), Dict: dict.View()}
	}
	return Tag{Set: set.Publish()}
}

func buildAttribute(g *people, name string, attr *Attribute, rnd *rand.Rand) {
	codes, ints := new(index.Column[uint32]).Edit(), new(index.Column[int64]).Edit()
	floats, bools := new(index.Column[float64]).Edit(), new(index.Column[uint8]).Edit()
	dict := index.NewDictionary()
	for _, i := range rnd.Perm(len(g.all)) {
		t := g.all[i]
		switch v := t.attrs[name].(type) {
		case string:
			if attr.Sealed {
				v = reversing{}.Token(v)
			}
			codes.Set(t.ord, dict.Add(v))
		case int64:
			ints.Set(t.ord, v)
		case float64:
			floats.Set(t.ord, v)
		case bool:
			n := uint8(0)
			if v {
				n = 1
			}
			bools.Set(t.ord, n)
		case nil:
		default:
			panic(fmt.Sprintf("attribute %s holds a %T", name, v))
		}
		if rnd.IntN(50) == 0 {
			codes.Publish()
			ints.Publish()
			floats.Publish()
		}
	}
	attr.Codes, attr.Ints, attr.Floats, attr.Bools = codes.Publish(), ints.Publish(), floats.Publish(), bools.Publish()
	attr.Dict = dict.View()
}

func (w *world) buildEvents(m *memory, rnd *rand.Rand) {
	m.types = w.types
	dicts := map[string]*index.Dictionary{}
	for i, name := range sortedKeys(w.props, w.props) {
		dicts[name] = index.NewDictionary()
		m.props[name] = Prop{Code: uint32(i + 1), Sealed: w.props[name]}
	}
	var rows []index.Event
	for _, t := range w.contacts.all {
		for _, h := range t.events {
			ev := index.Event{Ord: t.ord, Type: uint32(slices.Index(w.types, h.typ) + 1), Time: h.at, ID: h.id}
			for name, v := range h.props {
				p := m.props[name]
				prop := index.Prop{Name: p.Code}
				switch v := v.(type) {
				case string:
					if p.Sealed {
						v = reversing{}.Token(v)
					}
					prop.Kind, prop.Code, p.Text = index.Code, dicts[name].Add(v), true
				case float64:
					prop.Kind, prop.Num, p.Num = index.Num, v, true
				case bool:
					prop.Kind, prop.Bool, p.Bool = index.Bool, v, true
				}
				m.props[name] = p
				ev.Props = append(ev.Props, prop)
			}
			rows = append(rows, ev)
		}
	}
	rnd.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	edit := new(index.Events).Edit()
	for i, ev := range rows {
		ev.Seq = uint64(i)
		edit.Append(ev)
		if rnd.IntN(40) == 0 {
			edit.Publish()
		}
	}
	m.events = edit.Publish()
	for name, p := range m.props {
		p.Dict = dicts[name].View()
		m.props[name] = p
	}
}
