package wal

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// TestFormat: a store's first write-ahead file has the old format, so nothing may be acknowledged in it (P1).
func TestFormat(t *testing.T) {
	fs := vfs.NewMem()
	s := mustOpen(t, options(t, fs))
	defer mustClose(t, s)
	for _, store := range []*store{s.Log.store, s.Pages.store} {
		if got := store.db.FormatMajorVersion(); got != pebble.FormatWALSyncChunks || got < 20 {
			t.Errorf("store %s has format %d", store.name, got)
		}
	}
	mustStore(t, s.Log, entries(1, 1, 1))
	// The old file may still wait for its removal: the newest one has the entry.
	newest := ""
	for _, path := range filesOf(t, fs, "/node/data/log") {
		if strings.HasSuffix(path, ".log") {
			newest = max(newest, path)
		}
	}
	// A record chunk: checksum, length, type. Types above 8 are those that tell how far was synced.
	if b := readFile(t, fs, newest); b[6] <= 8 {
		t.Errorf("the first entry is in a chunk of type %d, in a write-ahead file of the old format", b[6])
	}
}

func TestLocked(t *testing.T) {
	fs := vfs.NewMem()
	s := mustOpen(t, options(t, fs))
	_, err := Open(options(t, fs))
	wantError(t, err, ErrLocked)
	mustClose(t, s)
	mustClose(t, mustOpen(t, options(t, fs)))
}

// TestRealDisk runs once on the operating system's files.
func TestRealDisk(t *testing.T) {
	o := options(t, nil)
	o.Dir, o.FS, o.MemTable = t.TempDir()+"/a/b", nil, 0
	s := mustOpen(t, o)
	mustStore(t, s.Log, entries(1, 50, 1))
	mustFlush(t, s.Pages, 40, put("a", "1"), putOnce("b", "2"))
	if u, err := s.Space.Usage(); err != nil || u.Total == 0 || u.Free == 0 || s.Space.Low() == 0 {
		t.Errorf("the disk has %+v, error %v", u, err)
	}
	if stats := s.Stats(); stats.LogEntries != 50 || stats.LogBytes == 0 || stats.FreeDisk == 0 || stats.LogDisk == 0 {
		t.Errorf("stats %+v", stats)
	}
	mustClose(t, s)
	s = mustOpen(t, o)
	wantSpan(t, s.Log, 1, 50)
	wantPages(t, s.Pages, map[string]string{"a": "1", "b": "2"})
	mustClose(t, s)
}

func TestSpace(t *testing.T) {
	var free atomic.Uint64
	free.Store(50 << 20)
	o := options(t, vfs.NewMem())
	o.Usage = func() (DiskUsage, error) { return DiskUsage{Total: 100 << 20, Free: free.Load()}, nil }
	s := mustOpen(t, o)
	if got, want := s.Space.Low(), uint64(5<<20); got != want {
		t.Errorf("the watermark is %d bytes, want 5 %% of the disk, %d", got, want)
	}
	mustStore(t, s.Log, entries(1, 2, 1))
	check(t, s.Space.Check(1))
	free.Store(5<<20 - 1)
	s.Space.mu.allowance = 0
	wantError(t, s.Space.Check(1), ErrDiskLow) // as much as was allowed is written: it measures anew
	f := s.Pages.Begin(1)
	check(t, f.Put([]byte("a"), nil)) // a flush makes the log shorter, so it may go on for longer
	check(t, f.Commit(CommitRecord{Index: 1}))
	free.Store(1 << 20)
	wantError(t, s.Space.Check(20<<20), ErrDiskLow) // more than was allowed, too
	f = s.Pages.Begin(2)
	check(t, f.Put([]byte("a"), []byte("b")))
	s.Space.mu.allowance = -1
	wantError(t, f.Commit(CommitRecord{Index: 2}), ErrDiskLow)
	if got, err := s.Pages.Get([]byte("a")); err != nil || string(got) != "" {
		t.Errorf("reads do not go on: %q, %v", got, err)
	}
	free.Store(50 << 20)
	s.Space.mu.allowance = -1
	check(t, s.Space.Check(1))
	mustFlush(t, s.Pages, 2, put("a", "c"))
	mustClose(t, s)

	free.Store(2*o.MemTable - 1)
	_, err := Open(o)
	wantError(t, err, ErrDiskFull)
	free.Store(2 * o.MemTable)
	mustClose(t, mustOpen(t, o))
}

func TestSpaceDefaults(t *testing.T) {
	for _, c := range []struct{ total, memTable, low uint64 }{
		{1 << 40, 64 << 20, 2 << 30},
		{10 << 30, 64 << 20, 10 << 30 / 100 * 5},
		{256 << 20, 2 << 20, 256 << 20 / 100 * 5},
		{16 << 20, 1 << 20, 4 << 20},
	} {
		o := Options{Usage: func() (DiskUsage, error) { return DiskUsage{Total: c.total, Free: c.total}, nil }}
		if s := newSpace(&o); o.MemTable != c.memTable || s.Low() != c.low {
			t.Errorf("a disk of %d MiB has memtables of %d and the watermark %d, want %d and %d", c.total>>20, o.MemTable, s.Low(), c.memTable, c.low)
		}
	}
	o := Options{Usage: func() (DiskUsage, error) { return DiskUsage{}, errors.ErrUnsupported }}
	if err := newSpace(&o).Check(1 << 40); err != nil {
		t.Errorf("a disk that does not tell is refused: %v", err)
	}
}

// TestFailedSyncEndsTheProcess runs processes of their own whose n-th operation on a write-ahead file fails. Such a
// process ends, with its own exit code and the cause (I5), and whoever was told "done" finds it after a restart.
func TestFailedSyncEndsTheProcess(t *testing.T) {
	if dir := os.Getenv("WAL_TEST_DIR"); dir != "" {
		failingProcess(t, dir)
		return
	}
	for _, kind := range []errorfs.OpKind{errorfs.OpFileSyncData, errorfs.OpFileWrite} {
		for n := 0; n < 6; n++ {
			o := options(t, nil)
			o.Dir, o.FS = t.TempDir(), nil
			mustClose(t, mustOpen(t, o))
			c := exec.Command(os.Args[0], "-test.run=^TestFailedSyncEndsTheProcess$")
			c.Env = append(os.Environ(), "WAL_TEST_DIR="+o.Dir, fmt.Sprintf("WAL_TEST_FAIL=%d/%d", kind, n))
			var log bytes.Buffer
			c.Stderr = &log
			out, err := c.Output()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != ExitCode {
				t.Fatalf("operation kind %d failed as number %d: %v, want exit code %d\n%s", kind, n, err, ExitCode, log.Bytes())
			}
			if !strings.Contains(log.String(), "the disk failed, the process ends") || !strings.Contains(log.String(), "input/output error") {
				t.Errorf("the cause is not told:\n%s", log.Bytes())
			}
			done := uint64(strings.Count(string(out), "done\n"))
			s := mustOpen(t, o)
			if last, _ := s.Log.LastIndex(); last < done {
				t.Errorf("operation kind %d failed as number %d: %d entries were acknowledged, %d are there", kind, n, done, last)
			}
			mustClose(t, s)
		}
	}
}

// failingProcess appends entries, and says so for each, on a disk that fails once.
func failingProcess(t *testing.T, dir string) {
	var kind errorfs.OpKind
	var n int64
	if _, err := fmt.Sscanf(os.Getenv("WAL_TEST_FAIL"), "%d/%d", &kind, &n); err != nil {
		t.Fatal(err)
	}
	var count atomic.Int64
	count.Store(n)
	fs := errorfs.Wrap(vfs.Default, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == kind && strings.HasSuffix(op.Path, ".log") && count.Add(-1) == -1 {
			return syscall.EIO
		}
		return nil
	}))
	s, err := Open(Options{Dir: dir, FS: fs, MemTable: 128 << 10, Logger: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	check(t, err)
	for i := uint64(1); i <= 20; i++ {
		check(t, s.Log.StoreLog(entry(i, 1)))
		fmt.Println("done")
	}
}

func TestMark(t *testing.T) {
	fs := vfs.NewCrashableMem()
	o := options(t, fs)
	s := mustOpen(t, o)
	mustStore(t, s.Log, entries(1, 30, 4))
	check(t, s.Log.SetUint64([]byte("LastVoteTerm"), 5))
	check(t, s.Log.Set([]byte("LastVoteCand"), []byte("n1")))
	if got, want := s.Log.Mark(), (Mark{30, 4, 5}); got != want {
		t.Errorf("the mark is %v, want %v", got, want)
	}
	// The vote is marked at once, and takes the entries with it.
	o.FS = fs.CrashClone(vfs.CrashCloneCfg{})
	m, err := openMark(o, false)
	check(t, err)
	if got, want := m.get(), (Mark{30, 4, 5}); got != want {
		t.Errorf("the durable mark is %v, want %v", got, want)
	}
	check(t, m.close())
	mustDelete(t, s.Log, 21, 30)
	if got, want := s.Log.Mark(), (Mark{20, 4, 5}); got != want {
		t.Errorf("after a tail was cut the mark is %v, want %v", got, want)
	}
	mustFlush(t, s.Pages, 10)
	mustDelete(t, s.Log, 1, 10)
	mustClose(t, s)
	mustClose(t, mustOpen(t, options(t, fs)))

	// With one slot torn the other one counts.
	b := readFile(t, fs, "/node/data/mark")
	first, firstMark, ok1 := decodeMark(b[:markSize])
	second, secondMark, ok2 := decodeMark(b[markSlot : markSlot+markSize])
	if !ok1 || !ok2 || first == second {
		t.Fatalf("slots %d %v and %d %v", first, firstMark, second, secondMark)
	}
	newest, want := 0, secondMark
	if second > first {
		newest, want = markSlot, firstMark
	}
	b[newest+20] ^= 1
	writeFile(t, fs, "/node/data/mark", b)
	m, err = openMark(options(t, fs), false)
	check(t, err)
	if m.get() != want {
		t.Errorf("the mark is %v, want %v of the other slot", m.get(), want)
	}
	check(t, m.close())
}
