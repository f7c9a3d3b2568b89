package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/hashicorp/raft"

	"rollcall/wal"
)

// slowFS is a disk whose log syncs wait while the gate is closed.
type slowFS struct {
	vfs.FS
	gate   sync.RWMutex
	inSync atomic.Int64
}

func newSlowFS() *slowFS {
	s := &slowFS{}
	s.FS = errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		switch op.Kind {
		case errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo, errorfs.OpFileFlush:
			s.inSync.Add(1)
			s.gate.RLock()
			s.gate.RUnlock()
			s.inSync.Add(-1)
		}
		return nil
	}))
	return s
}

// awaitSync waits until somebody syncs.
func (s *slowFS) awaitSync() {
	for s.inSync.Load() == 0 {
		time.Sleep(100 * time.Microsecond)
	}
}

func await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(deadline) {
			t.Fatal("never: " + what)
		}
	}
}

// TestGroupCommit holds a sync back: everything proposed meanwhile is one entry, in order, and each gets its own result.
func TestGroupCommit(t *testing.T) {
	fs := newSlowFS()
	m := start(t, fs, nil)
	defer m.end(t)
	fs.gate.Lock()
	var proposals sync.WaitGroup
	propose := func(command string) {
		proposals.Go(func() {
			if _, result, err := m.Propose(context.Background(), []byte(command)); err != nil || result != command+"×1" {
				t.Errorf("%s: result %v, error %v", command, result, err)
			}
		})
	}
	propose("first")
	fs.awaitSync()
	for i := range 100 {
		propose(fmt.Sprint("c", i))
	}
	await(t, "the others are queued", func() bool {
		m.proposer.mu.Lock()
		defer m.proposer.mu.Unlock()
		return len(m.proposer.mu.queue) == 100
	})
	fs.gate.Unlock()
	proposals.Wait()
	sizes := []int{}
	for _, call := range m.toy.calls {
		for _, e := range call {
			sizes = append(sizes, len(e.Commands))
		}
	}
	if fmt.Sprint(sizes) != "[1 100]" {
		t.Errorf("101 proposals became entries of %v commands, want [1 100]", sizes)
	}
}

// TestEntriesAreBounded queues more than fits into one entry.
func TestEntriesAreBounded(t *testing.T) {
	fs := newSlowFS()
	m := start(t, fs, nil)
	defer m.end(t)
	fs.gate.Lock()
	var proposals sync.WaitGroup
	for i := range 12 {
		proposals.Go(func() {
			if _, _, err := m.Propose(context.Background(), bytes.Repeat([]byte{byte(i)}, 300_000)); err != nil {
				t.Error(err)
			}
		})
	}
	await(t, "all are under way", func() bool { return m.proposer.load() > 12*300_000 })
	fs.gate.Unlock()
	proposals.Wait()
	for i := uint64(1); i <= m.Status().LastIndex; i++ {
		var e raft.Log
		if err := m.store.Log.GetLog(i, &e); err != nil {
			t.Fatal(err)
		}
		if len(e.Data) > maxEntry {
			t.Errorf("entry %d has %d bytes", i, len(e.Data))
		}
	}
	if got := len(m.toy.snapshot()); got != 12 {
		t.Errorf("%d of 12 commands arrived", got)
	}
}

// TestCommandsAreCopied changes a command's buffer after Propose, and while another is queued (R20).
func TestCommandsAreCopied(t *testing.T) {
	m := start(t, vfs.NewMem(), nil)
	defer m.end(t)
	buffer := []byte("command 0")
	for i := range 50 {
		buffer[8] = byte('0' + i%10)
		if _, _, err := m.Propose(context.Background(), buffer); err != nil {
			t.Fatal(err)
		}
	}
	clear(buffer)
	for command, n := range m.toy.snapshot() {
		if n != 5 || command[:8] != "command " {
			t.Errorf("%q was counted %d times, want 5", command, n)
		}
	}
	var e raft.Log
	for i := uint64(1); i <= m.Status().LastIndex; i++ {
		if err := m.store.Log.GetLog(i, &e); err != nil {
			t.Fatal(err)
		}
		if e.Type == raft.LogCommand && !bytes.Contains(e.Data, []byte("command ")) {
			t.Errorf("entry %d holds %q", i, e.Data)
		}
	}
}

func TestProposeRefusals(t *testing.T) {
	usage := wal.DiskUsage{Total: 100 << 30, Free: 50 << 30}
	var mu sync.Mutex
	setFree := func(free uint64) {
		mu.Lock()
		defer mu.Unlock()
		usage.Free = free
	}
	fs := vfs.NewMem()
	store, err := wal.Open(wal.Options{Dir: "/node", FS: fs, MemTable: 256 << 10, Usage: func() (wal.DiskUsage, error) {
		mu.Lock()
		defer mu.Unlock()
		return usage, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	m := &member{toy: newToy(t, store.Pages), store: store}
	if m.Node, err = Start(Config{NodeID: "n1", Store: store, Listen: "127.0.0.1:0", QueueBytes: 1 << 20}, m.toy); err != nil {
		t.Fatal(err)
	}
	m.awaitReady(t)
	m.propose(t, string(make([]byte, MaxCommand)))
	_, _, err = m.Propose(context.Background(), make([]byte, MaxCommand+1))
	wantError(t, err, ErrNotApplied, ErrTooLarge)

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, _, err = m.Propose(ctx, []byte("a"))
	wantError(t, err, ErrNotApplied, context.Canceled)

	setFree(1 << 30)
	await(t, "the disk is seen to be low", func() bool {
		_, _, err = m.Propose(context.Background(), []byte("a"))
		return err != nil
	})
	wantError(t, err, ErrNotApplied, ErrDiskLow)
	if err := m.Ready(); err != nil {
		t.Errorf("reads do not go on: %v", err)
	}
	setFree(50 << 30)
	await(t, "writes go on by themselves", func() bool {
		_, _, err = m.Propose(context.Background(), []byte("a"))
		return err == nil
	})
	m.end(t)
	_, _, err = m.Propose(context.Background(), []byte("a"))
	wantError(t, err, ErrNotApplied, ErrStopped)
	wantError(t, m.Ready(), ErrStopped)
	wantError(t, m.Flush(context.Background()), ErrStopped)
	wantError(t, m.WaitApplied(context.Background(), 1<<40), ErrStopped)
}

// TestOutcomes gives up proposals at different places: queued means not applied, handed over means unknown.
func TestOutcomes(t *testing.T) {
	fs := newSlowFS()
	m := start(t, fs, func(c *Config) { c.QueueBytes = 600_000 })
	defer m.end(t)
	ctx, cancel := context.WithCancel(context.Background())
	fs.gate.Lock()
	underway, queued := make(chan error, 1), make(chan error, 1)
	go func() {
		_, _, err := m.Propose(ctx, []byte("under way"))
		underway <- err
	}()
	fs.awaitSync()
	go func() {
		_, _, err := m.Propose(ctx, []byte("queued"))
		queued <- err
	}()
	await(t, "one is queued", func() bool {
		m.proposer.mu.Lock()
		defer m.proposer.mu.Unlock()
		return len(m.proposer.mu.queue) == 1
	})
	cancel()
	err := <-underway
	wantError(t, err, ErrUnknown, context.Canceled)
	if errors.Is(err, ErrNotApplied) {
		t.Error("an unknown outcome is called not applied")
	}
	wantError(t, <-queued, ErrNotApplied, context.Canceled)

	// The queue is bounded, and what was given up has left it.
	var big sync.WaitGroup
	big.Go(func() { m.propose(t, string(make([]byte, 500_000))) })
	await(t, "the big one is in", func() bool { return m.proposer.load() > 500_000 })
	_, _, err = m.Propose(context.Background(), make([]byte, 200_000))
	wantError(t, err, ErrNotApplied, ErrOverloaded)
	fs.gate.Unlock()
	big.Wait()
	m.propose(t, "last")
	got := m.toy.snapshot()
	if got["under way"] != 1 || got["queued"] != 0 || got["last"] != 1 {
		t.Errorf("applied: under way %d, queued %d, last %d", got["under way"], got["queued"], got["last"])
	}
	if n := m.proposer.load(); n != 0 {
		t.Errorf("%d bytes are still counted", n)
	}
}

func TestClassify(t *testing.T) {
	p := &proposer{leader: func() string { return "127.0.0.1:9" }}
	for _, c := range []struct {
		err  error
		want []error
	}{
		{raft.ErrNotLeader, []error{ErrNotApplied, ErrNotLeader}},
		{raft.ErrLeadershipTransferInProgress, []error{ErrNotApplied, ErrNotReady}},
		{raft.ErrEnqueueTimeout, []error{ErrNotApplied, ErrOverloaded}},
		{raft.ErrAbortedByRestore, []error{ErrNotApplied}},
		{raft.ErrLeadershipLost, []error{ErrUnknown, raft.ErrLeadershipLost}},
		{raft.ErrRaftShutdown, []error{ErrUnknown}},
		{errors.New("the log could not be written"), []error{ErrUnknown}},
		{&Unknown{Cause: ErrQuarantined}, []error{ErrUnknown, ErrQuarantined}},
	} {
		got := p.classify(c.err)
		wantError(t, got, c.want...)
		if errors.Is(got, ErrUnknown) == errors.Is(got, ErrNotApplied) {
			t.Errorf("%v has not exactly one class: %v", c.err, got)
		}
	}
}

// TestStopWhileProposing stops a node under load, patiently and impatiently: every proposal is answered, and every
// answer is true after the restart.
func TestStopWhileProposing(t *testing.T) {
	for _, patience := range []time.Duration{10 * time.Second, 0} {
		fs := vfs.NewMem()
		m := start(t, fs, nil)
		var answers sync.Map
		var proposals sync.WaitGroup
		for worker := range 16 {
			proposals.Go(func() {
				for i := 0; ; i++ {
					command := fmt.Sprint(worker, "/", i)
					_, _, err := m.Propose(context.Background(), []byte(command))
					answers.Store(command, err)
					if errors.Is(err, ErrStopped) || errors.Is(err, ErrUnknown) {
						return
					}
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		await(t, "something is applied", func() bool { return m.toy.Applied() > 10 })
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		if err := m.Stop(ctx); err != nil {
			t.Error(err)
		}
		cancel()
		proposals.Wait()
		if err := m.store.Close(); err != nil {
			t.Error(err)
		}
		m = start(t, fs, nil)
		got := m.toy.snapshot()
		answers.Range(func(command, answer any) bool {
			err, _ := answer.(error)
			switch n := got[command.(string)]; {
			case err == nil && n != 1:
				t.Errorf("%s was acknowledged and is there %d times", command, n)
			case errors.Is(err, ErrNotApplied) && n != 0:
				t.Errorf("%s was not applied and is there %d times", command, n)
			case n > 1:
				t.Errorf("%s is there %d times", command, n)
			}
			return true
		})
		m.end(t)
	}
}

// TestHalt stops at a command that the state machine cannot apply: nothing of its batch is acknowledged, the index does
// not move, and the node says so until it is replaced.
func TestHalt(t *testing.T) {
	fs := vfs.NewMem()
	var told atomic.Value
	m := start(t, fs, func(c *Config) { c.Fatal = func(cause error) { told.Store(cause) } })
	index := m.propose(t, "a")
	_, _, err := m.Propose(context.Background(), []byte("halt"))
	wantError(t, err, ErrUnknown)
	if told.Load() == nil {
		t.Error("nobody was told")
	}
	_, _, err = m.Propose(context.Background(), []byte("b"))
	wantError(t, err, ErrNotApplied, ErrQuarantined)
	wantError(t, m.Ready(), ErrQuarantined)
	if s := m.Status(); s.State != "quarantined" || s.Ready {
		t.Errorf("status %+v", s)
	}
	if index == 0 || m.toy.snapshot()["b"] != 0 {
		t.Error("something was applied after the halt")
	}
	m.end(t)
}
