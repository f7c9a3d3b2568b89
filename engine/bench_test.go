package engine

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"rollcall/engine/command"
	"rollcall/query"
	"rollcall/query/plan"
)

// Run with: go test ./engine -run '^$' -bench . -benchtime 3s

// load is commands of a tenant with many contacts, made ahead so that only Apply is measured.
type load struct {
	engine *Engine
	index  uint64
	rng    *rand.Rand
}

func newLoad(b *testing.B, contacts int) *load {
	e, err := Open(newMemoryPages(b), slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	l := &load{engine: e, rng: rand.New(rand.NewPCG(1, 2))}
	l.apply(l.encode(&command.CreateTenant{ID: tenantID, Timezone: "Asia/Shanghai"}))
	for from := 0; from < contacts; from += 500 {
		l.apply(l.encode(l.records(from, min(500, contacts-from), start)))
	}
	return l
}

func (l *load) encode(body command.Body) []byte {
	return command.Encode(command.Envelope{Time: start, Tenant: tenantID}, body)
}

func (l *load) apply(commands ...[]byte) {
	l.index++
	l.engine.Apply([]Entry{{Index: l.index, Commands: commands}})
}

var benchCities = []string{"上海", "北京", "杭州", "深圳", "广州", "成都"}

func (l *load) records(from, n int, at int64) *command.PutRecords {
	p := &command.PutRecords{}
	for i := from; i < from+n; i++ {
		r := contact("CRM", i, at, []command.Identifier{{Type: "mobile", Key: hash("mobile", i), Sealed: make([]byte, 40)}},
			token("name", fmt.Sprintf("token of some length %d", i)), text("company", fmt.Sprintf("公司 %d", i%5000)), text("job_title", "经理"),
			text("city", benchCities[i%len(benchCities)]), text("intent", "高"), fraction("value", float64(i%1000)))
		p.Records = append(p.Records, r)
	}
	return p
}

// events makes a batch of new events of random contacts, number n of its kind.
func (l *load) events(contacts, n, size int) *command.PutEvents {
	p := &command.PutEvents{}
	for i := range size {
		number := n*size + i
		who := l.rng.IntN(contacts)
		e := command.Event{
			NewID: oneID(1<<40 + number), Key: hash("event", number), RecordKey: hash("implicit", who), EventID: fmt.Sprintf("event-%012d", number),
			Source: "CALLCENTER", Type: "call.outbound.ended", OccurredAt: start + int64(number),
			Identifiers: []command.Identifier{{Type: "mobile", Key: hash("mobile", who), Sealed: make([]byte, 40)}}, Sealed: make([]byte, 300),
		}
		e.Props = []command.Value{
			{Name: "answered", Kind: command.Bool, Int: int64(number & 1)}, whole("ring_seconds", int64(number%30)), whole("talk_seconds", int64(number%900)),
			text("agent_id", fmt.Sprintf("agent-%d", number%200)), text("disposition", "ok"), text("intent", "高"),
		}
		p.Events = append(p.Events, e)
	}
	return p
}

const batchesAhead = 400

func BenchmarkApplyEvents(b *testing.B) {
	const contacts = 200_000
	for b.Loop() {
		b.StopTimer()
		l := newLoad(b, contacts)
		var batches [][]byte
		for n := range batchesAhead {
			batches = append(batches, l.encode(l.events(contacts, n, 500)))
		}
		b.StartTimer()
		for _, batch := range batches {
			l.apply(batch)
		}
	}
	b.ReportMetric(500*batchesAhead*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

func BenchmarkApplyRecords(b *testing.B) {
	for _, kind := range []string{"new", "again"} {
		b.Run("records="+kind, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				l := newLoad(b, 0)
				var batches [][]byte
				for n := range batchesAhead {
					batches = append(batches, l.encode(l.records(n*500, 500, start)))
				}
				if kind == "again" {
					for n := range batches {
						l.apply(batches[n])
						batches[n] = l.encode(l.records(n*500, 500, start+1))
					}
				}
				b.StartTimer()
				for _, batch := range batches {
					l.apply(batch)
				}
			}
			b.ReportMetric(500*batchesAhead*float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}

// BenchmarkScatteredUpdates changes two attributes each of random contacts, in batches of 1,500 records of an entry,
// at a rate of 75,000 records/s (150,000 updates/s), while one reader counts all the time.
func BenchmarkScatteredUpdates(b *testing.B) {
	const contacts, rate, size = 1_000_000, 75_000, 500
	l := newLoad(b, contacts)
	l.apply(l.encode(&command.PutTag{Name: "vip", Entity: "contact", Kind: "manual"}))
	for n := range 100 {
		m := &command.TagMembers{Name: "vip"}
		for i := range 1000 {
			m.Add = append(m.Add, oneID((n*1000+i)*7%contacts))
		}
		l.apply(l.encode(m))
	}
	var batches [][]byte
	for range int(rate * 3 / size) {
		p := &command.PutRecords{}
		for range size {
			i := l.rng.IntN(contacts)
			p.Records = append(p.Records, contact("CRM", i, start+int64(len(batches))+2, nil, whole("score", int64(l.rng.IntN(1000))), fraction("value", float64(l.rng.IntN(1000)))))
		}
		batches = append(batches, l.encode(p))
	}
	l.apply(batches[0])
	t, _ := l.engine.Tenant(tenantID)
	for b.Loop() {
		quiet := counting(b, t, func() { time.Sleep(2 * time.Second) })
		var late time.Duration
		busy := counting(b, t, func() {
			begin := time.Now()
			for i, batch := range batches {
				due := begin.Add(time.Duration(i) * time.Second * size / rate)
				time.Sleep(time.Until(due))
				l.apply(batch)
			}
			late = time.Since(begin) - time.Duration(len(batches))*time.Second*size/rate
		})
		b.ReportMetric(quiet(50), "quiet-p50-us")
		b.ReportMetric(quiet(99), "quiet-p99-us")
		b.ReportMetric(busy(50), "busy-p50-us")
		b.ReportMetric(busy(99), "busy-p99-us")
		b.ReportMetric(late.Seconds()*1000, "behind-ms")
	}
}

// counting runs f while a reader counts, and returns the percentiles of the counts in microseconds.
func counting(b *testing.B, t *Tenant, f func()) func(percent int) float64 {
	e, err := query.Parse("vip and value >= 500 and city = '上海'")
	if err != nil {
		b.Fatal(err)
	}
	pl, err := plan.Compile(e, t.Root().Contacts())
	if err != nil {
		b.Fatal(err)
	}
	var stop atomic.Bool
	done := make(chan []float64)
	go func() {
		var took []float64
		for !stop.Load() {
			begin := time.Now()
			if _, err := pl.Count(t.Root().Contacts(), plan.Options{Now: start}); err != nil {
				b.Error(err)
				break
			}
			took = append(took, float64(time.Since(begin).Nanoseconds())/1000)
		}
		done <- took
	}()
	f()
	stop.Store(true)
	took := <-done
	slices.Sort(took)
	return func(percent int) float64 { return took[len(took)*percent/100] }
}

// BenchmarkRestart loads a flushed tenant.
func BenchmarkRestart(b *testing.B) {
	for _, size := range []struct{ contacts, events int }{{100_000, 1_000_000}} {
		b.Run(fmt.Sprintf("contacts=%d/events=%d", size.contacts, size.events), func(b *testing.B) {
			l := newLoad(b, size.contacts)
			for n := range size.events / 500 {
				l.apply(l.encode(l.events(size.contacts, n, 500)))
			}
			pages := newMemoryPages(b)
			if _, err := l.engine.Flush(pages.Begin); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := Open(pages, slog.New(slog.DiscardHandler)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N), "open-ms")
		})
	}
}
