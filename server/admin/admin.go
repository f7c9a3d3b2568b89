// Package admin serves what operators and orchestrators need: health, readiness, metrics, profiles and the state of
// the cluster.
//
// It has a listener of its own, on loopback by default, so that a flood at the API never hides how the node is.
// /healthz and /readyz answer without a key; everything else except /metrics asks for the root key.
package admin

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"rollcall/server/auth"
)

// Member is one voter or non-voter of the cluster.
type Member struct {
	ID      string `json:"id"`
	Address string `json:"address"`
	Voter   bool   `json:"voter"`
}

// Status is the answer of GET /cluster/status. State is "leader", "follower", "candidate", "quarantined" or
// "starting".
type Status struct {
	NodeID       string   `json:"node_id"`
	State        string   `json:"state"`
	Leader       string   `json:"leader"`
	Members      []Member `json:"members"`
	AppliedIndex uint64   `json:"applied_index"`
	Epoch        string   `json:"epoch"`
}

// Digest is the answer of GET /cluster/digest: equal digests at equal indexes mean equal states, on all members and
// before and after a restart.
type Digest struct {
	Tenant string `json:"tenant"`
	Index  uint64 `json:"index"`
	Digest string `json:"digest"`
}

// Config is what the admin pages show. All functions must be safe for concurrent use, also while the node starts.
type Config struct {
	Auth    *auth.Authenticator
	Ready   func() error // nil when the node may serve, otherwise why not
	Status  func() Status
	Digest  func(tenant string) (Digest, bool)
	Metrics *Metrics
	Logger  *slog.Logger
}

// Handler returns the handler of the admin listener.
func Handler(c Config) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := c.Ready(); err != nil {
			w.Header().Set("Retry-After", "1")
			writeProblem(w, http.StatusServiceUnavailable, "not_ready", err.Error())
			return
		}
		writeJSON(w, http.StatusOK, map[string]string{"status": "ready"})
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(c.Metrics.registry, promhttp.HandlerOpts{}))
	root := func(pattern string, h http.HandlerFunc) { mux.Handle(pattern, c.rootOnly(h)) }
	root("GET /cluster/status", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, c.Status())
	})
	root("GET /cluster/digest", func(w http.ResponseWriter, r *http.Request) {
		d, ok := c.Digest(r.URL.Query().Get("tenant"))
		if !ok {
			writeProblem(w, http.StatusNotFound, "unknown_tenant", "there is no such tenant: name one as ?tenant=ID")
			return
		}
		writeJSON(w, http.StatusOK, d)
	})
	root("GET /debug/pprof/", pprof.Index)
	root("GET /debug/pprof/cmdline", pprof.Cmdline)
	root("GET /debug/pprof/profile", pprof.Profile)
	root("GET /debug/pprof/symbol", pprof.Symbol)
	root("GET /debug/pprof/trace", pprof.Trace)
	return c.recovering(c.problems(mux))
}

// rootOnly lets the root key in and nobody else.
func (c Config) rootOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := c.Auth.Authenticate(r.Header.Get("Authorization"))
		switch {
		case err != nil:
			w.Header().Set("WWW-Authenticate", "Bearer")
			writeProblem(w, http.StatusUnauthorized, "unauthorized", err.Error())
		case !p.May(auth.Root):
			writeProblem(w, http.StatusForbidden, "forbidden", "only the root key may do this")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// problems answers unknown paths and methods as problems.
func (c Config) problems(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		probe := r.Clone(r.Context())
		probe.Method = http.MethodGet
		if _, pattern := mux.Handler(probe); pattern != "" {
			w.Header().Set("Allow", "GET, HEAD")
			writeProblem(w, http.StatusMethodNotAllowed, "method_not_allowed", r.Method+" is not served here, use GET")
			return
		}
		writeProblem(w, http.StatusNotFound, "not_found", "the admin listener has no such page")
	})
}

func (c Config) recovering(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil && p != http.ErrAbortHandler {
				c.Logger.Error("admin handler panicked", "route", r.Pattern, "stack", string(debug.Stack()))
				writeProblem(w, http.StatusInternalServerError, "internal", "the node made a mistake, see its log")
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	writeBody(w, status, body)
}

func writeProblem(w http.ResponseWriter, status int, code, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	writeBody(w, status, map[string]any{
		"type": "about:blank", "title": http.StatusText(status), "status": status, "code": code, "detail": detail,
	})
}

func writeBody(w http.ResponseWriter, status int, body any) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	// A failed write means that the caller is gone: there is nobody left to tell.
	_ = json.NewEncoder(w).Encode(body)
}
