package wal

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// Flush is one change of the pages, invisible until Commit. One goroutine uses it, and ends it with Commit or Abort.
// After an error it can only be aborted.
type Flush struct {
	p     *Pages
	index uint64
	flush uint64
	batch *pebble.Batch
	old   *pebble.Iterator // the versions that stood at Begin

	wrote, superseded journal
	key               []byte
	err               error // why it cannot go on; set for ever
	ended             bool
}

// Begin opens a flush of the state as of a Raft index. If another flush is open, every call on the new one answers
// ErrFlushOpen.
func (p *Pages) Begin(index uint64) *Flush {
	f := &Flush{p: p, index: index}
	if !p.open.TryLock() {
		f.err, f.ended = ErrFlushOpen, true
		return f
	}
	if err := p.enter(); err != nil {
		p.open.Unlock()
		f.err, f.ended = err, true
		return f
	}
	f.flush = p.committed.flush + 1
	f.wrote = journal{flush: f.flush, kind: journalWrote}
	f.superseded = journal{flush: f.flush, kind: journalSuperseded}
	// Normally there is nothing to tidy. After an abort that failed there is, and it must be gone before this flush
	// takes the same number.
	if f.err = p.tidy(); f.err != nil {
		return f
	}
	f.batch = p.db.NewBatch()
	iter, err := p.db.NewIter(&pebble.IterOptions{LowerBound: []byte{pageKey}, UpperBound: []byte{pageKey + 1}})
	if err != nil {
		f.err = p.readError(err)
		return f
	}
	f.old = iter
	return f
}

// Put stores a page in place of its older version.
func (f *Flush) Put(page, data []byte) error {
	versions, err := f.supersede(page)
	if err != nil {
		return err
	}
	return f.write(appendVersion(versions, f.flush), pageData, data)
}

// PutOnce stores a page that is written once: no page of this name was committed before, and none will be put after,
// unless it was deleted in between by an earlier flush. It has no versions and costs no search, which suits large
// namespaces that only grow.
func (f *Flush) PutOnce(page, data []byte) error {
	if err := f.check(page); err != nil {
		return err
	}
	f.key = append(append(f.key[:0], onceKey), page...)
	op := f.batch.SetDeferred(len(f.key), onceHeader+len(data))
	copy(op.Key, f.key)
	encodeOnce(op.Value, f.key, f.flush, data)
	return f.finish(op)
}

// Delete deletes a page of either kind. It is no error if there is none.
func (f *Flush) Delete(page []byte) error {
	versions, err := f.supersede(page)
	if err != nil {
		return err
	}
	f.superseded.add(append([]byte{onceKey}, page...))
	// The tombstone hides older versions until they are gone. It goes after them.
	key := appendVersion(versions, f.flush)
	f.superseded.add(key)
	return f.write(key, pageTombstone, nil)
}

// DeletePrefix deletes every page whose name begins with prefix, also those that this flush put. Its cost grows with
// their number.
func (f *Flush) DeletePrefix(prefix []byte) error {
	if f.err != nil {
		return f.err
	}
	if f.err = f.flushBatch(); f.err != nil {
		return f.err
	}
	names, err := f.names(prefix)
	if err != nil {
		f.err = f.p.readError(err)
		return f.err
	}
	for _, page := range names {
		if err := f.Delete(page); err != nil {
			return err
		}
	}
	lower := append([]byte{onceKey}, prefix...)
	iter, err := f.p.db.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: after(lower)})
	if err != nil {
		f.err = f.p.readError(err)
		return f.err
	}
	for ok := iter.First(); ok && f.err == nil; ok = iter.Next() {
		f.superseded.add(iter.Key())
		if len(f.superseded.keys) >= f.p.limit {
			f.err = f.flushBatch()
		}
	}
	if err := errors.Join(f.err, iter.Error(), iter.Close()); err != nil {
		f.err = f.p.readError(err)
	}
	return f.err
}

// names are the versioned pages with a prefix, those of this flush included.
func (f *Flush) names(prefix []byte) (names [][]byte, err error) {
	lower := appendEscaped([]byte{pageKey}, prefix)
	iter, err := f.p.db.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: after(lower)})
	if err != nil {
		return nil, err
	}
	for ok := iter.First(); ok && err == nil; ok = iter.Next() {
		var page []byte
		if page, _, err = splitVersion(nil, iter.Key()); err == nil && (len(names) == 0 || !bytes.Equal(page, names[len(names)-1])) {
			names = append(names, page)
		}
	}
	return names, errors.Join(err, iter.Error(), iter.Close())
}

func (f *Flush) check(page []byte) error {
	if f.err == nil && len(page) == 0 {
		f.err = errors.New("a page needs a name")
	}
	return f.err
}

// supersede notes the versions of a page that this flush replaces, and returns their common prefix.
func (f *Flush) supersede(page []byte) (versions []byte, err error) {
	if err := f.check(page); err != nil {
		return nil, err
	}
	versions = versionsOf(page)
	for ok := f.old.SeekGE(versions); ok && bytes.HasPrefix(f.old.Key(), versions); ok = f.old.Next() {
		f.superseded.add(f.old.Key())
	}
	if err := f.old.Error(); err != nil {
		f.err = f.p.readError(err)
	}
	return versions, f.err
}

func (f *Flush) write(key []byte, kind byte, data []byte) error {
	op := f.batch.SetDeferred(len(key), pageHeader+len(data))
	f.key = append(f.key[:0], key...)
	copy(op.Key, key)
	encodePage(op.Value, key, kind, data)
	return f.finish(op)
}

// finish takes the page whose key is f.key into the batch, and writes the batch when it is full.
func (f *Flush) finish(op *pebble.DeferredBatchOp) error {
	if f.err = op.Finish(); f.err != nil {
		return f.err
	}
	f.wrote.add(f.key)
	if f.batch.Len()+len(f.wrote.keys)+len(f.superseded.keys) >= f.p.limit {
		f.err = f.flushBatch()
	}
	return f.err
}

// flushBatch writes what was collected, with its journal, and without a sync.
func (f *Flush) flushBatch() error {
	if err := errors.Join(f.wrote.write(f.batch), f.superseded.write(f.batch)); err != nil {
		return fmt.Errorf("write pages: %w", err)
	}
	if f.batch.Empty() {
		return nil
	}
	if err := f.p.space.checkFlush(int64(f.batch.Len())); err != nil {
		return fmt.Errorf("write pages: %w", err)
	}
	if err := f.batch.Commit(pebble.NoSync); err != nil {
		return fmt.Errorf("write pages: %w", err)
	}
	f.batch.Reset()
	return nil
}

// Commit makes the flush durable and visible, and then removes what it superseded. record.Index is at least the index
// of Begin and that of the record before. After an error nothing of the flush is visible, now or later.
func (f *Flush) Commit(record CommitRecord) error {
	p := f.p
	if f.ended {
		return f.err
	}
	if f.err == nil && (record.Index < f.index || record.Index < p.committed.record.Index) {
		f.err = fmt.Errorf("commit pages: index %d is below %d, the index of the flush, or %d, the last record's",
			record.Index, f.index, p.committed.record.Index)
	}
	if f.err == nil {
		f.err = f.flushBatch()
	}
	if f.err != nil {
		err := f.err
		f.Abort()
		return err
	}
	if err := p.db.Set([]byte{commitKey}, record.encode(f.flush), pebble.Sync); err != nil {
		f.err = fmt.Errorf("commit pages: %w", err)
		f.Abort()
		return f.err
	}
	p.committed.Lock()
	p.committed.flush, p.committed.record = f.flush, record
	p.committed.Unlock()
	f.err = errors.New("the flush is committed")
	err := f.release()
	if err == nil {
		err = p.settle(f.flush, journalSuperseded, pebble.NoSync)
	}
	if err != nil {
		// The commit stands. The next Begin, or the next start, tidies.
		p.logger.Warn("the pages could not be tidied after a commit, the next flush tries again", "error", err)
	}
	f.end()
	return nil
}

// Abort drops the flush. It does nothing after Commit.
func (f *Flush) Abort() {
	if f.ended {
		return
	}
	if f.err == nil {
		f.err = errors.New("the flush was aborted")
	}
	err := f.release()
	if err == nil {
		err = f.p.tidy()
	}
	if err != nil {
		f.p.logger.Warn("the pages could not be tidied after an abort, the next flush tries again", "error", err)
	}
	f.end()
}

// release gives back what a running flush holds of Pebble.
func (f *Flush) release() error {
	var err error
	if f.old != nil {
		err = f.old.Close()
	}
	if f.batch != nil {
		err = errors.Join(err, f.batch.Close())
	}
	return err
}

func (f *Flush) end() {
	f.ended = true
	f.p.leave()
	f.p.open.Unlock()
}
