package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"rollcall/server"
)

func event(change object) object {
	e := object{"event_id": "e1", "source": "CRM", "type": "page.view", "occurred_at": "2024-10-29T10:00:00+08:00",
		"identifiers": object{"mobile": "13800138001"}}
	for name, v := range change {
		if v == nil {
			delete(e, name)
		} else {
			e[name] = v
		}
	}
	return e
}

func record(change object) object {
	r := object{"source": "CRM", "source_id": "r-1", "kind": "contact", "identifiers": object{"mobile": "13800138001"}}
	for name, v := range change {
		if v == nil {
			delete(r, name)
		} else {
			r[name] = v
		}
	}
	return r
}

func pack(t *testing.T, v any) []byte {
	t.Helper()
	b, err := msgpack.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestBadBodies sends bodies that are broken or do not fit: each gets a 4xx with a code, and the state stays as it is.
func TestBadBodies(t *testing.T) {
	n := startNode(t, nil)
	key := n.tenant("t001", "admin")
	n.want(200, "POST", "/v1/events", key, object{"events": list{event(nil)}})
	digest := n.digest("t001")
	asMsgpack := header("Content-Type", "application/msgpack")
	many := func(n int) list {
		out := make(list, n)
		for i := range out {
			out[i] = event(object{"event_id": fmt.Sprint("x", i)})
		}
		return out
	}
	valid, _ := json.Marshal(object{"events": list{event(object{"event_id": "fresh"})}})

	refuse := func(name string, status int, path string, body any, options ...option) {
		t.Helper()
		a := n.call("POST", path, key, body, options...)
		if a.status != status || a.body["code"] == nil || a.body["code"] == "" || a.body["detail"] == nil {
			t.Errorf("%s: %d %.300s, want %d with a code", name, a.status, a.raw, status)
		}
		if n.digest("t001") != digest {
			t.Fatalf("%s: it changed the state", name)
		}
	}
	refuse("no body", 400, "/v1/events", nil)
	refuse("spaces", 400, "/v1/events", "  \n ")
	refuse("cut JSON", 400, "/v1/events", valid[:len(valid)-3])
	refuse("bytes behind", 400, "/v1/events", string(valid)+"{}")
	refuse("a list", 422, "/v1/events", "[]")
	refuse("a text", 422, "/v1/events", `"events"`)
	refuse("null", 422, "/v1/events", `null`)
	refuse("events is a text", 422, "/v1/events", `{"events":"x"}`)
	refuse("unknown field", 422, "/v1/events", `{"events":[],"evnets":[]}`)
	refuse("no events", 422, "/v1/events", `{"events":[]}`)
	refuse("no field at all", 422, "/v1/events", `{}`)
	if a := n.call("POST", "/v1/events", key, object{"events": many(10_001)}); a.status != 413 || !strings.Contains(fmt.Sprint(a.body["detail"]), "10000") {
		t.Errorf("too many elements: %d %.300s, want the limit to be named", a.status, a.raw)
	}
	refuse("too many events", 413, "/v1/events", object{"events": many(5001)})
	refuse("duplicate name", 400, "/v1/events", `{"events":[{"event_id":"a"}],"events":[]}`)
	refuse("NaN", 400, "/v1/events", `{"events":[{"payload":{"x":NaN}}]}`)
	refuse("1e400", 422, "/v1/events", `{"events":1e400}`)
	refuse("byte order mark", 400, "/v1/events", "\xef\xbb\xbf"+string(valid))
	refuse("invalid UTF-8", 400, "/v1/events", `{"events":[{"event_id":"`+"\xff\xfe"+`"}]}`)
	refuse("overlong UTF-8", 400, "/v1/events", `{"events":[{"event_id":"`+"\xc0\xaf"+`"}]}`)
	refuse("lone surrogate", 400, "/v1/events", `{"events":[{"event_id":"\ud800"}]}`)
	refuse("depth 100", 413, "/v1/events", `{"events":{"x":`+strings.Repeat("[", 100)+strings.Repeat("]", 100)+`}}`)
	refuse("depth 1,000,000", 400, "/v1/events", `{"events":`+strings.Repeat("[", 1_000_000))
	refuse("long text", 413, "/v1/events", object{"events": strings.Repeat("x", 17<<10)})
	refuse("body over the limit", 413, "/v1/events", strings.Repeat(" ", 8<<20+1))
	refuse("body over the small limit", 413, "/v1/query/count", `{"where":"`+strings.Repeat("a", 64<<10)+`"}`)
	refuse("wrong type", 415, "/v1/events", string(valid), header("Content-Type", "text/xml"))
	refuse("form", 415, "/v1/events", string(valid), header("Content-Type", "application/x-www-form-urlencoded"))
	refuse("wrong charset", 415, "/v1/events", string(valid), header("Content-Type", "application/json; charset=gbk"))
	refuse("compressed", 415, "/v1/events", string(valid), header("Content-Encoding", "gzip"))
	refuse("JSON as msgpack", 400, "/v1/events", string(valid), asMsgpack)
	refuse("msgpack as JSON", 400, "/v1/events", pack(t, object{"events": many(1)}))
	refuse("msgpack cut", 400, "/v1/events", pack(t, object{"events": many(1)})[:40], asMsgpack)
	refuse("msgpack, bytes behind", 400, "/v1/events", append(pack(t, object{"events": many(1)}), 0), asMsgpack)
	refuse("msgpack claims 2^32 elements", 413, "/v1/events", []byte{0x81, 0xa6, 'e', 'v', 'e', 'n', 't', 's', 0xdd, 0xff, 0xff, 0xff, 0xff}, asMsgpack)
	refuse("msgpack claims a text of 4 GiB", 400, "/v1/events", []byte{0xdb, 0xff, 0xff, 0xff, 0xff, 'x'}, asMsgpack)
	refuse("msgpack 3 MB deep", 413, "/v1/events", bytes.Repeat([]byte{0x91}, 3<<20), asMsgpack)
	refuse("msgpack extension", 400, "/v1/events", []byte{0x81, 0xa6, 'e', 'v', 'e', 'n', 't', 's', 0xd4, 5, 1}, asMsgpack)
	refuse("msgpack, name is a number", 422, "/v1/events", []byte{0x81, 0x01, 0x90}, asMsgpack)
	refuse("long Idempotency-Key", 422, "/v1/events", string(valid), header("Idempotency-Key", strings.Repeat("k", 256)))

	refuse("unknown tag", 404, "/v1/tags/nobody/members", object{"add": list{"x"}})
	refuse("add is a text", 422, "/v1/tags/nobody/members", `{"add":"x"}`)
	refuse("expression of the wrong type", 422, "/v1/query/count", `{"where":7}`)
	refuse("limit of the wrong type", 422, "/v1/query/contacts", `{"where":"a","limit":"7"}`)
	refuse("negative limit", 422, "/v1/query/contacts", `{"where":"intent = '高'","limit":-1}`)
}

// TestBadItems sends batches with one bad item: it is rejected with a code, and the good one beside it is taken.
func TestBadItems(t *testing.T) {
	n := startNode(t, nil)
	key := n.tenant("t001", "admin")
	good := 0
	reject := func(kind string, bad object, field string) {
		t.Helper()
		good++
		list := list{bad, record(object{"source_id": fmt.Sprint("good", good)})}
		if kind == "events" {
			list[1] = event(object{"event_id": fmt.Sprint("good", good)})
		}
		out := n.want(200, "POST", "/v1/"+kind, key, object{kind: list})
		first, place := at(t, out, "results", 0).(object), kind+"[0]"
		if field != "" {
			place += "." + field
		}
		if first["status"] != "rejected" || first["code"] == nil || !strings.HasPrefix(fmt.Sprint(first["field"]), place) {
			t.Errorf("%s %.200v: %v, want it rejected for %s", kind, bad, first, field)
		}
		if s := at(t, out, "results", 1, "status"); s == "rejected" {
			t.Errorf("%s: the good item beside %v is %v", kind, bad, out)
		}
	}
	huge := strings.Repeat("长", 400)
	for _, name := range []string{"event_id", "source", "type", "occurred_at"} {
		reject("events", event(object{name: nil}), name)
		reject("events", event(object{name: ""}), name)
		reject("events", event(object{name: list{}}), name)
		reject("events", event(object{name: "a\x00b"}), name)
		reject("events", event(object{name: huge}), name)
	}
	reject("events", event(object{"identifiers": nil}), "")
	reject("events", event(object{"identifiers": object{"shoe": "43"}}), "identifiers")
	reject("events", event(object{"identifiers": object{"mobile": "12"}}), "identifiers")
	reject("events", event(object{"occurred_at": "0001-01-01T00:00:00Z"}), "occurred_at")
	reject("events", event(object{"occurred_at": "9999-01-01T00:00:00Z"}), "occurred_at")
	reject("events", event(object{"occurred_at": "2023-02-29T00:00:00Z"}), "occurred_at")
	reject("events", event(object{"payload": "text"}), "payload")
	reject("events", event(object{"colour": "red"}), "colour")
	reject("events", event(object{"tenant_id": "t002"}), "tenant_id")
	reject("events", event(object{"identifiers": nil, "one_id": "0192d9a0-0000-7000-8000-000000000000"}), "")
	reject("events", event(object{"payload": object{"x": strings.Repeat("x", 17<<10)}}), "payload.x")
	reject("events", event(object{"payload": object{"x": json.RawMessage(strings.Repeat("[", 5000) + strings.Repeat("]", 5000))}}), "payload.x")
	reject("events", event(object{"payload": object{"x": json.RawMessage("1e999")}}), "payload.x")
	reject("events", event(object{"payload": object{"x\x00y": 1}}), "payload.x")
	reject("events", event(object{"payload": object{"account.x": 1}}), "payload.account.x")
	reject("events", event(object{"payload": json.RawMessage(`{"x":1,"x":2}`)}), "payload")
	reject("records", record(object{"attributes": object{"account.x": 1}}), "attributes.account.x")
	for _, name := range []string{"source", "source_id"} {
		reject("records", record(object{name: nil}), name)
		reject("records", record(object{name: huge}), name)
		reject("records", record(object{name: list{}}), name)
	}
	reject("records", record(object{"kind": "animal"}), "kind")
	reject("records", record(object{"updated_at": "yesterday"}), "updated_at")
	reject("records", record(object{"attributes": object{huge: 1}}), "attributes")
	reject("records", record(object{"attributes": list{}}), "attributes")

	future := n.want(200, "POST", "/v1/events", key, object{"events": list{event(object{"event_id": "f1", "occurred_at": "2024-11-29T10:00:00+08:00"})}})
	wantAt(t, future, "accepted", "results", 0, "status")
	wantAt(t, future, "true", "results", 0, "future")
	if c := n.count(key, "did(page.view, '2024-11-01'..'2024-12-31')"); c != 0 {
		t.Errorf("%d contacts have an event of the future", c)
	}
	twice := n.want(200, "POST", "/v1/events", key, object{"events": list{event(object{"event_id": "t1"}), event(object{"event_id": "t1"})}})
	wantAt(t, twice, "accepted", "results", 0, "status")
	wantAt(t, twice, "duplicate", "results", 1, "status")
}

// TestBadExpressions sends expressions that cannot be evaluated: each gets a 4xx with a position.
func TestBadExpressions(t *testing.T) {
	n := startNode(t, func(c *server.Config) { c.Limits.BodyBytes = 2 << 20 })
	key := n.tenant("t001", "admin")
	n.want(200, "PUT", "/v1/tags/vip", key, object{"kind": "manual"})
	digest := n.digest("t001")
	ids := strings.Repeat("'0192d9a0-0000-7000-8000-000000000000',", 100)
	for name, where := range map[string]string{
		"unbalanced": "(vip", "nothing": "()", "half": "vip and", "unknown": "nobody", "quote": "name = '", "backtick": "`vip",
		"1 MB": strings.Repeat("vip or ", 150_000) + "vip", "depth": strings.Repeat("(", 100_000) + "vip" + strings.Repeat(")", 100_000),
		"not not": strings.Repeat("not ", 5000) + "vip", "nodes": strings.Repeat("vip or ", 2000) + "vip",
		"empty in": "job_title in ()", "ids": "id in (" + ids + "'x')", "29 February": "created_at = '2023-02-29'",
		"huge number": "value > " + strings.Repeat("9", 100), "backwards": "did(page.view, '2024-10-31'..'2024-10-01')",
		"zero window": "did(page.view, 0d)", "huge window": "did(page.view, 99999999d)", "segment": "segment('nobody')",
		"look-alike": "vіp", "right to left": "vip\u202e", "statement": "vip; drop table contacts", "type": "value = 'x'",
	} {
		a := n.call("POST", "/v1/query/count", key, object{"where": where})
		if a.status < 400 || a.status > 499 || a.body["code"] == nil {
			t.Errorf("%s: %d %.200s", name, a.status, a.raw)
		}
		if a.status == 422 && a.body["position"] == nil {
			t.Errorf("%s: the answer has no position: %s", name, a.raw)
		}
	}
	for name, where := range map[string]string{
		"empty": `{}`, "unknown word": `{"nand":[]}`, "deep": strings.Repeat(`{"not":`, 70) + `{"tag":"vip"}` + strings.Repeat("}", 70),
		"wrong type": `{"and":"vip"}`,
	} {
		a := n.call("POST", "/v1/query/count", key, `{"where":`+where+`}`)
		if a.status < 400 || a.status > 499 || a.body["code"] == nil {
			t.Errorf("JSON %s: %d %.200s", name, a.status, a.raw)
		}
	}
	if n.digest("t001") != digest {
		t.Error("an expression changed the state")
	}
}

// TestBadNames puts names into paths that cannot be names.
func TestBadNames(t *testing.T) {
	n := startNode(t, nil)
	key := n.tenant("t001", "admin")
	digest := n.digest("t001")
	for _, name := range []string{"%20", "%00", "a%00b", "%0a", "%ff%fe", "%zz", "%", strings.Repeat("a", 257), url.PathEscape(strings.Repeat("长", 86)), "%20a"} {
		for _, path := range []string{"/v1/tags/", "/v1/segments/", "/v1/schema/attributes/"} {
			if status, _ := n.exchange(fmt.Sprintf("PUT %s%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 17\r\n\r\n{\"kind\":\"manual\"}", path, name, key)); status < 400 || status > 499 {
				t.Errorf("PUT %s%.20q: %d", path, name, status)
			}
		}
	}
	if n.digest("t001") != digest {
		t.Error("a name changed the state")
	}
}

// TestNewNames makes tags, segments and attributes with names that no expression could spell, or nobody tell apart.
func TestNewNames(t *testing.T) {
	n := startNode(t, nil)
	key := n.tenant("t001", "admin")
	digest := n.digest("t001")
	for _, made := range []struct {
		path string
		body object
	}{
		{"/v1/tags/", object{"kind": "manual"}},
		{"/v1/segments/", object{"where": "city IS NULL"}},
		{"/v1/schema/attributes/", object{"kind": "text"}},
	} {
		for _, name := range []string{"\u200b", "vip\u202e", "a\u00a0b", "account.city", "Account.x", "a\u2028b"} {
			wantAt(t, n.want(422, "PUT", made.path+url.PathEscape(name), key, made.body), "invalid_name", "code")
		}
		if n.digest("t001") != digest {
			t.Fatalf("%s: a name changed the state", made.path)
		}
		for _, name := range []string{"VIP 客户", "a.b", "count"} {
			n.want(200, "PUT", made.path+url.PathEscape(made.path[4:8]+name), key, made.body)
		}
		digest = n.digest("t001")
	}
}

// exchange writes raw bytes to a new connection and reads the first answer; 0 means that the connection was closed
// without one.
func (n *node) exchange(raw string) (status int, answers []byte) {
	n.t.Helper()
	c, err := net.Dial("tcp", n.server.Addr())
	if err != nil {
		n.t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := c.Write([]byte(raw)); err != nil {
		return 0, nil
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
	var b bytes.Buffer
	_, _ = b.ReadFrom(c)
	_, _ = fmt.Sscanf(b.String(), "HTTP/1.1 %d", &status)
	return status, b.Bytes()
}

// TestBadHTTP sends what is no proper HTTP: the node refuses it, goes on, and its state stays as it is.
func TestBadHTTP(t *testing.T) {
	n := startNode(t, nil)
	key := n.tenant("t001", "admin")
	digest := n.digest("t001")
	auth := "Host: x\r\nAuthorization: Bearer " + key + "\r\nContent-Type: application/json\r\n"
	body := `{"events":[{"event_id":"e1","source":"CRM","type":"page.view","occurred_at":"2024-10-29T10:00:00+08:00","identifiers":{"mobile":"13800138001"}}]}`
	for name, raw := range map[string]string{
		"garbage":          "\x00\x01\x02garbage\r\n\r\n",
		"body cut":         fmt.Sprintf("POST /v1/events HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s", auth, len(body), body[:20]),
		"negative length":  "POST /v1/events HTTP/1.1\r\n" + auth + "Content-Length: -5\r\n\r\n" + body,
		"two lengths":      fmt.Sprintf("POST /v1/events HTTP/1.1\r\n%sContent-Length: 3\r\nContent-Length: %d\r\n\r\n%s", auth, len(body), body),
		"length and chunk": fmt.Sprintf("POST /v1/events HTTP/1.1\r\n%sContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n%s", auth, body),
		"bad chunk":        "POST /v1/events HTTP/1.1\r\n" + auth + "Transfer-Encoding: chunked\r\n\r\nZZ\r\n" + body,
		"long header":      "GET /v1/tags HTTP/1.1\r\n" + auth + "X: " + strings.Repeat("x", 20<<10) + "\r\n\r\n",
		"many headers":     "GET /v1/tags HTTP/1.1\r\n" + auth + strings.Repeat("A: b\r\n", 10_000) + "\r\n",
		"NUL in a header":  "GET /v1/tags HTTP/1.1\r\n" + auth + "X: a\x00b\r\n\r\n",
		"huge length":      "POST /v1/events HTTP/1.1\r\n" + auth + "Content-Length: 99999999999\r\n\r\n" + body,
		"dots":             "GET /v1/../v1/tags HTTP/1.1\r\n" + auth + "\r\n",
		"no version":       "GET /v1/tags\r\n\r\n",
	} {
		status, answer := n.exchange(raw)
		if status != 0 && (status < 400 || status > 499) {
			t.Errorf("%s: %d %.200s", name, status, answer)
		}
		if n.digest("t001") != digest {
			t.Fatalf("%s: it changed the state", name)
		}
	}
	// Garbage behind a good request on the same connection: the good one is answered, the garbage refused.
	_, answers := n.exchange("GET /v1/tags HTTP/1.1\r\n" + auth + "\r\n\x16\x03\x01garbage\r\n\r\n")
	if !bytes.HasPrefix(answers, []byte("HTTP/1.1 200")) || !bytes.Contains(answers, []byte("HTTP/1.1 400")) {
		t.Errorf("pipelined garbage: %.600s", answers)
	}
	n.want(200, "GET", "/v1/tags", key, nil)
}

// TestLargeBodyNeedsAKey keeps strangers from filling the node's memory: the large limit is for callers that are known.
func TestLargeBodyNeedsAKey(t *testing.T) {
	n := startNode(t, nil)
	key := n.tenant("t001", "admin")
	body := `{"events":[],"filler":"` + strings.Repeat("x", 100<<10) + `"}`
	for _, c := range []struct {
		key    string
		status int
	}{{"", 413}, {"rc_t001_abcdefghijkl_x", 413}, {rootKey, 413}, {key, 413}} {
		want := c.status
		if c.key == key {
			want = 413 // the text is over its own limit, the body is not
		}
		a := n.call("POST", "/v1/events", c.key, body)
		if a.status != want {
			t.Errorf("%d %.200s", a.status, a.raw)
		}
		if code := a.body["code"]; (code == "body_too_large") == (c.key == key) {
			t.Errorf("a caller with key %.6q is refused by %v", c.key, code)
		}
	}
}

// TestSlowBody holds a connection open in the middle of a body: it is cut at the read timeout.
func TestSlowBody(t *testing.T) {
	n := startNode(t, func(c *server.Config) { c.Limits.ReadTimeout = 100 * time.Millisecond })
	c, err := net.Dial("tcp", n.server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	var b bytes.Buffer
	if _, err := b.ReadFrom(c); err != nil {
		t.Fatalf("the connection stays open: %v", err)
	}
	if !strings.Contains(b.String(), fmt.Sprint(http.StatusRequestTimeout)) {
		t.Errorf("the answer is %q", b.String())
	}
}
