package plan

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"

	"rollcall/query"
)

// brute evaluates an expression for one thing after the other, over plain values and as the contract reads. It shares
// no code with the planner: numbers are rationals, local days are written dates, LIKE is a regular expression.
type brute struct {
	w   *world
	now int64
}

func (b brute) select_(e query.Expr, g *people) []string {
	var ids []string
	for _, t := range g.all {
		if !t.gone && b.holds(e, t, g) {
			ids = append(ids, t.id)
		}
	}
	return ids
}

func (b brute) holds(e query.Expr, t *thing, g *people) bool {
	switch e := e.(type) {
	case *query.And:
		for _, x := range e.Terms {
			if !b.holds(x, t, g) {
				return false
			}
		}
		return true
	case *query.Or:
		for _, x := range e.Terms {
			if b.holds(x, t, g) {
				return true
			}
		}
		return false
	case *query.Not:
		return !b.holds(e.X, t, g)
	case *query.Segment:
		if d := g.segments[e.ID]; d.members != nil {
			return d.members[t.id]
		}
		return b.holds(g.segments[e.ID].where, t, g)
	case *query.IDs:
		return slices.Contains(e.Values, t.id)
	case *query.Did:
		_, hits, _ := b.events(e.Events, t)
		return len(hits) > 0
	case *query.Aggregate:
		return b.aggregate(e, t)
	case *query.Has:
		v, _ := b.value(e.Name, t, g)
		if def, ok := b.tag(e.Name, g); ok && def.valued {
			return v != nil
		}
		return v == true
	case *query.Compare:
		v, kind := b.value(e.Name, t, g)
		return v != nil && b.compare(v, kind, e.Op, e.Value)
	case *query.Between:
		v, kind := b.value(e.Name, t, g)
		return v != nil && b.compare(v, kind, query.GreaterEqual, e.Low) && b.compare(v, kind, query.LessEqual, e.High)
	case *query.In:
		v, kind := b.value(e.Name, t, g)
		return v != nil && slices.ContainsFunc(e.Values, func(l query.Literal) bool { return b.compare(v, kind, query.Equal, l) })
	case *query.Like:
		v, _ := b.value(e.Name, t, g)
		return v != nil && like(e.Pattern).MatchString(v.(string))
	case *query.IsNull:
		v, _ := b.value(e.Name, t, g)
		return (v == nil) != e.Not
	}
	panic(fmt.Sprintf("brute force does not know %T", e))
}

func (b brute) tag(name query.Name, g *people) (tagDef, bool) {
	if name.Account {
		g = &b.w.accounts
	}
	def, ok := g.tags[name.Text]
	return def, ok
}

// value is the value of a name, nil when there is none, and whether it is a time.
func (b brute) value(name query.Name, t *thing, g *people) (v any, isTime bool) {
	if name.Account {
		if t.account == nil || t.account.gone {
			return nil, b.w.accounts.attrs[name.Text].Kind == Time
		}
		return b.value(query.Name{Text: name.Text}, t.account, &b.w.accounts)
	}
	if def, ok := g.tags[name.Text]; ok {
		if def.rule != nil {
			return b.holds(def.rule, t, g), false
		}
		value, set := t.tags[name.Text]
		switch {
		case def.valued && set:
			return value, false
		case def.valued:
			return nil, false
		}
		return set, false
	}
	attr := g.attrs[name.Text]
	switch attr.Computed {
	case Interactions7d:
		n := int64(0)
		for _, h := range t.events {
			if slices.Contains(attr.Types, h.typ) && h.at >= b.now-7*24*3600*1000 && h.at <= b.now {
				n++
			}
		}
		return n, false
	case LastInteractionAt:
		var last any
		for _, h := range t.events {
			if slices.Contains(attr.Types, h.typ) && h.at <= b.now && (last == nil || h.at > last.(int64)) {
				last = h.at
			}
		}
		return last, true
	}
	return t.attrs[name.Text], attr.Kind == Time
}

func (b brute) date(at int64) string { return time.UnixMilli(at).In(b.w.zone).Format("2006-01-02") }

func rational(text string) *big.Rat {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		panic(text)
	}
	return r
}

func (b brute) compare(v any, isTime bool, op query.Op, l query.Literal) bool {
	var order int
	switch v := v.(type) {
	case string:
		if l.Kind != query.Text {
			return false
		}
		order = strings.Compare(v, l.Text)
	case bool:
		if l.Kind != query.Bool {
			return false
		}
		order = strings.Compare(fmt.Sprint(v), l.Text)
	case float64:
		if l.Kind != query.Number {
			return false
		}
		f, _ := rational(l.Text).Float64()
		order = new(big.Rat).SetFloat64(v).Cmp(new(big.Rat).SetFloat64(f))
	case int64:
		switch {
		case !isTime:
			order = new(big.Rat).SetInt64(v).Cmp(rational(l.Text))
		case len(l.Text) == len("2006-01-02"):
			order = strings.Compare(b.date(v), l.Text)
		default:
			order = new(big.Rat).SetInt64(v).Cmp(new(big.Rat).SetInt64(b.instant(l.Text)))
		}
	}
	return satisfied(op, order)
}

func satisfied(op query.Op, order int) bool {
	return map[query.Op][3]bool{
		query.Equal: {false, true, false}, query.NotEqual: {true, false, true}, query.Less: {true, false, false},
		query.LessEqual: {true, true, false}, query.Greater: {false, false, true}, query.GreaterEqual: {false, true, true},
	}[op][order+1]
}

func (b brute) instant(text string) int64 {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		if at, err = time.ParseInLocation("2006-01-02 15:04:05", text, b.w.zone); err != nil {
			panic(err)
		}
	}
	return at.UnixMilli()
}

func like(pattern string) *regexp.Regexp {
	var re strings.Builder
	literal := false
	for _, r := range pattern {
		switch {
		case !literal && r == '\\':
			literal = true
			continue
		case !literal && r == '%':
			re.WriteString(".*")
		case !literal && r == '_':
			re.WriteString(".")
		default:
			re.WriteString(regexp.QuoteMeta(string(r)))
		}
		literal = false
	}
	return regexp.MustCompile("^(?s:" + re.String() + ")$")
}

// events gives what a selection sees: the events of the type in the window, and of these what satisfies the where.
// any tells that the type has an event at all, up to now.
func (b brute) events(s query.Events, t *thing) (seen, hits []happening, any bool) {
	for _, h := range t.events {
		ok := h.typ == s.Type
		if prefix, open := strings.CutSuffix(s.Type, "*"); open {
			ok = strings.HasPrefix(h.typ, prefix)
		}
		if ok && h.at <= b.now {
			seen = append(seen, h)
		}
	}
	any = len(seen) > 0
	slices.SortFunc(seen, func(x, y happening) int {
		if x.at != y.at {
			return int(min(1, max(-1, x.at-y.at)))
		}
		return strings.Compare(x.id, y.id)
	})
	var in func(at int64) bool
	switch w := s.Window; w.Kind {
	case query.Rolling:
		in = func(at int64) bool { return b.now-at <= w.Seconds*1000 }
	case query.CalendarDays:
		year, month, day := time.UnixMilli(b.now).In(b.w.zone).Date()
		first := time.Date(year, month, day-w.N+1, 12, 0, 0, 0, time.UTC).Format("2006-01-02")
		in = func(at int64) bool { return b.date(at) >= first }
	case query.LastN:
		seen = seen[max(0, len(seen)-w.N):]
		in = func(int64) bool { return true }
	case query.Range:
		in = func(at int64) bool {
			v := at
			return b.compare(v, true, query.GreaterEqual, query.Literal{Text: w.From}) && b.compare(v, true, query.LessEqual, query.Literal{Text: w.To})
		}
	default:
		in = func(int64) bool { return true }
	}
	seen = slices.DeleteFunc(seen, func(h happening) bool { return !in(h.at) })
	for _, h := range seen {
		if s.Where == nil || b.where(s.Where, h) {
			hits = append(hits, h)
		}
	}
	return seen, hits, any
}

func (b brute) where(e query.Expr, h happening) bool {
	switch e := e.(type) {
	case *query.And:
		return !slices.ContainsFunc(e.Terms, func(x query.Expr) bool { return !b.where(x, h) })
	case *query.Or:
		return slices.ContainsFunc(e.Terms, func(x query.Expr) bool { return b.where(x, h) })
	case *query.Not:
		return !b.where(e.X, h)
	case *query.Has:
		return h.props[e.Name.Text] == true
	case *query.Compare:
		v := h.props[e.Name.Text]
		return v != nil && b.compareProp(v, e.Op, e.Value)
	case *query.Between:
		v := h.props[e.Name.Text]
		return v != nil && b.compareProp(v, query.GreaterEqual, e.Low) && b.compareProp(v, query.LessEqual, e.High)
	case *query.In:
		v := h.props[e.Name.Text]
		return v != nil && slices.ContainsFunc(e.Values, func(l query.Literal) bool { return b.compareProp(v, query.Equal, l) })
	case *query.Like:
		v, ok := h.props[e.Name.Text].(string)
		return ok && like(e.Pattern).MatchString(v)
	case *query.IsNull:
		return (h.props[e.Name.Text] == nil) != e.Not
	}
	panic(fmt.Sprintf("brute force does not know %T in a where", e))
}

// compareProp compares a property; one of another kind than the literal is no value for this comparison.
func (b brute) compareProp(v any, op query.Op, l query.Literal) bool {
	switch v.(type) {
	case string:
		return l.Kind == query.Text && b.compare(v, false, op, l)
	case bool:
		return l.Kind == query.Bool && b.compare(v, false, op, l)
	}
	return l.Kind == query.Number && b.compare(v, false, op, l)
}

func (b brute) aggregate(e *query.Aggregate, t *thing) bool {
	seen, hits, any := b.events(e.Events, t)
	if e.Events.Window.Kind == query.LastN && !any {
		return false
	}
	var values []*big.Rat
	var floats []float64
	for _, h := range hits {
		if v, ok := h.props[e.Prop].(float64); ok {
			floats = append(floats, v)
			values = append(values, rational(fmt.Sprintf("%.6f", v)))
		}
	}
	var x *big.Rat
	sum := new(big.Rat)
	for _, v := range values {
		sum.Add(sum, v)
	}
	exact := true
	switch e.Func {
	case query.Count:
		x = new(big.Rat).SetInt64(int64(len(hits)))
	case query.DistinctDays:
		days := map[string]bool{}
		for _, h := range hits {
			days[b.date(h.at)] = true
		}
		x = new(big.Rat).SetInt64(int64(len(days)))
	case query.Sum:
		x = sum
	case query.Avg:
		if len(values) > 0 {
			x = new(big.Rat).Quo(sum, new(big.Rat).SetInt64(int64(len(values))))
		}
	case query.Min, query.Max:
		exact = false
		if len(floats) > 0 {
			x = new(big.Rat).SetFloat64(slices.Min(floats))
			if e.Func == query.Max {
				x = new(big.Rat).SetFloat64(slices.Max(floats))
			}
		}
	case query.Rate:
		if len(seen) > 0 {
			x = big.NewRat(int64(len(hits)), int64(len(seen)))
		}
	}
	if x == nil {
		return false
	}
	constant := func(l query.Literal) *big.Rat {
		r := rational(l.Text)
		if !exact {
			f, _ := r.Float64()
			r.SetFloat64(f)
		}
		return r
	}
	if e.High != nil {
		return x.Cmp(constant(e.Value)) >= 0 && x.Cmp(constant(*e.High)) <= 0
	}
	return satisfied(e.Op, x.Cmp(constant(e.Value)))
}
