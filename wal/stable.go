package wal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/cockroachdb/pebble/v2"
)

// Names under which Raft keeps a vote, and the one under which both parts of it are kept here.
const (
	voteTermName      = "LastVoteTerm"
	voteCandidateName = "LastVoteCand"
	voteName          = "Vote"
)

const stableVersion = 1

// Set stores a value durably.
//
// Raft stores a vote as two values, the term and then the candidate. A crash in between would let a node vote twice in
// a term (R5), so the term is held back until the candidate comes, and both are one value with one checksum. The mark
// follows before Set returns: a vote that is forgotten is noticed.
func (l *Log) Set(name, value []byte) error {
	if string(name) != voteCandidateName {
		return l.setStable(string(name), value)
	}
	l.vote.Lock()
	defer l.vote.Unlock()
	term := l.vote.term
	if !l.vote.held {
		stored, _, err := l.storedVote()
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		term = stored
	}
	if err := l.setStable(voteName, append(binary.BigEndian.AppendUint64(nil, term), value...)); err != nil {
		return err
	}
	l.vote.held = false
	l.mark.set(func(m *Mark) { m.VoteTerm = max(m.VoteTerm, term) })
	return nil
}

// Get reads a value; ErrNotFound, whose text Raft compares, if there is none.
func (l *Log) Get(name []byte) ([]byte, error) {
	if string(name) == voteCandidateName {
		_, candidate, err := l.storedVote()
		return candidate, err
	}
	return l.getStable(string(name))
}

// SetUint64 stores a number durably, except the term of a vote, which waits for its candidate: see Set.
func (l *Log) SetUint64(name []byte, value uint64) error {
	if string(name) == voteTermName {
		l.vote.Lock()
		defer l.vote.Unlock()
		l.vote.term, l.vote.held = value, true
		return nil
	}
	return l.setStable(string(name), binary.BigEndian.AppendUint64(nil, value))
}

// GetUint64 reads a number; ErrNotFound if there is none.
func (l *Log) GetUint64(name []byte) (uint64, error) {
	if string(name) == voteTermName {
		l.vote.Lock()
		defer l.vote.Unlock()
		if l.vote.held {
			return l.vote.term, nil
		}
		term, _, err := l.storedVote()
		return term, err
	}
	value, err := l.getStable(string(name))
	if err != nil {
		return 0, err
	}
	if len(value) != 8 {
		return 0, fmt.Errorf("stable value %q has %d bytes and is no number", name, len(value))
	}
	return binary.BigEndian.Uint64(value), nil
}

func (l *Log) storedVote() (term uint64, candidate []byte, err error) {
	value, err := l.getStable(voteName)
	if err != nil {
		return 0, nil, err
	}
	if len(value) < 8 {
		return 0, nil, l.damaged(fmt.Errorf("%w: the vote has %d bytes", ErrCorrupt, len(value)))
	}
	return binary.BigEndian.Uint64(value), value[8:], nil
}

// A stable value: version, CRC-32C over the key and the bytes, the bytes.
func (l *Log) setStable(name string, value []byte) error {
	key := append([]byte{stableKey}, name...)
	b := append([]byte{stableVersion}, make([]byte, 4)...)
	b = append(b, value...)
	binary.BigEndian.PutUint32(b[1:], stableSum(key, value))
	if err := l.enter(); err != nil {
		return err
	}
	defer l.leave()
	if err := l.db.Set(key, b, pebble.Sync); err != nil {
		return fmt.Errorf("store %s: %w", name, err)
	}
	return nil
}

func (l *Log) getStable(name string) ([]byte, error) {
	if err := l.enter(); err != nil {
		return nil, err
	}
	defer l.leave()
	key := append([]byte{stableKey}, name...)
	b, closer, err := l.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, l.readError(err)
	}
	b = append([]byte(nil), b...)
	if err := closer.Close(); err != nil {
		return nil, l.readError(err)
	}
	if len(b) < 5 || b[0] != stableVersion || binary.BigEndian.Uint32(b[1:]) != stableSum(key, b[5:]) {
		return nil, l.damaged(fmt.Errorf("%w: stable value %q", ErrCorrupt, name))
	}
	return b[5:], nil
}

func stableSum(key, value []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, value)
}
