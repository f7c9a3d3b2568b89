package index

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// callEvents makes events as a call centre sends them: few types, times that move on, ids of 12 bytes, five props.
func callEvents(contacts, types int) func() Event {
	r := rand.New(rand.NewPCG(1, 2))
	props := []Prop{{Name: 1, Kind: Bool}, {Name: 2, Kind: Num}, {Name: 3, Kind: Num}, {Name: 4, Kind: Code}, {Name: 5, Kind: Code}}
	id, seq := []byte("e-0000000000"), uint64(0)
	return func() Event {
		seq++
		for i, v := len(id)-1, seq; v > 0; i, v = i-1, v/10 {
			id[i] = '0' + byte(v%10)
		}
		props[0].Bool, props[1].Num, props[2].Num = r.IntN(3) > 0, float64(r.IntN(60)), float64(r.IntN(1800))
		props[3].Code, props[4].Code = 1+r.Uint32N(200), 1+r.Uint32N(8)
		return Event{Ord: r.Uint32N(uint32(contacts)), Type: 1 + r.Uint32N(uint32(types)), Time: 1_700_000_000_000 + int64(seq)*100 + r.Int64N(1000),
			Seq: seq, ID: string(id), Source: 1, Props: props}
	}
}

// BenchmarkEventsLoad appends b.N events of a million contacts and publishes once; an operation is an event.
// go test ./index -run '^$' -bench EventsLoad -benchtime 10000000x
func BenchmarkEventsLoad(b *testing.B) {
	for _, types := range []int{1, 20} {
		b.Run(fmt.Sprintf("types=%d", types), func(b *testing.B) {
			next, edit := callEvents(1_000_000, types), (&Events{}).Edit()
			for range b.N {
				edit.Append(next())
			}
			e := edit.Publish()
			b.ReportMetric(float64(e.Bytes())/float64(e.Len()), "bytes/event")
		})
	}
}

// BenchmarkEventsGenerate is the share of the other benchmarks that makes the events.
func BenchmarkEventsGenerate(b *testing.B) {
	next := callEvents(1_000_000, 20)
	for range b.N {
		next()
	}
}

// BenchmarkEventsPublish appends scattered events to two million that are there, publishing every batch; an operation
// is an event.
func BenchmarkEventsPublish(b *testing.B) {
	next, edit := callEvents(1_000_000, 5), (&Events{}).Edit()
	for range 2_000_000 {
		edit.Append(next())
	}
	edit.Publish()
	for _, batch := range []int{50, 1500} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
			b.ReportAllocs()
			for i := range b.N {
				edit.Append(next())
				if i%batch == batch-1 {
					edit.Publish()
				}
			}
		})
	}
	e := edit.Publish()
	b.Logf("%d events, %.0f bytes an event with the room in reserve", e.Len(), float64(e.Bytes())/float64(e.Len()))
}

// BenchmarkEventsRead reads all rows of a chunk with a million rows and a tail of a tenth; an operation is a row.
func BenchmarkEventsRead(b *testing.B) {
	const rows = 1_000_000
	next, edit := callEvents(ChunkSize, 1), (&Events{}).Edit()
	for range rows * 9 / 10 {
		edit.Append(next())
	}
	edit.Publish()
	for range rows / 10 {
		edit.Append(next())
	}
	r := edit.Publish().Rows(0, 1)
	first, last := r.Span()
	talk, answered, agent := r.Num(3), r.Bool(1), r.Code(4)
	var m Mask
	var sum float64
	whole := func(name string, read func()) {
		b.Run(name, func(b *testing.B) {
			for i := 0; i < b.N; i += rows {
				read()
			}
		})
	}
	b.Run("first order of the tail", func(b *testing.B) {
		for i := 0; i < b.N; i += rows {
			(&Rows{base: r.base, tail: r.tail, n: r.n, shared: &tailShare{}}).order()
		}
	})
	b.Run("order after a write", func(b *testing.B) {
		shared := &tailShare{}
		prefix := shared.order(r.base.rows(), r.tail, r.n-10)
		for i := 0; i < b.N; i += rows {
			shared.sorted.Store(&prefix)
			shared.order(r.base.rows(), r.tail, r.n)
		}
	})
	whole("did", func() { r.MarkWindow(first, last, &m) })
	whole("did in a tenth", func() { r.MarkWindow(last-(last-first)/10, last, &m) })
	whole("groups", func() {
		r.Groups(func(_ uint16, lo, hi uint32, tail []uint32) { sum += float64(hi-lo) + float64(len(tail)) })
	})
	whole("sum where", func() {
		r.Groups(func(_ uint16, lo, hi uint32, tail []uint32) {
			for row := lo; row < hi; row++ {
				if yes, ok := answered.Get(row); ok && yes {
					v, _ := talk.Get(row)
					sum += v
				}
			}
			for _, row := range tail {
				if yes, ok := answered.Get(row); ok && yes {
					v, _ := talk.Get(row)
					sum += v
				}
			}
		})
	})
	whole("code", func() {
		for row := range uint32(rows) {
			c, _ := agent.Get(row)
			sum += float64(c)
		}
	})
	whole("newest 30", func() {
		r.Groups(func(_ uint16, lo, hi uint32, tail []uint32) {
			r.Newest(lo, hi, tail, 30, last, func(row uint32) bool {
				v, _ := talk.Get(row)
				sum += v
				return true
			})
		})
	})
	b.Run("find one contact", func(b *testing.B) {
		for i := range b.N {
			g := r.Find(uint16(i * 7919))
			sum += float64(g.Len())
		}
	})
	b.Logf("sum %v", sum)
}
