package index

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
)

// Compare one run with itself, the machine's speed moves by more than most changes do:
//
//	go test -run xxx -bench 'And3Count|OrNotCount' -count 6 ./index | benchstat -col /engine -

const benchContacts = 10_000_000

// benchTag is a tag that share of the contacts have, at random, in both forms.
func benchTag(seed uint64, share float64) (*Set, *roaring.Bitmap) {
	random := rand.New(rand.NewPCG(seed, 1))
	e := new(Set).Edit()
	limit := uint64(share * (1 << 32))
	for chunk := range (benchContacts + ChunkSize - 1) / ChunkSize {
		var m Mask
		for slot := range min(ChunkSize, benchContacts-chunk*ChunkSize) {
			if uint64(random.Uint32()) < limit {
				m.Set(uint16(slot))
			}
		}
		e.Load(chunk, ContainerOf(&m))
	}
	s := e.Publish()
	r := s.Roaring()
	r.RunOptimize()
	return s, r
}

func BenchmarkAnd3Count(b *testing.B) {
	sa, ra := benchTag(1, 0.30)
	sb, rb := benchTag(2, 0.10)
	sc, rc := benchTag(3, 0.05)
	want := roaring.And(rc, rb).AndCardinality(ra)
	b.Run("engine=chunks", func(b *testing.B) {
		for b.Loop() {
			n := 0
			for i := range sa.Chunks() {
				n += And3Count(sa.Chunk(i).Dense(), sb.Chunk(i).Dense(), sc.Chunk(i).Dense())
			}
			if uint64(n) != want {
				b.Fatal(n, want)
			}
		}
	})
	// As an evaluator does it that knows nothing of the operands' kinds.
	b.Run("engine=containers", func(b *testing.B) {
		var m Mask
		for b.Loop() {
			n := 0
			for i := range sa.Chunks() {
				sc.Chunk(i).Store(&m)
				sb.Chunk(i).AndInto(&m)
				n += sa.Chunk(i).AndCount(&m)
			}
			if uint64(n) != want {
				b.Fatal(n, want)
			}
		}
	})
	b.Run("engine=roaring", func(b *testing.B) {
		for b.Loop() {
			if n := roaring.And(rc, rb).AndCardinality(ra); n != want {
				b.Fatal(n, want)
			}
		}
	})
}

func BenchmarkOr10Count(b *testing.B) {
	var sets []*Set
	var maps []*roaring.Bitmap
	for i := range uint64(10) {
		s, r := benchTag(10+i, 0.01)
		sets, maps = append(sets, s), append(maps, r)
	}
	b.Run("engine=chunks", func(b *testing.B) {
		masks := make([]*Mask, len(sets))
		for b.Loop() {
			for i := range sets[0].Chunks() {
				for j, s := range sets {
					masks[j] = s.Chunk(i).Dense()
				}
				if !slices.Contains(masks, nil) {
					OrAllCount(masks)
					continue
				}
				var m Mask
				for _, s := range sets {
					s.Chunk(i).OrInto(&m)
				}
				m.Count()
			}
		}
	})
	b.Run("engine=roaring", func(b *testing.B) {
		for b.Loop() {
			roaring.FastOr(maps...).GetCardinality()
		}
	})
}

// benchColumn has a value for every contact of n.
func benchColumn[T Value](n uint32, value func(r *rand.Rand) T) *Column[T] {
	random := rand.New(rand.NewPCG(4, 4))
	e := new(Column[T]).Edit()
	for ord := range n {
		e.Set(ord, value(random))
	}
	return e.Publish()
}

func benchScan[T Value](b *testing.B, name string, value func(r *rand.Rand) T, lo, hi T) {
	const chunks = 20
	c := benchColumn(chunks*ChunkSize, value)
	for _, entries := range []int{0, foldAt / 2} {
		e := c.Edit()
		for i := range chunks {
			for j := range entries {
				e.Set(uint32(i*ChunkSize+j*61), lo)
			}
		}
		c := e.Publish()
		b.Run(fmt.Sprintf("type=%s/delta=%d", name, entries), func(b *testing.B) {
			var m Mask
			i := 0
			for b.Loop() {
				c.Chunk(i).Between(lo, hi, &m)
				i = (i + 1) % chunks
			}
		})
	}
}

// One chunk of 65,536 values an operation.
func BenchmarkBetween(b *testing.B) {
	benchScan(b, "uint32/bounds=1", func(r *rand.Rand) uint32 { return r.Uint32N(1000) }, 500, 1000)
	benchScan(b, "int64/bounds=1", func(r *rand.Rand) int64 { return r.Int64N(1000) }, 500, 1000)
	benchScan(b, "int64/bounds=2", func(r *rand.Rand) int64 { return r.Int64N(1000) }, 300, 700)
	benchScan(b, "float64/bounds=1", func(r *rand.Rand) float64 { return r.Float64() }, 0.5, 1)
	benchScan(b, "uint8/bounds=equal", func(r *rand.Rand) uint8 { return uint8(r.IntN(2)) }, 1, 1)
}

func BenchmarkMatchCodes(b *testing.B) {
	for _, distinct := range []uint32{20, 5000} {
		c := benchColumn(4*ChunkSize, func(r *rand.Rand) uint32 { return 1 + r.Uint32N(distinct) })
		var codes CodeSet
		for code := uint32(1); code <= distinct; code += 3 {
			codes.Add(code)
		}
		b.Run(fmt.Sprintf("distinct=%d", distinct), func(b *testing.B) {
			var m Mask
			i := 0
			for b.Loop() {
				MatchCodes(c.Chunk(i), &codes, &m)
				i = (i + 1) % 4
			}
		})
	}
}

// A point lookup in a column whose chunks have a delta: Get as any reader does it.
func BenchmarkGet(b *testing.B) {
	c := benchColumn(16*ChunkSize, func(r *rand.Rand) int64 { return r.Int64N(1000) })
	for _, entries := range []uint32{0, 16, 1000} {
		e := c.Edit()
		for i := range 16 * entries {
			e.Set(i%16<<16|i/16*61, 7)
		}
		c := e.Publish()
		b.Run(fmt.Sprintf("delta=%d", entries), func(b *testing.B) {
			random := rand.New(rand.NewPCG(5, 5))
			for b.Loop() {
				c.Get(random.Uint32N(16 * ChunkSize))
			}
		})
	}
}

// updatesRoot is what the scattered updates publish.
type updatesRoot struct {
	a, b *Column[int64]
	c    *Column[uint32]
	tags [4]*Set
}

func newUpdatesRoot(contacts uint32) *updatesRoot {
	r := &updatesRoot{
		a: benchColumn(contacts, func(r *rand.Rand) int64 { return r.Int64N(1000) }),
		b: benchColumn(contacts, func(r *rand.Rand) int64 { return r.Int64N(1000) }),
		c: benchColumn(contacts, func(r *rand.Rand) uint32 { return 1 + r.Uint32N(50) }),
	}
	for i := range r.tags {
		random := rand.New(rand.NewPCG(uint64(i), 6))
		e := new(Set).Edit()
		for ord := range contacts {
			if random.IntN(3+8*i) == 0 {
				e.Add(ord)
			}
		}
		r.tags[i] = e.Publish()
	}
	return r
}

// apply publishes n events: each updates three columns of a random contact, two of them from their old value, and
// flips a tag in one of twenty.
func (r *updatesRoot) apply(random *rand.Rand, n int, contacts uint32) *updatesRoot {
	a, b, c := r.a.Edit(), r.b.Edit(), r.c.Edit()
	var tags [4]*SetEdit
	for i := range tags {
		tags[i] = r.tags[i].Edit()
	}
	for range n {
		ord := random.Uint32N(contacts)
		v, _ := a.Get(ord)
		a.Set(ord, v+1)
		w, _ := b.Get(ord)
		b.Set(ord, max(w, random.Int64N(1000)))
		c.Set(ord, 1+random.Uint32N(50))
		if random.IntN(20) == 0 {
			if t := tags[random.IntN(4)]; !t.Add(ord) {
				t.Remove(ord)
			}
		}
	}
	next := &updatesRoot{a: a.Publish(), b: b.Publish(), c: c.Publish()}
	for i := range tags {
		next.tags[i] = tags[i].Publish()
	}
	return next
}

// count is tag AND tag AND column >= median.
func (r *updatesRoot) count() (n int) {
	var m Mask
	for i := range r.a.Chunks() {
		r.b.Chunk(i).Between(500, 1<<40, &m)
		r.tags[0].Chunk(i).AndInto(&m)
		n += r.tags[1].Chunk(i).AndCount(&m)
	}
	return n
}

const batchEvents = 1500

// BenchmarkScatteredUpdates applies and publishes batches as fast as it can, an event an operation.
func BenchmarkScatteredUpdates(b *testing.B) {
	for _, contacts := range []uint32{1_000_000, 10_000_000} {
		if contacts > 1_000_000 && testing.Short() {
			continue
		}
		r := newUpdatesRoot(contacts)
		random := rand.New(rand.NewPCG(8, 8))
		b.Run(fmt.Sprintf("contacts=%d", contacts), func(b *testing.B) {
			b.ReportAllocs()
			for done := 0; done < b.N; done += batchEvents {
				r = r.apply(random, min(batchEvents, b.N-done), contacts)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// BenchmarkCountBesideUpdates counts without pause while a writer applies 150,000 events/s (or none).
func BenchmarkCountBesideUpdates(b *testing.B) {
	const contacts, perSecond = 1_000_000, 150_000
	for _, writing := range []bool{false, true} {
		b.Run(fmt.Sprintf("writer=%v", writing), func(b *testing.B) {
			var now atomic.Pointer[updatesRoot]
			now.Store(newUpdatesRoot(contacts))
			var writer sync.WaitGroup
			done := make(chan struct{})
			var applied int
			var busy time.Duration
			if writing {
				writer.Go(func() {
					random := rand.New(rand.NewPCG(8, 8))
					ticks := time.NewTicker(time.Second * batchEvents / perSecond)
					defer ticks.Stop()
					for {
						select {
						case <-done:
							return
						case <-ticks.C:
							start := time.Now()
							now.Store(now.Load().apply(random, batchEvents, contacts))
							busy += time.Since(start)
							applied += batchEvents
						}
					}
				})
			}
			var took []time.Duration
			b.ResetTimer()
			for b.Loop() {
				start := time.Now()
				now.Load().count()
				took = append(took, time.Since(start))
			}
			elapsed := b.Elapsed()
			close(done)
			writer.Wait()
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-us")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-us")
			b.ReportMetric(float64(applied)/elapsed.Seconds(), "events/s")
			b.ReportMetric(100*busy.Seconds()/elapsed.Seconds(), "writer-%")
		})
	}
}
