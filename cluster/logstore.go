package cluster

import (
	"github.com/hashicorp/raft"

	"rollcall/wal"
)

// logStore is the log as Raft sees it. It tells the proposer when entries are durable, and lets the log be cut only
// below what the pages hold.
type logStore struct {
	*wal.Log
	pages  *wal.Pages
	stored func(entries []*raft.Log) // called after every append, nil: nobody asks
}

// StoreLogs appends entries durably.
func (s *logStore) StoreLogs(entries []*raft.Log) error {
	err := s.Log.StoreLogs(entries)
	s.stored(entries)
	return err
}

// StoreLog appends one entry durably.
func (s *logStore) StoreLog(e *raft.Log) error { return s.StoreLogs([]*raft.Log{e}) }

// DeleteRange cuts the log. Raft cuts its head up to its own snapshot's index; the pages' commit record is what counts,
// and may be older: it has the index of a command, a snapshot that of any entry.
func (s *logStore) DeleteRange(lowest, highest uint64) error {
	first, err := s.FirstIndex()
	if err != nil {
		return err
	}
	last, err := s.LastIndex()
	if err != nil {
		return err
	}
	if lowest <= first && highest < last {
		record, _ := s.pages.Committed()
		if highest = min(highest, record.Index); highest < lowest {
			return nil
		}
	}
	return s.Log.DeleteRange(lowest, highest)
}
