package index

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	"pgregory.net/rapid"
)

// setTwin is the dumb twin of a Set: a truth value per ordinal of the first chunks.
type setTwin [2 * ChunkSize]bool

// setVersion is a published set and what it must hold for ever.
type setVersion struct {
	set  *Set
	twin *setTwin
}

func (v setVersion) check(t *rapid.T) {
	var card uint64
	for i := range len(v.twin) / ChunkSize {
		want := v.twin[i*ChunkSize : (i+1)*ChunkSize]
		card += uint64(checkContainer(t, v.set.Chunk(i), want))
	}
	if v.set.Card() != card {
		t.Fatalf("Card = %d, want %d", v.set.Card(), card)
	}
}

// checkContainer compares a container with the wanted slots, checks that it has the one right form, and returns the
// number of slots.
func checkContainer(t *rapid.T, c *Container, want []bool) int {
	var m, twin Mask
	card, runs := 0, 0
	for slot, in := range want {
		if in {
			twin.Set(uint16(slot))
			card++
			if slot == 0 || !want[slot-1] {
				runs++
			}
		}
	}
	c.Store(&m)
	if m != twin {
		t.Fatalf("container of kind %d holds other slots than the twin", c.Kind())
	}
	if c.Card() != card {
		t.Fatalf("container of kind %d: Card = %d, want %d", c.Kind(), c.Card(), card)
	}
	if card == 0 {
		if c != nil {
			t.Fatalf("an empty container of kind %d", c.Kind())
		}
		return 0
	}
	if c.Kind() != kindFor(card, runs) || int(c.runs) != runs || (c.Dense() != nil) != (c.Kind() == Dense) {
		t.Fatalf("kind %d with %d runs for %d slots in %d runs", c.Kind(), c.runs, card, runs)
	}
	return card
}

// setMachine drives a set and its twin through the same changes.
type setMachine struct {
	edit    *SetEdit
	twin    *setTwin
	kept    []setVersion
	stored  map[int][]byte // what a store of pages holds
	flushed *Set           // the version it holds
}

func (s *setMachine) ordinal(t *rapid.T) uint32 {
	return uint32(rapid.IntRange(0, len(s.twin)-1).Draw(t, "ord"))
}

func (s *setMachine) put(t *rapid.T, ord uint32, in bool) {
	before := s.twin[ord]
	if s.edit.Contains(ord) != before {
		t.Fatalf("Contains(%d) = %v", ord, !before)
	}
	changed := false
	if in {
		changed = s.edit.Add(ord)
	} else {
		changed = s.edit.Remove(ord)
	}
	if changed != (before != in) {
		t.Fatalf("putting %d to %v over %v reports a change: %v", ord, in, before, changed)
	}
	s.twin[ord] = in
}

// Range changes adjacent ordinals: it makes runs, full chunks and their loss.
func (s *setMachine) Range(t *rapid.T) {
	from := s.ordinal(t)
	if rapid.Bool().Draw(t, "aligned") {
		from &^= ChunkSize - 1
	}
	n := rapid.SampledFrom([]int{1, 2, 64, 200, 700, ChunkSize}).Draw(t, "n")
	in := rapid.Bool().Draw(t, "in")
	for ord := int(from); ord < min(int(from)+n, len(s.twin)); ord++ {
		s.put(t, uint32(ord), in)
	}
}

// Scatter changes ordinals of one chunk at random: it passes the limits between lists and masks.
func (s *setMachine) Scatter(t *rapid.T) {
	base := s.ordinal(t) &^ (ChunkSize - 1)
	random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	spread := rapid.SampledFrom([]uint32{300, 2000, ChunkSize}).Draw(t, "spread")
	in := rapid.Bool().Draw(t, "in")
	for range rapid.SampledFrom([]int{1, 10, 400, 1500}).Draw(t, "n") {
		s.put(t, base|random.Uint32N(spread), in)
	}
}

// Sparse leaves few members in a chunk.
func (s *setMachine) Sparse(t *rapid.T) {
	base := s.ordinal(t) &^ (ChunkSize - 1)
	for slot := range uint32(ChunkSize) {
		s.put(t, base|slot, s.twin[base|slot] && slot%97 == 0)
	}
}

// LoadChunk replaces a chunk by a decoded container.
func (s *setMachine) LoadChunk(t *rapid.T) {
	chunk := int(s.ordinal(t) >> 16)
	var m Mask
	if rapid.Bool().Draw(t, "filled") {
		for slot := 0; slot < ChunkSize; slot += 3 {
			m.Set(uint16(slot))
		}
	}
	s.edit.Load(chunk, ContainerOf(&m))
	for slot := range ChunkSize {
		s.twin[chunk*ChunkSize+slot] = m.Get(uint16(slot))
	}
}

func (s *setMachine) publish() *Set {
	set, twin := s.edit.Publish(), *s.twin
	s.kept = append(s.kept, setVersion{set, &twin})
	if len(s.kept) > 3 {
		s.kept = s.kept[1:]
	}
	return set
}

// Publish keeps the version and goes on with the same edit or with a new one.
func (s *setMachine) Publish(t *rapid.T) {
	set := s.publish()
	checkEach(t, set)
	if rapid.Bool().Draw(t, "new edit") {
		s.edit = set.Edit()
	}
}

// checkEach compares the walk over the ordinals with the set's other answers.
func checkEach(t *rapid.T, s *Set) {
	n, before := uint64(0), -1
	s.Each(func(ord uint32) bool {
		if int(ord) <= before {
			t.Fatalf("Each gives %d after %d", ord, before)
		}
		before = int(ord)
		n++
		return true
	})
	if n != s.Card() {
		t.Fatalf("Each gives %d ordinals of %d", n, s.Card())
	}
}

// Drop leaves the edit unpublished and goes back to some version.
func (s *setMachine) Drop(t *rapid.T) {
	if len(s.kept) == 0 {
		t.Skip("nothing published")
	}
	v := rapid.SampledFrom(s.kept).Draw(t, "version")
	twin := *v.twin
	s.edit, s.twin = v.set.Edit(), &twin
}

// Flush stores the pages that changed and loads a set from them, with which the run may go on.
func (s *setMachine) Flush(t *rapid.T) {
	set := s.publish()
	err := set.Pages(s.flushed, func(chunk int, data []byte) error {
		if data == nil {
			delete(s.stored, chunk)
		} else {
			s.stored[chunk] = data
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.flushed = set
	e := new(Set).Edit()
	for chunk, data := range s.stored {
		c, err := DecodeContainer(data)
		if err != nil {
			t.Fatal(err)
		}
		if c.Kind() != set.Chunk(chunk).Kind() {
			t.Fatalf("kind %d comes back as %d", set.Chunk(chunk).Kind(), c.Kind())
		}
		e.Load(chunk, c)
	}
	twin := *s.twin
	loaded := setVersion{e.Publish(), &twin}
	loaded.check(t)
	if rapid.Bool().Draw(t, "restart") {
		s.flushed, s.edit = loaded.set, loaded.set.Edit()
	}
}

// Roaring goes out to Roaring and back.
func (s *setMachine) Roaring(t *rapid.T) {
	set := s.publish()
	b := set.Roaring()
	if b.GetCardinality() != set.Card() {
		t.Fatalf("Roaring has %d of %d", b.GetCardinality(), set.Card())
	}
	twin := *s.twin
	setVersion{SetOf(b), &twin}.check(t)
}

// Look checks a version that was published some time ago.
func (s *setMachine) Look(t *rapid.T) {
	if len(s.kept) == 0 {
		t.Skip("nothing published")
	}
	rapid.SampledFrom(s.kept).Draw(t, "version").check(t)
}

// Check is called after every step.
func (s *setMachine) Check(*rapid.T) {}

func TestSetAgainstTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &setMachine{edit: (*Set)(nil).Edit(), twin: new(setTwin), stored: map[int][]byte{}}
		t.Repeat(rapid.StateMachineActions(s))
	})
}

func TestSetOfNothing(t *testing.T) {
	for name, s := range map[string]*Set{"nil": nil, "zero": {}, "published": new(Set).Edit().Publish()} {
		if s.Card() != 0 || s.Chunks() != 0 || s.Contains(0) || s.Chunk(7) != nil || !s.Roaring().IsEmpty() {
			t.Errorf("%s set is not empty", name)
		}
		e := s.Edit()
		if e.Remove(9) {
			t.Errorf("%s set: Remove reports a change", name)
		}
		e.Add(4294967295)
		if got := e.Publish(); !got.Contains(4294967295) || got.Card() != 1 || got.Chunks() != 65536 {
			t.Errorf("%s set does not take the last ordinal", name)
		}
	}
}

func TestPublishWithoutChangeIsTheSameSet(t *testing.T) {
	s := SetOf(roaring.BitmapOf(1, 2, 70000))
	e := s.Edit()
	e.Add(1)
	e.Remove(3)
	if e.Publish() != s {
		t.Error("an edit that changed nothing published another set")
	}
}

func TestPublishKeepsUntouchedContainers(t *testing.T) {
	s := SetOf(roaring.BitmapOf(1, 70000, 140000))
	e := s.Edit()
	e.Add(70001)
	now := e.Publish()
	for chunk, same := range []bool{true, false, true} {
		if (now.Chunk(chunk) == s.Chunk(chunk)) != same {
			t.Errorf("chunk %d: same container is %v", chunk, !same)
		}
	}
}

func TestPagesStopsAtAnError(t *testing.T) {
	stop := errors.New("disk")
	calls := 0
	err := SetOf(roaring.BitmapOf(1, 70000)).Pages(nil, func(int, []byte) error { calls++; return stop })
	if !errors.Is(err, stop) || calls != 1 {
		t.Errorf("err = %v after %d calls", err, calls)
	}
}

func FuzzDecodeContainer(f *testing.F) {
	for _, s := range containerSamples() {
		f.Add(ContainerOf(s).Append(nil))
	}
	f.Add([]byte{byte(Runs), 5, 0, 3, 0})
	f.Add([]byte{9})
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := DecodeContainer(b)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) || c != nil {
				t.Fatalf("container %v with error %v", c, err)
			}
			return
		}
		again, err := DecodeContainer(c.Append(nil))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(c.Append(nil), again.Append(nil)) || c.Card() != again.Card() {
			t.Fatal("a container changes on its way to bytes and back")
		}
	})
}
