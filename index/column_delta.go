package index

import "sync/atomic"

// foldAt is the number of entries at which a delta is folded into a fresh base page. Longer deltas save the writer
// copying and cost every scan more patching; 1,024 to 4,096 hardly differ.
const foldAt = 1024

// delta is the changes of a chunk since its base page, in order. Versions share it: a published chunk knows the first
// n entries, and the writer appends behind them, so that publishing copies nothing. Its arrays have a fixed length;
// a longer delta is a new one that takes the entries over.
//
// Readers find the newest entry of a slot through table while the writer goes on: table holds the newest entry of all,
// and each key the number of the entry before it of the same slot, so a reader walks back to its own n. Entries beyond
// n that a reader may walk over are written to with atomic stores only.
type delta[T Value] struct {
	keys    []key
	vals    []T
	table   []uint32 // open addressing, atomic: slot<<16 | entry+1, 0 when free; nil for a short delta
	line    *line    // the same for all deltas that continue each other
	written int      // the writer's: entries in use; sealedOff when another delta has taken over
}

// line tells deltas of one history from those of another. It is not of size zero: those may share an address.
type line struct{ _ byte }

const (
	shortDelta = 16 // entries that are found faster by looking at each
	sealedOff  = -1
)

// key is slot, whether the value is there (or was taken away), and the entry before of the same slot plus one.
type key uint32

func makeKey(slot uint16, live bool, before int) key {
	return key(slot) | key(bit(live))<<16 | key(before+1)<<17
}

func (k key) slot() uint16 { return uint16(k) }
func (k key) live() uint64 { return uint64(k>>16) & 1 }
func (k key) before() int  { return int(k>>17) - 1 }

func newDelta[T Value](capacity int, line *line) *delta[T] {
	d := &delta[T]{keys: make([]key, capacity), vals: make([]T, capacity), line: line}
	if capacity > shortDelta {
		d.table = make([]uint32, 2*capacity)
	}
	return d
}

// append adds an entry behind the first n and returns the delta that holds it: d itself as long as d has room and
// nobody else has written there. d may be nil with n 0.
func (d *delta[T]) append(n int, slot uint16, v T, live bool) *delta[T] {
	switch {
	case d == nil:
		d = newDelta[T](shortDelta, new(line))
	case d.written != n:
		// An edit that was dropped, or one that started from an older version, leaves its entries to d.
		d = d.take(n, len(d.keys), new(line))
	}
	if n == len(d.keys) {
		longer := d.take(n, min(4*n, foldAt), d.line)
		d.written = sealedOff
		d = longer
	}
	d.vals[n] = v
	if d.table == nil {
		d.keys[n] = makeKey(slot, live, -1)
	} else {
		at, before := d.probe(slot)
		d.keys[n] = makeKey(slot, live, before)
		atomic.StoreUint32(&d.table[at], uint32(slot)<<16|uint32(n+1))
	}
	d.written = n + 1
	return d
}

// take returns a new delta with the first n entries of d.
func (d *delta[T]) take(n, capacity int, line *line) *delta[T] {
	own := newDelta[T](capacity, line)
	for i, k := range d.keys[:n] {
		own.append(i, k.slot(), d.vals[i], k.live() != 0)
	}
	return own
}

// overwrite changes entry i, which no published chunk holds.
func (d *delta[T]) overwrite(i int, v T, live bool) {
	k := d.keys[i]
	d.vals[i] = v
	atomic.StoreUint32((*uint32)(&d.keys[i]), uint32(makeKey(k.slot(), live, k.before())))
}

// probe returns where slot stands in the table, or should, and its newest entry, -1 without one.
func (d *delta[T]) probe(slot uint16) (at uint32, entry int) {
	last := uint32(len(d.table) - 1)
	for at = uint32(slot) * 0x9E3779B1 >> 16 & last; ; at = (at + 1) & last {
		e := atomic.LoadUint32(&d.table[at])
		if e == 0 || e>>16 == uint32(slot) {
			return at, int(e&0xffff) - 1
		}
	}
}

// find returns the newest of the first n entries of slot, -1 without one. Any goroutine may call it.
func (d *delta[T]) find(slot uint16, n int) int {
	if d.table == nil {
		for i := n - 1; i >= 0; i-- {
			if d.keys[i].slot() == slot {
				return i
			}
		}
		return -1
	}
	_, i := d.probe(slot)
	for i >= n {
		i = key(atomic.LoadUint32((*uint32)(&d.keys[i]))).before()
	}
	return i
}
