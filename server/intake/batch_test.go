package intake

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rollcall/client/wire"
	"rollcall/engine/command"
)

// A batch is cut into commands that fit, and the results come back in the order of the batch.
func TestBatchesAreCutAndMerged(t *testing.T) {
	tenant := testTenant(t)
	var recs, events []string
	filler := strings.Repeat("x", 2000)
	for i := range 900 {
		mobile := fmt.Sprintf("138%08d", i)
		if i%7 == 3 {
			mobile = "1380013800" // one digit too few: rejected
		}
		recs = append(recs, fmt.Sprintf(`{"source":"CRM","source_id":"c-%d","identifiers":{"crm_id":"%d","mobile":"%s"},"attributes":{"remark":"%s"}}`, i, i, mobile, filler))
		events = append(events, fmt.Sprintf(`{"event_id":"e-%d","source":"CRM","type":"page.view","occurred_at":"2024-10-29T10:30:00Z","identifiers":{"mobile":"%s"},"payload":{"note":"%s"}}`, i, mobile, filler))
	}
	ids := newIDSource(testNow)

	rb := Records(tenant, testNow, decodeRecords(t, recs...))
	if len(rb.Commands) < 2 {
		t.Fatalf("%d commands of records, want several", len(rb.Commands))
	}
	byKey := make(map[command.Key]command.ID)
	var results []*command.Result
	for i := range rb.Commands {
		if size := len(command.Encode(command.Envelope{Tenant: tenant.ID}, &rb.Commands[i])); size > MaxCommand {
			t.Errorf("command %d has %d bytes", i, size)
		}
		r := new(command.Result)
		for _, rec := range rb.Commands[i].Records {
			byKey[rec.Key] = ids.next()
			r.Records = append(r.Records, command.RecordResult{Status: command.OK, OneID: byKey[rec.Key], Created: true, MatchedBy: "new", Confidence: 1})
		}
		results = append(results, r)
	}
	for i, r := range rb.Merge(results) {
		want := FormatID(byKey[tenant.Keys.Record("CRM", fmt.Sprintf("c-%d", i))])
		if r.OneID != want || (r.Status == wire.StatusOK) != (want != "") || (r.Status == wire.StatusOK) == (r.Code != "") {
			t.Fatalf("record %d: %+v, want one_id %q", i, r, want)
		}
	}

	eb := Events(tenant, testNow, decodeEvents(t, events...))
	if len(eb.Commands) < 2 {
		t.Fatalf("%d commands of events, want several", len(eb.Commands))
	}
	results = nil
	for i := range eb.Commands {
		if size := len(command.Encode(command.Envelope{Tenant: tenant.ID}, &eb.Commands[i])); size > MaxCommand {
			t.Errorf("command %d has %d bytes", i, size)
		}
		r := new(command.Result)
		for _, ev := range eb.Commands[i].Events {
			status := command.OK
			if len(r.Events)%2 == 1 {
				status = command.Duplicate
			}
			r.Events = append(r.Events, command.EventResult{Status: status, OneID: ev.NewID})
		}
		results = append(results, r)
	}
	statuses := map[string]int{}
	for i, r := range eb.Merge(results) {
		statuses[r.Status]++
		if rejected := i%7 == 3; rejected != (r.Status == wire.StatusRejected) || rejected != (r.OneID == "") {
			t.Fatalf("event %d: %+v", i, r)
		}
	}
	if statuses[wire.StatusAccepted] == 0 || statuses[wire.StatusDuplicate] == 0 || statuses[wire.StatusRejected] != 129 {
		t.Errorf("statuses %v", statuses)
	}
}

// A command that was refused as a whole rejects its items; what Apply rejects keeps its code and gets its path.
func TestMergeOfRefusals(t *testing.T) {
	tenant := testTenant(t)
	b := Records(tenant, testNow, decodeRecords(t, `{"source":"CRM","source_id":"1"}`, `{"source":"CRM"}`, `{"source":"CRM","source_id":"2"}`))
	got := b.Merge([]*command.Result{{Records: []command.RecordResult{
		{Status: command.OK, AccountID: command.ID{1}},
		{Status: command.Rejected, Code: "type_mismatch", Field: "attributes.score", Detail: "d"},
	}}})
	if got[0].Status != wire.StatusOK || got[0].AccountID == "" || got[0].OneID != "" {
		t.Errorf("first: %+v", got[0])
	}
	if got[1].Code != "missing_field" || got[2].Code != "type_mismatch" || got[2].Field != "records[2].attributes.score" || got[2].Status != wire.StatusRejected {
		t.Errorf("second and third: %+v, %+v", got[1], got[2])
	}
	b = Records(tenant, testNow, decodeRecords(t, `{"source":"CRM","source_id":"1"}`))
	if got := b.Merge([]*command.Result{{Code: "unknown_tenant"}}); got[0].Status != wire.StatusRejected || got[0].Code != "unknown_tenant" || got[0].Field != "records[0]" {
		t.Errorf("refused: %+v", got[0])
	}
	e := Events(tenant, testNow, decodeEvents(t, `{"event_id":"e","source":"s","type":"page.view","occurred_at":"2024-10-29T10:30:00Z","one_id":"x"}`))
	if got := e.Merge([]*command.Result{{Events: []command.EventResult{{Status: command.Rejected, Code: "unknown_one_id", Field: "one_id"}}}}); got[0].Status != wire.StatusRejected || got[0].Code != "unknown_one_id" || got[0].Field != "events[0].one_id" {
		t.Errorf("rejected by the engine: %+v", got[0])
	}
}

// The sizes that batches are cut by are never below the encoded size.
func TestSizesAreUpperBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := func(label string) string { return rapid.StringN(0, 300, 600).Draw(t, label) }
		var ids []command.Identifier
		for i := range rapid.IntRange(0, 20).Draw(t, "identifiers") {
			ids = append(ids, command.Identifier{Type: text("type"), Key: command.Key{byte(i)}, Sealed: []byte(text("sealed"))})
		}
		var vals []command.Value
		for range rapid.IntRange(0, 40).Draw(t, "values") {
			vals = append(vals, command.Value{Name: text("name"), Kind: command.ValueKind(rapid.IntRange(0, 6).Draw(t, "kind")), Text: text("text"),
				Int: rapid.Int64().Draw(t, "int"), Float: rapid.Float64().Draw(t, "float")})
		}
		rec := command.Record{NewID: command.ID{1}, Key: command.Key{1}, Source: text("source"), SourceID: []byte(text("id")), Org: text("org"), UpdatedAt: 1 << 60, Identifiers: ids, Attributes: vals,
			Account: &command.AccountRef{NewID: command.ID{1}, Name: text("company"), Identifiers: ids}}
		if bound, size := recordSize(&rec)+commandRoom, len(command.Encode(command.Envelope{}, &command.PutRecords{Records: []command.Record{rec}})); size > bound {
			t.Fatalf("a record of %d bytes, bound %d", size, bound)
		}
		ev := command.Event{NewID: command.ID{1}, EventID: text("event"), Source: text("source"), Org: text("org"), Type: text("type"), OccurredAt: 1 << 60, Identifiers: ids, Props: vals, Sealed: []byte(text("sealed"))}
		many := make([]command.Event, 50)
		for i := range many {
			many[i] = ev
		}
		if bound, size := 50*eventSize(&ev)+commandRoom, len(command.Encode(command.Envelope{}, &command.PutEvents{Events: many})); size > bound {
			t.Fatalf("50 events of %d bytes, bound %d", size, bound)
		}
	})
}

// Whatever passes the scan can be taken in: every item is in a command or rejected, and commands can be encoded.
func FuzzIntake(f *testing.F) {
	tenant := testTenant(f)
	f.Add([]byte(`{"records":[{"source":"CRM","source_id":"c-1","identifiers":{"mobile":"13800138001"},"attributes":{"name":"张三","n":1e3}}]}`))
	f.Add([]byte(`{"events":[{"event_id":"e","source":"s","type":"page.view","occurred_at":"2024-10-29T10:30:00Z","one_id":"x","payload":{"a":[{}]}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var recs wire.PutRecordsRequest
		if err := wire.JSON.Decode(body, &recs, wire.BatchLimits); err == nil {
			b := Records(tenant, testNow, recs.Records)
			n := 0
			for i := range b.Commands {
				command.Encode(command.Envelope{}, &b.Commands[i])
				n += len(b.Commands[i].Records)
			}
			for _, r := range b.results {
				if r.Code != "" {
					n++
				}
			}
			if n != len(recs.Records) {
				t.Errorf("%d records went somewhere, of %d", n, len(recs.Records))
			}
		}
		var events wire.PutEventsRequest
		if err := wire.JSON.Decode(body, &events, wire.BatchLimits); err == nil {
			b := Events(tenant, testNow, events.Events)
			for i := range b.Commands {
				command.Encode(command.Envelope{}, &b.Commands[i])
			}
		}
	})
}

// What the tenant knows of its attributes by now moves no item of a batch to another place: a repeat makes the same
// commands of the same items.
func TestPlacesFollowFromTheRequest(t *testing.T) {
	tenant := testTenant(t)
	values := []string{`1`, `"1"`, `1.5`, `2.0`, `true`, `"true"`, `"abc"`, `"2024-10-29"`, `123456789012345678901234567890`, `null`, `""`, `[1]`, `"a\u0000b"`,
		`"` + strings.Repeat("7", 900) + `"`, `"` + strings.Repeat("x", 16000) + `"`}
	kinds := []command.ValueKind{command.Text, command.Token, command.Int, command.Float, command.Bool, command.Time}
	if got := len(tenant.Keys.Token("x")) - 1; got != tokenRoom {
		t.Fatalf("a token is %d bytes longer than its text", got)
	}
	rapid.Check(t, func(rt *rapid.T) {
		var recs []string
		for i := range rapid.IntRange(1, 120).Draw(rt, "records") {
			attributes := make([]string, rapid.IntRange(0, 5).Draw(rt, "attributes"))
			for j := range attributes {
				attributes[j] = fmt.Sprintf(`"x%d":%s`, j, rapid.SampledFrom(values).Draw(rt, "value"))
			}
			recs = append(recs, fmt.Sprintf(`{"source":"CRM","source_id":"c-%d","attributes":{%s}}`, i, strings.Join(attributes, ",")))
		}
		known := map[string]command.ValueKind{}
		for i := range 5 {
			if rapid.Bool().Draw(rt, "known") {
				known[fmt.Sprint("x", i)] = rapid.SampledFrom(kinds).Draw(rt, "kind")
			}
		}
		places := func(known map[string]command.ValueKind) []place {
			tenant := tenant
			tenant.KindOf = func(_, name string) (command.ValueKind, bool) { k, ok := known[name]; return k, ok }
			b := Records(tenant, testNow, decodeRecords(t, recs...))
			for i := range b.Commands {
				if size := len(command.Encode(command.Envelope{Tenant: tenant.ID}, &b.Commands[i])); size > MaxCommand {
					rt.Fatalf("command %d has %d bytes", i, size)
				}
			}
			return b.places
		}
		if before, after := places(nil), places(known); !slices.Equal(before, after) {
			rt.Fatalf("places %v at first, %v when %v are known", before, after, known)
		}
	})
}
