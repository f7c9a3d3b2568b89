package plan

import (
	"math"
	"math/big"
	"math/bits"
	"strings"

	"rollcall/query"
)

// span is a closed interval of values.
type span[T any] struct{ lo, hi T }

// decimal is the exact value num/den of a number as it is written; den is a power of ten. small says that both fit
// into the int64 pair n, d, which is what comparisons use then.
type decimal struct {
	num, den *big.Int
	small    bool
	n, d     int64
	float    float64 // the nearest float64: values of float columns were read from decimals in the same way
}

// parseDecimal reads the digits of a number literal: optional minus, digits, optional fraction.
func parseDecimal(text string) (decimal, bool) {
	whole, fraction, _ := strings.Cut(text, ".")
	fraction = strings.TrimRight(fraction, "0")
	num, ok := new(big.Int).SetString(whole+fraction, 10)
	if !ok {
		return decimal{}, false
	}
	den := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(len(fraction))), nil)
	d := decimal{num: num, den: den}
	d.float, _ = new(big.Rat).SetFrac(num, den).Float64()
	if num.IsInt64() && den.IsInt64() {
		d.small, d.n, d.d = true, num.Int64(), den.Int64()
	}
	return d, true
}

// intSpans gives the integers that stand in relation op to d.
func intSpans(op query.Op, d decimal) []span[int64] {
	floor, rest := new(big.Int).DivMod(d.num, d.den, new(big.Int))
	one := big.NewInt(1)
	below, above := floor, new(big.Int).Add(floor, one) // the greatest integer < d, the smallest > d
	exact := rest.Sign() == 0
	if exact {
		below = new(big.Int).Sub(floor, one)
	}
	var out []span[int64]
	least, most := big.NewInt(math.MinInt64), big.NewInt(math.MaxInt64)
	if below.Cmp(least) >= 0 && (op == query.Less || op == query.LessEqual || op == query.NotEqual) {
		out = append(out, span[int64]{math.MinInt64, clampInt(below)})
	}
	if exact && floor.IsInt64() && (op == query.Equal || op == query.LessEqual || op == query.GreaterEqual) {
		out = append(out, span[int64]{floor.Int64(), floor.Int64()})
	}
	if above.Cmp(most) <= 0 && (op == query.Greater || op == query.GreaterEqual || op == query.NotEqual) {
		out = append(out, span[int64]{clampInt(above), math.MaxInt64})
	}
	return joinSpans(out)
}

// clampInt is v, or the end of int64 that lies nearest.
func clampInt(v *big.Int) int64 {
	switch {
	case v.IsInt64():
		return v.Int64()
	case v.Sign() < 0:
		return math.MinInt64
	}
	return math.MaxInt64
}

// joinSpans joins neighbours of an ascending list of integer spans.
func joinSpans(in []span[int64]) []span[int64] {
	var out []span[int64]
	for _, s := range in {
		if n := len(out); n > 0 && out[n-1].hi != math.MaxInt64 && out[n-1].hi+1 >= s.lo {
			out[n-1].hi = max(out[n-1].hi, s.hi)
			continue
		}
		out = append(out, s)
	}
	return out
}

// floatSpans gives the float64 values that stand in relation op to v.
func floatSpans(op query.Op, v float64) []span[float64] {
	inf := math.Inf(1)
	below, above := math.Nextafter(v, -inf), math.Nextafter(v, inf)
	switch op {
	case query.Equal:
		return []span[float64]{{v, v}}
	case query.NotEqual:
		return []span[float64]{{-inf, below}, {above, inf}}
	case query.Less:
		return []span[float64]{{-inf, below}}
	case query.LessEqual:
		return []span[float64]{{-inf, v}}
	case query.Greater:
		return []span[float64]{{above, inf}}
	}
	return []span[float64]{{v, inf}}
}

// holdsOrder tells whether a comparison that came out as order (-1, 0, 1) satisfies op.
func holdsOrder(op query.Op, order int) bool {
	switch op {
	case query.Equal:
		return order == 0
	case query.NotEqual:
		return order != 0
	case query.Less:
		return order < 0
	case query.LessEqual:
		return order <= 0
	case query.Greater:
		return order > 0
	}
	return order >= 0
}

// int128 is a signed 128-bit integer in two's complement: sums of micro-units and products of two int64.
type int128 struct {
	hi int64
	lo uint64
}

func int128Of(v int64) int128 { return int128{v >> 63, uint64(v)} }

func (a int128) add(b int128) int128 {
	lo, carry := bits.Add64(a.lo, b.lo, 0)
	hi, _ := bits.Add64(uint64(a.hi), uint64(b.hi), carry)
	return int128{int64(hi), lo}
}

func (a int128) isInt64() bool { return a.hi == int64(a.lo)>>63 }

func (a int128) cmp(b int128) int {
	switch {
	case a.hi < b.hi, a.hi == b.hi && a.lo < b.lo:
		return -1
	case a == b:
		return 0
	}
	return 1
}

func (a int128) big() *big.Int {
	v := new(big.Int).Lsh(big.NewInt(a.hi), 64)
	return v.Add(v, new(big.Int).SetUint64(a.lo))
}

// mul128 is the product of two int64; it cannot overflow.
func mul128(a, b int64) int128 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	signed := int64(hi)
	if a < 0 {
		signed -= b
	}
	if b < 0 {
		signed -= a
	}
	return int128{signed, lo}
}

const (
	microsPerUnit = 1_000_000
	// maxSummand bounds one value in a sum: 2^32 of them, in micro-units, stay within 128 bits.
	maxSummand = 1e22
)

// micros is v rounded to millionths. Values beyond ±1e22 count as ±1e22.
func micros(v float64) int128 {
	v = max(-maxSummand, min(maxSummand, v))
	whole, fraction := math.Modf(v)
	part := int128Of(int64(math.RoundToEven(fraction * microsPerUnit)))
	if math.Abs(whole) < 1<<63 {
		return mul128(int64(whole), microsPerUnit).add(part)
	}
	// 1e22 is beyond int64: split the whole number, which a float64 holds exactly, at 2^32.
	high := math.Trunc(whole / (1 << 32))
	low := int64(whole - high*(1<<32))
	product := mul128(int64(high), microsPerUnit)
	shifted := int128{product.hi<<32 | int64(product.lo>>32), product.lo << 32}
	return shifted.add(mul128(low, microsPerUnit))
}

// order compares the exact quotient a/b (b > 0) with d: -1, 0 or 1.
func (d decimal) order(a int128, b int64) int {
	if d.small {
		if b%d.d == 0 {
			return a.cmp(mul128(d.n, b/d.d))
		}
		if a.isInt64() {
			return mul128(int64(a.lo), d.d).cmp(mul128(d.n, b))
		}
	}
	left := a.big()
	left.Mul(left, d.den)
	right := new(big.Int).Mul(d.num, big.NewInt(b))
	return left.Cmp(right)
}
