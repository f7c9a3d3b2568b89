package index

import "math/bits"

// ChunkSize is the number of slots in a chunk, ChunkWords the number of 64-bit words that hold a bit for each.
const (
	ChunkSize  = 1 << 16
	ChunkWords = ChunkSize / 64
)

// Mask is one bit per slot of a chunk: 8 KiB, slot s being bit s%64 of word s/64. Evaluation works on masks of its
// own; a mask that a container hands out (Container.Dense) is read only.
type Mask [ChunkWords]uint64

// Clear removes every slot.
func (m *Mask) Clear() { *m = Mask{} }

// Fill takes in every slot.
func (m *Mask) Fill() {
	for i := range m {
		m[i] = ^uint64(0)
	}
}

// Not inverts every slot.
func (m *Mask) Not() {
	for i := 0; i < ChunkWords; i += 4 {
		m[i], m[i+1], m[i+2], m[i+3] = ^m[i], ^m[i+1], ^m[i+2], ^m[i+3]
	}
}

// And keeps the slots that are in o too.
func (m *Mask) And(o *Mask) {
	for i := 0; i < ChunkWords; i += 4 {
		m[i] &= o[i]
		m[i+1] &= o[i+1]
		m[i+2] &= o[i+2]
		m[i+3] &= o[i+3]
	}
}

// Or takes in the slots of o.
func (m *Mask) Or(o *Mask) {
	for i := 0; i < ChunkWords; i += 4 {
		m[i] |= o[i]
		m[i+1] |= o[i+1]
		m[i+2] |= o[i+2]
		m[i+3] |= o[i+3]
	}
}

// AndNot removes the slots of o.
func (m *Mask) AndNot(o *Mask) {
	for i := 0; i < ChunkWords; i += 4 {
		m[i] &^= o[i]
		m[i+1] &^= o[i+1]
		m[i+2] &^= o[i+2]
		m[i+3] &^= o[i+3]
	}
}

// Count returns the number of slots, 0 to ChunkSize.
func (m *Mask) Count() int {
	var n0, n1, n2, n3 int
	for i := 0; i < ChunkWords; i += 4 {
		n0 += bits.OnesCount64(m[i])
		n1 += bits.OnesCount64(m[i+1])
		n2 += bits.OnesCount64(m[i+2])
		n3 += bits.OnesCount64(m[i+3])
	}
	return n0 + n1 + n2 + n3
}

// Empty reports whether no slot is in the mask.
func (m *Mask) Empty() bool {
	for i := 0; i < ChunkWords; i += 8 {
		if m[i]|m[i+1]|m[i+2]|m[i+3]|m[i+4]|m[i+5]|m[i+6]|m[i+7] != 0 {
			return false
		}
	}
	return true
}

// Get reports whether slot is in the mask.
func (m *Mask) Get(slot uint16) bool { return m[slot>>6]>>(slot&63)&1 != 0 }

// Set takes slot in.
func (m *Mask) Set(slot uint16) { m[slot>>6] |= 1 << (slot & 63) }

// Unset removes slot.
func (m *Mask) Unset(slot uint16) { m[slot>>6] &^= 1 << (slot & 63) }

// Each calls f with every slot in ascending order until f returns false.
func (m *Mask) Each(f func(slot uint16) bool) {
	for i, w := range m {
		for ; w != 0; w &= w - 1 {
			if !f(uint16(i<<6 | bits.TrailingZeros64(w))) {
				return
			}
		}
	}
}

// put sets slot to bit, which is 0 or 1.
func (m *Mask) put(slot uint16, bit uint64) {
	w, s := slot>>6, slot&63
	m[w] = m[w]&^(1<<s) | bit<<s
}

// runs counts the maximal runs of adjacent slots.
func (m *Mask) runs() int {
	n := 0
	before := uint64(0) // the top bit of the word before
	for _, w := range m {
		n += bits.OnesCount64(w &^ (w<<1 | before))
		before = w >> 63
	}
	return n
}

// edges returns the words of the slots first and last, and the bits of each that lie between first and last.
func edges(first, last uint16) (lo, hi int, head, tail uint64) {
	return int(first >> 6), int(last >> 6), ^uint64(0) << (first & 63), ^uint64(0) >> (63 - last&63)
}

// setRange takes in the slots first to last, both included.
func (m *Mask) setRange(first, last uint16) {
	lo, hi, head, tail := edges(first, last)
	if lo == hi {
		m[lo] |= head & tail
		return
	}
	m[lo] |= head
	for i := lo + 1; i < hi; i++ {
		m[i] = ^uint64(0)
	}
	m[hi] |= tail
}

// clearRange removes the slots first to last, both included.
func (m *Mask) clearRange(first, last uint16) {
	lo, hi, head, tail := edges(first, last)
	if lo == hi {
		m[lo] &^= head & tail
		return
	}
	m[lo] &^= head
	clear(m[lo+1 : hi])
	m[hi] &^= tail
}

// countRange counts the slots first to last, both included.
func (m *Mask) countRange(first, last uint16) int {
	lo, hi, head, tail := edges(first, last)
	if lo == hi {
		return bits.OnesCount64(m[lo] & head & tail)
	}
	n := bits.OnesCount64(m[lo]&head) + bits.OnesCount64(m[hi]&tail)
	for _, w := range m[lo+1 : hi] {
		n += bits.OnesCount64(w)
	}
	return n
}
