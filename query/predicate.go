package query

import (
	"slices"
	"strconv"
	"strings"
)

// operators is indexed by Op.
var operators = [...]string{"=", "!=", "<", "<=", ">", ">="}

// String returns the operator as the text form writes it.
func (o Op) String() string {
	if int(o) < len(operators) {
		return operators[o]
	}
	return "op" + strconv.Itoa(int(o))
}

// mirrored returns the operator with its sides exchanged.
func (o Op) mirrored() Op {
	switch o {
	case Less:
		return Greater
	case LessEqual:
		return GreaterEqual
	case Greater:
		return Less
	case GreaterEqual:
		return LessEqual
	}
	return o
}

// predicate reads what is neither joined nor negated.
func (p *parser) predicate() Expr {
	first := p.token
	switch first.kind {
	case endToken, operatorToken, markToken:
		p.failExpected("a condition", "")
	}
	p.advance()
	switch word := first.keyword(); word {
	case "":
		if first.named() {
			return p.namePredicate(first)
		}
		p.failReversed(first)
	case "true", "false":
		if p.token.kind == operatorToken {
			p.failReversed(first)
		}
		p.failReserved(first)
	case "account":
		if p.token.is(".") {
			return p.accountPredicate(first)
		}
		p.failReserved(first)
	case "id":
		if p.where || !p.idFollows() {
			p.failReserved(first)
		}
		return p.ids(first)
	case "did", "segment", "count", "sum", "avg", "min", "max", "rate", "distinct_days":
		if !p.token.is("(") {
			p.failReserved(first)
		}
		if p.where {
			fail(CodeSyntax, first.at, "", "inside where only properties of the event can be compared")
		}
		return p.call(first, word)
	case "last", "days", "calendar", "null":
		p.failReserved(first)
	}
	p.token = first // a word that needs something on its left
	p.failExpected("a condition", "")
	return nil
}

// failReserved refuses a word of the language that stands where a name could.
func (p *parser) failReserved(word token) {
	fail(CodeSyntax, word.at, "`"+word.text+"`", strings.ToUpper(word.keyword())+" is a word of the language; a name like it stands in backticks")
}

// failReversed refuses a value where a condition begins, such as 5 < count(…).
func (p *parser) failReversed(value token) {
	if p.token.kind != operatorToken {
		p.token = value
		p.failExpected("a condition", "")
	}
	op := p.token.op
	p.advance()
	suggestion := ""
	if value.kind == numberToken && p.token.kind == wordToken {
		left := p.token.text
		if _, isFunction := functions[p.token.keyword()]; isFunction {
			left += "(…)"
		}
		suggestion = left + " " + op.mirrored().String() + " " + value.text
	}
	fail(CodeSyntax, value.at, suggestion, "a comparison begins with the name, the value stands on its right")
}

// name takes a token as a name, or as one of the account's names, and checks it.
func name(t token) Name {
	if fault, _ := nameFault(t.text); fault != "" {
		fail(CodeSyntax, t.at, "", fault)
	}
	return Name{Text: t.text}
}

// namePredicate reads what follows a name.
func (p *parser) namePredicate(first token) Expr {
	if first.kind == wordToken && p.token.is("(") {
		words := []string{"did", "segment"}
		words = append(words, functionNames[:]...)
		fail(CodeSyntax, first.at, Nearest(first.text, words), "there is no such function")
	}
	if p.token.is(".") {
		p.failDotted(first)
	}
	n := name(first)
	if !p.where && accountPrefix(n.Text) {
		fail(CodeSyntax, first.at, "account."+quoteName(n.Text[len("account."):]), `a name cannot begin with "account."`)
	}
	return p.comparison(first.at, n)
}

// failDotted refuses call.outbound.ended where a name is expected; the token is the first dot.
func (p *parser) failDotted(first token) {
	parts := []string{first.text}
	for p.accept(".") && (p.token.kind == wordToken || p.token.kind == quotedToken || p.token.is("*")) {
		parts = append(parts, p.token.text)
		p.advance()
	}
	path := strings.Join(parts, ".")
	if !p.where && parts[0] != "contact" {
		fail(CodeSyntax, first.at, "did("+quoteType(path)+")", "an event type stands inside did(…), count(…) and the like")
	}
	suggestion := quoteName(path)
	if len(parts) == 2 && slices.Contains([]string{"contact", "event", "payload", "properties"}, parts[0]) {
		suggestion = quoteName(parts[1])
	}
	fail(CodeSyntax, first.at, suggestion, "a name has no dots; with dots in it, it stands in backticks")
}

// accountPredicate reads account.name and what follows it.
func (p *parser) accountPredicate(account token) Expr {
	if p.where {
		fail(CodeSyntax, account.at, "", "inside where only properties of the event can be compared")
	}
	p.advance()
	named := p.token
	if named.kind == wordToken && named.keyword() != "" {
		p.failReserved(named)
	}
	if !named.named() {
		p.failExpected("a name of the account", "")
	}
	p.advance()
	if p.token.is(".") {
		fail(CodeSyntax, p.token.at, "", "a name has no dots; with dots in it, it stands in backticks")
	}
	n := name(named)
	if accountPrefix(n.Text) {
		fail(CodeSyntax, named.at, "", `a name cannot begin with "account."`)
	}
	n.Account = true
	return p.comparison(account.at, n)
}

// comparison reads what a name is compared with. A name alone is a tag that is set.
func (p *parser) comparison(start int, n Name) Expr {
	at := At(start)
	if p.token.kind == operatorToken {
		op := p.token.op
		p.advance()
		if p.token.keyword() == "null" {
			suggestion := n.print() + " IS NULL"
			if op == NotEqual {
				suggestion = n.print() + " IS NOT NULL"
			}
			fail(CodeSyntax, start, suggestion, "NULL is tested with IS NULL; a comparison with it is never true")
		}
		return &Compare{At: at, Name: n, Op: op, Value: p.literal()}
	}
	switch p.token.keyword() {
	case "between":
		p.advance()
		low := p.literal()
		p.expectWord("and")
		return &Between{At: at, Name: n, Low: low, High: p.literal()}
	case "in":
		p.advance()
		return &In{At: at, Name: n, Values: p.values()}
	case "like":
		p.advance()
		pattern := p.text("a pattern in quotes, such as '张%'")
		if fault := patternFault(pattern.Text); fault != "" {
			fail(CodeSyntax, int(pattern.At), "", fault)
		}
		return &Like{At: at, Name: n, Pattern: pattern.Text}
	case "is":
		p.advance()
		not := p.acceptWord("not")
		p.expectWord("null")
		return &IsNull{At: at, Name: n, Not: not}
	case "not":
		p.failPostfixNot(start, n.print())
	}
	return &Has{At: at, Name: n}
}

// failPostfixNot refuses x NOT IN and its like; the token is NOT. The values are left out of the suggestion.
func (p *parser) failPostfixNot(start int, left string) {
	not := p.token
	p.advance()
	rest := map[string]string{"in": "IN (…)", "between": "BETWEEN … AND …", "like": "LIKE '…'"}[p.token.keyword()]
	if rest == "" {
		p.token = not
		p.failInfix("AND or OR")
	}
	fail(CodeSyntax, start, "NOT ("+left+" "+rest+")", "NOT stands before the condition")
}

func (p *parser) expectWord(word string) {
	if !p.acceptWord(word) {
		p.failExpected(strings.ToUpper(word), "")
	}
}

// literal reads a text, a number, TRUE or FALSE.
func (p *parser) literal() Literal {
	t := p.token
	switch {
	case t.kind == textToken:
		p.advance()
		return Literal{At: At(t.at), Kind: Text, Text: t.text}
	case t.kind == numberToken:
		return p.number()
	case t.keyword() == "true" || t.keyword() == "false":
		p.advance()
		return Literal{At: At(t.at), Kind: Bool, Text: t.keyword()}
	case t.kind == unitToken || t.kind == wordToken && chineseNumber(t.text) != "":
		p.failUnit()
	case t.named():
		p.failExpected("a value; a text stands in quotes", quoteText(t.text))
	}
	p.failExpected("a value", "")
	return Literal{}
}

// failUnit refuses digits with letters where a value stands.
func (p *parser) failUnit() {
	t := p.token
	if expanded := expand(t.text); expanded != "" {
		fail(CodeSyntax, t.at, expanded, "a number is written without an exponent")
	}
	if number := chineseNumber(t.text); number != "" {
		fail(CodeSyntax, t.at, number, "a number is written in digits")
	}
	fail(CodeSyntax, t.at, quoteText(t.text), "digits with letters are no number; a text stands in quotes")
}

// number reads a number.
func (p *parser) number() Literal {
	t := p.token
	switch {
	case t.kind == unitToken || t.kind == wordToken && chineseNumber(t.text) != "":
		p.failUnit()
	case t.kind != numberToken:
		p.failExpected("a number", "")
	}
	if fault, suggestion := numberFault(t.text); fault != "" {
		fail(CodeSyntax, t.at, suggestion, fault)
	}
	p.advance()
	return Literal{At: At(t.at), Kind: Number, Text: t.text}
}

// text reads a text.
func (p *parser) text(expected string) Literal {
	t := p.token
	if t.kind != textToken {
		suggestion := ""
		if t.named() {
			suggestion = quoteText(t.text)
		}
		p.failExpected(expected, suggestion)
	}
	p.advance()
	return Literal{At: At(t.at), Kind: Text, Text: t.text}
}

// values reads the list of IN.
func (p *parser) values() []Literal {
	if !p.accept("(") {
		p.failExpected(`"(" and the values`, "")
	}
	values := []Literal{p.literal()}
	for p.accept(",") {
		values = append(values, p.literal())
	}
	if !p.accept(")") {
		p.failExpected(`"," or ")"`, "")
	}
	return values
}

// idFollows tells whether the word id begins id IN (…), or something that was meant so.
func (p *parser) idFollows() bool {
	switch p.token.keyword() {
	case "in", "not":
		return true
	}
	return p.token.kind == operatorToken
}

// ids reads what follows the word id.
func (p *parser) ids(id token) Expr {
	if p.token.kind == operatorToken {
		suggestion := "id IN ('…')"
		if p.token.op == NotEqual {
			suggestion = "NOT (id IN ('…'))"
		}
		fail(CodeSyntax, id.at, suggestion, "ids are compared with IN")
	}
	if p.token.keyword() == "not" {
		p.failPostfixNot(id.at, "id")
	}
	p.advance()
	literals := p.values()
	if len(literals) > MaxIDs {
		fail(CodeTooLarge, int(literals[MaxIDs].At), "", "more than "+strconv.Itoa(MaxIDs)+" ids; save them as a static segment")
	}
	values := make([]string, len(literals))
	for i, l := range literals {
		if l.Kind != Text {
			fail(CodeSyntax, int(l.At), quoteText(l.Text), "an id is a text in quotes")
		}
		if fault := idFault(l.Text); fault != "" {
			fail(CodeSyntax, int(l.At), "", fault)
		}
		values[i] = l.Text
	}
	return &IDs{At: At(id.at), Values: values}
}
