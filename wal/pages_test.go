package wal

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"
)

func mustPages(t testing.TB, o Options) *Pages {
	t.Helper()
	p, err := OpenPages(o)
	if err != nil {
		t.Fatalf("open pages: %v", err)
	}
	return p
}

// must flushes and commits what calls do.
func mustFlush(t testing.TB, p *Pages, index uint64, calls ...func(f *Flush) error) {
	t.Helper()
	f := p.Begin(index)
	for _, call := range calls {
		if err := call(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Commit(CommitRecord{Index: index}); err != nil {
		t.Fatal(err)
	}
}

func put(page, data string) func(f *Flush) error {
	return func(f *Flush) error { return f.Put([]byte(page), []byte(data)) }
}

func putOnce(page, data string) func(f *Flush) error {
	return func(f *Flush) error { return f.PutOnce([]byte(page), []byte(data)) }
}

func remove(page string) func(f *Flush) error {
	return func(f *Flush) error { return f.Delete([]byte(page)) }
}

func removeAll(prefix string) func(f *Flush) error {
	return func(f *Flush) error { return f.DeletePrefix([]byte(prefix)) }
}

func wantPages(t testing.TB, p *Pages, want map[string]string) {
	t.Helper()
	if err := comparePages(p, want); err != nil {
		t.Fatal(err)
	}
}

func TestPages(t *testing.T) {
	fs := vfs.NewMem()
	p := mustPages(t, options(t, fs))
	if _, ok := p.Committed(); ok {
		t.Fatal("a new store has a commit record")
	}
	_, err := p.Get([]byte("a"))
	wantError(t, err, ErrNoPage)
	mustFlush(t, p, 5, put("a", "1"), put("a\x00", "2"), put("a\x00\x01", "3"), put("b", ""), putOnce("a1", "4"), putOnce("once", "5"))
	state := map[string]string{"a": "1", "a\x00": "2", "a\x00\x01": "3", "b": "", "a1": "4", "once": "5"}
	wantPages(t, p, state)

	f := p.Begin(9)
	for _, call := range []func(*Flush) error{put("a", "new"), remove("b"), remove("once"), putOnce("twice", "6"), removeAll("a\x00")} {
		if err := call(f); err != nil {
			t.Fatal(err)
		}
	}
	wantPages(t, p, state) // nothing of it is seen yet
	if second := p.Begin(9); !errors.Is(second.Put([]byte("x"), nil), ErrFlushOpen) || !errors.Is(second.Commit(CommitRecord{Index: 9}), ErrFlushOpen) {
		t.Fatal("two flushes at once")
	}
	if err := f.Commit(CommitRecord{Index: 10, Term: 3, Configuration: []byte("c"), ConfigurationIndex: 2, FeatureLevel: 1, Meta: []byte("m")}); err != nil {
		t.Fatal(err)
	}
	state = map[string]string{"a": "new", "a1": "4", "twice": "6"}
	wantPages(t, p, state)
	f.Abort() // too late: nothing happens
	if err := f.Put([]byte("late"), nil); err == nil {
		t.Fatal("a committed flush takes a page")
	}
	mustClose(t, p)

	p = mustPages(t, options(t, fs))
	defer mustClose(t, p)
	wantPages(t, p, state)
	record, ok := p.Committed()
	if want := (CommitRecord{10, 3, []byte("c"), 2, 1, []byte("m")}); !ok || fmt.Sprint(record) != fmt.Sprint(want) {
		t.Fatalf("the record is %v, want %v", record, want)
	}
	if err := p.Begin(9).Commit(CommitRecord{Index: 9}); err == nil {
		t.Fatal("a commit went back")
	}
	if err := p.Begin(12).Commit(CommitRecord{Index: 11}); err == nil {
		t.Fatal("a commit claims less than its flush")
	}
	f = p.Begin(12)
	if err := f.Put(nil, nil); err == nil {
		t.Fatal("a page without a name")
	}
	f.Abort()
}

// TestPagesTidy looks into the store: after a flush there is one version of each page and no journal.
func TestPagesTidy(t *testing.T) {
	p := mustPages(t, options(t, vfs.NewMem()))
	defer mustClose(t, p)
	for i := range uint64(5) {
		mustFlush(t, p, i, put("a", "1"), put("b", "2"), remove("b"), put("c", "3"), remove("c"), put("c", "4"), putOnce(fmt.Sprint("once", i), ""))
	}
	f := p.Begin(9)
	if err := f.Put([]byte("given up"), nil); err != nil {
		t.Fatal(err)
	}
	f.Abort()
	kinds := map[byte]int{}
	iter, err := p.db.NewIter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for ok := iter.First(); ok; ok = iter.Next() {
		kinds[iter.Key()[0]]++
	}
	mustClose(t, iter)
	if want := map[byte]int{commitKey: 1, pageKey: 2, onceKey: 5}; !maps.Equal(kinds, want) {
		t.Fatalf("the store holds %v, want %v", kinds, want)
	}
}

// TestDeletedOnceStaysDeleted crashes between a commit and its tidying, when pages that are written once are still
// there.
func TestDeletedOnceStaysDeleted(t *testing.T) {
	fs := vfs.NewCrashableMem()
	p := mustPages(t, options(t, fs))
	mustFlush(t, p, 1, putOnce("once", "1"))
	mustFlush(t, p, 2, remove("once"))
	crashed := mustPages(t, options(t, fs.CrashClone(vfs.CrashCloneCfg{})))
	wantPages(t, crashed, map[string]string{})
	mustClose(t, crashed)
	mustClose(t, p)
}

// TestMisplacedPage copies one page's value over another's: the checksum covers the name.
func TestMisplacedPage(t *testing.T) {
	for _, pages := range [][]func(f *Flush) error{{put("a", "1"), put("b", "2")}, {putOnce("a", "1"), putOnce("b", "2")}} {
		o := options(t, vfs.NewMem())
		var told error
		o.Corruption = func(cause error) { told = cause }
		p := mustPages(t, o)
		mustFlush(t, p, 1, pages...)
		iter, err := p.db.NewIter(&pebble.IterOptions{LowerBound: []byte{onceKey}})
		if err != nil {
			t.Fatal(err)
		}
		iter.First()
		value := bytes.Clone(iter.Value())
		iter.Next()
		if err := p.db.Set(bytes.Clone(iter.Key()), value, nil); err != nil {
			t.Fatal(err)
		}
		mustClose(t, iter)
		_, err = p.Get([]byte("b"))
		wantError(t, err, ErrCorrupt)
		wantError(t, told, ErrCorrupt)
		wantError(t, p.Scan(nil, func(page, data []byte) error { return nil }), ErrCorrupt)
		if _, err := p.Get([]byte("a")); err != nil {
			t.Fatal(err)
		}
		mustClose(t, p)
	}
}

// TestReadersSeeOneFlush reads while flushes replace all pages: a scan sees one flush's, a get some flush's.
func TestReadersSeeOneFlush(t *testing.T) {
	p := mustPages(t, options(t, vfs.NewMem()))
	defer mustClose(t, p)
	names := []string{"a", "b", "c", "d"}
	flush := func(i uint64) {
		var calls []func(f *Flush) error
		for _, name := range names {
			calls = append(calls, put(name, fmt.Sprint(i)))
		}
		mustFlush(t, p, i, calls...)
	}
	flush(1)
	var readers sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				var seen []string
				if err := p.Scan(nil, func(page, data []byte) error { seen = append(seen, string(data)); return nil }); err != nil {
					t.Error(err)
				}
				if len(seen) != len(names) || seen[0] != seen[3] || seen[0] != seen[1] {
					t.Errorf("one scan saw %v", seen)
				}
				if _, err := p.Get([]byte("c")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := uint64(2); i < 150; i++ {
		flush(i)
	}
	close(stop)
	readers.Wait()
}

func TestPageKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 'a', 0xfe, 0xff}), 0, 6)
		a, b := name.Draw(t, "a"), name.Draw(t, "b")
		flush := rapid.Uint64().Draw(t, "flush")
		keyA, keyB := appendVersion(versionsOf(a), flush), appendVersion(versionsOf(b), rapid.Uint64().Draw(t, "other"))
		page, got, err := splitVersion(nil, keyA)
		if err != nil || got != flush || !bytes.Equal(page, a) {
			t.Fatalf("%x of %d reads as %x of %d, error %v", a, flush, page, got, err)
		}
		if order := bytes.Compare(a, b); order != 0 && bytes.Compare(keyA, keyB) != order {
			t.Fatalf("%x and %x sort otherwise than their keys", a, b)
		}
		prefix := appendEscaped([]byte{pageKey}, b)
		inside := bytes.Compare(keyA, prefix) >= 0 && (after(prefix) == nil || bytes.Compare(keyA, after(prefix)) < 0)
		if inside != bytes.HasPrefix(a, b) {
			t.Fatalf("%x with prefix %x: in the range of keys %v", a, b, inside)
		}
	})
}

// TestPagesModel compares the pages with a map under random flushes, aborts and restarts.
func TestPagesModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		fs := vfs.NewMem()
		o := options(t, fs)
		o.MemTable = 4 << 10 // many batches
		p := mustPages(t, o)
		state := map[string]string{}
		written := map[string]bool{} // names used for PutOnce, never again
		for step := range rapid.IntRange(1, 8).Draw(rt, "flushes") {
			next := maps.Clone(state)
			f := p.Begin(uint64(step))
			check := func(err error) {
				if err != nil {
					rt.Fatal(err)
				}
			}
			for range rapid.IntRange(0, 12).Draw(rt, "calls") {
				name := rapid.StringMatching(`[ab\x00]{1,3}`).Draw(rt, "name")
				data := strings.Repeat("x", rapid.IntRange(0, 2000).Draw(rt, "data"))
				switch rapid.IntRange(0, 4).Draw(rt, "call") {
				case 0, 1:
					check(f.Put([]byte(name), []byte(data)))
					next[name] = data
				case 2:
					check(f.Delete([]byte(name)))
					delete(next, name)
				case 3:
					check(f.DeletePrefix([]byte(name)))
					maps.DeleteFunc(next, func(k, _ string) bool { return len(k) >= len(name) && k[:len(name)] == name })
				case 4:
					if name = "once" + name; !written[name] {
						check(f.PutOnce([]byte(name), []byte(data)))
						next[name], written[name] = data, true
					}
				}
			}
			if rapid.IntRange(0, 3).Draw(rt, "abort") == 0 {
				f.Abort()
				clear(written)
				for name := range state {
					written[name] = true
				}
			} else {
				check(f.Commit(CommitRecord{Index: uint64(step)}))
				state = next
			}
			if rapid.Bool().Draw(rt, "restart") {
				mustClose(t, p)
				p = mustPages(t, o)
			}
			if err := comparePages(p, state); err != nil {
				rt.Fatal(err)
			}
		}
		mustClose(t, p)
	})
}
