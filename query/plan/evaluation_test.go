package plan

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/index"
	"rollcall/query"
)

// smallWorld has contacts in three chunks, names that are sealed, and events.
func smallWorld() *world {
	w := newWorld("Asia/Shanghai")
	w.now = time.Date(2024, 10, 30, 10, 0, 0, 0, w.zone).UnixMilli()
	w.types = []string{"page.view"}
	w.props = map[string]bool{"agent": true}
	w.contacts.attrs = map[string]Attribute{"name": {Kind: Text, Sealed: true}, "age": {Kind: Int}}
	w.contacts.tags = map[string]tagDef{"A": {}, "B": {}}
	for i := range 30 {
		c := &thing{ord: uint32(i) * 5000, id: fmt.Sprint(i), attrs: map[string]any{"name": fmt.Sprintf("name%d", i), "age": int64(i)}, tags: map[string]string{"A": ""}}
		c.events = []happening{{typ: "page.view", at: w.now - int64(i)*3600_000, id: "e", props: map[string]any{"agent": "x"}}}
		w.contacts.all = append(w.contacts.all, c)
	}
	return w
}

func smallPopulation(w *world) *memory { return w.build(rand.New(rand.NewPCG(1, 2))) }

// TestDeadline ends an evaluation at every kind of call.
func TestDeadline(t *testing.T) {
	w := smallWorld()
	p := smallPopulation(w)
	o := Options{Now: w.now, Cipher: reversing{}, Deadline: time.Now().Add(-time.Second)}
	pl := must(Compile(must(query.Parse("A AND name LIKE '%7' AND age > 3")), p))
	calls := map[string]func() error{
		"count":     func() error { _, err := pl.Count(p, o); return err },
		"set":       func() error { _, err := pl.Set(p, o); return err },
		"page":      func() error { _, _, _, err := pl.Page(p, o, 0, 5); return err },
		"contains":  func() error { _, err := pl.Contains(p, o, 0); return err },
		"breakdown": func() error { _, err := pl.Breakdown(p, o, query.Name{Text: "age"}); return err },
		"explain":   func() error { _, err := pl.Explain(p, o); return err },
	}
	for name, call := range calls {
		if err := call(); !errors.Is(err, ErrDeadline) {
			t.Errorf("%s: %v", name, err)
		}
	}
	o.Deadline = time.Now().Add(time.Hour)
	for name, call := range calls {
		if err := call(); err != nil {
			t.Errorf("%s before its deadline: %v", name, err)
		}
	}
}

// TestStalePlan refuses a plan that was made for other definitions.
func TestStalePlan(t *testing.T) {
	w := smallWorld()
	p := smallPopulation(w)
	pl := must(Compile(must(query.Parse("A")), p))
	w.version++
	if _, err := pl.Count(smallPopulation(w), Options{}); !errors.Is(err, ErrStale) {
		t.Errorf("count with a stale plan: %v", err)
	}
	cache := NewCache(8)
	first := must(cache.Plan("A", p))
	if second := must(cache.Plan("a AND b", withTags(p, "a", "b"))); second == first {
		t.Error("another text got the same plan")
	}
	if fresh := must(cache.Plan("A", smallPopulation(w))); fresh == first {
		t.Error("another version got the same plan")
	}
}

func withTags(p *memory, names ...string) *memory {
	own := *p
	own.tags = map[string]Tag{}
	for _, name := range names {
		own.tags[name] = Tag{}
	}
	own.version += 100
	return &own
}

func TestCacheForgetsTheOldest(t *testing.T) {
	p := withTags(smallPopulation(smallWorld()), "a", "b", "c", "d")
	cache := NewCache(2)
	a := must(cache.Plan(" (a)  and (B) ", withTags(p, "a", "B")))
	if a.Text() != "a AND B" {
		t.Errorf("canonical text is %q", a.Text())
	}
	kept := must(cache.Plan("a", p))
	must(cache.Plan("b", p))
	if must(cache.Plan("a", p)) != kept {
		t.Error("a plan was forgotten while there was room")
	}
	must(cache.Plan("c", p))
	if must(cache.Plan("a", p)) != kept {
		t.Error("the plan that was used last was forgotten")
	}
	if cache.Len() != 2 {
		t.Errorf("the cache of 2 keeps %d plans", cache.Len())
	}
	if _, err := cache.Plan("a AND", p); err == nil {
		t.Error("a broken text was planned")
	}
	if _, err := cache.Plan("nobody", p); err == nil {
		t.Error("an unknown name was planned")
	}
}

// TestSealedWithoutCipher fails with an error where a sealed text would have to be read.
func TestSealedWithoutCipher(t *testing.T) {
	w := smallWorld()
	p := smallPopulation(w)
	for _, text := range []string{"name = 'name1'", "name LIKE 'n%'", "did(page.view where agent = 'x')"} {
		if n, err := must(Compile(must(query.Parse(text)), p)).Count(p, Options{Now: w.now}); err == nil {
			t.Errorf("%s counted %d without a cipher", text, n)
		}
	}
	pl := must(Compile(must(query.Parse("A")), p))
	if _, err := pl.Breakdown(p, Options{}, query.Name{Text: "name"}); err == nil {
		t.Error("a sealed attribute was read without a cipher")
	}
}

type brokenCipher struct{ reversing }

var errBroken = errors.New("broken cipher")

func (brokenCipher) Text(string) (string, error) { return "", errBroken }

func TestBrokenCipher(t *testing.T) {
	w := smallWorld()
	p := smallPopulation(w)
	o := Options{Now: w.now, Cipher: brokenCipher{}}
	pl := must(Compile(must(query.Parse("name LIKE 'n%'")), p))
	if _, err := pl.Count(p, o); !errors.Is(err, errBroken) {
		t.Errorf("count: %v", err)
	}
	if _, err := pl.Contains(p, o, 0); !errors.Is(err, errBroken) {
		t.Errorf("contains: %v", err)
	}
}

// growing is a world's population whose name dictionary goes on growing, as a tenant's does.
type growing struct {
	*memory
	dict  *index.Dictionary
	names *index.Column[uint32]
}

func (g growing) Attribute(name string) (Attribute, bool) {
	a, ok := g.memory.Attribute(name)
	if name == "name" {
		a.Dict, a.Codes, a.Sealed = g.dict.View(), g.names, false
	}
	return a, ok
}

// TestDictionaryGrows plans once and evaluates while texts are added: constants that were absent are found, and
// patterns are asked only for what is new, by several goroutines at once and against older roots too.
func TestDictionaryGrows(t *testing.T) {
	w := smallWorld()
	base := smallPopulation(w)
	g := growing{memory: base, dict: index.NewDictionary(), names: new(index.Column[uint32])}
	equal := must(Compile(must(query.Parse("name = 'n7'")), g))
	pattern := must(Compile(must(query.Parse("name LIKE 'n%' AND name != 'n0'")), g))
	o := Options{Now: w.now}
	var roots []growing
	edit := g.names.Edit()
	for i, c := range base.group.all {
		edit.Set(c.ord, g.dict.Add(fmt.Sprintf("n%d", i)))
		root := g
		root.names = edit.Publish()
		roots = append(roots, root)
		want := uint64(0)
		if i >= 7 {
			want = 1
		}
		if n := must(equal.Count(root, o)); n != want {
			t.Fatalf("after %d texts n7 counts %d", i+1, n)
		}
		var group sync.WaitGroup
		for _, at := range []int{i, i / 2, i} {
			group.Go(func() {
				if n := must(pattern.Count(roots[at], o)); n != uint64(at) {
					t.Errorf("of %d texts with %d in the dictionary %d match", at+1, i+1, n)
				}
			})
		}
		group.Wait()
	}
}

func TestPageLimits(t *testing.T) {
	w := smallWorld()
	p := smallPopulation(w)
	pl := must(Compile(must(query.Parse("A")), p))
	for _, limit := range []int{0, -1, MaxPage + 1} {
		if _, _, _, err := pl.Page(p, Options{}, 0, limit); err == nil {
			t.Errorf("a page of %d was given", limit)
		}
	}
	ords, next, more, err := pl.Page(p, Options{}, 1<<31, 3)
	if len(ords) != 0 || more || err != nil || next != 1<<31 {
		t.Errorf("a page beyond the end: %v %d %v %v", ords, next, more, err)
	}
}

// TestPlanIsBounded refuses definitions that double at every step.
func TestPlanIsBounded(t *testing.T) {
	p := withTags(smallPopulation(smallWorld()), "t0")
	for i := range 40 {
		p.tags[fmt.Sprintf("t%d", i+1)] = Tag{Rule: must(query.Parse(fmt.Sprintf("t%d OR NOT t%d", i, i)))}
	}
	_, err := Compile(must(query.Parse("t40")), p)
	var refused *query.Error
	if !errors.As(err, &refused) || refused.Code != query.CodeTooLarge {
		t.Errorf("2^40 nodes: %v", err)
	}
	if n := must(must(Compile(must(query.Parse("t8")), p)).Count(p, Options{})); n != 30 {
		t.Errorf("t8 counts %d", n)
	}
}

func TestTooManyBuckets(t *testing.T) {
	w := newWorld("UTC")
	w.contacts.attrs["n"] = Attribute{Kind: Int}
	for i := range MaxBuckets + 10 {
		w.contacts.all = append(w.contacts.all, &thing{ord: uint32(i), id: fmt.Sprint(i), attrs: map[string]any{"n": int64(i)}})
	}
	p := smallPopulation(w)
	_, err := must(Compile(must(query.Parse("n >= 0")), p)).Breakdown(p, Options{}, query.Name{Text: "n"})
	var refused *query.Error
	if !errors.As(err, &refused) || refused.Code != CodeTooManyValues {
		t.Errorf("a breakdown by %d values: %v", MaxBuckets+10, err)
	}
	buckets, err := must(Compile(must(query.Parse("n < 5")), p)).Breakdown(p, Options{}, query.Name{Text: "n"})
	if len(buckets) != 5 || err != nil {
		t.Errorf("five buckets: %v %v", buckets, err)
	}
}

// TestChunksAllocateNothing compares what a query allocates over few chunks and over many. Only the columns of event
// properties, which index hands out a chunk, may grow with the chunks (and the race detector forgets a worker or two).
func TestChunksAllocateNothing(t *testing.T) {
	allocations := func(chunks int, text string) float64 {
		w := newWorld("UTC")
		w.now = 1e12
		w.types, w.props = []string{"a.x", "a.y"}, map[string]bool{"n": false}
		w.contacts.attrs["age"] = Attribute{Kind: Int}
		w.contacts.tags = map[string]tagDef{"A": {}, "B": {}, "C": {}}
		rnd := rand.New(rand.NewPCG(3, 4))
		const slots = costEvents + 100 // too many to be tested one by one
		for i := range chunks * slots {
			c := &thing{ord: uint32(i/slots*index.ChunkSize + i%slots*3), id: fmt.Sprint(i), attrs: map[string]any{"age": int64(i % 9)}, tags: map[string]string{}}
			for _, tag := range []string{"A", "B", "C"} {
				if rnd.IntN(3) > 0 {
					c.tags[tag] = ""
				}
			}
			if i%2 == 0 {
				c.events = []happening{{"a.x", w.now - int64(i), "e", map[string]any{"n": 1.5}}}
			}
			w.contacts.all = append(w.contacts.all, c)
		}
		p := smallPopulation(w)
		pl := must(Compile(must(query.Parse(text)), p))
		return testing.AllocsPerRun(20, func() { must(pl.Count(p, Options{Now: w.now})) })
	}
	for _, text := range []string{
		"A AND B AND C", "A OR B OR NOT C", "(A AND B OR C) AND (B OR NOT C)", "A AND age > 3", "age != 3 OR B",
		"did(a.x, 7d) AND A", "count(a.*, 7d) > 1", "sum(a.x.n, 7d) > 1", "count(a.x where n > 1, last 3) > 0",
	} {
		few, many := allocations(2, text), allocations(12, text)
		if many > few+9+20*float64(strings.Count(text, "n >")+strings.Count(text, ".n,")) {
			t.Errorf("%s: %v allocations over 2 chunks, %v over 12", text, few, many)
		}
	}
}

func TestUnknownNamesAreErrors(t *testing.T) {
	p := smallPopulation(smallWorld())
	for _, text := range []string{"C", "C = 'x'", "segment('x')", "did(x.y)", "account.x", "did(page.view where q = 1)"} {
		err := Check(must(query.Parse(text)), p)
		var refused *query.Error
		if !errors.As(err, &refused) || refused.Code != query.CodeUnknownName {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestNothingStored asks about names that exist before any value came: columns, dictionaries, sets and events are nil.
func TestNothingStored(t *testing.T) {
	w := newWorld("Asia/Shanghai")
	w.contacts.attrs["interactions_7d"] = Attribute{Kind: Int, Computed: Interactions7d, Types: []string{"page.view", "gone"}}
	p := &memory{w: w, group: &w.contacts, length: 3, types: []string{"page.view"}, props: map[string]Prop{"n": {Code: 1}},
		tags:  map[string]Tag{"A": {}},
		attrs: map[string]Attribute{"city": {Kind: Text}, "age": {Kind: Int}, "value": {Kind: Float}, "vip": {Kind: Bool}, "at": {Kind: Time}}}
	for name, attr := range w.contacts.attrs {
		p.attrs[name] = attr
	}
	edit := new(index.Set).Edit()
	edit.Add(0)
	edit.Add(2)
	p.live = edit.Publish()
	p.account = &memory{w: w, group: &w.accounts, attrs: map[string]Attribute{"industry": {Kind: Text}}}
	for text, want := range map[string]uint64{
		"A": 0, "NOT A": 2, "city = 'x'": 0, "city != 'x'": 0, "city LIKE '%'": 0, "city IS NULL": 2, "age > 3": 0, "NOT age > 3": 2,
		"value < 1 OR vip OR at > '2024-01-01'": 0, "did(page.view)": 0, "count(page.view) = 0": 2, "sum(*.n) = 0": 2,
		"avg(page.view.n) < 1": 0, "interactions_7d = 0": 2, "account.industry = 'x'": 0, "account.industry IS NULL": 2, "id IN ('x')": 0,
	} {
		pl := must(Compile(must(query.Parse(text)), p))
		if n := must(pl.Count(p, Options{Workers: 2})); n != want {
			t.Errorf("%s counts %d, want %d", text, n, want)
		}
		if got := must(pl.Contains(p, Options{}, 2)); got != (want == 2) {
			t.Errorf("%s contains a contact: %v", text, got)
		}
	}
	pl := must(Compile(must(query.Parse("NOT A")), p))
	for _, by := range []string{"A", "city", "age", "value", "vip", "at", "interactions_7d", "account.industry"} {
		name, ofAccount := strings.CutPrefix(by, "account.")
		buckets, err := pl.Breakdown(p, Options{}, query.Name{Account: ofAccount, Text: name})
		if err != nil || len(buckets) != 1 || buckets[0].Count != 2 {
			t.Errorf("breakdown by %s: %v %v", by, buckets, err)
		}
	}
	p.live = nil
	if n := must(pl.Count(p, Options{})); n != 0 {
		t.Errorf("without live contacts NOT A counts %d", n)
	}
}
