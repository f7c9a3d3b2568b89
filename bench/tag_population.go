package bench

import (
	"time"

	"rollcall/index"
	"rollcall/query/plan"
)

// The methods below make tagPopulation a plan.Population that has tags and nothing else.

func (p *tagPopulation) Name() string                  { return "contact" }
func (p *tagPopulation) Len() uint32                   { return p.contacts }
func (p *tagPopulation) Live() *index.Set              { return p.live }
func (p *tagPopulation) Names() []string               { return p.names }
func (p *tagPopulation) Events() *index.Events         { return new(index.Events) }
func (p *tagPopulation) EventTypes() []string          { return nil }
func (p *tagPopulation) PropNames() []string           { return nil }
func (p *tagPopulation) SegmentIDs() []string          { return nil }
func (p *tagPopulation) Zone() *time.Location          { return time.UTC }
func (p *tagPopulation) Version() uint64               { return 1 }
func (p *tagPopulation) Ordinal(string) (uint32, bool) { return 0, false }

func (p *tagPopulation) Tag(name string) (plan.Tag, bool) {
	set, ok := p.sets[name]
	return plan.Tag{Set: set}, ok
}

func (p *tagPopulation) Attribute(string) (plan.Attribute, bool)           { return plan.Attribute{}, false }
func (p *tagPopulation) Prop(string) (plan.Prop, bool)                     { return plan.Prop{}, false }
func (p *tagPopulation) Segment(string) (plan.Segment, bool)               { return plan.Segment{}, false }
func (p *tagPopulation) Account() (plan.Population, *index.Column[uint32]) { return nil, nil }
