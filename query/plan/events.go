package plan

import (
	"math"
	"strings"

	"rollcall/index"
	"rollcall/query"
)

// aggregate is what is computed over a contact's selected events.
type aggregate uint8

const (
	anyEvent    aggregate = iota // at least one
	countEvents                  // within spans
	countDays                    // within spans
	sumValues                    // against limits, as the next four
	averageValue
	leastValue
	greatestValue
	shareEvents
	newestTime // within spans; NULL without an event
)

// eventSelection is a planned query.Events with what is asked of it.
type eventSelection struct {
	types  func(name string) bool
	window window
	where  *rowTest
	props  []propUse // the properties that where and value use

	aggregate aggregate
	value     int     // of sum, average, least and greatest: index into props
	limits    []limit // all of them have to hold
	spans     []span[int64]
}

// limit compares an aggregate with a constant.
type limit struct {
	op query.Op
	d  decimal
}

// selection plans which events are looked at.
func (c *compiler) selection(e query.Expr, ev query.Events) (*eventSelection, error) {
	if c.p.Events() == nil && c.p.Name() != "contact" {
		return nil, c.mismatch(e.Pos(), "", "events belong to contacts: this is asked about accounts")
	}
	s := &eventSelection{}
	if err := c.eventTypes(s, ev); err != nil {
		return nil, err
	}
	if err := c.window(s, ev.Window); err != nil {
		return nil, err
	}
	if ev.Where == nil {
		return s, nil
	}
	where, err := c.where(s, ev.Where)
	s.where = where
	return s, err
}

func (c *compiler) eventTypes(s *eventSelection, ev query.Events) error {
	prefix, open := strings.CutSuffix(ev.Type, "*")
	s.types = func(name string) bool { return name == ev.Type }
	if open {
		s.types = func(name string) bool { return strings.HasPrefix(name, prefix) }
	}
	for _, name := range c.p.EventTypes() {
		if s.types(name) {
			return nil
		}
	}
	if ev.Type == "*" {
		return nil
	}
	return c.unknown(int(ev.At), "event type", ev.Type, c.p.EventTypes())
}

func (c *compiler) window(s *eventSelection, w query.Window) error {
	s.window = window{kind: w.Kind, seconds: w.Seconds, n: w.N}
	if w.Kind != query.Range {
		return nil
	}
	from, ok := parseMoment(w.From, c.p.Zone())
	to, okTo := parseMoment(w.To, c.p.Zone())
	if !ok || !okTo {
		return c.fail(query.CodeWindow, int(w.At), "",
			"a window runs from one date or instant to another: write '2024-10-01'..'2024-10-31', or '2024-10-01T09:30:00+08:00'..'2024-10-31'")
	}
	if from.first > to.last {
		return c.fail(query.CodeWindow, int(w.At), "", "the window ends before it begins: exchange its ends")
	}
	s.window.from, s.window.to = from.first, to.last
	return nil
}

func (c *compiler) did(e *query.Did) (arm, error) {
	s, err := c.selection(e, e.Events)
	if err != nil {
		return arm{}, err
	}
	if s.where == nil && s.window.kind == query.LastN {
		s.window = window{} // the newest n hold an event when there is one at all
	}
	return arm{n: &node{leaf: s.source()}, expr: e}, nil
}

func (c *compiler) aggregate(e *query.Aggregate) (arm, error) {
	s, err := c.selection(e, e.Events)
	if err != nil {
		return arm{}, err
	}
	if e.Prop != "" {
		if s.value, _, err = c.prop(s, query.Name{Text: e.Prop}, e.Pos(), query.Number); err != nil {
			return arm{}, err
		}
	}
	if s.limits, err = c.limits(e); err != nil {
		return arm{}, err
	}
	s.aggregate = map[query.Func]aggregate{
		query.Count: countEvents, query.Sum: sumValues, query.Avg: averageValue, query.Min: leastValue,
		query.Max: greatestValue, query.Rate: shareEvents, query.DistinctDays: countDays,
	}[e.Func]
	not := false
	if s.aggregate == countEvents || s.aggregate == countDays {
		s.spans = countSpans(s.limits)
		s.findOne()
		// None is the opposite of one; of the newest n, none may also mean NULL.
		if len(s.spans) == 1 && s.spans[0] == (span[int64]{0, 0}) && s.window.kind != query.LastN {
			s.aggregate, not = anyEvent, true
		}
	}
	return arm{&node{leaf: s.source()}, not, e}, nil
}

// findOne makes "at least one event" (or day with one) of a count that any number of events satisfies.
func (s *eventSelection) findOne() {
	if s.aggregate != newestTime && len(s.spans) == 1 && s.spans[0] == (span[int64]{1, math.MaxInt64}) {
		s.aggregate = anyEvent
	}
}

// limits plans the comparison of an aggregate.
func (c *compiler) limits(e *query.Aggregate) ([]limit, error) {
	for _, l := range []*query.Literal{&e.Value, e.High} {
		if l != nil && l.Kind != query.Number {
			return nil, c.mismatch(int(l.At), "", "an aggregate is a number: compare it with a number without quotes")
		}
	}
	low, err := c.decimal(e.Value)
	if err != nil || e.High == nil {
		return []limit{{e.Op, low}}, err
	}
	high, err := c.decimal(*e.High)
	return []limit{{query.GreaterEqual, low}, {query.LessEqual, high}}, err
}

// countSpans gives the counts, 0 and more, that satisfy all limits.
func countSpans(limits []limit) []span[int64] {
	out := []span[int64]{{0, math.MaxInt64}}
	for _, l := range limits {
		var kept []span[int64]
		for _, a := range out {
			for _, b := range intSpans(l.op, l.d) {
				if lo, hi := max(a.lo, b.lo), min(a.hi, b.hi); lo <= hi {
					kept = append(kept, span[int64]{lo, hi})
				}
			}
		}
		out = kept
	}
	return out
}

func (s *eventSelection) source() source {
	return func(b *binding) (leaf, error) { return s.bind(b) }
}

// eventLeaf is an eventSelection tied to the events of one root and to the current time.
type eventLeaf struct {
	*eventSelection
	events    *index.Events
	ev        *evaluation
	codes     []uint32 // the types, ascending
	lo, hi    int64    // the window, both included
	newest    int      // of last n: n
	where     *rowTest
	propCodes []uint32
	none      bool // what holds for a contact without events in the window
}

func (s *eventSelection) bind(b *binding) (leaf, error) {
	l := &eventLeaf{eventSelection: s, events: b.ev.p.Events(), ev: b.ev}
	for i, name := range b.ev.p.EventTypes() {
		if s.types(name) {
			l.codes = append(l.codes, uint32(i+1))
		}
	}
	for _, use := range s.props {
		prop, _ := b.ev.p.Prop(use.name)
		l.propCodes = append(l.propCodes, prop.Code)
	}
	if s.where != nil {
		where, err := s.where.bind(b, s.props)
		if err != nil {
			return nil, err
		}
		l.where = where
	}
	l.lo, l.hi = s.window.edges(b.ev.o.Now, b.ev.zone)
	if s.window.kind == query.LastN {
		l.newest = s.window.n
	}
	l.none = l.accepts(&tally{})
	return l, nil
}

func (l *eventLeaf) prepare() error {
	if l.where == nil {
		return nil
	}
	return l.where.prepare()
}

// marks tells that finding one event in the window is all.
func (l *eventLeaf) marks() bool { return l.aggregate == anyEvent && l.where == nil && l.newest == 0 }

func (l *eventLeaf) look(chunk int) look {
	none := look{state: empty}
	if l.none {
		none.state = full
	}
	for _, code := range l.codes {
		rows := l.events.Rows(chunk, code)
		if rows == nil {
			continue
		}
		if first, last := rows.Span(); first <= l.hi && last >= l.lo {
			return look{}
		}
		none.zone = true
	}
	return none
}

func (l *eventLeaf) eval(w *worker, chunk int, among, m *index.Mask) {
	if l.none {
		m.Fill()
	} else {
		m.Clear()
	}
	s := &w.events
	s.m = m
	if l.marks() {
		s.start(l, chunk)
		for _, rows := range s.rows {
			rows.MarkWindow(l.lo, l.hi, m)
		}
		return
	}
	s.collect(l, chunk, among, nil)
}

func (l *eventLeaf) holds(w *worker, ord uint32) bool {
	s := &w.events
	s.start(l, int(ord>>16))
	groups := s.groupsOf(uint16(ord))
	if len(groups) == 0 {
		return l.none
	}
	return l.accepts(s.tallyOf(groups))
}
