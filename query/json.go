package query

import (
	"slices"
	"strconv"
	"strings"
)

// ParseJSON reads the JSON form. Every error is an *Error whose Position is a byte offset in data and whose Message
// begins with the path of the node, as in "/and/1/in/0: …".
func ParseJSON(data []byte) (e Expr, err error) {
	if fault := inputFault(string(data)); fault != nil {
		return nil, fault
	}
	defer recoverError(&err)
	b := &treeBuilder{}
	e = b.expression(readJSON(data))
	checkSize(e)
	return e, nil
}

// treeBuilder turns a JSON value into a tree. It fails as the lexer does.
type treeBuilder struct {
	path    []string
	account bool // inside {"account": …}: names are the account's
	where   bool // inside the where of an event predicate
}

// fail refuses v.
func (b *treeBuilder) fail(v jsonValue, code, suggestion, message string) {
	fail(code, v.at, suggestion, "/"+strings.Join(b.path, "/")+": "+message)
}

// in calls f with one more part of the path.
func (b *treeBuilder) in(part string, f func()) {
	b.path = append(b.path, part)
	f()
	b.path = b.path[:len(b.path)-1]
}

// expect refuses v when it is of another kind.
func (b *treeBuilder) expect(v jsonValue, kind jsonKind) {
	if v.kind != kind {
		b.fail(v, CodeSyntax, "", "expected "+kind.String()+", found "+v.kind.String())
	}
}

// jsonOperators are the keys of comparisons with one value, by Op.
var jsonOperators = []string{"eq", "ne", "lt", "le", "gt", "ge"}

// jsonTests are the keys that compare a name or an aggregate with something.
var jsonTests = slices.Concat(jsonOperators, []string{"in", "between", "like", "is_null"})

// jsonHeads are the keys that say what a node is.
var jsonHeads = []string{
	"and", "or", "not", "tag", "attr", "account", "segment", "id", "did",
	"count", "sum", "avg", "min", "max", "rate", "distinct_days",
}

// expression builds one node.
func (b *treeBuilder) expression(v jsonValue) (e Expr) {
	b.expect(v, jsonObject)
	head, test := b.split(v)
	if test != nil {
		switch head.key {
		case "tag", "attr", "count", "sum", "avg", "min", "max", "rate", "distinct_days":
		default:
			b.failKey(*test, head.key+" is compared with nothing")
		}
	}
	inner := head.value
	at := At(v.at)
	switch key := head.key; key {
	case "and":
		b.in(key, func() { e = b.terms(inner, andPower, at) })
	case "or":
		b.in(key, func() { e = b.terms(inner, orPower, at) })
	case "not":
		b.in(key, func() { e = &Not{At: at, X: b.expression(inner)} })
	case "tag", "attr":
		var n Name
		b.in(key, func() { n = b.name(inner) })
		if test == nil && key == "attr" {
			b.fail(v, CodeSyntax, "", `an attribute needs a test such as "eq"; a tag that is set is written {"tag": …}`)
		}
		e = b.comparison(at, n, test)
	case "account":
		if b.where || b.account {
			b.failKey(*head, "account cannot be used here")
		}
		b.account = true
		b.in(key, func() { e = b.expression(inner) })
		b.account = false
	default:
		if b.where || b.account {
			b.failKey(*head, key+" cannot be used here")
		}
		e = b.event(at, *head, test, v)
	}
	return e
}

// split finds the key that says what the node is, and the test if there is one.
func (b *treeBuilder) split(v jsonValue) (head, test *jsonMember) {
	seen := map[string]bool{}
	for i := range v.members {
		m := &v.members[i]
		if seen[m.key] {
			b.failKey(*m, "the key stands twice")
		}
		seen[m.key] = true
		isTest, isHead := slices.Contains(jsonTests, m.key), slices.Contains(jsonHeads, m.key)
		switch {
		case isTest && test == nil:
			test = m
		case isTest:
			b.failKey(*m, "a node has one test; two of them are joined by and")
		case isHead && head == nil:
			head = m
		case isHead:
			b.failKey(*m, "a node is one thing; two of them are joined by and")
		default:
			b.failUnknown(*m, slices.Concat(jsonHeads, jsonTests))
		}
	}
	if head == nil {
		b.fail(v, CodeSyntax, "", "a node has one of the keys "+strings.Join(jsonHeads, ", "))
	}
	return head, test
}

// failKey refuses a member for its key.
func (b *treeBuilder) failKey(m jsonMember, message string) {
	b.path = append(b.path, m.key)
	fail(CodeSyntax, m.at, "", "/"+strings.Join(b.path, "/")+": "+message)
}

// failUnknown refuses a member whose key has no meaning there.
func (b *treeBuilder) failUnknown(m jsonMember, known []string) {
	key := m.key
	if fault, _ := nameFault(key); fault != "" {
		key = ""
	}
	suggestion := Nearest(key, known)
	if suggestion != "" {
		suggestion = strconv.Quote(suggestion)
	}
	fail(CodeSyntax, m.at, suggestion, "/"+strings.Join(b.path, "/")+": unknown key "+strconv.Quote(key))
}

// terms builds the array of and and or. One term stands for itself.
func (b *treeBuilder) terms(v jsonValue, power int, at At) Expr {
	b.expect(v, jsonArray)
	var terms []Expr
	for i, item := range v.items {
		b.in(strconv.Itoa(i), func() { terms = appendTerms(terms, power, b.expression(item)) })
	}
	switch len(terms) {
	case 0:
		b.fail(v, CodeSyntax, "", "the array is empty")
	case 1:
		return terms[0]
	}
	return join(power, at, terms)
}

// name builds a name. "account.industry" is a name of the account, except in where.
func (b *treeBuilder) name(v jsonValue) Name {
	b.expect(v, jsonString)
	n := Name{Account: b.account, Text: v.text}
	if !b.where && accountPrefix(n.Text) {
		if rest := n.Text[len("account."):]; !b.account && !accountPrefix(rest) {
			n = Name{Account: true, Text: rest}
		} else {
			b.fail(v, CodeSyntax, "", `a name cannot begin with "account."`)
		}
	}
	if fault, _ := nameFault(n.Text); fault != "" {
		b.fail(v, CodeSyntax, "", fault)
	}
	return n
}

// comparison builds what a name is compared with.
func (b *treeBuilder) comparison(at At, n Name, test *jsonMember) (e Expr) {
	if test == nil {
		return &Has{At: at, Name: n}
	}
	b.in(test.key, func() {
		v := test.value
		switch test.key {
		case "in":
			in := &In{At: at, Name: n}
			b.each(v, func(item jsonValue) { in.Values = append(in.Values, b.literal(item)) })
			e = in
		case "between":
			low, high := b.pair(v, b.literal)
			e = &Between{At: at, Name: n, Low: low, High: high}
		case "like":
			b.expect(v, jsonString)
			b.refuse(v, patternFault(v.text))
			e = &Like{At: at, Name: n, Pattern: b.literal(v).Text}
		case "is_null":
			b.expect(v, jsonBool)
			e = &IsNull{At: at, Name: n, Not: !v.yes}
		default:
			e = &Compare{At: at, Name: n, Op: Op(slices.Index(jsonOperators, test.key)), Value: b.literal(v)}
		}
	})
	return e
}

// refuse fails when there is a fault.
func (b *treeBuilder) refuse(v jsonValue, fault string) {
	if fault != "" {
		b.fail(v, CodeSyntax, "", fault)
	}
}

// each calls f for the items of a non-empty array.
func (b *treeBuilder) each(v jsonValue, f func(item jsonValue)) {
	b.expect(v, jsonArray)
	if len(v.items) == 0 {
		b.fail(v, CodeSyntax, "", "the array is empty")
	}
	for i, item := range v.items {
		b.in(strconv.Itoa(i), func() { f(item) })
	}
}

// pair builds the two bounds of between, each by build.
func (b *treeBuilder) pair(v jsonValue, build func(jsonValue) Literal) (low, high Literal) {
	var bounds []Literal
	b.each(v, func(item jsonValue) { bounds = append(bounds, build(item)) })
	if len(bounds) != 2 {
		b.fail(v, CodeSyntax, "", "between has two values, the lower first")
	}
	return bounds[0], bounds[1]
}

// number builds a constant that is a number.
func (b *treeBuilder) number(v jsonValue) Literal {
	b.expect(v, jsonNumber)
	return b.literal(v)
}

// literal builds a constant.
func (b *treeBuilder) literal(v jsonValue) Literal {
	at := At(v.at)
	switch v.kind {
	case jsonString:
		fault, _ := textFault(v.text)
		b.refuse(v, fault)
		return Literal{At: at, Kind: Text, Text: v.text}
	case jsonBool:
		return Literal{At: at, Kind: Bool, Text: strconv.FormatBool(v.yes)}
	case jsonNumber:
		digits := v.text
		if strings.ContainsAny(digits, "eE") {
			digits = expand(digits)
			if digits == "" {
				b.fail(v, CodeSyntax, "", "a number has more than "+strconv.Itoa(MaxDigits)+" digits")
			}
		}
		fault, _ := numberFault(digits)
		b.refuse(v, fault)
		return Literal{At: at, Kind: Number, Text: digits}
	case jsonNull:
		b.fail(v, CodeSyntax, `"is_null": true`, "null is tested with is_null; a comparison with it is never true")
	}
	b.fail(v, CodeSyntax, "", "expected a string, a number or a bool, found "+v.kind.String())
	return Literal{}
}

// id builds the id of a segment or a contact.
func (b *treeBuilder) id(v jsonValue) string {
	b.expect(v, jsonString)
	b.refuse(v, idFault(v.text))
	return v.text
}
