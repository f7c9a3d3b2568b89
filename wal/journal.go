package wal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/cockroachdb/pebble/v2"
)

// The journal of a flush stands beside its pages: which keys it wrote, and which its commit makes superfluous. A
// journal record travels in the batch of the pages that it names, so after a crash both are there or neither.
//
// While a journal stands, its flush is either not committed, and what it wrote must go; or committed, and what it
// superseded must go. Both can be done again at any time, and the journal goes last.
const (
	journalWrote      = 'w'
	journalSuperseded = 's'
)

// journalRecord is the key of a flush's n-th record of a kind.
func journalRecord(flush uint64, kind byte, n uint32) []byte {
	key := binary.BigEndian.AppendUint64([]byte{journalKey}, flush)
	return binary.BigEndian.AppendUint32(append(key, kind), n)
}

// journal collects keys of one kind until they are written as a record: CRC-32C, then length and bytes of each.
type journal struct {
	flush uint64
	kind  byte
	n     uint32
	keys  []byte
}

func (j *journal) add(key []byte) {
	if len(j.keys) == 0 {
		j.keys = append(j.keys, 0, 0, 0, 0)
	}
	j.keys = append(binary.AppendUvarint(j.keys, uint64(len(key))), key...)
}

// write moves the collected keys into the batch.
func (j *journal) write(b *pebble.Batch) error {
	if len(j.keys) == 0 {
		return nil
	}
	key := journalRecord(j.flush, j.kind, j.n)
	binary.BigEndian.PutUint32(j.keys, journalSum(key, j.keys))
	err := b.Set(key, j.keys, nil)
	j.n, j.keys = j.n+1, j.keys[:0]
	return err
}

func journalSum(key, b []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, b[4:])
}

// eachKey calls f for every key of a journal record.
func eachKey(key, b []byte, f func(key []byte) error) error {
	if len(b) < 4 || binary.BigEndian.Uint32(b) != journalSum(key, b) {
		return fmt.Errorf("%w: flush journal %x", ErrCorrupt, key)
	}
	for b = b[4:]; len(b) > 0; {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b)-size) {
			return fmt.Errorf("%w: flush journal %x", ErrCorrupt, key)
		}
		if err := f(b[size : size+int(n)]); err != nil {
			return err
		}
		b = b[size+int(n):]
	}
	return nil
}

// tidy finishes what the journals that stand ask for. Nothing may be flushing. It is durable when it returns, so that
// a later commit can never make an older flush's leftovers visible.
func (p *Pages) tidy() error {
	for {
		flush, found, err := p.firstJournal()
		if err != nil || !found {
			return err
		}
		kind := byte(journalWrote)
		if flush <= p.committed.flush {
			kind = journalSuperseded
		}
		if err := p.settle(flush, kind, pebble.Sync); err != nil {
			return err
		}
	}
}

// firstJournal is the oldest flush whose journal stands.
func (p *Pages) firstJournal() (flush uint64, found bool, err error) {
	iter, err := p.db.NewIter(&pebble.IterOptions{LowerBound: []byte{journalKey}, UpperBound: []byte{journalKey + 1}})
	if err != nil {
		return 0, false, p.readError(err)
	}
	if found = iter.First(); found && len(iter.Key()) != 14 {
		return 0, false, errors.Join(fmt.Errorf("%w: flush journal %x", ErrCorrupt, iter.Key()), iter.Close())
	}
	if found {
		flush = binary.BigEndian.Uint64(iter.Key()[1:])
	}
	if err := errors.Join(iter.Error(), iter.Close()); err != nil {
		return 0, false, p.readError(err)
	}
	return flush, found, nil
}

// settle deletes the keys that one kind of a flush's journal names, and then the journal.
func (p *Pages) settle(flush uint64, kind byte, sync *pebble.WriteOptions) (err error) {
	lower := journalRecord(flush, kind, 0)
	iter, err := p.db.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: after(lower[:10])})
	if err != nil {
		return p.readError(err)
	}
	batch := p.db.NewBatch()
	defer func() { _ = batch.Close() }()
	drop := func(key []byte) error {
		if kind == journalSuperseded {
			if keep, err := p.rewritten(flush, key); keep || err != nil {
				return err
			}
		}
		if err := batch.Delete(key, nil); err != nil || batch.Len() < p.limit {
			return err
		}
		err := batch.Commit(pebble.NoSync)
		batch.Reset()
		return err
	}
	for ok := iter.First(); ok && err == nil; ok = iter.Next() {
		err = eachKey(iter.Key(), iter.Value(), drop)
	}
	if err = errors.Join(err, iter.Error(), iter.Close()); err != nil {
		return p.readError(err)
	}
	start := binary.BigEndian.AppendUint64([]byte{journalKey}, flush)
	if err := batch.DeleteRange(start, after(start), nil); err != nil {
		return fmt.Errorf("tidy the pages: %w", err)
	}
	if err := batch.Commit(sync); err != nil {
		return fmt.Errorf("tidy the pages: %w", err)
	}
	return nil
}

// rewritten tells whether a superseded key is a page of the same flush that is alive: deleted first, then put again.
func (p *Pages) rewritten(flush uint64, key []byte) (bool, error) {
	if key[0] != pageKey || binary.BigEndian.Uint64(key[len(key)-8:]) != ^flush {
		return false, nil
	}
	b, closer, err := p.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	kind, _, err := decodePage(key, b)
	return kind == pageData, errors.Join(err, closer.Close())
}
