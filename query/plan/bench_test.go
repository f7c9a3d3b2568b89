package plan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"rollcall/index"
	"rollcall/query"
)

// The segmentation queries at 10 M contacts, planned here and in Roaring's own best order, in one run:
//
//	go test -run - -bench Segment -benchtime 100x ./query/plan
//
// Every plan is evaluated from the start each time (names, dictionary and deadline included); only parsing is saved.
const benchContacts = 10_000_000

// benchTags are the coverages in percent: A 30, B 10, C 5, D 1, E 20, F 40, T0 to T9 1 each.
var benchTags = map[string]float64{"A": 30, "B": 10, "C": 5, "D": 1, "E": 20, "F": 40}

func init() {
	for i := range 10 {
		benchTags[fmt.Sprintf("T%d", i)] = 1
	}
}

type bench struct {
	p       *memory
	bitmaps map[string]*roaring.Bitmap
}

var benchData = sync.OnceValue(func() bench {
	w := newWorld("Asia/Shanghai")
	p := &memory{w: w, group: &w.contacts, length: benchContacts, tags: map[string]Tag{}, attrs: map[string]Attribute{}}
	b := bench{p, map[string]*roaring.Bitmap{}}
	p.live = randomSet(rand.New(rand.NewPCG(1, 1)), 100)
	for i, name := range sortedKeys(benchTags, benchTags) {
		set := randomSet(rand.New(rand.NewPCG(2, uint64(i))), benchTags[name])
		p.tags[name] = Tag{Set: set}
		b.bitmaps[name] = set.Roaring()
		b.bitmaps[name].RunOptimize()
	}
	return b
})

func randomSet(rnd *rand.Rand, percent float64) *index.Set {
	edit := new(index.Set).Edit()
	below := uint64(percent / 100 * (1 << 32))
	for chunk := 0; chunk*index.ChunkSize < benchContacts; chunk++ {
		var m index.Mask
		for slot := range min(index.ChunkSize, benchContacts-chunk*index.ChunkSize) {
			if rnd.Uint64()>>32 < below {
				m.Set(uint16(slot))
			}
		}
		edit.Load(chunk, index.ContainerOf(&m))
	}
	return edit.Publish()
}

// each runs f and reports the quickest and the middle run too: on a shared machine the mean says little.
func each(b *testing.B, f func()) {
	var runs []time.Duration
	for b.Loop() {
		begin := time.Now()
		f()
		runs = append(runs, time.Since(begin))
	}
	slices.Sort(runs)
	b.ReportMetric(float64(runs[0].Nanoseconds())/1000, "min-us")
	b.ReportMetric(float64(runs[len(runs)/2].Nanoseconds())/1000, "p50-us")
}

func BenchmarkSegment(b *testing.B) {
	d := benchData()
	m := d.bitmaps
	or10 := "T0"
	var ten []*roaring.Bitmap
	for i := range 10 {
		if i > 0 {
			or10 += fmt.Sprintf(" OR T%d", i)
		}
		ten = append(ten, m[fmt.Sprintf("T%d", i)])
	}
	for _, q := range []struct {
		name, text string
		roaring    func() uint64
	}{
		{"and3", "A AND B AND C", func() uint64 { return roaring.And(m["C"], m["B"]).AndCardinality(m["A"]) }},
		{"ornot", "(A OR B) AND NOT C", func() uint64 {
			both := roaring.Or(m["A"], m["B"])
			return both.GetCardinality() - both.AndCardinality(m["C"])
		}},
		{"mixed5", "A AND B OR D AND E AND NOT F", func() uint64 {
			de := roaring.And(m["D"], m["E"])
			de.AndNot(m["F"])
			return roaring.And(m["B"], m["A"]).OrCardinality(de)
		}},
		{"or10", or10, func() uint64 { return roaring.FastOr(ten...).GetCardinality() }},
	} {
		pl := must(Compile(must(query.Parse(q.text)), d.p))
		if got, want := must(pl.Count(d.p, Options{})), q.roaring(); got != want {
			b.Fatalf("%s counts %d, Roaring %d", q.name, got, want)
		}
		b.Run("query="+q.name+"/by=plan", func(b *testing.B) {
			each(b, func() { must(pl.Count(d.p, Options{})) })
		})
		b.Run("query="+q.name+"/by=roaring", func(b *testing.B) {
			each(b, func() { q.roaring() })
		})
	}
	pl := must(Compile(must(query.Parse("A AND B AND C")), d.p))
	b.Run("query=page/by=plan", func(b *testing.B) {
		each(b, func() {
			ords, _, _, err := pl.Page(d.p, Options{}, 0, 100)
			if err != nil || len(ords) != 100 {
				b.Fatal(len(ords), err)
			}
		})
	})
	b.Run("query=page/by=roaring", func(b *testing.B) {
		ids := make([]uint32, 100)
		each(b, func() { roaring.And(roaring.And(m["C"], m["B"]), m["A"]).ManyIterator().NextMany(ids) })
	})
}

// benchEvents are 2 M calls of 200,000 contacts within 30 days, of two types, half of them answered.
var benchEvents = sync.OnceValue(func() *memory {
	w := newWorld("Asia/Shanghai")
	w.now = 1_730_000_000_000
	const contacts, calls = 200_000, 10
	p := &memory{w: w, group: &w.contacts, length: contacts, tags: map[string]Tag{}, attrs: map[string]Attribute{},
		props: map[string]Prop{"answered": {Code: 1, Bool: true}, "talk_seconds": {Code: 2, Num: true}},
		types: []string{"call.outbound.ended", "call.inbound.ended"}}
	rnd := rand.New(rand.NewPCG(5, 6))
	live, codes, edit := new(index.Set).Edit(), new(index.Column[int64]).Edit(), new(index.Events).Edit()
	for ord := range uint32(contacts) {
		live.Add(ord)
		codes.Set(ord, int64(rnd.IntN(1000)))
		for i := range calls {
			edit.Append(index.Event{Ord: ord, Type: uint32(1 + rnd.IntN(2)), Time: w.now - rnd.Int64N(30*dayMillis), ID: fmt.Sprint(i),
				Props: []index.Prop{{Name: 1, Kind: index.Bool, Bool: rnd.IntN(2) == 0}, {Name: 2, Kind: index.Num, Num: float64(rnd.IntN(900))}}})
		}
	}
	p.live, p.events = live.Publish(), edit.Publish()
	p.attrs["age"] = Attribute{Kind: Int, Ints: codes.Publish()}
	return p
})

// BenchmarkEvents gives the time of whole counts over benchEvents.
func BenchmarkEvents(b *testing.B) {
	p := benchEvents()
	for _, text := range []string{
		"did(call.outbound.ended, 7d)",
		"did(call.outbound.ended where answered = true, 7d)",
		"count(call.outbound.ended, 7d) >= 3",
		"rate(call.outbound.ended where answered = true, last 30) > 0.7",
		"avg(call.*.talk_seconds where answered = true) > 300",
		"count(call.* where talk_seconds > 300, last 5) > 2",
		"distinct_days(*, 14 calendar days) >= 5",
		"age = 7 AND rate(call.outbound.ended where answered = true, last 30) > 0.7",
		"age BETWEEN 100 AND 200",
	} {
		pl := must(Compile(must(query.Parse(text)), p))
		b.Run(text, func(b *testing.B) {
			each(b, func() { must(pl.Count(p, Options{Now: p.w.now})) })
		})
		b.Run("one contact: "+text, func(b *testing.B) {
			each(b, func() { must(pl.Contains(p, Options{Now: p.w.now}, 77_777)) })
		})
	}
}
