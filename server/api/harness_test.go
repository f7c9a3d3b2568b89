package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/vmihailenco/msgpack/v5"

	"rollcall/server"
	"rollcall/server/api"
)

const rootKey = "a root key for tests only"

// quickStart is the clock of the tests: in the afternoon of the day of the Quick Start scenario.
var quickStart = time.Date(2024, 10, 29, 15, 0, 0, 0, time.FixedZone("CST", 8*3600))

// node is a running node with the means to talk to it.
type node struct {
	t      testing.TB
	server *server.Server
	folder string
	change func(*server.Config)
	doc    *openapi3.T
	paths  []api.Route
}

// startNode starts a node in a folder of its own; change may be nil.
func startNode(t testing.TB, change func(*server.Config)) *node {
	t.Helper()
	n := &node{t: t, folder: t.TempDir(), change: change, paths: api.Table()}
	n.start()
	t.Cleanup(n.stop)
	text := n.call("GET", "/openapi.json", "", nil).raw
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	n.doc = doc
	return n
}

func (n *node) start() {
	n.t.Helper()
	c := server.DefaultConfig()
	c.Data, c.Listen, c.Admin, c.Raft = n.folder, "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	c.RootKey = rootKey
	c.Heartbeat = 50 * time.Millisecond
	c.Clock = func() time.Time { return quickStart }
	c.Logger = slog.New(slog.NewTextHandler(n.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	if n.change != nil {
		n.change(&c)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	s, err := server.Start(ctx, c)
	if err != nil {
		n.t.Fatal(err)
	}
	n.server = s
}

func (n *node) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := n.server.Stop(ctx); err != nil {
		n.t.Errorf("stopping: %v", err)
	}
}

func (n *node) restart() {
	n.t.Helper()
	n.stop()
	n.start()
}

// answer is one answer; body is decoded, with numbers as json.Number.
type answer struct {
	status int
	header http.Header
	raw    []byte
	body   map[string]any
}

// option changes a request.
type option func(*http.Request)

func header(name, value string) option { return func(r *http.Request) { r.Header.Set(name, value) } }

// binary sends and asks for msgpack.
func binary(r *http.Request) {
	r.Header.Set("Accept", "application/msgpack")
	if r.Body == nil {
		return
	}
	text, _ := io.ReadAll(r.Body)
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		panic(err)
	}
	b, err := msgpack.Marshal(v)
	if err != nil {
		panic(err)
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
	r.Header.Set("Content-Type", "application/msgpack")
}

// call sends one request: body nil, a string or bytes as they are, or a value as JSON. The answer is checked against
// the OpenAPI document.
func (n *node) call(method, path, key string, body any, options ...option) answer {
	n.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	case []byte:
		reader = bytes.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			n.t.Fatal(err)
		}
		reader = bytes.NewReader(text)
	}
	r, err := http.NewRequest(method, "http://"+n.server.Addr()+path, reader)
	if err != nil {
		n.t.Fatal(err)
	}
	if reader != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	for _, o := range options {
		o(r)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		n.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		n.t.Fatalf("%s %s: %v", method, path, err)
	}
	a := answer{status: response.StatusCode, header: response.Header, raw: raw}
	a.decode(n.t)
	n.check(method, path, a)
	return a
}

func (a *answer) decode(t testing.TB) {
	t.Helper()
	text := a.raw
	switch a.header.Get("Content-Type") {
	case "application/msgpack", "application/problem+msgpack":
		var v any
		if err := msgpack.Unmarshal(a.raw, &v); err != nil {
			t.Fatalf("broken msgpack: %v", err)
		}
		var err error
		if text, err = json.Marshal(v); err != nil {
			t.Fatal(err)
		}
	case "application/json", "application/problem+json":
	default:
		return
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&a.body); err != nil && len(text) > 0 {
		t.Fatalf("broken JSON: %v: %.200s", err, text)
	}
}

// check holds an answer to the OpenAPI document.
func (n *node) check(method, path string, a answer) {
	n.t.Helper()
	if n.doc == nil || a.body == nil {
		return
	}
	path, _, _ = strings.Cut(path, "?")
	for _, r := range n.paths {
		if r.Method != method || !api.Matches(r.Path, path) {
			continue
		}
		response := n.doc.Paths.Value(r.Path).GetOperation(method).Responses.Value(strconv.Itoa(a.status))
		if response == nil {
			n.t.Errorf("%s %s answers %d, which the document does not know", method, r.Path, a.status)
			return
		}
		media := response.Value.Content[a.header.Get("Content-Type")]
		if media == nil {
			n.t.Errorf("%s %s answers %d as %q, which the document does not know", method, r.Path, a.status, a.header.Get("Content-Type"))
			return
		}
		if media.Schema == nil {
			return
		}
		var v any
		text, _ := json.Marshal(a.body)
		if err := json.Unmarshal(text, &v); err != nil {
			n.t.Fatal(err)
		}
		if err := media.Schema.Value.VisitJSON(v, openapi3.EnableJSONSchema2020()); err != nil {
			n.t.Errorf("%s %s answers %d beside the document: %v\n%s", method, r.Path, a.status, err, text)
		}
		return
	}
}

// want calls and expects a status; the body comes back.
func (n *node) want(status int, method, path, key string, body any, options ...option) map[string]any {
	n.t.Helper()
	a := n.call(method, path, key, body, options...)
	if a.status != status {
		n.t.Fatalf("%s %s = %d, want %d: %.500s", method, path, a.status, status, a.raw)
	}
	return a.body
}

// tenant opens a tenant and returns a key of the role.
func (n *node) tenant(id, role string) string {
	n.t.Helper()
	n.want(200, "POST", "/v1/tenants", rootKey, object{"id": id, "name": "测试", "timezone": "Asia/Shanghai"})
	return n.key(id, role)
}

func (n *node) key(tenant, role string) string {
	n.t.Helper()
	return n.want(200, "POST", "/v1/keys", rootKey, object{"tenant": tenant, "role": role})["key"].(string)
}

func (n *node) digest(tenant string) string {
	n.t.Helper()
	d, ok := n.server.Digest(tenant)
	if !ok {
		n.t.Fatalf("no tenant %s", tenant)
	}
	return d
}

// count evaluates an expression.
func (n *node) count(key, where string, options ...option) int {
	n.t.Helper()
	return number(n.t, n.want(200, "POST", "/v1/query/count", key, object{"where": where}, options...)["count"])
}

type (
	object = map[string]any
	list   = []any
)

func number(t testing.TB, v any) int {
	t.Helper()
	text, _ := v.(json.Number)
	i, err := strconv.Atoi(text.String())
	if err != nil {
		t.Fatalf("%v is no number", v)
	}
	return i
}

// at walks into a body: names and positions.
func at(t testing.TB, v any, path ...any) any {
	t.Helper()
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, ok := v.(map[string]any)
			if !ok {
				t.Fatalf("%v of %v: not an object", p, v)
			}
			v = m[p]
		case int:
			l, ok := v.([]any)
			if !ok || p >= len(l) {
				t.Fatalf("%v of %v: not in the list", p, v)
			}
			v = l[p]
		}
	}
	return v
}

// wantAt expects a value in a body, compared as text.
func wantAt(t testing.TB, body any, want string, path ...any) {
	t.Helper()
	got := at(t, body, path...)
	text, ok := got.(string)
	if !ok {
		b, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		text = string(b)
	}
	if text != want {
		t.Errorf("%v = %s, want %s", path, text, want)
	}
}
