package engine

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rollcall/engine/command"
)

// forget makes an engine fold everything anew.
func (n *node) forget() {
	for _, s := range n.engine.states {
		s.fold.kept = nil
	}
}

// TestKeptWinners gives a few people hundreds of records, and merges them: keeping winners changes nothing.
func TestKeptWinners(t *testing.T) {
	keptOnce, mergedKept := false, false
	rapid.Check(t, func(rt *rapid.T) {
		n, plain := newNode(rt), newNode(rt)
		draw := func(n int, what string) int { return rapid.IntRange(0, n-1).Draw(rt, what) }
		people := 1 + draw(3, "people")
		for batch := range 4 {
			var bodies []command.Body
			for range 1 + draw(3, "commands") {
				put, events := &command.PutRecords{}, &command.PutEvents{}
				for range 30 {
					number := draw(120, "record")
					who := ids(identifier("mobile", number%people))
					if batch == 3 && draw(20, "merge") == 0 {
						who = append(who, identifier("mobile", draw(people, "other")))
					}
					r := contact([]string{"CRM", "ADS", "WEB"}[number%3], number, start+int64(draw(6, "at")), who,
						text([]string{"city", "gender", "city "}[draw(3, "attribute")], fmt.Sprint(draw(4, "value"))))
					r.NewID = oneID(int(n.index)*1000 + len(bodies)*100 + len(put.Records) + 1)
					switch {
					case number%10 == 0:
						r.Kind, r.Attributes = command.KindOpportunity, nil
					case number%10 == 1:
						r.Account = &command.AccountRef{NewID: accountID(int(n.index)*1000 + len(bodies)*100 + len(put.Records)), Name: "公司", Identifiers: ids(identifier("account_name", draw(3, "account")))}
					case number%10 == 2:
						r.Attributes = append(r.Attributes, fraction("seats", float64(draw(5, "seats"))/2))
					case number%10 == 3:
						r.Attributes = append(r.Attributes, whole("seats", int64(draw(5, "seats"))))
					case number%10 == 4:
						r.Org = fmt.Sprint("org ", draw(2, "org"))
					}
					put.Records = append(put.Records, r)
				}
				e := eventOf("page.view", draw(1000, "event"), start, ids(identifier("mobile", draw(people, "of")), identifier("cookie_id", draw(50, "cookie"))))
				e.Org = "org of events"
				events.Events = append(events.Events, e)
				bodies = append(bodies, put, events)
			}
			entry := n.entry(bodies...)
			before := len(n.engine.states[tenantID].fold.kept)
			n.engine.Apply([]Entry{entry})
			after := len(n.engine.states[tenantID].fold.kept)
			keptOnce, mergedKept = keptOnce || after > 0, mergedKept || batch == 3 && before > after && after > 0
			for i, c := range entry.Commands {
				// One by one, and each without what the one before kept.
				plain.engine.Apply([]Entry{{Index: entry.Index*100 + uint64(i), Commands: [][]byte{c}}})
				plain.forget()
			}
			if got, want := n.root().Digest(), plain.root().Digest(); got != want {
				rt.Fatalf("digest %s with kept winners, %s without", got, want)
			}
		}
		n.restart()
		if got, want := n.root().Digest(), plain.root().Digest(); got != want {
			rt.Fatalf("digest %s after a restart, %s without kept winners", got, want)
		}
	})
	if !keptOnce || !mergedKept {
		t.Errorf("winners were kept: %v, and merged away: %v", keptOnce, mergedKept)
	}
}

func TestKeptWinnersAreBounded(t *testing.T) {
	f := folding{}
	for ord := range uint32(3 * mostWeight / 100) {
		f.keep(foldKey{nil, ord}, 100)
		if f.weight > mostWeight || len(f.kept)*100 != f.weight {
			t.Fatalf("%d people are kept, weight %d", len(f.kept), f.weight)
		}
	}
}

// BenchmarkOneMobile puts records of one person, as a number does that stands in every form.
func BenchmarkOneMobile(b *testing.B) {
	for _, records := range []int{10_000, 100_000} {
		b.Run(fmt.Sprintf("records=%d", records), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				e, err := Open(newMemoryPages(b), slog.New(slog.DiscardHandler))
				if err != nil {
					b.Fatal(err)
				}
				l := &load{engine: e}
				l.apply(l.encode(&command.CreateTenant{ID: tenantID}))
				var batches [][]byte
				for from := 0; from < records; from += 500 {
					p := l.records(from, 500, start+int64(from))
					for i := range p.Records {
						p.Records[i].Identifiers[0].Key = hash("mobile", 1)
					}
					batches = append(batches, l.encode(p))
				}
				b.StartTimer()
				for _, batch := range batches {
					l.apply(batch)
				}
			}
			b.ReportMetric(float64(b.Elapsed())/float64(time.Microsecond)/float64(records)/float64(b.N), "us/record")
		})
	}
}

// BenchmarkTimelinePage reads a page in the middle of a long timeline.
func BenchmarkTimelinePage(b *testing.B) {
	l := newLoad(b, 1)
	const events = 100_000
	for n := range events / 500 {
		l.apply(l.encode(l.events(1, n, 500)))
	}
	t, _ := l.engine.Tenant(tenantID)
	b.ReportAllocs()
	for b.Loop() {
		page, err := t.Root().Timeline(0, Cursor{Time: start + events/2}, 50)
		if err != nil || len(page) != 50 || page[0].OccurredAt != start+events/2-1 {
			b.Fatal(len(page), err)
		}
	}
}
