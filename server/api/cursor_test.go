package api_test

import (
	"fmt"
	"net/url"
	"testing"
)

// TestCursorsBelongToTheirTenant: a place among the people of one tenant is none among those of another.
func TestCursorsBelongToTheirTenant(t *testing.T) {
	n := startNode(t, nil)
	var records list
	for i := range 3 {
		records = append(records, object{"source": "CRM", "source_id": fmt.Sprint("a", i), "kind": "account", "attributes": object{"name": fmt.Sprint("公司", i)}},
			object{"source": "CRM", "source_id": fmt.Sprint("c", i)})
	}
	one, two := n.tenant("t001", "admin"), n.tenant("t002", "admin")
	for _, key := range []string{one, two} {
		n.want(200, "POST", "/v1/records", key, object{"records": records})
	}
	people := object{"where": "source_count > 0", "limit": 1}
	next := n.want(200, "POST", "/v1/query/contacts", one, people)["next"].(string)
	people["after"] = next
	n.want(200, "POST", "/v1/query/contacts", one, people)
	wantAt(t, n.want(422, "POST", "/v1/query/contacts", two, people), "invalid_cursor", "code")
	accounts := "/v1/accounts?limit=1&after=" + url.QueryEscape(n.want(200, "GET", "/v1/accounts?limit=1", one, nil)["next"].(string))
	n.want(200, "GET", accounts, one, nil)
	wantAt(t, n.want(422, "GET", accounts, two, nil), "invalid_cursor", "code")
}

// TestNothingIsBeforeTheFirstInstant asks for what lies before the first instant that is taken in.
func TestNothingIsBeforeTheFirstInstant(t *testing.T) {
	n := startNode(t, nil)
	key := n.tenant("t001", "admin")
	put := n.want(200, "POST", "/v1/events", key, object{"events": list{object{"event_id": "e", "source": "WEB", "type": "page.view",
		"occurred_at": "1970-01-01T00:00:00Z", "identifiers": object{"mobile": "13800138001"}}}})
	events := "/v1/contacts/" + at(t, put, "results", 0, "one_id").(string) + "/events?before="
	for before, want := range map[string]int{"1969-12-31T23:59:59Z": 0, "1970-01-01T00:00:00Z": 0, "1970-01-01T00:00:01Z": 1} {
		if got := n.want(200, "GET", events+before, key, nil)["events"].(list); len(got) != want {
			t.Errorf("before %s: %d events, want %d", before, len(got), want)
		}
	}
}
