package cluster

import (
	"fmt"
	"io"
	"sync"

	"github.com/hashicorp/raft"
)

var _ raft.BatchingFSM = (*fsm)(nil)

// fsm drives the state machine for Raft. Raft calls it from one goroutine, all but the snapshot's Persist.
type fsm struct {
	machine StateMachine
	halt    func(error) // ends the node; may return

	halted error // set once: nothing is applied any more

	mu struct {
		sync.Mutex
		index, term        uint64 // of the newest entry that was seen
		configuration      []byte
		configurationIndex uint64
		changed            chan struct{} // closed when the state machine has moved on; nil: nobody waits
	}
}

// Apply is there for the interface; Raft calls ApplyBatch.
func (f *fsm) Apply(e *raft.Log) any { return f.ApplyBatch([]*raft.Log{e})[0] }

// ApplyBatch applies committed entries. The result of a command entry is one result per command, as []any, or an error
// if the state machine halted.
func (f *fsm) ApplyBatch(batch []*raft.Log) []any {
	out := make([]any, len(batch))
	entries := make([]Entry, 0, len(batch))
	places := make([]int, 0, len(batch))
	applied := f.machine.Applied()
	for i, e := range batch {
		if e.Type != raft.LogCommand || e.Index <= applied {
			continue // members, noted below; or replayed, and already in the pages
		}
		commands, err := splitEntry(e.Data)
		if err != nil {
			f.stop(fmt.Errorf("entry %d: %w", e.Index, err))
			break
		}
		entries = append(entries, Entry{Index: e.Index, Term: e.Term, Commands: commands})
		places = append(places, i)
	}
	if len(entries) > 0 && f.halted == nil {
		results := f.machine.Apply(entries)
		f.checkResults(entries, results)
		if f.halted == nil {
			for i, place := range places {
				out[place] = results[i]
			}
		}
	}
	if f.halted != nil {
		for i := range out {
			out[i] = f.halted
		}
		return out
	}
	f.seen(batch)
	return out
}

// checkResults halts if the state machine asks for it, or does not answer every command.
func (f *fsm) checkResults(entries []Entry, results [][]any) {
	if len(results) != len(entries) {
		f.stop(fmt.Errorf("the state machine answered %d of %d entries", len(results), len(entries)))
		return
	}
	for i, e := range entries {
		if len(results[i]) != len(e.Commands) {
			f.stop(fmt.Errorf("entry %d: the state machine answered %d of %d commands", e.Index, len(results[i]), len(e.Commands)))
			return
		}
		for _, r := range results[i] {
			if h, ok := r.(*Halt); ok {
				f.stop(fmt.Errorf("entry %d: %w", e.Index, h.Err))
				return
			}
		}
	}
}

func (f *fsm) stop(cause error) {
	if f.halted == nil {
		f.halted = &Unknown{Cause: cause}
		f.halt(cause)
	}
}

// seen notes what went by, and wakes whoever waits for it.
func (f *fsm) seen(batch []*raft.Log) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range batch {
		f.mu.index, f.mu.term = e.Index, e.Term
		if e.Type == raft.LogConfiguration { // a flush needs the members in the order of applying (R13)
			f.mu.configuration, f.mu.configurationIndex = e.Data, e.Index
		}
	}
	if f.mu.changed != nil {
		close(f.mu.changed)
		f.mu.changed = nil
	}
}

// moved is closed when the state machine has applied something more.
func (f *fsm) moved() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.mu.changed == nil {
		f.mu.changed = make(chan struct{})
	}
	return f.mu.changed
}

// Snapshot notes how far the state machine has come. It returns at once; nothing else happens while Apply waits.
func (f *fsm) Snapshot() (raft.FSMSnapshot, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return &snapshot{f.machine, f.mu.index, f.mu.term, f.mu.configuration, f.mu.configurationIndex}, nil
}

// Restore is called for snapshots that another node sent.
func (f *fsm) Restore(source io.ReadCloser) error { return errInstall }

// snapshot is a flush to come.
type snapshot struct {
	machine            StateMachine
	index, term        uint64
	configuration      []byte
	configurationIndex uint64
}

// Persist flushes the state machine. The sink stays empty: the pages are the snapshot.
func (s *snapshot) Persist(raft.SnapshotSink) error {
	return s.machine.Flush(s.index, s.term, s.configuration, s.configurationIndex)
}

// Release has nothing to give back.
func (s *snapshot) Release() {}
