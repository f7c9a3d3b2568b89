package api_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"rollcall/server"
)

// download begins an export and leaves the reading to the test.
func (n *node) download(path, key string) *http.Response {
	n.t.Helper()
	r, err := http.NewRequest("GET", "http://"+n.server.Addr()+path, nil)
	if err != nil {
		n.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

// TestSlowExport reads an export of more than the sockets hold: its later pages, rule tags and those of accounts
// included, are evaluated after the call's deadline, and meanwhile there is no place for another export.
func TestSlowExport(t *testing.T) {
	n := startNode(t, func(c *server.Config) { c.Limits.RequestTime, c.Limits.Exports = time.Second, 1 })
	key := n.tenant("t001", "admin")
	const people = 1100 // two pages
	var records list
	for i := range people {
		records = append(records, object{"source": "CRM", "source_id": fmt.Sprint("c-", i), "attributes": object{"note": strings.Repeat("n", 200), "company": "XX金融公司"}})
	}
	n.want(200, "POST", "/v1/records", key, object{"records": records})
	n.want(200, "PUT", "/v1/tags/everybody", key, object{"kind": "rule", "rule": "source_count > 0"})
	n.want(200, "PUT", "/v1/tags/named", key, object{"kind": "rule", "entity": "account", "rule": "name is not null"})
	n.want(200, "PUT", "/v1/segments/all", key, object{"where": "source_count > 0"})
	path := "/v1/segments/all/export?fields=everybody,tags,account.named,account.tags"
	slow := n.download(path+strings.Repeat(",note", 90), key)
	if slow.StatusCode != 200 {
		t.Fatal(slow.Status)
	}
	refused := n.call("GET", path, key, nil)
	if refused.status != 429 || refused.body["code"] != "too_many_exports" || refused.header.Get("Retry-After") == "" {
		t.Errorf("a second export: %d %s", refused.status, refused.raw)
	}
	n.count(key, "everybody")
	time.Sleep(1200 * time.Millisecond) // beyond the call's deadline
	rows, err := csv.NewReader(slow.Body).ReadAll()
	if err != nil || len(rows) != people+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if last := fmt.Sprint(rows[people][1:5]); last != "[true everybody true named]" {
		t.Errorf("the last row has %s", last)
	}
	for _, path := range []string{path, path, "/v1/segments/all/export?fields=nothing", "/v1/segments/none/export", path} {
		if a := n.call("GET", path, key, nil); a.status == 429 {
			t.Errorf("%s after the others ended: %s", path, a.raw)
		}
	}
}

// TestExportThatIsCutGivesItsPlaceBack leaves an export in the middle.
func TestExportThatIsCutGivesItsPlaceBack(t *testing.T) {
	n := startNode(t, func(c *server.Config) { c.Limits.Exports = 1 })
	key := n.tenant("t001", "admin")
	var records list
	for i := range 1000 {
		records = append(records, object{"source": "CRM", "source_id": fmt.Sprint("c-", i), "attributes": object{"note": strings.Repeat("n", 200)}})
	}
	n.want(200, "POST", "/v1/records", key, object{"records": records})
	n.want(200, "PUT", "/v1/segments/all", key, object{"where": "source_count > 0"})
	path := "/v1/segments/all/export?fields=note"
	cut := n.download(path+strings.Repeat(",note", 90), key)
	_ = cut.Body.Close()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		a := n.call("GET", path, key, nil)
		if a.status == 200 {
			return
		}
		if a.status != 429 || time.Now().After(deadline) {
			t.Fatalf("after the cut: %d %s", a.status, a.raw)
		}
	}
}

// TestAccount360IsBounded looks at an account with more of everything than is shown.
func TestAccount360IsBounded(t *testing.T) {
	n := startNode(t, nil)
	key := n.tenant("t001", "admin")
	var records, events list
	at := func(i int) string { return time.Date(2024, 10, 1, 0, i, 0, 0, time.UTC).Format(time.RFC3339) }
	for i := range 120 {
		records = append(records,
			object{"source": "CRM", "source_id": fmt.Sprint("c-", i), "attributes": object{"company": "XX金融公司"}, "identifiers": object{"mobile": fmt.Sprintf("138%08d", i)}},
			object{"source": "CRM", "source_id": fmt.Sprint("o-", i), "kind": "opportunity", "updated_at": at(i), "attributes": object{"company": "XX金融公司", "amount": i}})
		events = append(events, event(object{"event_id": fmt.Sprint("e", i), "occurred_at": at(i), "identifiers": object{"mobile": fmt.Sprintf("138%08d", i)}}))
	}
	put := n.want(200, "POST", "/v1/records", key, object{"records": records})
	n.want(200, "POST", "/v1/events", key, object{"events": events})
	id := put["results"].([]any)[0].(map[string]any)["account_id"].(string)
	all := n.want(200, "GET", "/v1/accounts/"+id+"/360", key, nil)
	for part, want := range map[string]int{"contacts": 100, "org_chart": 100, "opportunities": 100, "timeline": 50} {
		if got := len(all[part].([]any)); got != want {
			t.Errorf("%d %s are shown, want %d", got, part, want)
		}
	}
	wantAt(t, all, "120", "contact_count")
	wantAt(t, all, "119", "opportunities", 0, "attributes", "amount")
	wantAt(t, all, "20", "opportunities", 99, "attributes", "amount")

	n.change = func(c *server.Config) { c.Limits.RequestTime = 1 }
	n.restart()
	for _, path := range []string{"/v1/accounts/" + id + "/360", "/v1/accounts"} {
		wantAt(t, n.want(503, "GET", path, key, nil), "query_deadline", "code")
	}
}
