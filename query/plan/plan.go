package plan

import (
	"errors"

	"rollcall/index"
)

// Errors of an evaluation. An expression that is wrong in itself gives a *query.Error instead, when it is planned.
var (
	ErrDeadline = errors.New("the query ran longer than its deadline: narrow it, or allow it more time")
	ErrStale    = errors.New("the plan was made for other definitions: plan the expression again")
)

// Plan is a checked expression over one kind of population. It is immutable for its users, safe for concurrent use,
// and holds no data of any root: it may be evaluated against every root of its tenant whose Version is the one it was
// made for.
type Plan struct {
	text       string
	population string
	version    uint64
	root       arm
}

// Text returns the canonical text of the planned expression.
func (pl *Plan) Text() string { return pl.text }

// Count returns the number of live contacts that match. It is exact.
func (pl *Plan) Count(p Population, o Options) (uint64, error) {
	ev, err := pl.bind(p, o)
	if err != nil {
		return 0, err
	}
	return ev.count()
}

// Set returns all live contacts that match.
func (pl *Plan) Set(p Population, o Options) (*index.Set, error) {
	ev, err := pl.bind(p, o)
	if err != nil {
		return nil, err
	}
	containers := make([]*index.Container, ev.chunks)
	err = ev.run(ev.workers(), func(w *worker, chunk int) {
		ev.slots(w, chunk, func(m *index.Mask) { containers[chunk] = index.ContainerOf(m) })
	})
	if err != nil {
		return nil, err
	}
	edit := (*index.Set)(nil).Edit()
	for chunk, c := range containers {
		if c != nil {
			edit.Load(chunk, c)
		}
	}
	return edit.Publish(), nil
}

// Contains tells whether one live contact matches, at the cost of that contact only (and of its account).
func (pl *Plan) Contains(p Population, o Options, ord uint32) (bool, error) {
	ev, err := pl.bind(p, o)
	if err != nil {
		return false, err
	}
	w := idle.Get().(*worker)
	defer w.rest()
	holds := w.holds(ev.root, ord)
	return holds, ev.trouble()
}
