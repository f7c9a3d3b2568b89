package index

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"
)

// TestTableAgainstMap runs random operations on a table and on a Go map. Few distinct keys make hits, deletions and
// clusters frequent; the zero key and keys that differ only in their first or last bytes are among them.
func TestTableAgainstMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table, twin := NewTable(rapid.IntRange(0, 100).Draw(t, "capacity")), map[Key]uint32{}
		keys := rapid.SliceOfN(rapid.Custom(drawKey), 1, 300).Draw(t, "keys")
		for range rapid.IntRange(1, 2000).Draw(t, "steps") {
			k, v := keys[rapid.IntRange(0, len(keys)-1).Draw(t, "key")], rapid.Uint32Range(0, 3).Draw(t, "value")
			was, had := twin[k]
			switch rapid.IntRange(0, 4).Draw(t, "operation") {
			case 0:
				table.Put(k, v)
				twin[k] = v
			case 1:
				want := v
				if had {
					want = was
				}
				twin[k] = want
				if got, added := table.PutIfAbsent(k, v); got != want || added == had {
					t.Fatalf("PutIfAbsent = %d %v, want %d %v", got, added, want, !had)
				}
			case 2, 3:
				delete(twin, k)
				if got := table.Delete(k); got != had {
					t.Fatalf("Delete = %v, want %v", got, had)
				}
			default:
				if got, ok := table.Get(k); ok != had || got != was {
					t.Fatalf("Get = %d %v, want %d %v", got, ok, was, had)
				}
			}
		}
		checkTable(t, table, twin, keys)
	})
}

func drawKey(t *rapid.T) Key {
	var k Key
	k[rapid.SampledFrom([]int{0, 1, 7, 8, 14, 15}).Draw(t, "byte")] = rapid.Byte().Draw(t, "bits")
	return k
}

// checkTable compares every key, single and batched, and the counts.
func checkTable(t interface{ Fatalf(string, ...any) }, table *Table, twin map[Key]uint32, keys []Key) {
	values, found := make([]uint32, len(keys)), make([]bool, len(keys))
	table.GetBatch(keys, values, found)
	for i, k := range keys {
		want, had := twin[k]
		if got, ok := table.Get(k); ok != had || got != want {
			t.Fatalf("Get(%x) = %d %v, want %d %v", k, got, ok, want, had)
		}
		if found[i] != had || values[i] != want {
			t.Fatalf("GetBatch(%x) = %d %v, want %d %v", k, values[i], found[i], want, had)
		}
	}
	if table.Len() != len(twin) {
		t.Fatalf("Len = %d, want %d", table.Len(), len(twin))
	}
}

func randomKey(r *rand.Rand) Key {
	var k Key
	binary.LittleEndian.PutUint64(k[:8], r.Uint64())
	binary.LittleEndian.PutUint64(k[8:], r.Uint64())
	return k
}

// TestTableGrowsAndShrinks fills far beyond the first size, with random keys and with ids that begin with a time,
// holds the promise on memory, then deletes most of it.
func TestTableGrowsAndShrinks(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and one goroutine: the full run has it")
	}
	for name, next := range map[string]func(r *rand.Rand, i int) Key{
		"hashes": func(r *rand.Rand, _ int) Key { return randomKey(r) },
		"timed ids": func(r *rand.Rand, i int) Key {
			k := randomKey(r)
			binary.BigEndian.PutUint64(k[:8], uint64(i/100)<<16|7<<12)
			k[8] = k[8]&0x3f | 0x80
			return k
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			table, twin, keys := NewTable(0), map[Key]uint32{}, []Key{}
			for i := range 60_000 {
				k := next(r, i)
				keys = append(keys, k)
				table.Put(k, uint32(i))
				twin[k] = uint32(i)
			}
			checkTable(t, table, twin, keys)
			if per := float64(table.Bytes()-tableShards*tablePad*slotBytes) / float64(table.Len()); per > 25.9 {
				t.Fatalf("%.1f bytes an entry", per)
			}
			for i, k := range keys {
				if i%8 != 0 {
					table.Delete(k)
					delete(twin, k)
				}
			}
			checkTable(t, table, twin, keys)
		})
	}
}

// TestTableKeepsItsOrder checks the invariant that searching relies on after many insertions and deletions: within a
// shard hashes ascend, no entry stands before its home, and no free slot lies between an entry and its home.
func TestTableKeepsItsOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	table := NewTable(20_000)
	keys := make([]Key, 16_000)
	for i := range keys {
		keys[i] = randomKey(r)
	}
	for range 200_000 {
		k := keys[r.IntN(len(keys))]
		if r.IntN(2) == 0 {
			table.Put(k, 1)
		} else {
			table.Delete(k)
		}
	}
	for i := range table.shards {
		s := &table.shards[i]
		last, used, free := uint64(0), 0, -1
		for at := range s.slots {
			k := s.slots[at].key
			if k == (Key{}) {
				free = at
				continue
			}
			h := mix(&k)
			used++
			if h <= last || int(s.home(h)) > at || int(s.home(h)) <= free {
				t.Fatalf("shard %d slot %d: out of order", i, at)
			}
			last = h
		}
		if used != s.used {
			t.Fatalf("shard %d holds %d entries, counts %d", i, used, s.used)
		}
	}
}

// TestTableConcurrently has readers look up keys that never change while a writer adds, removes and grows around them.
func TestTableConcurrently(t *testing.T) {
	table, r := NewTable(0), rand.New(rand.NewPCG(5, 6))
	fixed := make([]Key, 500)
	for i := range fixed {
		fixed[i] = randomKey(r)
		table.Put(fixed[i], uint32(i))
	}
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		readers.Go(func() {
			values, found := make([]uint32, len(fixed)), make([]bool, len(fixed))
			for {
				table.GetBatch(fixed, values, found)
				for i, k := range fixed {
					if v, ok := table.Get(k); !ok || v != uint32(i) || !found[i] || values[i] != v {
						t.Errorf("key %d lost", i)
						return
					}
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for range 20_000 {
		k := randomKey(r)
		table.Put(k, 0)
		if r.IntN(3) == 0 {
			table.Delete(k)
		}
	}
	close(done)
	readers.Wait()
}

func TestTableSlotHasNoPadding(t *testing.T) {
	if got := unsafe.Sizeof(tableSlot{}); got != slotBytes {
		t.Fatalf("a slot takes %d bytes", got)
	}
}

// BenchmarkIdentifiers compares the table with Go's map: random hits (and misses), one goroutine, one run.
// go test ./index -run '^$' -bench Identifiers | benchstat -col /table -
func BenchmarkIdentifiers(b *testing.B) {
	for _, n := range []int{1 << 20, 8 << 20} {
		r := rand.New(rand.NewPCG(7, 8))
		keys := make([]Key, n)
		for i := range keys {
			keys[i] = randomKey(r)
		}
		table, twin := NewTable(0), map[Key]uint32{}
		start := time.Now()
		for i, k := range keys {
			table.Put(k, uint32(i))
		}
		ours := time.Since(start)
		for i, k := range keys {
			twin[k] = uint32(i)
		}
		b.Logf("%d keys built one by one: table %d ns a key and %.1f bytes an entry, map %d ns a key",
			n, ours.Nanoseconds()/int64(n), float64(table.Bytes())/float64(n), (time.Since(start)-ours).Nanoseconds()/int64(n))
		r.Shuffle(n, func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		mask, sum := n-1, uint32(0)
		run := func(op, what string, lookup func(i int)) {
			b.Run(fmt.Sprintf("keys=%dM/op=%s/table=%s", n>>20, op, what), func(b *testing.B) {
				for i := range b.N {
					lookup(i & mask)
				}
			})
		}
		run("get", "ours", func(i int) {
			v, _ := table.Get(keys[i])
			sum += v
		})
		run("get", "map", func(i int) { sum += twin[keys[i]] })
		run("miss", "ours", func(i int) {
			k := keys[i]
			k[9]++
			v, _ := table.Get(k)
			sum += v
		})
		run("miss", "map", func(i int) {
			k := keys[i]
			k[9]++
			sum += twin[k]
		})
		values, found := make([]uint32, 1024), make([]bool, 1024)
		run("batch", "ours", func(i int) {
			if i&1023 == 0 {
				table.GetBatch(keys[i:i+1024], values, found)
			}
		})
		b.Logf("sum %d", sum)
	}
}
