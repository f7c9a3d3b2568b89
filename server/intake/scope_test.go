package intake

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"rollcall/client/wire"
)

// A crm_id belongs to the system that gave it out.
func TestCRMIDsAreScoped(t *testing.T) {
	tenant := testTenant(t)
	of := func(source, text string) string {
		t.Helper()
		b := Records(tenant, testNow, decodeRecords(t, fmt.Sprintf(`{"source":%q,"source_id":"1","identifiers":{"crm_id":%q}}`, source, text)))
		e := Events(tenant, testNow, decodeEvents(t, fmt.Sprintf(`{"event_id":"e","source":%q,"type":"page.view","occurred_at":"2024-10-29T10:30:00Z","identifiers":{"crm_id":%q}}`, source, text)))
		if len(b.Commands) == 0 || len(e.Commands) == 0 {
			t.Fatalf("%s %s: rejected: %+v", source, text, b.results[0])
		}
		rec, ev := b.Commands[0].Records[0].Identifiers, e.Commands[0].Events[0].Identifiers
		if len(rec) != 1 || len(ev) != 1 || rec[0].Key != ev[0].Key {
			t.Fatalf("%s %s: a record and an event have different identifiers: %v, %v", source, text, rec, ev)
		}
		shown, err := tenant.Keys.Unseal(rec[0].Sealed)
		if err != nil {
			t.Fatal(err)
		}
		// What is shown means the same person where no source is given.
		looked, err := Identifiers(tenant.Keys, "contact", wire.Identifiers{"crm_id": string(shown)})
		if err != nil || looked[0].Key != rec[0].Key {
			t.Errorf("%s %s: looked up as %s it is somebody else (%v)", source, text, shown, err)
		}
		return string(rec[0].Key[:])
	}
	same := func(a, b [2]string) {
		t.Helper()
		if of(a[0], a[1]) != of(b[0], b[1]) {
			t.Errorf("%v and %v are two people", a, b)
		}
	}
	differ := func(a, b [2]string) {
		t.Helper()
		if of(a[0], a[1]) == of(b[0], b[1]) {
			t.Errorf("%v and %v are one person", a, b)
		}
	}
	crm := [2]string{"CRM", "1001"}
	differ(crm, [2]string{"CRM2", "1001"})
	differ(crm, [2]string{"CRM", "1002"})
	for _, channel := range []string{"CALLCENTER", "WEWORK", "WECOM", "AD", "ADS", "WEB", "callcenter", "WeCom", "crm"} {
		same(crm, [2]string{channel, "1001"})
	}
	same(crm, [2]string{"CRM2", "CRM:1001"})
	same(crm, [2]string{"ERP", " crm:1001 "})
	same([2]string{"CRM2", "1001"}, [2]string{"CALLCENTER", "CRM2:1001"})
	same([2]string{"CRM2", "1001"}, [2]string{"crm2", "1001"})
	same([2]string{"crm.example com", "1"}, [2]string{"WEB", "CRM_EXAMPLE_COM:1"})
	same([2]string{"华北系统", "1"}, [2]string{"WEB", "华北系统:1"})
	same([2]string{"CRM", "CRM:a:b"}, [2]string{"X", "crm:a:b"})
	differ([2]string{"CRM", "a:b"}, [2]string{"CRM", "CRM:a:b"})
	same([2]string{"CRM", "a b:c"}, [2]string{"CRM", "CRM:a b:c"}) // no scope: a space
	differ([2]string{"WEB", "WEB:1"}, [2]string{"CRM", "1"})

	for text, code := range map[string]string{"CRM:": codeInvalidIdentifier, "CRM: ": codeInvalidIdentifier, "CRM:null": codeEmpty, "CRM:0": codeEmpty} {
		if _, err := Normalise(scopedType, text); err == nil || err.(*Error).Code != code {
			t.Errorf("%s: %v, want %s", text, err, code)
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		n := Normalised{Type: scopedType, Text: rapid.StringMatching(`[a-z: 长-]{0,6}x`).Draw(r, "id"), Scope: rapid.SampledFrom([]string{"CRM", "CRM2", "华北"}).Draw(r, "scope")}
		back, err := Normalise(scopedType, n.shown())
		if err != nil {
			r.Fatal(err)
		}
		if back[0].Scope == "" {
			back[0].Scope = scopeOf("")
		}
		if want, err := opaque(n.Text); err != nil || back[0].Text != want || back[0].Scope != n.Scope {
			r.Fatalf("%+v is shown as %q, which is %+v", n, n.shown(), back[0])
		}
	})
}
