package engine

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// Engine is the state machine of a node: all tenants.
type Engine struct {
	pages   Pages
	logger  *slog.Logger
	applied atomic.Uint64
	tenants atomic.Pointer[tenantList]

	// mu is held by Apply, and by Flush while it pins the roots and when it has finished; states and what hangs on
	// them are guarded by it.
	mu     sync.Mutex
	states map[string]*state

	flushing sync.Mutex // one flush at a time; taken before mu
	flushed  map[string]*flushedTenant
}

// tenantList is the tenants as readers see them: replaced, never changed.
type tenantList struct {
	byID map[string]*Tenant
	ids  []string
}

// Open loads the committed state from the pages. Entries of the log after Applied are then applied as usual.
func Open(pages Pages, logger *slog.Logger) (*Engine, error) {
	e := &Engine{pages: pages, logger: logger, states: map[string]*state{}, flushed: map[string]*flushedTenant{}}
	e.tenants.Store(&tenantList{byID: map[string]*Tenant{}})
	if index, meta, ok := pages.Committed(); ok {
		if len(meta) != 1 || meta[0] != pageMeta[0] {
			return nil, fmt.Errorf("the pages have a format that this build does not know: start a newer build")
		}
		if err := e.load(index); err != nil {
			return nil, fmt.Errorf("loading the state: %w", err)
		}
		e.applied.Store(index)
	}
	e.publishTenants()
	return e, nil
}

// Applied is the newest index in the published roots.
func (e *Engine) Applied() uint64 { return e.applied.Load() }

// Tenant finds a tenant.
func (e *Engine) Tenant(id string) (*Tenant, bool) {
	t, ok := e.tenants.Load().byID[id]
	return t, ok
}

// Tenants lists the ids of all tenants, sorted. The slice may not be changed.
func (e *Engine) Tenants() []string { return e.tenants.Load().ids }

// publishTenants shows readers the tenants that there are.
func (e *Engine) publishTenants() {
	list := &tenantList{byID: make(map[string]*Tenant, len(e.states)), ids: slices.Sorted(maps.Keys(e.states))}
	for id, s := range e.states {
		list.byID[id] = s.tenant
	}
	e.tenants.Store(list)
}
