package wal

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/hashicorp/raft"
)

// truth is what a node may say after a crash: the acknowledged state, and the one that was being written. Where they
// differ, either is right.
type truth struct {
	mu           sync.Mutex
	old, new     model
	acknowledged int // steps
}

// model is a node's folder in memory.
type model struct {
	first, last uint64
	terms       map[uint64]uint64
	voteTerm    uint64
	commit      uint64 // index of the pages' record
	pages       map[string]string
}

func (m model) clone() model {
	m.terms, m.pages = maps.Clone(m.terms), maps.Clone(m.pages)
	return m
}

// change runs one step of a workload: what it will change is possible from now on, and certain when it returned.
func (tr *truth) change(t *testing.T, plan func(m *model), do func() error) {
	t.Helper()
	tr.mu.Lock()
	tr.new = tr.old.clone()
	plan(&tr.new)
	tr.mu.Unlock()
	if err := do(); err != nil {
		t.Fatal(err)
	}
	tr.mu.Lock()
	tr.old = tr.new
	tr.acknowledged++
	tr.mu.Unlock()
}

func candidateOf(term uint64) []byte { return []byte(fmt.Sprintf("candidate of %d", term)) }

// workload does everything a node does to its folder, reopening it now and then. Everything is derived from random.
func workload(t *testing.T, o Options, tr *truth, random *rand.Rand, steps int) {
	tr.old = model{terms: map[uint64]uint64{}, pages: map[string]string{}}
	tr.new = tr.old
	s := mustOpen(t, o)
	defer func() { mustClose(t, s) }()
	term := uint64(1)
	for step := range steps {
		m := tr.old
		switch kind := random.IntN(10); {
		case kind < 4: // append
			n := uint64(1 + random.IntN(6))
			from := m.last + 1
			tr.change(t, func(m *model) {
				if m.last == 0 {
					m.first = 1
				}
				for i := from; i < from+n; i++ {
					m.terms[i] = term
				}
				m.last = from + n - 1
			}, func() error { return s.Log.StoreLogs(entries(from, from+n-1, term)) })
		case kind < 5: // vote
			term++
			tr.change(t, func(m *model) { m.voteTerm = term }, func() error {
				return errors.Join(s.Log.SetUint64([]byte("LastVoteTerm"), term), s.Log.Set([]byte("LastVoteCand"), candidateOf(term)))
			})
		case kind < 6 && m.commit > m.first && m.first > 0: // cut the head, never above the commit, never all
			to := min(m.commit, m.last-1)
			tr.change(t, func(m *model) { m.first = max(m.first, to+1) }, func() error { return s.Log.DeleteRange(m.first, to) })
		case kind < 7 && m.last > m.commit+1: // cut a tail above the commit, as a follower does
			to := m.last - 1
			tr.change(t, func(m *model) {
				m.last = to
				delete(m.terms, to+1)
			}, func() error { return s.Log.DeleteRange(to+1, to+1) })
			term++
		case kind < 9 && m.last > m.commit: // flush
			flushStep(t, s, tr, random, step)
		case kind == 9:
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = mustOpen(t, o)
		}
	}
}

func flushStep(t *testing.T, s *Store, tr *truth, random *rand.Rand, step int) {
	var record CommitRecord
	var calls []func(f *Flush) error
	tr.change(t, func(m *model) {
		m.commit = m.last
		record = CommitRecord{Index: m.last, Term: 1, Meta: []byte(fmt.Sprint("meta ", m.last))}
		for i := range 1 + random.IntN(12) {
			name := fmt.Sprintf("page\x00%c\x00%d", 'a'+i%3, random.IntN(8))
			value := string(bytes.Repeat([]byte{byte(step), byte(i)}, random.IntN(3000)))
			once := fmt.Sprintf("once/%d/%d", step, i)
			switch random.IntN(8) {
			case 6: // delete one that was written once, or all of an earlier step's
				gone := []byte(fmt.Sprintf("once/%d/%d", random.IntN(step+1), random.IntN(12)))
				delete(m.pages, string(gone))
				calls = append(calls, func(f *Flush) error { return f.Delete(gone) })
			case 7:
				prefix := fmt.Sprintf("once/%d/", random.IntN(step+1))
				maps.DeleteFunc(m.pages, func(k, _ string) bool { return strings.HasPrefix(k, prefix) })
				calls = append(calls, func(f *Flush) error { return f.DeletePrefix([]byte(prefix)) })
			case 0:
				delete(m.pages, name)
				calls = append(calls, func(f *Flush) error { return f.Delete([]byte(name)) })
			case 1:
				prefix := name[:6]
				maps.DeleteFunc(m.pages, func(k, _ string) bool { return strings.HasPrefix(k, prefix) })
				calls = append(calls, func(f *Flush) error { return f.DeletePrefix([]byte(prefix)) })
			case 2:
				m.pages[once] = value
				calls = append(calls, func(f *Flush) error { return f.PutOnce([]byte(once), []byte(value)) })
			default:
				m.pages[name] = value
				calls = append(calls, func(f *Flush) error { return f.Put([]byte(name), []byte(value)) })
			}
		}
	}, func() error {
		if random.IntN(4) == 0 { // one that is given up first
			f := s.Pages.Begin(record.Index)
			for _, call := range calls {
				if err := call(f); err != nil {
					return err
				}
			}
			f.Abort()
		}
		f := s.Pages.Begin(record.Index)
		for _, call := range calls {
			if err := call(f); err != nil {
				return err
			}
		}
		return f.Commit(record)
	})
}

// readPages returns all pages by Scan, each also read by Get.
func readPages(p *Pages) (map[string]string, error) {
	out := map[string]string{}
	var names []string
	err := p.Scan(nil, func(page, data []byte) error {
		if len(names) > 0 && names[len(names)-1] >= string(page) {
			return fmt.Errorf("page %q comes after %q", page, names[len(names)-1])
		}
		names = append(names, string(page))
		out[string(page)] = string(data)
		return nil
	})
	for _, name := range names {
		if got, e := p.Get([]byte(name)); err == nil && (e != nil || string(got) != out[name]) {
			err = fmt.Errorf("get %q: %d bytes, error %v, scan gave %d bytes", name, len(got), e, len(out[name]))
		}
	}
	return out, err
}

// check opens a folder after a crash and compares it with what may be there.
func (tr *truth) check(t *testing.T, o Options, old, new model) error {
	s, err := Open(o)
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	defer func() { mustClose(t, s) }()
	// The log: one of the two models' ends, or in between for a batch that was cut, and never less than the lower.
	first, _ := s.Log.FirstIndex()
	last, _ := s.Log.LastIndex()
	if last < min(old.last, new.last) || last > max(old.last, new.last) {
		return fmt.Errorf("the log ends at %d, want %d or %d", last, old.last, new.last)
	}
	if last != old.last && last != new.last {
		return fmt.Errorf("a batch is there in part: the log ends at %d, before %d, after %d", last, old.last, new.last)
	}
	if first > max(old.first, new.first) {
		return fmt.Errorf("the log begins at %d, want at most %d", first, max(old.first, new.first))
	}
	for i := max(1, old.first, new.first); i <= last; i++ {
		term := old.terms[i]
		if i > old.last {
			term = new.terms[i]
		}
		var e raft.Log
		if err := s.Log.GetLog(i, &e); err != nil {
			return err
		}
		if want := entry(i, term); e.Term != term || !bytes.Equal(e.Data, want.Data) {
			return fmt.Errorf("entry %d is of term %d, want %d", i, e.Term, term)
		}
	}
	// The vote: both parts, of the same term.
	term, err := s.Log.GetUint64([]byte("LastVoteTerm"))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	candidate, err := s.Log.Get([]byte("LastVoteCand"))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if term != old.voteTerm && term != new.voteTerm {
		return fmt.Errorf("the vote is of term %d, want %d or %d", term, old.voteTerm, new.voteTerm)
	}
	if term > 0 && !bytes.Equal(candidate, candidateOf(term)) {
		return fmt.Errorf("the vote of term %d is for %q", term, candidate)
	}
	// The pages: the one or the other, whole.
	record, _ := s.Pages.Committed()
	want := old
	if record.Index == new.commit {
		want = new
	}
	if record.Index != want.commit {
		return fmt.Errorf("the pages hold %d, want %d or %d", record.Index, old.commit, new.commit)
	}
	if record.Index > 0 && string(record.Meta) != fmt.Sprint("meta ", record.Index) {
		return fmt.Errorf("the record of %d has meta %q", record.Index, record.Meta)
	}
	if err := comparePages(s.Pages, want.pages); err != nil {
		return err
	}
	// What was left of a flush must not come up with the next.
	f := s.Pages.Begin(record.Index + 100)
	if err := f.Put([]byte("next"), []byte("flush")); err != nil {
		return err
	}
	if err := f.Commit(CommitRecord{Index: record.Index + 100}); err != nil {
		return err
	}
	after := maps.Clone(want.pages)
	after["next"] = "flush"
	return comparePages(s.Pages, after)
}

func comparePages(p *Pages, want map[string]string) error {
	got, err := readPages(p)
	if err != nil {
		return err
	}
	if !maps.Equal(got, want) {
		return fmt.Errorf("the pages are %q, want %q", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	return nil
}

// crash is one moment of a workload: the disk, and what may be on it.
type crash struct {
	disk     *vfs.MemFS
	old, new model
	what     string
}

// TestCrashAnywhere cuts the power at every file operation of short workloads, with none, some or all of what was not
// synced, and at random ones of longer workloads. Nothing acknowledged may be lost, nothing doubled, no flush half
// there.
func TestCrashAnywhere(t *testing.T) {
	points := 0
	for seed := range uint64(4) {
		steps, every := 12, 1
		if seed >= 3 {
			steps, every = 150, 16
		}
		random := rand.New(rand.NewPCG(seed, 1))
		fs := newCrasher(vfs.NewCrashableMem())
		var tr truth
		var crashes []crash
		operations := 0
		fs.each(func() {
			if operations++; random.IntN(every) != 0 {
				return
			}
			tr.mu.Lock()
			old, new := tr.old, tr.new // taken before the clone: what is acknowledged here is on it
			tr.mu.Unlock()
			percent := []int{0, 1 + random.IntN(99), 100}[(operations+int(seed))%3]
			crashes = append(crashes, crash{fs.clone(percent, random), old, new,
				fmt.Sprintf("seed %d, operation %d, %d %% of unsynced data", seed, operations, percent)})
		})
		// The workload's own choices must not depend on when the hook draws.
		workload(t, options(t, fs), &tr, rand.New(rand.NewPCG(seed, 2)), steps)
		fs.each(nil)
		if tr.acknowledged < steps/2 {
			t.Fatalf("seed %d acknowledged only %d steps", seed, tr.acknowledged)
		}
		if testing.Short() {
			crashes = spread(10, crashes)
		}
		for _, c := range crashes {
			if err := tr.check(t, options(t, c.disk), c.old, c.new); err != nil {
				t.Fatalf("%s: %v", c.what, err)
			}
			points++
		}
	}
	t.Logf("%d crash points", points)
}

// spread keeps each n-th of the crashes, from all parts of the workload.
func spread(n int, crashes []crash) (kept []crash) {
	for i := 0; i < len(crashes); i += n {
		kept = append(kept, crashes[i])
	}
	return kept
}

// TestCrashWhileOpening cuts the power during the start after a crash, and again during the start after that.
func TestCrashWhileOpening(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	fs := newCrasher(vfs.NewCrashableMem())
	var tr truth
	var first []crash
	fs.each(func() {
		if random.IntN(40) == 0 {
			tr.mu.Lock()
			defer tr.mu.Unlock()
			first = append(first, crash{disk: fs.clone(random.IntN(101), random), old: tr.old, new: tr.new})
		}
	})
	workload(t, options(t, fs), &tr, rand.New(rand.NewPCG(9, 9)), 60)
	fs.each(nil)
	if testing.Short() {
		first = spread(3, first)
	}
	points := 0
	for i, c := range first {
		disk := newCrasher(c.disk)
		var second []*vfs.MemFS
		disk.each(func() {
			if random.IntN(3) == 0 {
				second = append(second, disk.clone(random.IntN(101), random))
			}
		})
		s := mustOpen(t, options(t, disk))
		disk.each(nil)
		mustClose(t, s)
		for _, d := range second {
			if err := tr.check(t, options(t, d), c.old, c.new); err != nil {
				t.Fatalf("crash %d: %v", i, err)
			}
			points++
		}
	}
	t.Logf("%d crash points", points)
}
