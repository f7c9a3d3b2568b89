package engine

import (
	"slices"
	"strings"
	"testing"

	"rollcall/engine/command"
)

// TestWhatDoesNothingLeavesTheDigest sends commands that are refused, batches of which every item is rejected, and what
// is there already: each moves the index and the clock, and nothing that the digest tells of.
func TestWhatDoesNothingLeavesTheDigest(t *testing.T) {
	n := newNode(t)
	mobile := func(i int) []command.Identifier { return ids(identifier("mobile", i)) }
	first := contact("CRM", 1, start, mobile(1), whole("seats", 1), token("name", "张三"))
	first.Account = &command.AccountRef{NewID: accountID(1), Name: "公司", Identifiers: ids(identifier("account_name", 1))}
	call := eventOf("page.view", 1, start, mobile(1), whole("talk_seconds", 3))
	stranger := eventOf("page.view", 2, start, nil)
	stranger.OneID = oneID(99)
	tags := []*command.PutTag{
		{Name: "vip", Entity: "contact", Kind: "manual", Description: "d"},
		{Name: "step", Entity: "contact", Kind: "manual", Valued: true},
		{Name: "rule", Entity: "contact", Kind: "rule", Rule: "vip"},
	}
	members := []*command.TagMembers{{Name: "vip", Add: []command.ID{oneID(1)}}, {Name: "step", Value: "a", Add: []command.ID{oneID(1)}}}
	again := map[string]command.Body{
		"records":          &command.PutRecords{Records: []command.Record{first}},
		"an event":         &command.PutEvents{Events: []command.Event{call}},
		"a stage":          &command.PutRecords{Records: []command.Record{stage("商机", 5, oneID(1), nil)}},
		"a tag":            tags[0],
		"a valued tag":     tags[1],
		"a rule":           tags[2],
		"members":          members[0],
		"members' value":   members[1],
		"a segment":        &command.PutSegment{ID: "s", Where: "vip", Mode: "static", Members: nil},
		"a live segment":   &command.PutSegment{ID: "l", Where: "vip", Mode: "realtime"},
		"an attribute":     &command.PutAttribute{Entity: "contact", Name: "seats", Kind: command.Int},
		"a key":            &command.PutKey{ID: "k", Role: "admin", Hash: []byte{1}},
		"nobody to remove": &command.TagMembers{Name: "vip", Remove: []command.ID{oneID(99)}},
	}
	refused := map[string]command.Body{
		"unknown_tag":         &command.TagMembers{Name: "no", Add: []command.ID{oneID(1)}},
		"unknown_tag, delete": &command.DeleteTag{Name: "no"},
		"unknown_segment":     &command.DeleteSegment{ID: "no"},
		"tag_kind":            &command.TagMembers{Name: "rule", Add: []command.ID{oneID(1)}},
		"tag_kind, put":       &command.PutTag{Name: "vip", Entity: "account", Kind: "manual"},
		"tag_kind, value":     &command.TagMembers{Name: "vip", Value: "x", Add: []command.ID{oneID(1)}},
		"name_taken":          &command.PutTag{Name: "seats", Entity: "contact", Kind: "manual"},
		"bad_expression":      &command.PutTag{Name: "r", Entity: "contact", Kind: "rule", Rule: "((("},
		"bad_entity":          &command.PutTag{Name: "r", Entity: "deal", Kind: "manual"},
		"bad_mode":            &command.PutSegment{ID: "x", Where: "vip", Mode: "lazy"},
		"bad_members":         &command.PutSegment{ID: "s", Where: "vip", Mode: "static", Members: []byte{1}},
		"bad_name":            &command.PutKey{},
		"type_mismatch":       &command.PutAttribute{Entity: "contact", Name: "seats", Kind: command.Text},
		"tenant_exists":       &command.CreateTenant{ID: tenantID, Name: "other"},
		"invalid_value":       &command.TagMembers{Name: "vip", Add: []command.ID{oneID(1), oneID(2)}, Remove: []command.ID{oneID(2)}},
	}
	rejected := map[string]command.Body{
		"records": &command.PutRecords{Records: []command.Record{
			contact("CRM", 2, start, mobile(2), text("seats", "many")), contact("CRM", 2, start, mobile(2), text("vip", "yes")),
			contact("CRM", 2, start, ids(identifier("credit_code", 1)), text("fresh", "new")), {NewID: oneID(2), Key: hash("1", 1), Kind: command.KindOpportunity},
		}},
		"stages": &command.PutRecords{Records: []command.Record{stage("丢失", 10, oneID(1), company(7))}},
		"events": &command.PutEvents{Events: []command.Event{stranger, eventOf("custom.thing", 3, start, nil), eventOf("", 4, start, mobile(5), text("fresh", "new"))}},
	}

	for _, body := range tags {
		n.must(body)
	}
	for _, name := range []string{"records", "an event", "a stage", "members", "members' value", "a segment", "a live segment", "an attribute", "a key"} {
		n.must(again[name])
	}
	n.flush()
	digest := n.root().Digest()
	check := func(what string) {
		t.Helper()
		same(t, "digest after "+what, n.root().Digest(), digest)
	}
	for name, body := range again {
		if r := n.must(body); len(r.Events) > 0 && r.Events[0].Status != command.Duplicate || r.Changed != 0 {
			t.Errorf("%s again: %+v", name, r)
		}
		check(name + " again")
	}
	for name, body := range refused {
		want, _, _ := strings.Cut(name, ",")
		same(t, name, n.do(body).Code, want)
		check("the refusal " + name)
	}
	for name, body := range rejected {
		r := n.must(body)
		if slices.ContainsFunc(r.Records, func(r command.RecordResult) bool { return r.Status != command.Rejected }) ||
			slices.ContainsFunc(r.Events, func(r command.EventResult) bool { return r.Status != command.Rejected }) {
			t.Errorf("%s: %+v", name, r)
		}
		check("rejected " + name)
	}
	clock := n.root().Time()
	same(t, "the clock", clock, n.clock)
	n.flush()
	n.restart()
	check("a restart")
	same(t, "the clock after a restart", n.root().Time(), clock)
	n.must(&command.TagMembers{Name: "vip", Remove: []command.ID{oneID(1)}})
	if n.root().Digest() == digest {
		t.Error("a change leaves the digest as it was")
	}
}

// TestFieldsOfRejections looks at where each rejection points.
func TestFieldsOfRejections(t *testing.T) {
	n := newNode(t)
	n.must(&command.PutTag{Name: "vip", Entity: "contact", Kind: "manual"})
	n.record(contact("CRM", 0, start, ids(identifier("mobile", 0)), whole("seats", 1)))
	mobile := ids(identifier("mobile", 1))
	named := contact("CRM", 1, start, mobile)
	named.Account = &command.AccountRef{NewID: accountID(1), Identifiers: ids(identifier("mobile", 1))}
	for field, r := range map[string]command.Record{
		"attributes.vip":          contact("CRM", 1, start, mobile, text("vip", "yes")),
		"attributes.seats":        contact("CRM", 1, start, mobile, text("seats", "many")),
		"identifiers.credit_code": contact("CRM", 1, start, ids(identifier("credit_code", 1))),
		"account":                 named,
		"source_id":               {NewID: oneID(1), Kind: command.KindContact},
		"kind":                    {NewID: oneID(1), Key: recordKey("contact", 0), Kind: command.KindAccount},
		"identifiers":             {NewID: oneID(1), Key: hash("1", 1), Kind: command.KindOpportunity},
	} {
		same(t, "record", n.record(r).Field, field)
	}
	stranger := eventOf("page.view", 1, start, nil)
	stranger.OneID = oneID(99)
	for field, e := range map[string]command.Event{
		"one_id":                  stranger,
		"identifiers":             eventOf("page.view", 1, start, nil),
		"identifiers.credit_code": eventOf("page.view", 1, start, ids(identifier("credit_code", 1))),
		"type":                    eventOf("", 1, start, mobile),
		"payload.":                eventOf("page.view", 1, start, mobile, text("", "x")),
	} {
		same(t, "event", n.event(e).Field, field)
	}
}
