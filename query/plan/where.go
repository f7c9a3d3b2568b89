package plan

import (
	"slices"

	"rollcall/index"
	"rollcall/query"
)

// rowTest is a planned condition on the properties of one event. A missing property satisfies no comparison.
type rowTest struct {
	kind  rowKind
	arms  []*rowTest
	prop  int // index into eventSelection.props
	spans []span[float64]
	text  *textTest
	want  bool
	codes *codeTest // bound: text in the dictionary of the root
}

type rowKind uint8

const (
	rowAnd rowKind = iota
	rowOr
	rowNot
	rowNumber
	rowText
	rowBool
	rowPresent
)

// propColumns are the columns of one property in one index.Rows.
type propColumns struct {
	num  index.NumColumn
	code index.CodeColumn
	flag index.BoolColumn
}

// propUse is a property with the kinds of its values that are asked for.
type propUse struct {
	name string
	asks [3]bool // by query.LiteralKind
}

// columns finds what is asked for in rows.
func (u *propUse) columns(rows *index.Rows, code uint32) (c propColumns) {
	if u.asks[query.Number] {
		c.num = rows.Num(code)
	}
	if u.asks[query.Text] {
		c.code = rows.Code(code)
	}
	if u.asks[query.Bool] {
		c.flag = rows.Bool(code)
	}
	return c
}

// holds tests one event; columns are those of its rows, by eventSelection.props.
func (t *rowTest) holds(columns []propColumns, row uint32) bool {
	switch t.kind {
	case rowNumber:
		v, ok := columns[t.prop].num.Get(row)
		return ok && within(t.spans, v)
	case rowText:
		code, ok := columns[t.prop].code.Get(row)
		return ok && t.codes.holds(code)
	case rowBool:
		v, ok := columns[t.prop].flag.Get(row)
		return ok && v == t.want
	case rowPresent:
		c := &columns[t.prop]
		_, num := c.num.Get(row)
		_, code := c.code.Get(row)
		_, flag := c.flag.Get(row)
		return num || code || flag
	case rowNot:
		return !t.arms[0].holds(columns, row)
	}
	for _, a := range t.arms {
		if a.holds(columns, row) == (t.kind == rowOr) {
			return t.kind == rowOr
		}
	}
	return t.kind == rowAnd
}

// bind ties the test to the dictionaries of a root.
func (t *rowTest) bind(b *binding, props []propUse) (*rowTest, error) {
	own := *t
	own.arms = slices.Clone(t.arms)
	for i, a := range own.arms {
		bound, err := a.bind(b, props)
		if err != nil {
			return nil, err
		}
		own.arms[i] = bound
	}
	if t.kind == rowText {
		prop, _ := b.ev.p.Prop(props[t.prop].name)
		codes, err := t.text.bind(b, prop.Dict, prop.Sealed)
		if err != nil {
			return nil, err
		}
		own.codes = codes
	}
	return &own, nil
}

func (t *rowTest) prepare() error {
	if t.codes != nil {
		return t.codes.prepare()
	}
	for _, a := range t.arms {
		if err := a.prepare(); err != nil {
			return err
		}
	}
	return nil
}

// where plans a condition on properties.
func (c *compiler) where(s *eventSelection, e query.Expr) (*rowTest, error) {
	switch e := e.(type) {
	case *query.And:
		return c.whereTerms(s, rowAnd, e.Terms)
	case *query.Or:
		return c.whereTerms(s, rowOr, e.Terms)
	case *query.Not:
		return c.whereTerms(s, rowNot, []query.Expr{e.X})
	case *query.Has:
		at, _, err := c.prop(s, e.Name, e.Pos(), query.Bool)
		return &rowTest{kind: rowBool, prop: at, want: true}, err
	case *query.Compare:
		return c.whereCompare(s, e)
	case *query.Between:
		return c.whereBetween(s, e)
	case *query.In:
		return c.whereIn(s, e)
	case *query.Like:
		at, _, err := c.prop(s, e.Name, e.Pos(), query.Text)
		return &rowTest{kind: rowText, prop: at, text: c.likeText(e.Pattern)}, err
	case *query.IsNull:
		at, err := c.anyProp(s, e.Name, e.Pos(), query.Number, query.Text, query.Bool)
		t := &rowTest{kind: rowPresent, prop: at}
		if !e.Not {
			t = &rowTest{kind: rowNot, arms: []*rowTest{t}}
		}
		return t, err
	}
	return nil, c.mismatch(e.Pos(), "", "a where is about the properties of one event: compare them with values")
}

func (c *compiler) whereTerms(s *eventSelection, kind rowKind, terms []query.Expr) (*rowTest, error) {
	t := &rowTest{kind: kind}
	for _, term := range terms {
		arm, err := c.where(s, term)
		if err != nil {
			return nil, err
		}
		t.arms = append(t.arms, arm)
	}
	return t, nil
}

func (c *compiler) whereCompare(s *eventSelection, e *query.Compare) (*rowTest, error) {
	at, name, err := c.prop(s, e.Name, e.Pos(), e.Value.Kind)
	if err != nil {
		return nil, err
	}
	t := &rowTest{prop: at}
	switch e.Value.Kind {
	case query.Text:
		t.kind, t.text = rowText, c.compareText(e.Op, e.Value.Text)
	case query.Number:
		d, err := c.decimal(e.Value)
		if err != nil {
			return nil, err
		}
		t.kind, t.spans = rowNumber, floatSpans(e.Op, d.float)
	default:
		if e.Op != query.Equal && e.Op != query.NotEqual {
			return nil, c.mismatch(e.Pos(), name+" = true", "%s is true or false and has no order: write %s = true", name, name)
		}
		t.kind, t.want = rowBool, (e.Value.Text == "true") == (e.Op == query.Equal)
	}
	return t, nil
}

func (c *compiler) whereBetween(s *eventSelection, e *query.Between) (*rowTest, error) {
	at, name, err := c.prop(s, e.Name, e.Pos(), e.Low.Kind)
	if err != nil {
		return nil, err
	}
	if e.High.Kind != e.Low.Kind || e.Low.Kind == query.Bool {
		return nil, c.mismatch(int(e.High.At), "", "the bounds of %s are two numbers, or two texts", name)
	}
	if e.Low.Kind == query.Text {
		return &rowTest{kind: rowText, prop: at, text: c.betweenTexts(e.Low.Text, e.High.Text)}, nil
	}
	low, err := c.decimal(e.Low)
	if err != nil {
		return nil, err
	}
	high, err := c.decimal(e.High)
	return &rowTest{kind: rowNumber, prop: at, spans: []span[float64]{{low.float, high.float}}}, err
}

func (c *compiler) whereIn(s *eventSelection, e *query.In) (*rowTest, error) {
	var texts []string
	all := &rowTest{kind: rowOr}
	numbers := &rowTest{kind: rowNumber}
	for _, l := range e.Values {
		at, _, err := c.prop(s, e.Name, e.Pos(), l.Kind)
		if err != nil {
			return nil, err
		}
		switch l.Kind {
		case query.Text:
			texts = append(texts, l.Text)
		case query.Number:
			d, err := c.decimal(l)
			if err != nil {
				return nil, err
			}
			numbers.prop, numbers.spans = at, append(numbers.spans, span[float64]{d.float, d.float})
		default:
			all.arms = append(all.arms, &rowTest{kind: rowBool, prop: at, want: l.Text == "true"})
		}
	}
	if numbers.spans != nil {
		all.arms = append(all.arms, numbers)
	}
	if texts != nil {
		at, err := c.anyProp(s, e.Name, e.Pos(), query.Text)
		if err != nil {
			return nil, err
		}
		all.arms = append(all.arms, &rowTest{kind: rowText, prop: at, text: c.oneOfTexts(texts)})
	}
	return all, nil
}

// anyProp finds a property, whatever its kinds, and its place in the selection; kinds are those that are asked for.
func (c *compiler) anyProp(s *eventSelection, name query.Name, pos int, kinds ...query.LiteralKind) (int, error) {
	if name.Account {
		return 0, c.mismatch(pos, "", "a where is about the properties of one event: ask about the account outside of it")
	}
	if _, ok := c.p.Prop(name.Text); !ok {
		return 0, c.unknown(pos, "property", name.Text, c.p.PropNames())
	}
	at := slices.IndexFunc(s.props, func(u propUse) bool { return u.name == name.Text })
	if at < 0 {
		at = len(s.props)
		s.props = append(s.props, propUse{name: name.Text})
	}
	for _, kind := range kinds {
		s.props[at].asks[kind] = true
	}
	return at, nil
}

// prop finds a property that takes literals of a kind.
func (c *compiler) prop(s *eventSelection, name query.Name, pos int, kind query.LiteralKind) (int, string, error) {
	at, err := c.anyProp(s, name, pos, kind)
	if err != nil {
		return 0, "", err
	}
	p, _ := c.p.Prop(name.Text)
	has := [...]bool{query.Text: p.Text, query.Number: p.Num, query.Bool: p.Bool}
	if has[kind] || !p.Text && !p.Num && !p.Bool {
		return at, name.Text, nil
	}
	for other, ok := range has {
		if ok {
			return 0, "", c.mismatch(pos, "", "%s holds %s and is not asked for %s",
				name.Text, literalPlurals[other], literalPlurals[kind])
		}
	}
	return at, name.Text, nil
}

var literalPlurals = [...]string{query.Text: "texts", query.Number: "numbers", query.Bool: "true or false"}
