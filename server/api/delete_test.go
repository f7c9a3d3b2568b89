package api_test

import (
	"context"
	"testing"

	"rollcall/client"
)

// TestDeleteTenant deletes a tenant and opens another one of its id: nothing of the first is left, its keys stay
// invalid, also after restarts.
func TestDeleteTenant(t *testing.T) {
	n := startNode(t, nil)
	neighbour := n.tenant("t002", "admin")
	n.want(200, "POST", "/v1/tenants", rootKey, object{"id": "t001"})
	made := n.want(200, "POST", "/v1/keys", rootKey, object{"tenant": "t001", "role": "admin"}, header("Idempotency-Key", "first"))
	key := made["key"].(string)
	person := object{"records": list{object{"source": "CRM", "source_id": "c-1", "identifiers": object{"mobile": "13800138001"}, "attributes": object{"name": "张三", "城市": "上海"}}}}
	id := at(t, n.want(200, "POST", "/v1/records", key, person), "results", 0, "one_id").(string)
	n.want(200, "POST", "/v1/records", neighbour, person)
	n.want(200, "PUT", "/v1/tags/vip", key, object{"kind": "manual"})
	apart := n.digest("t002")

	wantAt(t, n.want(404, "DELETE", "/v1/tenants/nobody", rootKey, nil), "unknown_tenant", "code")
	n.want(403, "DELETE", "/v1/tenants/t001", key, nil)
	deleted := n.want(200, "DELETE", "/v1/tenants/t001", rootKey, nil)
	if number(t, deleted["index"]) <= number(t, made["index"]) {
		t.Errorf("the deletion answers %v", deleted)
	}
	n.want(404, "DELETE", "/v1/tenants/t001", rootKey, nil)
	gone := func(key string) {
		t.Helper()
		n.want(401, "GET", "/v1/contacts/"+id, key, nil)
		n.want(401, "POST", "/v1/records", key, person)
	}
	gone(key)
	wantAt(t, n.want(404, "POST", "/v1/keys", rootKey, object{"tenant": "t001", "role": "admin"}), "unknown_tenant", "code")
	n.restart()
	gone(key)

	again := n.tenant("t001", "admin")
	repeated := n.want(200, "POST", "/v1/keys", rootKey, object{"tenant": "t001", "role": "admin"}, header("Idempotency-Key", "first"))
	if repeated["key"] == key {
		t.Error("the key of the deleted tenant was made again")
	}
	gone(key)
	n.want(404, "GET", "/v1/contacts/"+id, again, nil)
	n.want(404, "POST", "/v1/contacts/lookup", again, object{"identifiers": object{"mobile": "13800138001"}})
	wantAt(t, n.want(200, "GET", "/v1/tags", again, nil), "[]", "tags")
	wantAt(t, n.want(422, "POST", "/v1/query/count", again, object{"where": "城市 is not null"}), "unknown_name", "code")
	put := n.want(200, "POST", "/v1/records", again, person)
	wantAt(t, put, "true", "results", 0, "created")
	digest := n.digest("t001")
	n.restart()
	if n.digest("t001") != digest || n.digest("t002") != apart {
		t.Error("the digests are others after a restart")
	}
	contact := n.want(200, "GET", "/v1/contacts/"+at(t, put, "results", 0, "one_id").(string), again, nil)
	wantAt(t, contact, "张三", "attributes", "name")
	gone(key)

	c, err := client.New(client.Options{Addr: "http://" + n.server.Addr(), Key: rootKey})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.DeleteTenant(context.Background(), "t001"); err != nil {
		t.Fatal(err)
	}
	n.want(401, "GET", "/v1/tags", again, nil)

	// Opened again before a flush took the old pages away, several times over.
	for range 3 {
		last := n.tenant("t001", "admin")
		put := n.want(200, "POST", "/v1/records", last, person)
		wantAt(t, put, "true", "results", 0, "created")
		digest := n.digest("t001")
		n.restart()
		if n.digest("t001") != digest || n.digest("t002") != apart {
			t.Error("the digests are others after a restart")
		}
		contact := n.want(200, "GET", "/v1/contacts/"+at(t, put, "results", 0, "one_id").(string), last, nil)
		wantAt(t, contact, "张三", "attributes", "name")
		n.want(200, "DELETE", "/v1/tenants/t001", rootKey, nil)
	}
}
