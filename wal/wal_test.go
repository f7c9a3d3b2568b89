package wal

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/hashicorp/raft"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// options are those of a small folder in memory. A disk failure fails the test.
func options(t testing.TB, fs vfs.FS) Options {
	return Options{Dir: "/node/data", FS: fs, MemTable: 128 << 10, Fatal: func(cause error) {
		t.Errorf("the disk failed: %v", cause)
		runtime.Goexit()
	}}
}

func mustOpen(t testing.TB, o Options) *Store {
	t.Helper()
	s, err := Open(o)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return s
}

func mustClose(t testing.TB, c interface{ Close() error }) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// entry is the one that every test stores at an index: its bytes tell index, term and length.
func entry(index, term uint64) *raft.Log {
	data := []byte(fmt.Sprintf("entry %d of term %d ", index, term))
	for len(data) < int(40+index*37%200) {
		data = append(data, byte(index*7+uint64(len(data))*13))
	}
	return &raft.Log{Index: index, Term: term, Type: raft.LogCommand, Data: data}
}

func entries(first, last, term uint64) (out []*raft.Log) {
	for i := first; i <= last; i++ {
		out = append(out, entry(i, term))
	}
	return out
}

// crasher is a file system that can be cloned as after a power failure at every one of its write operations.
type crasher struct {
	vfs.FS
	mem *vfs.MemFS

	mu sync.Mutex
	at func() // called before every write operation, nil: nothing is
}

func newCrasher(mem *vfs.MemFS) *crasher {
	c := &crasher{mem: mem}
	c.FS = errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.at != nil {
				c.at()
			}
		}
		return nil
	}))
	return c
}

func (c *crasher) each(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = f
}

// clone is the disk after a power failure now, with a share of what was not synced.
func (c *crasher) clone(percent int, random *rand.Rand) *vfs.MemFS {
	return c.mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: random})
}

// readFile and writeFile let tests damage what is stored.
func readFile(t testing.TB, fs vfs.FS, path string) []byte {
	t.Helper()
	f, err := fs.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, info.Size())
	if len(b) > 0 {
		if _, err := f.ReadAt(b, 0); err != nil {
			t.Fatal(err)
		}
	}
	mustClose(t, f)
	return b
}

func writeFile(t testing.TB, fs vfs.FS, path string, b []byte) {
	t.Helper()
	f, err := fs.Create(path, category)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
	mustClose(t, f)
}

func wantError(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %v", err, want)
	}
}
