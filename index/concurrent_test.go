package index

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
)

// root is what an engine publishes: collections that belong together.
type root struct {
	version int64
	members *Set             // who has a value
	values  *Column[int64]   // v
	codes   *Column[uint32]  // v%7+1
	names   DictView         // the text of code n is "name n"
	halves  *Column[float64] // v/2
}

// verify checks that a root is one point in time: everything in it tells the same story.
func (r *root) verify(random *rand.Rand) error {
	for chunk := range r.values.Chunks() {
		var present, members, matched, between Mask
		c := r.values.Chunk(chunk)
		c.Present(&present)
		r.members.Chunk(chunk).Store(&members)
		if present != members {
			return fmt.Errorf("version %d: %d values and %d members", r.version, present.Count(), members.Count())
		}
		c.Between(r.version-5000, r.version, &between)
		var set CodeSet
		set.Add(3)
		set.Add(5)
		MatchCodes(r.codes.Chunk(chunk), &set, &matched)
		var err error
		c.Each(&present, func(slot uint16, v int64) {
			if between.Get(slot) != (v >= r.version-5000) || v > r.version {
				err = fmt.Errorf("version %d: slot %d with %d: between is %v", r.version, slot, v, between.Get(slot))
			}
			if matched.Get(slot) != (v%7 == 2 || v%7 == 4) {
				err = fmt.Errorf("version %d: slot %d with %d: matched is %v", r.version, slot, v, matched.Get(slot))
			}
		})
		if err != nil {
			return err
		}
	}
	for range 300 {
		ord := random.Uint32N(2 * ChunkSize)
		v, ok := r.values.Get(ord)
		code, coded := r.codes.Get(ord)
		half, halved := r.halves.Get(ord)
		if ok != r.members.Contains(ord) || ok != coded || ok != halved || ok && (code != uint32(v%7)+1 || half != float64(v)/2) {
			return fmt.Errorf("version %d: ordinal %d is %d %v, code %d %v, half %v %v", r.version, ord, v, ok, code, coded, half, halved)
		}
	}
	if n := r.names.Len(); int64(n) > r.version+1 || n > 0 && r.names.Text(n) != fmt.Sprint("name ", n) {
		return fmt.Errorf("version %d: name %d is %q", r.version, n, r.names.Text(n))
	}
	return nil
}

// One writer publishes, readers verify; run with -race this also shows that no published byte is written to.
func TestReadersSeeOnePointInTime(t *testing.T) {
	var now atomic.Pointer[root]
	names := NewDictionary()
	now.Store(&root{members: new(Set), values: new(Column[int64]), codes: new(Column[uint32]), halves: new(Column[float64])})
	first := now.Load()
	var readers sync.WaitGroup
	done := make(chan struct{})
	for seed := range uint64(3) {
		readers.Add(1)
		go func() {
			defer readers.Done()
			random := rand.New(rand.NewPCG(seed, 7))
			held := now.Load()
			for turn := 0; ; turn++ {
				r := now.Load()
				if turn%5 == 0 {
					r, held = held, r // one that was passed by many versions ago
				}
				if err := r.verify(random); err != nil {
					t.Error(err)
					return
				}
				if code, ok := names.Code("name 1"); ok && code != 1 {
					t.Error("name 1 has code", code)
				}
				select {
				case <-done:
					return
				default:
				}
			}
		}()
	}
	random := rand.New(rand.NewPCG(9, 9))
	members, values, codes, halves := first.members.Edit(), first.values.Edit(), first.codes.Edit(), first.halves.Edit()
	for version := range int64(250) {
		for range random.IntN(80) {
			ord := random.Uint32N(2 * ChunkSize)
			if random.IntN(2) == 0 {
				ord &= ChunkSize | 31 // hot slots, with many entries each
			}
			if random.IntN(5) == 0 {
				members.Remove(ord)
				values.Clear(ord)
				codes.Clear(ord)
				halves.Clear(ord)
				continue
			}
			v := max(0, version-random.Int64N(10000))
			members.Add(ord)
			values.Set(ord, v)
			codes.Set(ord, uint32(v%7)+1)
			halves.Set(ord, float64(v)/2)
		}
		if n := version + 1; n%2 == 1 || names.View().Len() > 0 {
			names.Add(fmt.Sprint("name ", names.View().Len()+1))
		}
		now.Store(&root{version, members.Publish(), values.Publish(), codes.Publish(), names.View(), halves.Publish()})
		if version%3 == 0 { // a fresh edit, as after a restart of the writer, and one that is dropped
			r := now.Load()
			members, values, codes, halves = r.members.Edit(), r.values.Edit(), r.codes.Edit(), r.halves.Edit()
			values.Set(1, 1)
			members.Add(1)
			values, members = r.values.Edit(), r.members.Edit()
		}
	}
	close(done)
	readers.Wait()
}
