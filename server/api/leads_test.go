package api_test

import "testing"

// TestLeadsAndStages follows a company from a lead to a deal, by events alone.
func TestLeadsAndStages(t *testing.T) {
	n := startNode(t, nil)
	key := n.tenant("t001", "admin")
	post := func(event object, options ...option) map[string]any {
		t.Helper()
		event["source"] = "ADS"
		return n.want(200, "POST", "/v1/events", key, object{"events": list{event}}, options...)
	}
	mobile := object{"mobile": "13800138001"}
	created := object{"event_id": "e1", "type": "lead.created", "occurred_at": "2024-10-01T10:00:00+08:00", "org_id": "east", "identifiers": mobile,
		"payload": object{"lead_id": "L-1", "name": "张三", "company": "XX金融公司", "city": "上海", "intent": "高", "budget": 5, "created_at": "2001-01-01", "value": "much"}}
	put := post(created, header("Idempotency-Key", "k"))
	wantAt(t, put, "accepted", "results", 0, "status")
	wantAt(t, put, "payload.value", "results", 0, "notes", 0, "field")
	id := at(t, put, "results", 0, "one_id").(string)
	contact := n.want(200, "GET", "/v1/contacts/"+id, key, nil)
	for name, want := range map[string]string{"name": "张三", "company": "XX金融公司", "city": "上海", "intent": "高", "org_id": "east", "created_at": "2024-10-29T15:00:00+08:00"} {
		wantAt(t, contact, want, "attributes", name)
	}
	if at(t, contact, "attributes").(object)["budget"] != nil {
		t.Error("a property that is no canonical attribute became one")
	}
	for field, want := range map[string]string{"source": "ADS", "source_id": "L-1", "kind": "lead", "updated_at": "2024-10-01T10:00:00+08:00"} {
		wantAt(t, contact, want, "sources", 0, field)
	}
	wantAt(t, n.want(200, "POST", "/v1/records/lookup", key, object{"records": list{object{"source": "ADS", "source_id": "L-1"}}}), id, "results", 0, "one_id")
	account := at(t, contact, "account", "account_id").(string)
	stage := func(want string) {
		t.Helper()
		wantAt(t, n.want(200, "GET", "/v1/accounts/"+account, key, nil), want, "attributes", "stage")
	}
	stage("线索")

	digest := n.digest("t001")
	again := post(created, header("Idempotency-Key", "k"))
	wantAt(t, again, "accepted", "results", 0, "status")
	if again["index"] != put["index"] {
		t.Errorf("the replay answers index %v, first was %v", again["index"], put["index"])
	}
	wantAt(t, post(created), "duplicate", "results", 0, "status")
	if n.digest("t001") != digest {
		t.Error("the lead again changed the state")
	}

	event := func(number, kind, day string, more object) map[string]any {
		e := object{"event_id": number, "type": kind, "occurred_at": day + "T10:00:00+08:00", "identifiers": mobile}
		for name, v := range more {
			if e[name] = v; v == nil {
				delete(e, name)
			}
		}
		return post(e)
	}
	event("e2", "opportunity.created", "2024-10-05", nil)
	stage("商机")
	event("e3", "opportunity.won", "2024-10-20", object{"one_id": id, "identifiers": nil})
	stage("成交")
	event("e4", "opportunity.created", "2024-10-25", nil)
	event("e5", "lead.created", "2024-10-26", object{"one_id": id, "identifiers": nil, "payload": object{"city": "北京"}})
	stage("成交")
	contact = n.want(200, "GET", "/v1/contacts/"+id, key, nil)
	wantAt(t, contact, "北京", "attributes", "city")
	if sources := at(t, contact, "sources").([]any); len(sources) != 2 {
		t.Errorf("a lead by one_id has the sources %v", sources)
	}
	n.want(200, "POST", "/v1/records", key, object{"records": list{object{"source": "ERP", "source_id": "a", "kind": "account",
		"updated_at": "2024-10-27T10:00:00+08:00", "attributes": object{"name": "XX金融公司", "stage": "商机"}}}})
	stage("商机")
	if c := n.count(key, "account.stage = '商机'"); c != 1 {
		t.Errorf("%d people of accounts with an opportunity", c)
	}

	// Whose account: by its credit code, when it is another one than the contact's.
	other := n.want(200, "POST", "/v1/records", key, object{"records": list{object{"source": "ERP", "source_id": "b", "kind": "account",
		"identifiers": object{"credit_code": "91350100M000100Y43"}, "attributes": object{"name": "YY保险公司"}}}})
	_ = event("e6", "opportunity.won", "2024-10-28", object{"payload": object{"company": "YY保险公司"}})
	wantAt(t, n.want(200, "GET", "/v1/accounts/"+at(t, other, "results", 0, "account_id").(string), key, nil), "成交", "attributes", "stage")
	stage("商机")

	// Somebody known by a cookie alone, an unknown one_id, one that lies ahead, and an id that something else has.
	visitor := event("v1", "page.view", "2024-10-20", object{"identifiers": object{"cookie_id": "c1"}})
	lead := event("v2", "lead.created", "2024-10-21", object{"identifiers": object{"cookie_id": "c1"}})
	wantAt(t, lead, at(t, visitor, "results", 0, "one_id").(string), "results", 0, "one_id")
	wantAt(t, n.want(200, "GET", "/v1/contacts/"+at(t, lead, "results", 0, "one_id").(string), key, nil), "lead", "sources", 0, "kind")
	before := n.count(key, "source_count >= 0")
	nobody := event("v3", "lead.created", "2024-10-21", object{"identifiers": nil, "one_id": "0192d000-0000-7000-8000-000000000001", "payload": object{"name": "李四"}})
	wantAt(t, nobody, "rejected", "results", 0, "status")
	ahead := event("v4", "opportunity.won", "2025-10-21", nil)
	wantAt(t, ahead, "not_yet", "results", 0, "notes", 0, "code")
	stage("商机")
	n.want(200, "POST", "/v1/records", key, object{"records": list{object{"source": "ADS", "source_id": "O-1", "kind": "opportunity", "identifiers": mobile}}})
	conflict := event("v5", "lead.created", "2024-10-21", object{"payload": object{"lead_id": "O-1"}})
	wantAt(t, conflict, "accepted", "results", 0, "status")
	wantAt(t, conflict, "kind_conflict", "results", 0, "notes", 0, "code")
	if c := n.count(key, "source_count >= 0"); c != before {
		t.Errorf("%d people, there were %d", c, before)
	}
	digest = n.digest("t001")
	n.restart()
	if n.digest("t001") != digest {
		t.Error("the digest is another one after a restart")
	}
}
