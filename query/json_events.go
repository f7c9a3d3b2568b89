package query

import (
	"slices"
	"strconv"
)

// event builds segments, ids and everything over events; v is the whole node.
func (b *treeBuilder) event(at At, head jsonMember, test *jsonMember, v jsonValue) (e Expr) {
	inner := head.value
	b.in(head.key, func() {
		switch head.key {
		case "segment":
			e = &Segment{At: at, ID: b.id(inner)}
		case "id":
			ids := &IDs{At: at}
			b.each(inner, func(item jsonValue) {
				if len(ids.Values) == MaxIDs {
					b.fail(item, CodeTooLarge, "", "more than "+strconv.Itoa(MaxIDs)+" ids; save them as a static segment")
				}
				ids.Values = append(ids.Values, b.id(item))
			})
			e = ids
		case "did":
			events, _ := b.events(inner, false)
			e = &Did{At: at, Events: events}
		default:
			a := &Aggregate{At: at, Func: functions[head.key]}
			a.Events, a.Prop = b.events(inner, a.Func.takesProp())
			if a.Func == Rate && a.Events.Where == nil {
				b.fail(inner, CodeSyntax, "", "rate needs a where: the share of which events")
			}
			e = a
		}
	})
	if a, ok := e.(*Aggregate); ok {
		b.threshold(a, head, test, v)
	}
	return e
}

// threshold builds what an aggregate is compared with.
func (b *treeBuilder) threshold(a *Aggregate, head jsonMember, test *jsonMember, v jsonValue) {
	if test == nil {
		b.fail(v, CodeSyntax, `"gt": 0`, head.key+` is compared with a number, by "gt" for example`)
	}
	op := slices.Index(jsonOperators, test.key)
	if op < 0 && test.key != "between" {
		b.failKey(*test, head.key+" is compared with a number, by eq, ne, lt, le, gt, ge or between")
	}
	b.in(test.key, func() {
		if op >= 0 {
			a.Op, a.Value = Op(op), b.number(test.value)
			return
		}
		low, high := b.pair(test.value, b.number)
		a.Value, a.High = low, &high
	})
}

// eventKeys are the keys of what selects events.
var eventKeys = []string{"type", "prop", "where", "window"}

// events builds the selection of events, with the property of those aggregates that have one.
func (b *treeBuilder) events(v jsonValue, prop bool) (ev Events, property string) {
	b.expect(v, jsonObject)
	ev.At = At(v.at)
	seen := map[string]bool{}
	for _, m := range v.members {
		if seen[m.key] {
			b.failKey(m, "the key stands twice")
		}
		seen[m.key] = true
		if m.key == "prop" && !prop {
			b.failKey(m, "only sum, avg, min and max have a property")
		}
		known := true
		b.in(m.key, func() {
			switch m.key {
			case "type":
				b.expect(m.value, jsonString)
				b.refuse(m.value, typeFault(m.value.text))
				ev.Type = m.value.text
			case "prop":
				b.expect(m.value, jsonString)
				fault, _ := nameFault(m.value.text)
				b.refuse(m.value, fault)
				property = m.value.text
			case "where":
				b.where = true
				ev.Where = b.expression(m.value)
				b.where = false
			case "window":
				ev.Window = b.window(m.value)
			default:
				known = false
			}
		})
		if !known {
			b.failUnknown(m, eventKeys)
		}
	}
	switch {
	case !seen["type"]:
		b.fail(v, CodeSyntax, `"type": "*"`, "the type of the events is missing")
	case prop && !seen["prop"]:
		b.fail(v, CodeSyntax, "", "the property is missing")
	}
	return ev, property
}

// window builds a window from its text form, the one spelling of it.
func (b *treeBuilder) window(v jsonValue) (w Window) {
	b.expect(v, jsonString)
	var err error
	func() {
		defer recoverError(&err)
		p := &parser{lexer: lexer{text: v.text}}
		p.advance()
		w = p.window()
		p.expectEnd("the end")
	}()
	if fault, ok := err.(*Error); ok {
		b.fail(v, fault.Code, fault.Suggestion, fault.Message)
	}
	w.At = At(v.at)
	return w
}
