package engine

import (
	"encoding/binary"
	"maps"
	"slices"

	"rollcall/index"
)

// The spaces of dictionaries, sets and columns. They are part of the format on disk.
const (
	spaceWords = iota
	spaceContact
	spaceAccount
	spaceDeal
	spaceTag
	spaceProp
	spaceLive
	spaceSegment
	spaceMerged
	spaceJoin
	spaceSince
)

// writer writes the pages of one tenant. After an error it does nothing.
type writer struct {
	PageFlush
	tenant *Tenant
	deltas map[columnChunk][]uint32
	err    error
}

func (w *writer) put(data []byte, kind byte, numbers ...uint32) {
	if w.err == nil {
		w.err = w.Put(w.tenant.page(kind, numbers...), data)
	}
}

func (w *writer) putOnce(data []byte, kind byte, numbers ...uint32) {
	if w.err == nil {
		w.err = w.PutOnce(w.tenant.page(kind, numbers...), data)
	}
}

func (w *writer) drop(kind byte, numbers ...uint32) {
	if w.err == nil {
		w.err = w.Delete(w.tenant.page(kind, numbers...))
	}
}

func (w *writer) dropAll(kind byte, numbers ...uint32) {
	if w.err == nil {
		w.err = w.DeletePrefix(w.tenant.page(kind, numbers...))
	}
}

func (w *writer) entity(space, number uint32, p, old *population) {
	for block := old.ids.n / idsPerBlock; block*idsPerBlock < p.ids.n; block++ {
		n := min(idsPerBlock, p.ids.n-block*idsPerBlock)
		data := make([]byte, 0, n*16)
		for _, id := range p.ids.blocks[block][:n] {
			data = append(data, id[:]...)
		}
		w.put(data, pageIDs, number, block)
	}
	w.set(spaceLive, number, p.live, old.live)
	column(w, spaceMerged, number, p.merged, old.merged)
	w.attributes(space, p.attributes, old.attributes)
}

// attributes writes dictionaries and columns. The number of a column says its kind too: a column that was widened is
// another one.
func (w *writer) attributes(space uint32, list, old []attributeView) {
	for i := range list {
		a, before := &list[i], &attributeView{}
		if i < len(old) {
			before = &old[i]
			if before.kind != a.kind {
				w.dropAll(pageColumn, space, columnNumber(uint32(i), before))
				before = &attributeView{}
			}
		}
		number := columnNumber(uint32(i), a)
		w.dictionary(space, uint32(i), a.Dict, before.Dict)
		column(w, space, number, a.Codes, before.Codes)
		column(w, space, number, a.Ints, before.Ints)
		column(w, space, number, a.Floats, before.Floats)
		column(w, space, number, a.Bools, before.Bools)
	}
}

func columnNumber(attribute uint32, v *attributeView) uint32 { return attribute<<3 | uint32(v.Kind) }

// textsPerBlock is how many texts of a dictionary a page has; the last one is written again until it is full.
const textsPerBlock = 1 << 10

func (w *writer) dictionary(space, number uint32, now, old index.DictView) {
	for block := old.Len() / textsPerBlock; now.Len() > old.Len() && block*textsPerBlock < now.Len(); block++ {
		var data []byte
		for code := block*textsPerBlock + 1; code <= min(now.Len(), (block+1)*textsPerBlock); code++ {
			text := now.Text(code)
			data = append(binary.AppendUvarint(data, uint64(len(text))), text...)
		}
		w.put(data, pageDictionary, space, number, block)
	}
}

func (w *writer) set(space, number uint32, now, old *index.Set) {
	if w.err != nil {
		return
	}
	w.err = now.Pages(old, func(chunk int, data []byte) error {
		if len(data) == 0 {
			w.drop(pageSet, space, number, uint32(chunk))
		} else {
			w.put(data, pageSet, space, number, uint32(chunk))
		}
		return w.err
	})
}

// column writes what changed of a column. A base page makes the delta pages of its chunk void, and a delta from 0 all
// others: those are deleted, but never a page that is put as well.
func column[T index.Value](w *writer, space, number uint32, now, old *index.Column[T]) {
	if w.err != nil || now == old {
		return
	}
	void := map[columnChunk][]uint32{}
	w.err = now.Pages(old, func(chunk int, base bool, from int, data []byte) error {
		c := columnChunk{space, number, uint32(chunk)}
		switch {
		case base && len(data) == 0:
			w.drop(pageColumn, space, number, c.chunk, 0)
		case base:
			w.put(data, pageColumn, space, number, c.chunk, 0)
		default:
			w.put(data, pageColumn, space, number, c.chunk, uint32(from)+1)
		}
		if base || from == 0 {
			void[c] = append(void[c], w.deltas[c]...)
			w.deltas[c] = nil
		}
		if !base {
			w.deltas[c] = append(slices.Clip(w.deltas[c]), uint32(from)+1)
		}
		return w.err
	})
	for _, c := range slices.SortedFunc(maps.Keys(void), func(a, b columnChunk) int { return int(a.chunk) - int(b.chunk) }) {
		slices.Sort(void[c])
		for _, page := range slices.Compact(void[c]) {
			if !slices.Contains(w.deltas[c], page) {
				w.drop(pageColumn, space, number, c.chunk, page)
			}
		}
	}
}

func (w *writer) tags(list, old []tagView) {
	before := map[uint32]*tagView{}
	for i := range old {
		before[old[i].number] = &old[i]
	}
	for i := range list {
		t, was := &list[i], before[list[i].number]
		delete(before, t.number)
		if was == nil {
			was = &tagView{}
		}
		w.set(spaceTag, t.number, t.Set, was.Set)
		column(w, spaceTag, t.number, t.Values, was.Values)
		column(w, spaceSince, t.number, t.since, was.since)
		w.dictionary(spaceTag, t.number, t.Dict, was.Dict)
	}
	for _, number := range slices.Sorted(maps.Keys(before)) {
		w.dropAll(pageSet, spaceTag, number)
		w.dropAll(pageColumn, spaceTag, number)
		w.dropAll(pageColumn, spaceSince, number)
		w.dropAll(pageDictionary, spaceTag, number)
		maps.DeleteFunc(w.deltas, func(c columnChunk, _ []uint32) bool {
			return (c.space == spaceTag || c.space == spaceSince) && c.number == number
		})
	}
}

func (w *writer) segments(list, old []segmentView) {
	before := map[uint32]*segmentView{}
	for i := range old {
		before[old[i].number] = &old[i]
	}
	for i := range list {
		var was *index.Set
		if o := before[list[i].number]; o != nil {
			was = o.Members
		}
		delete(before, list[i].number)
		w.set(spaceSegment, list[i].number, list[i].Members, was)
	}
	for _, number := range slices.Sorted(maps.Keys(before)) {
		w.dropAll(pageSet, spaceSegment, number)
	}
}
