package wal

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/hashicorp/raft"
)

// filesOf lists the files of a folder in memory.
func filesOf(t testing.TB, fs vfs.FS, dir string) (out []string) {
	t.Helper()
	names, err := fs.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		path := fs.PathJoin(dir, name)
		if info, err := fs.Stat(path); err != nil {
			t.Fatal(err)
		} else if info.IsDir() {
			out = append(out, filesOf(t, fs, path)...)
		} else if info.Size() > 0 {
			out = append(out, path)
		}
	}
	return out
}

// damaged copies a disk and changes one bit of one file.
func damaged(t testing.TB, disk *vfs.MemFS, path string, bit int) *vfs.MemFS {
	copied := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))})
	b := readFile(t, copied, path)
	b[bit/8] ^= 1 << (bit % 8)
	writeFile(t, copied, path, b)
	return copied
}

// flushed lists the pages as of each commit of the folder that damagedFolder makes.
var flushed = []map[string]string{
	{},
	{"a": "first", "b": "first", "once/1": strings.Repeat("x", 500)},
	{"a": "second", "c": "second", "once/1": strings.Repeat("x", 500), "once/2": "y"},
}

// damagedFolder is a folder with entries 1 to 40 in several writes, votes, and two commits of pages at 10 and 20. Some
// of it is in tables, the rest in write-ahead files.
func damagedFolder(t testing.TB, fs vfs.FS) {
	s := mustOpen(t, options(t, fs))
	vote := func(term uint64) {
		if err := errors.Join(s.Log.SetUint64([]byte("LastVoteTerm"), term), s.Log.Set([]byte("LastVoteCand"), candidateOf(term))); err != nil {
			t.Fatal(err)
		}
	}
	vote(1)
	for i := uint64(1); i <= 20; i++ {
		mustStore(t, s.Log, entries(i, i, 1))
	}
	mustFlush(t, s.Pages, 10, put("a", "first"), put("b", "first"), putOnce("once/1", strings.Repeat("x", 500)))
	if err := errors.Join(s.Log.db.Flush(), s.Pages.db.Flush()); err != nil {
		t.Fatal(err)
	}
	vote(2)
	for i := uint64(21); i <= 40; i++ {
		mustStore(t, s.Log, entries(i, i, 1))
	}
	mustFlush(t, s.Pages, 20, put("a", "second"), remove("b"), put("c", "second"), putOnce("once/2", "y"))
	mustClose(t, s)
}

// judge opens a damaged folder: it must say so, or give back everything.
func judge(t testing.TB, disk *vfs.MemFS) (reported error, wrong error) {
	o := options(t, disk)
	var told error
	o.Corruption = func(cause error) { told = cause }
	s, err := Open(o)
	if err != nil {
		return err, nil
	}
	defer func() { mustClose(t, s) }()
	for i := uint64(1); i <= 40; i++ {
		var e raft.Log
		if err := s.Log.GetLog(i, &e); errors.Is(err, ErrCorrupt) {
			return err, nil
		} else if err != nil {
			return nil, fmt.Errorf("entry %d: %w", i, err)
		}
		if !bytes.Equal(e.Data, entry(i, 1).Data) || e.Term != 1 {
			return nil, fmt.Errorf("entry %d has changed", i)
		}
	}
	term, err := s.Log.GetUint64([]byte("LastVoteTerm"))
	if err != nil || term != 2 {
		return err, fmt.Errorf("the vote is of term %d, error %w", term, err)
	}
	// The pages may have lost their newest commit, as a whole: the log, which still has its entries, brings it again.
	record, _ := s.Pages.Committed()
	if record.Index%10 != 0 || record.Index > 20 {
		return nil, fmt.Errorf("the pages claim entry %d", record.Index)
	}
	got, err := readPages(s.Pages)
	if err != nil {
		return err, nil
	}
	if !maps.Equal(got, flushed[record.Index/10]) {
		return nil, fmt.Errorf("the pages of entry %d are %v", record.Index, got)
	}
	return told, nil
}

// TestBitFlips changes single bits of every file. The result is reported or harmless, never wrong.
func TestBitFlips(t *testing.T) {
	disk := vfs.NewCrashableMem()
	damagedFolder(t, disk)
	if reported, wrong := judge(t, disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))})); reported != nil || wrong != nil {
		t.Fatalf("undamaged: %v, %v", reported, wrong)
	}
	random := rand.New(rand.NewPCG(3, 3))
	for _, path := range filesOf(t, disk, "/node/data") {
		bits := len(readFile(t, disk, path)) * 8
		flips, found := 20, 0
		if strings.HasSuffix(path, ".log") {
			flips = 80
		}
		if testing.Short() {
			flips /= 10
		}
		for range flips {
			bit := random.IntN(bits)
			reported, wrong := judge(t, damaged(t, disk, path, bit))
			if wrong != nil {
				t.Fatalf("%s, bit %d of %d: %v", path, bit, bits, wrong)
			}
			if reported != nil {
				found++
			}
		}
		t.Logf("%-40s %6d bytes, %d of %d flips reported, the others did no harm", path, bits/8, found, flips)
	}
}

// TestShortenedLog ends the newest write-ahead file of the log early, as one flipped bit does in Pebble's old format:
// only the mark knows that entries are missing.
func TestShortenedLog(t *testing.T) {
	disk := vfs.NewCrashableMem()
	damagedFolder(t, disk)
	newest := ""
	for _, path := range filesOf(t, disk, "/node/data/log") {
		if strings.HasSuffix(path, ".log") {
			newest = max(newest, path)
		}
	}
	whole := readFile(t, disk, newest)
	for keep := 0; keep < len(whole)-100; keep += 97 {
		copied := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))})
		writeFile(t, copied, newest, whole[:keep])
		reported, wrong := judge(t, copied)
		if wrong != nil {
			t.Fatalf("%s cut to %d of %d bytes: %v", newest, keep, len(whole), wrong)
		}
		wantError(t, reported, ErrQuarantine)
	}
}

// TestTornTail appends half a write to the log's newest file: that was never acknowledged, and is no damage.
func TestTornTail(t *testing.T) {
	disk := vfs.NewCrashableMem()
	s := mustOpen(t, options(t, disk))
	mustStore(t, s.Log, entries(1, 5, 1))
	before := map[string]int{}
	for _, path := range filesOf(t, disk, "/node/data/log") {
		before[path] = len(readFile(t, disk, path))
	}
	mustStore(t, s.Log, entries(6, 6, 1))
	torn := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))})
	writeFile(t, torn, "/node/data/mark", readFile(t, disk, "/node/data/mark"))
	cut := false
	for _, path := range filesOf(t, disk, "/node/data/log") {
		if b := readFile(t, disk, path); strings.HasSuffix(path, ".log") && len(b) > before[path] {
			writeFile(t, torn, path, b[:before[path]+(len(b)-before[path])/2])
			cut = true
		}
	}
	mustClose(t, s)
	if !cut {
		t.Fatal("no file grew")
	}
	// The mark may already know entry 6; a torn write never got that far.
	o := options(t, torn)
	m, err := openMark(Options{Dir: o.Dir, FS: torn, Fatal: o.Fatal}, false)
	if err != nil {
		t.Fatal(err)
	}
	m.set(func(m *Mark) { m.Index, m.Term = 5, 1 })
	if err := m.close(); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, o)
	wantSpan(t, s.Log, 1, 5)
	mustClose(t, s)
}

func TestQuarantine(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func(t *testing.T, fs *vfs.MemFS)
		want   error
	}{
		{"the log's folder is gone", func(t *testing.T, fs *vfs.MemFS) { check(t, fs.RemoveAll("/node/data/log")) }, ErrQuarantine},
		{"the pages' folder is gone and the log was cut", func(t *testing.T, fs *vfs.MemFS) {
			s := mustOpen(t, options(t, fs))
			mustDelete(t, s.Log, 1, 15)
			mustClose(t, s)
			check(t, fs.RemoveAll("/node/data/pages"))
		}, ErrUnusable},
		{"the mark is gone", func(t *testing.T, fs *vfs.MemFS) { check(t, fs.Remove("/node/data/mark")) }, ErrCorrupt},
		{"both slots of the mark are damaged", func(t *testing.T, fs *vfs.MemFS) {
			writeFile(t, fs, "/node/data/mark", make([]byte, 2*markSlot))
		}, ErrCorrupt},
		{"an older log is put back", func(t *testing.T, fs *vfs.MemFS) {
			m, err := openMark(Options{Dir: "/node/data", FS: fs}, false)
			check(t, err)
			m.set(func(m *Mark) { m.Index = 41 })
			check(t, m.close())
		}, ErrQuarantine},
		{"another log is put in its place", func(t *testing.T, fs *vfs.MemFS) {
			m, err := openMark(Options{Dir: "/node/data", FS: fs}, false)
			check(t, err)
			m.set(func(m *Mark) { m.Term = 2 })
			check(t, m.close())
		}, ErrQuarantine},
		{"a vote is forgotten", func(t *testing.T, fs *vfs.MemFS) {
			m, err := openMark(Options{Dir: "/node/data", FS: fs}, false)
			check(t, err)
			m.set(func(m *Mark) { m.VoteTerm = 3 })
			check(t, m.close())
		}, ErrQuarantine},
		{"an entry is missing", func(t *testing.T, fs *vfs.MemFS) {
			s := mustOpen(t, options(t, fs))
			check(t, s.Log.db.Delete(entryAt(17), pebble.Sync))
			mustClose(t, s)
		}, ErrCorrupt},
		{"an entry stands in another's place", func(t *testing.T, fs *vfs.MemFS) {
			s := mustOpen(t, options(t, fs))
			value, closer, err := s.Log.db.Get(entryAt(17))
			check(t, err)
			check(t, s.Log.db.Set(entryAt(18), value, pebble.Sync))
			check(t, closer.Close())
			mustClose(t, s)
		}, ErrCorrupt},
	} {
		t.Run(c.name, func(t *testing.T) {
			fs := vfs.NewCrashableMem()
			damagedFolder(t, fs)
			c.damage(t, fs)
			s, err := Open(options(t, fs))
			if err == nil {
				mustClose(t, s)
			}
			wantError(t, err, c.want)
		})
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestDamageWhileRunning reads an entry whose bytes changed: an error and a report, never "not found".
func TestDamageWhileRunning(t *testing.T) {
	o := options(t, vfs.NewMem())
	var told error
	o.Corruption = func(cause error) { told = cause }
	s := mustOpen(t, o)
	defer mustClose(t, s)
	mustStore(t, s.Log, entries(1, 3, 1))
	check(t, s.Log.db.Set(entryAt(2), []byte("rubbish"), nil))
	check(t, s.Log.db.Delete(entryAt(3), nil))
	for i := uint64(2); i <= 3; i++ {
		told = nil
		var e raft.Log
		wantError(t, s.Log.GetLog(i, &e), ErrCorrupt)
		wantError(t, told, ErrCorrupt)
	}
}
