package index

import "math/bits"

// The kernels below are plain loops over array pointers, unrolled so that the compiler drops every bounds check and
// keeps several population counts in flight. None of them writes to a mask that it only reads, so operands may be the
// words of published containers; a destination may be one of its operands.

// AndCount returns |a AND b|.
func AndCount(a, b *Mask) int {
	var n0, n1, n2, n3 int
	for i := 0; i < ChunkWords; i += 8 {
		n0 += bits.OnesCount64(a[i] & b[i])
		n1 += bits.OnesCount64(a[i+1] & b[i+1])
		n2 += bits.OnesCount64(a[i+2] & b[i+2])
		n3 += bits.OnesCount64(a[i+3] & b[i+3])
		n0 += bits.OnesCount64(a[i+4] & b[i+4])
		n1 += bits.OnesCount64(a[i+5] & b[i+5])
		n2 += bits.OnesCount64(a[i+6] & b[i+6])
		n3 += bits.OnesCount64(a[i+7] & b[i+7])
	}
	return n0 + n1 + n2 + n3
}

// And3Count returns |a AND b AND c|.
func And3Count(a, b, c *Mask) int {
	var n0, n1, n2, n3 int
	for i := 0; i < ChunkWords; i += 8 {
		n0 += bits.OnesCount64(a[i] & b[i] & c[i])
		n1 += bits.OnesCount64(a[i+1] & b[i+1] & c[i+1])
		n2 += bits.OnesCount64(a[i+2] & b[i+2] & c[i+2])
		n3 += bits.OnesCount64(a[i+3] & b[i+3] & c[i+3])
		n0 += bits.OnesCount64(a[i+4] & b[i+4] & c[i+4])
		n1 += bits.OnesCount64(a[i+5] & b[i+5] & c[i+5])
		n2 += bits.OnesCount64(a[i+6] & b[i+6] & c[i+6])
		n3 += bits.OnesCount64(a[i+7] & b[i+7] & c[i+7])
	}
	return n0 + n1 + n2 + n3
}

// OrCount returns |a OR b|.
func OrCount(a, b *Mask) int {
	var n0, n1, n2, n3 int
	for i := 0; i < ChunkWords; i += 8 {
		n0 += bits.OnesCount64(a[i] | b[i])
		n1 += bits.OnesCount64(a[i+1] | b[i+1])
		n2 += bits.OnesCount64(a[i+2] | b[i+2])
		n3 += bits.OnesCount64(a[i+3] | b[i+3])
		n0 += bits.OnesCount64(a[i+4] | b[i+4])
		n1 += bits.OnesCount64(a[i+5] | b[i+5])
		n2 += bits.OnesCount64(a[i+6] | b[i+6])
		n3 += bits.OnesCount64(a[i+7] | b[i+7])
	}
	return n0 + n1 + n2 + n3
}

// AndNotCount returns |a AND NOT b|.
func AndNotCount(a, b *Mask) int {
	var n0, n1, n2, n3 int
	for i := 0; i < ChunkWords; i += 8 {
		n0 += bits.OnesCount64(a[i] &^ b[i])
		n1 += bits.OnesCount64(a[i+1] &^ b[i+1])
		n2 += bits.OnesCount64(a[i+2] &^ b[i+2])
		n3 += bits.OnesCount64(a[i+3] &^ b[i+3])
		n0 += bits.OnesCount64(a[i+4] &^ b[i+4])
		n1 += bits.OnesCount64(a[i+5] &^ b[i+5])
		n2 += bits.OnesCount64(a[i+6] &^ b[i+6])
		n3 += bits.OnesCount64(a[i+7] &^ b[i+7])
	}
	return n0 + n1 + n2 + n3
}

// OrAndNotCount returns |(a OR b) AND NOT c|.
func OrAndNotCount(a, b, c *Mask) int {
	var n0, n1, n2, n3 int
	for i := 0; i < ChunkWords; i += 8 {
		n0 += bits.OnesCount64((a[i] | b[i]) &^ c[i])
		n1 += bits.OnesCount64((a[i+1] | b[i+1]) &^ c[i+1])
		n2 += bits.OnesCount64((a[i+2] | b[i+2]) &^ c[i+2])
		n3 += bits.OnesCount64((a[i+3] | b[i+3]) &^ c[i+3])
		n0 += bits.OnesCount64((a[i+4] | b[i+4]) &^ c[i+4])
		n1 += bits.OnesCount64((a[i+5] | b[i+5]) &^ c[i+5])
		n2 += bits.OnesCount64((a[i+6] | b[i+6]) &^ c[i+6])
		n3 += bits.OnesCount64((a[i+7] | b[i+7]) &^ c[i+7])
	}
	return n0 + n1 + n2 + n3
}

// AndAllCount returns the number of slots that are in every mask of and, and in none of not. With and empty it counts
// the slots outside not.
func AndAllCount(and, not []*Mask) int {
	switch {
	case len(not) == 0 && len(and) == 2:
		return AndCount(and[0], and[1])
	case len(not) == 0 && len(and) == 3:
		return And3Count(and[0], and[1], and[2])
	case len(not) == 1 && len(and) == 1:
		return AndNotCount(and[0], not[0])
	}
	var n0, n1, n2, n3 int
	for i := 0; i < ChunkWords; i += 4 {
		w0, w1, w2, w3 := ^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)
		for _, o := range and {
			w0 &= o[i]
			w1 &= o[i+1]
			w2 &= o[i+2]
			w3 &= o[i+3]
		}
		for _, o := range not {
			w0 &^= o[i]
			w1 &^= o[i+1]
			w2 &^= o[i+2]
			w3 &^= o[i+3]
		}
		n0 += bits.OnesCount64(w0)
		n1 += bits.OnesCount64(w1)
		n2 += bits.OnesCount64(w2)
		n3 += bits.OnesCount64(w3)
	}
	return n0 + n1 + n2 + n3
}

// AndAll sets dst to the slots that are in every mask of and, and in none of not, in one pass. With and empty these
// are the slots outside not.
func AndAll(dst *Mask, and, not []*Mask) {
	for i := 0; i < ChunkWords; i += 4 {
		w0, w1, w2, w3 := ^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)
		for _, o := range and {
			w0 &= o[i]
			w1 &= o[i+1]
			w2 &= o[i+2]
			w3 &= o[i+3]
		}
		for _, o := range not {
			w0 &^= o[i]
			w1 &^= o[i+1]
			w2 &^= o[i+2]
			w3 &^= o[i+3]
		}
		dst[i], dst[i+1], dst[i+2], dst[i+3] = w0, w1, w2, w3
	}
}

// OrAllCount returns the number of slots that are in any of the masks.
func OrAllCount(or []*Mask) int {
	if len(or) == 2 {
		return OrCount(or[0], or[1])
	}
	var n0, n1, n2, n3 int
	for i := 0; i < ChunkWords; i += 4 {
		var w0, w1, w2, w3 uint64
		for _, o := range or {
			w0 |= o[i]
			w1 |= o[i+1]
			w2 |= o[i+2]
			w3 |= o[i+3]
		}
		n0 += bits.OnesCount64(w0)
		n1 += bits.OnesCount64(w1)
		n2 += bits.OnesCount64(w2)
		n3 += bits.OnesCount64(w3)
	}
	return n0 + n1 + n2 + n3
}

// OrAll sets dst to the slots that are in any of the masks, in one pass.
func OrAll(dst *Mask, or []*Mask) {
	for i := 0; i < ChunkWords; i += 4 {
		var w0, w1, w2, w3 uint64
		for _, o := range or {
			w0 |= o[i]
			w1 |= o[i+1]
			w2 |= o[i+2]
			w3 |= o[i+3]
		}
		dst[i], dst[i+1], dst[i+2], dst[i+3] = w0, w1, w2, w3
	}
}
