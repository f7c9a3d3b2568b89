package wal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/hashicorp/raft"
)

var (
	_ raft.LogStore    = (*Log)(nil)
	_ raft.StableStore = (*Log)(nil)
)

// The two kinds of key in the log's store: an entry by its index, big endian, and a stable value by its name.
const (
	entryKey  = 'l'
	stableKey = 's'
)

// Log is Raft's LogStore and StableStore. Safe for concurrent use.
//
// It is no raft.MonotonicLogStore on purpose: declaring that makes Raft panic after an installed snapshot whose index
// the log had passed (R6). It refuses gaps all the same, since a gap cannot be told from lost entries.
type Log struct {
	*store
	mark *markFile

	write sync.Mutex // held by whoever changes entries

	state struct {
		sync.RWMutex
		entrySpan
	}

	vote struct {
		sync.Mutex
		term uint64
		held bool // term waits for its candidate
	}
}

// entrySpan is what the log holds: entries first to first+len(sizes)-1.
type entrySpan struct {
	first uint64
	term  uint64   // of the last entry
	sizes []uint32 // bytes of each entry, the key not counted
	bytes int64    // their sum
}

func (s *entrySpan) last() uint64 { return s.first + uint64(len(s.sizes)) - 1 }

// OpenLog opens or creates the log of a folder. It reads every entry once: checksums, and that none is missing.
// Most callers want Open, which also compares the log with the mark and the pages.
func OpenLog(o Options) (*Log, error) {
	if err := o.prepare(); err != nil {
		return nil, err
	}
	if err := newSpace(&o).checkOpen(&o); err != nil {
		return nil, err
	}
	return openLog(o)
}

func openLog(o Options) (*Log, error) {
	s, err := openStore(o, "log", tuning{cache: 4 << 20, deleteRangeDelay: 5 * time.Second, compactions: 1, plain: true})
	if err != nil {
		return nil, err
	}
	l := &Log{store: s}
	if err := l.load(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	// A log with entries has had a mark since before its first one.
	if l.mark, err = openMark(o, len(l.state.sizes) == 0); err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.opening.Store(false)
	return l, nil
}

// load reads all entries and derives first, last and the sizes.
func (l *Log) load() error {
	iter, err := l.db.NewIter(&pebble.IterOptions{LowerBound: []byte{entryKey}, UpperBound: []byte{entryKey + 1}})
	if err != nil {
		return l.readError(err)
	}
	var e raft.Log
	s := &l.state.entrySpan
	for ok := iter.First(); ok && err == nil; ok = iter.Next() {
		key, value := iter.Key(), iter.Value()
		if len(key) != 9 {
			err = fmt.Errorf("%w: log key %x", ErrCorrupt, key)
			break
		}
		index := binary.BigEndian.Uint64(key[1:])
		if len(s.sizes) == 0 {
			s.first = index
		} else if index != s.last()+1 {
			err = fmt.Errorf("%w: the log has no entries between %d and %d", ErrCorrupt, s.last(), index)
			break
		}
		err = decodeEntry(index, value, &e)
		s.term = e.Term
		s.sizes = append(s.sizes, uint32(len(value)))
		s.bytes += int64(len(value))
	}
	if err == nil {
		if err = iter.Error(); err != nil {
			err = l.readError(err)
		}
	}
	return errors.Join(err, iter.Close())
}

// FirstIndex is the index of the first entry, 0 for an empty log.
func (l *Log) FirstIndex() (uint64, error) {
	l.state.RLock()
	defer l.state.RUnlock()
	if len(l.state.sizes) == 0 {
		return 0, nil
	}
	return l.state.first, nil
}

// LastIndex is the index of the last entry, 0 for an empty log.
func (l *Log) LastIndex() (uint64, error) {
	index, _ := l.Last()
	return index, nil
}

// Last is the index and term of the last entry, 0 and 0 for an empty log.
func (l *Log) Last() (index, term uint64) {
	l.state.RLock()
	defer l.state.RUnlock()
	if len(l.state.sizes) == 0 {
		return 0, 0
	}
	return l.state.last(), l.state.term
}

// Bytes is the size of all entries.
func (l *Log) Bytes() int64 {
	l.state.RLock()
	defer l.state.RUnlock()
	return l.state.bytes
}

// BytesAfter is the size of the entries above an index.
func (l *Log) BytesAfter(index uint64) int64 {
	l.state.RLock()
	defer l.state.RUnlock()
	if index < l.state.first {
		return l.state.bytes
	}
	var sum int64
	for i := index + 1 - l.state.first; i < uint64(len(l.state.sizes)); i++ {
		sum += int64(l.state.sizes[i])
	}
	return sum
}

// Tail is how many of the newest entries fit into a number of bytes, at least 1.
func (l *Log) Tail(bytes int64) uint64 {
	l.state.RLock()
	defer l.state.RUnlock()
	n := uint64(0)
	for i := len(l.state.sizes) - 1; i >= 0; i-- {
		if bytes -= int64(l.state.sizes[i]); bytes < 0 {
			break
		}
		n++
	}
	return max(1, n)
}

// Mark is the high-water mark as it stands now.
func (l *Log) Mark() Mark { return l.mark.get() }

func entryAt(index uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{entryKey}, index)
}

// GetLog reads an entry. raft.ErrLogNotFound, itself, means that the index is outside the log: Raft compares identities
// (R19). Damage is ErrCorrupt, never "not found".
func (l *Log) GetLog(index uint64, e *raft.Log) error {
	if err := l.enter(); err != nil {
		return err
	}
	defer l.leave()
	err := l.read(index, e)
	if err != raft.ErrLogNotFound || !l.has(index) {
		return err
	}
	// It may have come or gone just now; while nobody changes the log, a hole is a hole.
	l.write.Lock()
	defer l.write.Unlock()
	if err = l.read(index, e); err == raft.ErrLogNotFound && l.has(index) {
		return l.damaged(fmt.Errorf("%w: log entry %d is missing", ErrCorrupt, index))
	}
	return err
}

func (l *Log) has(index uint64) bool {
	l.state.RLock()
	defer l.state.RUnlock()
	return len(l.state.sizes) > 0 && index >= l.state.first && index <= l.state.last()
}

func (l *Log) read(index uint64, e *raft.Log) error {
	value, closer, err := l.db.Get(entryAt(index))
	if errors.Is(err, pebble.ErrNotFound) {
		return raft.ErrLogNotFound
	}
	if err != nil {
		return l.readError(err)
	}
	err = decodeEntry(index, value, e)
	if err = errors.Join(err, closer.Close()); err != nil {
		return l.damaged(err)
	}
	return nil
}

// StoreLog appends one entry.
func (l *Log) StoreLog(e *raft.Log) error { return l.StoreLogs([]*raft.Log{e}) }

// StoreLogs appends consecutive entries, in one batch and with one sync: after it they are durable. Entries that are
// there are overwritten. ErrGap refuses anything that would leave a gap.
func (l *Log) StoreLogs(entries []*raft.Log) error {
	if len(entries) == 0 {
		return nil
	}
	if err := l.enter(); err != nil {
		return err
	}
	defer l.leave()
	l.write.Lock()
	defer l.write.Unlock()
	next, empty := l.next()
	size := 0
	for i, e := range entries {
		if e.Index != entries[0].Index+uint64(i) || (!empty && e.Index > next+uint64(i)) {
			return fmt.Errorf("%w: entry %d does not follow", ErrGap, e.Index)
		}
		size += entrySize(e) + 32
	}
	if first, _ := l.FirstIndex(); entries[0].Index < first {
		return fmt.Errorf("%w: entry %d stands before the log's first, %d", ErrGap, entries[0].Index, first)
	}
	batch := l.db.NewBatchWithSize(size)
	defer func() { _ = batch.Close() }()
	for _, e := range entries {
		op := batch.SetDeferred(9, entrySize(e))
		op.Key[0] = entryKey
		binary.BigEndian.PutUint64(op.Key[1:], e.Index)
		encodeEntry(op.Value, e)
		if err := op.Finish(); err != nil {
			return fmt.Errorf("append to the log: %w", err)
		}
	}
	if err := batch.Commit(pebble.Sync); err != nil {
		return fmt.Errorf("append to the log: %w", err)
	}
	l.mark.note(l.grow(entries))
	return nil
}

// next is the index that an append must not pass.
func (l *Log) next() (index uint64, empty bool) {
	l.state.RLock()
	defer l.state.RUnlock()
	return l.state.last() + 1, len(l.state.sizes) == 0
}

// grow takes durable entries into the span and returns the new end.
func (l *Log) grow(entries []*raft.Log) (index, term uint64) {
	l.state.Lock()
	defer l.state.Unlock()
	s := &l.state.entrySpan
	if len(s.sizes) == 0 {
		s.first = entries[0].Index
	}
	for _, e := range entries {
		size := uint32(entrySize(e))
		if e.Index <= s.last() && len(s.sizes) > 0 {
			at := e.Index - s.first
			s.bytes += int64(size) - int64(s.sizes[at])
			s.sizes[at] = size
		} else {
			s.sizes = append(s.sizes, size)
			s.bytes += int64(size)
		}
		if e.Index == s.last() {
			s.term = e.Term
		}
	}
	return s.last(), s.term
}

// DeleteRange deletes the entries from lowest to highest: the log's head, its tail, or all of it.
//
// A head is cut without a sync: entries that come back after a crash do no harm. A tail is cut when it conflicts with
// the leader's; the mark is lowered first, durably, or a crash in between would look like lost entries.
func (l *Log) DeleteRange(lowest, highest uint64) error {
	if err := l.enter(); err != nil {
		return err
	}
	defer l.leave()
	l.write.Lock()
	defer l.write.Unlock()
	first, _ := l.FirstIndex()
	last, _ := l.Last()
	if first == 0 || highest < first || lowest > last || lowest > highest {
		return nil
	}
	lowest, highest = max(lowest, first), min(highest, last)
	if lowest > first && highest < last {
		return fmt.Errorf("%w: entries %d to %d are in the middle of %d to %d", ErrGap, lowest, highest, first, last)
	}
	options := pebble.NoSync
	var end raft.Log
	if highest == last {
		options = pebble.Sync
		if lowest > first {
			if err := l.read(lowest-1, &end); err != nil {
				return err
			}
		}
		l.mark.set(func(m *Mark) { m.Index, m.Term = end.Index, end.Term })
	}
	if err := l.db.DeleteRange(entryAt(lowest), entryAt(highest+1), options); err != nil {
		return fmt.Errorf("cut the log: %w", err)
	}
	l.state.Lock()
	defer l.state.Unlock()
	s := &l.state.entrySpan
	for _, size := range s.sizes[lowest-first : highest+1-first] {
		s.bytes -= int64(size)
	}
	if highest == last {
		s.sizes, s.term = s.sizes[:lowest-first], end.Term
	} else {
		s.sizes, s.first = append([]uint32(nil), s.sizes[highest+1-first:]...), highest+1
	}
	return nil
}

// Close writes the mark a last time and closes the log. It waits for what is running; what comes later gets ErrClosed.
func (l *Log) Close() error {
	err := l.store.close()
	return errors.Join(err, l.mark.close())
}
