package plan

import (
	"sync"
	"sync/atomic"
	"time"

	"rollcall/index"
)

// evaluation is a plan tied to one root: the columns, sets and codes that its names mean there, at one current time.
// Its leaves may be read by several workers at once after prepare.
type evaluation struct {
	p       Population
	o       Options
	zone    *time.Location
	live    *index.Set
	chunks  int
	root    *bound // AND of what is asked and of live
	prepare []preparer
	outer   *evaluation // of accounts: the evaluation over the contacts that asks

	failed atomic.Bool
	mu     struct {
		sync.Mutex
		err error // the first error of a leaf
	}
}

// preparer is a leaf with work to do once, before the first chunk.
type preparer interface{ prepare() error }

// binding makes the tree of one evaluation.
type binding struct {
	ev    *evaluation
	trace map[*node]*bound // of explain: where each planned node went
}

// bound is a node of an evaluation: a leaf, or AND (or OR) over its arms. OR is evaluated as the complement of the AND
// of complements, so there is one way through the evaluator.
type bound struct {
	leaf leaf
	or   bool
	arms []boundArm
	cost int // 0: only containers below. Else about the microseconds that a chunk costs
	figures
}

type boundArm struct {
	b   *bound
	not bool
}

// bind ties the plan to p.
func (pl *Plan) bind(p Population, o Options) (*evaluation, error) {
	ev, _, err := pl.bindTraced(p, o, nil)
	return ev, err
}

func (pl *Plan) bindTraced(p Population, o Options, trace map[*node]*bound) (*evaluation, boundArm, error) {
	if p.Name() != pl.population || p.Version() != pl.version {
		return nil, boundArm{}, ErrStale
	}
	return newEvaluation(pl.root, p, o, trace)
}

func newEvaluation(root arm, p Population, o Options, trace map[*node]*bound) (*evaluation, boundArm, error) {
	ev := &evaluation{p: p, o: o, zone: p.Zone(), live: p.Live()}
	ev.chunks = min(ev.live.Chunks(), (int(p.Len())+index.ChunkSize-1)/index.ChunkSize)
	b := &binding{ev: ev, trace: trace}
	asked, err := b.arm(root)
	if err != nil {
		return nil, boundArm{}, err
	}
	ev.root = ev.withLive(asked)
	return ev, asked, nil
}

// withLive is a AND live, as one flat AND.
func (ev *evaluation) withLive(a boundArm) *bound {
	all := &bound{arms: []boundArm{{b: &bound{leaf: setLeaf{ev.live}}}}}
	all.add(a)
	return all
}

func (b *binding) arm(a arm) (boundArm, error) {
	out := &bound{or: a.n.or}
	if a.n.leaf != nil {
		l, err := a.n.leaf(b)
		if err != nil {
			return boundArm{}, err
		}
		out.leaf = l
		out.cost = leafCost(l)
		if p, ok := l.(preparer); ok {
			b.ev.prepare = append(b.ev.prepare, p)
		}
	}
	for _, inner := range a.n.arms {
		x, err := b.arm(inner)
		if err != nil {
			return boundArm{}, err
		}
		out.add(x)
	}
	if b.trace != nil {
		b.trace[a.n] = out
	}
	return boundArm{out, a.not}, nil
}

// add appends an operand. One that is itself an AND of an AND, or by De Morgan's rule the complement of an OR, gives
// its own operands instead, so that all of them are ordered together.
func (b *bound) add(a boundArm) {
	inner := a.b
	if inner.leaf == nil && (len(inner.arms) == 1 || (inner.or != b.or) == a.not) {
		for _, x := range inner.arms {
			b.add(boundArm{x.b, x.not != a.not})
		}
		return
	}
	b.arms = append(b.arms, a)
	b.cost += inner.cost
}

// join binds what is asked about accounts over the accounts of this root.
func (b *binding) join(asked arm) (leaf, error) {
	accounts, column := b.ev.p.Account()
	ev, _, err := newEvaluation(asked, accounts, b.ev.o, nil)
	if err != nil {
		return nil, err
	}
	ev.outer = b.ev
	return &joinLeaf{column: column, accounts: ev}, nil
}

// fail records an error that a leaf met at a chunk.
func (ev *evaluation) fail(err error) {
	if ev.outer != nil {
		ev.outer.fail(err)
	}
	ev.mu.Lock()
	defer ev.mu.Unlock()
	if ev.mu.err == nil {
		ev.mu.err = err
		ev.failed.Store(true)
	}
}

// trouble returns the error that ends the evaluation: a leaf's, or the deadline.
func (ev *evaluation) trouble() error {
	if ev.failed.Load() {
		ev.mu.Lock()
		defer ev.mu.Unlock()
		return ev.mu.err
	}
	return ev.expired()
}

// expired returns ErrDeadline once the deadline has passed.
func (ev *evaluation) expired() error {
	if !ev.o.Deadline.IsZero() && time.Now().After(ev.o.Deadline) {
		return ErrDeadline
	}
	return nil
}
