package wal

import (
	"bytes"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/hashicorp/raft"
)

// raftStore is what Raft asks of its store.
type raftStore interface {
	raft.LogStore
	raft.StableStore
}

// TestConformance holds our store and the library's own to one suite, so that the suite says what Raft expects and not
// what we built.
func TestConformance(t *testing.T) {
	stores := map[string]func(t *testing.T) raftStore{
		"inmem": func(t *testing.T) raftStore { return raft.NewInmemStore() },
		"wal": func(t *testing.T) raftStore {
			s := mustOpen(t, options(t, vfs.NewMem()))
			t.Cleanup(func() { mustClose(t, s) })
			return s.Log
		},
	}
	for name, open := range stores {
		for _, c := range []struct {
			name string
			run  func(t *testing.T, s raftStore)
		}{
			{"empty", conformEmpty}, {"ranges", conformRanges}, {"overwrite", conformOverwrite}, {"fields", conformFields},
			{"stable", conformStable}, {"vote", conformVote}, {"concurrent", conformConcurrent},
		} {
			t.Run(name+"/"+c.name, func(t *testing.T) { c.run(t, open(t)) })
		}
	}
}

func wantSpan(t *testing.T, s raftStore, first, last uint64) {
	t.Helper()
	gotFirst, err := s.FirstIndex()
	if err != nil || gotFirst != first {
		t.Fatalf("first index %d, error %v, want %d", gotFirst, err, first)
	}
	gotLast, err := s.LastIndex()
	if err != nil || gotLast != last {
		t.Fatalf("last index %d, error %v, want %d", gotLast, err, last)
	}
	var e raft.Log
	for i := first; i <= last && i > 0; i++ {
		if err := s.GetLog(i, &e); err != nil {
			t.Fatalf("entry %d: %v", i, err)
		}
		if e.Index != i {
			t.Fatalf("entry %d says it is %d", i, e.Index)
		}
	}
	for _, i := range []uint64{0, first - 1, last + 1, last + 1000} {
		if i != 0 && i >= first && i <= last {
			continue
		}
		if err := s.GetLog(i, &e); err != raft.ErrLogNotFound { // the identity, not errors.Is: Raft compares so (R19)
			t.Fatalf("entry %d outside %d..%d: error %v, want raft.ErrLogNotFound itself", i, first, last, err)
		}
	}
}

func mustStore(t testing.TB, s raft.LogStore, es []*raft.Log) {
	t.Helper()
	if err := s.StoreLogs(es); err != nil {
		t.Fatalf("store %d to %d: %v", es[0].Index, es[len(es)-1].Index, err)
	}
}

func mustDelete(t testing.TB, s raft.LogStore, lowest, highest uint64) {
	t.Helper()
	if err := s.DeleteRange(lowest, highest); err != nil {
		t.Fatalf("delete %d to %d: %v", lowest, highest, err)
	}
}

func wantEntry(t testing.TB, s raft.LogStore, want *raft.Log) {
	t.Helper()
	var e raft.Log
	if err := s.GetLog(want.Index, &e); err != nil {
		t.Fatalf("entry %d: %v", want.Index, err)
	}
	if e.Index != want.Index || e.Term != want.Term || e.Type != want.Type || !bytes.Equal(e.Data, want.Data) ||
		!bytes.Equal(e.Extensions, want.Extensions) || !e.AppendedAt.Equal(want.AppendedAt) {
		t.Fatalf("entry %d is %+v, want %+v", want.Index, e, *want)
	}
}

func conformEmpty(t *testing.T, s raftStore) {
	wantSpan(t, s, 0, 0)
	if err := s.StoreLogs(nil); err != nil {
		t.Fatal(err)
	}
	wantSpan(t, s, 0, 0)
}

func conformRanges(t *testing.T, s raftStore) {
	mustStore(t, s, entries(5, 20, 1)) // a log may begin anywhere
	wantSpan(t, s, 5, 20)
	mustDelete(t, s, 5, 9)
	wantSpan(t, s, 10, 20)
	mustDelete(t, s, 18, 20)
	wantSpan(t, s, 10, 17)
	mustDelete(t, s, 1, 9) // nothing is there
	wantSpan(t, s, 10, 17)
	mustDelete(t, s, 10, 17)
	wantSpan(t, s, 0, 0)
	mustStore(t, s, entries(100, 101, 2))
	wantSpan(t, s, 100, 101)
	if err := s.StoreLog(entry(102, 2)); err != nil {
		t.Fatal(err)
	}
	wantSpan(t, s, 100, 102)
}

func conformOverwrite(t *testing.T, s raftStore) {
	mustStore(t, s, entries(1, 10, 1))
	mustDelete(t, s, 6, 10) // as Raft does with a tail that conflicts
	mustStore(t, s, entries(6, 8, 2))
	wantSpan(t, s, 1, 8)
	for i := uint64(1); i <= 8; i++ {
		wantEntry(t, s, entry(i, 1+i/6))
	}
	mustStore(t, s, entries(8, 9, 3))
	wantSpan(t, s, 1, 9)
	wantEntry(t, s, entry(8, 3))
}

func conformFields(t *testing.T, s raftStore) {
	es := []*raft.Log{
		{Index: 1, Term: 1, Type: raft.LogConfiguration, Data: []byte("c"), Extensions: []byte("x"), AppendedAt: time.Unix(1700000000, 123456789)},
		{Index: 2, Term: 1 << 63, Type: raft.LogNoop},
		{Index: 3, Term: 2, Type: raft.LogBarrier, Extensions: bytes.Repeat([]byte{0, 255}, 3000)},
		{Index: 4, Term: 2, Type: raft.LogCommand, Data: bytes.Repeat([]byte("0123456789abcdef"), 1<<16)}, // larger than a memtable
	}
	mustStore(t, s, es)
	for _, e := range es {
		wantEntry(t, s, e)
	}
}

func conformStable(t *testing.T, s raftStore) {
	if v, err := s.Get([]byte("missing")); len(v) != 0 || (err != nil && err.Error() != "not found") {
		t.Fatalf("a missing value gives %q and %v; Raft knows only \"not found\" (R19)", v, err)
	}
	if v, err := s.GetUint64([]byte("missing number")); v != 0 || (err != nil && err.Error() != "not found") {
		t.Fatalf("a missing number gives %d and %v; Raft knows only \"not found\" (R19)", v, err)
	}
	for _, v := range []string{"a", "", "b\x00c"} {
		if err := s.Set([]byte("k"), []byte(v)); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Get([]byte("k")); err != nil || string(got) != v {
			t.Fatalf("got %q and %v, want %q", got, err, v)
		}
	}
	for _, v := range []uint64{0, 1, 1<<64 - 1} {
		if err := s.SetUint64([]byte("CurrentTerm"), v); err != nil {
			t.Fatal(err)
		}
		if got, err := s.GetUint64([]byte("CurrentTerm")); err != nil || got != v {
			t.Fatalf("got %d and %v, want %d", got, err, v)
		}
	}
	if first, err := s.FirstIndex(); first != 0 || err != nil {
		t.Fatalf("stable values are taken for entries: first index %d, error %v", first, err)
	}
}

func conformVote(t *testing.T, s raftStore) {
	for term := uint64(3); term < 6; term++ {
		candidate := []byte{byte(term)}
		if err := s.SetUint64([]byte("LastVoteTerm"), term); err != nil {
			t.Fatal(err)
		}
		if got, err := s.GetUint64([]byte("LastVoteTerm")); err != nil || got != term {
			t.Fatalf("between the two writes the term is %d, error %v, want %d", got, err, term)
		}
		if err := s.Set([]byte("LastVoteCand"), candidate); err != nil {
			t.Fatal(err)
		}
		gotTerm, err := s.GetUint64([]byte("LastVoteTerm"))
		got, err2 := s.Get([]byte("LastVoteCand"))
		if err != nil || err2 != nil || gotTerm != term || !bytes.Equal(got, candidate) {
			t.Fatalf("the vote is %d for %q, errors %v, %v; want %d for %q", gotTerm, got, err, err2, term, candidate)
		}
	}
}

// conformConcurrent reads while the head is cut and the tail grows: a read gives the entry or ErrLogNotFound.
func conformConcurrent(t *testing.T, s raftStore) {
	mustStore(t, s, entries(1, 50, 1))
	var readers sync.WaitGroup
	stop := make(chan struct{})
	for range 3 {
		readers.Go(func() {
			for i := uint64(0); ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				first, err := s.FirstIndex()
				last, err2 := s.LastIndex()
				if err != nil || err2 != nil {
					t.Error(err, err2)
					return
				}
				var e raft.Log
				at := first + i%(last-min(first, last)+1)
				if err := s.GetLog(at, &e); err != nil && !errors.Is(err, raft.ErrLogNotFound) {
					t.Errorf("entry %d: %v", at, err)
					return
				} else if err == nil && (e.Index != at || !bytes.Equal(e.Data, entry(at, 1).Data)) {
					t.Errorf("entry %d is %d, %q", at, e.Index, e.Data)
					return
				}
			}
		})
	}
	for i := uint64(1); i < 60; i++ {
		mustStore(t, s, entries(40+i*11, 40+i*11+10, 1))
		mustDelete(t, s, i*10-9, i*10)
	}
	close(stop)
	readers.Wait()
}

func TestLogRefusesGaps(t *testing.T) {
	s := mustOpen(t, options(t, vfs.NewMem()))
	defer mustClose(t, s)
	mustStore(t, s.Log, entries(10, 20, 1))
	wantError(t, s.Log.StoreLog(entry(22, 1)), ErrGap)
	wantError(t, s.Log.StoreLog(entry(9, 1)), ErrGap)
	wantError(t, s.Log.StoreLogs([]*raft.Log{entry(21, 1), entry(23, 1)}), ErrGap)
	wantError(t, s.Log.DeleteRange(12, 15), ErrGap)
	wantSpan(t, s.Log, 10, 20)
}

func TestLogSizes(t *testing.T) {
	s := mustOpen(t, options(t, vfs.NewMem()))
	defer mustClose(t, s)
	var all int64
	for _, e := range entries(5, 30, 1) {
		all += int64(entrySize(e))
	}
	mustStore(t, s.Log, entries(5, 30, 1))
	if got := s.Log.Bytes(); got != all {
		t.Errorf("26 entries have %d bytes, want %d", got, all)
	}
	tail := int64(entrySize(entry(29, 1)) + entrySize(entry(30, 1)))
	if got := s.Log.BytesAfter(28); got != tail {
		t.Errorf("the last two entries have %d bytes, want %d", got, tail)
	}
	for bytes, want := range map[int64]uint64{0: 1, tail - 1: 1, tail: 2, 1 << 40: 26} {
		if got := s.Log.Tail(bytes); got != want {
			t.Errorf("%d entries fit into %d bytes, want %d", got, bytes, want)
		}
	}
	mustDelete(t, s.Log, 5, 28)
	mustDelete(t, s.Log, 30, 30)
	if got, want := s.Log.Bytes(), int64(entrySize(entry(29, 1))); got != want {
		t.Errorf("after cutting, %d bytes are left, want %d", got, want)
	}
}

func TestClosed(t *testing.T) {
	s := mustOpen(t, options(t, vfs.NewMem()))
	mustStore(t, s.Log, entries(1, 2, 1))
	mustClose(t, s)
	var e raft.Log
	wantError(t, s.Log.GetLog(1, &e), ErrClosed)
	wantError(t, s.Log.StoreLog(entry(3, 1)), ErrClosed)
	wantError(t, s.Log.DeleteRange(1, 1), ErrClosed)
	wantError(t, s.Log.Set([]byte("a"), nil), ErrClosed)
	_, err := s.Log.Get([]byte("a"))
	wantError(t, err, ErrClosed)
	_, err = s.Pages.Get([]byte("a"))
	wantError(t, err, ErrClosed)
	wantError(t, s.Pages.Scan(nil, nil), ErrClosed)
	f := s.Pages.Begin(1)
	wantError(t, f.Put([]byte("a"), nil), ErrClosed)
	f.Abort()
}
