package api_test

import "testing"

// TestCRMKeysOfSystems sends one key from several systems: a channel carries the key of the CRM, a second CRM its own.
func TestCRMKeysOfSystems(t *testing.T) {
	n := startNode(t, nil)
	key := n.tenant("t001", "admin")
	put := func(source, crmID string) string {
		t.Helper()
		out := n.want(200, "POST", "/v1/records", key, object{"records": list{object{"source": source, "source_id": "r-" + crmID, "identifiers": object{"crm_id": crmID}}}})
		id, _ := at(t, out, "results", 0, "one_id").(string)
		return id
	}
	crm, second := put("CRM", "1001"), put("CRM2", "1001")
	if crm == second {
		t.Error("two systems with one key are one person")
	}
	if got := put("CALLCENTER", "1001"); got != crm {
		t.Error("the call centre's key of the CRM is another person")
	}
	if got := put("WEB", "CRM2:1001"); got != second {
		t.Error("an explicit scope is another person")
	}
	event := n.want(200, "POST", "/v1/events", key, object{"events": list{event(object{"source": "ADS", "identifiers": object{"crm_id": "1001"}})}})
	wantAt(t, event, crm, "results", 0, "one_id")
	for text, want := range map[string]string{"1001": crm, "CRM:1001": crm, "crm2:1001": second} {
		wantAt(t, n.want(200, "POST", "/v1/contacts/lookup", key, object{"identifiers": object{"crm_id": text}}), want, "one_id")
	}
}

// TestOpportunitiesAreShown stores a deal that is named after a person: its name is sealed, and the 360 view opens it.
func TestOpportunitiesAreShown(t *testing.T) {
	n := startNode(t, nil)
	key := n.tenant("t001", "admin")
	put := func(item object) {
		t.Helper()
		out := n.want(200, "POST", "/v1/records", key, object{"records": list{item}})
		wantAt(t, out, "ok", "results", 0, "status")
	}
	put(object{"source": "CRM", "source_id": "a-1", "kind": "account", "identifiers": object{"domain": "xx.com"}, "attributes": object{"name": "XX金融公司"}})
	deal := object{"name": "张三的大单", "stage": "商机", "currency": "CNY", "amount": "120000", "backup_phone": 13800138777, "n": 5}
	put(object{"source": "CRM", "source_id": "o-1", "kind": "opportunity", "identifiers": object{"domain": "xx.com"}, "attributes": deal})
	// A number that looks like a mobile, where the deals' attribute holds numbers.
	put(object{"source": "CRM", "source_id": "o-2", "kind": "opportunity", "identifiers": object{"domain": "xx.com"}, "attributes": object{"n": 13800138777, "backup_phone": 7}})
	accounts := n.want(200, "GET", "/v1/accounts", key, nil)
	id, _ := at(t, accounts, "accounts", 0, "account_id").(string)
	all := n.want(200, "GET", "/v1/accounts/"+id+"/360", key, nil)
	for name, want := range map[string]string{"name": "张三的大单", "stage": "商机", "currency": "CNY", "amount": "120000", "backup_phone": "138****8777", "n": "5"} {
		wantAt(t, all, want, "opportunities", 0, "attributes", name)
	}
	wantAt(t, all, "13800138777", "opportunities", 1, "attributes", "n")
}
