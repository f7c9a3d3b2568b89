package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"rollcall/server"
)

// both sends two requests at the same time and returns their statuses.
func (n *node) both(key string, one, two [2]string, bodyOne, bodyTwo any) (a, b int) {
	var wg sync.WaitGroup
	wg.Go(func() { a = n.call(one[0], one[1], key, bodyOne).status })
	wg.Go(func() { b = n.call(two[0], two[1], key, bodyTwo).status })
	wg.Wait()
	return a, b
}

// TestDefinitionsAtTheSameTime changes two definitions at once that cannot both stand: a rule that cannot be evaluated
// would be an error of every profile and list.
func TestDefinitionsAtTheSameTime(t *testing.T) {
	n := startNode(t, nil)
	key := n.tenant("t001", "admin")
	id := at(t, n.want(200, "POST", "/v1/records", key, object{"records": list{object{"source": "CRM", "source_id": "c-1"}}}), "results", 0, "one_id").(string)
	rule := func(text string) object { return object{"kind": "rule", "rule": text} }
	for i := range 10 {
		tag, user, ring := fmt.Sprint("/v1/tags/tag", i), fmt.Sprint("/v1/tags/user", i), fmt.Sprint("/v1/segments/ring", i)
		n.want(200, "PUT", tag, key, object{"kind": "manual"})
		if a, b := n.both(key, [2]string{"DELETE", tag}, [2]string{"PUT", user}, nil, rule(fmt.Sprint("tag", i))); (a == http.StatusOK) == (b == http.StatusOK) {
			t.Errorf("round %d: the tag's end answers %d, its use %d", i, a, b)
		}
		n.want(200, "PUT", ring, key, object{"where": "source_count > 0"})
		n.want(200, "PUT", ring+"b", key, object{"where": "source_count > 0"})
		if a, b := n.both(key, [2]string{"PUT", ring}, [2]string{"PUT", ring + "b"}, object{"where": fmt.Sprintf("segment('ring%db')", i)}, object{"where": fmt.Sprintf("segment('ring%d')", i)}); (a == http.StatusOK) == (b == http.StatusOK) {
			t.Errorf("round %d: two segments of each other answer %d and %d", i, a, b)
		}
	}
	n.want(200, "GET", "/v1/tags", key, nil)
	n.want(200, "GET", "/v1/segments", key, nil)
	n.want(200, "GET", "/v1/contacts/"+id, key, nil)
}

// TestAppliedAndNotShown writes definitions whose members cannot be counted in time: the answer says that they are
// written, and they are.
func TestAppliedAndNotShown(t *testing.T) {
	n := startNode(t, func(c *server.Config) { c.Limits.QueryTime = 1 })
	key := n.tenant("t001", "admin")
	for path, body := range map[string]object{
		"/v1/tags/many": {"kind": "rule", "rule": "source_count > 0"}, "/v1/segments/all": {"where": "source_count > 0"},
	} {
		before := n.digest("t001")
		a := n.call("PUT", path, key, body)
		index := a.header.Get("Rollcall-Index")
		if a.status != 503 || !strings.Contains(fmt.Sprint(a.body["detail"]), "applied at index "+index) || index == "" || n.digest("t001") == before {
			t.Errorf("%s: %d, index %q: %s", path, a.status, index, a.raw)
		}
	}
}
