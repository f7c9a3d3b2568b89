package plan

import (
	"rollcall/index"
)

// state is what is known about a node in one chunk.
type state uint8

const (
	partly state = iota // it must be looked at
	empty               // no slot matches
	full                // every slot matches
)

// look is what a leaf knows of a chunk before it is read. A partly leaf gives its words (view), its container (held),
// or neither: then it has to be evaluated.
type look struct {
	state state
	zone  bool // a zone map or a span of times decided
	view  *index.Mask
	held  *index.Container
}

// leaf is a predicate tied to one root.
type leaf interface {
	// look tells what is known of the chunk.
	look(chunk int) look
	// eval sets m to the matching slots. Where among is given, only its slots need to be right.
	eval(w *worker, chunk int, among, m *index.Mask)
	// holds tests one ordinal at the cost of that ordinal.
	holds(w *worker, ord uint32) bool
}

// The microseconds, roughly, that leaves cost: one slot tested by itself, and one chunk evaluated.
const (
	slotCost   = 1
	costRange  = 40
	costCodes  = 60
	costWindow = 150
	costEvents = 800
)

// maxPending bounds the scratch masks that wait for the pass that joins them.
const maxPending = 8

// result is the value of a node in a chunk: known, or the slots of m; not says that it is the complement of m. m
// belongs to a container or to the caller's scratch: read only.
type result struct {
	state state
	m     *index.Mask
	not   bool
}

func (r result) flip(not bool) result {
	if !not {
		return r
	}
	switch r.state {
	case empty:
		r.state = full
	case full:
		r.state = empty
	default:
		r.not = !r.not
	}
	return r
}

// value evaluates an arm in a chunk: a leaf that has to be read, or a nested node. dst is scratch that the result may
// use. Where among is given, only its slots need to be right.
func (w *worker) value(a laterArm, chunk int, among, dst *index.Mask) result {
	if a.b.leaf != nil {
		defer a.b.clock(w)()
		a.b.leaf.eval(w, chunk, among, dst)
		return result{m: dst, not: a.not}
	}
	r, _ := w.all(a.b, chunk, among, dst, false)
	return r.flip(a.not != a.b.or)
}

// all evaluates the AND of the arms of b, each complemented first when b is an OR. counting asks for the number of
// slots instead of the slots; the result then holds no mask.
//
// Arms are taken from cheap to dear: what is known without reading, dense words (which cost nothing until the one pass
// that joins them), short containers by cardinality, nested nodes that are made of these, and at last columns and
// events, which see only the slots that are left.
func (w *worker) all(b *bound, chunk int, among, dst *index.Mask, counting bool) (result, int) {
	defer b.clock(w)()
	f := w.push()
	defer w.pop()
	if among != nil {
		f.and = append(f.and, among)
	}
	for i := range b.arms {
		a := &b.arms[i]
		not := a.not != b.or
		if a.b.leaf == nil {
			f.later = append(f.later, laterArm{b: a.b, not: not})
			continue
		}
		l := a.b.leaf.look(chunk)
		a.b.saw(w, l)
		switch {
		case l.state != partly:
			if (l.state == empty) != not {
				b.skip(w)
				return result{state: empty}, 0
			}
		case l.view != nil:
			f.pend(l.view, not)
		case l.held != nil:
			f.hold(l.held, not)
		default:
			f.later = append(f.later, laterArm{b: a.b, not: not})
		}
	}
	f.sort()
	if counting && len(f.later) == 0 {
		return result{}, w.countHeld(f, dst)
	}
	if counting && len(f.later) == 1 && f.later[0].b.leaf == nil && f.alone() {
		return result{}, w.countNested(f.later[0], chunk, dst)
	}
	own := w.applyHeld(f, dst)
	if own && dst.Empty() {
		return result{state: empty}, 0
	}
	for _, a := range f.later {
		switch {
		case a.b.cost == 0:
			if f.scratch == maxPending {
				w.fold(f, dst)
			}
			if r := w.nested(f, a, chunk); r.state == empty {
				return r, 0
			}
		case !w.narrow(f, a, chunk, dst):
			return result{state: empty}, 0
		}
	}
	switch n := len(f.and) + len(f.not); {
	case n == 0:
		return result{state: full}, index.ChunkSize
	case counting:
		return result{}, countPending(f)
	case n > 1 && len(f.and) == 0:
		index.OrAll(dst, f.not)
		return result{m: dst, not: true}, 0
	case n > 1 || f.scratch > 0:
		w.fold(f, dst) // scratch of this frame is gone when it returns
		return result{m: dst}, 0
	case len(f.and) == 1:
		return result{m: f.and[0]}, 0
	}
	return result{m: f.not[0], not: true}, 0
}

// nested evaluates an arm that is made of containers only and leaves its mask pending.
func (w *worker) nested(f *frame, a laterArm, chunk int) result {
	s := w.scratch()
	r := w.value(a, chunk, nil, s)
	if r.state != partly || r.m != s {
		w.release(1)
	} else {
		f.scratch++
	}
	if r.state == partly {
		f.pend(r.m, r.not)
	}
	return r
}

// narrow applies a dear arm to what is left so far, and reports whether anything is left after it.
func (w *worker) narrow(f *frame, a laterArm, chunk int, dst *index.Mask) bool {
	if len(f.and)+len(f.not) == 0 {
		r := w.value(a, chunk, nil, dst)
		if r.state == partly {
			f.pend(r.m, r.not)
		}
		return r.state != empty
	}
	w.fold(f, dst)
	left := dst.Count()
	if left == 0 {
		return false
	}
	if left*slotCost <= a.b.cost {
		return w.pick(a, chunk, dst)
	}
	s := w.scratch()
	defer w.release(1)
	r := w.value(a, chunk, dst, s)
	switch {
	case r.state == empty:
		return false
	case r.state == full:
	case r.not:
		dst.AndNot(r.m)
	default:
		dst.And(r.m)
	}
	return true
}

// pick tests the few slots of dst one by one, keeps those that hold, and reports whether one does.
func (w *worker) pick(a laterArm, chunk int, dst *index.Mask) bool {
	if w.traced {
		defer a.b.stopwatch()()
	}
	kept := false
	dst.Each(func(slot uint16) bool {
		if w.holds(a.b, uint32(chunk)<<16|uint32(slot)) != a.not {
			kept = true
		} else {
			dst.Unset(slot)
		}
		return true
	})
	return kept
}

// fold joins everything pending into dst in one pass and gives back the scratch that it took.
func (w *worker) fold(f *frame, dst *index.Mask) {
	if len(f.and) != 1 || len(f.not) != 0 || f.and[0] != dst {
		index.AndAll(dst, f.and, f.not)
	}
	w.release(f.scratch)
	f.scratch = 0
	f.and, f.not = append(f.and[:0], dst), f.not[:0]
}

// applyHeld applies the short containers: dst becomes the AND of those that are demanded, without those that are
// excluded; when none is demanded, it becomes what is excluded. It reports whether dst is the former.
func (w *worker) applyHeld(f *frame, dst *index.Mask) bool {
	if len(f.held) == 0 {
		if len(f.heldNot) > 0 {
			f.heldNot[0].Store(dst)
			for _, c := range f.heldNot[1:] {
				c.OrInto(dst)
			}
			f.not = append(f.not, dst)
		}
		return false
	}
	f.held[0].Store(dst)
	for _, c := range f.held[1:] {
		c.AndInto(dst)
	}
	for _, c := range f.heldNot {
		c.AndNotInto(dst)
	}
	f.and = append(f.and, dst)
	return true
}

// countNested counts an AND that is one nested node.
func (w *worker) countNested(a laterArm, chunk int, dst *index.Mask) int {
	r, n := w.all(a.b, chunk, nil, dst, true)
	if r.state == empty {
		n = 0
	}
	if a.not != a.b.or {
		return index.ChunkSize - n
	}
	return n
}

// countHeld counts the AND of everything in f, nothing of which has to be evaluated. The last short container counts
// without being written anywhere, and alone it is its stored cardinality.
func (w *worker) countHeld(f *frame, dst *index.Mask) int {
	n := len(f.held)
	if n == 0 {
		w.applyHeld(f, dst)
		return countPending(f)
	}
	last := f.held[n-1]
	f.held = f.held[:n-1]
	w.applyHeld(f, dst)
	switch {
	case len(f.and)+len(f.not) == 0:
		return last.Card()
	case len(f.and) == 1 && len(f.not) == 0:
		return last.AndCount(f.and[0])
	case len(f.and) == 0 && len(f.not) == 1:
		return last.Card() - last.AndCount(f.not[0])
	}
	index.AndAll(dst, f.and, f.not)
	return last.AndCount(dst)
}

// countPending counts the AND of all words.
func countPending(f *frame) int {
	switch {
	case len(f.and)+len(f.not) == 0:
		return index.ChunkSize
	case len(f.and) == 0:
		return index.ChunkSize - index.OrAllCount(f.not)
	case len(f.and) == 1 && len(f.not) == 0:
		return f.and[0].Count()
	}
	return index.AndAllCount(f.and, f.not)
}

// holds tests one ordinal.
func (w *worker) holds(b *bound, ord uint32) bool {
	if w.traced {
		b.test(ord)
	}
	if b.leaf != nil {
		return b.leaf.holds(w, ord)
	}
	for _, a := range b.arms {
		if w.holds(a.b, ord) == (a.not != b.or) {
			return b.or
		}
	}
	return !b.or
}
