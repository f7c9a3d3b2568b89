package intake

import (
	"strings"
	"testing"

	"rollcall/client/wire"
	"rollcall/engine/command"
)

// A number that may be somebody's is kept as a sealed text, unless its attribute is known to hold numbers.
func TestPersonalNumbersAreSealed(t *testing.T) {
	tenant := testTenant(t)
	const head = `{"source":"CRM","source_id":"c-1"`
	is := func(kind, attributes, want string) {
		t.Helper()
		b := Records(tenant, testNow, decodeRecords(t, head+`,"kind":"`+kind+`","identifiers":{"domain":"x.com"},"attributes":{`+attributes+`}}`))
		if len(b.Commands) == 0 {
			t.Errorf("%s: rejected: %+v", attributes, b.results[0])
			return
		}
		if got := values(t, tenant, b.Commands[0].Records[0].Attributes); got != want {
			t.Errorf("%s:\n got %s\nwant %s", attributes, got, want)
		}
	}
	is("contact", `"backup_phone":13800138777`, "backup_phone=token:13800138777")
	is("contact", `"p":13800138777.0`, "p=token:13800138777")
	is("contact", `"p":1.3800138777e+10`, "p=token:13800138777")
	is("contact", `"p":8613800138777`, "p=token:8613800138777")
	is("contact", `"p":12800138777`, "p=int:12800138777")
	is("contact", `"p":-13800138777`, "p=int:-13800138777")
	is("contact", `"p":13800138777.5`, "p=float:1.38001387775e+10")
	is("contact", `"p":1730169000000`, "p=int:1730169000000") // a time in ms
	is("contact", `"p":310101900307123`, "p=token:310101900307123")
	is("contact", `"p":310101199003071234`, "p=token:310101199003071234")
	is("contact", `"p":6222021234567890`, "p=token:6222021234567890")
	is("contact", `"p":9622202123456789012`, "p=token:9622202123456789012") // beyond 64 bits
	is("contact", `"p":1e18`, "p=float:1e+18")
	is("contact", `"score":13800138777`, "score=int:13800138777") // known to be a number
	is("contact", `"value":13800138777`, "value=float:1.3800138777e+10")
	is("account", `"hotline":13800138777,"annual_value":13800138777`, "hotline=token:13800138777 annual_value=float:1.3800138777e+10")
	is("opportunity", `"amount":13800138777,"phone_2":13800138777`, "amount=float:1.3800138777e+10 phone_2=token:13800138777")

	// Within a batch, the first item that is taken decides what a new attribute holds.
	b := Records(tenant, testNow, decodeRecords(t,
		head+`,"kind":"person","attributes":{"a":"x"}}`, // rejected
		head+`,"attributes":{"a":7,"b":13800138777,"c":"x","d":true}}`,
		head+`,"attributes":{"a":13800138777,"b":7,"c":8,"d":1}}`,
		`{"source":"CRM","source_id":"o-1","kind":"opportunity","identifiers":{"domain":"x.com"},"attributes":{"a":13800138777}}`))
	for i, want := range []string{"a=int:7 b=token:13800138777 c=token:x d=bool:1", "a=int:13800138777 b=token:7 c=token:8 d=bool:1", "a=token:13800138777"} {
		if got := values(t, tenant, b.Commands[0].Records[i].Attributes); got != want {
			t.Errorf("item %d: %s, want %s", i+1, got, want)
		}
	}

	e := Events(tenant, testNow, decodeEvents(t, `{"event_id":"e","source":"s","type":"page.view","occurred_at":"2024-10-29T10:30:00Z","identifiers":{"cookie_id":"k"},"payload":{
		"caller_phone":13800138777,"Mobile2":13800138777.0,"备用手机":13800138777,"电话":8613800138777,"tel":12345,"n":13800138777,"phone_calls":12}}`))
	const want = "caller_phone=token:13800138777 Mobile2=token:13800138777 备用手机=token:13800138777 电话=token:8613800138777 tel=int:12345 n=int:13800138777 phone_calls=int:12"
	if got := values(t, tenant, e.Commands[0].Events[0].Props); got != want {
		t.Errorf("properties %s, want %s", got, want)
	}
}

// Of an opportunity, only what the schema calls no personal data is plain.
func TestOpportunitiesKeepNamesSealed(t *testing.T) {
	tenant := testTenant(t)
	b := Records(tenant, testNow, decodeRecords(t, `{"source":"CRM","source_id":"o-1","kind":"opportunity","identifiers":{"mobile":"13800138001"},"attributes":{
		"name":"张三的大单","stage":"商机","currency":"CNY","amount":"120000","contact_person":"李四","owner":"王五","company":"XX金融公司","city":"上海"}}`))
	const want = "name=token:张三的大单 stage=text:商机 currency=text:CNY amount=float:120000 contact_person=token:李四 owner=token:王五 company=text:XX金融公司 city=text:上海"
	if got := values(t, tenant, b.Commands[0].Records[0].Attributes); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	for name, rule := range canonical[entityOpportunity] {
		c, asContact := canonical[entityContact][name]
		a, asAccount := canonical[entityAccount][name]
		if rule.kind == command.Text && (!asContact || c.kind != command.Text) && (!asAccount || a.kind != command.Text) && name != "currency" {
			t.Errorf("%s of an opportunity is plain", name)
		}
	}
}

// One item of a batch that cannot even be read does not hold the others up, and errors do not give its names back whole.
func TestLostItems(t *testing.T) {
	tenant := testTenant(t)
	const good = `{"source":"CRM","source_id":"c-1"}`
	long := strings.Repeat("x", 200)
	b := Records(tenant, testNow, decodeRecords(t, good, `{"source":"CRM","source_id":"c-2","attributes":{"n":1e999}}`, good,
		`{"source":"CRM","source_id":"c-3","`+long+`":1}`, `{"source":"CRM","source_id":"c-4","identifiers":{"`+long+`":"1"}}`, `[[1e999]]`, good))
	if len(b.Commands) != 1 || len(b.Commands[0].Records) != 3 {
		t.Fatalf("%d commands", len(b.Commands))
	}
	for i, want := range []string{"", "number_out_of_range records[1].attributes.n", "", "unknown_field records[3]." + long[:63] + "…",
		"unknown_identifier records[4].identifiers." + long[:51] + "…", "number_out_of_range records[5][0][0]", ""} {
		if got := strings.TrimSpace(b.results[i].Code + " " + b.results[i].Field); got != want {
			t.Errorf("item %d: %s, want %s", i, got, want)
		}
	}
	if _, err := Identifiers(tenant.Keys, "contact", wire.Identifiers{long: "1"}); err == nil || len(err.(*Error).Field) > 66 {
		t.Errorf("a lookup: %v", err)
	}
}
