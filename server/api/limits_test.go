package api_test

import (
	"fmt"
	"strings"
	"testing"

	"rollcall/server"
)

// TestLimitsFromTheInside sends what is just allowed; badinput_test.go sends one more.
func TestLimitsFromTheInside(t *testing.T) {
	n := startNode(t, func(c *server.Config) { c.Limits.BatchItems, c.Limits.PageItems = 50, 40 })
	key := n.tenant("t001", "admin")
	var events list
	for i := range 50 {
		events = append(events, event(object{"event_id": fmt.Sprint("e", i), "identifiers": object{"mobile": fmt.Sprintf("138%08d", i)}}))
	}
	out := n.want(200, "POST", "/v1/events", key, object{"events": events})
	wantAt(t, out, "accepted", "results", 49, "status")
	wantAt(t, n.want(413, "POST", "/v1/events", key, object{"events": append(events, event(nil))}), "batch_too_large", "code")

	page := n.want(200, "POST", "/v1/query/contacts", key, object{"where": "did(page.view)", "limit": 40})
	if got := len(page["contacts"].([]any)); got != 40 {
		t.Errorf("a page of 40 has %d", got)
	}
	n.want(422, "POST", "/v1/query/contacts", key, object{"where": "did(page.view)", "limit": 41})
	rest := n.want(200, "POST", "/v1/query/contacts", key, object{"where": "did(page.view)", "limit": 40, "after": page["next"]})
	if got := len(rest["contacts"].([]any)); got != 10 || rest["next"] != nil {
		t.Errorf("the rest has %d, next %v", got, rest["next"])
	}

	n.want(200, "PUT", "/v1/tags/"+strings.Repeat("a", 128), key, object{"kind": "manual"})
	n.want(200, "POST", "/v1/events", key, object{"events": list{event(object{"event_id": "x", "payload": object{"content": strings.Repeat("x", 16<<10)}})}},
		header("Idempotency-Key", strings.Repeat("k", 255)))
	if c := n.count(key, "did(page.view)"+strings.Repeat(" ", 60_000)); c != 51 && c != 50 {
		t.Errorf("an expression of 60,000 bytes counts %d", c)
	}
}

// TestCursorSurvivesWrites pages through people while others are added and change.
func TestCursorSurvivesWrites(t *testing.T) {
	n := startNode(t, nil)
	key := n.tenant("t001", "admin")
	put := func(i int) {
		t.Helper()
		n.want(200, "POST", "/v1/records", key, object{"records": list{record(object{"source_id": fmt.Sprint("r", i),
			"identifiers": object{"mobile": fmt.Sprintf("138%08d", i)}, "attributes": object{"intent": "高"}})}})
	}
	for i := range 10 {
		put(i)
	}
	seen := map[any]int{}
	after := any(nil)
	for pages := 0; ; pages++ {
		body := object{"where": "intent = '高'", "limit": 3, "fields": list{"intent"}}
		if after != nil {
			body["after"] = after
		}
		page := n.want(200, "POST", "/v1/query/contacts", key, body)
		for _, row := range page["contacts"].([]any) {
			seen[row.(object)["one_id"]]++
		}
		if pages == 1 {
			n.restart()
		}
		if pages < 3 {
			put(100 + pages)
			put(pages)
		}
		if after = page["next"]; after == nil {
			break
		}
	}
	if len(seen) < 10 {
		t.Errorf("%d people were seen, 10 were there from the start", len(seen))
	}
	for id, times := range seen {
		if times != 1 {
			t.Errorf("%v was seen %d times", id, times)
		}
	}
}

// TestDiskLow takes the room away: writes are refused before anything is full, reads go on.
func TestDiskLow(t *testing.T) {
	low := uint64(0)
	n := startNode(t, func(c *server.Config) { c.Disk.LowBytes = low })
	key := n.tenant("t001", "admin")
	n.want(200, "POST", "/v1/records", key, object{"records": list{record(object{"attributes": object{"intent": "高"}})}})
	digest := n.digest("t001")
	low = 1 << 60
	n.restart()
	a := n.call("POST", "/v1/records", key, object{"records": list{record(object{"source_id": "r-2"})}})
	if a.status != 507 || a.body["code"] != "disk_low" {
		t.Errorf("%d %s", a.status, a.raw)
	}
	if c := n.count(key, "intent = '高'"); c != 1 {
		t.Errorf("%d are counted", c)
	}
	if n.digest("t001") != digest {
		t.Error("a refused write changed the state")
	}
}
