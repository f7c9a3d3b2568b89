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

// or3Count returns |a OR b OR c|.
func or3Count(a, b, c *Mask) int {
	var n0, n1, n2, n3 int
	for i := 0; i < ChunkWords; i += 4 {
		n0 += bits.OnesCount64(a[i] | b[i] | c[i])
		n1 += bits.OnesCount64(a[i+1] | b[i+1] | c[i+1])
		n2 += bits.OnesCount64(a[i+2] | b[i+2] | c[i+2])
		n3 += bits.OnesCount64(a[i+3] | b[i+3] | c[i+3])
	}
	return n0 + n1 + n2 + n3
}

// and2NotCount returns |a AND b AND NOT c|.
func and2NotCount(a, b, c *Mask) int {
	var n0, n1, n2, n3 int
	for i := 0; i < ChunkWords; i += 4 {
		n0 += bits.OnesCount64(a[i] & b[i] &^ c[i])
		n1 += bits.OnesCount64(a[i+1] & b[i+1] &^ c[i+1])
		n2 += bits.OnesCount64(a[i+2] & b[i+2] &^ c[i+2])
		n3 += bits.OnesCount64(a[i+3] & b[i+3] &^ c[i+3])
	}
	return n0 + n1 + n2 + n3
}

// AndAllCount returns the number of slots that are in every mask of and, and in none of not. With and empty it counts
// the slots outside not. The last operands are counted without being joined.
func AndAllCount(and, not []*Mask) int {
	switch {
	case len(and) == 0:
		return ChunkSize - OrAllCount(not)
	case len(and) == 1 && len(not) == 0:
		return and[0].Count()
	case len(and) == 2 && len(not) == 0:
		return AndCount(and[0], and[1])
	case len(and) == 3 && len(not) == 0:
		return And3Count(and[0], and[1], and[2])
	case len(and) == 1 && len(not) == 1:
		return AndNotCount(and[0], not[0])
	case len(and) == 2 && len(not) == 1:
		return and2NotCount(and[0], and[1], not[0])
	}
	var m Mask
	if n := len(not) - 1; n >= 0 {
		AndAll(&m, and, not[:n])
		return AndNotCount(&m, not[n])
	}
	n := len(and) - 2
	AndAll(&m, and[:n], nil)
	return And3Count(&m, and[n], and[n+1])
}

// OrAllCount returns the number of slots that are in any of the masks. The last ones are counted without being joined.
func OrAllCount(or []*Mask) int {
	switch len(or) {
	case 0:
		return 0
	case 1:
		return or[0].Count()
	case 2:
		return OrCount(or[0], or[1])
	case 3:
		return or3Count(or[0], or[1], or[2])
	}
	var m Mask
	n := len(or) - 2
	OrAll(&m, or[:n])
	return or3Count(&m, or[n], or[n+1])
}
