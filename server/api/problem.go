package api

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"rollcall/client/wire"
	"rollcall/engine/command"
	"rollcall/query"
	"rollcall/query/plan"
	"rollcall/server/intake"
)

// failure is an answer that is not a success. It becomes a problem (RFC 9457) at one place, call.fail.
type failure struct {
	status     int
	code       string // stable, snake_case
	detail     string // for people; never holds personal data
	field      string // where in the request, if anywhere
	position   *int   // byte offset in an expression
	offset     *int   // byte offset in the body
	suggestion string
	retry      time.Duration // for Retry-After; 0: none
	allow      string        // of a 405
}

// Error returns code and detail.
func (f *failure) Error() string { return f.code + ": " + f.detail }

func problem(status int, code, format string, args ...any) *failure {
	return &failure{status: status, code: code, detail: fmt.Sprintf(format, args...)}
}

// at names the field of the request that the failure is about.
func (f *failure) at(field string) *failure {
	f.field = field
	return f
}

// after sets Retry-After.
func (f *failure) after(d time.Duration) *failure {
	f.retry = d
	return f
}

func invalid(field, format string, args ...any) *failure {
	return problem(http.StatusUnprocessableEntity, "invalid_value", format, args...).at(field)
}

func notFound(code, format string, args ...any) *failure {
	return problem(http.StatusNotFound, code, format, args...)
}

// asFailure turns an error of the rooms below into a failure; nil for one that it does not know, which is a mistake of
// ours and whose text stays in the log.
func asFailure(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	var q *query.Error
	if errors.As(err, &q) {
		f := problem(http.StatusUnprocessableEntity, q.Code, "%s", q.Message).at("where")
		f.position, f.suggestion = &q.Position, q.Suggestion
		return f
	}
	var i *intake.Error
	if errors.As(err, &i) {
		return problem(http.StatusUnprocessableEntity, i.Code, "%s", i.Detail).at(i.Field)
	}
	if errors.Is(err, plan.ErrDeadline) {
		return problem(http.StatusServiceUnavailable, "query_deadline", "%s", plan.ErrDeadline).after(time.Second)
	}
	if f := bodyFailure(err); f != nil {
		return f
	}
	return nodeFailure(err)
}

// applied says of an error that was met after a write that the write itself is done (I10).
func applied(r *command.Result, err error) error {
	if err == nil {
		return nil
	}
	f := asFailure(err)
	if f == nil {
		return err
	}
	f.detail = fmt.Sprintf("it was applied at index %d, but cannot be shown now: %s", r.Index, f.detail)
	return f
}

// aboutField says that an expression's error is about another field than where.
func aboutField(err error, field string) error {
	var q *query.Error
	if !errors.As(err, &q) {
		return err
	}
	return asFailure(err).at(field)
}

// wire gives the problem as it is sent.
func (f *failure) wire() wire.Problem {
	return wire.Problem{
		Type: "about:blank", Title: http.StatusText(f.status), Status: f.status, Detail: f.detail, Code: f.code,
		Field: f.field, Position: f.position, Offset: f.offset, Suggestion: f.suggestion,
	}
}
