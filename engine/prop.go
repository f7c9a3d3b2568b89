package engine

import (
	"strings"

	"rollcall/engine/command"
	"rollcall/index"
	"rollcall/query/plan"
)

// prop is a property of events: which kinds of value have come, and its texts.
type prop struct {
	name             string
	dict             *index.Dictionary
	num, text, truth bool
	sealed           bool
}

// props is the properties of a tenant's events, numbered (index.Prop.Name) in order of first sight.
type props struct {
	list    []*prop
	byName  map[string]uint32
	names   map[string]uint32 // published: replaced, never changed
	views   []plan.Prop       // published: replaced, never changed
	changed bool              // names or kinds, since they were published
	touched bool              // texts, since they were published
	scratch []index.Prop
}

func newProps() props { return props{byName: map[string]uint32{}, names: map[string]uint32{}} }

func (p *props) add(name string, sealed bool) uint32 {
	name = strings.Clone(name)
	i := uint32(len(p.list))
	p.list = append(p.list, &prop{name: name, dict: index.NewDictionary(), sealed: sealed})
	p.byName[name] = i
	p.changed = true
	return i
}

// check finds what is wrong with the properties of an event before anything is changed.
func (p *props) check(values []command.Value) *refusal {
	fresh := 0
	for i := range values {
		v := &values[i]
		if _, ok := p.byName[v.Name]; ok || v.Kind == command.Null {
			continue
		}
		if v.Name == "" || len(v.Name) > maxName {
			return refuse("bad_name", v.Name, "a property's name has 1 to %d bytes", maxName)
		}
		if fresh++; len(p.list)+fresh > maxProps {
			return refuse("too_many_properties", v.Name, "there are %d properties already, no more can be added", len(p.list))
		}
	}
	return nil
}

// take turns checked values into properties of an event. The slice is good until the next call.
func (p *props) take(values []command.Value) []index.Prop {
	p.scratch = p.scratch[:0]
	for i := range values {
		v := &values[i]
		if v.Kind == command.Null {
			continue
		}
		number, ok := p.byName[v.Name]
		if !ok {
			number = p.add(v.Name, v.Kind == command.Token)
		}
		pr := p.list[number]
		out := index.Prop{Name: number}
		var seen *bool
		switch v.Kind {
		case command.Text, command.Token:
			out.Kind, out.Code, seen = index.Code, pr.dict.Add(v.Text), &pr.text
			p.touched = true
			if v.Kind == command.Token && !pr.sealed {
				pr.sealed, p.changed = true, true
			}
		case command.Bool:
			out.Kind, out.Bool, seen = index.Bool, v.Int != 0, &pr.truth
		case command.Float:
			out.Kind, out.Num, seen = index.Num, v.Float, &pr.num
		default:
			out.Kind, out.Num, seen = index.Num, float64(v.Int), &pr.num
		}
		if !*seen {
			*seen, p.changed = true, true
		}
		p.scratch = append(p.scratch, out)
	}
	return p.scratch
}

// publish returns the properties as they are now.
func (p *props) publish() ([]plan.Prop, map[string]uint32) {
	if p.changed {
		p.names = make(map[string]uint32, len(p.list))
		for i, pr := range p.list {
			p.names[pr.name] = uint32(i)
		}
	}
	if p.changed || p.touched {
		p.views = make([]plan.Prop, len(p.list))
		for i, pr := range p.list {
			p.views[i] = plan.Prop{Code: uint32(i), Num: pr.num, Text: pr.text, Bool: pr.truth, Sealed: pr.sealed, Dict: pr.dict.View()}
		}
		p.changed, p.touched = false, false
	}
	return p.views, p.names
}
