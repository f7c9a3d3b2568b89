package index

import "math/bits"

// CodeSet is a growing set of dictionary codes. One goroutine fills it; then any may read it. The zero CodeSet is
// empty and ready.
type CodeSet struct {
	words []uint64
	n     int
}

// Add takes code in. The set grows to one bit per code up to the largest.
func (s *CodeSet) Add(code uint32) {
	w := int(code >> 6)
	if w >= len(s.words) {
		s.words = append(s.words, make([]uint64, w+1-len(s.words))...)
	}
	if bit := uint64(1) << (code & 63); s.words[w]&bit == 0 {
		s.words[w] |= bit
		s.n++
	}
}

// Contains reports whether code is in the set.
func (s *CodeSet) Contains(code uint32) bool {
	w := int(code >> 6)
	return w < len(s.words) && s.words[w]>>(code&63)&1 != 0
}

// Len returns the number of codes.
func (s *CodeSet) Len() int { return s.n }

// within returns the smallest and the largest code of the set between lo and hi, both included, and how many there are.
func (s *CodeSet) within(lo, hi uint32) (first, last uint32, n int) {
	for w := int(lo >> 6); w <= int(hi>>6) && w < len(s.words); w++ {
		word := s.words[w]
		if w == int(lo>>6) {
			word &= ^uint64(0) << (lo & 63)
		}
		if w == int(hi>>6) {
			word &= ^uint64(0) >> (63 - hi&63)
		}
		if word == 0 {
			continue
		}
		if n == 0 {
			first = uint32(w<<6 | bits.TrailingZeros64(word))
		}
		last = uint32(w<<6 | 63 - bits.LeadingZeros64(word))
		n += bits.OnesCount64(word)
	}
	return first, last, n
}

// MatchCodes sets m to the slots of c whose code is in codes. A nil c has none.
func MatchCodes(c *ColumnChunk[uint32], codes *CodeSet, m *Mask) {
	m.Clear()
	if c == nil {
		return
	}
	if c.base != nil && c.base.any {
		first, last, n := codes.within(c.base.lo, c.base.hi)
		switch {
		case n == 0:
		case n == int(last-first)+1:
			c.base.between(first, last, m)
		default:
			match(c.base, codes, m)
		}
	}
	keys, codesOf := c.entries()
	for i, key := range keys {
		hit := key.live()
		if !codes.Contains(codesOf[i]) {
			hit = 0
		}
		m.put(key.slot(), hit)
	}
}
