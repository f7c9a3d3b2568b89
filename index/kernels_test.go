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
			{"OrAndNotCount", OrAndNotCount(a, b, c), func(s uint16) bool { return (a.Get(s) || b.Get(s)) && !c.Get(s) }},
			{"Count", a.Count(), a.Get},
		} {
			if want := count(k.in); k.got != want {
				t.Fatalf("%s = %d, want %d", k.name, k.got, want)
			}
		}
	})
}

func TestFusedKernels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		and, not := drawMasks(t, "and"), drawMasks(t, "not")
		every := func(s uint16) bool {
			for _, m := range and {
				if !m.Get(s) {
					return false
				}
			}
			for _, m := range not {
				if m.Get(s) {
					return false
				}
			}
			return true
		}
		some := func(s uint16) bool {
			for _, m := range and {
				if m.Get(s) {
					return true
				}
			}
			return false
		}
		dst := drawMask(t, "dst")
		for _, k := range []struct {
			name  string
			count int
			all   func()
			in    func(s uint16) bool
		}{
			{"AndAll", AndAllCount(and, not), func() { AndAll(dst, and, not) }, every},
			{"OrAll", OrAllCount(and), func() { OrAll(dst, and) }, some},
		} {
			if k.all(); rapid.Bool().Draw(t, "in place") {
				// The destination is an operand of every list that has one.
				*dst = *drawMask(t, "operand")
				and, not = replaceOne(t, and, dst), replaceOne(t, not, dst)
				before := *dst
				k.all()
				got := *dst
				*dst = before
				if wrong := count(func(s uint16) bool { return got.Get(s) != k.in(s) }); wrong != 0 {
					t.Fatalf("%s in place: %d slots are wrong", k.name, wrong)
				}
				continue
			}
			if want := count(k.in); k.count != want || count(func(s uint16) bool { return dst.Get(s) == k.in(s) }) != ChunkSize {
				t.Fatalf("%s: count %d, want %d; mask of %d", k.name, k.count, want, dst.Count())
			}
		}
	})
}

// replaceOne puts m in place of one of the masks.
func replaceOne(t *rapid.T, masks []*Mask, m *Mask) []*Mask {
	masks = append([]*Mask(nil), masks...)
	if len(masks) > 0 {
		masks[rapid.IntRange(0, len(masks)-1).Draw(t, "at")] = m
	}
	return masks
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
