package index

import "slices"

// foldMarks is the length from which a base keeps a mask of its slots: 8 KiB are then at most a byte a row.
const foldMarks = 8192

// folded merges the base and the tail into a new base.
func (e *rowsEdit) folded() *eventBlock {
	split := e.base.rows()
	from := e.merged(e.shared.order(split, e.tail, e.n))
	b := &eventBlock{
		slots: gather(e.base.slots, e.tail.slots, from),
		times: gather(e.base.times, e.tail.times, from),
		seqs:  gather(e.base.seqs, e.tail.seqs, from),
	}
	e.foldIDs(b, from)
	e.foldSources(b, from)
	e.foldProps(b, from)
	if len(from) >= foldMarks {
		b.marks = new(Mask)
		for _, s := range b.slots {
			b.marks.Set(s)
		}
	}
	return b
}

// merged lists all rows in the order of the new base. tail is the order of the tail's rows.
func (e *rowsEdit) merged(tail []uint32) []uint32 {
	split := e.base.rows()
	if split == 0 {
		return tail
	}
	from := make([]uint32, 0, int(split)+len(tail))
	i := uint32(0)
	for _, row := range tail {
		t := row - split
		slot := e.tail.slots[t]
		for i < split && (e.base.slots[i] < slot || e.base.slots[i] == slot && e.base.compare(i, e.tail, t) <= 0) {
			from = append(from, i)
			i++
		}
		from = append(from, row)
	}
	for ; i < split; i++ {
		from = append(from, i)
	}
	return from
}

// gather picks rows: those below len(base) from base, the others from tail.
func gather[T any](base, tail []T, from []uint32) []T {
	out, split := make([]T, len(from)), uint32(len(base))
	for i, row := range from {
		if row < split {
			out[i] = base[row]
		} else {
			out[i] = tail[row-split]
		}
	}
	return out
}

// foldIDs finds all ids first, and copies them then: no copy waits for memory to know where the next id is.
func (e *rowsEdit) foldIDs(b *eventBlock, from []uint32) {
	split := e.base.rows()
	b.ends = make([]uint32, len(from)+1)
	starts := make([]uint32, len(from))
	total := uint32(0)
	for i, row := range from {
		ends := e.base.ends
		if row >= split {
			ends, row = e.tail.ends, row-split
		}
		starts[i] = ends[row]
		total += ends[row+1] - ends[row]
		b.ends[i+1] = total
	}
	b.ids = make([]byte, total)
	for i, row := range from {
		ids := e.base.ids
		if row >= split {
			ids = e.tail.ids
		}
		copy(b.ids[b.ends[i]:b.ends[i+1]], ids[starts[i]:])
	}
}

// foldSources keeps one source for all rows where that is so; most types come from one source.
func (e *rowsEdit) foldSources(b *eventBlock, from []uint32) {
	b.source = e.tail.sources[0]
	if e.base.sources == nil && (e.base.rows() == 0 || e.base.source == b.source) &&
		!slices.ContainsFunc(e.tail.sources[:e.n], func(s uint32) bool { return s != b.source }) {
		return
	}
	base := e.base.sources
	if base == nil {
		base = slices.Repeat([]uint32{e.base.source}, int(e.base.rows()))
	}
	b.sources = gather(base, e.tail.sources, from)
}

func (e *rowsEdit) foldProps(b *eventBlock, from []uint32) {
	b.codes = foldCells(e.base.codes, e.tail.codes, e.base.rows(), from)
	b.bools = foldCells(e.base.bools, e.tail.bools, e.base.rows(), from)
	base := slices.Clone(e.base.nums)
	for i := range e.base.ints {
		base = append(base, widened(&e.base.ints[i], e.base.rows()))
	}
	for _, p := range foldCells(base, e.tail.nums, e.base.rows(), from) {
		if ints, ok := narrowed(&p); ok {
			b.ints = append(b.ints, ints)
		} else {
			b.nums = append(b.nums, p)
		}
	}
}

// foldCells folds each property that the base or the tail has.
func foldCells[T propCell](base, tail []propCells[T], split uint32, from []uint32) []propCells[T] {
	var out []propCells[T]
	for i := range base {
		var cells []T
		if t := findCells(tail, base[i].name); t != nil {
			cells = t.cells
		}
		out = append(out, foldColumn(&base[i], cells, split, from))
	}
	for i := range tail {
		if findCells(base, tail[i].name) == nil {
			out = append(out, foldColumn(&propCells[T]{name: tail[i].name, present: make([]uint64, split/64+1)}, tail[i].cells, split, from))
		}
	}
	return out
}

func foldColumn[T propCell](base *propCells[T], tail []T, split uint32, from []uint32) propCells[T] {
	cells := make([]T, len(from))
	for i, row := range from {
		if row < split {
			cells[i] = base.at(row)
		} else if tail != nil {
			cells[i] = tail[row-split]
		}
	}
	return packCells(base.name, cells)
}

func widened(p *propCells[uint32], rows uint32) propCells[uint64] {
	cells := make([]uint64, rows)
	for i := range cells {
		if c := p.at(uint32(i)); c != 0 {
			cells[i] = numCell(cellInt(c))
		}
	}
	return propCells[uint64]{name: p.name, cells: cells}
}

// narrowed is the column in half the room, if all its numbers allow it.
func narrowed(p *propCells[uint64]) (propCells[uint32], bool) {
	out := propCells[uint32]{name: p.name, cells: make([]uint32, len(p.cells)), present: p.present, ranks: p.ranks}
	for i, c := range p.cells {
		if c == 0 {
			continue
		}
		cell, ok := intCell(c)
		if !ok {
			return propCells[uint32]{}, false
		}
		out.cells[i] = cell
	}
	return out, true
}
