package api

import (
	"errors"
	"net/http"
	"testing"
	"time"
)

// TestQueriesAreBounded fills all places of running evaluations.
func TestQueriesAreBounded(t *testing.T) {
	a := &API{Config: Config{Limits: Limits{Queries: 2, QueryWait: time.Millisecond}}, turns: make(chan struct{}, 2)}
	c := &call{api: a}
	first, err := c.takeTurn()
	if err != nil {
		t.Fatal(err)
	}
	if _, err = c.takeTurn(); err != nil {
		t.Fatal(err)
	}
	var f *failure
	if _, err = c.takeTurn(); !errors.As(err, &f) || f.status != http.StatusTooManyRequests || f.retry == 0 {
		t.Fatalf("a third evaluation of two: %v", err)
	}
	a.Limits.QueryWait = time.Minute
	go first()
	if _, err = c.takeTurn(); err != nil {
		t.Fatalf("a place that became free was not taken: %v", err)
	}
}

func TestCursor(t *testing.T) {
	for _, ord := range []uint32{0, 1, 65_536, 1<<32 - 1} {
		got, err := parseCursor(formatCursor(ord, "contact vip"), "contact vip")
		if err != nil || got != ord {
			t.Errorf("%d comes back as %d, %v", ord, got, err)
		}
	}
	if start, err := parseCursor("", "contact vip"); start != 0 || err != nil {
		t.Errorf("no cursor is %d, %v", start, err)
	}
	for _, text := range []string{"x", "====", formatCursor(1, "contact other"), formatCursor(1, "contact vip") + "AA"} {
		if _, err := parseCursor(text, "contact vip"); err == nil {
			t.Errorf("cursor %q was taken", text)
		}
	}
}

func FuzzCursor(f *testing.F) {
	f.Add(formatCursor(7, "x"))
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		ord, err := parseCursor(text, "x")
		if err == nil && text != "" && formatCursor(ord, "x") != text {
			t.Fatalf("%q is read as %d and written as %q", text, ord, formatCursor(ord, "x"))
		}
		place, ok := parsePlace(text)
		if ok && formatPlace(place) != text {
			t.Fatalf("%q is read as %+v and written as %q", text, place, formatPlace(place))
		}
	})
}
