package plan

import (
	"slices"
	"sync"
	"sync/atomic"

	"rollcall/index"
)

// worker holds what one goroutine needs to evaluate chunks: a stack of scratch masks, a frame for every level of the
// tree, and the buffers of event leaves. Workers are kept between queries, so a chunk allocates nothing.
type worker struct {
	masks  []*index.Mask
	used   int
	frames []*frame
	depth  int
	traced bool
	events eventScratch
}

// frame gathers the operands of one AND in one chunk.
type frame struct {
	and, not      []*index.Mask      // words that are demanded, and excluded
	held, heldNot []*index.Container // short containers likewise
	later         []laterArm
	scratch       int // how many of and and not are scratch on top of the worker's stack
}

// laterArm is an operand that has to be evaluated.
type laterArm struct {
	b   *bound
	not bool
}

func (f *frame) pend(m *index.Mask, not bool) {
	if not {
		f.not = append(f.not, m)
	} else {
		f.and = append(f.and, m)
	}
}

func (f *frame) hold(c *index.Container, not bool) {
	if not {
		f.heldNot = append(f.heldNot, c)
	} else {
		f.held = append(f.held, c)
	}
}

// alone tells that nothing but later arms is demanded or excluded.
func (f *frame) alone() bool { return len(f.and)+len(f.not)+len(f.held)+len(f.heldNot) == 0 }

// sort puts the smallest container and the cheapest arm first.
func (f *frame) sort() {
	if len(f.held) > 1 {
		slices.SortFunc(f.held, func(a, b *index.Container) int { return a.Card() - b.Card() })
	}
	if len(f.later) > 1 {
		slices.SortStableFunc(f.later, func(a, b laterArm) int { return a.b.cost - b.b.cost })
	}
}

// scratch takes a mask from the stack; its content is left over from before.
func (w *worker) scratch() *index.Mask {
	if w.used == len(w.masks) {
		w.masks = append(w.masks, new(index.Mask))
	}
	w.used++
	return w.masks[w.used-1]
}

// release gives the last n masks back.
func (w *worker) release(n int) { w.used -= n }

func (w *worker) push() *frame {
	if w.depth == len(w.frames) {
		w.frames = append(w.frames, new(frame))
	}
	w.depth++
	return w.frames[w.depth-1]
}

func (w *worker) pop() {
	w.depth--
	f := w.frames[w.depth]
	w.release(f.scratch)
	f.and, f.not, f.held, f.heldNot, f.later = f.and[:0], f.not[:0], f.held[:0], f.heldNot[:0], f.later[:0]
	f.scratch = 0
}

// idle keeps workers between queries.
var idle = sync.Pool{New: func() any { return newWorker() }}

// rest gives a worker back. It lets go of the root that it worked on, and of whatever a panic left on its stacks.
func (w *worker) rest() {
	w.used, w.depth = 0, 0
	for _, f := range w.frames {
		*f = frame{f.and[:0], f.not[:0], f.held[:0], f.heldNot[:0], f.later[:0], 0}
		clear(f.and[:cap(f.and)])
		clear(f.not[:cap(f.not)])
		clear(f.held[:cap(f.held)])
		clear(f.heldNot[:cap(f.heldNot)])
		clear(f.later[:cap(f.later)])
	}
	w.events.forget()
	idle.Put(w)
}

func newWorker() *worker {
	w := new(worker)
	w.events.init()
	return w
}

// ready prepares the leaves and looks at the deadline, once before the first chunk.
func (ev *evaluation) ready() error {
	for _, p := range ev.prepare {
		if err := p.prepare(); err != nil {
			return err
		}
	}
	return ev.trouble()
}

// count counts the matching slots of every chunk.
func (ev *evaluation) count() (uint64, error) {
	var total atomic.Uint64
	err := ev.run(ev.workers(), func(w *worker, chunk int) {
		dst := w.scratch()
		_, n := w.all(ev.root, chunk, nil, dst, true)
		w.release(1)
		total.Add(uint64(n))
	})
	return total.Load(), err
}

// slots evaluates one chunk and hands its mask, when it is not empty, to f; the mask is gone after that.
func (ev *evaluation) slots(w *worker, chunk int, f func(m *index.Mask)) {
	dst := w.scratch()
	defer w.release(1)
	switch r, _ := w.all(ev.root, chunk, nil, dst, false); {
	case r.state == empty:
		return
	case r.state == full:
		dst.Fill()
		f(dst)
	case r.not:
		*dst = *r.m
		dst.Not()
		f(dst)
	default:
		f(r.m)
	}
}

// each visits the masks of all chunks that are not empty, ascending, on the calling goroutine.
func (ev *evaluation) each(f func(chunk int, m *index.Mask)) error {
	return ev.run(1, func(w *worker, chunk int) {
		ev.slots(w, chunk, func(m *index.Mask) { f(chunk, m) })
	})
}

// run hands every chunk to one of n workers; with several, f is called for different chunks at once.
func (ev *evaluation) run(n int, f func(w *worker, chunk int)) error {
	if err := ev.ready(); err != nil {
		return err
	}
	var next atomic.Int64
	work := func() error {
		w := idle.Get().(*worker)
		defer w.rest()
		for {
			chunk := int(next.Add(1)) - 1
			if chunk >= ev.chunks {
				return nil
			}
			f(w, chunk)
			if err := ev.trouble(); err != nil {
				return err
			}
		}
	}
	if n == 1 {
		return work()
	}
	errs := make([]error, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { errs[i] = work() })
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// worthSharing is from how many estimated microseconds on a second worker gains more than its start costs.
const worthSharing = 300

// workers returns how many workers this evaluation is worth.
func (ev *evaluation) workers() int {
	estimate := ev.chunks * (1 + ev.root.cost)
	return max(1, min(ev.o.Workers, ev.chunks, estimate/worthSharing+1))
}
