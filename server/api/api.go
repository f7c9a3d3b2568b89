// Package api is HTTP in and out: the calls of the contract, in JSON and msgpack, from one table of routes.
//
// The table (routes.go) is the only place that names a path: the router, the rights, the limits, the OpenAPI document
// and the tests that walk them all are built from it. A call passes the same doors in the same order: recover,
// format, authenticate, right, body limit, deadline, decode, handle, encode.
package api

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/fasthttp/router"
	"github.com/valyala/fasthttp"

	"rollcall/engine"
	"rollcall/server/auth"
	"rollcall/server/privacy"
)

// Observer is told what happened, for metrics. All methods must be safe for concurrent use.
type Observer interface {
	Request(route, method string, status int, took time.Duration)
	Refused(code string)
	Query(kind string, took time.Duration)
	Ingest(kind, outcome string, n int)
}

// Config is what an API stands on.
type Config struct {
	Engine  *engine.Engine
	Node    Node
	Auth    *auth.Authenticator
	Master  *privacy.Master
	Observe Observer
	Logger  *slog.Logger
	Clock   func() time.Time
	Limits  Limits
	Version string // of the program, for the OpenAPI document
}

// API serves the calls. It is safe for concurrent use.
type API struct {
	Config
	table    []route
	router   *router.Router
	document []byte        // OpenAPI
	turns    chan struct{} // one element for each running evaluation
	exports  chan struct{} // one element for each export under way
	tenants  tenants
}

// New returns an API. It fails when the table of routes is not sound.
func New(c Config) (*API, error) {
	a := &API{Config: c, table: routes(), turns: make(chan struct{}, c.Limits.Queries), exports: make(chan struct{}, c.Limits.Exports)}
	a.tenants.engine, a.tenants.master = c.Engine, c.Master
	a.router = router.New()
	// A redirect would lose the body of a POST with many clients, and a path has one spelling.
	a.router.RedirectTrailingSlash = false
	a.router.RedirectFixedPath = false
	a.router.NotFound = a.plain(func(*call) (any, error) {
		return nil, notFound("not_found", "there is no such path; GET /openapi.json lists all")
	})
	a.router.MethodNotAllowed = a.plain(func(c *call) (any, error) {
		f := problem(http.StatusMethodNotAllowed, "method_not_allowed", "this path does not serve %s", safeMethod(c.ctx))
		f.allow = string(c.ctx.Response.Header.Peek("Allow"))
		return nil, f
	})
	seen := make(map[string]bool)
	for i := range a.table {
		r := &a.table[i]
		if r.right == 0 || r.handle == nil || r.name == "" || seen[r.name] {
			return nil, fmt.Errorf("route %s %s lacks a right, a handler or a name of its own", r.method, r.path)
		}
		seen[r.name] = true
		a.router.Handle(r.method, r.path, a.serve(r))
		if r.method == http.MethodGet {
			a.router.Handle(http.MethodHead, r.path, a.serve(r))
		}
	}
	document, err := openAPI(a.table, c.Version)
	if err != nil {
		return nil, err
	}
	a.document = document
	return a, nil
}

// Handler is the handler of the API's listener.
func (a *API) Handler(ctx *fasthttp.RequestCtx) { a.router.Handler(ctx) }

// BodyLimit tells how many bytes of body a request may bring, from its headers alone: the large limit is for callers
// that are known, on routes that take batches.
func (a *API) BodyLimit(h *fasthttp.RequestHeader) int {
	path := h.RequestURI()
	for i, c := range path {
		if c == '?' {
			path = path[:i]
			break
		}
	}
	for i := range a.table {
		r := &a.table[i]
		if !r.batch || r.method != string(h.Method()) || !matches(r.path, string(path)) {
			continue
		}
		if p, err := a.Auth.Authenticate(string(h.Peek("Authorization"))); err == nil && p.May(r.right) {
			return a.Limits.BatchBytes
		}
	}
	return a.Limits.BodyBytes
}

// ErrBodyBudget is the error of reading a body that does not fit beside those that the node holds already.
var ErrBodyBudget = errors.New("too many large bodies are under way")

// Broken answers a request that could not be read.
func (a *API) Broken(ctx *fasthttp.RequestCtx, err error) {
	var small *fasthttp.ErrSmallBuffer
	var slow interface{ Timeout() bool }
	f := problem(http.StatusBadRequest, "malformed_request", "the request is not HTTP that can be read to its end")
	switch {
	case errors.Is(err, ErrBodyBudget):
		f = problem(http.StatusServiceUnavailable, "overloaded", "not applied: %s", ErrBodyBudget).after(time.Second)
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		f = problem(http.StatusRequestEntityTooLarge, "body_too_large",
			"the body is larger than this call takes (%d bytes, %d for batches): send it in parts", a.Limits.BodyBytes, a.Limits.BatchBytes)
	case errors.As(err, &small):
		f = problem(http.StatusRequestHeaderFieldsTooLarge, "headers_too_large", "the request line and headers are too long")
	case errors.As(err, &slow) && slow.Timeout():
		f = problem(http.StatusRequestTimeout, "request_timeout", "the request did not arrive in time")
	}
	ctx.Response.ResetBody()
	c := &call{api: a, ctx: ctx}
	c.answer(nil, f)
	a.Observe.Request("broken", "other", f.status, 0)
}

// serve wraps a route's handler in the doors that every call passes.
func (a *API) serve(r *route) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		c := &call{api: a, ctx: ctx, route: r, began: time.Now()}
		c.run()
	}
}

// plain serves what belongs to no route.
func (a *API) plain(h func(*call) (any, error)) fasthttp.RequestHandler {
	r := &route{path: "none", right: auth.Public, handle: h}
	return a.serve(r)
}

// run passes one call through the doors.
func (c *call) run() {
	a := c.api
	defer func() {
		// fasthttp does not recover: one panic would end the process.
		if p := recover(); p != nil {
			a.Logger.Error("handler panicked", "route", c.route.path, "kind", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			c.ctx.Response.ResetBody()
			c.answer(nil, problem(http.StatusInternalServerError, "internal", "the node made a mistake, see its log"))
		}
		a.Observe.Request(c.route.path, safeMethod(c.ctx), c.ctx.Response.StatusCode(), time.Since(c.began))
	}()
	c.format = formatOfAnswer(string(c.ctx.Request.Header.Peek("Accept")), string(c.ctx.Request.Header.ContentType()))
	body, err := c.pass()
	c.answer(body, err)
}

// safeMethod is the method as a label: one of the known ones.
func safeMethod(ctx *fasthttp.RequestCtx) string {
	switch m := string(ctx.Method()); m {
	case "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH":
		return m
	}
	return "other"
}
