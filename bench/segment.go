package bench

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"rollcall/index"
	"rollcall/query/plan"
)

// SegmentConfig sizes the measurement of segment evaluation.
type SegmentConfig struct {
	Contacts int
	Tags     int // at least 16: A to F and T0 to T9; the others are spread over 0.1 to 60 %
	Seed     uint64
	Cores    int
	Rounds   int // measured evaluations of each query
}

// SegmentReport is what the measurement found. Times are microseconds.
type SegmentReport struct {
	Machine       Machine        `json:"machine"`
	Contacts      int            `json:"contacts"`
	Tags          int            `json:"tags"`
	Seed          uint64         `json:"seed"`
	Cores         int            `json:"cores"`
	LoadSeconds   float64        `json:"load_seconds"`
	HeapBytes     uint64         `json:"heap_bytes"` // of the tags, after a collection
	ResidentBytes int64          `json:"resident_bytes"`
	Queries       []SegmentQuery `json:"queries"`
}

// SegmentQuery is one query: ours, and Roaring's best order of the same operations on the same sets, one core.
type SegmentQuery struct {
	Name         string  `json:"name"`
	Count        uint64  `json:"count"`
	P50          float64 `json:"p50_us"`
	P99          float64 `json:"p99_us"`
	RoaringCount uint64  `json:"roaring_count"`
	RoaringP50   float64 `json:"roaring_p50_us"`
	Ratio        float64 `json:"ratio_to_roaring"` // P50 / RoaringP50
}

// segmentQueries are the queries of the contract. page is and3 with its first 100 ids.
var segmentQueries = []struct{ name, where string }{
	{"and3", "A and B and C"},
	{"ornot", "(A or B) and not C"},
	{"mixed5", "(A and B) or (D and E) and not F"},
	{"or10", "T0 or T1 or T2 or T3 or T4 or T5 or T6 or T7 or T8 or T9"},
	{"page", "A and B and C"},
}

// Segment generates the tags and measures the queries.
func Segment(c SegmentConfig) (*SegmentReport, error) {
	if c.Tags < 16 {
		return nil, fmt.Errorf("--tags %d: the queries need 16 at least", c.Tags)
	}
	if c.Contacts < 1 || c.Contacts > math.MaxUint32 {
		return nil, fmt.Errorf("--contacts %d: one to %d", c.Contacts, uint32(math.MaxUint32))
	}
	start := time.Now()
	tags := newTagPopulation(c)
	report := &SegmentReport{
		Machine: ThisMachine(), Contacts: c.Contacts, Tags: c.Tags, Seed: c.Seed, Cores: c.Cores,
		LoadSeconds: time.Since(start).Seconds(),
	}
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	report.HeapBytes, report.ResidentBytes = memory.HeapAlloc, residentBytes()

	cache := plan.NewCache(len(segmentQueries))
	options := plan.Options{Workers: c.Cores}
	roaringSets := map[string]*roaring.Bitmap{}
	for _, name := range tags.names[:16] {
		roaringSets[name] = tags.sets[name].Roaring()
		roaringSets[name].RunOptimize()
	}
	for _, q := range segmentQueries {
		evaluate := func() (uint64, error) {
			p, err := cache.Plan(q.where, tags)
			if err != nil {
				return 0, err
			}
			if q.name == "page" {
				ids, _, _, err := p.Page(tags, options, 0, 100)
				return uint64(len(ids)), err
			}
			return p.Count(tags, options)
		}
		opponent := func() (uint64, error) { return roaringBestOrder(q.name, roaringSets), nil }
		result := SegmentQuery{Name: q.name}
		var ours, theirs []time.Duration
		var err error
		if result.Count, ours, err = measure(evaluate, c.Rounds); err != nil {
			return nil, err
		}
		if result.RoaringCount, theirs, err = measure(opponent, max(5, c.Rounds/10)); err != nil {
			return nil, err
		}
		if result.Count != result.RoaringCount {
			return nil, fmt.Errorf("%s: counted %d where Roaring counts %d", q.name, result.Count, result.RoaringCount)
		}
		result.P50, result.P99 = micros(quantile(ours, .5)), micros(quantile(ours, .99))
		result.RoaringP50 = micros(quantile(theirs, .5))
		result.Ratio = result.P50 / result.RoaringP50
		report.Queries = append(report.Queries, result)
	}
	return report, nil
}

// measure runs f a few times to warm up and then rounds times.
func measure(f func() (uint64, error), rounds int) (count uint64, took []time.Duration, err error) {
	for i := range rounds + 3 {
		start := time.Now()
		if count, err = f(); err != nil {
			return 0, nil, err
		}
		if i >= 3 {
			took = append(took, time.Since(start))
		}
	}
	return count, took, nil
}

// roaringBestOrder evaluates a query with Roaring as its best user would: the rarest set first, and the last
// operator by cardinality alone where it has one.
func roaringBestOrder(name string, s map[string]*roaring.Bitmap) uint64 {
	switch name {
	case "and3":
		return roaring.And(s["C"], s["B"]).AndCardinality(s["A"])
	case "ornot":
		union := roaring.Or(s["A"], s["B"])
		return union.GetCardinality() - union.AndCardinality(s["C"])
	case "mixed5":
		left := roaring.And(s["B"], s["A"])
		right := roaring.And(s["D"], s["E"])
		right.AndNot(s["F"])
		return left.OrCardinality(right)
	case "or10":
		return roaring.FastOr(s["T0"], s["T1"], s["T2"], s["T3"], s["T4"], s["T5"], s["T6"], s["T7"], s["T8"], s["T9"]).GetCardinality()
	default:
		found := roaring.And(s["C"], s["B"])
		found.And(s["A"])
		ids := make([]uint32, 100)
		return uint64(found.ManyIterator().NextMany(ids))
	}
}

// Write prints the report as a table.
func (r *SegmentReport) Write(w io.Writer) {
	r.Machine.write(w)
	fmt.Fprintf(w, "%d contacts, %d tags, seed %d, %d core(s): loaded in %.1f s, heap %.0f MiB, resident %.0f MiB\n",
		r.Contacts, r.Tags, r.Seed, r.Cores, r.LoadSeconds, float64(r.HeapBytes)/(1<<20), float64(r.ResidentBytes)/(1<<20))
	rows := [][]string{{"query", "count", "p50 us", "p99 us", "Roaring p50 us", "ratio"}}
	for _, q := range r.Queries {
		rows = append(rows, []string{q.Name, fmt.Sprint(q.Count), fmt.Sprintf("%.1f", q.P50), fmt.Sprintf("%.1f", q.P99),
			fmt.Sprintf("%.1f", q.RoaringP50), fmt.Sprintf("%.3f", q.Ratio)})
	}
	table(w, rows)
}

// tagPopulation is a population of nothing but tags.
type tagPopulation struct {
	contacts uint32
	names    []string
	sets     map[string]*index.Set
	live     *index.Set
}

func newTagPopulation(c SegmentConfig) *tagPopulation {
	p := &tagPopulation{contacts: uint32(c.Contacts), sets: map[string]*index.Set{}}
	add := func(name string, share float64) {
		p.names = append(p.names, name)
		p.sets[name] = randomSet(rand.New(rand.NewPCG(c.Seed, uint64(len(p.names)))), p.contacts, share)
	}
	for i, share := range []float64{.30, .10, .05, .01, .20, .40} {
		add(string(rune('A'+i)), share)
	}
	for i := range 10 {
		add(fmt.Sprintf("T%d", i), .01)
	}
	for i, others := 0, c.Tags-16; i < others; i++ {
		add(fmt.Sprintf("S%d", i), .001*math.Pow(600, float64(i)/float64(max(1, others-1))))
	}
	p.live = randomSet(nil, p.contacts, 1)
	return p
}

// randomSet holds each ordinal below n with the given probability.
func randomSet(r *rand.Rand, n uint32, share float64) *index.Set {
	edit := new(index.Set).Edit()
	var m index.Mask
	for first := uint32(0); first < n; first += index.ChunkSize {
		m.Clear()
		slots := min(index.ChunkSize, n-first)
		if share >= 1 {
			for s := range slots {
				m.Set(uint16(s))
			}
		} else {
			for at := gap(r, share); at < float64(slots); at += 1 + gap(r, share) {
				m.Set(uint16(at))
			}
		}
		edit.Load(int(first/index.ChunkSize), index.ContainerOf(&m))
	}
	return edit.Publish()
}

// gap is the number of misses before the next hit when each has the given probability (the geometric distribution,
// by inversion).
func gap(r *rand.Rand, share float64) float64 {
	return math.Floor(math.Log(1-r.Float64()) / math.Log1p(-share))
}
