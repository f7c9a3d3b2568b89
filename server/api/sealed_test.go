package api_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// canaries are personal texts; none of them may stand in the data folder.
var canaries = []string{"卡娜莉王", "卡娜莉", "canary-owner", "canary-agent", "canary-old-id", "canary-boss"}

// lookForCanaries reads everything that a node keeps.
func (n *node) lookForCanaries() {
	n.t.Helper()
	files := 0
	err := filepath.WalkDir(n.folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		for _, canary := range canaries {
			if strings.Contains(string(b), canary) {
				n.t.Errorf("%q stands in %s", canary, d.Name())
			}
		}
		files++
		return err
	})
	if err != nil || files < 4 {
		n.t.Fatalf("%d files were looked at, %v", files, err)
	}
}

// TestKeptExpressionsAreSealed saves segments and rule tags that name people: they are counted right, before and after
// a restart, and shown as they were sent, and neither log nor pages hold a name in plain (I18).
func TestKeptExpressionsAreSealed(t *testing.T) {
	n := startNode(t, nil)
	key := n.tenant("t001", "admin")
	n.want(200, "POST", "/v1/records", key, object{"records": list{
		object{"source": "CRM", "source_id": "a-1", "kind": "account", "attributes": object{"name": "XX金融公司", "boss": "canary-boss"}},
		object{"source": "CRM", "source_id": "c-1",
			"attributes": object{"name": "卡娜莉王", "company": "XX金融公司", "owner": "canary-owner"}, "identifiers": object{"mobile": "13987654321"}},
		object{"source": "CRM", "source_id": "c-2", "attributes": object{"name": "某人", "owner": "somebody"}, "identifiers": object{"mobile": "13987654322"}},
	}})
	n.want(200, "POST", "/v1/events", key, object{"events": list{object{
		"event_id": "e-1", "source": "WEB", "type": "page.view", "occurred_at": "2024-10-29T10:00:00+08:00",
		"identifiers": object{"mobile": "13987654321"}, "payload": object{"who": "canary-agent"},
	}}})
	if got := n.count(key, "account.boss = 'canary-boss'"); got != 1 {
		t.Fatalf("%d people are of the account", got)
	}
	odd := "token:v1:Y2FuYXJ5"
	expressions := map[string]int{
		"name = '卡娜莉王'":                                           1,
		"name != '卡娜莉王'":                                          1,
		"name LIKE '卡娜莉%'":                                        1,
		"owner IN ('canary-owner', 'somebody')":                   2,
		"owner BETWEEN 'canary-owner' AND 'canary-pwner'":         1,
		"owner > 'canary-owner'":                                  1,
		"account.boss = 'canary-boss'":                            1,
		"did(page.view where who = 'canary-agent')":               1,
		"count(page.view where who LIKE 'canary-agen_', 7d) >= 1": 1,
		"NOT (id IN ('canary-old-id'))":                           2,
		"name = '" + odd + "'":                                    0,
		"account.industry = '" + odd + "' OR source_count > 0":    2,
	}
	check := func() {
		t.Helper()
		for text, want := range expressions {
			for _, path := range []string{"/v1/segments/" + nameOf(text), "/v1/tags/" + nameOf(text)} {
				field := "where"
				if strings.Contains(path, "/tags/") {
					field = "rule"
				}
				body := n.want(200, "GET", path, key, nil)
				wantAt(t, body, text, field)
				wantAt(t, body, fmt.Sprint(want), "count")
			}
			if got := n.count(key, "segment('"+nameOf(text)+"')"); got != want {
				t.Errorf("segment of %s: %d, want %d", text, got, want)
			}
			if got := n.count(key, nameOf(text)); got != want {
				t.Errorf("tag of %s: %d, want %d", text, got, want)
			}
			raw := string(n.call("POST", "/v1/query/explain", key, object{"where": "segment('" + nameOf(text) + "') AND " + nameOf(text)}).raw)
			if strings.Contains(raw, "token:v1:") != strings.Contains(text, "token:v1:") {
				t.Errorf("%s is explained as %s", text, raw)
			}
		}
		for _, path := range []string{"/v1/segments", "/v1/tags"} {
			raw := string(n.call("GET", path, key, nil).raw)
			if !strings.Contains(raw, "卡娜莉王") || strings.Count(raw, "token:v1:") != 2 {
				t.Errorf("%s lists %s", path, raw)
			}
		}
	}
	for text, want := range expressions {
		put := n.want(200, "PUT", "/v1/segments/"+nameOf(text), key, object{"where": text})
		wantAt(t, put, text, "where")
		wantAt(t, put, fmt.Sprint(want), "count")
		put = n.want(200, "PUT", "/v1/tags/"+nameOf(text), key, object{"kind": "rule", "rule": text})
		wantAt(t, put, text, "rule")
	}
	n.want(200, "PUT", "/v1/segments/frozen", key, object{"where": "name = '卡娜莉王'", "mode": "static"})
	check()
	before := n.digest("t001")
	text := "name = '卡娜莉王'"
	n.want(200, "PUT", "/v1/tags/"+nameOf(text), key, object{"kind": "rule", "rule": text})
	if n.digest("t001") != before {
		t.Error("a rule that is put again as it is changed something")
	}
	n.restart()
	check()
	wantAt(t, n.want(200, "GET", "/v1/segments/frozen", key, nil), "1", "count")
	n.stop()
	n.lookForCanaries()
	n.start()
}

// nameOf is a name for the tag and the segment of an expression that tells nothing of it.
func nameOf(expression string) string {
	return fmt.Sprintf("n%x", len(expression)*31+int(expression[len(expression)-2]))
}

// TestKeptExpressionTooLong: sealed texts are longer than plain ones, and what cannot be kept is refused with the
// reason.
func TestKeptExpressionTooLong(t *testing.T) {
	n := startNode(t, nil)
	key := n.tenant("t001", "admin")
	var names []string
	for i := range 600 {
		names = append(names, fmt.Sprintf("'a long name of somebody who lives somewhere far away, with the number %04d'", i))
	}
	where := "name IN (" + strings.Join(names, ", ") + ")"
	if got := n.count(key, where); got != 0 {
		t.Fatal(got)
	}
	for path, body := range map[string]object{
		"/v1/segments/s": {"where": where}, "/v1/tags/r": {"kind": "rule", "rule": where},
		"/v1/segments/i": {"where": "id IN ('" + strings.Repeat("x", 250) + "')"},
	} {
		a := n.call("PUT", path, key, body)
		if a.status != 422 || a.body["code"] != "expression_too_large" {
			t.Errorf("%s: %d %.200s", path, a.status, a.raw)
		}
	}
	n.want(200, "PUT", "/v1/segments/s", key, object{"where": "name IN (" + strings.Join(names[:300], ", ") + ")"})
}
