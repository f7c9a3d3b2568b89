package wal

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/hashicorp/raft"
)

// slowDisk is how long an operation may take before it is logged.
const slowDisk = time.Second

// Store is a node's folder, opened and found sound.
type Store struct {
	Log   *Log
	Pages *Pages
	Space *Space

	lock   io.Closer
	health io.Closer
}

// Open opens a node's folder, or makes a new one, in the order that finds damage before it can spread: lock, free
// space, pages, log with every entry's checksum, and then whether the three belong together:
//
//	ErrQuarantine  the log ends below the mark or below what the pages hold, or differs there
//	ErrUnusable    the log begins above what the pages hold
//	ErrCorrupt     something cannot be read at all
//
// Each is an error with a way out, and leaves the folder as it was.
func Open(o Options) (*Store, error) {
	if err := o.prepare(); err != nil {
		return nil, err
	}
	lock, err := o.FS.Lock(o.FS.PathJoin(o.Dir, "LOCK"))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLocked, err)
	}
	s := &Store{lock: lock}
	logger := o.Logger
	o.FS, s.health = vfs.WithDiskHealthChecks(o.FS, slowDisk, nil, func(info vfs.DiskSlowInfo) {
		logger.Warn("the disk is slow", "file", info.Path, "operation", info.OpType.String(), "for", info.Duration)
	})
	if err := s.open(o); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) open(o Options) (err error) {
	s.Space = newSpace(&o)
	if err := s.Space.checkOpen(&o); err != nil {
		return err
	}
	if s.Pages, err = openPages(o, s.Space); err != nil {
		return err
	}
	if s.Log, err = openLog(o); err != nil {
		return err
	}
	return s.compare()
}

// compare checks that log, mark and pages belong together.
func (s *Store) compare() error {
	mark := s.Log.Mark()
	last, lastTerm := s.Log.Last()
	first, err := s.Log.FirstIndex()
	if err != nil {
		return err
	}
	record, _ := s.Pages.Committed()
	switch {
	case last < mark.Index:
		return fmt.Errorf("%w: it ends at entry %d of term %d, and was durable up to entry %d of term %d; restore the folder from another member or a backup",
			ErrQuarantine, last, lastTerm, mark.Index, mark.Term)
	case last < record.Index:
		return fmt.Errorf("%w: it ends at entry %d of term %d, and the pages hold entry %d of term %d; restore the folder from another member or a backup",
			ErrQuarantine, last, lastTerm, record.Index, record.Term)
	case first > record.Index+1:
		return fmt.Errorf("%w: the pages hold everything up to entry %d, the log begins at entry %d; restore the folder from another member or a backup",
			ErrUnusable, record.Index, first)
	}
	if mark.Index >= first && first > 0 {
		var e raft.Log
		if err := s.Log.GetLog(mark.Index, &e); err != nil {
			return err
		}
		if e.Term != mark.Term {
			return fmt.Errorf("%w: entry %d is of term %d, and was durable with term %d: another log stands in its place; restore the folder from another member or a backup",
				ErrQuarantine, mark.Index, e.Term, mark.Term)
		}
	}
	term, err := s.Log.GetUint64([]byte(voteTermName))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if term < mark.VoteTerm {
		return fmt.Errorf("%w: the vote of term %d is forgotten, the last known one is of term %d; restore the folder from another member or a backup",
			ErrQuarantine, mark.VoteTerm, term)
	}
	return nil
}

// Close closes what is open. It waits for what is running.
func (s *Store) Close() error {
	var errs []error
	if s.Log != nil {
		errs = append(errs, s.Log.Close())
	}
	if s.Pages != nil {
		errs = append(errs, s.Pages.Close())
	}
	return errors.Join(append(errs, s.health.Close(), s.lock.Close())...)
}

// Stats are figures of both stores, for metrics.
type Stats struct {
	LogEntries    int
	LogBytes      int64  // of the entries
	LogDisk       uint64 // on disk, not yet removed files included
	PagesDisk     uint64
	WriteStalls   int64 // times that a store stopped taking writes
	Errors        int64 // failed background work
	CompactionDue uint64
	FreeDisk      uint64
}

// Stats measures. It costs microseconds, not a scan.
func (s *Store) Stats() Stats {
	var out Stats
	s.Log.state.RLock()
	out.LogEntries, out.LogBytes = len(s.Log.state.sizes), s.Log.state.bytes
	s.Log.state.RUnlock()
	for _, store := range []*store{s.Log.store, s.Pages.store} {
		out.WriteStalls += store.stalls.Load()
		out.Errors += store.errors.Load()
		if store.enter() != nil {
			continue
		}
		m := store.db.Metrics()
		if store == s.Log.store {
			out.LogDisk = m.DiskSpaceUsage()
		} else {
			out.PagesDisk = m.DiskSpaceUsage()
		}
		out.CompactionDue += m.Compact.EstimatedDebt
		store.leave()
	}
	if u, err := s.Space.Usage(); err == nil {
		out.FreeDisk = u.Free
	}
	return out
}
