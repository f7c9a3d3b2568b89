package index

import "slices"

// EventsEdit collects appended events and publishes them as the next version. One goroutine uses an edit. After
// Publish the edit goes on from what it published. Editing an older version is allowed and leaves every other version
// as it is; it only costs a copy of the tails that are touched.
type EventsEdit struct {
	events *Events
	open   map[uint64]*rowsEdit // by chunk and type
	last   *rowsEdit
	added  uint64
}

// rowsEdit is one chunk and type while events are appended to it.
type rowsEdit struct {
	key        uint64 // chunk<<32 | type
	base, tail *eventBlock
	shared     *tailShare
	n          uint32 // rows of the tail
	min, max   int64
}

// Append adds one event. The order of appending does not matter to anything but speed; an event that is appended
// twice is there twice. To load many, append them all, or chunk by chunk, and publish then: rows are sorted and
// folded once.
func (ed *EventsEdit) Append(ev Event) {
	key := uint64(ev.Ord/ChunkSize)<<32 | uint64(ev.Type)
	e := ed.last
	if e == nil || e.key != key {
		if e = ed.open[key]; e == nil {
			e = openRows(key, ed.events.Rows(int(key>>32), ev.Type))
			ed.open[key] = e
		}
		ed.last = e
	}
	e.write(&ev)
	ed.added++
}

// openRows goes on behind the published rows r. Only one edit can do so in place; any other one copies the tail.
func openRows(key uint64, r *Rows) *rowsEdit {
	if r == nil {
		return &rowsEdit{key: key, base: noEvents, tail: noEvents, shared: claimedTail()}
	}
	e := &rowsEdit{key: key, base: r.base, tail: r.tail, shared: r.shared, n: r.n, min: r.min, max: r.max}
	if !r.shared.claim(r.n) {
		e.tail, e.shared = r.tail.grown(r.n, r.n+8), claimedTail()
	}
	return e
}

func (e *rowsEdit) write(ev *Event) {
	n := e.n
	if n == e.tail.rows() {
		// Doubling copies least; where only loading gets, what is held in reserve matters more.
		length := max(8, n*2)
		if n > 64*foldRows {
			length = n + n/2
		}
		e.tail = e.tail.grown(n, length)
	}
	if end := e.tail.ends[n]; len(e.tail.ids)-int(end) < len(ev.ID) {
		e.tail = e.tail.withIDs(n, len(ev.ID))
	}
	b := e.tail
	b.slots[n], b.times[n], b.seqs[n], b.sources[n] = uint16(ev.Ord), ev.Time, ev.Seq, ev.Source
	copy(b.ids[b.ends[n]:], ev.ID)
	b.ends[n+1] = b.ends[n] + uint32(len(ev.ID))
	if n == 0 && e.base.rows() == 0 {
		e.min, e.max = ev.Time, ev.Time
	}
	e.min, e.max = min(e.min, ev.Time), max(e.max, ev.Time)
	for i := range ev.Props {
		e.writeProp(i, &ev.Props[i])
	}
	e.n++
}

// writeProp sets a cell of the row that is being written. at is the place of the prop in its event.
func (e *rowsEdit) writeProp(at int, p *Prop) {
	switch p.Kind {
	case Num:
		if c := numCell(p.Num); c != 0 && !writeCell(e.tail.nums, at, p.Name, e.n, c) {
			next := *e.tail
			next.nums = withCell(next.nums, &next, p.Name, e.n, c)
			e.tail = &next
		}
	case Code:
		if p.Code != 0 && !writeCell(e.tail.codes, at, p.Name, e.n, p.Code) {
			next := *e.tail
			next.codes = withCell(next.codes, &next, p.Name, e.n, p.Code)
			e.tail = &next
		}
	case Bool:
		if c := boolCell(p.Bool); !writeCell(e.tail.bools, at, p.Name, e.n, c) {
			next := *e.tail
			next.bools = withCell(next.bools, &next, p.Name, e.n, c)
			e.tail = &next
		}
	}
}

// writeCell sets the cell of a column that is there already. Events of one type mostly have the same props in the
// same order, so the search begins where the column was then.
func writeCell[T propCell](list []propCells[T], at int, name, row uint32, cell T) bool {
	for k := range list {
		i := (at + k) % len(list)
		if list[i].name == name {
			list[i].cells[row] = cell
			return true
		}
	}
	return false
}

// withCell is the list with one column more, in a slice of its own: readers may be using the old one.
func withCell[T propCell](list []propCells[T], b *eventBlock, name, row uint32, cell T) []propCells[T] {
	p := propCells[T]{name: name, cells: make([]T, b.rows())}
	p.cells[row] = cell
	return append(slices.Clip(list), p)
}

// Publish makes the next version. It costs a copy of the list of chunks and, for each chunk that was touched, of its
// list of types; rows are only copied where a tail has become long enough to be folded. It may be called in the midst
// of a batch, to read what was appended so far.
func (ed *EventsEdit) Publish() *Events {
	if ed.added == 0 {
		return ed.events
	}
	old := ed.events
	next := &Events{chunks: slices.Clone(old.chunks), len: old.len + ed.added, fold: old.fold}
	fold := uint32(foldRows)
	if old.fold != 0 {
		fold = old.fold
	}
	own := make(map[int]bool, len(ed.open)) // the chunks whose lists are copies already
	for key, e := range ed.open {
		chunk, typ := int(key>>32), uint32(key)
		for chunk >= len(next.chunks) {
			next.chunks = append(next.chunks, nil)
		}
		if !own[chunk] {
			own[chunk] = true
			next.chunks[chunk] = next.chunks[chunk].clone()
		}
		next.chunks[chunk].put(typ, e.publish(fold))
	}
	ed.events, ed.open, ed.last, ed.added = next, map[uint64]*rowsEdit{}, nil, 0
	return next
}

func (e *rowsEdit) publish(fold uint32) *Rows {
	r := &Rows{chunk: uint32(e.key >> 32), typ: uint32(e.key), min: e.min, max: e.max}
	if e.n > max(fold, e.base.rows()/foldShare) {
		r.base, r.tail, r.shared = e.folded(), noEvents, &tailShare{}
		return r
	}
	e.shared.release(e.n)
	r.base, r.tail, r.shared, r.n = e.base, e.tail, e.shared, e.n
	return r
}

func (c *chunkEvents) clone() *chunkEvents {
	if c == nil {
		return &chunkEvents{}
	}
	return &chunkEvents{types: slices.Clone(c.types), rows: slices.Clone(c.rows)}
}

func (c *chunkEvents) put(typ uint32, r *Rows) {
	i, ok := c.find(typ)
	if ok {
		c.rows[i] = r
		return
	}
	c.types, c.rows = slices.Insert(c.types, i, typ), slices.Insert(c.rows, i, r)
}
