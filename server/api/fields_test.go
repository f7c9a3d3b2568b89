package api_test

import (
	"testing"
)

// TestFieldsOfQueries lists people with two sources, with every field that is no attribute.
func TestFieldsOfQueries(t *testing.T) {
	n := startNode(t, nil)
	key := n.tenant("t001", "admin")
	n.want(200, "PUT", "/v1/tags/vip", key, object{"kind": "manual"})
	n.want(200, "PUT", "/v1/tags/上海人", key, object{"kind": "rule", "rule": "city = '上海'"})
	record := func(source, id, mobile string, attributes object) map[string]any {
		return n.want(200, "POST", "/v1/records", key, object{"records": list{object{"source": source, "source_id": id, "org_id": "org_" + source,
			"updated_at": "2024-10-29T10:00:00+08:00", "identifiers": object{"mobile": mobile, "cdp_id": "CDP_" + mobile}, "attributes": attributes}}})
	}
	put := record("CALLCENTER", "1", "13800138001", object{"city": "上海", "company": "XX金融公司"})
	record("WEWORK", "2", "13800138001", object{"job_title": "CFO"})
	record("WEWORK", "3", "13800138001", nil)
	record("CRM", "4", "13800138002", nil)
	n.want(200, "POST", "/v1/events", key, object{"events": list{object{"event_id": "e1", "source": "WEB", "type": "page.view",
		"occurred_at": "2024-10-29T11:00:00+08:00", "identifiers": object{"mobile": "13800138001"}}}})
	id, account := at(t, put, "results", 0, "one_id").(string), at(t, put, "results", 0, "account_id").(string)
	n.want(200, "POST", "/v1/tags/vip/members", key, object{"add": list{id}})

	fields := list{"one_id", "cdp_id", "sources", "source_count", "account_id", "account.name", "account.account_id", "tags", "account.tags",
		"interactions_7d", "last_interaction_at", "org_id", "account.org_id", "mobile"}
	for _, o := range []option{header("Accept", "application/json"), binary} {
		page := n.want(200, "POST", "/v1/query/contacts", key, object{"where": "source_count >= 2", "fields": fields}, o)
		if rows := at(t, page, "contacts").([]any); len(rows) != 1 {
			t.Fatalf("%d people have two sources", len(rows))
		}
		for field, want := range map[string]string{
			"one_id": id, "cdp_id": "CDP_13800138001", "sources": `["CALLCENTER","WEWORK"]`, "source_count": "2", "account_id": account,
			"account.name": "XX金融公司", "account.account_id": account, "tags": `{"vip":true,"上海人":true}`, "account.tags": "{}",
			"interactions_7d": "1", "last_interaction_at": "2024-10-29T11:00:00+08:00", "org_id": "org_WEWORK", "account.org_id": "org_CALLCENTER",
			"mobile": "138****8001",
		} {
			wantAt(t, page, want, "contacts", 0, field)
		}
	}
	rest := n.want(200, "POST", "/v1/query/contacts", key, object{"where": "source_count = 1", "fields": list{"sources", "account_id", "account.name", "tags"}})
	for field, want := range map[string]string{"sources": `["CRM"]`, "account_id": "null", "account.name": "null", "tags": "{}"} {
		wantAt(t, rest, want, "contacts", 0, field)
	}
	accounts := n.want(200, "POST", "/v1/query/contacts", key, object{"entity": "account", "where": "name is not null", "fields": list{"name", "tags", "org_id"}})
	wantAt(t, accounts, account, "contacts", 0, "account_id")
	wantAt(t, accounts, "{}", "contacts", 0, "tags")
	for field, want := range map[string]string{"source": "", "sauces": "sources", "account_idd": "account_id", "cdp_ids": "cdp_id", "account.nam": "account.name",
		"account.sources": "", "moblie": "mobile", "last_interaction": "last_interaction_at", "interactions_7": "interactions_7d"} {
		a := n.call("POST", "/v1/query/contacts", key, object{"where": "source_count >= 2", "fields": list{field}})
		if field == "source" { // an attribute, although nobody has it
			if a.status != 200 {
				t.Errorf("%s: %d", field, a.status)
			}
			continue
		}
		if a.status != 422 || a.body["code"] != "unknown_name" || want != "" && a.body["suggestion"] != want {
			t.Errorf("%s: %d %v, want the suggestion %q", field, a.status, a.body, want)
		}
	}

	// The organisation of a person.
	if c := n.count(key, "org_id = 'org_WEWORK' and account.org_id = 'org_CALLCENTER'"); c != 1 {
		t.Errorf("%d people of the organisation", c)
	}
	buckets := n.want(200, "POST", "/v1/query/breakdown", key, object{"where": "source_count >= 1", "by": "org_id"})
	if got := at(t, buckets, "buckets").([]any); len(got) != 2 {
		t.Errorf("buckets %v", got)
	}
	wantAt(t, n.want(200, "GET", "/v1/contacts/"+id, key, nil), "org_WEWORK", "attributes", "org_id")
}

// TestFieldsOfRejections looks at where the rejections point that only the state can tell.
func TestFieldsOfRejections(t *testing.T) {
	n := startNode(t, nil)
	key := n.tenant("t001", "admin")
	n.want(200, "PUT", "/v1/tags/vip", key, object{"kind": "manual"})
	record := func(id string, attributes object) map[string]any {
		return n.want(200, "POST", "/v1/records", key, object{"records": list{
			object{"source": "CRM", "source_id": "0", "identifiers": object{"mobile": "13800138000"}},
			object{"source": "CRM", "source_id": id, "identifiers": object{"mobile": "13800138001"}, "attributes": attributes},
		}})
	}
	out := record("1", object{"vip": true})
	wantAt(t, out, "name_taken", "results", 1, "code")
	wantAt(t, out, "records[1].attributes.vip", "results", 1, "field")
	record("1", object{"seats": 3})
	out = record("2", object{"seats": true})
	wantAt(t, out, "type_mismatch", "results", 1, "code")
	wantAt(t, out, "records[1].attributes.seats", "results", 1, "field")
	out = n.want(200, "POST", "/v1/events", key, object{"events": list{object{"event_id": "e1", "source": "WEB", "type": "page.view",
		"occurred_at": "2024-10-29T11:00:00+08:00", "one_id": "01890000-0000-7000-8000-000000000000"}}})
	wantAt(t, out, "unknown_one_id", "results", 0, "code")
	wantAt(t, out, "events[0].one_id", "results", 0, "field")
}

// TestPaperEvent posts the mission's example of an event as it stands there, and reads it back.
func TestPaperEvent(t *testing.T) {
	n := startNode(t, nil)
	key := n.tenant("t001", "admin")
	const event = `{"event_id": "evt_xxx", "tenant_id": "t001", "org_id": "org_xxx", "one_id": "cid_xxx", "occurred_at": "2024-01-01T10:00:00Z",
		"source": "crm", "type": "call.outbound.started", "payload": {"...": "..."}}`
	put := n.want(200, "POST", "/v1/events", key, `{"events": [`+event+`]}`)
	wantAt(t, put, "accepted", "results", 0, "status")
	for _, id := range []string{"cid_xxx", at(t, put, "results", 0, "one_id").(string)} {
		page := n.want(200, "GET", "/v1/contacts/"+id+"/events", key, nil)
		for field, want := range map[string]string{
			"event_id": "evt_xxx", "tenant_id": "t001", "org_id": "org_xxx", "occurred_at": "2024-01-01T10:00:00Z", "source": "crm",
			"type": "call.outbound.started", "payload": `{"...":"..."}`,
		} {
			wantAt(t, page, want, "events", 0, field)
		}
	}
	wantAt(t, n.want(200, "POST", "/v1/events", key, `{"events": [`+event+`]}`), "duplicate", "results", 0, "status")
	if c := n.count(key, "did(call.outbound.started where org_id = 'org_xxx')"); c != 1 {
		t.Errorf("%d people have a call of the organisation", c)
	}
	wantAt(t, n.want(200, "GET", "/v1/contacts/cid_xxx", key, nil), "org_xxx", "attributes", "org_id")
	n.want(404, "GET", "/v1/contacts/cid_yyy", key, nil)
	n.want(404, "GET", "/v1/contacts/cid_xxx", n.tenant("t002", "admin"), nil)
}
