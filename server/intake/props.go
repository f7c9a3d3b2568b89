package intake

import (
	"slices"
	"strings"

	"rollcall/client/wire"
	"rollcall/engine/command"
	"rollcall/engine/schema"
)

// propRule is what becomes of a payload property besides being kept, sealed, with the event.
type propRule struct {
	plain     bool // a text that is no personal data
	unindexed bool
	kind      command.ValueKind // what a call's properties are, however the vendor writes them; Null: as sent
}

var propRules = func() map[string]propRule {
	rules := make(map[string]propRule)
	for _, name := range schema.PlainProps {
		rules[name] = propRule{plain: true}
	}
	for _, name := range schema.UnindexedProps {
		rules[name] = propRule{unindexed: true}
	}
	for _, name := range []string{"agent_id", "campaign_id"} {
		rules[name] = propRule{plain: true, kind: command.Text}
	}
	for _, name := range []string{"ring_seconds", "talk_seconds", "wait_seconds"} {
		rules[name] = propRule{kind: command.Float}
	}
	rules["answered"] = propRule{plain: true, kind: command.Bool}
	return rules
}()

// props takes the scalars at the top of a payload that expressions can use. A value that cannot be used is left to the
// sealed payload: an odd one is no reason to lose a call. A name that no expression could write is an error.
func (it *item) props(payload wire.Object) (out []command.Value, err *Error) {
	payload.Members(func(name string, v wire.Value) bool {
		rule, known := propRules[name]
		if !known {
			if err = checkName(name); err != nil {
				err = err.within("payload")
				return false
			}
		}
		if rule.unindexed || v.Kind == wire.NullValue || v.Kind == wire.NestedValue {
			return true
		}
		value, usable := it.prop(name, rule, v)
		if !usable {
			return true
		}
		if len(out) == MaxIndexedProps {
			err = &Error{Code: codeTooMany, Detail: "more than 256 properties that expressions could use: nest the rest", Field: "payload"}
			return false
		}
		if out == nil {
			out = make([]command.Value, 0, 8)
		}
		value.Name = name
		out = append(out, value)
		return true
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// setProp gives an event a plain property, in place of one that its payload has.
func setProp(props []command.Value, name, text string) []command.Value {
	value := command.Value{Name: name, Kind: command.Text, Text: text}
	if i := slices.IndexFunc(props, func(v command.Value) bool { return v.Name == name }); i >= 0 {
		props[i] = value
		return props
	}
	return append(props, value)
}

func (it *item) prop(name string, rule propRule, v wire.Value) (value command.Value, usable bool) {
	if digits, mobile := mobileNumber(v); mobile && phoneProp(name) {
		v = wire.Value{Kind: wire.TextValue, Text: digits}
	}
	if rule.kind != command.Null {
		if value, err := it.tenant.convert(rule.kind, v); err == nil {
			return value, value.Kind != command.Text || value.Text != "" && len(value.Text) <= MaxIndexedText
		}
	}
	kind := kindOf(v)
	if v.Kind == wire.TextValue {
		if v.Text == "" || len(v.Text) > MaxIndexedText || strings.IndexByte(v.Text, 0) >= 0 {
			return value, false
		}
		if rule.plain {
			kind = command.Text
		}
	}
	if v.Kind == wire.FloatValue {
		return command.Value{Kind: command.Float, Float: v.Float + 0}, true // whole numbers beyond 64 bits too: the digits are sealed
	}
	value, err := it.tenant.convert(kind, v)
	return value, err == nil
}
