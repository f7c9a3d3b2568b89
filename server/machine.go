package server

import (
	"fmt"
	"runtime/debug"

	"rollcall/cluster"
	"rollcall/engine"
	"rollcall/wal"
)

// machine makes the engine a cluster.StateMachine over wal's pages. Its methods are called as cluster.StateMachine
// says.
type machine struct {
	engine *engine.Engine
	pages  *wal.Pages
}

// Apply applies entries. What the engine cannot apply, and a mistake of ours in it, halts the node with nothing of the
// call acknowledged: an entry that was skipped would make this node another one than its peers (I13).
func (m *machine) Apply(entries []cluster.Entry) (results [][]any) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		stop, known := p.(*engine.StopError)
		halt := &cluster.Halt{Err: stop}
		if !known {
			halt.Err = fmt.Errorf("the state machine failed: %T\n%s", p, debug.Stack())
		}
		results = make([][]any, len(entries))
		for i := range entries {
			results[i] = make([]any, len(entries[i].Commands))
			for j := range results[i] {
				results[i][j] = halt
			}
		}
	}()
	list := make([]engine.Entry, len(entries))
	for i, e := range entries {
		list[i] = engine.Entry(e)
	}
	return m.engine.Apply(list)
}

// Applied is the newest index in the published roots.
func (m *machine) Applied() uint64 { return m.engine.Applied() }

// Flush makes the engine's state durable in the pages.
func (m *machine) Flush(index, term uint64, configuration []byte, configurationIndex uint64) error {
	record := wal.CommitRecord{Term: term, Configuration: configuration, ConfigurationIndex: configurationIndex}
	_, err := m.engine.Flush(func(pinned uint64) engine.PageFlush {
		record.Index = max(index, pinned)
		return &pageFlush{Flush: m.pages.Begin(record.Index), record: record}
	})
	if err != nil {
		return fmt.Errorf("flushing the state: %w", err)
	}
	return nil
}

// pages is wal's page store as the engine sees it.
type pages struct{ *wal.Pages }

// Begin is never called: every flush of a node is begun by machine.Flush, which knows what Raft needs beside it.
func (p pages) Begin(index uint64) engine.PageFlush {
	return &pageFlush{Flush: p.Pages.Begin(index), record: wal.CommitRecord{Index: index}}
}

// Committed tells up to which index the pages reach.
func (p pages) Committed() (index uint64, meta []byte, ok bool) {
	record, ok := p.Pages.Committed()
	return record.Index, record.Meta, ok
}

// pageFlush is one flush of wal's with the record that it ends with.
type pageFlush struct {
	*wal.Flush
	record wal.CommitRecord
}

// Commit ends the flush with what Raft needs and the engine's own meta, in one atomic step (I4).
func (f *pageFlush) Commit(meta []byte) error {
	f.record.Meta = meta
	return f.Flush.Commit(f.record)
}
