package server

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestBodiesInFlightAreBounded keeps the budget full with bodies that do not end: another large one is told to come
// again, everything small is served, and the room of bodies that are done with is free again.
func TestBodiesInFlightAreBounded(t *testing.T) {
	c := DefaultConfig()
	c.Data, c.Listen, c.Admin, c.Raft = t.TempDir(), "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	c.Heartbeat = 50 * time.Millisecond
	c.Limits.BatchBytes, c.Limits.InFlightBytes = 1<<20, 5<<19 // two and a half bodies
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	s, err := Start(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	call := func(method, path, key, body string) string {
		t.Helper()
		r, err := http.NewRequest(method, "http://"+s.Addr()+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+key)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		b, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode >= 300 {
			t.Fatalf("%s: %d %s %v", path, response.StatusCode, b, err)
		}
		return string(b)
	}
	call("POST", "/v1/tenants", s.RootKey(), `{"id":"t001"}`)
	_, rest, _ := strings.Cut(call("POST", "/v1/keys", s.RootKey(), `{"tenant":"t001","role":"admin"}`), `"key":"`)
	admin, _, _ := strings.Cut(rest, `"`)

	record := `{"records":[{"source":"CRM","source_id":"c-1"}]}`
	body := record + strings.Repeat(" ", 1<<20-len(record)) // the largest there may be
	// begin sends all but the last byte.
	begin := func(chunked bool) net.Conn {
		t.Helper()
		conn, err := net.Dial("tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
		head := "POST /v1/records HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer " + admin + "\r\n"
		if chunked {
			head += fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n", len(body))
		} else {
			head += fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body))
		}
		if _, err := io.WriteString(conn, head+body[:len(body)-1]); err != nil {
			t.Fatal(err)
		}
		return conn
	}
	answer := func(conn net.Conn) *http.Response {
		t.Helper()
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		b, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode == 503 && !strings.Contains(string(b), `"code":"overloaded"`) {
			t.Errorf("it is refused with %s", b)
		}
		return response
	}
	full := func() {
		t.Helper()
		refused := answer(begin(false))
		if refused.StatusCode != 503 || refused.Header.Get("Retry-After") == "" {
			t.Errorf("beyond the budget: %s, Retry-After %q", refused.Status, refused.Header.Get("Retry-After"))
		}
	}
	// held waits until the connections together hold so many bodies.
	held := func(bodies int64) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
			used := s.bodies.used.Load()
			if used >= bodies<<20-bodies*64<<10 && used <= bodies<<20 {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d bytes are held, want about %d bodies", used, bodies)
			}
		}
	}
	one, two := begin(false), begin(true)
	held(2)
	full()
	full()
	response, err := http.Get("http://" + s.AdminAddr() + "/healthz")
	if err != nil || response.StatusCode != 200 {
		t.Errorf("health: %v, %v", response, err)
	}
	call("GET", "/v1/tags", admin, "")
	call("POST", "/v1/records", admin, record)
	call("POST", "/v1/query/count", admin, `{"where":"source_count > 0"}`)

	if _, err := io.WriteString(one, body[len(body)-1:]); err != nil {
		t.Fatal(err)
	}
	if done := answer(one); done.StatusCode != 200 {
		t.Errorf("a body within the budget: %s", done.Status)
	}
	held(1)
	three := begin(false)
	held(2)
	_ = two.Close() // in the middle
	held(1)
	_ = three.Close()
	held(0)
}
