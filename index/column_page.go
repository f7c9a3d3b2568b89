package index

import (
	"math/bits"
	"slices"
)

// page is the base of a column's chunk. It is written to by the edit that made it, and never after seal. It is as long
// as its highest slot needs, so that a small tenant does not pay for whole chunks.
type page[T Value] struct {
	zone[T]      // exact after seal
	vals    []T  // by slot; length a power of two, 64 to ChunkSize. Without a value: anything
	present Mask // the slots that have a value
	stale   bool // a value at the edge of the zone was taken away: seal looks again
}

// rowsFor returns the length of a page that can hold slot.
func rowsFor(slot uint16) int { return max(64, 1<<bits.Len16(slot)) }

// clone returns a copy of the page that can be written to, with room for at least rows slots. A nil page is empty.
func (p *page[T]) clone(rows int) *page[T] {
	if p == nil {
		return &page[T]{vals: make([]T, rows)}
	}
	own := &page[T]{zone: p.zone, present: p.present}
	if rows <= len(p.vals) {
		own.vals = slices.Clone(p.vals)
	} else {
		own.vals = make([]T, rows)
		copy(own.vals, p.vals)
	}
	return own
}

// get returns the value of slot, and whether it has one.
func (p *page[T]) get(slot uint16) (T, bool) {
	if !p.present.Get(slot) {
		var none T
		return none, false
	}
	return p.vals[slot], true
}

// put sets or takes away the value of slot.
func (p *page[T]) put(slot uint16, v T, live bool) {
	if old, ok := p.get(slot); ok && (old == p.lo || old == p.hi) && (!live || v != old) {
		p.stale = true
	}
	if !live {
		p.present.Unset(slot)
		return
	}
	if int(slot) >= len(p.vals) {
		p.vals = append(p.vals, make([]T, rowsFor(slot)-len(p.vals))...)
	}
	p.vals[slot] = v
	p.present.Set(slot)
	p.widen(v)
}

// seal makes the zone exact.
func (p *page[T]) seal() {
	if !p.stale {
		return
	}
	p.stale = false
	var z zone[T]
	for i := range len(p.vals) / 64 {
		w := p.present[i]
		if w == 0 {
			continue
		}
		block := (*[64]T)(p.vals[i*64:])
		if w != ^uint64(0) {
			for ; w != 0; w &= w - 1 {
				z.widen(block[bits.TrailingZeros64(w)])
			}
			continue
		}
		lo, hi := block[0], block[0]
		for _, v := range block {
			lo, hi = min(lo, v), max(hi, v)
		}
		z.widen(lo)
		z.widen(hi)
	}
	p.zone = z
}

// between sets m to the slots whose value v has lo <= v <= hi. A bound that the zone already holds is not compared.
func (p *page[T]) between(lo, hi T, m *Mask) {
	rows := len(p.vals) / 64
	clear(m[rows:])
	switch above, below := p.lo >= lo, p.hi <= hi; {
	case !p.any || p.hi < lo || p.lo > hi:
		clear(m[:rows])
	case above && below:
		*m = p.present
	case lo == hi:
		for i := range rows {
			m[i] = equal((*[64]T)(p.vals[i*64:]), lo) & p.present[i]
		}
	case below:
		for i := range rows {
			m[i] = atLeast((*[64]T)(p.vals[i*64:]), lo) & p.present[i]
		}
	case above:
		for i := range rows {
			m[i] = atMost((*[64]T)(p.vals[i*64:]), hi) & p.present[i]
		}
	default:
		for i := range rows {
			block := (*[64]T)(p.vals[i*64:])
			m[i] = atLeast(block, lo) & atMost(block, hi) & p.present[i]
		}
	}
}

// match sets m to the slots of p whose code is in codes.
func match(p *page[uint32], codes *CodeSet, m *Mask) {
	rows := len(p.vals) / 64
	clear(m[rows:])
	if p.hi < 64 {
		word := codes.words[0]
		for i := range rows {
			m[i] = within64((*[64]uint32)(p.vals[i*64:]), word) & p.present[i]
		}
		return
	}
	for i := range rows {
		if w := p.present[i]; w != 0 {
			m[i] = within((*[64]uint32)(p.vals[i*64:]), codes.words) & w
		} else {
			m[i] = 0
		}
	}
}

// bit is 1 for true; the compiler makes it a SETcc, no branch. A branch on scattered values costs more than the
// whole rest of a scan.
func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// atLeast returns a bit for each value that is >= lo.
func atLeast[T Value](v *[64]T, lo T) (w uint64) {
	for j := 0; j < 64; j += 8 {
		w = w>>8 | (bit(v[j] >= lo)|bit(v[j+1] >= lo)<<1|bit(v[j+2] >= lo)<<2|bit(v[j+3] >= lo)<<3|
			bit(v[j+4] >= lo)<<4|bit(v[j+5] >= lo)<<5|bit(v[j+6] >= lo)<<6|bit(v[j+7] >= lo)<<7)<<56
	}
	return w
}

// atMost returns a bit for each value that is <= hi.
func atMost[T Value](v *[64]T, hi T) (w uint64) {
	for j := 0; j < 64; j += 8 {
		w = w>>8 | (bit(v[j] <= hi)|bit(v[j+1] <= hi)<<1|bit(v[j+2] <= hi)<<2|bit(v[j+3] <= hi)<<3|
			bit(v[j+4] <= hi)<<4|bit(v[j+5] <= hi)<<5|bit(v[j+6] <= hi)<<6|bit(v[j+7] <= hi)<<7)<<56
	}
	return w
}

// equal returns a bit for each value that is x.
func equal[T Value](v *[64]T, x T) (w uint64) {
	for j := 0; j < 64; j += 8 {
		w = w>>8 | (bit(v[j] == x)|bit(v[j+1] == x)<<1|bit(v[j+2] == x)<<2|bit(v[j+3] == x)<<3|
			bit(v[j+4] == x)<<4|bit(v[j+5] == x)<<5|bit(v[j+6] == x)<<6|bit(v[j+7] == x)<<7)<<56
	}
	return w
}

// within64 returns a bit for each code, all of which are below 64, that is set in word.
func within64(v *[64]uint32, word uint64) (w uint64) {
	for j := 0; j < 64; j += 4 {
		w = w>>4 | (word>>(v[j]&63)&1|word>>(v[j+1]&63)&1<<1|word>>(v[j+2]&63)&1<<2|word>>(v[j+3]&63)&1<<3)<<60
	}
	return w
}

// within returns a bit for each code that is set in words.
func within(v *[64]uint32, words []uint64) (w uint64) {
	for j, code := range v {
		if i := int(code >> 6); i < len(words) {
			w |= words[i] >> (code & 63) & 1 << j
		}
	}
	return w
}
