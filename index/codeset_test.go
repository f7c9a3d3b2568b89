package index

import (
	"testing"

	"pgregory.net/rapid"
)

func TestCodeSetAgainstMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s CodeSet
		codes := map[uint32]bool{}
		code := rapid.Uint32Range(0, 700)
		for _, c := range rapid.SliceOf(code).Draw(t, "codes") {
			s.Add(c)
			codes[c] = true
		}
		lo, hi := code.Draw(t, "lo"), code.Draw(t, "hi")
		first, last, n := s.within(lo, hi)
		want := 0
		for c := range uint32(800) {
			if s.Contains(c) != codes[c] {
				t.Fatalf("Contains(%d) = %v", c, !codes[c])
			}
			if !codes[c] || c < lo || c > hi {
				continue
			}
			if want == 0 && first != c {
				t.Fatalf("within %d and %d the first is %d, want %d", lo, hi, first, c)
			}
			want++
			if n == want && last != c {
				t.Fatalf("within %d and %d the last is %d, want %d", lo, hi, last, c)
			}
		}
		if n != want || s.Len() != len(codes) {
			t.Fatalf("%d within, want %d; Len %d, want %d", n, want, s.Len(), len(codes))
		}
	})
}
