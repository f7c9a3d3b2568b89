package index

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"testing"
)

// pagesOf returns the base page and the delta of a column's first chunk.
func pagesOf[T Value](t testing.TB, c *Column[T]) (base, delta []byte) {
	err := c.Pages(nil, func(chunk int, isBase bool, from int, data []byte) error {
		if isBase {
			base = data
		} else {
			delta = data
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return base, delta
}

// sample makes a column whose first chunk has a base page and a delta.
func sample[T Value](values ...T) *Column[T] {
	e := new(Column[T]).Edit()
	for i := range uint32(foldAt) {
		e.Set(i*3, values[int(i)%len(values)])
	}
	e.Set(3, values[0])
	e.Publish()
	for i, v := range values {
		e.Set(uint32(10+i), v)
	}
	e.Clear(0)
	return e.Publish()
}

// The bytes of a page as written once are read for ever.
func TestColumnPagesGolden(t *testing.T) {
	e := new(Column[int64]).Edit()
	e.Set(2, 1729000000000)
	e.Set(4, 1729000000300)
	e.Publish()
	e.Clear(2)
	e.Set(65535, -1)
	c := e.Publish()
	_, delta := pagesOf(t, c)
	forced := *c.Chunk(0)
	forced.fold()
	forced.seal()
	for name, page := range map[string]struct {
		got    []byte
		golden string
	}{
		"delta": {delta, "010804" + "020001004a6e9092010000" + "0400012c4b6e9092010000" + "020000" + "ffff01ffffffffffffffff"},
		"base":  {forced.base.append(nil), "0108" + "05" + "010400ffff" + "ffffffffffffffff" + "06" + "2d4b6e909201" + "000000000000"},
	} {
		want, err := hex.DecodeString(page.golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(page.got, want) {
			t.Errorf("%s is written as %x, want %x", name, page.got, want)
		}
		l := NewColumnLoader[int64]()
		if err := l.Load(0, name == "base", 0, want); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for ord, want := range map[uint32]int64{4: 1729000000300, 65535: -1} {
			if v, ok := l.Column().Get(ord); !ok || v != want {
				t.Errorf("%s: ordinal %d is read as %d %v", name, ord, v, ok)
			}
		}
	}
}

func TestColumnPageWidths(t *testing.T) {
	for name, values := range map[string][]int64{
		"one value": {5}, "one byte": {-3, 252}, "two bytes": {-3, 253}, "all of int64": {math.MinInt64, 0, math.MaxInt64},
	} {
		base, _ := pagesOf(t, sample(values...))
		p, err := decodePage[int64](base)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i := range foldAt {
			want := values[i%len(values)]
			if i == 1 {
				want = values[0]
			}
			if v, ok := p.get(uint16(3 * i)); !ok || v != want {
				t.Fatalf("%s: slot %d is %d %v, want %d", name, 3*i, v, ok, want)
			}
		}
	}
}

func TestColumnLoaderRefuses(t *testing.T) {
	floats, _ := pagesOf(t, sample(1.5))
	base, delta := pagesOf(t, sample[uint32](3, 9))
	small, _ := pagesOf(t, sample[uint8](3, 9))
	change := func(b []byte, at int, to byte) []byte {
		b = bytes.Clone(b)
		b[at] = to
		return b
	}
	// The lowest value and the width stand in front of the values, a byte for each of the foldAt slots.
	lowest := len(base) - foldAt - 9
	long := appendEntries(nil, make([]key, foldAt+1), make([]uint32, foldAt+1))
	for name, c := range map[string]struct {
		chunk int
		base  bool
		from  int
		data  []byte
	}{
		"chunk below":         {-1, true, 0, base},
		"chunk above":         {ChunkSize, true, 0, base},
		"version":             {0, true, 0, change(base, 0, 2)},
		"kind":                {0, true, 0, small},
		"floats":              {0, true, 0, floats},
		"short":               {0, true, 0, base[:2]},
		"slots cut":           {0, true, 0, base[:20]},
		"slots corrupt":       {0, true, 0, change(base, 4, 77)},
		"values cut":          {0, true, 0, base[:len(base)-1]},
		"values beyond":       {0, true, 0, append(bytes.Clone(base), 1)},
		"lowest outside":      {0, true, 0, change(base, lowest+7, 1)},
		"value outside":       {0, true, 0, change(change(change(change(base, lowest, 255), lowest+1, 255), lowest+2, 255), lowest+3, 255)},
		"width":               {0, true, 0, change(base, lowest+8, 9)},
		"delta gap":           {0, false, 1, delta},
		"delta cut":           {0, false, 0, delta[:len(delta)-1]},
		"delta beyond":        {0, false, 0, append(bytes.Clone(delta), 1)},
		"delta live 2":        {0, false, 0, change(delta, 5, 2)},
		"delta without count": {0, false, 0, []byte{pageVersion, 4, 0xff}},
		"delta too long":      {0, false, 0, long},
		"delta empty data":    {0, false, 0, nil},
	} {
		if err := NewColumnLoader[uint32]().Load(c.chunk, c.base, c.from, c.data); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	nan := appendEntries(nil, []key{makeKey(1, true, -1)}, []float64{math.NaN()})
	if err := NewColumnLoader[float64]().Load(0, false, 0, nan); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a NaN in a delta: %v", err)
	}
	if err := NewColumnLoader[uint32]().Load(0, true, 0, base); err != nil {
		t.Errorf("the page that the others are made of: %v", err)
	}
}

func fuzzColumn[T Value](f *testing.F, values ...T) {
	e := new(Column[T]).Edit()
	for i, v := range values {
		e.Set(uint32(100*i), v)
	}
	e.Clear(0)
	short := e.Publish()
	_, delta := pagesOf(f, short)
	c := *short.Chunk(0)
	c.fold()
	c.seal()
	f.Add(c.base.append(nil), delta)
	f.Fuzz(func(t *testing.T, base, delta []byte) {
		l := NewColumnLoader[T]()
		for i, data := range [][]byte{base, delta} {
			if err := l.Load(0, i == 0, 0, data); err != nil {
				if !errors.Is(err, ErrCorrupt) {
					t.Fatal(err)
				}
				return
			}
		}
		c := l.Column()
		again := NewColumnLoader[T]()
		err := c.Pages(nil, func(chunk int, base bool, from int, data []byte) error {
			return again.Load(chunk, base, from, data)
		})
		if err != nil {
			t.Fatal(err)
		}
		b1, d1 := pagesOf(t, c)
		b2, d2 := pagesOf(t, again.Column())
		if !bytes.Equal(b1, b2) || !bytes.Equal(d1, d2) {
			t.Fatal("a column changes on its way to pages and back")
		}
		var m Mask
		c.Chunk(0).Present(&m)
		lo, hi, any := c.Chunk(0).Zone()
		c.Chunk(0).Each(&m, func(slot uint16, v T) {
			if !any || v != v || v < lo || v > hi {
				t.Fatalf("slot %d with %v outside of %v to %v", slot, v, lo, hi)
			}
		})
	})
}

func FuzzLoadInts(f *testing.F)   { fuzzColumn[int64](f, -5, 70000, math.MaxInt64) }
func FuzzLoadCodes(f *testing.F)  { fuzzColumn[uint32](f, 1, 2, 70000) }
func FuzzLoadFloats(f *testing.F) { fuzzColumn(f, -5.25, math.Inf(1)) }
func FuzzLoadBools(f *testing.F)  { fuzzColumn[uint8](f, 0, 1) }
