package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"rollcall/wal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// toy is a state machine that counts commands by their text. The command "halt" stops it, and "slow" waits for gate.
type toy struct {
	pages *wal.Pages
	gate  chan struct{}

	mu      sync.Mutex
	counts  map[string]int
	applied uint64
	calls   [][]Entry

	flushes  atomic.Int64
	flushErr atomic.Pointer[error]
}

func newToy(t testing.TB, pages *wal.Pages) *toy {
	t.Helper()
	m := &toy{pages: pages, gate: make(chan struct{}), counts: map[string]int{}}
	if record, ok := pages.Committed(); ok {
		m.applied = record.Index
		state, err := pages.Get([]byte("state"))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(state, &m.counts); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func (m *toy) Apply(entries []Entry) [][]any {
	for _, e := range entries {
		for _, c := range e.Commands {
			if string(c) == "slow" {
				<-m.gate
			}
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = append(m.calls, entries)
	var out [][]any
	for _, e := range entries {
		var results []any
		for _, c := range e.Commands {
			if string(c) == "halt" {
				results = append(results, &Halt{Err: errors.New("a command of a newer release")})
				continue
			}
			m.counts[string(c)]++
			results = append(results, fmt.Sprintf("%s×%d", c, m.counts[string(c)]))
		}
		m.applied = e.Index
		out = append(out, results)
	}
	return out
}

func (m *toy) Applied() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.applied
}

func (m *toy) Flush(index, term uint64, configuration []byte, configurationIndex uint64) error {
	if err := m.flushErr.Load(); err != nil {
		return *err
	}
	m.mu.Lock()
	state, err := json.Marshal(m.counts)
	pinned := max(index, m.applied)
	m.mu.Unlock()
	if err != nil {
		return err
	}
	f := m.pages.Begin(pinned)
	if err := f.Put([]byte("state"), state); err != nil {
		f.Abort()
		return err
	}
	m.flushes.Add(1)
	return f.Commit(wal.CommitRecord{Index: pinned, Term: term, Configuration: configuration, ConfigurationIndex: configurationIndex})
}

func (m *toy) snapshot() map[string]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.counts)
}

// member is a node with its folder and state machine.
type member struct {
	*Node
	toy   *toy
	store *wal.Store
}

func open(t testing.TB, fs vfs.FS) *wal.Store {
	t.Helper()
	store, err := wal.Open(wal.Options{Dir: "/node", FS: fs, MemTable: 256 << 10, Fatal: func(cause error) {
		t.Errorf("the disk failed: %v", cause)
	}})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// start starts a node that is ready. change adjusts its configuration.
func start(t testing.TB, fs vfs.FS, change func(c *Config)) *member {
	t.Helper()
	store := open(t, fs)
	m := &member{toy: newToy(t, store.Pages), store: store}
	c := Config{NodeID: "n1", Store: store, Listen: "127.0.0.1:0", FlushEvery: time.Hour,
		Fatal: func(cause error) { t.Errorf("the node failed: %v", cause) }}
	if change != nil {
		change(&c)
	}
	var err error
	if m.Node, err = Start(c, m.toy); err != nil {
		t.Fatal(errors.Join(err, store.Close()))
	}
	m.awaitReady(t)
	return m
}

func (m *member) awaitReady(t testing.TB) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		err := m.Ready()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not ready: %v", err)
		}
	}
}

func (m *member) end(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := m.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
	if err := m.store.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

func (m *member) propose(t testing.TB, command string) uint64 {
	t.Helper()
	index, _, err := m.Propose(context.Background(), []byte(command))
	if err != nil {
		t.Fatalf("propose %q: %v", command, err)
	}
	return index
}

func wantError(t testing.TB, err error, want ...error) {
	t.Helper()
	for _, w := range want {
		if !errors.Is(err, w) {
			t.Fatalf("got error %v, want %v", err, w)
		}
	}
}

func TestRestart(t *testing.T) {
	fs := vfs.NewMem()
	m := start(t, fs, nil)
	epoch := m.Epoch()
	if len(epoch) != 32 {
		t.Errorf("the epoch is %q, want 32 hexadecimal digits", epoch)
	}
	last := uint64(0)
	for i := range 20 {
		index, result, err := m.Propose(context.Background(), []byte(fmt.Sprint("c", i%7)))
		if err != nil || index <= last || result != fmt.Sprintf("c%d×%d", i%7, i/7+1) {
			t.Fatalf("proposal %d: index %d after %d, result %v, error %v", i, index, last, result, err)
		}
		last = index
		if i == 12 {
			if err := m.Flush(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := m.toy.snapshot()
	m.end(t)

	for range 3 { // more than once: a restart adds entries of its own
		m = start(t, fs, nil)
		if err := m.WaitApplied(context.Background(), last); err != nil {
			t.Fatal(err)
		}
		if got := m.toy.snapshot(); !maps.Equal(got, want) {
			t.Fatalf("after the restart %v, before %v", got, want)
		}
		if m.Epoch() != epoch {
			t.Error("the epoch changed")
		}
		for _, call := range m.toy.calls {
			for _, e := range call {
				if e.Index <= m.toyLoaded() {
					t.Errorf("entry %d was applied again, the pages hold %d", e.Index, m.toyLoaded())
				}
			}
		}
		m.end(t)
	}
}

// toyLoaded is the index of the commit record that stands, which nothing has flushed since.
func (m *member) toyLoaded() uint64 {
	record, _ := m.store.Pages.Committed()
	return record.Index
}

func TestStatus(t *testing.T) {
	m := start(t, vfs.NewMem(), nil)
	defer m.end(t)
	index := m.propose(t, "a")
	s := m.Status()
	if s.NodeID != "n1" || s.State != "leader" || s.Leader != "n1" || !s.Ready || s.AppliedIndex != index || s.Epoch != m.Epoch() ||
		len(s.Members) != 1 || s.Members[0].NodeID != "n1" || !s.Members[0].Voter || s.LastIndex < index || s.LogBytes == 0 || s.Waiting != 0 {
		t.Fatalf("status %+v", s)
	}
}

func TestStartRefuses(t *testing.T) {
	fs := vfs.NewMem()
	m := start(t, fs, nil)
	m.propose(t, "a")
	if err := m.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	m.end(t)
	store := open(t, fs)
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	good := Config{NodeID: "n1", Store: store, Listen: "127.0.0.1:0"}
	for _, c := range []struct {
		name    string
		change  func(c *Config)
		machine StateMachine
	}{
		{"another node's folder", func(c *Config) { c.NodeID = "n2" }, newToy(t, store.Pages)},
		{"a state machine that loaded nothing", nil, &toy{}},
		{"no node id", func(c *Config) { c.NodeID = "" }, newToy(t, store.Pages)},
		{"no store", func(c *Config) { c.Store = nil }, newToy(t, store.Pages)},
		{"an address that others reach", func(c *Config) { c.Listen = "0.0.0.0:7702" }, newToy(t, store.Pages)},
		{"a named address", func(c *Config) { c.Listen = "example.com:7702" }, newToy(t, store.Pages)},
		{"no port", func(c *Config) { c.Listen = "127.0.0.1" }, newToy(t, store.Pages)},
		{"a tiny queue", func(c *Config) { c.QueueBytes = 5 }, newToy(t, store.Pages)},
	} {
		config := good
		if c.change != nil {
			c.change(&config)
		}
		if n, err := Start(config, c.machine); err == nil {
			t.Errorf("%s: started", c.name)
			_ = n.Stop(context.Background())
		}
	}
}

func TestWaitApplied(t *testing.T) {
	m := start(t, vfs.NewMem(), nil)
	defer m.end(t)
	index := m.propose(t, "a")
	if err := m.WaitApplied(context.Background(), index); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	wantError(t, m.WaitApplied(ctx, index+1000), context.DeadlineExceeded)
	waiting := make(chan error)
	go func() { waiting <- m.WaitApplied(context.Background(), index+1) }()
	m.propose(t, "b")
	if err := <-waiting; err != nil {
		t.Fatal(err)
	}
}

// TestFlushBoundsTheLog writes far more than the log may keep.
func TestFlushBoundsTheLog(t *testing.T) {
	fs := vfs.NewMem()
	m := start(t, fs, func(c *Config) { c.FlushBytes, c.KeepBytes, c.MaxLogBytes = 64<<10, 16<<10, 1<<20 })
	command := string(make([]byte, 1000))
	for range 1000 {
		m.propose(t, command)
	}
	if err := m.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := m.toy.flushes.Load(); n < 5 {
		t.Errorf("1 MB of log was flushed %d times", n)
	}
	s := m.Status()
	if s.FlushedIndex != s.AppliedIndex || s.LogBytes > 20<<10 || s.LogBytes < 10<<10 || s.FirstIndex == 1 {
		t.Errorf("after a flush %+v, want a log of about 16 KiB", s)
	}
	m.end(t)
	m = start(t, fs, nil)
	if got := m.toy.snapshot()[command]; got != 1000 {
		t.Errorf("after the restart %d commands, want 1000", got)
	}
	m.end(t)
}

// TestFlushFails: the log is not cut, nothing is lost, and proposals are refused before the log grows without bound.
func TestFlushFails(t *testing.T) {
	fs := vfs.NewMem()
	m := start(t, fs, func(c *Config) { c.FlushBytes, c.KeepBytes, c.MaxLogBytes = 8<<10, 1<<10, 32<<10 })
	broken := errors.New("no flush today")
	m.toy.flushErr.Store(&broken)
	command := string(make([]byte, 1000))
	done := 0
	for ; done < 100; done++ {
		if _, _, err := m.Propose(context.Background(), []byte(command)); err != nil {
			wantError(t, err, ErrNotApplied, ErrOverloaded)
			break
		}
	}
	if done > 40 || done < 25 {
		t.Errorf("%d commands of 1,000 bytes fitted into a log of 32 KiB", done)
	}
	if err := m.Flush(context.Background()); err == nil {
		t.Error("the flush succeeded")
	}
	m.toy.flushErr.Store(nil)
	if err := m.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	m.propose(t, command) // it goes on by itself
	m.end(t)
	m = start(t, fs, nil)
	if got := m.toy.snapshot()[command]; got != done+1 {
		t.Errorf("after the restart %d commands, want %d", got, done+1)
	}
	m.end(t)
}

// TestLogIsCutBelowThePages flushes when Raft's newest entries are its own: its snapshot then has a higher index than
// the pages, which know commands only, and a log that is cut up to it would leave a gap between them.
func TestLogIsCutBelowThePages(t *testing.T) {
	fs := vfs.NewMem()
	keepLittle := func(c *Config) { c.KeepBytes = 1 }
	m := start(t, fs, keepLittle)
	m.propose(t, "a")
	m.end(t)
	for range 3 {
		m = start(t, fs, keepLittle) // adds entries without a command
		if err := m.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		if s := m.Status(); s.FlushedIndex == 0 || s.FirstIndex > s.FlushedIndex+1 || s.FirstIndex == 1 {
			t.Errorf("the pages hold %d, the log begins at %d", s.FlushedIndex, s.FirstIndex)
		}
		m.end(t)
	}
}
