package cluster

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// TestPowerFailure cuts the power of a node at many file operations while it is being bootstrapped, takes proposals from
// several goroutines, flushes, cuts its log, stops and starts again. On every disk that is left the node starts, has
// every acknowledged command once, and none twice.
func TestPowerFailure(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 11))
	mem := vfs.NewCrashableMem()
	type crash struct {
		disk         *vfs.MemFS
		acknowledged []string
		what         string
	}
	var mu sync.Mutex
	var crashes []crash
	var acknowledged []string
	operations := 0
	fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() != errorfs.OpIsWrite {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		if operations++; random.IntN(4) == 0 {
			percent := []int{0, 1 + random.IntN(99), 100}[random.IntN(3)]
			have := acknowledged[:len(acknowledged):len(acknowledged)] // before the clone: these are on it
			crashes = append(crashes, crash{mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: random}), have,
				fmt.Sprintf("operation %d, %d %% of unsynced data", operations, percent)})
		}
		return nil
	}))
	small := func(c *Config) { c.FlushBytes, c.KeepBytes, c.MaxLogBytes = 2<<10, 1<<10, 1<<20 }
	for run := range 3 {
		m := start(t, fs, small)
		var proposals sync.WaitGroup
		for worker := range 4 {
			proposals.Go(func() {
				for i := range 40 {
					command := fmt.Sprintf("run %d worker %d command %d", run, worker, i)
					if _, _, err := m.Propose(context.Background(), []byte(command)); err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					acknowledged = append(acknowledged, command)
					mu.Unlock()
				}
			})
		}
		proposals.Wait()
		m.end(t)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, c := range crashes {
		m := start(t, c.disk, small)
		got := m.toy.snapshot()
		for _, command := range c.acknowledged {
			if got[command] != 1 {
				t.Errorf("%s: %q was acknowledged and is there %d times", c.what, command, got[command])
			}
		}
		for command, n := range got {
			if n != 1 {
				t.Errorf("%s: %q is there %d times", c.what, command, n)
			}
		}
		m.propose(t, "and it goes on")
		m.end(t)
		if t.Failed() {
			t.Fatalf("after %s", c.what)
		}
	}
	t.Logf("%d crash points of %d operations, %d commands", len(crashes), operations, len(acknowledged))
}
