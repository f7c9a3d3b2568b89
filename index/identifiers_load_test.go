package index

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// TestLoadTableAgainstMap loads a table from several loaders, and goes on with what Table itself can do.
func TestLoadTableAgainstMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loaders := make([]*TableLoader, rapid.IntRange(0, 3).Draw(t, "loaders"))
		twin := map[Key]uint32{}
		keys := []Key{{}}
		for i := range loaders {
			loaders[i] = new(TableLoader)
			for n := rapid.IntRange(0, 300).Draw(t, "entries"); n > 0; n-- {
				k, v := drawKey(t), rapid.Uint32().Draw(t, "value")
				loaders[i].Put(k, v)
				twin[k] = v
				keys = append(keys, k)
			}
		}
		table := LoadTable(loaders...)
		checkTable(t, table, twin, keys)
		for _, k := range keys {
			if rapid.Bool().Draw(t, "delete") {
				table.Delete(k)
				delete(twin, k)
			} else {
				table.Put(k, 7)
				twin[k] = 7
			}
		}
		checkTable(t, table, twin, keys)
		checkTable(t, LoadTable(loaders...), map[Key]uint32{}, keys)
	})
}

// TestLoadTableFillsShards crosses the blocks of a loader and the size of a shard.
func TestLoadTableFillsShards(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	loaders := []*TableLoader{{}, {}}
	twin := map[Key]uint32{}
	var keys []Key
	for i := range 300_000 {
		k := randomKey(r)
		loaders[i%2].Put(k, uint32(i))
		twin[k] = uint32(i)
		keys = append(keys, k)
	}
	table := LoadTable(loaders...)
	checkTable(t, table, twin, keys)
	if per := float64(table.Bytes()) / float64(table.Len()); per > 27 {
		t.Errorf("%.1f bytes an entry", per)
	}
}

func BenchmarkLoadTable(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	keys := make([]Key, 5_000_000)
	for i := range keys {
		keys[i] = randomKey(r)
	}
	b.Run("put", func(b *testing.B) {
		for b.Loop() {
			t := NewTable(len(keys))
			for i, k := range keys {
				t.Put(k, uint32(i))
			}
		}
	})
	b.Run("load", func(b *testing.B) {
		for b.Loop() {
			l := new(TableLoader)
			for i, k := range keys {
				l.Put(k, uint32(i))
			}
			LoadTable(l)
		}
	})
}
