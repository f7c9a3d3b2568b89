package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
)

// FuzzBodies sends any bytes to the calls that take a body: the answer is a success or says whose mistake it was, never
// an error of the node.
func FuzzBodies(f *testing.F) {
	n := startNode(f, nil)
	key := n.tenant("t001", "admin")
	n.want(200, "PUT", "/v1/tags/vip", key, object{"kind": "manual"})
	calls := []struct {
		method, path string
		seed         any
	}{
		{"POST", "/v1/events", object{"events": list{event(nil)}}},
		{"POST", "/v1/records", object{"records": list{record(object{"attributes": object{"name": "张三", "value": 1.5}})}}},
		{"POST", "/v1/records/lookup", object{"records": list{object{"source": "CRM", "source_id": "r-1"}}}},
		{"POST", "/v1/contacts/lookup", object{"identifiers": object{"phone": "010-66040001转8001"}}},
		{"POST", "/v1/tags/vip/members", object{"add": list{"CDP_001"}, "remove": list{"x"}}},
		{"PUT", "/v1/tags/fuzz", object{"kind": "rule", "rule": "count(call.*, last 30) > 1"}},
		{"PUT", "/v1/segments/fuzz", object{"where": object{"and": list{object{"tag": "vip"}, object{"not": object{"tag": "vip"}}}}, "mode": "static"}},
		{"POST", "/v1/query/count", object{"where": "vip and did(page.view, 7d)", "now": "2024-10-29T10:00:00Z"}},
		{"POST", "/v1/query/contacts", object{"where": "vip", "fields": list{"name"}, "limit": 3}},
		{"POST", "/v1/query/breakdown", object{"where": "vip", "by": "account.city"}},
		{"PUT", "/v1/schema/attributes/fuzz", object{"kind": "int"}},
	}
	for i, c := range calls {
		text, err := json.Marshal(c.seed)
		if err != nil {
			f.Fatal(err)
		}
		binary, err := msgpack.Marshal(c.seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(i), false, text)
		f.Add(uint8(i), true, binary)
	}
	f.Fuzz(func(t *testing.T, which uint8, packed bool, body []byte) {
		c := calls[int(which)%len(calls)]
		r, err := http.NewRequest(c.method, "http://"+n.server.Addr()+c.path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+key)
		r.Header.Set("Content-Type", "application/json")
		if packed {
			r.Header.Set("Content-Type", "application/msgpack")
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		answer, _ := io.ReadAll(response.Body)
		if response.StatusCode >= 500 {
			t.Fatalf("%s %s answers %d: %s", c.method, c.path, response.StatusCode, answer)
		}
	})
}
