package index

// The kernels below join several masks into one. Each goes over a fixed number of operands: one loop over them, a word at
// a time, keeps their addresses in registers, which an inner loop over a list does not (measured: two to four times).

// AndAll sets dst to the slots that are in every mask of and, and in none of not. With and empty these are the slots
// outside not. dst may be one of the masks.
func AndAll(dst *Mask, and, not []*Mask) {
	if len(and) == 0 {
		OrAll(dst, not)
		dst.Not()
		return
	}
	// The first pass reads up to four of and; with few of them, the first of not too. It must not write over the others.
	if holds(and[min(4, len(and)):], dst) || holds(not[min(max(0, 3-len(and)), len(not)):], dst) {
		var out Mask
		AndAll(&out, and, not)
		*dst = out
		return
	}
	switch {
	case len(and) == 1 && len(not) == 1:
		andNot(dst, and[0], not[0])
		return
	case len(and) == 1 && len(not) > 1:
		andNot2(dst, and[0], not[0], not[1])
		not = not[2:]
	case len(and) == 2 && len(not) > 0:
		and2Not(dst, and[0], and[1], not[0])
		not = not[1:]
	case len(and) == 1:
		*dst = *and[0]
	case len(and) == 2:
		and2(dst, and[0], and[1])
	case len(and) == 3:
		and3(dst, and[0], and[1], and[2])
	default:
		and4(dst, and[0], and[1], and[2], and[3])
		for and = and[4:]; len(and) >= 3; and = and[3:] {
			and4(dst, dst, and[0], and[1], and[2])
		}
		for ; len(and) > 0; and = and[1:] {
			and2(dst, dst, and[0])
		}
	}
	for ; len(not) >= 2; not = not[2:] {
		andNot2(dst, dst, not[0], not[1])
	}
	if len(not) > 0 {
		andNot(dst, dst, not[0])
	}
}

// OrAll sets dst to the slots that are in any of the masks. dst may be one of them.
func OrAll(dst *Mask, or []*Mask) {
	if len(or) > 4 && holds(or[4:], dst) {
		var out Mask
		OrAll(&out, or)
		*dst = out
		return
	}
	switch len(or) {
	case 0:
		dst.Clear()
	case 1:
		*dst = *or[0]
	case 2:
		or2(dst, or[0], or[1])
	case 3:
		or3(dst, or[0], or[1], or[2])
	default:
		or4(dst, or[0], or[1], or[2], or[3])
		for or = or[4:]; len(or) >= 3; or = or[3:] {
			or4(dst, dst, or[0], or[1], or[2])
		}
		for ; len(or) > 0; or = or[1:] {
			or2(dst, dst, or[0])
		}
	}
}

// holds reports whether m itself is one of the masks.
func holds(masks []*Mask, m *Mask) bool {
	for _, o := range masks {
		if o == m {
			return true
		}
	}
	return false
}

func and2(dst, a, b *Mask) {
	for i := 0; i < ChunkWords; i += 4 {
		dst[i] = a[i] & b[i]
		dst[i+1] = a[i+1] & b[i+1]
		dst[i+2] = a[i+2] & b[i+2]
		dst[i+3] = a[i+3] & b[i+3]
	}
}

func and3(dst, a, b, c *Mask) {
	for i := 0; i < ChunkWords; i += 4 {
		dst[i] = a[i] & b[i] & c[i]
		dst[i+1] = a[i+1] & b[i+1] & c[i+1]
		dst[i+2] = a[i+2] & b[i+2] & c[i+2]
		dst[i+3] = a[i+3] & b[i+3] & c[i+3]
	}
}

func and4(dst, a, b, c, d *Mask) {
	for i := 0; i < ChunkWords; i += 4 {
		dst[i] = a[i] & b[i] & c[i] & d[i]
		dst[i+1] = a[i+1] & b[i+1] & c[i+1] & d[i+1]
		dst[i+2] = a[i+2] & b[i+2] & c[i+2] & d[i+2]
		dst[i+3] = a[i+3] & b[i+3] & c[i+3] & d[i+3]
	}
}

func andNot(dst, a, b *Mask) {
	for i := 0; i < ChunkWords; i += 4 {
		dst[i] = a[i] &^ b[i]
		dst[i+1] = a[i+1] &^ b[i+1]
		dst[i+2] = a[i+2] &^ b[i+2]
		dst[i+3] = a[i+3] &^ b[i+3]
	}
}

func andNot2(dst, a, b, c *Mask) {
	for i := 0; i < ChunkWords; i += 4 {
		dst[i] = a[i] &^ (b[i] | c[i])
		dst[i+1] = a[i+1] &^ (b[i+1] | c[i+1])
		dst[i+2] = a[i+2] &^ (b[i+2] | c[i+2])
		dst[i+3] = a[i+3] &^ (b[i+3] | c[i+3])
	}
}

func and2Not(dst, a, b, c *Mask) {
	for i := 0; i < ChunkWords; i += 4 {
		dst[i] = a[i] & b[i] &^ c[i]
		dst[i+1] = a[i+1] & b[i+1] &^ c[i+1]
		dst[i+2] = a[i+2] & b[i+2] &^ c[i+2]
		dst[i+3] = a[i+3] & b[i+3] &^ c[i+3]
	}
}

func or2(dst, a, b *Mask) {
	for i := 0; i < ChunkWords; i += 4 {
		dst[i] = a[i] | b[i]
		dst[i+1] = a[i+1] | b[i+1]
		dst[i+2] = a[i+2] | b[i+2]
		dst[i+3] = a[i+3] | b[i+3]
	}
}

func or3(dst, a, b, c *Mask) {
	for i := 0; i < ChunkWords; i += 4 {
		dst[i] = a[i] | b[i] | c[i]
		dst[i+1] = a[i+1] | b[i+1] | c[i+1]
		dst[i+2] = a[i+2] | b[i+2] | c[i+2]
		dst[i+3] = a[i+3] | b[i+3] | c[i+3]
	}
}

func or4(dst, a, b, c, d *Mask) {
	for i := 0; i < ChunkWords; i += 4 {
		dst[i] = a[i] | b[i] | c[i] | d[i]
		dst[i+1] = a[i+1] | b[i+1] | c[i+1] | d[i+1]
		dst[i+2] = a[i+2] | b[i+2] | c[i+2] | d[i+2]
		dst[i+3] = a[i+3] | b[i+3] | c[i+3] | d[i+3]
	}
}
