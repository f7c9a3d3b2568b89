package api_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
)

func number2text(v any) string {
	n, _ := v.(json.Number)
	return n.String()
}

func TestIdempotencyKey(t *testing.T) {
	n := startNode(t, nil)
	key := n.tenant("t001", "admin")
	record := func(id, name string) object {
		return object{"records": list{object{"source": "CRM", "source_id": id, "kind": "contact",
			"identifiers": object{"mobile": "13800138001"}, "attributes": object{"name": name}}}}
	}
	first := n.call("POST", "/v1/records", key, record("c-1", "张三"), header("Idempotency-Key", "k1"))
	n.want(200, "POST", "/v1/records", key, record("c-1", "李四"))
	digest := n.digest("t001")
	again := n.call("POST", "/v1/records", key, record("c-1", "张三"), header("Idempotency-Key", "k1"))
	if again.status != 200 || string(again.raw) != string(first.raw) {
		t.Errorf("the replay answers %d %s, first was %s", again.status, again.raw, first.raw)
	}
	other := n.want(422, "POST", "/v1/records", key, record("c-1", "王五"), header("Idempotency-Key", "k1"))
	wantAt(t, other, "idempotency_conflict", "code")
	wantAt(t, n.want(422, "POST", "/v1/events", key, object{"events": list{object{"event_id": "e", "source": "CRM", "type": "page.view",
		"occurred_at": "2024-10-29T10:00:00Z", "identifiers": object{"mobile": "13800138001"}}}}, header("Idempotency-Key", "k1")), "idempotency_conflict", "code")
	if n.digest("t001") != digest {
		t.Error("a replay or a conflict changed the state")
	}
	n.restart()
	again = n.call("POST", "/v1/records", key, record("c-1", "张三"), header("Idempotency-Key", "k1"))
	if again.status != 200 || string(again.raw) != string(first.raw) {
		t.Errorf("after a restart the replay answers %d %s, first was %s", again.status, again.raw, first.raw)
	}

	// A key that was made is shown again for the same request, and a tenant is opened once.
	one := n.want(200, "POST", "/v1/keys", rootKey, object{"tenant": "t001", "role": "agent"}, header("Idempotency-Key", "k2"))
	two := n.want(200, "POST", "/v1/keys", rootKey, object{"tenant": "t001", "role": "agent"}, header("Idempotency-Key", "k2"))
	if one["key"] != two["key"] {
		t.Error("a repeated request made another key")
	}
	n.want(200, "GET", "/v1/tags", two["key"].(string), nil)
	made := n.call("POST", "/v1/tenants", rootKey, object{"id": "t002"}, header("Idempotency-Key", "k3"))
	repeated := n.call("POST", "/v1/tenants", rootKey, object{"id": "t002"}, header("Idempotency-Key", "k3"))
	if made.status != 200 || string(made.raw) != string(repeated.raw) {
		t.Errorf("opening a tenant again under its key: %d %s, first %s", repeated.status, repeated.raw, made.raw)
	}
}

// TestLargeBatchIsRepeatedWhole sends a batch that becomes several commands.
func TestLargeBatchIsRepeatedWhole(t *testing.T) {
	n := startNode(t, nil)
	key := n.tenant("t001", "source")
	var events list
	filler := make([]byte, 1000)
	for i := range filler {
		filler[i] = 'x'
	}
	for i := range 1500 {
		events = append(events, object{"event_id": fmt.Sprint("e", i), "source": "WEB", "type": "page.view", "occurred_at": "2024-10-29T10:00:00+08:00",
			"identifiers": object{"mobile": fmt.Sprintf("138%08d", i%50)}, "payload": object{"content": string(filler)}})
	}
	body := object{"events": events}
	first := n.call("POST", "/v1/events", key, body, header("Idempotency-Key", "big"))
	if first.status != 200 {
		t.Fatalf("%d %.300s", first.status, first.raw)
	}
	for i := range events {
		wantAt(t, first.body, "accepted", "results", i, "status")
	}
	again := n.call("POST", "/v1/events", key, body, header("Idempotency-Key", "big"))
	if string(again.raw) != string(first.raw) {
		t.Error("the repeated batch has another answer")
	}
	events[1499].(object)["event_id"] = "another"
	n.want(422, "POST", "/v1/events", key, body, header("Idempotency-Key", "big"))
}

func TestSameEventAtOnce(t *testing.T) {
	n := startNode(t, nil)
	key, admin := n.tenant("t001", "source"), n.key("t001", "admin")
	body := object{"events": list{object{"event_id": "e1", "source": "CALLCENTER", "type": "call.outbound.ended",
		"occurred_at": "2024-10-29T10:00:00+08:00", "identifiers": object{"mobile": "13800138001"}}}}
	var mu sync.Mutex
	outcomes := map[string]int{}
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			a := n.call("POST", "/v1/events", key, body)
			mu.Lock()
			defer mu.Unlock()
			outcomes[fmt.Sprint(a.status, at(t, a.body, "results", 0, "status"))]++
		})
	}
	wg.Wait()
	if outcomes["200accepted"] != 1 || len(outcomes) != 2 {
		t.Errorf("100 times the same event: %v", outcomes)
	}
	if got := n.count(admin, "count(call.outbound.ended) = 1"); got != 1 {
		t.Errorf("%d contacts have exactly one event", got)
	}
}

// TestRepeatedBatchMeetsItsOwnAttributes repeats a batch whose first record made an attribute that a later one does not
// fit. What the state has by then must not move the items of the repeat away from their results.
func TestRepeatedBatchMeetsItsOwnAttributes(t *testing.T) {
	n := startNode(t, nil)
	key := n.tenant("t001", "admin")
	record := func(id string, attributes object) object {
		return object{"source": "CRM", "source_id": id, "attributes": attributes}
	}
	body := object{"records": list{
		record("a", object{"x": 1, "y": true}), record("b", object{"x": "abc"}), record("c", object{"x": 2}), record("d", object{"y": "perhaps"}), record("e", object{"x": 3}),
	}}
	first := n.call("POST", "/v1/records", key, body, header("Idempotency-Key", "k1"))
	again := n.call("POST", "/v1/records", key, body, header("Idempotency-Key", "k1"))
	for i, want := range []string{"ok", "rejected", "ok", "rejected", "ok"} {
		wantAt(t, first.body, want, "results", i, "status")
	}
	wantAt(t, first.body, "records[1].attributes.x", "results", 1, "field")
	if again.status != 200 || string(again.raw) != string(first.raw) {
		t.Errorf("the repeat answers %d %s, first was %s", again.status, again.raw, first.raw)
	}
}
