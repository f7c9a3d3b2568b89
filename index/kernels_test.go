package index

import (
	"testing"

	"pgregory.net/rapid"
)

// drawMask draws a mask that is empty, full, sparse or mixed.
func drawMask(t *rapid.T, name string) *Mask {
	m := new(Mask)
	switch rapid.IntRange(0, 3).Draw(t, name+" kind") {
	case 0:
	case 1:
		m.Fill()
	case 2:
		for _, slot := range rapid.SliceOf(rapid.Uint16()).Draw(t, name+" slots") {
			m.Set(slot)
		}
	case 3:
		x := rapid.Uint64Min(1).Draw(t, name+" seed")
		for i := range m {
			x ^= x << 13
			x ^= x >> 7
			x ^= x << 17
			m[i] = x
		}
	}
	return m
}

func drawMasks(t *rapid.T, name string) []*Mask {
	ms := make([]*Mask, rapid.IntRange(0, 9).Draw(t, name))
	for i := range ms {
		ms[i] = drawMask(t, name)
	}
	return ms
}

// count is the twin of all kernels: it asks slot by slot.
func count(in func(slot uint16) bool) int {
	n := 0
	for slot := range ChunkSize {
		if in(uint16(slot)) {
			n++
		}
	}
	return n
}

func TestKernels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := drawMask(t, "a"), drawMask(t, "b"), drawMask(t, "c")
		for _, k := range []struct {
			name string
			got  int
			in   func(s uint16) bool
		}{
			{"AndCount", AndCount(a, b), func(s uint16) bool { return a.Get(s) && b.Get(s) }},
			{"And3Count", And3Count(a, b, c), func(s uint16) bool { return a.Get(s) && b.Get(s) && c.Get(s) }},
			{"OrCount", OrCount(a, b), func(s uint16) bool { return a.Get(s) || b.Get(s) }},
			{"AndNotCount", AndNotCount(a, b), func(s uint16) bool { return a.Get(s) && !b.Get(s) }},
			{"Count", a.Count(), a.Get},
		} {
			if want := count(k.in); k.got != want {
				t.Fatalf("%s = %d, want %d", k.name, k.got, want)
			}
		}
	})
}

// inEvery and inSome are what the fused kernels compute.
func inEvery(and, not []*Mask) func(s uint16) bool {
	return func(s uint16) bool {
		for _, m := range and {
			if !m.Get(s) {
				return false
			}
		}
		return !inSome(not)(s)
	}
}

func inSome(or []*Mask) func(s uint16) bool {
	return func(s uint16) bool {
		for _, m := range or {
			if m.Get(s) {
				return true
			}
		}
		return false
	}
}

// slots returns the mask of the slots for which in holds.
func slots(in func(s uint16) bool) *Mask {
	m := new(Mask)
	for slot := range ChunkSize {
		if in(uint16(slot)) {
			m.Set(uint16(slot))
		}
	}
	return m
}

func TestFusedKernels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		and, not := drawMasks(t, "and"), drawMasks(t, "not")
		dst := drawMask(t, "dst")
		if rapid.Bool().Draw(t, "in place") && len(and)+len(not) > 0 {
			// The destination is an operand too.
			if at := rapid.IntRange(0, len(and)+len(not)-1).Draw(t, "at"); at < len(and) {
				and[at] = dst
			} else {
				not[at-len(and)] = dst
			}
		}
		every, some := slots(inEvery(and, not)), slots(inSome(and))
		before := *dst
		if n, want := AndAllCount(and, not), every.Count(); n != want {
			t.Fatalf("AndAllCount = %d, want %d", n, want)
		}
		if n, want := OrAllCount(and), some.Count(); n != want {
			t.Fatalf("OrAllCount = %d, want %d", n, want)
		}
		if AndAll(dst, and, not); *dst != *every {
			t.Fatalf("AndAll gives %d slots, want %d", dst.Count(), every.Count())
		}
		*dst = before
		if OrAll(dst, and); *dst != *some {
			t.Fatalf("OrAll gives %d slots, want %d", dst.Count(), some.Count())
		}
	})
}

func TestMaskOperations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawMask(t, "a"), drawMask(t, "b")
		for _, k := range []struct {
			name string
			do   func(m *Mask)
			in   func(s uint16) bool
		}{
			{"And", func(m *Mask) { m.And(b) }, func(s uint16) bool { return a.Get(s) && b.Get(s) }},
			{"Or", func(m *Mask) { m.Or(b) }, func(s uint16) bool { return a.Get(s) || b.Get(s) }},
			{"AndNot", func(m *Mask) { m.AndNot(b) }, func(s uint16) bool { return a.Get(s) && !b.Get(s) }},
			{"Not", func(m *Mask) { m.Not() }, func(s uint16) bool { return !a.Get(s) }},
			{"Clear", func(m *Mask) { m.Clear() }, func(uint16) bool { return false }},
			{"Fill", func(m *Mask) { m.Fill() }, func(uint16) bool { return true }},
		} {
			m := *a
			k.do(&m)
			if n := count(func(s uint16) bool { return m.Get(s) == k.in(s) }); n != ChunkSize {
				t.Fatalf("%s: %d slots differ", k.name, ChunkSize-n)
			}
			if m.Empty() != (m.Count() == 0) {
				t.Fatalf("%s: Empty = %v of %d", k.name, m.Empty(), m.Count())
			}
		}
	})
}

func TestMaskRanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMask(t, "m")
		first := rapid.Uint16().Draw(t, "first")
		last := rapid.Uint16Min(first).Draw(t, "last")
		inside := func(s uint16) bool { return first <= s && s <= last }
		if got, want := m.countRange(first, last), count(func(s uint16) bool { return inside(s) && m.Get(s) }); got != want {
			t.Fatalf("countRange = %d, want %d", got, want)
		}
		set, cleared := *m, *m
		set.setRange(first, last)
		cleared.clearRange(first, last)
		wrong := count(func(s uint16) bool {
			return set.Get(s) != (m.Get(s) || inside(s)) || cleared.Get(s) != (m.Get(s) && !inside(s))
		})
		if wrong != 0 {
			t.Fatalf("%d slots are wrong", wrong)
		}
	})
}

func TestMaskEach(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMask(t, "m")
		limit := rapid.IntRange(1, ChunkSize).Draw(t, "limit")
		var got []uint16
		m.Each(func(s uint16) bool {
			got = append(got, s)
			return len(got) < limit
		})
		want := appendSlots(nil, m)
		if want = want[:min(limit, len(want))]; len(got) != len(want) {
			t.Fatalf("Each gives %d slots, want %d", len(got), len(want))
		}
		for i, s := range want {
			if got[i] != s || !m.Get(s) {
				t.Fatalf("slot %d is %d, want %d", i, got[i], s)
			}
		}
	})
}
