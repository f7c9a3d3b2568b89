package index

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"testing"
)

// containerSamples returns masks of every kind and around every limit.
func containerSamples() map[string]*Mask {
	random := rand.New(rand.NewPCG(1, 2))
	scattered := func(n int) *Mask {
		m := new(Mask)
		for m.Count() < n {
			m.Set(uint16(random.Uint32()))
		}
		return m
	}
	ranges := func(n, length, apart int) *Mask {
		m := new(Mask)
		for i := range n {
			m.setRange(uint16(i*apart), uint16(i*apart+length-1))
		}
		return m
	}
	full := new(Mask)
	full.Fill()
	holed := *full
	holed.Unset(0)
	return map[string]*Mask{
		"empty": {}, "first": ranges(1, 1, 1), "last": {ChunkWords - 1: 1 << 63}, "both ends": {0: 1, ChunkWords - 1: 1 << 63},
		"array 511": scattered(511), "array 512": scattered(512), "dense 513": scattered(513), "dense 40000": scattered(40000),
		"run": ranges(1, 3, 1), "one run across words": ranges(1, 200, 1), "runs 128": ranges(128, 50, 500),
		"runs 129": ranges(129, 50, 500), "pairs": ranges(100, 2, 300), "full": full, "all but one": &holed,
		"ranges that touch words": ranges(100, 64, 128),
	}
}

func TestContainerOperations(t *testing.T) {
	samples := containerSamples()
	for name, a := range samples {
		c := ContainerOf(a)
		for other, b := range samples {
			check := func(what string, got *Mask, op func(x, y bool) bool) {
				t.Helper()
				for slot := range ChunkSize {
					if s := uint16(slot); got.Get(s) != op(b.Get(s), a.Get(s)) {
						t.Fatalf("%s of %s and %s: slot %d is %v", what, other, name, slot, got.Get(s))
					}
				}
			}
			m := *b
			c.AndInto(&m)
			check("and", &m, func(x, y bool) bool { return x && y })
			if n := c.AndCount(b); n != m.Count() {
				t.Errorf("and count of %s and %s = %d, want %d", other, name, n, m.Count())
			}
			m = *b
			c.OrInto(&m)
			check("or", &m, func(x, y bool) bool { return x || y })
			m = *b
			c.AndNotInto(&m)
			check("and not", &m, func(x, y bool) bool { return x && !y })
			m = *b
			c.Store(&m)
			check("store", &m, func(_, y bool) bool { return y })
		}
		for slot := range ChunkSize {
			if s := uint16(slot); c.Contains(s) != a.Get(s) {
				t.Fatalf("%s: Contains(%d) = %v", name, slot, !a.Get(s))
			}
		}
	}
}

func TestContainerKinds(t *testing.T) {
	samples := containerSamples()
	for name, want := range map[string]Kind{
		"empty": 0, "first": Array, "both ends": Array, "array 511": Array, "array 512": Array, "dense 513": Dense,
		"run": Runs, "runs 128": Runs, "runs 129": Dense, "pairs": Array, "full": Full, "all but one": Runs,
	} {
		if got := ContainerOf(samples[name]).Kind(); got != want {
			t.Errorf("%s has kind %d, want %d", name, got, want)
		}
	}
}

func TestContainerOfKeepsNothing(t *testing.T) {
	m := *containerSamples()["dense 40000"]
	c, card := ContainerOf(&m), m.Count()
	m.Clear()
	if c.Dense().Count() != card {
		t.Error("the container changed with the mask it was made of")
	}
}

// The bytes of a container as written once are read for ever.
func TestContainerGolden(t *testing.T) {
	samples := containerSamples()
	for name, golden := range map[string]string{
		"empty": "", "first": "010000", "last": "01ffff", "both ends": "010000ffff", "run": "0200000200",
		"full": "04", "all but one": "020100ffff",
	} {
		want, err := hex.DecodeString(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got := ContainerOf(samples[name]).Append(nil); !bytes.Equal(got, want) {
			t.Errorf("%s is written as %x, want %x", name, got, want)
		}
		c, err := DecodeContainer(want)
		var m Mask
		if c.Store(&m); err != nil || m != *samples[name] {
			t.Errorf("%s is read wrong: %v", name, err)
		}
	}
}

func TestDecodeContainerRefuses(t *testing.T) {
	for name, b := range map[string][]byte{
		"unknown kind": {5}, "kind 0": {0}, "no slots": {byte(Array)}, "no ranges": {byte(Runs)}, "half a slot": {byte(Array), 1},
		"slots that descend": {byte(Array), 2, 0, 1, 0}, "a slot twice": {byte(Array), 2, 0, 2, 0},
		"half a range": {byte(Runs), 1, 0}, "ranges that overlap": {byte(Runs), 1, 0, 5, 0, 5, 0, 6, 0},
		"range that descends": {byte(Runs), 5, 0, 1, 0}, "short words": append([]byte{byte(Dense)}, make([]byte, 8191)...),
		"words without a slot": append([]byte{byte(Dense)}, make([]byte, 8192)...), "more after full": {byte(Full), 0},
		"too many slots": append([]byte{byte(Array)}, make([]byte, 2*ChunkSize+2)...),
	} {
		if c, err := DecodeContainer(b); !errors.Is(err, ErrCorrupt) || c != nil {
			t.Errorf("%s: container %v, error %v", name, c, err)
		}
	}
}

// Other versions may have drawn the lines between the kinds elsewhere: what they wrote is read all the same.
func TestDecodeContainerTakesAnyForm(t *testing.T) {
	for name, m := range containerSamples() {
		if m.Empty() {
			continue
		}
		want := ContainerOf(m)
		for _, other := range []*Container{
			{kind: Array, ids: appendSlots(nil, m)}, {kind: Runs, ids: appendRanges(nil, m)}, {kind: Dense, mask: m},
		} {
			got, err := DecodeContainer(other.Append(nil))
			if err != nil || got.Kind() != want.Kind() || !bytes.Equal(got.Append(nil), want.Append(nil)) {
				t.Errorf("%s written as kind %d: kind %d, %v", name, other.kind, got.Kind(), err)
			}
		}
	}
}
