package engine

import (
	"fmt"
	"runtime"
	"slices"
	"sync"

	"rollcall/engine/command"
)

// Entry is one entry of Raft's log that holds commands.
type Entry struct {
	Index, Term uint64
	Commands    [][]byte
}

// StopError is what Apply panics with when it meets a command that this build cannot apply. Nothing of the batch was
// applied: the node must stop before its index moves (I13), and a newer build goes on from there.
type StopError struct {
	Index uint64
	Err   error // wraps command.ErrUnknownCommand or command.ErrMalformed
}

// Error names the index and the cause.
func (e *StopError) Error() string { return fmt.Sprintf("the command at index %d: %v", e.Index, e.Err) }

// Unwrap gives the cause.
func (e *StopError) Unwrap() error { return e.Err }

// task is one command of a batch and where its result goes.
type task struct {
	index    uint64
	envelope command.Envelope
	body     command.Body
	result   *any
}

// group is the commands of one tenant, in order.
type group struct {
	tenant string
	state  *state // nil while there is no such tenant
	tasks  []task
	err    *StopError
	panic  any
}

// Apply applies entries in order and publishes one root per touched tenant. There is one result per command, each a
// *command.Result; entries at or below Applied have been applied before, and their results are nil. The bytes of
// commands may never be written to afterwards: the engine keeps parts of them until they are flushed.
//
// Apply panics with a *StopError, before anything is changed, when a command is unknown or malformed. One goroutine
// calls it.
func (e *Engine) Apply(entries []Entry) [][]any {
	e.mu.Lock()
	defer e.mu.Unlock()
	results := make([][]any, len(entries))
	groups := e.plan(entries, results)
	parallel(groups, (*group).decode)
	var stop *StopError
	for _, g := range groups {
		if g.err != nil && (stop == nil || g.err.Index < stop.Index) {
			stop = g.err
		}
	}
	if stop != nil {
		panic(stop)
	}
	parallel(groups, func(g *group) { g.apply(e.pages) })
	changed := false
	for _, g := range groups {
		if e.states[g.tenant] == g.state {
			continue
		}
		changed = true
		if g.state == nil {
			delete(e.states, g.tenant)
		} else {
			e.states[g.state.tenant.id] = g.state
		}
	}
	if changed {
		e.publishTenants()
	}
	if len(entries) > 0 {
		e.applied.Store(max(e.Applied(), entries[len(entries)-1].Index))
	}
	return results
}

// plan sorts the commands of a batch by tenant, in order of first appearance.
func (e *Engine) plan(entries []Entry, results [][]any) []*group {
	var groups []*group
	byTenant := map[string]*group{}
	applied := e.Applied()
	for i, entry := range entries {
		results[i] = make([]any, len(entry.Commands))
		if entry.Index <= applied {
			continue
		}
		for j, b := range entry.Commands {
			envelope, err := command.DecodeEnvelope(b)
			if err != nil {
				panic(&StopError{entry.Index, err})
			}
			id := envelope.Tenant
			if envelope.Type == command.TypeCreateTenant {
				if id, err = created(&envelope); err != nil {
					panic(&StopError{entry.Index, err})
				}
			}
			g := byTenant[id]
			if g == nil {
				g = &group{tenant: id, state: e.states[id]}
				byTenant[id] = g
				groups = append(groups, g)
			}
			g.tasks = append(g.tasks, task{index: entry.Index, envelope: envelope, result: &results[i][j]})
		}
	}
	return groups
}

// created is the id of the tenant that a CreateTenant makes; its envelope need not name it.
func created(e *command.Envelope) (string, error) {
	body, err := command.DecodeBody(e.Type, e.Body)
	if err != nil {
		return "", err
	}
	return body.(*command.CreateTenant).ID, nil
}

// decode decodes the bodies of the group.
func (g *group) decode() {
	for i := range g.tasks {
		t := &g.tasks[i]
		var err error
		if t.body, err = command.DecodeBody(t.envelope.Type, t.envelope.Body); err != nil {
			g.err = &StopError{t.index, err}
			return
		}
	}
}

// apply applies the commands of the group and publishes the tenant's root.
func (g *group) apply(pages Pages) {
	for i := range g.tasks {
		t := &g.tasks[i]
		create, creates := t.body.(*command.CreateTenant)
		remove, removes := t.body.(*command.DeleteTenant)
		switch {
		case g.state == nil && creates:
			g.state, *t.result = newTenantState(t.index, &t.envelope, create, pages)
		case g.state == nil || removes && remove.ID != g.tenant:
			*t.result = &command.Result{Index: t.index, Code: "unknown_tenant", Detail: "there is no tenant with this id"}
		case removes:
			// What is on disk of it goes with the next flush.
			g.state, *t.result = nil, &command.Result{Index: t.index}
		default:
			*t.result = g.state.apply(t.index, &t.envelope, t.body)
		}
	}
	if g.state != nil {
		g.state.publish()
	}
}

// parallel runs f for every group, side by side when there are several. A panic comes out here, on the caller's
// goroutine, where the node's owner can see it.
func parallel(groups []*group, f func(*group)) {
	if len(groups) == 1 {
		f(groups[0])
		return
	}
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for _, g := range groups {
		wg.Add(1)
		slots <- struct{}{}
		go func() {
			defer func() {
				g.panic = recover()
				<-slots
				wg.Done()
			}()
			f(g)
		}()
	}
	wg.Wait()
	if at := slices.IndexFunc(groups, func(g *group) bool { return g.panic != nil }); at >= 0 {
		panic(groups[at].panic)
	}
}
