package plan

import (
	"math"
	"slices"
	"sort"

	"rollcall/index"
	"rollcall/query"
)

// tally is what was found among one contact's events.
type tally struct {
	seen   int64 // events of the type in the window
	hits   int64 // of these, what satisfies the where
	values int64 // of these, what has the property
	sum    int128
	least  float64
	most   float64
	newest int64
	days   int64
}

// accepts decides whether the comparison holds. It does not when the aggregate is NULL.
func (l *eventLeaf) accepts(t *tally) bool {
	if l.newest > 0 && t.seen == 0 {
		return false
	}
	switch l.aggregate {
	case anyEvent:
		return t.hits > 0
	case countEvents:
		return within(l.spans, t.hits)
	case countDays:
		return within(l.spans, t.days)
	case sumValues:
		return l.within(func(d decimal) int { return d.order(t.sum, microsPerUnit) })
	case averageValue:
		return t.values > 0 && l.within(func(d decimal) int { return d.order(t.sum, microsPerUnit*t.values) })
	case leastValue:
		return t.values > 0 && l.within(func(d decimal) int { return compareFloats(t.least, d.float) })
	case greatestValue:
		return t.values > 0 && l.within(func(d decimal) int { return compareFloats(t.most, d.float) })
	case shareEvents:
		return t.seen > 0 && l.within(func(d decimal) int { return d.order(int128Of(t.hits), t.seen) })
	}
	return t.hits > 0 && within(l.spans, t.newest)
}

// within tells whether every limit holds; order compares the aggregate with a limit's constant.
func (l *eventLeaf) within(order func(d decimal) int) bool {
	for _, limit := range l.limits {
		if !holdsOrder(limit.op, order(limit.d)) {
			return false
		}
	}
	return true
}

func compareFloats(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// eventScratch is a worker's state while it goes through the events of a chunk. Its callbacks are made once.
type eventScratch struct {
	leaf     *eventLeaf
	chunk    int
	among, m *index.Mask
	emit     func(slot uint16, t *tally) // of breakdowns: takes the tally instead of m
	rows     []*index.Rows
	columns  []propColumns // those of rows[i] begin at i * len(leaf.props)
	days     []int64
	day      localDay
	tally    tally
	one      [1]index.Group
	groups   []index.Group

	visitOne    func(slot uint16, lo, hi uint32, tail []uint32)
	visitGroups func(slot uint16, groups []index.Group) bool
	visitRow    func(rows *index.Rows, row uint32) bool
}

func (s *eventScratch) init() {
	s.visitGroups = func(slot uint16, groups []index.Group) bool {
		s.visit(slot, groups)
		return true
	}
	s.visitOne = func(slot uint16, lo, hi uint32, tail []uint32) {
		s.one[0] = index.Group{Rows: s.rows[0], Lo: lo, Hi: hi, Tail: tail}
		s.visit(slot, s.one[:])
	}
	s.visitRow = func(rows *index.Rows, row uint32) bool {
		return s.take(rows, s.columnsOf(rows), row)
	}
}

// forget lets go of the rows of the last evaluation.
func (s *eventScratch) forget() {
	clear(s.rows[:cap(s.rows)])
	clear(s.columns[:cap(s.columns)])
	clear(s.groups[:cap(s.groups)])
	s.leaf, s.among, s.m, s.emit, s.one[0] = nil, nil, nil, nil, index.Group{}
}

// collect visits every contact of the chunk (of among, when given) that has events of the leaf's types: emit gets its
// tally, or without emit its bit of s.m is set.
func (s *eventScratch) collect(l *eventLeaf, chunk int, among *index.Mask, emit func(slot uint16, t *tally)) {
	s.start(l, chunk)
	s.among, s.emit = among, emit
	if len(s.rows) == 1 {
		s.rows[0].Groups(s.visitOne)
	} else {
		index.GroupsOf(s.rows, s.visitGroups)
	}
}

// start takes the rows of a chunk that reach into the window. It keeps those of the chunk before when that is the same
// one: slots that are tested one by one share them.
func (s *eventScratch) start(l *eventLeaf, chunk int) {
	if s.leaf == l && s.chunk == chunk {
		return
	}
	s.leaf, s.chunk, s.rows, s.columns = l, chunk, s.rows[:0], s.columns[:0]
	if s.day.zone != l.ev.zone {
		s.day = localDay{zone: l.ev.zone}
	}
	for _, code := range l.codes {
		rows := l.events.Rows(chunk, code)
		if rows == nil {
			continue
		}
		if first, last := rows.Span(); first > l.hi || last < l.lo {
			continue
		}
		s.rows = append(s.rows, rows)
		for i := range l.props {
			s.columns = append(s.columns, l.props[i].columns(rows, l.propCodes[i]))
		}
	}
}

func (s *eventScratch) columnsOf(rows *index.Rows) []propColumns {
	n := len(s.leaf.props)
	i := 0
	for s.rows[i] != rows {
		i++
	}
	return s.columns[i*n : (i+1)*n]
}

// groupsOf gives the groups of one contact in the rows that start took.
func (s *eventScratch) groupsOf(slot uint16) []index.Group {
	s.groups = s.groups[:0]
	for _, rows := range s.rows {
		if g := rows.Find(slot); g.Len() > 0 {
			s.groups = append(s.groups, g)
		}
	}
	return s.groups
}

// visit decides one contact.
func (s *eventScratch) visit(slot uint16, groups []index.Group) {
	if s.among != nil && !s.among.Get(slot) {
		return
	}
	t := s.tallyOf(groups)
	switch {
	case s.emit != nil:
		s.emit(slot, t)
	case s.leaf.accepts(t):
		s.m.Set(slot)
	default:
		s.m.Unset(slot)
	}
}

// tallyOf goes through the events of one contact that the window lets through.
func (s *eventScratch) tallyOf(groups []index.Group) *tally {
	l := s.leaf
	s.tally = tally{least: math.Inf(1), most: math.Inf(-1), newest: math.MinInt64}
	s.days = s.days[:0]
	if l.newest > 0 && !fewer(groups, l.newest) {
		index.NewestOf(groups, l.newest, l.hi, s.visitRow)
	} else {
		for _, g := range groups {
			if !s.takeGroup(g) {
				break
			}
		}
	}
	if l.aggregate == countDays {
		slices.Sort(s.days)
		s.tally.days = int64(len(slices.Compact(s.days)))
	}
	return &s.tally
}

// fewer tells that there are no more than n events, so that the newest n are all and need no order.
func fewer(groups []index.Group, n int) bool {
	for i := range groups {
		n -= groups[i].Len()
	}
	return n >= 0
}

// takeGroup takes the rows of a group in the window; false says that nothing more can change the answer.
func (s *eventScratch) takeGroup(g index.Group) bool {
	l, rows := s.leaf, g.Rows
	columns := s.columnsOf(rows)
	lo, hi := g.Lo, g.Hi
	if lo < hi && l.lo > rows.Time(lo) {
		lo += uint32(sort.Search(int(hi-lo), func(i int) bool { return rows.Time(g.Lo+uint32(i)) >= l.lo }))
	}
	if lo < hi && l.hi < rows.Time(hi-1) {
		hi = lo + uint32(sort.Search(int(hi-lo), func(i int) bool { return rows.Time(lo+uint32(i)) > l.hi }))
	}
	if l.aggregate == countEvents && l.where == nil {
		s.tally.seen += int64(hi - lo)
		s.tally.hits += int64(hi - lo)
		lo = hi
	}
	for row := lo; row < hi; row++ {
		if !s.take(rows, columns, row) {
			return false
		}
	}
	for _, row := range g.Tail {
		if at := rows.Time(row); l.lo <= at && at <= l.hi && !s.take(rows, columns, row) {
			return false
		}
	}
	return true
}

// take counts one event in; false says that nothing more can change the answer.
func (s *eventScratch) take(rows *index.Rows, columns []propColumns, row uint32) bool {
	l, t := s.leaf, &s.tally
	t.seen++
	if l.where != nil && !l.where.holds(columns, row) {
		return true
	}
	t.hits++
	switch l.aggregate {
	case anyEvent:
		return false
	case countDays:
		if day := s.day.of(rows.Time(row)); len(s.days) == 0 || s.days[len(s.days)-1] != day {
			s.days = append(s.days, day)
		}
	case newestTime:
		t.newest = max(t.newest, rows.Time(row))
	case sumValues, averageValue, leastValue, greatestValue:
		v, ok := columns[l.value].num.Get(row)
		if !ok {
			return true
		}
		t.values++
		t.least, t.most = min(t.least, v), max(t.most, v)
		if l.aggregate == sumValues || l.aggregate == averageValue {
			t.sum = t.sum.add(micros(v))
		}
	}
	return true
}

// computedSource plans spans over a computed attribute.
func computedSource(attr Attribute, spans []span[int64]) source {
	s := computedSelection(attr)
	s.spans = spans
	s.findOne()
	return s.source()
}

// computedPresentSource plans "has a value" for a computed attribute: a number of events is never NULL.
func computedPresentSource(attr Attribute) source {
	s := computedSelection(attr)
	s.spans = []span[int64]{{math.MinInt64, math.MaxInt64}}
	return s.source()
}

func computedSelection(attr Attribute) *eventSelection {
	types := attr.Types
	s := &eventSelection{types: func(name string) bool { return slices.Contains(types, name) }}
	switch attr.Computed {
	case Interactions7d:
		s.aggregate = countEvents
		s.window = window{kind: query.Rolling, seconds: 7 * 24 * 3600}
	case LastInteractionAt:
		s.aggregate = newestTime
	}
	return s
}
