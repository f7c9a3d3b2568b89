package cluster

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/hashicorp/raft"

	"rollcall/wal"
)

// errInstall: this release has one node, so nobody sends it a snapshot.
var errInstall = errors.New("installing a snapshot is not supported")

// snapshots is Raft's view of the pages: a snapshot is the metadata of their commit record, and its data are the pages
// themselves. Taking one therefore costs a flush, and no copy.
type snapshots struct {
	log   *wal.Log
	pages *wal.Pages
}

var _ raft.SnapshotStore = (*snapshots)(nil)

// List returns the metadata of the commit record, or nothing.
func (s *snapshots) List() ([]*raft.SnapshotMeta, error) {
	meta, err := s.meta()
	if meta == nil || err != nil {
		return nil, err
	}
	return []*raft.SnapshotMeta{meta}, nil
}

// Open returns the metadata with no data.
func (s *snapshots) Open(id string) (*raft.SnapshotMeta, io.ReadCloser, error) {
	meta, err := s.meta()
	if err != nil {
		return nil, nil, err
	}
	if meta == nil || meta.ID != id {
		return nil, nil, fmt.Errorf("snapshot %q is not there", id)
	}
	return meta, io.NopCloser(bytes.NewReader(nil)), nil
}

// Create begins a snapshot. The state machine's Flush does its work, in snapshot.Persist.
func (s *snapshots) Create(_ raft.SnapshotVersion, index, term uint64, _ raft.Configuration, _ uint64, _ raft.Transport) (raft.SnapshotSink, error) {
	return &sink{id: snapshotID(index, term)}, nil
}

// meta makes the metadata of the commit record.
//
// The state machine flushes what it has applied when its flush runs, which may be more than Raft's snapshot said when
// it began: then term and members of the record are those of an earlier entry. The entries between are still in the
// log, which is cut only up to Raft's own snapshot, so what they say is taken from there.
func (s *snapshots) meta() (*raft.SnapshotMeta, error) {
	record, ok := s.pages.Committed()
	if !ok {
		return nil, nil
	}
	meta := &raft.SnapshotMeta{Version: raft.SnapshotVersionMax, Index: record.Index, Term: record.Term, ConfigurationIndex: record.ConfigurationIndex}
	if len(record.Configuration) > 0 {
		meta.Configuration = raft.DecodeConfiguration(record.Configuration)
	}
	first, err := s.log.FirstIndex()
	if err != nil {
		return nil, err
	}
	var e raft.Log
	for i := max(first, record.ConfigurationIndex+1); i <= record.Index && first > 0; i++ {
		if err := s.log.GetLog(i, &e); err != nil {
			return nil, fmt.Errorf("read the members as of entry %d: %w", record.Index, err)
		}
		if e.Type == raft.LogConfiguration {
			meta.Configuration, meta.ConfigurationIndex = raft.DecodeConfiguration(e.Data), e.Index
		}
		meta.Term = e.Term
	}
	meta.ID = snapshotID(meta.Index, meta.Term)
	return meta, nil
}

func snapshotID(index, term uint64) string { return fmt.Sprintf("%d-%d", term, index) }

// sink takes a snapshot's metadata and refuses data.
type sink struct{ id string }

func (s *sink) ID() string                { return s.id }
func (s *sink) Write([]byte) (int, error) { return 0, errInstall }
func (s *sink) Close() error              { return nil }
func (s *sink) Cancel() error             { return nil }
