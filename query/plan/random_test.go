package plan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"rollcall/index"
	"rollcall/query"
)

var (
	cities   = []string{"北京", "上海", "上海市", "Bonn", "bonn", "", "a%b", "O'Brien"}
	someNums = []float64{0, -1, 1, 0.1, 0.2, 0.3, 2.5, 300, 1e9, -0.000001, 1e22, 33.333333}
)

// randomWorld makes a tenant with nulls, ties, contacts far apart, contacts merged away, and events at the edges of
// windows. A crowded one has so many contacts in its first chunk that leaves evaluate chunks instead of testing slots.
func randomWorld(rnd *rand.Rand, crowded bool) *world {
	zone := []string{"Asia/Shanghai", "America/New_York", "America/Santiago", "Asia/Beirut", "UTC"}[rnd.IntN(5)]
	w := newWorld(zone)
	// A spring and an autumn change of the clocks lie within reach of the windows.
	base := time.Date(2024, []time.Month{3, 4, 9, 11}[rnd.IntN(4)], 1+rnd.IntN(20), rnd.IntN(24), rnd.IntN(60), 0, 0, w.zone)
	w.now = base.UnixMilli()
	w.types = []string{"call.outbound.ended", "call.inbound.ended", "page.view", "callx"}
	w.props = map[string]bool{"answered": false, "talk": false, "mood": false, "agent": true, "mixed": false}
	w.contacts.attrs = map[string]Attribute{
		"city": {Kind: Text}, "name": {Kind: Text, Sealed: true}, "age": {Kind: Int}, "value": {Kind: Float},
		"vip": {Kind: Bool}, "seen_at": {Kind: Time},
		"interactions_7d":     {Kind: Int, Computed: Interactions7d, Types: w.types[:2]},
		"last_interaction_at": {Kind: Time, Computed: LastInteractionAt, Types: w.types[1:]},
	}
	w.accounts.attrs = map[string]Attribute{"industry": {Kind: Text}, "annual": {Kind: Float}, "since": {Kind: Time}}
	w.contacts.tags = map[string]tagDef{"A": {}, "B": {}, "rare": {}, "stage": {valued: true}}
	w.accounts.tags = map[string]tagDef{"key": {}, "tier": {valued: true}}
	w.accounts.tags["big"] = tagDef{rule: must(query.Parse("annual > 2 OR key"))}
	for i := range 12 {
		w.accounts.all = append(w.accounts.all, w.randomThing(rnd, &w.accounts, uint32(i)*7, fmt.Sprintf("acc%d", i)))
	}
	ord := uint32(0)
	contacts, strides := 60+rnd.IntN(60), []uint32{1, 1, 1, 5, 200, 70_000}
	if crowded {
		contacts, strides = 1500+rnd.IntN(500), []uint32{1, uint32(1 + rnd.IntN(2))}
	}
	mergesHappen := rnd.IntN(3) > 0
	for i := range contacts {
		t := w.randomThing(rnd, &w.contacts, ord, fmt.Sprintf("c%03d", i))
		t.gone = t.gone && mergesHappen
		if rnd.IntN(3) > 0 {
			t.account = w.accounts.all[rnd.IntN(len(w.accounts.all))]
		}
		for range []int{0, 1, 3, 12, 40}[rnd.IntN(5)] {
			t.events = append(t.events, w.randomEvent(rnd, len(t.events), t.id))
		}
		w.contacts.all = append(w.contacts.all, t)
		ord += pick(rnd, strides...)
	}
	members := map[string]bool{}
	for _, t := range w.contacts.all {
		if rnd.IntN(2) == 0 {
			members[t.id] = true
		}
	}
	w.contacts.segments["frozen"] = segmentDef{members: members}
	g := generator{w, rnd}
	w.contacts.segments["plain"] = segmentDef{where: g.predicate(&w.contacts, true)}
	w.contacts.tags["ruled"] = tagDef{rule: g.expr(&w.contacts, 2)}
	w.contacts.segments["nested"] = segmentDef{where: g.expr(&w.contacts, 2)}
	return w
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func pick[T any](rnd *rand.Rand, from ...T) T { return from[rnd.IntN(len(from))] }

func (w *world) randomThing(rnd *rand.Rand, g *people, ord uint32, id string) *thing {
	t := &thing{ord: ord, id: id, gone: rnd.IntN(12) == 0, attrs: map[string]any{}, tags: map[string]string{}}
	for _, name := range sortedKeys(g.attrs, g.attrs) {
		if rnd.IntN(3) == 0 {
			continue
		}
		switch attr := g.attrs[name]; {
		case attr.Computed != "":
		case attr.Kind == Text:
			t.attrs[name] = pick(rnd, cities...)
		case attr.Kind == Int:
			t.attrs[name] = pick(rnd, int64(rnd.IntN(5)), -3, 1<<53+1, -1<<63, 1<<63-1)
		case attr.Kind == Float:
			t.attrs[name] = pick(rnd, someNums...)
		case attr.Kind == Bool:
			t.attrs[name] = rnd.IntN(2) == 0
		case attr.Kind == Time:
			t.attrs[name] = w.randomInstant(rnd)
		}
	}
	for _, name := range sortedKeys(g.tags, g.tags) {
		switch def := g.tags[name]; {
		case def.rule != nil:
		case rnd.IntN(map[bool]int{true: 20, false: 2}[name == "rare"]) > 0:
		case def.valued:
			t.tags[name] = pick(rnd, "线索", "商机", "成交")
		default:
			t.tags[name] = ""
		}
	}
	return t
}

// randomInstant is near now, at local midnights, or exactly at the edges of the windows that are generated.
func (w *world) randomInstant(rnd *rand.Rand) int64 {
	year, month, day := time.UnixMilli(w.now).In(w.zone).Date()
	midnight := time.Date(year, month, day-rnd.IntN(10), 0, 0, 0, 0, w.zone).UnixMilli()
	edge := w.now - int64(pick(rnd, 1, 3, 7))*dayMillis
	near := int64(rnd.IntN(3) - 1)
	return pick(rnd, w.now+near, edge+near, midnight+near, w.now-int64(rnd.IntN(20*dayMillis)), w.now+int64(rnd.IntN(dayMillis)),
		time.Date(year, month, day-rnd.IntN(10), rnd.IntN(24), 0, 0, 0, w.zone).UnixMilli())
}

func (w *world) randomEvent(rnd *rand.Rand, i int, of string) happening {
	h := happening{typ: pick(rnd, w.types...), at: w.randomInstant(rnd), id: fmt.Sprintf("%x-%s-%d", rnd.IntN(256), of, i), props: map[string]any{}}
	if rnd.IntN(4) > 0 {
		h.props["answered"] = rnd.IntN(2) == 0
	}
	if rnd.IntN(4) > 0 {
		h.props["talk"] = pick(rnd, someNums...)
	}
	if rnd.IntN(4) > 0 {
		h.props["mood"] = pick(rnd, cities...)
	}
	if rnd.IntN(4) > 0 {
		h.props["agent"] = pick(rnd, cities...)
	}
	h.props["mixed"] = pick[any](rnd, 1.0, "1", true, 300.0, "Bonn")
	return h
}

// generator makes random expressions over the names of a world.
type generator struct {
	w   *world
	rnd *rand.Rand
}

func (g generator) expr(p *people, depth int) query.Expr {
	if depth == 0 {
		return g.predicate(p, false)
	}
	switch g.rnd.IntN(5) {
	case 0:
		return &query.Not{X: g.expr(p, depth-1)}
	case 1, 2:
		return &query.And{Terms: g.terms(p, depth, false)}
	case 3:
		return &query.Or{Terms: g.terms(p, depth, true)}
	}
	return g.predicate(p, false)
}

// terms are two to four, none of them of the kind that the parser would flatten.
func (g generator) terms(p *people, depth int, or bool) []query.Expr {
	var terms []query.Expr
	for range 2 + g.rnd.IntN(3) {
		for {
			e := g.expr(p, depth-1)
			if _, isOr := e.(*query.Or); isOr && or {
				continue
			}
			if _, isAnd := e.(*query.And); isAnd && !or {
				continue
			}
			terms = append(terms, e)
			break
		}
	}
	return terms
}

func (g generator) op() query.Op { return query.Op(g.rnd.IntN(6)) }

func (g generator) number() query.Literal {
	text := pick(g.rnd, "0", "1", "-1", "0.1", "0.3", "0.30", "0.7", "2.5", "3", "300", "33.333333", "33.3333331", "-3",
		"9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808.5", "100000000000000000000000.25", "0.0000001")
	return query.Literal{Kind: query.Number, Text: text}
}

func text(s string) query.Literal { return query.Literal{Kind: query.Text, Text: s} }

func (g generator) time() query.Literal {
	at := time.UnixMilli(g.w.randomInstant(g.rnd))
	return text(pick(g.rnd, at.In(g.w.zone).Format("2006-01-02"), at.UTC().Format(time.RFC3339)))
}

func (g generator) pattern() string {
	return pick(g.rnd, "上海%", "%海%", "__", "b_nn", "%", "", "a\\%b", "%n", "%o%n%", "_%")
}

func (g generator) predicate(p *people, simple bool) query.Expr {
	kinds := 12
	if simple || p.entity == "account" {
		kinds = 6
	}
	switch k := g.rnd.IntN(kinds); k {
	case 0:
		return &query.Has{Name: query.Name{Text: g.flag(p)}}
	case 6:
		inner := g.predicate(&g.w.accounts, true)
		return ofAccounts(inner)
	case 7:
		return &query.Segment{ID: pick(g.rnd, sortedKeys(g.w.contacts.segments, g.w.contacts.segments)...)}
	case 8:
		return &query.IDs{Values: []string{pick(g.rnd, "c003", "c010", "nobody"), fmt.Sprintf("c%03d", g.rnd.IntN(90))}}
	case 9:
		return &query.Did{Events: g.events()}
	case 10, 11:
		return g.aggregate()
	}
	return g.comparison(p)
}

func (g generator) flag(p *people) string {
	flags := sortedKeys(p.tags, p.tags)
	if p.entity == "contact" {
		flags = append(flags, "vip")
	}
	return pick(g.rnd, flags...)
}

// ofAccounts lets a simple predicate of accounts be asked of a contact.
func ofAccounts(e query.Expr) query.Expr {
	switch e := e.(type) {
	case *query.Has:
		e.Name.Account = true
	case *query.Compare:
		e.Name.Account = true
	case *query.Between:
		e.Name.Account = true
	case *query.In:
		e.Name.Account = true
	case *query.Like:
		e.Name.Account = true
	case *query.IsNull:
		e.Name.Account = true
	}
	return e
}

func (g generator) comparison(p *people) query.Expr {
	names := sortedKeys(p.attrs, p.attrs)
	for name, def := range p.tags {
		if def.valued {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	name := query.Name{Text: pick(g.rnd, names...)}
	attr, isAttr := p.attrs[name.Text]
	var literal func() query.Literal
	switch {
	case !isAttr:
		literal = func() query.Literal { return text(pick(g.rnd, "线索", "商机", "成交", "x")) }
	case attr.Kind == Text:
		literal = func() query.Literal { return text(pick(g.rnd, append(cities, "absent")...)) }
	case attr.Kind == Time:
		literal = g.time
	case attr.Kind == Bool:
		b := query.Literal{Kind: query.Bool, Text: pick(g.rnd, "true", "false")}
		return pick[query.Expr](g.rnd, &query.Compare{Name: name, Op: pick(g.rnd, query.Equal, query.NotEqual), Value: b},
			&query.In{Name: name, Values: []query.Literal{b}}, &query.IsNull{Name: name, Not: g.rnd.IntN(2) == 0})
	default:
		literal = g.number
	}
	switch g.rnd.IntN(6) {
	case 0:
		return &query.Between{Name: name, Low: literal(), High: literal()}
	case 1:
		return &query.In{Name: name, Values: []query.Literal{literal(), literal(), literal()}}
	case 2:
		return &query.IsNull{Name: name, Not: g.rnd.IntN(2) == 0}
	case 3:
		if !isAttr || attr.Kind == Text {
			return &query.Like{Name: name, Pattern: g.pattern()}
		}
	}
	return &query.Compare{Name: name, Op: g.op(), Value: literal()}
}

func (g generator) events() query.Events {
	e := query.Events{Type: pick(g.rnd, "call.outbound.ended", "page.view", "call.*", "*", "callx")}
	switch g.rnd.IntN(6) {
	case 0:
		e.Window = query.Window{Kind: query.Rolling, Seconds: pick[int64](g.rnd, 86400, 3*86400, 7*86400, 3600)}
	case 1:
		e.Window = query.Window{Kind: query.CalendarDays, N: pick(g.rnd, 1, 2, 7)}
	case 2, 3:
		e.Window = query.Window{Kind: query.LastN, N: pick(g.rnd, 1, 2, 3, 5, 30)}
	case 4:
		from, to := g.time().Text, g.time().Text
		if m, ok := parseMoment(from, g.w.zone); ok {
			if n, ok := parseMoment(to, g.w.zone); ok && m.first > n.first {
				from, to = to, from
			}
		}
		e.Window = query.Window{Kind: query.Range, From: from, To: to}
	}
	if g.rnd.IntN(2) == 0 {
		e.Where = g.where(2)
	}
	return e
}

func (g generator) where(depth int) query.Expr {
	if depth > 0 && g.rnd.IntN(2) == 0 {
		a, b := g.where(0), g.where(depth-1)
		switch g.rnd.IntN(3) {
		case 0:
			return &query.Not{X: b}
		case 1:
			if _, ok := b.(*query.And); !ok {
				return &query.And{Terms: []query.Expr{a, b}}
			}
		default:
			if _, ok := b.(*query.Or); !ok {
				return &query.Or{Terms: []query.Expr{a, b}}
			}
		}
	}
	prop := func(s string) query.Name { return query.Name{Text: s} }
	boolean := query.Literal{Kind: query.Bool, Text: pick(g.rnd, "true", "false")}
	textual := prop(pick(g.rnd, "mood", "agent", "mixed"))
	numeric := prop(pick(g.rnd, "talk", "mixed"))
	switch g.rnd.IntN(9) {
	case 0:
		return &query.Has{Name: prop("answered")}
	case 1:
		return &query.Compare{Name: prop(pick(g.rnd, "answered", "mixed")), Op: pick(g.rnd, query.Equal, query.NotEqual), Value: boolean}
	case 2:
		return &query.Compare{Name: textual, Op: g.op(), Value: text(pick(g.rnd, append(cities, "absent")...))}
	case 3:
		return &query.Like{Name: textual, Pattern: g.pattern()}
	case 4:
		return &query.In{Name: prop("mixed"), Values: []query.Literal{text("1"), g.number(), boolean}}
	case 5:
		return &query.Between{Name: numeric, Low: g.number(), High: g.number()}
	case 6:
		return &query.IsNull{Name: prop(pick(g.rnd, "talk", "mood", "answered", "mixed")), Not: g.rnd.IntN(2) == 0}
	case 7:
		return &query.Between{Name: textual, Low: text("B"), High: text(pick(g.rnd, "Z", "z", "北京"))}
	}
	return &query.Compare{Name: numeric, Op: g.op(), Value: g.number()}
}

func (g generator) aggregate() query.Expr {
	e := &query.Aggregate{Func: query.Func(g.rnd.IntN(7)), Events: g.events(), Op: g.op(), Value: g.number()}
	switch e.Func {
	case query.Sum, query.Avg, query.Min, query.Max:
		e.Prop = pick(g.rnd, "talk", "mixed")
	case query.Rate:
		if e.Events.Where == nil {
			e.Events.Where = g.where(1)
		}
		e.Value.Text = pick(g.rnd, "0", "0.5", "0.7", "1", "0.3333333333333333333333333", "0.25")
	case query.Count, query.DistinctDays:
		e.Value.Text = pick(g.rnd, "0", "1", "2", "2.5", "5", "-1")
	}
	if g.rnd.IntN(4) == 0 {
		e.Op = query.Equal
		high := g.number()
		e.High = &high
	}
	return e
}

// asked gives the ids of the ordinals.
func (m *memory) idsOf(set *index.Set) []string {
	var ids []string
	for _, t := range m.group.all {
		if set.Contains(t.ord) {
			ids = append(ids, t.id)
		}
	}
	return ids
}

// TestAgainstBruteForce compares every way to evaluate random expressions with the plain evaluator.
func TestAgainstBruteForce(t *testing.T) {
	worlds := 24
	if testing.Short() {
		worlds = 5
	}
	seed := uint64(time.Now().UnixNano())
	for i := range worlds {
		rnd := rand.New(rand.NewPCG(seed, uint64(i)))
		if i < 4 {
			rnd = rand.New(rand.NewPCG(uint64(i), 0)) // the same everywhere, for what is found once
		}
		crowded, each := i%4 == 1, 50
		if crowded {
			each = 12
		}
		w := randomWorld(rnd, crowded)
		a, b := w.build(rnd), w.build(rnd)
		cache := NewCache(16)
		g := generator{w, rnd}
		for range each {
			e := g.expr(&w.contacts, 3)
			label := fmt.Sprintf("seed %d world %d zone %s now %s\n%s", seed, i, w.zone,
				time.UnixMilli(w.now).In(w.zone).Format(time.RFC3339Nano), query.Print(e))
			compareAll(t, label, w, a, b, cache, e, rnd)
			if t.Failed() {
				return
			}
		}
		compareAccounts(t, w, a.account, g)
	}
}

func compareAccounts(t *testing.T, w *world, p *memory, g generator) {
	for range 20 {
		e := g.expr(&w.accounts, 2)
		want := brute{w, w.now}.select_(e, &w.accounts)
		pl := must(Compile(e, p))
		got := p.idsOf(must(pl.Set(p, Options{Now: w.now, Cipher: reversing{}})))
		if !slices.Equal(got, want) {
			t.Fatalf("%s over accounts: got %v, want %v", query.Print(e), got, want)
		}
	}
}

func compareAll(t *testing.T, label string, w *world, a, b *memory, cache *Cache, e query.Expr, rnd *rand.Rand) {
	t.Helper()
	want := brute{w, w.now}.select_(e, &w.contacts)
	pl, err := cache.Plan(query.Print(e), a)
	if err != nil {
		t.Fatalf("%s\n%v", label, err)
	}
	again := must(cache.PlanExpr(e, a))
	fresh := must(Compile(e, a))
	if pl != again {
		t.Fatalf("%s\nthe cache made two plans", label)
	}
	o := Options{Now: w.now, Cipher: reversing{}}
	many := o
	many.Workers = 4
	for _, run := range []struct {
		name string
		p    *memory
		pl   *Plan
		o    Options
	}{{"alone", a, pl, o}, {"workers", a, pl, many}, {"other layout", b, pl, o}, {"fresh plan", b, fresh, o}} {
		set, err := run.pl.Set(run.p, run.o)
		if err != nil {
			t.Fatalf("%s\n%s: %v", label, run.name, err)
		}
		if got := run.p.idsOf(set); !slices.Equal(got, want) || set.Card() != uint64(len(want)) {
			t.Fatalf("%s\n%s: got %v\nwant %v", label, run.name, got, want)
		}
		if n := must(run.pl.Count(run.p, run.o)); n != uint64(len(want)) {
			t.Fatalf("%s\n%s: count %d, want %d", label, run.name, n, len(want))
		}
	}
	comparePages(t, label, a, pl, o, want, 1+rnd.IntN(7)+len(want)/8)
	for range 8 {
		c := a.group.all[rnd.IntN(len(a.group.all))]
		// A plan that was never prepared decides one contact by itself.
		if got := must(must(Compile(e, a)).Contains(a, o, c.ord)); got != slices.Contains(want, c.id) {
			t.Fatalf("%s\ncontains %s: %v", label, c.id, got)
		}
	}
	root := must(pl.Explain(a, o))
	if root.Rows != uint64(len(want)) {
		t.Fatalf("%s\nexplain: %d rows, want %d", label, root.Rows, len(want))
	}
	compareExplained(t, label, root, a)
}

func compareExplained(t *testing.T, label string, n *Node, p *memory) {
	chunks := p.live.Chunks()
	if n.ChunksRead < 0 || n.SkippedEmpty < 0 || n.SkippedFull < 0 || n.ChunksRead+n.SkippedEmpty+n.SkippedFull != chunks {
		t.Fatalf("%s\nexplain %s: read %d, empty %d, full %d of %d chunks", label, n.Label, n.ChunksRead, n.SkippedEmpty, n.SkippedFull, chunks)
	}
	for _, child := range n.Children {
		compareExplained(t, label, child, p)
	}
}

func comparePages(t *testing.T, label string, p *memory, pl *Plan, o Options, want []string, limit int) {
	var got []string
	for after, more := uint32(0), true; more; {
		var ords []uint32
		var err error
		ords, after, more, err = pl.Page(p, o, after, limit)
		if err != nil || len(ords) > limit || more && len(ords) != limit {
			t.Fatalf("%s\npage of %d: %d ids, more %v, %v", label, limit, len(ords), more, err)
		}
		for _, ord := range ords {
			i := slices.IndexFunc(p.group.all, func(x *thing) bool { return x.ord == ord })
			got = append(got, p.group.all[i].id)
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%s\npages of %d: got %v\nwant %v", label, limit, got, want)
	}
}
