package admin

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rollcall/server/auth"
)

const rootKey = "a root key for tests only"

func newHandler(t *testing.T, ready error) (http.Handler, *Metrics, string) {
	t.Helper()
	var hash []byte
	a, err := auth.New(rootKey, func(tenant, _ string) (auth.Stored, bool) {
		return auth.Stored{Role: "admin", Hash: hash}, tenant == "t001"
	})
	if err != nil {
		t.Fatal(err)
	}
	_, key, h := a.Mint("t001")
	hash = h
	m := NewMetrics(func() Gauges { return Gauges{Tenants: 1, Contacts: 42, AppliedIndex: 7, Ready: ready == nil} })
	return Handler(Config{
		Auth: a, Ready: func() error { return ready }, Metrics: m, Logger: slog.New(slog.DiscardHandler),
		Digest: func(tenant string) (Digest, bool) { return Digest{tenant, 7, "d1"}, tenant == "t001" },
		Status: func() Status { return Status{NodeID: "n1", State: "leader", AppliedIndex: 7, Epoch: "e"} },
	}), m, key
}

func get(t *testing.T, h http.Handler, method, path, key string) (int, string, http.Header) {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(body), w.Header()
}

func TestPages(t *testing.T) {
	h, m, key := newHandler(t, nil)
	m.Request("/v1/events", "POST", 200, time.Millisecond)
	m.Query("count", time.Microsecond)
	m.Ingest("events", "duplicate", 3)
	m.Refused("not_ready")
	down, _, _ := newHandler(t, errors.New("no leader yet"))

	check := func(h http.Handler, method, path, key string, status int, part string) {
		t.Helper()
		got, body, header := get(t, h, method, path, key)
		if got != status || !strings.Contains(body, part) {
			t.Errorf("%s %s = %d %.300s; want %d with %q", method, path, got, body, status, part)
		}
		if status >= 400 && header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: an error of type %q", method, path, header.Get("Content-Type"))
		}
	}
	check(h, "GET", "/healthz", "", 200, "ok")
	check(h, "GET", "/readyz", "", 200, "ready")
	check(down, "GET", "/healthz", "", 200, "ok")
	check(down, "GET", "/readyz", "", 503, "no leader yet")
	check(h, "GET", "/metrics", "", 200, `rollcall_http_requests_total{method="POST",route="/v1/events",status="200"} 1`)
	check(h, "GET", "/metrics", "", 200, `rollcall_ingest_items_total{kind="events",outcome="duplicate"} 3`)
	check(h, "GET", "/metrics", "", 200, `rollcall_refused_total{code="not_ready"} 1`)
	check(h, "GET", "/metrics", "", 200, "rollcall_contacts 42")
	check(h, "GET", "/metrics", "", 200, "go_goroutines")
	check(h, "GET", "/cluster/status", rootKey, 200, `"applied_index":7`)
	check(h, "GET", "/cluster/digest?tenant=t001", rootKey, 200, `"digest":"d1"`)
	check(h, "GET", "/cluster/digest?tenant=t002", rootKey, 404, "unknown_tenant")
	check(h, "GET", "/debug/pprof/", rootKey, 200, "goroutine")
	for _, path := range []string{"/cluster/status", "/cluster/digest?tenant=t001", "/debug/pprof/", "/debug/pprof/cmdline", "/debug/pprof/symbol"} {
		check(h, "GET", path, "", 401, "unauthorized")
		check(h, "GET", path, "wrong", 401, "unauthorized")
		check(h, "GET", path, key, 403, "forbidden")
	}
	check(h, "POST", "/healthz", "", 405, "method_not_allowed")
	check(h, "GET", "/nothing", rootKey, 404, "not_found")
}

func TestStatusShape(t *testing.T) {
	h, _, _ := newHandler(t, nil)
	_, body, _ := get(t, h, "GET", "/cluster/status", rootKey)
	var got map[string]any
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"node_id", "state", "leader", "members", "applied_index", "epoch"} {
		if _, ok := got[field]; !ok {
			t.Errorf("status lacks %q: %s", field, body)
		}
	}
}
