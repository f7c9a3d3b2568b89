package query

import (
	"strings"
)

// call reads what follows did, segment or an aggregate; the token is "(".
func (p *parser) call(first token, word string) Expr {
	at := At(first.at)
	p.advance()
	switch word {
	case "segment":
		id := p.text("a segment's id in quotes")
		if fault := idFault(id.Text); fault != "" {
			fail(CodeSyntax, int(id.At), "", fault)
		}
		if !p.accept(")") {
			p.failExpected(`")"`, "")
		}
		return &Segment{At: at, ID: id.Text}
	case "did":
		events, _ := p.events(first, false)
		if p.token.kind == operatorToken || p.token.keyword() == "between" {
			fail(CodeSyntax, first.at, "count", "did(…) holds or does not; count(…) gives a number to compare")
		}
		return &Did{At: at, Events: events}
	}
	a := &Aggregate{At: at, Func: functions[word]}
	a.Events, a.Prop = p.events(first, a.Func.takesProp())
	if a.Func == Rate && a.Events.Where == nil {
		fail(CodeSyntax, first.at, "", "rate needs a where: the share of which events")
	}
	p.threshold(a, word)
	return a
}

// threshold reads what an aggregate is compared with.
func (p *parser) threshold(a *Aggregate, word string) {
	switch {
	case p.token.kind == operatorToken:
		a.Op = p.token.op
		p.advance()
		a.Value = p.number()
	case p.acceptWord("between"):
		a.Value = p.number()
		p.expectWord("and")
		high := p.number()
		a.High = &high
	case p.token.keyword() == "not":
		p.failPostfixNot(a.Pos(), word+"(…)")
	default:
		p.failExpected("a comparison of "+word+"(…) with a number", "")
	}
}

// events reads an event type, its where and its window up to the closing parenthesis. With prop, the last part of the
// dotted path is the property.
func (p *parser) events(function token, prop bool) (Events, string) {
	ev := Events{At: At(p.token.at)}
	parts := p.path()
	property := ""
	if prop {
		last := parts[len(parts)-1]
		switch {
		case len(parts) == 1 && !last.is("*"):
			fail(CodeSyntax, last.at, "*."+quoteName(last.text), keyword(function.text)+" needs an event type and its property, as in call.*.talk_seconds")
		case last.is("*"):
			fail(CodeSyntax, last.at, "", keyword(function.text)+" needs a property behind the event type, as in call.*.talk_seconds")
		}
		property = name(last).Text
		parts = parts[:len(parts)-1]
	}
	ev.Type = eventType(parts)
	if at := p.token.at; p.acceptWord("where") {
		p.enter(at)
		p.where = true
		ev.Where = p.expression(0)
		p.where = false
		p.depth--
	}
	if p.accept(",") {
		ev.Window = p.window()
		if p.token.keyword() == "where" {
			fail(CodeSyntax, p.token.at, "", "where stands before the window")
		}
		if !p.accept(")") {
			p.failExpected(`")"`, "")
		}
		return ev, property
	}
	if p.accept(")") {
		return ev, property
	}
	if ev.Where != nil {
		p.failInfix(`AND, OR, "," and a window, or ")"`)
	}
	suggestion := ""
	switch {
	case p.token.named():
		suggestion = "where"
	case p.token.kind == unitToken || p.token.kind == numberToken || p.token.kind == textToken || p.token.keyword() == "last":
		suggestion = ","
	}
	p.failExpected(`where, "," and a window, or ")"`, suggestion)
	return ev, property
}

// path reads parts joined by dots.
func (p *parser) path() []token {
	var parts []token
	for {
		t := p.token
		switch {
		case t.is("*"), t.kind == quotedToken, t.kind == wordToken:
			p.advance()
		case t.kind == numberToken || t.kind == unitToken:
			fail(CodeSyntax, t.at, "`"+strings.TrimPrefix(t.text, "-")+"`", "a part of an event type that begins with a digit stands in backticks")
		case t.kind == textToken:
			fail(CodeSyntax, t.at, "", "an event type stands without quotes, as in call.outbound.ended")
		default:
			p.failExpected("an event type", "")
		}
		parts = append(parts, t)
		if !p.token.is(".") {
			break
		}
		p.advance()
	}
	if only := parts[0]; len(parts) == 1 && only.keyword() != "" {
		if only.keyword() == "where" || only.keyword() == "last" {
			p.token = only
			p.failExpected("an event type", "")
		}
		p.failReserved(only)
	}
	return parts
}

// eventType joins the parts of a type and checks it.
func eventType(parts []token) string {
	texts := make([]string, len(parts))
	for i, t := range parts {
		if t.kind == quotedToken && strings.Contains(t.text, "*") {
			fail(CodeSyntax, t.at, "", "an event type cannot contain *")
		}
		texts[i] = t.text
	}
	typ := strings.Join(texts, ".")
	if fault := typeFault(typ); fault != "" {
		fail(CodeSyntax, parts[0].at, "", fault)
	}
	return typ
}
