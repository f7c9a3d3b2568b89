// Package oneid decides who a source record or an event belongs to, by exact identifiers.
//
// It is a pure function of the item's identifiers and of who has them. Strong identifiers decide, in the order of
// engine/schema: everybody whom one of them hits is the same person. A weak identifier (a landline, a cookie) only
// associates: it is looked at when no strong one hits, it never makes two people one, and it does not bring somebody
// with a name of their own under a person who is known by other means.
package oneid

import (
	"slices"

	"rollcall/engine/command"
	"rollcall/engine/schema"
)

// MatchedBy of an item that no identifier brought to its person.
const (
	ByRecord = "record" // the same source record came before
	ByNew    = "new"    // nobody has any of the identifiers
)

// Directory tells what is known of people (or of accounts).
type Directory interface {
	// Holder returns who has an identifier now, through merges.
	Holder(k command.Key) (ord uint32, ok bool)
	// Known reports whether somebody is known by more than weak identifiers.
	Known(ord uint32) bool
}

// Item is what is to be brought to a person. Owner is who has the same source record already, if Seen. Loose items
// (events, and records that name an account) go with a weak identifier alone to whoever has it; others, which speak
// for a person of their own, only to somebody who is not known yet.
type Item struct {
	Identifiers []command.Identifier
	Owner       uint32
	Seen        bool
	Loose       bool
}

// Match is who an item belongs to. Ords are the people found, ascending and each once: none for somebody new, several
// if the item shows that they are one, of whom the first survives.
type Match struct {
	Ords       []uint32
	By         string
	Confidence float64
}

// rule is what engine/schema says of an identifier type.
var rules = func() map[string]*schema.Identifier {
	m := make(map[string]*schema.Identifier, len(schema.Identifiers))
	for i := range schema.Identifiers {
		m[schema.Identifiers[i].Name] = &schema.Identifiers[i]
	}
	return m
}()

// Rule returns what engine/schema says of an identifier type; ok is false for a type that it does not have.
func Rule(typ string) (rule *schema.Identifier, ok bool) {
	rule, ok = rules[typ]
	return rule, ok
}

// Resolve decides who the item belongs to. It appends to ords[:0], which may be nil. Identifiers of unknown types are
// passed over.
func Resolve(item Item, d Directory, ords []uint32) Match {
	m := Match{Ords: ords[:0], By: ByNew, Confidence: 1}
	var best *schema.Identifier
	strong := false
	for i := range item.Identifiers {
		id := &item.Identifiers[i]
		rule, ok := rules[id.Type]
		if !ok || rule.Weak {
			continue
		}
		strong = true
		ord, ok := d.Holder(id.Key)
		if !ok {
			continue
		}
		m.add(ord)
		if best == nil || rule.Priority < best.Priority {
			best = rule
		}
	}
	if item.Seen {
		m.add(item.Owner)
		m.By = ByRecord
	}
	if len(m.Ords) == 0 {
		best = m.weak(item, strong, d)
	}
	if best != nil {
		m.By, m.Confidence = best.Name, best.Confidence
	}
	slices.Sort(m.Ords)
	return m
}

// weak looks for the first weak identifier, in order of priority, whose holder the item may go to.
func (m *Match) weak(item Item, strong bool, d Directory) (best *schema.Identifier) {
	for i := range item.Identifiers {
		id := &item.Identifiers[i]
		rule, ok := rules[id.Type]
		if !ok || !rule.Weak || best != nil && rule.Priority >= best.Priority {
			continue
		}
		ord, ok := d.Holder(id.Key)
		if !ok || (strong || !item.Loose) && d.Known(ord) {
			continue
		}
		best = rule
		m.Ords = append(m.Ords[:0], ord)
	}
	return best
}

func (m *Match) add(ord uint32) {
	if !slices.Contains(m.Ords, ord) {
		m.Ords = append(m.Ords, ord)
	}
}
