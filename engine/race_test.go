package engine

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"rollcall/engine/command"
	"rollcall/query"
	"rollcall/query/plan"
)

// scatter makes a random batch of everything, of few people, so that they merge and collide.
func scatter(rng *rand.Rand, n int) []command.Body {
	records, events := &command.PutRecords{}, &command.PutEvents{}
	for i := range 20 {
		who := ids(identifier("mobile", rng.IntN(400)))
		if rng.IntN(10) == 0 {
			who = append(who, identifier("email", rng.IntN(200)))
		}
		r := contact("CRM", rng.IntN(500), start+int64(n), who, text("city", []string{"上海", "北京"}[rng.IntN(2)]), whole("seats", int64(rng.IntN(100))))
		r.NewID = oneID(n*1000 + i)
		r.Account = &command.AccountRef{NewID: accountID(n*1000 + i), Name: "公司", Identifiers: ids(identifier("account_name", rng.IntN(50)))}
		records.Records = append(records.Records, r)
		e := eventOf("page.view", n*1000+i, start+int64(rng.IntN(1000)), who, whole("n", int64(rng.IntN(5))), text("channel", "seo"))
		e.NewID = oneID(n*1000 + 500 + i)
		events.Events = append(events.Events, e)
	}
	members := &command.TagMembers{Name: "vip"}
	for range 10 {
		members.Add = append(members.Add, oneID(rng.IntN(n+1)*1000))
		members.Remove = append(members.Remove, oneID(rng.IntN(n+1)*1000))
	}
	return []command.Body{records, events, members}
}

// TestReadersDuringApply reads roots while they are replaced and flushed. Run it with -race. What one root answers
// must not change while the reader holds it.
func TestReadersDuringApply(t *testing.T) {
	n := newNode(t)
	n.must(&command.PutTag{Name: "vip", Entity: "contact", Kind: "manual"})
	n.must(&command.PutSegment{ID: "s", Where: "vip and city = '上海' and did(page.view)", Mode: "realtime"})
	rng := rand.New(rand.NewPCG(1, 2))
	n.engine.Apply([]Entry{n.entry(scatter(rng, 0)...)})
	var stop atomic.Bool
	var wait sync.WaitGroup
	run := func(f func()) {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for !stop.Load() {
				f()
			}
		}()
	}
	expression, err := query.Parse("segment('s') or count(page.view where n >= 2 and channel = 'seo') > 1 or account.name = '公司'")
	if err != nil {
		t.Fatal(err)
	}
	last := n.root()
	run(func() {
		r := n.root()
		if r.Index() < last.Index() || r.Time() < last.Time() {
			t.Error("a root went back")
		}
		last = r
		digest := r.Digest()
		pl, err := plan.Compile(expression, r.Contacts())
		if err != nil {
			t.Error(err)
			return
		}
		first, err := pl.Count(r.Contacts(), plan.Options{Now: start + 2000})
		if err != nil {
			t.Error(err)
		}
		second, err := pl.Count(r.Contacts(), plan.Options{Now: start + 2000})
		if err != nil || first != second || r.Digest() != digest {
			t.Errorf("one root counted %d, then %d, %v", first, second, err)
		}
	})
	run(func() {
		r := n.root()
		for ord := range r.contacts.ids.n {
			if !r.contacts.live.Contains(ord) {
				continue
			}
			p := r.Profile(ord)
			if id, ok := r.Contact(p.OneID); !ok || id != ord {
				t.Errorf("contact %d is not found by its id", ord)
			}
			for _, i := range p.Identifiers {
				if _, ok := r.ContactBy(i.Key); !ok {
					t.Error("an identifier of a profile leads nowhere")
				}
			}
			if _, err := r.Timeline(ord, Cursor{}, 20); err != nil {
				t.Error(err)
			}
			if p.HasAccount {
				r.AccountProfile(p.Account)
			}
		}
		r.Tags()
		r.Stats()
	})
	run(func() {
		if _, err := n.engine.Flush(n.pages.Begin); err != nil {
			t.Error(err)
		}
	})
	for i := range 60 {
		n.engine.Apply([]Entry{n.entry(scatter(rng, 1+i)...)})
	}
	stop.Store(true)
	wait.Wait()
	n.flush()
	digest := n.root().Digest()
	n.restart()
	same(t, "digest", n.root().Digest(), digest)
}

// TestCompaction changes the same records until their chunk must have been written anew, several times.
func TestCompaction(t *testing.T) {
	n := newNode(t)
	long := make([]byte, 2000)
	for round := range 12 {
		p := &command.PutRecords{}
		for i := range 40 {
			r := contact("CRM", i, start+int64(round), nil, whole("round", int64(round)))
			r.SourceID = append(long, byte(i))
			p.Records = append(p.Records, r)
		}
		held := n.root()
		digest := held.Digest()
		n.must(p)
		same(t, "the root before", held.Digest(), digest)
	}
	if a := n.engine.states[tenantID].records.arenas[0]; a.dead > a.live {
		t.Errorf("%d bytes are garbage, %d are not", a.dead, a.live)
	}
	for i := range 40 {
		p := n.profile(oneID(i))
		if len(p.Sources) != 1 || p.Sources[0].SourceID[2000] != byte(i) || attributesOf(p)["round"] != int64(11) {
			t.Errorf("record %d is wrong", i)
		}
	}
}
