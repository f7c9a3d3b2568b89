package client

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"rollcall/client/wire"
)

// script answers requests one after another as it is told, and keeps what it was asked.
type script struct {
	mu      sync.Mutex
	answers []func(w http.ResponseWriter)
	asked   []*http.Request
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = append(s.asked, r)
	answer := s.answers[min(len(s.asked), len(s.answers))-1]
	s.mu.Unlock()
	answer(w)
}

func (s *script) requests() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

func good(body any, headers ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		_ = json.NewEncoder(w).Encode(body)
	}
}

func bad(status int, code string, headers ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/problem+json")
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		position := 7
		_ = json.NewEncoder(w).Encode(wire.Problem{Type: "about:blank", Status: status, Code: code, Detail: "why", Position: &position, Suggestion: "vip"})
	}
}

// hangUp closes the connection without an answer.
func hangUp(w http.ResponseWriter) { panic(http.ErrAbortHandler) }

func play(t *testing.T, o Options, answers ...func(http.ResponseWriter)) (*Client, *script) {
	t.Helper()
	s := &script{answers: answers}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	o.Addr, o.Key = server.URL, "rc_t_k_s"
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, s
}

func TestWhatIsRepeated(t *testing.T) {
	put := func(c *Client) error { _, err := c.PutEvents(t.Context(), []wire.Event{{EventID: "e"}}); return err }
	read := func(c *Client) error { _, err := c.Tags(t.Context()); return err }
	remove := func(c *Client) error { _, err := c.DeleteTag(t.Context(), "x"); return err }
	done := good(wire.PutEventsResponse{})
	check := func(name string, call func(*Client) error, attempts int, fails bool, answers ...func(http.ResponseWriter)) {
		t.Helper()
		c, s := play(t, Options{}, answers...)
		err := call(c)
		if n := len(s.requests()); n != attempts || (err != nil) != fails {
			t.Errorf("%s: %d attempts, %v; want %d, failing %v", name, n, err, attempts, fails)
		}
		for _, r := range s.requests()[1:] {
			if r.Header.Get("Idempotency-Key") != s.requests()[0].Header.Get("Idempotency-Key") {
				t.Errorf("%s: the repetition has another key", name)
			}
		}
	}
	check("done", put, 1, false, done)
	check("not ready", put, 2, false, bad(503, "not_ready"), done)
	check("unknown", put, 2, false, bad(503, "outcome_unknown"), done)
	check("too many", put, 2, false, bad(429, "too_many_queries"), done)
	check("no answer", put, 2, false, hangUp, done)
	check("wrong", put, 1, true, bad(422, "invalid_value"))
	check("disk", put, 1, true, bad(507, "disk_low"))
	check("mistake of theirs", put, 1, true, bad(500, "internal"))
	check("never", put, 4, true, bad(503, "not_ready"))
	check("read", read, 3, false, hangUp, bad(503, "not_ready"), good(wire.TagsResponse{}))
	check("removal, not applied", remove, 2, false, bad(503, "not_ready"), done)
	check("removal, unknown", remove, 1, true, bad(503, "outcome_unknown"))
	check("removal, no answer", remove, 1, true, hangUp)
	// What a proxy in front answers says nothing about what the node behind it did.
	for _, status := range []int{502, 503, 504} {
		page := func(w http.ResponseWriter) { w.WriteHeader(status) }
		check("a proxy's page", put, 2, false, page, done)
		check("removal, a proxy's page", remove, 1, true, page)
	}
}

func TestEveryPostHasAKeyOfItsOwn(t *testing.T) {
	c, s := play(t, Options{}, good(wire.PutEventsResponse{}))
	for range 2 {
		if _, err := c.PutEvents(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	a, b := s.requests()[0].Header.Get("Idempotency-Key"), s.requests()[1].Header.Get("Idempotency-Key")
	if a == "" || a == b {
		t.Errorf("keys %q and %q", a, b)
	}
}

func TestErrorIsTyped(t *testing.T) {
	c, _ := play(t, Options{Attempts: 1}, bad(429, "too_many_queries", "Retry-After", "3"))
	_, err := c.Count(t.Context(), Where("vpi"))
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%T %v", err, err)
	}
	if e.Status != 429 || e.Code != "too_many_queries" || e.Position != 7 || e.Suggestion != "vip" || e.RetryAfter != 3*time.Second || !e.Temporary() {
		t.Errorf("%+v", e)
	}
	c, _ = play(t, Options{Attempts: 1}, func(w http.ResponseWriter) { w.WriteHeader(502) })
	if _, err := c.Tags(t.Context()); !errors.As(err, &e) || e.Status != 502 || e.Position != -1 {
		t.Errorf("a proxy's error: %v", err)
	}
}

func TestContextEndsTheWait(t *testing.T) {
	release := make(chan struct{})
	c, _ := play(t, Options{}, func(http.ResponseWriter) { <-release })
	defer close(release)
	ctx, cancel := context.WithCancel(t.Context())
	go cancel()
	if _, err := c.Tags(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := c.Tags(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("out of time: %v", err)
	}
}

func TestReadsFollowWrites(t *testing.T) {
	c, s := play(t, Options{},
		good(wire.PutEventsResponse{}, "Rollcall-Index", "7", "Rollcall-Epoch", "e1"),
		good(wire.TagsResponse{}, "Rollcall-Index", "5", "Rollcall-Epoch", "e1"),
		bad(409, "epoch_changed"),
		good(wire.TagsResponse{}, "Rollcall-Index", "3", "Rollcall-Epoch", "e2"),
		good(wire.TagsResponse{}))
	if _, err := c.PutEvents(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		_, _ = c.Tags(t.Context())
	}
	for i, want := range []struct{ index, epoch string }{{"", ""}, {"7", "e1"}, {"7", "e1"}, {"", ""}, {"3", "e2"}} {
		h := s.requests()[i].Header
		if h.Get("Rollcall-Min-Index") != want.index || h.Get("Rollcall-Epoch") != want.epoch {
			t.Errorf("request %d asks for index %q of %q, want %q of %q", i, h.Get("Rollcall-Min-Index"), h.Get("Rollcall-Epoch"), want.index, want.epoch)
		}
	}
	c, s = play(t, Options{NoSession: true}, good(wire.TagsResponse{}, "Rollcall-Index", "7"))
	for range 2 {
		if _, err := c.Tags(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if h := s.requests()[1].Header.Get("Rollcall-Min-Index"); h != "" {
		t.Errorf("without a session it asks for index %s", h)
	}
}

func TestPagesAreFetchedWhenNeeded(t *testing.T) {
	page := func(next string, ids ...string) func(http.ResponseWriter) {
		out := wire.QueryContactsResponse{Next: next}
		for _, id := range ids {
			out.Contacts = append(out.Contacts, map[string]any{"one_id": id})
		}
		return good(out)
	}
	c, s := play(t, Options{Attempts: 1}, page("p2", "a", "b"), page("p3", "c"), bad(422, "invalid_cursor"))
	var got []any
	var last error
	for row, err := range c.Contacts(t.Context(), Where("vip")) {
		got, last = append(got, row["one_id"]), err
	}
	var e *Error
	if len(got) != 4 || got[2] != "c" || !errors.As(last, &e) {
		t.Errorf("%v, %v", got, last)
	}
	if n := len(s.requests()); n != 3 {
		t.Errorf("%d pages were fetched", n)
	}
	c, s = play(t, Options{}, page("p2", "a", "b"))
	for range c.Contacts(t.Context(), Where("vip")) {
		break
	}
	if n := len(s.requests()); n != 1 {
		t.Errorf("%d pages were fetched for one contact", n)
	}
}

func TestOptions(t *testing.T) {
	for _, addr := range []string{"", "ftp://x", "http://", "::::"} {
		if _, err := New(Options{Addr: addr, Key: "k"}); err == nil {
			t.Errorf("address %q was taken", addr)
		}
	}
	if _, err := New(Options{Addr: "x:1"}); err == nil {
		t.Error("no key was taken")
	}
}

func TestPauseGrowsAndIsBounded(t *testing.T) {
	for attempt := 1; attempt < 40; attempt++ {
		if d := pause(attempt, errors.New("x")); d <= 0 || d > 2*time.Second {
			t.Errorf("attempt %d waits %v", attempt, d)
		}
	}
	if d := pause(1, &Error{RetryAfter: time.Hour}); d > 10*time.Second || d < time.Second {
		t.Errorf("Retry-After of an hour waits %v", d)
	}
}
