package query

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Parse reads the text form. Every error is an *Error whose Position is a byte offset in text.
func Parse(text string) (e Expr, err error) {
	if fault := inputFault(text); fault != nil {
		return nil, fault
	}
	defer recoverError(&err)
	p := &parser{lexer: lexer{text: text}}
	p.advance()
	if p.token.kind == endToken {
		fail(CodeSyntax, 0, "", "the expression is empty")
	}
	e = p.expression(0)
	p.expectEnd("AND, OR or the end")
	checkSize(e)
	return e, nil
}

// inputFault refuses an input for its length or its encoding, before anything else looks at it.
func inputFault(text string) error {
	if len(text) > MaxBytes {
		return &Error{Code: CodeTooLarge, Message: "the expression is longer than " + strconv.Itoa(MaxBytes) + " bytes", Position: MaxBytes}
	}
	for i, r := range text {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return &Error{Code: CodeSyntax, Message: "the expression is not valid UTF-8", Position: i}
			}
		}
	}
	return nil
}

// recoverError turns what fail panicked with into the returned error.
func recoverError(err *error) {
	switch r := recover().(type) {
	case nil:
	case *Error:
		*err = r
	default:
		panic(r)
	}
}

// checkSize holds a tree to MaxNodes and MaxDepth. The parsers bound how deep it can be before they build it.
func checkSize(root Expr) {
	nodes := 0
	var visit func(e Expr, depth int)
	visit = func(e Expr, depth int) {
		nodes++
		switch e := e.(type) {
		case *In:
			nodes += len(e.Values)
		case *IDs:
			nodes += len(e.Values)
		}
		if nodes > MaxNodes {
			fail(CodeTooLarge, e.Pos(), "", "the expression has more than "+strconv.Itoa(MaxNodes)+" conditions and values")
		}
		if depth > MaxDepth {
			failDepth(e.Pos())
		}
		Walk(e, func(child Expr) bool {
			if child == e {
				return true
			}
			visit(child, depth+1)
			return false
		})
	}
	visit(root, 1)
}

func failDepth(at int) {
	fail(CodeTooLarge, at, "", "the expression is nested deeper than "+strconv.Itoa(MaxDepth))
}

// parser reads an expression by precedence climbing, one token ahead.
type parser struct {
	lexer lexer
	token token
	depth int  // of "(", NOT and where around the token
	where bool // inside the where of an event predicate
}

func (p *parser) advance() { p.token = p.lexer.next() }

// accept steps over a mark if it is next.
func (p *parser) accept(mark string) bool {
	if !p.token.is(mark) {
		return false
	}
	p.advance()
	return true
}

// acceptWord steps over a word of the language if it is next.
func (p *parser) acceptWord(word string) bool {
	if p.token.keyword() != word {
		return false
	}
	p.advance()
	return true
}

func (p *parser) enter(at int) {
	p.depth++
	if p.depth > MaxDepth {
		failDepth(at)
	}
}

// The binding powers of the infix words.
const (
	orPower  = 1
	andPower = 2
)

// infix returns the binding power of the token, 0 when it joins nothing.
func (p *parser) infix() int {
	switch p.token.keyword() {
	case "or":
		return orPower
	case "and":
		return andPower
	}
	return 0
}

// expression reads operands joined by words that bind tighter than power.
func (p *parser) expression(power int) Expr {
	at := p.token.at
	left := p.operand()
	for p.infix() > power {
		joined := p.infix()
		terms := appendTerms(nil, joined, left)
		for p.infix() == joined {
			p.advance()
			terms = appendTerms(terms, joined, p.expression(joined))
		}
		left = join(joined, At(at), terms)
	}
	return left
}

// appendTerms appends e, or the terms of e when it is joined by the same word.
func appendTerms(terms []Expr, power int, e Expr) []Expr {
	switch e := e.(type) {
	case *And:
		if power == andPower {
			return append(terms, e.Terms...)
		}
	case *Or:
		if power == orPower {
			return append(terms, e.Terms...)
		}
	}
	return append(terms, e)
}

func join(power int, at At, terms []Expr) Expr {
	if power == andPower {
		return &And{At: at, Terms: terms}
	}
	return &Or{At: at, Terms: terms}
}

// operand reads NOT and its operand, an expression in parentheses, or a predicate.
func (p *parser) operand() Expr {
	at := p.token.at
	switch {
	case p.acceptWord("not"):
		p.enter(at)
		x := p.operand()
		p.depth--
		return &Not{At: At(at), X: x}
	case p.accept("("):
		p.enter(at)
		x := p.expression(0)
		if !p.accept(")") {
			p.failInfix(`AND, OR or ")"`)
		}
		p.depth--
		return x
	}
	return p.predicate()
}

// expectEnd refuses a token behind what was read whole.
func (p *parser) expectEnd(expected string) {
	if p.token.kind != endToken {
		p.failInfix(expected)
	}
}

// failInfix refuses a token where two operands could be joined, with the word that was probably meant.
func (p *parser) failInfix(expected string) {
	suggestion := ""
	if p.token.kind == wordToken {
		switch p.token.text {
		case "且", "并且", "而且", "和", "与", "及":
			suggestion = "AND"
		case "或", "或者":
			suggestion = "OR"
		default:
			suggestion = strings.ToUpper(Nearest(p.token.text, []string{"and", "or"}))
		}
	}
	if p.token.is(",") {
		p.failExpected(expected, "AND")
	}
	p.failExpected(expected, suggestion)
}

// failExpected refuses the token. It names words and marks, but no name, text or number: those may be personal, and
// the position shows them.
func (p *parser) failExpected(expected, suggestion string) {
	fail(CodeSyntax, p.token.at, suggestion, "expected "+expected+", found "+p.found())
}

func (p *parser) found() string {
	switch p.token.kind {
	case endToken:
		return "the end"
	case wordToken:
		if word := p.token.keyword(); word != "" {
			return strings.ToUpper(word)
		}
		return "a name"
	case quotedToken:
		return "a name"
	case textToken:
		return "a text"
	case operatorToken:
		return p.token.op.String()
	case markToken:
		return `"` + p.token.text + `"`
	}
	return "a number"
}
