package intake

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rollcall/client/wire"
	"rollcall/engine/command"
	"rollcall/server/privacy"
)

var (
	testNow = time.Date(2024, 10, 30, 12, 0, 0, 0, time.UTC)
	// shanghai is fixed so that the tests need no zone files; China has had no summer time since 1991.
	shanghai = time.FixedZone("CST", 8*3600)
)

func testTenant(t testing.TB) Tenant {
	t.Helper()
	master := privacy.NewMaster([]byte(strings.Repeat("k", 32)))
	wrapped, err := master.NewTenantKeys()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := master.Open(wrapped)
	if err != nil {
		t.Fatal(err)
	}
	return Tenant{ID: "t001", Zone: shanghai, Keys: keys, KindOf: func(entity, name string) (command.ValueKind, bool) {
		kind, found := map[string]command.ValueKind{"contact/birthday": command.Time, "contact/vip": command.Bool, "contact/score": command.Int}[entity+"/"+name]
		return kind, found
	}}
}

func decodeRecords(t testing.TB, items ...string) []wire.Record {
	t.Helper()
	var in wire.PutRecordsRequest
	if err := wire.JSON.Decode([]byte(`{"records":[`+strings.Join(items, ",")+`]}`), &in, wire.BatchLimits); err != nil {
		t.Fatal(err)
	}
	return in.Records
}

func decodeEvents(t testing.TB, items ...string) []wire.Event {
	t.Helper()
	var in wire.PutEventsRequest
	if err := wire.JSON.Decode([]byte(`{"events":[`+strings.Join(items, ",")+`]}`), &in, wire.BatchLimits); err != nil {
		t.Fatal(err)
	}
	return in.Events
}

// values writes values as name=kind:value, tokens opened.
func values(t testing.TB, tenant Tenant, values []command.Value) string {
	t.Helper()
	var out []string
	for _, v := range values {
		var text string
		switch v.Kind {
		case command.Text:
			text = "text:" + v.Text
		case command.Token:
			plain, err := tenant.Keys.Text(v.Text)
			if err != nil {
				t.Fatal(err)
			}
			text = "token:" + plain
		case command.Int:
			text = fmt.Sprintf("int:%d", v.Int)
		case command.Float:
			text = fmt.Sprintf("float:%v", v.Float)
		case command.Bool:
			text = fmt.Sprintf("bool:%d", v.Int)
		case command.Time:
			text = "time:" + time.UnixMilli(v.Int).UTC().Format(time.RFC3339)
		}
		out = append(out, v.Name+"="+text)
	}
	return strings.Join(out, " ")
}

// identifiers writes identifiers as type:plain; derived ones have no plain value.
func identifiers(t testing.TB, tenant Tenant, ids []command.Identifier) string {
	t.Helper()
	var out []string
	for _, id := range ids {
		if id.Sealed == nil {
			out = append(out, id.Type)
			continue
		}
		plain, err := tenant.Keys.Unseal(id.Sealed)
		if err != nil {
			t.Fatal(err)
		}
		scope, text := "", string(plain)
		if id.Type == scopedType {
			var explicit bool
			if scope, text, explicit = cutScope(text); !explicit {
				scope = crmScope
			}
		}
		if key := tenant.Keys.Identifier(id.Type, scope, text); key != id.Key {
			t.Errorf("%s: the key is not the hash of the sealed value", id.Type)
		}
		out = append(out, id.Type+":"+string(plain))
	}
	return strings.Join(out, " ")
}

func noteCodes(notes []wire.Note) string {
	var out []string
	for _, n := range notes {
		out = append(out, n.Field+"="+n.Code)
	}
	return strings.Join(out, " ")
}

func TestRecords(t *testing.T) {
	tenant := testTenant(t)
	one := func(item string) (command.Record, wire.RecordResult) {
		t.Helper()
		b := Records(tenant, testNow, decodeRecords(t, item))
		if len(b.Commands) == 0 {
			return command.Record{}, b.Merge(nil)[0]
		}
		return b.Commands[0].Records[0], b.results[0]
	}
	rejected := func(item, want string) {
		t.Helper()
		_, r := one(item)
		if got := r.Code + " " + r.Field; r.Status != wire.StatusRejected || got != want || r.Detail == "" {
			t.Errorf("%s: %s %s, want %s", item, r.Status, got, want)
		}
	}
	is := func(item, attributes, ids, account, notes string) {
		t.Helper()
		rec, r := one(item)
		if r.Code != "" {
			t.Errorf("%s: rejected: %s %s %s", item, r.Code, r.Field, r.Detail)
			return
		}
		got := []string{values(t, tenant, rec.Attributes), identifiers(t, tenant, rec.Identifiers), "", noteCodes(r.Notes)}
		if rec.Account != nil {
			got[2] = rec.Account.Name + "/" + identifiers(t, tenant, rec.Account.Identifiers)
		}
		for i, want := range []string{attributes, ids, account, notes} {
			if got[i] != want {
				t.Errorf("%s:\n got %s\nwant %s", item, got[i], want)
			}
		}
	}
	const head = `{"source":"CRM","source_id":"c-1"`

	is(head+`,"identifiers":{"mobile":"138 0013 8001"},"attributes":{"name":" 张三 ","company":"XX金融公司","job_title":"CFO"}}`,
		"name=token:张三 company=text:XX金融公司 job_title=text:CFO",
		"mobile:13800138001 mobile_sha256 mobile_md5", "XX金融公司/account_name:xx金融公司", "")
	// Priority order, whatever the order of the text; weak ones last.
	is(head+`,"identifiers":{"cookie_id":"k1","phone":"010-66040001转8001","crm_id":"C-1","email":"Z@X.com","mobile":13800138001}}`,
		"", "mobile:13800138001 email:z@x.com crm_id:C-1 mobile_sha256 mobile_md5 landline:01066040001-8001 cookie_id:k1", "", "")
	is(head+`,"identifiers":{"phone":"13900139001/13800138001"}}`, "",
		"mobile:13800138001 mobile:13900139001 mobile_sha256 mobile_sha256 mobile_md5 mobile_md5", "", "")
	// What says nothing is left out.
	is(head+`,"identifiers":{"mobile":"","email":null},"attributes":{"name":"","city":null,"owner":"  "}}`, "", "", "", "")
	is(head+`,"identifiers":{"mobile":"138****8001","crm_id":"C-1"}}`, "", "crm_id:C-1", "", "identifiers.mobile=masked_value")
	is(head+`,"identifiers":{"phone":"95588"}}`, "", "", "", "identifiers.phone=middle_number")
	is(head+`,"identifiers":{"phone":"ask the front desk"}}`, "", "", "", "identifiers.phone=invalid_phone")
	is(head+`,"identifiers":{"mobile":"010-66040001"}}`, "", "landline:01066040001", "", "identifiers.mobile=landline_not_mobile")
	// Identifiers among the attributes are moved.
	is(head+`,"attributes":{"mobile":"13800138001","name":"张三"}}`, "name=token:张三",
		"mobile:13800138001 mobile_sha256 mobile_md5", "", "attributes.mobile=moved_to_identifiers")
	// The account of a person, by name and by what identifies a company.
	is(head+`,"identifiers":{"credit_code":"91350100m000100y43"},"attributes":{"company":"ＸＸ金融 公司","domain":"https://xx.com"}}`,
		"company=text:ＸＸ金融 公司", "", "ＸＸ金融 公司/credit_code:91350100M000100Y43 domain:xx.com account_name:xx金融公司", "attributes.domain=moved_to_identifiers")
	is(head+`,"attributes":{"company":"个人"}}`, "company=text:个人", "", "", "")
	is(head+`,"identifiers":{"domain":"qq.com"}}`, "", "", "", "identifiers.domain=free_mail_domain")
	// Kinds of values: canonical, declared, by themselves.
	is(head+`,"attributes":{"value":"12.50","created_at":"2024-10-29","score":"7","birthday":"1990-05-01T00:00:00+08:00","vip":"true","city":5}}`,
		"value=float:12.5 created_at=time:2024-10-28T16:00:00Z score=int:7 birthday=time:1990-04-30T16:00:00Z vip=bool:1 city=text:5", "", "", "")
	is(head+`,"attributes":{"n":90071992547409,"f":1.5,"b":false,"t":"secret","z":-0.0,"score":9007199254740993}}`,
		"n=int:90071992547409 f=float:1.5 b=bool:0 t=token:secret z=float:0 score=int:9007199254740993", "", "", "")
	is(head+`,"attributes":{"score":7.0,"value":7}}`, "score=int:7 value=float:7", "", "", "")
	is(head+`,"attributes":{"score":7.5}}`, "score=float:7.5", "", "", "")
	// Accounts.
	is(`{"source":"CRM","source_id":"a-1","kind":"account","identifiers":{"wecom_corp_id":"ww1"},"attributes":{"name":"XX金融","credit_code":"91350100M000100Y43","industry":"金融","annual_value":120000,"mobile":"13800138001"}}`,
		"name=text:XX金融 credit_code=text:91350100M000100Y43 industry=text:金融 annual_value=float:120000",
		"credit_code:91350100M000100Y43 wecom_corp_id:ww1 account_name:xx金融", "", "attributes.mobile=identifier_of_another_entity")
	is(`{"source":"CRM","source_id":"a-1","kind":"account","identifiers":{"mobile":"13800138001"},"attributes":{"credit_code":"wrong"}}`,
		"credit_code=text:wrong", "", "", "attributes.credit_code=not_used_for_matching identifiers.mobile=identifier_of_another_entity")
	is(`{"source":"CRM","source_id":"o-1","kind":"opportunity","identifiers":{"credit_code":"91350100M000100Y43"},"attributes":{"name":"大单","stage":"商机"}}`,
		"name=token:大单 stage=text:商机", "", "/credit_code:91350100M000100Y43", "")
	// Times.
	is(head+`,"updated_at":"2024-10-29 10:30:00"}`, "", "", "", "updated_at=tenant_zone_assumed")
	is(head+`,"updated_at":"2024-12-29T10:30:00+08:00"}`, "", "", "", "updated_at=updated_in_the_future")

	// What does not fit an attribute of the tenant's own is for Apply to refuse.
	is(head+`,"attributes":{"score":"much","vip":"perhaps"}}`, "score=token:much vip=token:perhaps", "", "", "")

	rejected(`{"source_id":"c-1"}`, "missing_field records[0].source")
	rejected(`{"source":"CRM"}`, "missing_field records[0].source_id")
	rejected(`{"source":"CRM","source_id":"`+strings.Repeat("x", 257)+`"}`, "too_long records[0].source_id")
	rejected(`{"source":"C\u0000M","source_id":"c"}`, "invalid_text records[0].source")
	rejected(`{"source":" CRM","source_id":"c"}`, "invalid_text records[0].source")
	rejected(head+`,"kind":"person"}`, "unknown_kind records[0].kind")
	rejected(head+`,"tenant_id":"t002"}`, "tenant_mismatch records[0].tenant_id")
	rejected(head+`,"mobile":"13800138001"}`, "unknown_field records[0].mobile")
	rejected(head+`,"attributes":[1]}`, "wrong_type records[0].attributes")
	rejected(head+`,"identifiers":{"mobile":["13800138001"]}}`, "wrong_type records[0].identifiers.mobile")
	rejected(head+`,"identifiers":{"mobile":"1380013800"}}`, "invalid_mobile records[0].identifiers.mobile")
	rejected(head+`,"identifiers":{"email":"zhang"}}`, "invalid_email records[0].identifiers.email")
	rejected(head+`,"identifiers":{"fax":"1"}}`, "unknown_identifier records[0].identifiers.fax")
	rejected(head+`,"identifiers":{"credit_code":"1"}}`, "invalid_credit_code records[0].identifiers.credit_code")
	rejected(head+`,"updated_at":"yesterday"}`, "invalid_time records[0].updated_at")
	rejected(head+`,"updated_at":"2024-02-30T00:00:00Z"}`, "invalid_time records[0].updated_at")
	rejected(head+`,"updated_at":"1969-12-31T23:59:59Z"}`, "date_out_of_range records[0].updated_at")
	rejected(head+`,"updated_at":"2101-01-01T00:00:00Z"}`, "date_out_of_range records[0].updated_at")
	rejected(head+`,"updated_at":"9999-12-31T23:59:59Z"}`, "date_out_of_range records[0].updated_at")
	rejected(head+`,"attributes":{"a":{"b":1}}}`, "nested_value records[0].attributes.a")
	rejected(head+`,"attributes":{"a":[1]}}`, "nested_value records[0].attributes.a")
	rejected(head+`,"attributes":{"":1}}`, "invalid_name records[0].attributes")
	is(head+`,"attributes":{"a`+"`"+`b":1}}`, "a`b=int:1", "", "", "")
	rejected(head+`,"attributes":{"account.x":1}}`, "invalid_name records[0].attributes.account.x")
	rejected(head+`,"attributes":{" x":1}}`, "invalid_name records[0].attributes. x")
	rejected(head+`,"attributes":{"a\u202eb":null}}`, "invalid_name records[0].attributes.a?b")
	rejected(head+`,"attributes":{"`+strings.Repeat("x", 257)+`":1}}`, "invalid_name records[0].attributes."+strings.Repeat("x", 52)+"…")
	rejected(head+`,"attributes":{"value":"much"}}`, "type_mismatch records[0].attributes.value")
	rejected(head+`,"attributes":{"value":true}}`, "type_mismatch records[0].attributes.value")
	rejected(head+`,"attributes":{"created_at":1730169000}}`, "type_mismatch records[0].attributes.created_at")
	rejected(head+`,"attributes":{"created_at":"1950-01-01"}}`, "date_out_of_range records[0].attributes.created_at")
	rejected(head+`,"attributes":{"n":18446744073709551616}}`, "number_out_of_range records[0].attributes.n")
	rejected(head+`,"attributes":{"interactions_7d":3}}`, "computed_attribute records[0].attributes.interactions_7d")
	rejected(head+`,"attributes":{"name":"a\u0000b"}}`, "invalid_text records[0].attributes.name")
	rejected(head+`,"attributes":{"mobile":"abc"}}`, "invalid_mobile records[0].attributes.mobile")
	rejected(`5`, "wrong_type records[0]")
	var large strings.Builder
	for i := range 5 {
		fmt.Fprintf(&large, `,"k%d":"%s"`, i, strings.Repeat("x", 16000))
	}
	rejected(head+`,"attributes":{"k":1`+large.String()+`}}`, "item_too_large records[0]")
}

func TestRecordDetails(t *testing.T) {
	tenant := testTenant(t)
	b := Records(tenant, testNow, decodeRecords(t,
		`{"source":"CRM","source_id":"c-1","org_id":"o1","tenant_id":"t001","updated_at":"2024-10-29T10:30:00+08:00"}`,
		`{"source":"CRM","source_id":"c-1","kind":"lead"}`))
	recs := b.Commands[0].Records
	if recs[0].Key != recs[1].Key || recs[0].Key != tenant.Keys.Record("CRM", "c-1") {
		t.Error("two records of one identity have different keys")
	}
	if recs[0].UpdatedAt != 1730169000000 || recs[1].UpdatedAt != testNow.UnixMilli() {
		t.Errorf("updated at %d and %d", recs[0].UpdatedAt, recs[1].UpdatedAt)
	}
	if recs[0].Kind != command.KindContact || recs[1].Kind != command.KindLead || recs[0].Org != "o1" {
		t.Errorf("kinds %d, %d, org %s", recs[0].Kind, recs[1].Kind, recs[0].Org)
	}
	if plain, err := tenant.Keys.Unseal(recs[0].SourceID); err != nil || string(plain) != "c-1" {
		t.Errorf("source id %s, %v", plain, err)
	}
	for _, r := range recs {
		text := FormatID(r.NewID)
		if id, ok := OneID(text); !ok || id != r.NewID || text[14] != '7' {
			t.Errorf("new id %s", text)
		}
	}
	if recs[0].NewID == recs[1].NewID {
		t.Error("two records have one new id")
	}
}

func TestEvents(t *testing.T) {
	tenant := testTenant(t)
	one := func(item string) (command.Event, wire.EventResult) {
		t.Helper()
		b := Events(tenant, testNow, decodeEvents(t, item))
		if len(b.Commands) == 0 {
			return command.Event{}, b.Merge(nil)[0]
		}
		return b.Commands[0].Events[0], b.results[0]
	}
	rejected := func(item, want string) {
		t.Helper()
		_, r := one(item)
		if got := r.Code + " " + r.Field; r.Status != wire.StatusRejected || got != want || r.Detail == "" {
			t.Errorf("%s: %s %s, want %s", item, r.Status, got, want)
		}
	}
	is := func(item, props, ids, notes string) command.Event {
		t.Helper()
		ev, r := one(item)
		if r.Code != "" {
			t.Errorf("%s: rejected: %s %s %s", item, r.Code, r.Field, r.Detail)
			return ev
		}
		for i, got := range []string{values(t, tenant, ev.Props), identifiers(t, tenant, ev.Identifiers), noteCodes(r.Notes)} {
			if want := []string{props, ids, notes}[i]; got != want {
				t.Errorf("%s:\n got %s\nwant %s", item, got, want)
			}
		}
		return ev
	}
	event := func(rest string) string {
		return `{"event_id":"e1","source":"CALLCENTER","type":"call.outbound.ended","occurred_at":"2024-10-29T10:30:00+08:00"` + rest + `}`
	}
	const person = `,"identifiers":{"crm_id":"C-1"}`

	ev := is(event(`,"org_id":"o1"`+person+`,"payload":{"call_id":"c-1","answered":true,"talk_seconds":900,"disposition":"connected","customer":"张三","n":1.5,"nested":{"a":1},"none":null,"list":[1]}`),
		"answered=bool:1 talk_seconds=float:900 disposition=text:connected customer=token:张三 n=float:1.5 org_id=text:o1", "crm_id:C-1", "")
	if ev.OccurredAt != 1730169000000 || ev.Org != "o1" || ev.Source != "CALLCENTER" || ev.EventID != "e1" || ev.Future {
		t.Errorf("event %+v", ev)
	}
	if ev.Key != tenant.Keys.Event("CALLCENTER", "e1") || ev.RecordKey != tenant.Keys.Implicit("CALLCENTER", ev.Identifiers) {
		t.Error("keys of the event are not what they should be")
	}
	// Numbers may come as texts and the other way round; what cannot be used is left to the sealed payload.
	is(event(person+`,"payload":{"talk_seconds":"900","answered":"true","agent_id":17,"long":"`+strings.Repeat("x", 257)+`","big":18446744073709551616}`),
		"talk_seconds=float:900 answered=bool:1 agent_id=text:17 big=float:1.8446744073709552e+19", "crm_id:C-1", "")
	is(event(person+`,"payload":{"a`+"`"+`b":1,"e":"","x":1}`), "a`b=int:1 x=int:1", "crm_id:C-1", "")
	// Whose event it is.
	is(event(`,"one_id":"one_01HZY"`), "", "cdp_id:one_01HZY", "")
	is(event(`,"one_id":"CDP_001","identifiers":{"mobile":"13800138001"}`), "", "mobile:13800138001 cdp_id:CDP_001 mobile_sha256 mobile_md5", "")
	ev = is(event(`,"one_id":"01924B1E-0000-7000-8000-0000000000FF","identifiers":{"mobile":"13800138001"}`), "", "", "identifiers=identifiers_ignored")
	if got := FormatID(ev.OneID); got != "01924b1e-0000-7000-8000-0000000000ff" {
		t.Errorf("one id %s", got)
	}
	is(event(`,"identifiers":{"mobile":"138****8001","cookie_id":"k"}`), "", "cookie_id:k", "identifiers.mobile=masked_value")
	// The clock.
	is(`{"event_id":"e1","source":"s","type":"page.view","occurred_at":"2024-10-29 10:30:00"`+person+`}`, "", "crm_id:S:C-1", "occurred_at=tenant_zone_assumed")
	for text, future := range map[string]bool{"2024-10-30T12:05:00Z": false, "2024-10-30T12:05:01Z": true, "2099-01-01T00:00:00Z": true} {
		if ev, r := one(`{"event_id":"e1","source":"s","type":"page.view","occurred_at":"` + text + `"` + person + `}`); ev.Future != future || r.Future != future {
			t.Errorf("%s: future %v, want %v", text, ev.Future, future)
		}
	}

	rejected(`{"source":"s","type":"page.view","occurred_at":"2024-10-29T10:30:00Z"`+person+`}`, "missing_field events[0].event_id")
	rejected(`{"event_id":"e","type":"page.view","occurred_at":"2024-10-29T10:30:00Z"`+person+`}`, "missing_field events[0].source")
	rejected(`{"event_id":"e","source":"s","occurred_at":"2024-10-29T10:30:00Z"`+person+`}`, "missing_field events[0].type")
	rejected(`{"event_id":"e","source":"s","type":"page.view"`+person+`}`, "missing_field events[0].occurred_at")
	rejected(`{"event_id":"`+strings.Repeat("e", 257)+`","source":"s","type":"page.view","occurred_at":"2024-10-29T10:30:00Z"`+person+`}`, "too_long events[0].event_id")
	rejected(event(person+`,"tenant_id":"t002"`), "tenant_mismatch events[0].tenant_id")
	rejected(event(person+`,"colour":"red"`), "unknown_field events[0].colour")
	rejected(event(person+`,"payload":"x"`), "wrong_type events[0].payload")
	rejected(event(person+`,"payload":{"":1}`), "invalid_name events[0].payload")
	rejected(event(person+`,"payload":{"account.name":"x"}`), "invalid_name events[0].payload.account.name")
	rejected(event(person+`,"payload":{"x\u200b":{"y":1}}`), "invalid_name events[0].payload.x?")
	rejected(event(person+`,"payload":{"x":1e999}`), "number_out_of_range events[0].payload.x")
	rejected(event(`,"identifiers":{"mobile":"1"}`), "no_identifier events[0].identifiers")
	rejected(event(`,"identifiers":{"mobile":"1380013800"}`), "invalid_mobile events[0].identifiers.mobile")
	rejected(event(``), "no_identifier events[0].identifiers")
	rejected(event(`,"identifiers":{"mobile":"138****8001"}`), "no_identifier events[0].identifiers")
	rejected(event(`,"identifiers":{"credit_code":"91350100M000100Y43"}`), "no_identifier events[0].identifiers")
	rejected(strings.Replace(event(person), "2024-10-29T10:30:00+08:00", "1950-01-01T00:00:00Z", 1), "date_out_of_range events[0].occurred_at")
	for typ, ok := range map[string]bool{"page.view": true, "a.b.c.d": true, "call2.x_y": true, "page": false, "Page.view": false, "page..view": false,
		".view": false, "page.": false, "a.b.c.d.e": false, "页面.view": false, "page.2view": false, "page view.x": false, "a." + strings.Repeat("b", 127): false} {
		if got := validEventType(typ); got != ok {
			t.Errorf("event type %s: %v, want %v", typ, got, ok)
		}
	}
}

// What was sent reads back the same, byte for byte.
func TestStoredEventReadsBackTheSame(t *testing.T) {
	tenant := testTenant(t)
	payload := `{"call_id": "c-1" , "n":1.50, "big":12345678901234567890, "text":"咨\u0020询<&>"}`
	in := decodeEvents(t, `{"event_id":"evt_1","tenant_id":"t001","org_id":"org_1","one_id":"one_01HZY","occurred_at":"2024-10-29T02:30:00Z","source":"crm","type":"call.outbound.started","ip":"203.0.113.9","ua":"Mozilla/5.0","identifiers":{"anonymous_id":"anon-1"},"payload":`+payload+`}`)
	ev := Events(tenant, testNow, in).Commands[0].Events[0]
	got, err := OpenEvent(tenant.Keys, ev.Sealed)
	if err != nil {
		t.Fatal(err)
	}
	if string(got.Payload) != payload || got.OccurredAt != "2024-10-29T02:30:00Z" || got.OneID != "one_01HZY" || got.IP != "203.0.113.9" ||
		got.UA != "Mozilla/5.0" || len(got.Identifiers) != 1 || got.Identifiers["anonymous_id"] != "anon-1" {
		t.Errorf("read back %+v", got)
	}
	if _, err := OpenEvent(testTenant(t).Keys, ev.Sealed); err == nil {
		t.Error("another tenant's keys open it")
	}
}

func FuzzDecodeStored(f *testing.F) {
	f.Add([]byte{storedVersion, 1, 'a', 0, 0, 0, 2, '{', '}', 1, 'k', 1, 'v'})
	f.Add([]byte{storedVersion, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		if out, err := decodeStored(b); err == nil && len(out.Payload) > len(b) {
			t.Error("more came out than went in")
		}
	})
}

func TestIdentifiers(t *testing.T) {
	tenant := testTenant(t)
	got, err := Identifiers(tenant.Keys, "contact", wire.Identifiers{"mobile": "+86 138 0013 8001"})
	if err != nil || identifiers(t, tenant, got) != "mobile:13800138001 mobile_sha256 mobile_md5" {
		t.Errorf("%v, %v", got, err)
	}
	// A number given by its hash meets the number itself.
	for typ, hash := range map[string]string{
		"mobile_sha256": "51FC2F5E9AE4E1B1BD7F2B2AC8B0F5F0C2CF6D3D7E9B7D0D9F9B5C1C0C5C4A11",
		"mobile_md5":    "0123456789ABCDEF0123456789ABCDEF",
	} {
		ids, err := Identifiers(tenant.Keys, "contact", wire.Identifiers{typ: hash})
		if err != nil || len(ids) != 1 || ids[0].Key != tenant.Keys.Identifier(typ, "", strings.ToLower(hash)) {
			t.Errorf("%s: %v, %v", typ, ids, err)
		}
	}
	for typ, hash := range map[string]string{
		"mobile_sha256": sha256Hex("13800138001"), "mobile_md5": md5Hex("13800138001"),
	} {
		ids, err := Identifiers(tenant.Keys, "contact", wire.Identifiers{typ: strings.ToUpper(hash)})
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, id := range got {
			found = found || id.Type == typ && id.Key == ids[0].Key
		}
		if !found {
			t.Errorf("%s of the number does not meet the number", typ)
		}
	}
	refused := func(entity string, m wire.Identifiers, want string) {
		t.Helper()
		_, err := Identifiers(tenant.Keys, entity, m)
		if e, ok := err.(*Error); !ok || e.Code+" "+e.Field != want {
			t.Errorf("%v: %v, want %s", m, err, want)
		}
	}
	refused("contact", nil, "no_identifier identifiers")
	refused("contact", wire.Identifiers{"mobile": ""}, "no_identifier identifiers")
	refused("contact", wire.Identifiers{"mobile": "138****8001"}, "masked_value identifiers.mobile")
	refused("contact", wire.Identifiers{"mobile": "1"}, "service_number identifiers.mobile")
	refused("contact", wire.Identifiers{"phone": "abc"}, "invalid_phone identifiers.phone")
	refused("contact", wire.Identifiers{"credit_code": "91350100M000100Y43"}, "identifier_of_another_entity identifiers.credit_code")
	refused("account", wire.Identifiers{"mobile": "13800138001"}, "identifier_of_another_entity identifiers.mobile")
}

func TestOneID(t *testing.T) {
	for text, ok := range map[string]bool{
		"01924b1e-0000-7000-8000-0000000000ff": true, "01924B1E-0000-7000-8000-0000000000FF": true, "": false, "CDP_001": false,
		"00000000-0000-0000-0000-000000000000": false, "{01924b1e-0000-7000-8000-0000000000ff}": false, "01924b1e000070008000000000000000ffff": false,
	} {
		if _, got := OneID(text); got != ok {
			t.Errorf("%s: %v, want %v", text, got, ok)
		}
	}
	if FormatID(command.ID{}) != "" {
		t.Error("the zero id has a text")
	}
}
