package engine

import (
	"encoding/hex"
	"strings"
	"time"

	"rollcall/engine/command"
	"rollcall/engine/schema"
	"rollcall/index"
	"rollcall/query/plan"
)

// population is the contacts or the accounts of a root: the plan.Population that expressions are evaluated over.
type population struct {
	root        *Root
	name        string
	ids         idList
	byID, byKey *index.Table // shared with newer roots
	live        *index.Set
	merged      *index.Column[uint32]
	first       *index.Column[uint32]
	attributes  []attributeView
	names       map[string]uint32
	join        *index.Column[uint32] // of contacts: their accounts
	deal        *index.Column[uint32] // of accounts: chains of opportunities
}

var _ plan.Population = (*population)(nil)

// windowed are the computed attributes of contacts that follow from events and the current time.
var windowed = []struct {
	name      string
	kind      schema.Kind
	attribute plan.Attribute
}{
	{"interactions_7d", schema.Int, plan.Attribute{Kind: plan.Int, Computed: plan.Interactions7d, Types: schema.Interactions}},
	{"last_interaction_at", schema.Time, plan.Attribute{Kind: plan.Time, Computed: plan.LastInteractionAt, Types: schema.Interactions}},
}

// Name is "contact" or "account".
func (p *population) Name() string { return p.name }

// Len is the number of ordinals ever given.
func (p *population) Len() uint32 { return p.ids.n }

// Live are the ordinals that were not merged away.
func (p *population) Live() *index.Set { return p.live }

// Tag finds a tag of this population.
func (p *population) Tag(name string) (plan.Tag, bool) {
	i, ok := p.root.tagNames[name]
	if !ok || p.root.tags[i].entity != p.name {
		return plan.Tag{}, false
	}
	return p.root.tags[i].Tag, true
}

// Attribute finds an attribute of this population.
func (p *population) Attribute(name string) (plan.Attribute, bool) {
	if i, ok := p.names[name]; ok {
		return p.attributes[i].Attribute, true
	}
	if p.name == p.root.contacts.name {
		for i := range windowed {
			if windowed[i].name == name {
				return windowed[i].attribute, true
			}
		}
	}
	return plan.Attribute{}, false
}

// Names lists tags and attributes.
func (p *population) Names() []string {
	var names []string
	for i := range p.root.tags {
		if p.root.tags[i].entity == p.name {
			names = append(names, p.root.tags[i].name)
		}
	}
	for i := range p.attributes {
		names = append(names, p.attributes[i].name)
	}
	if p.name == p.root.contacts.name {
		for i := range windowed {
			names = append(names, windowed[i].name)
		}
	}
	return names
}

// Events are the contacts' events; nil for accounts.
func (p *population) Events() *index.Events {
	if p.name != p.root.contacts.name {
		return nil
	}
	return p.root.events
}

// EventTypes lists the event types; the code of a type is its position plus one.
func (p *population) EventTypes() []string { return p.root.types }

// Prop finds a property of events.
func (p *population) Prop(name string) (plan.Prop, bool) {
	i, ok := p.root.propNames[name]
	if !ok {
		return plan.Prop{}, false
	}
	return p.root.props[i], true
}

// PropNames lists the properties.
func (p *population) PropNames() []string { return p.root.propList }

// Account is the population of accounts and the account of each contact; nil, nil for accounts.
func (p *population) Account() (plan.Population, *index.Column[uint32]) {
	if p.name != p.root.contacts.name {
		return nil, nil
	}
	return &p.root.accounts, p.join
}

// Segment finds a saved segment; accounts have none.
func (p *population) Segment(id string) (plan.Segment, bool) {
	i, ok := p.root.segNames[id]
	if !ok || p.name != p.root.contacts.name {
		return plan.Segment{}, false
	}
	return p.root.segments[i].Segment, true
}

// SegmentIDs lists the segments.
func (p *population) SegmentIDs() []string {
	if p.name != p.root.contacts.name {
		return nil
	}
	ids := make([]string, len(p.root.segments))
	for i := range ids {
		ids[i] = p.root.segments[i].id
	}
	return ids
}

// Ordinal finds who an id in text form means.
func (p *population) Ordinal(id string) (uint32, bool) {
	digits := strings.ReplaceAll(id, "-", "")
	var raw command.ID
	if len(digits) != 2*len(raw) {
		return 0, false
	}
	if _, err := hex.Decode(raw[:], []byte(digits)); err != nil {
		return 0, false
	}
	return p.byOneID(raw)
}

// Zone is the tenant's time zone.
func (p *population) Zone() *time.Location { return p.root.tenant.zone }

// Version changes whenever a name, a kind or a definition does.
func (p *population) Version() uint64 { return p.root.version }

// resolve follows merges. Chains are finite: a survivor has the smaller ordinal.
func (p *population) resolve(ord uint32) uint32 {
	for {
		to, ok := p.merged.Get(ord)
		if !ok {
			return ord
		}
		ord = to
	}
}

func (p *population) byOneID(id command.ID) (uint32, bool) { return p.lookup(p.byID, index.Key(id)) }

func (p *population) holder(k command.Key) (uint32, bool) { return p.lookup(p.byKey, index.Key(k)) }

// lookup finds who a key means. Whom a newer root brought this one does not know.
func (p *population) lookup(t *index.Table, k index.Key) (uint32, bool) {
	ord, ok := t.Get(k)
	if !ok || ord >= p.ids.n {
		return 0, false
	}
	return p.resolve(ord), true
}
