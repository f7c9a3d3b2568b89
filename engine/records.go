package engine

import (
	"encoding/binary"
	"slices"

	"rollcall/engine/command"
	"rollcall/index"
)

// Source records have ordinals of their own. Their bytes lie end to end in a few large blocks per chunk of ordinals,
// so that the collector sees no pointer per record; a changed record is written anew behind the others, and a chunk of
// which more is garbage than not is written anew as a whole. Columns say where each record lies and whose it is.

const (
	recordsPerChunk = 1 << 16
	recordsPerGroup = 16 // of a page on disk
	firstBlock      = 4 << 10
	largestBlock    = 256 << 10
	leastGarbage    = 64 << 10 // a chunk with less is not worth writing anew
)

// recordStore is the source records as Apply changes them.
type recordStore struct {
	n        uint32
	byKey    *index.Table
	place    columnCell[int64]  // block<<32 | offset in the chunk's blocks
	owner    columnCell[uint32] // contact, or account for record.ofAccount; none for an opportunity of an account only
	next     columnCell[uint32] // the next record of the same owner; the chain begins at entity.first
	nextDeal columnCell[uint32] // the next opportunity of the same account; the chain begins at entity.deal
	arenas   []*arena
	blocks   []blocks // as published, by chunk
	moved    bool     // since blocks was published
	dirty    bitmap   // groups that differ from what is on disk
	scratch  []byte
}

// blocks are the bytes of one chunk. Bytes that a root knows of never change.
type blocks [][]byte

type arena struct {
	blocks
	used       int // of the last block
	live, dead int // bytes
}

func newRecordStore() *recordStore { return &recordStore{byKey: index.NewTable(0)} }

// find returns the record of a key.
func (r *recordStore) find(k command.Key) (uint32, bool) { return r.byKey.Get(index.Key(k)) }

// add makes a record.
func (r *recordStore) add(rec *record) uint32 {
	ord := r.n
	r.n++
	r.byKey.Put(index.Key(rec.key), ord)
	r.write(ord, rec)
	return ord
}

// bytes returns the encoded record.
func (r *recordStore) bytes(ord uint32) []byte {
	place, _ := r.place.get(ord)
	return r.arenas[ord/recordsPerChunk].at(place)
}

// at returns the record that lies at a place.
func (b blocks) at(place int64) []byte {
	block := b[place>>32][uint32(place):]
	n, width := binary.Uvarint(block)
	return block[width : width+int(n)]
}

// write stores what a record is now.
func (r *recordStore) write(ord uint32, rec *record) {
	r.scratch = rec.append(r.scratch[:0])
	r.writeBytes(ord, r.scratch)
	r.touch(ord)
}

// touch marks a record as changed since the last flush.
func (r *recordStore) touch(ord uint32) { r.dirty.set(ord / recordsPerGroup) }

func (r *recordStore) writeBytes(ord uint32, data []byte) {
	chunk := int(ord / recordsPerChunk)
	for len(r.arenas) <= chunk {
		r.arenas = append(r.arenas, new(arena))
		r.moved = true
	}
	a := r.arenas[chunk]
	if place, ok := r.place.get(ord); ok {
		n := entrySize(len(a.at(place)))
		a.live -= n
		a.dead += n
	}
	r.put(a, ord, data)
	if a.dead > a.live && a.dead > leastGarbage {
		r.compact(chunk)
	}
}

func (r *recordStore) put(a *arena, ord uint32, data []byte) {
	place, grown := a.append(data)
	r.moved = r.moved || grown
	r.place.set(ord, place)
}

// append puts data behind what is there; grown tells that it took a new block.
func (a *arena) append(data []byte) (place int64, grown bool) {
	size := entrySize(len(data))
	if len(a.blocks) == 0 || a.used+size > len(a.blocks[len(a.blocks)-1]) {
		room := firstBlock
		if len(a.blocks) > 0 {
			room = min(2*len(a.blocks[len(a.blocks)-1]), largestBlock)
		}
		a.blocks = append(a.blocks, make([]byte, max(room, size)))
		a.used, grown = 0, true
	}
	last := len(a.blocks) - 1
	width := binary.PutUvarint(a.blocks[last][a.used:], uint64(len(data)))
	copy(a.blocks[last][a.used+width:], data)
	place = int64(last)<<32 | int64(a.used)
	a.used += size
	a.live += size
	return place, grown
}

func entrySize(n int) int {
	width := 1
	for m := n; m >= 0x80; m >>= 7 {
		width++
	}
	return n + width
}

// compact writes the live records of a chunk into fresh blocks.
func (r *recordStore) compact(chunk int) {
	old := r.arenas[chunk]
	fresh := &arena{}
	from := uint32(chunk) * recordsPerChunk
	for ord := from; ord < r.n && ord < from+recordsPerChunk; ord++ {
		if place, ok := r.place.get(ord); ok {
			r.put(fresh, ord, old.at(place))
		}
	}
	r.arenas[chunk] = fresh
	r.moved = true
}

// recordsView is the source records of a root.
type recordsView struct {
	n              uint32
	place          *index.Column[int64]
	owner          *index.Column[uint32]
	next, nextDeal *index.Column[uint32]
	blocks         []blocks
	byKey          *index.Table
}

func (r *recordStore) publish() recordsView {
	if r.moved {
		r.blocks = make([]blocks, len(r.arenas))
		for i, a := range r.arenas {
			r.blocks[i] = a.blocks
		}
		r.moved = false
	}
	return recordsView{
		n: r.n, place: r.place.publish(), owner: r.owner.publish(), next: r.next.publish(), nextDeal: r.nextDeal.publish(),
		blocks: r.blocks, byKey: r.byKey,
	}
}

func (v *recordsView) bytes(ord uint32) []byte {
	place, _ := v.place.Get(ord)
	return v.blocks[ord/recordsPerChunk].at(place)
}

// bitmap is a growing set of small numbers.
type bitmap struct {
	words []uint64
	n     int
}

func (b *bitmap) set(i uint32) {
	w := int(i / 64)
	if w >= len(b.words) {
		b.words = append(slices.Grow(b.words, w+1-len(b.words)), make([]uint64, w+1-len(b.words))...)
	}
	if bit := uint64(1) << (i % 64); b.words[w]&bit == 0 {
		b.words[w] |= bit
		b.n++
	}
}

// each calls f with every number, ascending, until f fails.
func (b *bitmap) each(f func(i uint32) error) error {
	for w, word := range b.words {
		for i := uint32(0); word != 0; i++ {
			if word&1 != 0 {
				if err := f(uint32(w)*64 + i); err != nil {
					return err
				}
			}
			word >>= 1
		}
	}
	return nil
}

// join takes the numbers of o in.
func (b *bitmap) join(o bitmap) {
	_ = o.each(func(i uint32) error { b.set(i); return nil })
}
