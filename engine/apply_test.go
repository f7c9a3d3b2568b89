package engine

import (
	"bytes"
	"errors"
	"testing"

	"rollcall/engine/command"
)

func TestQuickStart(t *testing.T) {
	n := newNode(t)
	zhang := n.record(contact("CALLCENTER", 1, start, ids(identifier("mobile", 1)), token("name", "张三"), text("company", "XX金融公司"), text("job_title", "CFO")))
	same(t, "first record", zhang, command.RecordResult{Status: command.OK, OneID: oneID(1), Created: true, MatchedBy: "new", Confidence: 1})
	wework := n.record(contact("WEWORK", 2, start+1, ids(identifier("mobile", 1), identifier("wecom_external_userid", 1)), text("wecom_status", "已添加")))
	same(t, "second record", wework, command.RecordResult{Status: command.OK, OneID: oneID(1), MatchedBy: "mobile", Confidence: 1})
	li := n.record(contact("CALLCENTER", 3, start, ids(identifier("mobile", 2)), text("job_title", "财务经理")))
	n.must(&command.PutTag{Name: "高接通率", Entity: "contact", Kind: "rule", Rule: "rate(call.outbound.ended where answered = true, last 30) > 0.7"})
	n.must(&command.PutTag{Name: "高意向", Entity: "contact", Kind: "manual"})
	n.must(&command.PutTag{Name: "CXO级别", Entity: "contact", Kind: "manual"})
	n.must(&command.TagMembers{Name: "高意向", Add: []command.ID{zhang.OneID}})
	same(t, "changed", n.must(&command.TagMembers{Name: "CXO级别", Add: []command.ID{zhang.OneID, oneID(77)}}).Changed, uint32(1))
	answered := command.Value{Name: "answered", Kind: command.Bool, Int: 1}
	for i := range 3 {
		n.event(eventOf("call.outbound.ended", i, n.clock-int64(i)*1000, ids(identifier("mobile", 1)), answered, whole("talk_seconds", 900)))
		n.event(eventOf("call.outbound.ended", 10+i, n.clock-int64(i)*1000, ids(identifier("mobile", 2)), command.Value{Name: "answered", Kind: command.Bool}))
	}
	same(t, "the question", n.count("高接通率 and 高意向 and CXO级别"), uint64(1))
	same(t, "everybody", n.count("job_title is not null"), uint64(2))
	p := n.profile(zhang.OneID)
	same(t, "attributes", attributesOf(p), map[string]any{"name": "张三", "company": "XX金融公司", "job_title": "CFO", "wecom_status": "已添加"})
	same(t, "sources", len(p.Sources), 2)
	same(t, "tags", p.Tags, []TagValue{{Name: "CXO级别"}, {Name: "高意向"}})
	same(t, "identifiers", p.Identifiers, ids(identifier("mobile", 1), identifier("wecom_external_userid", 1)))
	c, last, found := n.root().Interactions(n.ord(zhang.OneID), n.clock)
	same(t, "interactions", []any{c, last > 0, found}, []any{3, true, true})
	same(t, "interactions as an attribute", n.count("interactions_7d = 3"), uint64(2))
	events, err := n.root().Timeline(n.ord(li.OneID), Cursor{}, 2)
	if err != nil || len(events) != 2 || events[0].OccurredAt < events[1].OccurredAt || events[0].Type != "call.outbound.ended" {
		t.Errorf("timeline %+v, %v", events, err)
	}
	rest, err := n.root().Timeline(n.ord(li.OneID), events[1].Cursor(), 10)
	if err != nil || len(rest) != 1 || !bytes.Equal(rest[0].Sealed, []byte{1, 10}) {
		t.Errorf("the rest of the timeline %+v, %v", rest, err)
	}
}

func TestRecordRefusals(t *testing.T) {
	n := newNode(t)
	n.must(&command.PutTag{Name: "vip", Entity: "contact", Kind: "manual"})
	n.record(contact("CRM", 0, start, ids(identifier("mobile", 0)), whole("seats", 1)))
	before, attributes := n.root().Stats(), n.root().Attributes("contact")
	mobile := ids(identifier("mobile", 1))
	for code, r := range map[string]command.Record{
		"type_mismatch":       contact("CRM", 1, start, mobile, text("seats", "many")),
		"computed_attribute":  contact("CRM", 1, start, mobile, whole("interactions_7d", 3)),
		"name_taken":          contact("CRM", 1, start, mobile, text("vip", "yes")),
		"bad_name":            contact("CRM", 1, start, mobile, text("", "yes")),
		"duplicate_attribute": contact("CRM", 1, start, mobile, text("new", "yes"), text("new", "no")),
		"unknown_identifier":  contact("CRM", 1, start, ids(identifier("credit_code", 1))),
		"bad_id":              {Key: hash("1", 1), Kind: command.KindContact},
		"bad_kind":            {Key: hash("1", 1), NewID: oneID(1), Kind: 9},
		"bad_record":          {NewID: oneID(1), Kind: command.KindContact},
		"kind_conflict":       {NewID: oneID(1), Key: recordKey("contact", 0), Kind: command.KindAccount},
		"unattached":          {NewID: oneID(1), Key: hash("1", 1), Kind: command.KindOpportunity},
	} {
		if got := n.record(r); got.Status != command.Rejected || got.Code != code {
			t.Errorf("%s: %+v", code, got)
		}
	}
	same(t, "what refused records left", n.root().Stats(), before)
	same(t, "attributes", n.root().Attributes("contact"), attributes)
}

func TestTooManyAttributes(t *testing.T) {
	n := newNode(t)
	var values []command.Value
	for i := range maxAttributes {
		values = append(values, whole("a"+string(rune(0x4e00+i)), 1))
	}
	if got := n.record(contact("CRM", 1, start, nil, values...)); got.Code != "too_many_attributes" {
		t.Errorf("%+v", got)
	}
	room := maxAttributes - len(n.root().contacts.attributes)
	if got := n.record(contact("CRM", 1, start, nil, values[:room]...)); got.Status != command.OK {
		t.Errorf("%+v", got)
	}
	if got := n.do(&command.PutAttribute{Entity: "contact", Name: "more", Kind: command.Int}); got.Code != "too_many_attributes" {
		t.Errorf("%+v", got)
	}
}

func TestSurvivorship(t *testing.T) {
	n := newNode(t)
	mobile := ids(identifier("mobile", 1))
	id := n.record(contact("CRM", 1, start+10, mobile, text("city", "上海"), whole("seats", 5))).OneID
	n.record(contact("ADS", 2, start+5, mobile, text("city", "北京"), text("gender", "女")))
	same(t, "the newer stays", attributesOf(n.profile(id)), map[string]any{"city": "上海", "seats": int64(5), "gender": "女"})
	n.record(contact("ADS", 2, start+20, mobile, command.Value{Name: "gender"}, text("city", "杭州")))
	same(t, "per field, and empty erases nothing", attributesOf(n.profile(id)), map[string]any{"city": "杭州", "seats": int64(5), "gender": "女"})
	n.record(contact("ADS", 2, start+15, mobile, text("city", "深圳"), text("gender", "男")))
	same(t, "an older update takes the fields that it is newer in", attributesOf(n.profile(id)), map[string]any{"city": "杭州", "seats": int64(5), "gender": "男"})
	n.record(contact("CRM", 1, start+30, mobile, fraction("seats", 2.5)))
	same(t, "an integer column is widened", attributesOf(n.profile(id))["seats"], 2.5)
	n.record(contact("CRM", 9, start+30, ids(identifier("mobile", 9)), whole("seats", 7)))
	same(t, "and counts as before", n.count("seats > 2.4"), uint64(2))
	same(t, "updated_at", n.profile(id).UpdatedAt, int64(start+30))
	same(t, "source_count", n.count("source_count = 2"), uint64(1))
}

func TestMerge(t *testing.T) {
	n := newNode(t)
	n.must(&command.PutTag{Name: "vip", Entity: "contact", Kind: "manual"})
	n.must(&command.PutTag{Name: "stage", Entity: "contact", Kind: "manual", Valued: true})
	a := n.record(contact("CRM", 1, start, ids(identifier("mobile", 1)), text("city", "上海"))).OneID
	b := n.record(contact("WEB", 2, start+1, ids(identifier("email", 1)), text("city", "北京"))).OneID
	n.must(&command.TagMembers{Name: "vip", Add: []command.ID{b}})
	n.must(&command.TagMembers{Name: "stage", Value: "商机", Add: []command.ID{b}})
	ev := n.event(eventOf("page.view", 1, start, ids(identifier("email", 1)), text("channel", "seo"), whole("n", 3)))
	same(t, "event's contact", ev.OneID, b)
	same(t, "two", n.count("city is not null"), uint64(2))
	both := n.record(contact("ADS", 3, start+2, ids(identifier("email", 1), identifier("mobile", 1))))
	same(t, "merging record", both, command.RecordResult{Status: command.OK, OneID: a, MatchedBy: "mobile", Confidence: 1})
	same(t, "one", n.count("city is not null"), uint64(1))
	same(t, "its events", n.count("count(page.view where channel = 'seo' and n = 3) = 1"), uint64(1))
	p := n.profile(b)
	same(t, "the old id answers with the survivor", p.OneID, a)
	same(t, "attributes", attributesOf(p), map[string]any{"city": "北京"})
	same(t, "tags", p.Tags, []TagValue{{"stage", "商机"}, {Name: "vip"}})
	same(t, "sources", len(p.Sources), 3)
	if ord, ok := n.root().ContactBy(identifier("email", 1).Key); !ok || n.root().ContactID(ord) != a {
		t.Error("the identifier does not lead to the survivor")
	}
	owner, kind, ok := n.root().RecordOwner(recordKey("contact", 2))
	same(t, "record's owner", []any{owner, kind, ok}, []any{a, command.KindContact, true})
	same(t, "duplicate of a moved event", n.event(eventOf("page.view", 1, start, ids(identifier("email", 1)))), command.EventResult{Status: command.Duplicate, OneID: a})
	same(t, "an event by the old id", n.event(func() command.Event {
		e := eventOf("page.view", 2, start, nil)
		e.OneID = b
		return e
	}()), command.EventResult{Status: command.OK, OneID: a})
}

func TestWeakIdentifiers(t *testing.T) {
	n := newNode(t)
	cookie, office := identifier("cookie_id", 1), identifier("landline", 1)
	visitor := n.event(eventOf("page.view", 1, start, ids(cookie))).OneID
	same(t, "the same cookie", n.event(eventOf("page.view", 2, start, ids(cookie))).OneID, visitor)
	known := n.record(contact("WEB", 1, start, ids(cookie, identifier("mobile", 1))))
	same(t, "the visitor becomes known", known, command.RecordResult{Status: command.OK, OneID: visitor, MatchedBy: "cookie_id", Confidence: 0.3})
	other := n.event(eventOf("page.view", 3, start, ids(cookie, identifier("mobile", 2)))).OneID
	if other == visitor {
		t.Error("a shared cookie made two people one")
	}
	same(t, "the cookie alone", n.event(eventOf("page.view", 4, start, ids(cookie))).OneID, visitor)
	first := n.record(contact("CRM", 2, start, ids(office))).OneID
	if second := n.record(contact("CRM", 3, start, ids(office))).OneID; second == first {
		t.Error("a switchboard made two people one")
	}
	same(t, "a call from it", n.event(eventOf("page.view", 5, start, ids(office))).OneID, first)
	same(t, "the same record without identifiers", n.record(contact("CRM", 3, start, nil)).MatchedBy, "record")
}

func TestAccounts(t *testing.T) {
	n := newNode(t)
	name := func(i int) *command.AccountRef {
		return &command.AccountRef{NewID: accountID(i), Name: "公司", Identifiers: ids(identifier("account_name", 1))}
	}
	r := contact("CRM", 1, start, ids(identifier("mobile", 1)))
	r.Account = name(1)
	first := n.record(r)
	same(t, "account of a new name", first.AccountID, accountID(1))
	r = contact("CRM", 2, start, ids(identifier("mobile", 2)))
	r.Account = name(2)
	same(t, "account of a known name", n.record(r).AccountID, accountID(1))
	full := command.Record{
		NewID: accountID(3), Key: recordKey("account", 1), Source: "ERP", Kind: command.KindAccount, UpdatedAt: start + 1,
		Identifiers: ids(identifier("credit_code", 1), identifier("account_name", 1)), Attributes: []command.Value{text("industry", "金融"), fraction("annual_value", 100_001)},
	}
	got := n.record(full)
	same(t, "the account's own record", got, command.RecordResult{Status: command.OK, AccountID: accountID(1), MatchedBy: "name", Confidence: 0.9})
	full.Key, full.NewID, full.Identifiers = recordKey("account", 2), accountID(4), ids(identifier("credit_code", 2), identifier("account_name", 1))
	full.Attributes = []command.Value{text("industry", "制造")}
	if other := n.record(full); other.AccountID != accountID(4) || !other.Created {
		t.Errorf("another credit code of the same name: %+v", other)
	}
	same(t, "join", n.count("account.industry = '金融' and account.annual_value > 100000"), uint64(2))
	account, _ := n.root().Account(accountID(1))
	same(t, "contacts", n.root().AccountContacts(account, 10), []uint32{0, 1})
	same(t, "contacts, limited", n.root().AccountContacts(account, 1), []uint32{0})
	same(t, "name", attributesOf(n.root().AccountProfile(account))["name"], "公司")
	same(t, "accounts", count(t, n.root().Accounts(), "industry is not null", n.clock), uint64(2))
	if a, ok := n.root().AccountBy(identifier("credit_code", 1).Key); !ok || a != account {
		t.Error("the credit code does not lead to the account")
	}
	// A strong identifier that two accounts share makes them one, and contacts and deals follow.
	deal := command.Record{
		NewID: oneID(50), Key: recordKey("opportunity", 1), Source: "CRM", Kind: command.KindOpportunity, UpdatedAt: start, Attributes: []command.Value{text("stage", "报价"), whole("amount", 5)},
		Account: &command.AccountRef{NewID: accountID(9), Identifiers: ids(identifier("credit_code", 2))},
	}
	same(t, "an opportunity of an account", n.record(deal), command.RecordResult{Status: command.OK, AccountID: accountID(4), MatchedBy: "new", Confidence: 1})
	full.Key, full.NewID, full.Identifiers = recordKey("account", 3), accountID(5), ids(identifier("credit_code", 1), identifier("credit_code", 2))
	same(t, "accounts that are one", n.record(full).AccountID, accountID(1))
	deals := n.root().AccountRecords(account, command.KindOpportunity)
	if len(deals) != 1 || deals[0].HasContact || deals[0].Account != account || !deals[0].HasAccount {
		t.Fatalf("opportunities %+v", deals)
	}
	same(t, "the deal's own attributes", deals[0].Attributes, []command.Value{whole("amount", 5), text("stage", "报价")})
	deal.Identifiers = ids(identifier("mobile", 1))
	deal.Attributes = []command.Value{text("stage", "成交")}
	same(t, "the deal gets a contact", n.record(deal).OneID, oneID(1))
	same(t, "and stays one deal", len(n.root().AccountRecords(account, command.KindOpportunity)), 1)
	same(t, "of the contact too", len(n.root().ContactRecords(0, command.KindOpportunity)), 1)
	if _, ok := n.root().Contacts().Attribute("stage"); ok {
		t.Error("an opportunity made an attribute of contacts")
	}
	deal.Account = name(11)
	deal.UpdatedAt++
	n.record(deal)
	same(t, "still one deal of one account", len(n.root().AccountRecords(account, command.KindOpportunity)), 1)
}

func TestTagRefusals(t *testing.T) {
	n := newNode(t)
	id := n.record(contact("CRM", 1, start, nil)).OneID
	n.must(&command.PutTag{Name: "flag", Entity: "contact", Kind: "manual"})
	n.must(&command.PutTag{Name: "valued", Entity: "contact", Kind: "manual", Valued: true})
	n.must(&command.PutTag{Name: "rule", Entity: "contact", Kind: "rule", Rule: "flag"})
	for _, c := range []struct {
		body command.Body
		code string
	}{
		{&command.PutTag{Name: "x", Entity: "org", Kind: "manual"}, "bad_entity"},
		{&command.PutTag{Name: "x", Entity: "contact", Kind: "magic"}, "tag_kind"},
		{&command.PutTag{Name: "x", Entity: "contact", Kind: "rule", Rule: "and and"}, "bad_expression"},
		{&command.PutTag{Name: "", Entity: "contact", Kind: "manual"}, "bad_name"},
		{&command.PutTag{Name: "city", Entity: "contact", Kind: "manual"}, "name_taken"},
		{&command.PutTag{Name: "flag", Entity: "account", Kind: "manual"}, "tag_kind"},
		{&command.PutTag{Name: "flag", Entity: "contact", Kind: "manual", Valued: true}, "tag_kind"},
		{&command.DeleteTag{Name: "nothing"}, "unknown_tag"},
		{&command.TagMembers{Name: "nothing", Add: []command.ID{id}}, "unknown_tag"},
		{&command.TagMembers{Name: "rule", Add: []command.ID{id}}, "tag_kind"},
		{&command.TagMembers{Name: "flag", Value: "v", Add: []command.ID{id}}, "tag_kind"},
		{&command.TagMembers{Name: "valued", Add: []command.ID{id}}, "tag_kind"},
		{&command.PutAttribute{Entity: "contact", Name: "flag", Kind: command.Int}, "name_taken"},
		{&command.PutAttribute{Entity: "contact", Name: "city", Kind: command.Int}, "type_mismatch"},
		{&command.PutAttribute{Entity: "org", Name: "city", Kind: command.Int}, "bad_entity"},
		{&command.PutSegment{ID: "s", Where: "flag and", Mode: "realtime"}, "bad_expression"},
		{&command.PutSegment{ID: "s", Where: "flag", Mode: "weekly"}, "bad_mode"},
		{&command.PutSegment{ID: "s", Where: "flag", Mode: "static", Members: []byte{1}}, "bad_members"},
		{&command.DeleteSegment{ID: "s"}, "unknown_segment"},
		{&command.CreateTenant{ID: tenantID}, "tenant_exists"},
	} {
		if got := n.do(c.body); got.Code != c.code {
			t.Errorf("%T %+v: %q, want %q", c.body, c.body, got.Code, c.code)
		}
	}
}

func TestTagsAndSegments(t *testing.T) {
	n := newNode(t)
	a, b := n.record(contact("CRM", 1, start, nil)).OneID, n.record(contact("CRM", 2, start, nil)).OneID
	n.must(&command.PutTag{Name: "stage", Entity: "contact", Kind: "manual", Valued: true, Description: "d"})
	n.must(&command.PutSegment{ID: "s1", Name: "现在", Where: "stage = '商机'", Mode: "realtime"})
	n.must(&command.TagMembers{Name: "stage", Value: "线索", Add: []command.ID{a, b}})
	same(t, "one value at a time", n.must(&command.TagMembers{Name: "stage", Value: "商机", Add: []command.ID{a}}).Changed, uint32(1))
	same(t, "the same again", n.must(&command.TagMembers{Name: "stage", Value: "商机", Add: []command.ID{a}}).Changed, uint32(0))
	same(t, "segment", n.count("segment('s1')"), uint64(1))
	same(t, "another value is not removed", n.must(&command.TagMembers{Name: "stage", Value: "商机", Remove: []command.ID{b}}).Changed, uint32(0))
	same(t, "any value is", n.must(&command.TagMembers{Name: "stage", Remove: []command.ID{b}}).Changed, uint32(1))
	info := n.root().Tags()[0]
	same(t, "tag", []any{info.Name, info.Count, info.Valued, info.Description, info.ChangedAt > info.CreatedAt}, []any{"stage", uint64(1), true, "d", true})
	n.must(&command.DeleteTag{Name: "stage"})
	n.must(&command.PutTag{Name: "stage", Entity: "contact", Kind: "manual", Valued: true})
	same(t, "a new tag of the old name is empty", n.count("segment('s1')"), uint64(0))
	n.must(&command.DeleteSegment{ID: "s1"})
	same(t, "segments", len(n.root().Segments()), 0)
}

func TestEventRefusals(t *testing.T) {
	n := newNode(t)
	stranger := eventOf("page.view", 1, start, nil)
	stranger.OneID = oneID(5)
	nobody := eventOf("page.view", 2, start, nil)
	keyless := eventOf("page.view", 3, start, ids(identifier("mobile", 1)))
	keyless.Key = command.Key{}
	typeless := eventOf("", 4, start, ids(identifier("mobile", 1)))
	for code, ev := range map[string]command.Event{"unknown_one_id": stranger, "no_identifier": nobody, "bad_event": keyless, "bad_name": typeless} {
		if got := n.event(ev); got.Status != command.Rejected || got.Code != code {
			t.Errorf("%s: %+v", code, got)
		}
	}
	same(t, "contacts", n.root().Stats().Contacts, uint64(0))
	future := eventOf("page.view", 6, n.clock+1e9, ids(identifier("mobile", 1)))
	future.Future, future.Org = true, "hq"
	id := n.event(future).OneID
	events, err := n.root().Timeline(n.ord(id), Cursor{}, 10)
	if err != nil || len(events) != 1 || !events[0].Future || events[0].Org != "hq" {
		t.Errorf("%+v, %v", events, err)
	}
	same(t, "unseen", n.count("did(page.view)"), uint64(0))
	_, _, found := n.root().Interactions(n.ord(id), n.clock)
	same(t, "no interaction yet", found, false)
}

func TestIdempotency(t *testing.T) {
	n := newNode(t)
	send := func(key, request int, body command.Body) *command.Result {
		n.index++
		n.clock += 1000
		e := command.Envelope{Time: n.clock, Tenant: tenantID, Idempotency: &command.Idempotency{Key: hash("1", key), Request: hash("2", request)}}
		entry := Entry{Index: n.index, Commands: [][]byte{command.Encode(e, body)}}
		n.log = append(n.log, entry)
		return n.engine.Apply([]Entry{entry})[0][0].(*command.Result)
	}
	put := func(i int) command.Body {
		return &command.PutRecords{Records: []command.Record{contact("CRM", i, start, nil)}}
	}
	first := send(1, 1, put(1))
	for _, step := range []func(){func() {}, n.flush, n.restart} {
		step()
		again := send(1, 1, put(2))
		if !again.Replayed || again.Index != first.Index || again.Records[0].OneID != oneID(1) {
			t.Errorf("%+v", again)
		}
		same(t, "another request", send(1, 2, put(2)).Code, "idempotency_conflict")
	}
	same(t, "records", n.root().Stats().Records, uint64(1))
	same(t, "a refused command may be tried again", send(2, 1, &command.DeleteTag{Name: "x"}).Code, "unknown_tag")
	n.must(&command.PutTag{Name: "x", Entity: "contact", Kind: "manual"})
	same(t, "and then succeeds", send(2, 1, &command.DeleteTag{Name: "x"}).Code, "")
	n.clock += rememberFor
	if late := send(1, 1, put(3)); late.Replayed || late.Records[0].OneID != oneID(3) {
		t.Errorf("after 24 hours: %+v", late)
	}
	n.flush()
	digest := n.root().Digest()
	n.restart()
	same(t, "digest", n.root().Digest(), digest)
	same(t, "kept", len(n.engine.states[tenantID].remembers.entries), 1)
}

func TestUnknownCommandStopsTheNode(t *testing.T) {
	n := newNode(t)
	good := n.entry(&command.PutTag{Name: "x", Entity: "contact", Kind: "manual"})
	for name, bad := range map[string]func(b []byte) []byte{
		"type":    func(b []byte) []byte { b[2] = 99; return b },
		"version": func(b []byte) []byte { b[1] = 2; return b },
		"body":    func(b []byte) []byte { return b[:len(b)-1] },
	} {
		entry := n.entry(&command.PutTag{Name: "y", Entity: "contact", Kind: "manual"})
		entry.Commands[0] = bad(entry.Commands[0])
		before := n.engine.Applied()
		func() {
			defer func() {
				stop, ok := recover().(*StopError)
				if !ok || stop.Index != entry.Index || !errors.Is(stop, command.ErrUnknownCommand) && !errors.Is(stop, command.ErrMalformed) {
					t.Errorf("%s: %v", name, stop)
				}
			}()
			n.engine.Apply([]Entry{good, entry})
		}()
		if n.engine.Applied() != before || len(n.root().Tags()) != 0 {
			t.Errorf("%s: something was applied", name)
		}
	}
}

func TestTenantsAreApart(t *testing.T) {
	n := newNode(t)
	other := func(body command.Body) []byte {
		return command.Encode(command.Envelope{Time: start, Tenant: "t002"}, body)
	}
	r := contact("CRM", 1, start, ids(identifier("mobile", 1)))
	entry := n.entry(&command.PutRecords{Records: []command.Record{r}})
	entry.Commands = append(entry.Commands,
		other(&command.PutRecords{Records: []command.Record{r}}),
		other(&command.CreateTenant{ID: "t002", Timezone: "UTC"}),
		other(&command.PutRecords{Records: []command.Record{r}}),
		other(&command.PutKey{ID: "k", Role: "admin", Hash: []byte{1}}),
	)
	n.index++
	got := n.engine.Apply([]Entry{entry, {Index: n.index}})
	codes := []string{}
	for _, r := range got[0] {
		codes = append(codes, r.(*command.Result).Code)
	}
	same(t, "codes", codes, []string{"", "unknown_tenant", "", "", ""})
	same(t, "applied", n.engine.Applied(), n.index)
	same(t, "tenants", n.engine.Tenants(), []string{"t001", "t002"})
	t2, _ := n.engine.Tenant("t002")
	key, ok := t2.Key("k")
	same(t, "key", []any{ok, key.Role, key.Revoked}, []any{true, "admin", false})
	if _, ok := n.tenant().Key("k"); ok {
		t.Error("a key of another tenant")
	}
	n.must(&command.PutKey{ID: "k", Revoked: true})
	same(t, "zone", t2.Zone().String(), "UTC")
	same(t, "keys", n.tenant().WrappedKeys(), []byte("wrapped"))
	same(t, "each has one", []uint64{n.root().Stats().Contacts, t2.Root().Stats().Contacts}, []uint64{1, 1})
	again := n.engine.Apply([]Entry{entry})
	same(t, "applied before", again[0][0], nil)
}

func TestTimeNeverGoesBack(t *testing.T) {
	n := newNode(t)
	n.must(&command.PutTag{Name: "a", Entity: "contact", Kind: "manual"})
	late := n.root().Time()
	n.clock -= 1_000_000
	n.must(&command.PutTag{Name: "b", Entity: "contact", Kind: "manual"})
	same(t, "time", n.root().Time(), late)
	same(t, "the tag's time", n.root().Tags()[1].CreatedAt, late)
}
