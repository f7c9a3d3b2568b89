package plan

import (
	"rollcall/query"
)

// node is a planned expression: AND or OR over its arms, or a leaf. It holds no data of any root.
type node struct {
	or      bool
	arms    []arm
	leaf    source
	join    *arm // of a leaf that asks the account: what is asked there
	inlined bool // the arm is the definition of a rule tag or a segment
}

// arm is an operand: a node, or its complement. expr is how it is written.
type arm struct {
	n    *node
	not  bool
	expr query.Expr
}

// source makes the leaf of one evaluation out of the names and constants that were resolved once.
type source func(b *binding) (leaf, error)

// compiler turns one expression, with the definitions that it uses, into nodes.
type compiler struct {
	p      Population
	total  *int         // nodes made so far
	inside []definition // what is being inlined, outermost first
	prefix string       // "account." where names of accounts are read
	used   *int         // where the outermost definition is used; nil outside of definitions
}

// Compile checks e against p and plans it. Every error is a *query.Error.
func Compile(e query.Expr, p Population) (*Plan, error) {
	c := compiler{p: p, total: new(int)}
	root, err := c.compile(e)
	if err != nil {
		return nil, err
	}
	return &Plan{text: query.Print(e), population: p.Name(), version: p.Version(), root: root}, nil
}

func (c *compiler) compile(e query.Expr) (arm, error) {
	if *c.total++; *c.total > maxNodes {
		return arm{}, c.fail(query.CodeTooLarge, e.Pos(), "",
			"with its segments and rule tags the expression has more than %d nodes: split it", maxNodes)
	}
	switch e := e.(type) {
	case *query.And:
		return c.terms(e, e.Terms, false)
	case *query.Or:
		return c.terms(e, e.Terms, true)
	case *query.Not:
		x, err := c.compile(e.X)
		return arm{x.n, !x.not, e}, err
	case *query.Has:
		return c.named(e, e.Name, func(f field) (source, error) { return c.has(e, f) })
	case *query.Compare:
		return c.named(e, e.Name, func(f field) (source, error) { return c.compare(e, f) })
	case *query.Between:
		return c.named(e, e.Name, func(f field) (source, error) { return c.between(e, f) })
	case *query.In:
		return c.named(e, e.Name, func(f field) (source, error) { return c.in(e, f) })
	case *query.Like:
		return c.named(e, e.Name, func(f field) (source, error) { return c.like(e, f) })
	case *query.IsNull:
		return c.isNull(e)
	case *query.Segment:
		return c.segment(e)
	case *query.IDs:
		return arm{n: &node{leaf: c.ids(e)}, expr: e}, nil
	case *query.Did:
		return c.did(e)
	case *query.Aggregate:
		return c.aggregate(e)
	}
	return arm{}, c.fail(query.CodeSyntax, 0, "", "an expression of an unknown kind (%T)", e)
}

func (c *compiler) terms(e query.Expr, terms []query.Expr, or bool) (arm, error) {
	n := &node{or: or}
	for _, term := range terms {
		a, err := c.compile(term)
		if err != nil {
			return arm{}, err
		}
		n.arms = append(n.arms, a)
	}
	n.gatherJoins()
	return arm{n: n, expr: e}, nil
}

// named plans a predicate about one name, in the accounts where the name is theirs.
func (c *compiler) named(e query.Expr, name query.Name, plan func(f field) (source, error)) (arm, error) {
	if name.Account {
		return c.ofAccount(e, name)
	}
	f, err := c.resolve(name, e.Pos())
	if err != nil {
		return arm{}, err
	}
	if f.isTag {
		d := definition{tagDefinition, c.p.Name(), f.name}
		if err := c.cycle(d, e.Pos()); err != nil {
			return arm{}, err
		}
		if _, ok := e.(*query.Has); ok && f.tag.Rule != nil {
			return c.inline(e, d, f.tag.Rule)
		}
	}
	leaf, err := plan(f)
	if err != nil {
		return arm{}, err
	}
	return arm{n: &node{leaf: leaf}, expr: e}, nil
}

// inline plans the definition of a rule tag or a segment in the place of its use e.
func (c *compiler) inline(e query.Expr, d definition, body query.Expr) (arm, error) {
	inner := *c
	inner.prefix = ""
	inner.inside = append(inner.inside[:len(inner.inside):len(inner.inside)], d)
	if inner.used == nil {
		pos := e.Pos()
		inner.used = &pos
	}
	a, err := inner.compile(body)
	if err != nil {
		return arm{}, err
	}
	return arm{n: &node{arms: []arm{a}, inlined: true}, expr: e}, nil
}

func (c *compiler) has(e *query.Has, f field) (source, error) {
	switch {
	case f.flag():
		return tagSource(f.name), nil
	case f.valued():
		return presentSource(f), nil
	case f.attr.Kind == Bool:
		return boolSource(f.name, []span[uint8]{{1, 1}}), nil
	}
	return nil, c.mismatch(e.Pos(), "", "%s is an attribute (%s): compare it with a value, or write %s IS NOT NULL",
		f.shown, kindNames[f.attr.Kind], f.shown)
}

func (c *compiler) compare(e *query.Compare, f field) (source, error) {
	if err := c.comparable(f, e.Pos()); err != nil {
		return nil, err
	}
	if f.text() {
		if err := c.needLiteral(f, e.Value, query.Text); err != nil {
			return nil, err
		}
		return textSource(f, c.compareText(e.Op, e.Value.Text)), nil
	}
	switch f.attr.Kind {
	case Bool:
		spans, err := c.boolSpans(f, e)
		return boolSource(f.name, spans), err
	case Time:
		m, err := c.moment(f, e.Value)
		if err != nil {
			return nil, err
		}
		return c.intColumn(f, timeSpans(e.Op, m)), nil
	}
	d, err := c.number(f, e.Value)
	if err != nil {
		return nil, err
	}
	if f.attr.Kind == Float {
		return floatSource(f.name, floatSpans(e.Op, d.float)), nil
	}
	return c.intColumn(f, intSpans(e.Op, d)), nil
}

func (c *compiler) between(e *query.Between, f field) (source, error) {
	if err := c.comparable(f, e.Pos()); err != nil {
		return nil, err
	}
	if f.text() {
		for _, l := range []query.Literal{e.Low, e.High} {
			if err := c.needLiteral(f, l, query.Text); err != nil {
				return nil, err
			}
		}
		return textSource(f, c.betweenTexts(e.Low.Text, e.High.Text)), nil
	}
	switch f.attr.Kind {
	case Bool:
		return nil, c.mismatch(e.Pos(), f.shown+" = true", "%s is true or false and has no order: write %s = true", f.shown, f.shown)
	case Time:
		low, err := c.moment(f, e.Low)
		if err != nil {
			return nil, err
		}
		high, err := c.moment(f, e.High)
		if err != nil {
			return nil, err
		}
		return c.intColumn(f, []span[int64]{{low.first, high.last}}), nil
	}
	low, err := c.number(f, e.Low)
	if err != nil {
		return nil, err
	}
	high, err := c.number(f, e.High)
	if err != nil {
		return nil, err
	}
	if f.attr.Kind == Float {
		return floatSource(f.name, []span[float64]{{low.float, high.float}}), nil
	}
	return c.intColumn(f, intsBetween(low, high)), nil
}

func (c *compiler) in(e *query.In, f field) (source, error) {
	if err := c.comparable(f, e.Pos()); err != nil {
		return nil, err
	}
	if f.text() {
		var texts []string
		for _, l := range e.Values {
			if err := c.needLiteral(f, l, query.Text); err != nil {
				return nil, err
			}
			texts = append(texts, l.Text)
		}
		return textSource(f, c.oneOfTexts(texts)), nil
	}
	var ints []span[int64]
	var floats []span[float64]
	var bools []span[uint8]
	for _, l := range e.Values {
		switch f.attr.Kind {
		case Bool:
			more, err := c.boolSpans(f, &query.Compare{At: l.At, Op: query.Equal, Value: l})
			if err != nil {
				return nil, err
			}
			bools = append(bools, more...)
		case Time:
			m, err := c.moment(f, l)
			if err != nil {
				return nil, err
			}
			ints = append(ints, span[int64]{m.first, m.last})
		default:
			d, err := c.number(f, l)
			if err != nil {
				return nil, err
			}
			ints = append(ints, intSpans(query.Equal, d)...)
			floats = append(floats, span[float64]{d.float, d.float})
		}
	}
	switch f.attr.Kind {
	case Bool:
		return boolSource(f.name, bools), nil
	case Float:
		return floatSource(f.name, floats), nil
	}
	return c.intColumn(f, sortSpans(ints)), nil
}

func (c *compiler) like(e *query.Like, f field) (source, error) {
	if err := c.comparable(f, e.Pos()); err != nil {
		return nil, err
	}
	if !f.text() {
		return nil, c.mismatch(e.Pos(), "", "%s is %s: LIKE is for texts", f.shown, kindNames[f.attr.Kind])
	}
	return textSource(f, c.likeText(e.Pattern)), nil
}

// isNull plans IS NULL as the complement of "has a value", which is also right through the account: a contact without
// account has no value there.
func (c *compiler) isNull(e *query.IsNull) (arm, error) {
	a, err := c.named(&query.IsNull{At: e.At, Name: e.Name, Not: true}, e.Name, func(f field) (source, error) {
		if err := c.comparable(f, e.Pos()); err != nil {
			return nil, err
		}
		return presentSource(f), nil
	})
	return arm{a.n, !e.Not, e}, err
}

// number demands a number for the field.
func (c *compiler) number(f field, l query.Literal) (decimal, error) {
	if err := c.needLiteral(f, l, query.Number); err != nil {
		return decimal{}, err
	}
	return c.decimal(l)
}

func (c *compiler) decimal(l query.Literal) (decimal, error) {
	d, ok := parseDecimal(l.Text)
	if !ok {
		return decimal{}, c.mismatch(int(l.At), "", "%q is not a number: write digits, such as 12.5", l.Text)
	}
	return d, nil
}

// moment demands a date or an instant for the field.
func (c *compiler) moment(f field, l query.Literal) (moment, error) {
	if l.Kind == query.Text {
		if m, ok := parseMoment(l.Text, c.p.Zone()); ok {
			return m, nil
		}
	}
	return moment{}, c.mismatch(int(l.At), "",
		"%s is a time: write '2024-10-01', '2024-10-01 09:30:00' or '2024-10-01T09:30:00+08:00'", f.shown)
}

func (c *compiler) boolSpans(f field, e *query.Compare) ([]span[uint8], error) {
	if err := c.needLiteral(f, e.Value, query.Bool); err != nil {
		return nil, err
	}
	want := uint8(0)
	if e.Value.Text == "true" {
		want = 1
	}
	switch e.Op {
	case query.Equal:
	case query.NotEqual:
		want = 1 - want
	default:
		return nil, c.mismatch(e.Pos(), f.shown+" = true", "%s is true or false and has no order: write %s = true", f.shown, f.shown)
	}
	return []span[uint8]{{want, want}}, nil
}

// intColumn plans spans over an integer or a time, stored or computed.
func (c *compiler) intColumn(f field, spans []span[int64]) source {
	if f.attr.Computed != "" {
		return computedSource(f.attr, spans)
	}
	return intSource(f.name, spans)
}
