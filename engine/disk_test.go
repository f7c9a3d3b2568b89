package engine

import (
	"bytes"
	"log/slog"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"rollcall/engine/command"
	"rollcall/index"
)

// filled is a node with something on every kind of page.
func filled(t testing.TB, batches int) *node {
	n := newNode(t)
	n.must(&command.PutTag{Name: "vip", Entity: "contact", Kind: "manual"})
	n.must(&command.PutTag{Name: "stage", Entity: "contact", Kind: "manual", Valued: true})
	n.must(&command.PutKey{ID: "k", Role: "admin", Hash: []byte{1}})
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range batches {
		n.engine.Apply([]Entry{n.entry(scatter(rng, i)...)})
		if i == batches/2 {
			n.flush()
		}
	}
	n.must(&command.TagMembers{Name: "stage", Value: "商机", Add: []command.ID{n.root().ContactID(0)}})
	n.must(&command.PutSegment{ID: "s", Where: "vip", Mode: "static", Members: nil})
	e := command.Envelope{Time: n.clock, Tenant: tenantID, Idempotency: &command.Idempotency{Key: hash("key", 1)}}
	n.index++
	n.engine.Apply([]Entry{{Index: n.index, Commands: [][]byte{command.Encode(e, &command.DeleteTag{Name: "vip"})}}})
	n.flush()
	return n
}

// TestDamagedPages opens a store of which one page is missing, cut, or changed. The engine may refuse it, and must not
// panic; telling every flipped bit is the page store's work, which has a checksum for each page.
func TestDamagedPages(t *testing.T) {
	n := filled(t, 12)
	whole := n.pages.pages
	missing := 0
	for _, name := range slices.Sorted(maps.Keys(whole)) {
		for damage, f := range map[string]func(b []byte) []byte{
			"missing": func([]byte) []byte { return nil },
			"cut":     func(b []byte) []byte { return b[:len(b)/2] },
			"flipped": func(b []byte) []byte { b[len(b)/2] ^= 0x55; return b },
			"grown":   func(b []byte) []byte { return append(b, 1, 2, 3) },
		} {
			n.pages.pages = maps.Clone(whole)
			if len(whole[name]) == 0 {
				continue
			}
			if b := f(bytes.Clone(whole[name])); b == nil {
				delete(n.pages.pages, name)
			} else {
				n.pages.pages[name] = b
			}
			e, err := Open(n.pages, slog.New(slog.DiscardHandler))
			if err != nil {
				missing++
				continue
			}
			if t2, ok := e.Tenant(tenantID); ok {
				t2.Root().Digest()
			}
			_ = damage
		}
	}
	if missing < len(whole) {
		t.Errorf("of %d pages, damage was noticed %d times only", len(whole), missing)
	}
}

// TestFlushIsIncremental: what a flush writes goes with what changed, not with what there is.
func TestFlushIsIncremental(t *testing.T) {
	n := newNode(t)
	for from := 0; from < 20_000; from += 500 {
		p := &command.PutRecords{}
		for i := from; i < from+500; i++ {
			p.Records = append(p.Records, contact("CRM", i, start, ids(identifier("mobile", i)), whole("seats", int64(i)), text("city", "上海")))
		}
		n.must(p)
	}
	n.flush()
	all := n.pages.bytes
	n.must(&command.PutRecords{Records: []command.Record{contact("CRM", 7, start+1, nil, whole("seats", 1))}})
	n.pages.bytes = 0
	n.flush()
	if n.pages.bytes > 10_000 || n.pages.bytes > all/50 {
		t.Errorf("one changed record of 20,000 wrote %d bytes, all of them %d", n.pages.bytes, all)
	}
	n.pages.bytes = 0
	n.flush()
	same(t, "nothing changed", n.pages.bytes, 0)
	digest := n.root().Digest()
	n.restart()
	same(t, "digest", n.root().Digest(), digest)
}

// TestLargeTenantReloads crosses chunks of contacts, blocks of rows, payloads, texts and ids.
func TestLargeTenantReloads(t *testing.T) {
	n := newNode(t)
	const contacts = 70_000
	for from := 0; from < contacts; from += 5000 {
		p := &command.PutRecords{}
		e := &command.PutEvents{}
		for i := from; i < from+5000; i++ {
			p.Records = append(p.Records, contact("CRM", i, start, ids(identifier("mobile", i)), text("city", string(rune('a'+i%20_000)))))
			if i%3 == 0 {
				e.Events = append(e.Events, eventOf("page.view", i, start+int64(i), ids(identifier("mobile", i))))
			}
		}
		n.must(p)
		n.must(e)
		if from == 20_000 {
			n.flush()
		}
	}
	n.flush()
	digest, stats := n.root().Digest(), n.root().Stats()
	n.restart()
	same(t, "digest", n.root().Digest(), digest)
	stats.Bytes = 0
	got := n.root().Stats()
	got.Bytes = 0
	same(t, "stats", got, stats)
	for _, i := range []int{0, 3, 65_535, 65_538, 69_999} {
		ord := n.ord(oneID(i))
		events, err := n.root().Timeline(ord, Cursor{}, 10)
		if err != nil || i%3 == 0 && (len(events) != 1 || events[0].Sealed[1] != byte(i)) {
			t.Errorf("contact %d: %+v, %v", i, events, err)
		}
	}
	same(t, "a duplicate", n.event(eventOf("page.view", 3, start, ids(identifier("mobile", 3)))).Status, command.Duplicate)
}

func FuzzRecord(f *testing.F) {
	r := record{key: hash("r", 1), kind: command.KindContact, source: 3, org: 200, sourceID: []byte("s"), updatedAt: start, account: 4, accountAt: start,
		identifiers: []held{{kind: 1, first: true, key: hash("i", 1), sealed: []byte("x")}},
		fields:      []field{{1, start, command.Text, 5, 0, 0}, {2, start, command.Float, 0, 0, 0.5}, {3, 0, command.Int, 0, -1, 0}}}
	f.Add(r.append(nil))
	f.Add((&record{ofAccount: true}).append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		var r, again record
		if r.parse(b) != nil {
			return
		}
		encoded := r.append(nil)
		if err := again.parse(encoded); err != nil || !bytes.Equal(again.append(nil), encoded) {
			t.Fatalf("%x is written as %x, which is read as %+v, %v", b, encoded, again, err)
		}
	})
}

func FuzzRows(f *testing.F) {
	var l eventLog
	l.append(&index.Event{Ord: 1, Type: 2, Time: start, Seq: 3, ID: "e", Source: 4, Props: []index.Prop{
		{Name: 1, Kind: index.Num, Num: 0.5}, {Name: 2, Kind: index.Num, Num: -7}, {Name: 3, Kind: index.Code, Code: 9}, {Name: 300, Kind: index.Bool, Bool: true},
	}}, index.Key(hash("e", 1)))
	l.append(&index.Event{Time: -1}, index.Key{})
	f.Add(l.blocks[0])
	f.Fuzz(func(t *testing.T, b []byte) {
		type row struct {
			ev  index.Event
			key index.Key
		}
		read := func(b []byte) (rows []row, err error) {
			_, _, err = decodeRows(b, func(ev *index.Event, key index.Key) {
				r := row{*ev, key}
				r.ev.Props = slices.Clone(ev.Props)
				rows = append(rows, r)
			})
			return rows, err
		}
		rows, err := read(b)
		if err != nil || len(rows) == 0 || len(rows) > rowsPerBlock {
			return
		}
		var again eventLog
		for i := range rows {
			for _, p := range rows[i].ev.Props {
				if p.Num != p.Num {
					return // no two NaN are equal
				}
			}
			again.append(&rows[i].ev, rows[i].key)
		}
		if second, err := read(again.blocks[0]); err != nil || !reflect.DeepEqual(second, rows) {
			t.Fatalf("%+v is read again as %+v, %v", rows, second, err)
		}
	})
}

func FuzzSmallPages(f *testing.F) {
	f.Add(appendPayloads(nil, []payload{{org: "hq", future: true, sealed: []byte("x")}, {}}))
	f.Add(appendRemembered(nil, []remembered{{key: hash("k", 1), time: start, result: []byte("r")}}))
	c := counters{index: 1, seq: 2, time: start, contacts: 3}
	f.Add(c.append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		if list, err := decodePayloads(b); err == nil {
			if again, err := decodePayloads(appendPayloads(nil, list)); err != nil || !reflect.DeepEqual(again, list) {
				t.Fatalf("payloads %+v are read again as %+v, %v", list, again, err)
			}
		}
		if list, err := decodeRemembered(b); err == nil {
			if again, err := decodeRemembered(appendRemembered(nil, list)); err != nil || !reflect.DeepEqual(again, list) {
				t.Fatalf("idempotency keys %+v are read again as %+v, %v", list, again, err)
			}
		}
		var c counters
		if c.parse(b) == nil && !bytes.Equal(c.append(nil), b) {
			t.Fatalf("counters %+v", c)
		}
		_, _ = decodeDefinition(b)
		_ = emptyState(&Tenant{}).loadCatalog(b)
	})
}
