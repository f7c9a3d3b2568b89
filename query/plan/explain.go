package plan

import (
	"time"

	"rollcall/query"
)

// Node is a node of an explained plan, with the figures of one real evaluation on one core.
type Node struct {
	Label        string  // the node, as it is written
	ChunksRead   int     // chunks whose values were looked at
	SkippedEmpty int     // chunks that were known to hold no match, or were empty before this node's turn
	SkippedFull  int     // chunks that were known to hold only matches
	SkippedZone  int     // of these two: chunks that a zone map or a span of times decided
	Micros       float64 // time spent in this node and below it
	Rows         uint64  // live contacts that match this node by itself
	Children     []*Node
}

// figures are what explain keeps for a bound node; one goroutine evaluates then.
type figures struct {
	read, empty, full, zone int
	nanos                   int64
	tested                  int // the chunk, plus one, of the slot that was tested last
}

// saw notes what a leaf knew of a chunk. Words and short containers are read where they are joined, by their parent.
func (f *figures) saw(w *worker, l look) {
	if !w.traced {
		return
	}
	switch {
	case l.state == empty:
		f.empty++
	case l.state == full:
		f.full++
	case l.view != nil || l.held != nil:
		f.read++
	}
	if l.zone {
		f.zone++
	}
}

func doNothing() {}

// clock notes that a node is evaluated in a chunk; the returned function ends its time.
func (f *figures) clock(w *worker) func() {
	if !w.traced {
		return doNothing
	}
	f.read++
	return f.stopwatch()
}

func (f *figures) stopwatch() func() {
	begin := time.Now()
	return func() { f.nanos += time.Since(begin).Nanoseconds() }
}

// test notes that a slot was tested by itself: the first one of a chunk reads that chunk.
func (f *figures) test(ord uint32) {
	if chunk := int(ord>>16) + 1; f.tested != chunk {
		f.tested = chunk
		f.read++
	}
}

// skip notes that nothing was read after all.
func (f *figures) skip(w *worker) {
	if w.traced {
		f.read--
		f.empty++
	}
}

// Explain evaluates the plan once, on one core, and tells for every node what it read, skipped and cost. The root
// stands for the whole expression. Consecutive conditions on the account are asked, and shown, as one node.
func (pl *Plan) Explain(p Population, o Options) (*Node, error) {
	trace := make(map[*node]*bound)
	ev, asked, err := pl.bindTraced(p, o, trace)
	if err != nil {
		return nil, err
	}
	if err := ev.ready(); err != nil {
		return nil, err
	}
	w := newWorker()
	w.traced = true
	dst := w.scratch()
	for chunk := range ev.chunks {
		w.all(ev.root, chunk, nil, dst, true)
		if err := ev.trouble(); err != nil {
			return nil, err
		}
	}
	x := explainer{ev: ev, trace: trace}
	root, err := x.node(pl.root, false)
	if err != nil {
		return nil, err
	}
	if asked.b.leaf == nil && asked.b.read == 0 {
		// The outermost AND was evaluated together with the live contacts.
		root.take(ev.root.figures)
	}
	return root, nil
}

type explainer struct {
	ev    *evaluation
	trace map[*node]*bound
}

// node explains a. Where it stands in a definition that is kept, its label shows the texts that are sealed there.
func (x *explainer) node(a arm, saved bool) (*Node, error) {
	b := x.trace[a.n]
	expr := a.expr
	if saved {
		expr = Reveal(expr, x.ev.o.Cipher)
	}
	n := &Node{Label: query.Print(expr)}
	for _, inner := range a.n.arms {
		child, err := x.node(inner, saved || a.n.inlined)
		if err != nil {
			return nil, err
		}
		n.Children = append(n.Children, child)
	}
	n.take(b.figures)
	if b.leaf == nil && b.read+b.empty == 0 {
		// Its operands were evaluated among those of the node above: it has no figures of its own.
		for _, child := range n.Children {
			n.ChunksRead = max(n.ChunksRead, child.ChunksRead)
			n.Micros += child.Micros
		}
	}
	n.SkippedEmpty += max(0, x.ev.chunks-n.ChunksRead-n.SkippedEmpty-n.SkippedFull)
	rows, err := x.rows(boundArm{b, a.not})
	n.Rows = rows
	return n, err
}

func (n *Node) take(f figures) {
	n.ChunksRead, n.SkippedEmpty, n.SkippedFull, n.SkippedZone = f.read, f.empty, f.full, f.zone
	n.Micros = float64(f.nanos) / 1000
}

// rows counts a node by itself.
func (x *explainer) rows(a boundArm) (uint64, error) {
	w := newWorker()
	root := x.ev.withLive(a)
	dst := w.scratch()
	total := uint64(0)
	for chunk := range x.ev.chunks {
		_, n := w.all(root, chunk, nil, dst, true)
		total += uint64(n)
		if err := x.ev.trouble(); err != nil {
			return 0, err
		}
	}
	return total, nil
}
