package index

import "sort"

// Group is the rows of one slot in one Rows: base rows Lo to Hi-1, and tail rows, both ordered by (time, id). The order
// of all of them is the merge of the two, which Rows.Ordered and Rows.Newest do; what does not depend on the order (a
// count, a sum) can take the two parts one after the other.
type Group struct {
	Rows   *Rows
	Lo, Hi uint32
	Tail   []uint32
}

// Len is the number of rows.
func (g Group) Len() int { return int(g.Hi-g.Lo) + len(g.Tail) }

// groupCursor walks the groups of one Rows by ascending slot.
type groupCursor struct {
	r     *Rows
	slots []uint16
	order []uint32 // what is left of the tail
	at    uint32   // the next base row
}

func (r *Rows) cursor() groupCursor {
	return groupCursor{r: r, slots: r.base.slots, order: r.order()}
}

// slot is the slot of the next group, ChunkSize at the end.
func (c *groupCursor) slot() int {
	slot := ChunkSize
	if int(c.at) < len(c.slots) {
		slot = int(c.slots[c.at])
	}
	if len(c.order) > 0 {
		slot = min(slot, int(c.r.tail.slots[c.order[0]-uint32(len(c.slots))]))
	}
	return slot
}

// take gives the group of the slot that comes next.
func (c *groupCursor) take(slot uint16) Group {
	g := Group{Rows: c.r, Lo: c.at}
	hi := c.at
	for int(hi) < len(c.slots) && c.slots[hi] == slot {
		hi++
	}
	n, split := 0, uint32(len(c.slots))
	for n < len(c.order) && c.r.tail.slots[c.order[n]-split] == slot {
		n++
	}
	g.Hi, g.Tail = hi, c.order[:n:n]
	c.at, c.order = hi, c.order[n:]
	return g
}

// Groups visits every slot that has rows, once and ascending: base rows lo to hi-1 and tail rows, both ordered by
// (time, id). A group is the merge of the two: see Ordered and Newest.
func (r *Rows) Groups(f func(slot uint16, lo, hi uint32, tail []uint32)) {
	c := r.cursor()
	for slot := c.slot(); slot < ChunkSize; slot = c.slot() {
		g := c.take(uint16(slot))
		f(uint16(slot), g.Lo, g.Hi, g.Tail)
	}
}

// GroupsOf visits every slot that has rows in any of several Rows of one chunk (the types of call.*), once and
// ascending, until f returns false. Nil Rows are left out. groups is reused by the next call of f.
func GroupsOf(rows []*Rows, f func(slot uint16, groups []Group) bool) {
	var cursors []groupCursor
	for _, r := range rows {
		if r != nil {
			cursors = append(cursors, r.cursor())
		}
	}
	heads := make([]int, len(cursors))
	for i := range cursors {
		heads[i] = cursors[i].slot()
	}
	groups := make([]Group, 0, len(cursors))
	for {
		slot := ChunkSize
		for _, s := range heads {
			slot = min(slot, s)
		}
		if slot == ChunkSize {
			return
		}
		groups = groups[:0]
		for i, s := range heads {
			if s == slot {
				groups = append(groups, cursors[i].take(uint16(slot)))
				heads[i] = cursors[i].slot()
			}
		}
		if !f(uint16(slot), groups) {
			return
		}
	}
}

// Ordered visits the rows of a group in the order of (time, id), until f returns false.
func (r *Rows) Ordered(lo, hi uint32, tail []uint32, f func(row uint32) bool) {
	split := r.base.rows()
	for _, row := range tail {
		for lo < hi && r.base.compare(lo, r.tail, row-split) <= 0 {
			if !f(lo) {
				return
			}
			lo++
		}
		if !f(row) {
			return
		}
	}
	for ; lo < hi; lo++ {
		if !f(lo) {
			return
		}
	}
}

// Newest visits the newest n rows of a group at or before until, newest first by (time, id), until f returns false.
func (r *Rows) Newest(lo, hi uint32, tail []uint32, n int, until int64, f func(row uint32) bool) {
	hi, tail = r.upTo(lo, hi, until), r.tailUpTo(tail, until)
	split := r.base.rows()
	for ; n > 0 && (lo < hi || len(tail) > 0); n-- {
		var row uint32
		if last := len(tail) - 1; last < 0 || lo < hi && r.base.compare(hi-1, r.tail, tail[last]-split) > 0 {
			hi--
			row = hi
		} else {
			row = tail[last]
			tail = tail[:last]
		}
		if !f(row) {
			return
		}
	}
}

// upTo is the end of the base rows lo to hi-1 that lie at or before until. Mostly that is hi.
func (r *Rows) upTo(lo, hi uint32, until int64) uint32 {
	if lo == hi || r.base.times[hi-1] <= until {
		return hi
	}
	times := r.base.times[lo:hi]
	return lo + uint32(sort.Search(len(times), func(i int) bool { return times[i] > until }))
}

func (r *Rows) tailUpTo(tail []uint32, until int64) []uint32 {
	split := r.base.rows()
	if len(tail) == 0 || r.tail.times[tail[len(tail)-1]-split] <= until {
		return tail
	}
	return tail[:sort.Search(len(tail), func(i int) bool { return r.tail.times[tail[i]-split] > until })]
}

// NewestOf visits the newest n rows at or before until over the groups of one contact, newest first by (time, id),
// until f returns false: last n over several types, and timelines.
func NewestOf(groups []Group, n int, until int64, f func(r *Rows, row uint32) bool) {
	if len(groups) == 1 {
		g := groups[0]
		g.Rows.Newest(g.Lo, g.Hi, g.Tail, n, until, func(row uint32) bool { return f(g.Rows, row) })
		return
	}
	left := make([]Group, 0, 16)
	for _, g := range groups {
		g.Hi, g.Tail = g.Rows.upTo(g.Lo, g.Hi, until), g.Rows.tailUpTo(g.Tail, until)
		if g.Len() > 0 {
			left = append(left, g)
		}
	}
	for ; n > 0; n-- {
		var from *Group
		var best uint32
		for i := range left {
			if g := &left[i]; g.Len() > 0 {
				if row := g.last(); from == nil || newer(g.Rows, row, from.Rows, best) {
					from, best = g, row
				}
			}
		}
		if from == nil || !f(from.Rows, best) {
			return
		}
		from.drop(best)
	}
}

// last is the newest row of a group that is not empty; drop takes it away.
func (g *Group) last() uint32 {
	k := len(g.Tail) - 1
	if k < 0 || g.Lo < g.Hi && newer(g.Rows, g.Hi-1, g.Rows, g.Tail[k]) {
		return g.Hi - 1
	}
	return g.Tail[k]
}

func (g *Group) drop(row uint32) {
	if row == g.Hi-1 && g.Lo < g.Hi {
		g.Hi--
		return
	}
	g.Tail = g.Tail[:len(g.Tail)-1]
}
