package intake

import (
	"math"
	"strconv"
	"strings"

	"rollcall/client/wire"
	"rollcall/engine/command"
	"rollcall/engine/schema"
)

// attributeRule is how an attribute becomes a value.
type attributeRule struct {
	kind     command.ValueKind
	computed bool
}

// canonical holds the rules of the canonical attributes per entity.
var canonical = func() map[string]map[string]attributeRule {
	rules := map[string]map[string]attributeRule{entityContact: {}, entityAccount: {}, entityOpportunity: {}}
	add := func(entity string, attributes []schema.Attribute, computed bool) {
		for _, a := range attributes {
			rule := attributeRule{computed: computed}
			switch a.Kind {
			case schema.Int:
				rule.kind = command.Int
			case schema.Float:
				rule.kind = command.Float
			case schema.Bool:
				rule.kind = command.Bool
			case schema.Time:
				rule.kind = command.Time
			default:
				rule.kind = command.Text
				if a.Personal {
					rule.kind = command.Token
				}
			}
			rules[entity][a.Name] = rule
		}
	}
	add(entityContact, schema.ContactAttributes, false)
	add(entityContact, schema.ComputedAttributes, true)
	add(entityAccount, schema.AccountAttributes, false)
	add(entityOpportunity, schema.ContactAttributes, false)
	add(entityOpportunity, schema.AccountAttributes, false)
	add(entityOpportunity, schema.OpportunityAttributes, false) // after the others, whose names may mean less to hide
	return rules
}()

// attribute turns one attribute into a value; kept is false for one without a value (null, the empty text): it says
// nothing, and never erases.
func (t *Tenant) attribute(entity, name string, v wire.Value) (value command.Value, kept bool, err *Error) {
	rule, known := canonical[entity][name]
	if !known {
		if err := checkName(name); err != nil {
			return value, false, err
		}
	}
	if v.Kind == wire.NullValue || v.Kind == wire.TextValue && strings.TrimSpace(v.Text) == "" {
		return value, false, nil
	}
	if v.Kind == wire.NestedValue {
		return value, false, &Error{Code: codeNested, Detail: "is an array or object: attributes are texts, numbers, bools and times", Field: name}
	}
	if rule.computed {
		return value, false, &Error{Code: codeComputed, Detail: "follows from events and records and cannot be set", Field: name}
	}
	if known {
		value, err = t.convert(rule.kind, v)
	} else {
		value, err = t.own(entity, name, v)
	}
	if err != nil {
		return value, false, err.within(name)
	}
	value.Name = name
	return value, true, nil
}

// own reads the value of an attribute that is the tenant's own: as the kind that it has there, or, if it does not fit,
// as its own, and Apply refuses it. Whether an item is rejected here follows from the request alone, never from the
// state: a batch that is repeated under its Idempotency-Key has to make the same commands of the same items, or the
// stored results would be told of other items. A number that may be somebody's is kept as a sealed text, unless the
// attribute is known to hold numbers.
func (t *Tenant) own(entity, name string, v wire.Value) (command.Value, *Error) {
	value, err := t.convert(kindOf(v), v)
	if digits, personal := personalNumber(v); personal {
		value, err = t.convert(command.Token, wire.Value{Kind: wire.TextValue, Text: digits})
	}
	if err != nil || t.KindOf == nil {
		return value, err
	}
	kind, declared := t.KindOf(entity, name)
	if !declared || kind == value.Kind {
		return value, nil
	}
	if fitting, misfit := t.convert(kind, v); misfit == nil {
		return fitting, nil
	}
	return value, nil
}

// kindOf is the kind that a value has by itself. A text is personal until it is classified.
func kindOf(v wire.Value) command.ValueKind {
	switch v.Kind {
	case wire.IntValue:
		return command.Int
	case wire.FloatValue:
		return command.Float
	case wire.BoolValue:
		return command.Bool
	}
	return command.Token
}

// convert brings a scalar to a kind. Vendors send numbers as texts and the other way round: both are read.
func (t *Tenant) convert(kind command.ValueKind, v wire.Value) (command.Value, *Error) {
	out := command.Value{Kind: kind}
	text := strings.TrimSpace(v.Text)
	mismatch := func(want string) (command.Value, *Error) {
		return command.Value{}, &Error{Code: codeTypeMismatch, Detail: "is no " + want}
	}
	switch kind {
	case command.Text, command.Token:
		if strings.IndexByte(text, 0) >= 0 {
			return command.Value{}, &Error{Code: codeInvalidText, Detail: "holds a NUL"}
		}
		if kind == command.Token {
			text = t.Keys.Token(text)
		}
		out.Text = text
	case command.Int:
		if v.Kind == wire.FloatValue && v.Float == math.Trunc(v.Float) && math.Abs(v.Float) < 1<<53 {
			out.Int = int64(v.Float)
			break
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			if v.Kind == wire.FloatValue && strings.ContainsAny(text, ".eE") {
				return t.convert(command.Float, v) // the column widens
			}
			return mismatch("whole number of 64 bits")
		}
		out.Int = n
	case command.Float:
		f, err := strconv.ParseFloat(text, 64)
		if v.Kind == wire.BoolValue || err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
			return mismatch("number")
		}
		if v.Kind == wire.FloatValue && !strings.ContainsAny(text, ".eE") {
			return command.Value{}, &Error{Code: codeNumberRange, Detail: "is a whole number beyond 64 bits: send it as a text to keep its digits"}
		}
		out.Float = f + 0 // -0 becomes 0
	case command.Bool:
		switch {
		case v.Kind == wire.BoolValue, v.Kind == wire.IntValue && (v.Int == 0 || v.Int == 1):
			out.Int = v.Int
		case v.Kind == wire.TextValue && (strings.EqualFold(text, "true") || text == "1"):
			out.Int = 1
		case v.Kind == wire.TextValue && (strings.EqualFold(text, "false") || text == "0"):
		default:
			return mismatch("bool")
		}
	case command.Time:
		if v.Kind != wire.TextValue {
			return mismatch("time: write it as 2024-10-29T10:30:00+08:00 or 2024-10-29")
		}
		ms, _, err := parseTime("", text, t.Zone)
		if err != nil {
			return command.Value{}, err
		}
		out.Int = ms
	default:
		return mismatch("value of a kind that this build knows")
	}
	return out, nil
}
