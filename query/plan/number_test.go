package plan

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rollcall/query"
)

// TestIntSpans checks the integers that satisfy a comparison against rational arithmetic, at the ends of int64 too.
func TestIntSpans(t *testing.T) {
	digits := rapid.StringMatching(`-?(0|[1-9][0-9]{0,2}|92233720368547758(06|07|08|09)|1[0-9]{20})(\.[0-9]{1,3})?`)
	rapid.Check(t, func(t *rapid.T) {
		text := digits.Draw(t, "literal")
		op := query.Op(rapid.IntRange(0, 5).Draw(t, "op"))
		v := rapid.OneOf(rapid.Int64Range(-1001, 1001), rapid.SampledFrom([]int64{math.MinInt64, math.MinInt64 + 1, math.MaxInt64 - 1, math.MaxInt64})).Draw(t, "value")
		d, ok := parseDecimal(text)
		if !ok {
			t.Fatalf("%s is no number", text)
		}
		want := satisfied(op, new(big.Rat).SetInt64(v).Cmp(rational(text)))
		spans := intSpans(op, d)
		if got := within(spans, v); got != want {
			t.Fatalf("%d %v %s is %v, want %v (spans %v)", v, op, text, got, want, spans)
		}
		for i := 1; i < len(spans); i++ {
			if spans[i-1].hi >= spans[i].lo-1 {
				t.Fatalf("spans %v touch", spans)
			}
		}
	})
}

// TestOrder compares exact quotients with decimals against rational arithmetic.
func TestOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := mul128(rapid.Int64().Draw(t, "a"), rapid.SampledFrom([]int64{1, microsPerUnit, math.MaxInt64}).Draw(t, "scale"))
		b := rapid.SampledFrom([]int64{1, 3, 30, microsPerUnit, 7 * microsPerUnit, 1 << 50}).Draw(t, "b")
		text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,14})?`).Draw(t, "literal")
		d, _ := parseDecimal(text)
		want := new(big.Rat).SetFrac(a.big(), big.NewInt(b)).Cmp(rational(text))
		if got := d.order(a, b); got != want {
			t.Fatalf("%v/%d against %s is %d, want %d", a.big(), b, text, got, want)
		}
	})
}

func TestMicros(t *testing.T) {
	for _, c := range []struct {
		v    float64
		want string
	}{
		{0, "0"}, {0.1, "100000"}, {-0.1, "-100000"}, {1.0000004, "1000000"}, {2.5, "2500000"}, {-300.000001, "-300000001"},
		{9007199254740993, "9007199254740992000000"}, {1e18, "1000000000000000000000000"},
		{1e22, "10000000000000000000000000000"}, {-1e22, "-10000000000000000000000000000"},
		{1e300, "10000000000000000000000000000"}, {math.Inf(-1), "-10000000000000000000000000000"}, {1e-9, "0"},
	} {
		if got := micros(c.v).big().String(); got != c.want {
			t.Errorf("micros(%v) = %s, want %s", c.v, got, c.want)
		}
	}
}

func TestInt128(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		product := new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
		if got := mul128(a, b).big(); got.Cmp(product) != 0 {
			t.Fatalf("%d × %d = %v", a, b, got)
		}
		c := mul128(b, int64(rapid.Int32().Draw(t, "c")))
		sum := new(big.Int).Add(big.NewInt(a), c.big())
		if got := int128Of(a).add(c); got.big().Cmp(sum) != 0 || got.isInt64() != sum.IsInt64() {
			t.Fatalf("%d + %v = %v, fits %v", a, c.big(), got.big(), got.isInt64())
		}
		if got, want := int128Of(a).cmp(c), big.NewInt(a).Cmp(c.big()); got != want {
			t.Fatalf("%d against %v is %d", a, c.big(), got)
		}
	})
}

// TestLike compares patterns with regular expressions.
func TestLike(t *testing.T) {
	letters := rapid.SampledFrom([]rune{'a', 'b', '张', '%', '_', '\\', '\n'})
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(letters, 0, 8, -1).Draw(t, "pattern")
		text := rapid.StringOfN(letters, 0, 8, -1).Draw(t, "text")
		if tail := len(pattern) - len(trimSlashes(pattern)); tail%2 == 1 {
			pattern += "a" // the parser refuses a lone backslash at the end
		}
		if got, want := parseLike(pattern).matches(text), like(pattern).MatchString(text); got != want {
			t.Fatalf("%q LIKE %q is %v", text, pattern, got)
		}
	})
	// A pattern that makes a careless matcher try every split.
	long := slices.Repeat([]byte("a"), 1<<16)
	if parseLike("%a%a%a%a%a%a%a%a%a%b").matches(string(long)) {
		t.Error("a run of a matched a pattern that ends in b")
	}
}

func trimSlashes(s string) string {
	for len(s) > 0 && s[len(s)-1] == '\\' {
		s = s[:len(s)-1]
	}
	return s
}
