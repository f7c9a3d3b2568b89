package client

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"rollcall/client/wire"
)

// Error is an answer that is not a success. Code is stable and meant for programs, Detail is for people.
type Error struct {
	Status     int
	Code       string
	Detail     string
	Field      string        // what in the request it is about, if anything
	Position   int           // byte offset in the expression, -1 if it is about none
	Suggestion string        // what to write instead, for expressions
	RetryAfter time.Duration // 0 if the server did not say
}

// Error gives the code, the detail and where.
func (e *Error) Error() string {
	text := e.Code
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	if e.Field != "" {
		text += " (" + e.Field + ")"
	}
	if e.Position >= 0 {
		text += fmt.Sprintf(" at byte %d", e.Position)
	}
	if e.Suggestion != "" {
		text += "; did you mean " + e.Suggestion + "?"
	}
	return text
}

// foreign begins the code of an answer that is no problem of the node's: a proxy's page.
const foreign = "http_"

// Unknown tells whether it is open if the call was applied: repeat it with the same Idempotency-Key.
func (e *Error) Unknown() bool {
	return e.Code == "outcome_unknown" || e.Status == http.StatusInternalServerError ||
		e.Status > http.StatusInternalServerError && strings.HasPrefix(e.Code, foreign)
}

// Temporary tells whether the same call may succeed a little later.
func (e *Error) Temporary() bool {
	return e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable
}

// problemOf reads a problem; an answer that is none (a proxy's page) becomes one with the status alone.
func problemOf(r *fasthttp.Response) *Error {
	e := &Error{Status: r.StatusCode(), Code: foreign + strconv.Itoa(r.StatusCode()), Position: -1}
	format := wire.JSON
	if string(r.Header.ContentType()) == "application/problem+msgpack" {
		format = wire.Msgpack
	}
	var p wire.Problem
	if err := format.DecodeLoose(r.Body(), &p, wire.ResponseLimits); err == nil && p.Code != "" {
		e.Code, e.Detail, e.Field, e.Suggestion = p.Code, p.Detail, p.Field, p.Suggestion
		if p.Position != nil {
			e.Position = *p.Position
		}
	}
	if seconds, err := strconv.Atoi(string(r.Header.Peek("Retry-After"))); err == nil && seconds > 0 {
		e.RetryAfter = time.Duration(seconds) * time.Second
	}
	return e
}

// networkError says that no answer came: the outcome of a write is unknown.
type networkError struct{ err error }

func (e *networkError) Error() string { return "no answer: " + e.err.Error() }

func (e *networkError) Unwrap() error { return e.err }

// mayRepeat tells whether repeating the call after this error cannot do anything twice.
func mayRepeat(r request, err error) bool {
	// A read, a PUT of a whole object, and a POST under its key have the same effect once or twice. A DELETE would
	// answer that there is nothing to delete.
	repeatable := r.method != http.MethodDelete
	var network *networkError
	if errors.As(err, &network) {
		return repeatable || errors.Is(err, fasthttp.ErrNoFreeConns)
	}
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	if e.Unknown() {
		return repeatable && e.Status != http.StatusInternalServerError // a mistake of the node's would be made again
	}
	return e.Temporary()
}

// pause is how long to wait before the next attempt: what the server asked for, else growing, with jitter so that many
// clients do not come back together.
func pause(attempt int, err error) time.Duration {
	d := min(50*time.Millisecond<<min(attempt-1, 6), 2*time.Second)
	var e *Error
	if errors.As(err, &e) && e.RetryAfter > 0 {
		d = min(e.RetryAfter, 10*time.Second)
	}
	return d/2 + rand.N(d/2+1)
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
