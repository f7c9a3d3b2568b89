package plan

import (
	"fmt"
	"strconv"
	"time"

	"rollcall/index"
	"rollcall/query"
)

// grouping counts the slots of masks by a value.
type grouping interface {
	count(w *worker, chunk int, m *index.Mask)
	size() int
	buckets() ([]Bucket, error)
}

func (ev *evaluation) grouping(by query.Name) (grouping, error) {
	c := compiler{p: ev.p, total: new(int)}
	if by.Account {
		accounts, err := c.accounts(by, 0)
		if err != nil {
			return nil, err
		}
		_, column := ev.p.Account()
		inner := &evaluation{p: accounts, o: ev.o, zone: ev.zone, outer: ev}
		inner.live = accounts.Live()
		byAccount, err := inner.grouping(query.Name{Text: by.Text})
		if err != nil {
			return nil, err
		}
		v, ok := byAccount.(valuer)
		if !ok {
			return nil, c.mismatch(0, "", "account.%s cannot be broken down by: take a tag or an attribute of accounts", by.Text)
		}
		return &accountGroups{column: column, by: v}, nil
	}
	f, err := c.resolve(by, 0)
	if err != nil {
		return nil, err
	}
	switch {
	case f.flag():
		return ev.memberGroups(by)
	case f.text():
		return ev.textGroups(f), nil
	case f.attr.Computed != "":
		return ev.computedGroups(f)
	}
	day := &localDay{zone: ev.zone}
	switch f.attr.Kind {
	case Float:
		return &valueGroups[float64]{column: f.attr.Floats, format: formatFloat}, nil
	case Bool:
		return &valueGroups[uint8]{column: f.attr.Bools, format: formatBool}, nil
	case Time:
		return &valueGroups[int64]{column: f.attr.Ints, format: formatDay, key: day.of}, nil
	}
	return &valueGroups[int64]{column: f.attr.Ints, format: formatInt}, nil
}

func formatFloat(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
func formatInt(v int64) string     { return strconv.FormatInt(v, 10) }
func formatBool(v uint8) string    { return strconv.FormatBool(v != 0) }
func formatDay(day int64) string   { return time.UnixMilli(day * dayMillis).UTC().Format(time.DateOnly) }

// valuer is a grouping that knows the value of one ordinal, so that contacts may be grouped by their accounts.
type valuer interface {
	grouping
	add(ord uint32)
}

// valueGroups groups by a column; key, when given, turns a value into what is grouped by.
type valueGroups[T index.Value] struct {
	column *index.Column[T]
	key    func(T) T
	format func(T) string
	counts map[T]uint64
}

func (g *valueGroups[T]) tally(v T) {
	if g.key != nil {
		v = g.key(v)
	}
	if g.counts == nil {
		g.counts = make(map[T]uint64)
	}
	g.counts[v]++
}

func (g *valueGroups[T]) count(_ *worker, chunk int, m *index.Mask) {
	g.column.Chunk(chunk).Each(m, func(_ uint16, v T) {
		if len(g.counts) <= MaxBuckets {
			g.tally(v)
		}
	})
}

func (g *valueGroups[T]) add(ord uint32) {
	if v, ok := g.column.Get(ord); ok {
		g.tally(v)
	}
}

func (g *valueGroups[T]) size() int { return len(g.counts) }

func (g *valueGroups[T]) buckets() ([]Bucket, error) {
	out := make([]Bucket, 0, len(g.counts))
	for v, n := range g.counts {
		out = append(out, Bucket{Value: g.format(v), Count: n})
	}
	return out, nil
}

// textGroups groups by a text attribute or a tag with values.
type textGroups struct {
	column   *index.Column[uint32]
	dict     index.DictView
	cipher   Cipher
	sealed   bool
	counts   []uint64 // by code
	distinct int
}

func (ev *evaluation) textGroups(f field) *textGroups {
	b := binding{ev: ev}
	g := &textGroups{cipher: ev.o.Cipher}
	g.column, g.dict, g.sealed = b.texts(f)
	return g
}

func (g *textGroups) count(_ *worker, chunk int, m *index.Mask) {
	g.column.Chunk(chunk).Each(m, func(_ uint16, code uint32) { g.tally(code) })
}

func (g *textGroups) add(ord uint32) {
	if code, ok := g.column.Get(ord); ok {
		g.tally(code)
	}
}

func (g *textGroups) tally(code uint32) {
	if int(code) >= len(g.counts) {
		if g.distinct > MaxBuckets {
			return
		}
		g.counts = append(g.counts, make([]uint64, int(code)+1-len(g.counts))...)
	}
	if g.counts[code]++; g.counts[code] == 1 {
		g.distinct++
	}
}

func (g *textGroups) size() int { return g.distinct }

func (g *textGroups) buckets() ([]Bucket, error) {
	if g.sealed && g.cipher == nil {
		return nil, errNoCipher
	}
	var out []Bucket
	for code, n := range g.counts {
		if n == 0 {
			continue
		}
		text := g.dict.Text(uint32(code))
		if g.sealed {
			var err error
			if text, err = g.cipher.Text(text); err != nil {
				return nil, fmt.Errorf("unseal a dictionary entry: %w", err)
			}
		}
		out = append(out, Bucket{Value: text, Count: n})
	}
	return out, nil
}

// memberGroups groups by a tag that is set or not, or by a rule.
func (ev *evaluation) memberGroups(by query.Name) (grouping, error) {
	c := compiler{p: ev.p, total: new(int)}
	tag, err := c.compile(&query.Has{Name: by})
	if err != nil {
		return nil, err
	}
	b := &binding{ev: ev}
	held, err := b.arm(tag)
	if err != nil {
		return nil, err
	}
	g := &memberGroups{root: ev.withLive(held)}
	for _, p := range ev.prepare {
		if err := p.prepare(); err != nil {
			return nil, err
		}
	}
	return g, nil
}

type memberGroups struct {
	root    *bound
	w       *worker
	yes, no uint64
}

func (g *memberGroups) count(w *worker, chunk int, m *index.Mask) {
	dst := w.scratch()
	defer w.release(1)
	all := uint64(m.Count())
	yes := uint64(0)
	switch r, _ := w.all(g.root, chunk, m, dst, false); {
	case r.state == empty:
	case r.state == full:
		yes = all
	case r.not:
		yes = all - uint64(index.AndCount(m, r.m))
	default:
		yes = uint64(index.AndCount(m, r.m))
	}
	g.yes += yes
	g.no += all - yes
}

func (g *memberGroups) add(ord uint32) {
	if g.w == nil {
		g.w = newWorker()
	}
	if g.w.holds(g.root, ord) {
		g.yes++
	} else {
		g.no++
	}
}

func (g *memberGroups) size() int { return 2 }

func (g *memberGroups) buckets() ([]Bucket, error) {
	var out []Bucket
	for _, b := range []Bucket{{Value: "true", Count: g.yes}, {Value: "false", Count: g.no}} {
		if b.Count > 0 {
			out = append(out, b)
		}
	}
	return out, nil
}

// accountGroups groups contacts by a value of their account.
type accountGroups struct {
	column *index.Column[uint32]
	by     valuer
}

func (g *accountGroups) count(_ *worker, chunk int, m *index.Mask) {
	g.column.Chunk(chunk).Each(m, func(_ uint16, account uint32) {
		if g.by.size() <= MaxBuckets {
			g.by.add(account)
		}
	})
}

func (g *accountGroups) size() int                  { return g.by.size() }
func (g *accountGroups) buckets() ([]Bucket, error) { return g.by.buckets() }

// computedGroups groups by a computed attribute.
func (ev *evaluation) computedGroups(f field) (grouping, error) {
	l, err := computedSelection(f.attr).bind(&binding{ev: ev})
	if err != nil {
		return nil, err
	}
	return &computedGroups{leaf: l.(*eventLeaf), day: localDay{zone: ev.zone}, counts: make(map[int64]uint64)}, nil
}

type computedGroups struct {
	leaf   *eventLeaf
	day    localDay
	counts map[int64]uint64
}

func (g *computedGroups) count(w *worker, chunk int, m *index.Mask) {
	without := uint64(m.Count())
	s := &w.events
	s.collect(g.leaf, chunk, m, func(_ uint16, t *tally) {
		if t.hits == 0 || len(g.counts) > MaxBuckets {
			return
		}
		without--
		if g.leaf.aggregate == newestTime {
			g.counts[g.day.of(t.newest)]++
		} else {
			g.counts[t.hits]++
		}
	})
	if g.leaf.aggregate == countEvents && without > 0 {
		g.counts[0] += without
	}
}

func (g *computedGroups) size() int { return len(g.counts) }

func (g *computedGroups) buckets() ([]Bucket, error) {
	var out []Bucket
	for v, n := range g.counts {
		text := formatInt(v)
		if g.leaf.aggregate == newestTime {
			text = formatDay(v)
		}
		out = append(out, Bucket{Value: text, Count: n})
	}
	return out, nil
}
