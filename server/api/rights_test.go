package api_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"rollcall/engine/schema"
	"rollcall/server/api"
	"rollcall/server/auth"
)

// TestRightsOfEveryRoute walks the table: each route with each role, without a key, with the root key, and with a key
// of another tenant. A route that lets in whom its right does not name fails here, also one that is added later.
func TestRightsOfEveryRoute(t *testing.T) {
	n := startNode(t, nil)
	n.tenant("t001", "admin")
	keys := map[string]string{"": "", "unknown": "rc_t001_abcdefghijkl_" + strings.Repeat("x", 43), auth.RoleRoot: rootKey}
	for _, role := range schema.Roles {
		keys[role] = n.key("t001", role)
	}
	digest := n.digest("t001")
	for _, r := range api.Table() {
		path := strings.NewReplacer("{name}", "nobody", "{id}", "nobody", "{one_id}", "nobody", "{account_id}", "nobody").Replace(r.Path)
		for role, key := range keys {
			p := auth.Principal{Root: role == auth.RoleRoot, Tenant: "t001", Role: role}
			if role == auth.RoleRoot {
				p.Tenant = ""
			}
			// An empty body is refused by every call that takes one, so nothing changes whoever is let in.
			a := n.call(r.Method, path, key, nil)
			known := role != "" && role != "unknown"
			switch {
			case r.Right == auth.Public:
				if a.status != 200 {
					t.Errorf("%s %s as %q: %d, it is public", r.Method, r.Path, role, a.status)
				}
			case !known:
				if a.status != 401 || a.header.Get("WWW-Authenticate") == "" {
					t.Errorf("%s %s as %q: %d, want 401", r.Method, r.Path, role, a.status)
				}
			case p.May(r.Right) == (a.status == 403 || a.status == 401):
				t.Errorf("%s %s as %q: %d, its right is %v", r.Method, r.Path, role, a.status, r.Right)
			}
		}
	}
	if n.digest("t001") != digest {
		t.Error("asking changed the state")
	}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(keys["analyst"]+":"))
	n.want(200, "GET", "/v1/tags", "", nil, header("Authorization", basic))
}

// TestTenantsAreApart looks for one tenant's things with another tenant's key, by every way that takes an id.
func TestTenantsAreApart(t *testing.T) {
	n := startNode(t, nil)
	a, b := n.tenant("t001", "admin"), n.tenant("t002", "admin")
	put := n.want(200, "POST", "/v1/records", a, object{"records": list{object{"source": "CRM", "source_id": "c-1", "kind": "contact",
		"identifiers": object{"mobile": "13800138001", "cdp_id": "CDP_001"}, "attributes": object{"name": "张三", "company": "XX金融公司"}}}})
	id, account := at(t, put, "results", 0, "one_id").(string), at(t, put, "results", 0, "account_id").(string)
	n.want(200, "PUT", "/v1/tags/vip", a, object{"kind": "manual"})
	n.want(200, "POST", "/v1/tags/vip/members", a, object{"add": list{id}})
	n.want(200, "PUT", "/v1/segments/s1", a, object{"where": "vip"})
	page := n.want(200, "POST", "/v1/query/contacts", a, object{"where": "vip"})
	digest := n.digest("t001")

	for _, path := range []string{
		"/v1/contacts/" + id, "/v1/contacts/CDP_001", "/v1/contacts/" + id + "/events", "/v1/accounts/" + account,
		"/v1/accounts/" + account + "/360", "/v1/tags/vip", "/v1/segments/s1", "/v1/segments/s1/members", "/v1/segments/s1/export",
	} {
		n.want(404, "GET", path, b, nil)
	}
	n.want(404, "POST", "/v1/contacts/lookup", b, object{"identifiers": object{"mobile": "13800138001"}})
	found := n.want(200, "POST", "/v1/records/lookup", b, object{"records": list{object{"source": "CRM", "source_id": "c-1"}}})
	wantAt(t, found, "not_found", "results", 0, "code")
	for _, where := range []string{"vip", "segment('s1')"} {
		wantAt(t, n.want(422, "POST", "/v1/query/count", b, object{"where": where}), "unknown_name", "code")
	}
	if c := n.count(b, "id in ('"+id+"') or id in ('CDP_001') or name = '张三'"); c != 0 {
		t.Errorf("%d contacts of another tenant are counted", c)
	}
	if got := at(t, n.want(200, "GET", "/v1/accounts", b, nil), "accounts").([]any); len(got) != 0 {
		t.Errorf("another tenant's accounts are listed: %v", got)
	}
	n.want(404, "DELETE", "/v1/tags/vip", b, nil)
	n.want(404, "POST", "/v1/tags/vip/members", b, object{"add": list{id}})
	n.want(200, "PUT", "/v1/tags/vip", b, object{"kind": "manual"})
	changed := n.want(200, "POST", "/v1/tags/vip/members", b, object{"add": list{id}})
	wantAt(t, changed, "0", "changed")
	event := object{"event_id": "e1", "source": "CRM", "type": "page.view", "occurred_at": "2024-10-29T10:00:00+08:00", "one_id": id}
	wantAt(t, n.want(200, "POST", "/v1/events", b, object{"events": list{event}}), "rejected", "results", 0, "status")
	event["tenant_id"] = "t001"
	delete(event, "one_id")
	event["identifiers"] = object{"mobile": "13800138001"}
	wantAt(t, n.want(200, "POST", "/v1/events", b, object{"events": list{event}}), "rejected", "results", 0, "status")
	if next := page["next"]; next != nil {
		t.Errorf("one contact has a second page: %v", next)
	}
	if n.digest("t001") != digest {
		t.Error("one tenant changed another")
	}
}

func TestUnknownPathsAndMethods(t *testing.T) {
	n := startNode(t, nil)
	key := n.tenant("t001", "admin")
	for _, path := range []string{"/", "/v1", "/v1/", "/v1/tags/", "/v1/nothing", "/v2/tags", "/v1/tags/a/b/c", "/V1/tags"} {
		a := n.call("GET", path, key, nil)
		if a.status != 404 || a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("GET %s: %d %s", path, a.status, a.header.Get("Content-Type"))
		}
	}
	for path, method := range map[string]string{"/v1/tags": "PATCH", "/v1/query/count": "GET", "/v1/events": "DELETE", "/openapi.json": "POST"} {
		a := n.call(method, path, key, nil)
		if a.status != 405 || a.header.Get("Allow") == "" || a.body["code"] != "method_not_allowed" {
			t.Errorf("%s %s: %d, Allow %q, %v", method, path, a.status, a.header.Get("Allow"), a.body)
		}
	}
	if a := n.call("HEAD", "/v1/tags", key, nil); a.status != 200 || len(a.raw) != 0 {
		t.Errorf("HEAD: %d with %d bytes", a.status, len(a.raw))
	}
	if a := n.call("OPTIONS", "/v1/tags", "", nil); a.status != http.StatusOK || a.header.Get("Allow") == "" {
		t.Errorf("OPTIONS: %d, Allow %q", a.status, a.header.Get("Allow"))
	}
}
