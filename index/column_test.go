package index

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// columnTwin is the dumb twin of a Column: the ordinals of the first chunks that have a value.
type columnTwin[T Value] struct {
	vals [ChunkSize + 4096]T
	has  [ChunkSize + 4096]bool
}

// columnVersion is a published column and what it must hold for ever.
type columnVersion[T Value] struct {
	column *Column[T]
	twin   *columnTwin[T]
}

// check compares every answer of the column with the twin, over ranges drawn from values.
func (v columnVersion[T]) check(t *rapid.T, random *rand.Rand, draw func(*rand.Rand) T) {
	lo, hi := draw(random), draw(random)
	if random.IntN(4) == 0 {
		lo = hi
	}
	codes := map[uint32]bool{}
	for range random.IntN(6) {
		codes[uint32(int64(draw(random)))] = true
	}
	for i := range 2 {
		c := v.column.Chunk(i)
		end := min((i+1)*ChunkSize, len(v.twin.vals))
		vals, has := v.twin.vals[i*ChunkSize:end], v.twin.has[i*ChunkSize:end]
		var present, between, matched, filter, each Mask
		c.Present(&present)
		c.Between(lo, hi, &between)
		for j := range filter {
			filter[j] = random.Uint64()
		}
		c.Each(&filter, func(slot uint16, x T) {
			each.Set(slot)
			if x != vals[slot] {
				t.Fatalf("Each gives %v for slot %d, want %v", x, slot, vals[slot])
			}
		})
		ofCodes, isCodes := any(c).(*ColumnChunk[uint32])
		if isCodes {
			var set CodeSet
			for code := range codes {
				set.Add(code)
			}
			MatchCodes(ofCodes, &set, &matched)
		}
		min, max, some := c.Zone()
		for slot, want := range vals {
			s, in := uint16(slot), has[slot]
			if got, ok := c.Get(s); ok != in || in && got != want {
				t.Fatalf("chunk %d slot %d is %v %v, want %v %v", i, slot, got, ok, want, in)
			}
			if present.Get(s) != in || each.Get(s) != (in && filter.Get(s)) {
				t.Fatalf("chunk %d slot %d: present %v, each %v, want %v", i, slot, present.Get(s), each.Get(s), in)
			}
			if between.Get(s) != (in && lo <= want && want <= hi) {
				t.Fatalf("chunk %d slot %d with %v: between %v and %v is %v", i, slot, want, lo, hi, between.Get(s))
			}
			if isCodes && matched.Get(s) != (in && codes[uint32(int64(want))]) {
				t.Fatalf("chunk %d slot %d with %v: one of %v is %v", i, slot, want, codes, matched.Get(s))
			}
			if in && (!some || want < min || want > max) {
				t.Fatalf("chunk %d: %v lies outside the zone %v to %v (%v)", i, want, min, max, some)
			}
		}
	}
}

// checkEach compares the walk over the column with the twin.
func (v columnVersion[T]) checkEach(t *rapid.T, limit int) {
	next, calls := 0, 0
	skip := func() {
		for next < len(v.twin.has) && !v.twin.has[next] {
			next++
		}
	}
	v.column.Each(func(ord uint32, x T) bool {
		if skip(); int(ord) != next || x != v.twin.vals[next] {
			t.Fatalf("Each gives %v for %d, want %d", x, ord, next)
		}
		next++
		calls++
		return calls < limit
	})
	if skip(); next < len(v.twin.has) && calls != limit {
		t.Fatalf("Each stops before %d", next)
	}
}

// columnMachine drives a column and its twin through the same changes.
type columnMachine[T Value] struct {
	draw    func(*rand.Rand) T
	random  *rand.Rand
	edit    *ColumnEdit[T]
	twin    *columnTwin[T]
	kept    []columnVersion[T]
	stored  storedColumn
	flushed *Column[T]
}

func (s *columnMachine[T]) put(t *rapid.T, ord uint32, live bool) {
	if got, ok := s.edit.Get(ord); ok != s.twin.has[ord] || ok && got != s.twin.vals[ord] {
		t.Fatalf("edit: Get(%d) = %v %v, want %v %v", ord, got, ok, s.twin.vals[ord], s.twin.has[ord])
	}
	if !live {
		s.edit.Clear(ord)
		s.twin.has[ord] = false
		return
	}
	v := s.draw(s.random)
	s.edit.Set(ord, v)
	s.twin.vals[ord], s.twin.has[ord] = v, true
}

// Change sets or clears some ordinals: few for short deltas, many for folds, narrow for repeated slots.
func (s *columnMachine[T]) Change(t *rapid.T) {
	from := rapid.SampledFrom([]uint32{0, 1000, ChunkSize - 200, ChunkSize}).Draw(t, "from")
	spread := rapid.SampledFrom([]uint32{1, 10, 500, 5000, ChunkSize}).Draw(t, "spread")
	clears := rapid.IntRange(0, 3).Draw(t, "clears of four")
	for range rapid.SampledFrom([]int{1, 5, 20, 300, 2500}).Draw(t, "n") {
		ord := (from + s.random.Uint32N(spread)) % uint32(len(s.twin.vals))
		s.put(t, ord, s.random.IntN(4) >= clears)
	}
}

// Fill gives a value to adjacent ordinals.
func (s *columnMachine[T]) Fill(t *rapid.T) {
	from := rapid.IntRange(0, len(s.twin.vals)-1).Draw(t, "from")
	for ord := from; ord < min(from+5000, len(s.twin.vals)); ord++ {
		s.put(t, uint32(ord), true)
	}
}

func (s *columnMachine[T]) publish() *Column[T] {
	column, twin := s.edit.Publish(), *s.twin
	s.kept = append(s.kept, columnVersion[T]{column, &twin})
	if len(s.kept) > 4 {
		s.kept = s.kept[1:]
	}
	return column
}

// Publish keeps the version and goes on with the same edit or with a new one.
func (s *columnMachine[T]) Publish(t *rapid.T) {
	if column := s.publish(); rapid.Bool().Draw(t, "new edit") {
		s.edit = column.Edit()
	}
}

// Drop leaves the edit unpublished and goes back to some version, from which the history forks.
func (s *columnMachine[T]) Drop(t *rapid.T) {
	if len(s.kept) == 0 {
		t.Skip("nothing published")
	}
	v := rapid.SampledFrom(s.kept).Draw(t, "version")
	twin := *v.twin
	s.edit, s.twin = v.column.Edit(), &twin
}

// storedColumn is what a store holds of a column, kept by the rules that Pages states.
type storedColumn map[int]*storedChunk

type storedChunk struct {
	base   []byte
	deltas []storedDelta
}

type storedDelta struct {
	from int
	data []byte
}

func (s storedColumn) emit(chunk int, base bool, from int, data []byte) error {
	c := s[chunk]
	if base || c == nil {
		c = new(storedChunk)
		s[chunk] = c
	}
	switch {
	case base:
		c.base = data
	case from == 0:
		c.deltas = []storedDelta{{0, data}}
	default:
		c.deltas = append(c.deltas, storedDelta{from, data})
	}
	return nil
}

func load[T Value](stored storedColumn) (*Column[T], error) {
	l := NewColumnLoader[T]()
	for i, c := range stored {
		if c.base != nil {
			if err := l.Load(i, true, 0, c.base); err != nil {
				return nil, err
			}
		}
		for _, d := range c.deltas {
			if err := l.Load(i, false, d.from, d.data); err != nil {
				return nil, err
			}
		}
	}
	return l.Column(), nil
}

// Flush stores the pages that changed and loads a column from the store, with which the run may go on.
func (s *columnMachine[T]) Flush(t *rapid.T) {
	column := s.publish()
	if err := column.Pages(s.flushed, s.stored.emit); err != nil {
		t.Fatal(err)
	}
	s.flushed = column
	loaded, err := load[T](s.stored)
	if err != nil {
		t.Fatal(err)
	}
	twin := *s.twin
	v := columnVersion[T]{loaded, &twin}
	if v.check(t, s.random, s.draw); rapid.Bool().Draw(t, "restart") {
		s.flushed, s.edit = loaded, loaded.Edit()
	}
}

// Look checks a version that was published some time ago.
func (s *columnMachine[T]) Look(t *rapid.T) {
	if len(s.kept) == 0 {
		t.Skip("nothing published")
	}
	v := s.kept[s.random.IntN(len(s.kept))]
	v.check(t, s.random, s.draw)
	v.checkEach(t, 1+s.random.IntN(3000))
}

// Check is called after every step.
func (s *columnMachine[T]) Check(*rapid.T) {}

func testColumn[T Value](t *testing.T, draw func(*rand.Rand) T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &columnMachine[T]{
			draw: draw, random: rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)),
			edit: (*Column[T])(nil).Edit(), twin: new(columnTwin[T]), stored: storedColumn{},
		}
		t.Repeat(rapid.StateMachineActions(s))
	})
}

func TestBoolColumnAgainstTwin(t *testing.T) {
	testColumn(t, func(r *rand.Rand) uint8 { return uint8(r.IntN(2)) })
}

func TestCodeColumnAgainstTwin(t *testing.T) {
	testColumn(t, func(r *rand.Rand) uint32 {
		return []uint32{1 + r.Uint32N(5), 1 + r.Uint32N(60), 60 + r.Uint32N(10), r.Uint32N(5000), 300000}[min(r.IntN(40), 4)]
	})
}

func TestFewCodesColumnAgainstTwin(t *testing.T) {
	testColumn(t, func(r *rand.Rand) uint32 { return 1 + r.Uint32N(9) })
}

func TestIntColumnAgainstTwin(t *testing.T) {
	testColumn(t, func(r *rand.Rand) int64 {
		switch r.IntN(20) {
		case 0:
			return math.MinInt64 + r.Int64N(3)
		case 1:
			return math.MaxInt64 - r.Int64N(3)
		}
		return 1729000000000 + r.Int64N(1000)
	})
}

func TestFloatColumnAgainstTwin(t *testing.T) {
	testColumn(t, func(r *rand.Rand) float64 {
		switch r.IntN(20) {
		case 0:
			return math.Inf(1)
		case 1:
			return math.Inf(-1)
		case 2:
			return math.Copysign(0, -1)
		}
		return float64(r.IntN(100)) / 4
	})
}

func TestNaNIsNoValue(t *testing.T) {
	e := new(Column[float64]).Edit()
	e.Set(1, 2.5)
	e.Set(1, math.NaN())
	e.Set(2, math.NaN())
	c := e.Publish()
	for ord := range uint32(3) {
		if v, ok := c.Get(ord); ok {
			t.Errorf("ordinal %d has the value %v", ord, v)
		}
	}
}

func TestColumnOfNothing(t *testing.T) {
	for name, c := range map[string]*Column[int64]{"nil": nil, "zero": {}, "published": new(Column[int64]).Edit().Publish()} {
		m := Mask{1}
		c.Chunk(0).Between(math.MinInt64, math.MaxInt64, &m)
		if _, ok := c.Get(5); ok || c.Chunks() != 0 || !m.Empty() {
			t.Errorf("%s column is not empty", name)
		}
		e := c.Edit()
		e.Clear(5)
		if e.Publish().Chunks() != 0 {
			t.Errorf("%s column: clearing nothing made a chunk", name)
		}
		e.Set(math.MaxUint32, -7)
		if v, ok := e.Publish().Get(math.MaxUint32); !ok || v != -7 {
			t.Errorf("%s column does not take the last ordinal: %v %v", name, v, ok)
		}
	}
}

func TestBetweenOfNoRange(t *testing.T) {
	e := new(Column[float64]).Edit()
	e.Set(1, 2)
	c := e.Publish().Chunk(0)
	for _, bounds := range [][2]float64{{3, 1}, {math.NaN(), 5}, {0, math.NaN()}, {3, 9}, {-1, 1}} {
		m := Mask{1}
		if c.Between(bounds[0], bounds[1], &m); !m.Empty() {
			t.Errorf("between %v and %v: %d slots", bounds[0], bounds[1], m.Count())
		}
	}
}

// A fold gives the exact bounds back, whatever was overwritten.
func TestFoldMakesTheZoneExact(t *testing.T) {
	e := new(Column[int64]).Edit()
	e.Set(7, -1000)
	e.Set(8, 1000)
	e.Publish()
	e.Set(7, 1)
	e.Clear(8)
	if lo, hi, _ := e.Publish().Chunk(0).Zone(); lo != -1000 || hi != 1000 {
		t.Fatalf("before a fold the zone is %d to %d", lo, hi)
	}
	for i := range uint32(foldAt) {
		e.Set(100+i, 50+int64(i))
	}
	c := e.Publish().Chunk(0)
	if lo, hi, any := c.Zone(); c.base == nil || c.n != 0 || lo != 1 || hi != 49+foldAt || !any {
		t.Errorf("after a fold the zone is %d to %d, %d entries", lo, hi, c.n)
	}
	for i := range uint32(foldAt) {
		e.Clear(100 + i)
	}
	e.Clear(7)
	e.Set(9, 5)
	e.Clear(9)
	if lo, hi, any := e.Publish().Chunk(0).Zone(); any {
		t.Errorf("with no value left the zone is %d to %d", lo, hi)
	}
}

func TestPublishAppendsToTheSameDelta(t *testing.T) {
	e := new(Column[int64]).Edit()
	for ord := range uint32(20) {
		e.Set(ord, int64(ord))
	}
	old := e.Publish()
	e.Set(3, 333)
	now := e.Publish()
	if old.Chunk(0).delta != now.Chunk(0).delta {
		t.Error("a publish copied the delta")
	}
	if v, _ := old.Get(3); v != 3 {
		t.Errorf("the old version has %d now", v)
	}
	var entries int
	err := now.Pages(old, func(chunk int, base bool, from int, data []byte) error {
		entries++
		if chunk != 0 || base || from != 20 {
			t.Errorf("chunk %d, base %v, from %d", chunk, base, from)
		}
		return decodeEntries(data, func(slot uint16, v int64, live bool) {
			if slot != 3 || v != 333 || !live {
				t.Errorf("entry %d %d %v", slot, v, live)
			}
		})
	})
	if err != nil || entries != 1 {
		t.Errorf("%d pages, %v", entries, err)
	}
}

func TestPagesOfAnotherHistory(t *testing.T) {
	a := new(Column[int64]).Edit()
	for ord := range uint32(3000) {
		a.Set(ord, int64(ord))
	}
	a.Set(200000, 1)
	stored := storedColumn{}
	prev := a.Publish()
	if err := prev.Pages(nil, stored.emit); err != nil {
		t.Fatal(err)
	}
	b := new(Column[int64]).Edit()
	b.Set(5, 55)
	if err := b.Publish().Pages(prev, stored.emit); err != nil {
		t.Fatal(err)
	}
	c, err := load[int64](stored)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for i := range c.Chunks() {
		var m Mask
		c.Chunk(i).Present(&m)
		n += m.Count()
	}
	if v, ok := c.Get(5); n != 1 || v != 55 || !ok {
		t.Errorf("%d values, %d %v", n, v, ok)
	}
}

func TestColumnPagesStopsAtAnError(t *testing.T) {
	stop := errors.New("disk")
	for name, n := range map[string]uint32{"delta": 1, "base": 3 * foldAt} {
		e := new(Column[uint8]).Edit()
		for ord := range n {
			e.Set(ord, 1)
			e.Set(ord+ChunkSize, 1)
		}
		calls := 0
		err := e.Publish().Pages(nil, func(int, bool, int, []byte) error { calls++; return stop })
		if !errors.Is(err, stop) || calls != 1 {
			t.Errorf("%s: %v after %d calls", name, err, calls)
		}
	}
}

// Two versions that come from one whose delta was just full are two histories: the pages of one do not continue those
// of the other.
func TestForkAtAFullDelta(t *testing.T) {
	e := new(Column[int64]).Edit()
	for ord := range uint32(shortDelta) {
		e.Set(ord, 1)
	}
	full := e.Publish()
	e.Set(100, 2)
	one := e.Publish()
	e = full.Edit()
	e.Set(200, 3)
	e.Set(201, 4)
	other := e.Publish()
	stored := storedColumn{}
	if err := errors.Join(one.Pages(nil, stored.emit), other.Pages(one, stored.emit)); err != nil {
		t.Fatal(err)
	}
	c, err := load[int64](stored)
	if err != nil {
		t.Fatal(err)
	}
	for ord, want := range map[uint32]int64{0: 1, 100: 0, 200: 3, 201: 4} {
		if v, ok := c.Get(ord); v != want || ok != (want != 0) {
			t.Errorf("ordinal %d is %d %v, want %d", ord, v, ok, want)
		}
	}
}
