package wal

import (
	"bytes"
	"errors"
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2"
)

// Pages keeps the state as named pages. A flush replaces, adds and deletes any number of them and becomes visible and
// durable as a whole, with its commit record. Safe for concurrent use; one flush at a time.
//
// A page is stored under its name and the number of its flush. Reads take the newest version that is committed. A
// flush's journal names what it wrote and what it will supersede, in the same batches as the pages: with it a
// start-up after a crash, an abort and the tidying after a commit know exactly which versions must go, without a scan
// of the store. Pages that are written once have neither versions nor a search for older ones: see Flush.PutOnce.
type Pages struct {
	*store
	space *Space
	limit int // bytes of a batch

	committed struct {
		sync.RWMutex
		flush  uint64 // 0: nothing was ever committed
		record CommitRecord
	}

	open sync.Mutex // held by the open flush
}

// OpenPages opens or creates the pages of a folder. What a flush left behind that did not come to its commit is
// removed, durably, before it returns.
func OpenPages(o Options) (*Pages, error) {
	if err := o.prepare(); err != nil {
		return nil, err
	}
	space := newSpace(&o)
	if err := space.checkOpen(&o); err != nil {
		return nil, err
	}
	return openPages(o, space)
}

func openPages(o Options, space *Space) (*Pages, error) {
	s, err := openStore(o, "pages", tuning{cache: 16 << 20, compactions: 2})
	if err != nil {
		return nil, err
	}
	p := &Pages{store: s, space: space, limit: int(min(4<<20, o.MemTable/2))}
	if err := p.load(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.opening.Store(false)
	return p, nil
}

// load reads the commit record and tidies what the last process left open.
func (p *Pages) load() error {
	b, closer, err := p.db.Get([]byte{commitKey})
	switch {
	case errors.Is(err, pebble.ErrNotFound):
	case err != nil:
		return p.readError(err)
	default:
		p.committed.flush, p.committed.record, err = decodeRecord(b)
		if err = errors.Join(err, closer.Close()); err != nil {
			return err
		}
	}
	return p.tidy()
}

// Close closes the pages. It waits for what is running; what comes later gets ErrClosed.
func (p *Pages) Close() error { return p.close() }

// Committed returns the newest commit record, false if nothing was ever committed. It must not be changed.
func (p *Pages) Committed() (CommitRecord, bool) {
	p.committed.RLock()
	defer p.committed.RUnlock()
	return p.committed.record, p.committed.flush > 0
}

// Get returns the committed bytes of a page, or ErrNoPage.
func (p *Pages) Get(page []byte) ([]byte, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	data, err := p.getOnce(page)
	if !errors.Is(err, ErrNoPage) {
		return data, err
	}
	versions := versionsOf(page)
	p.committed.RLock()
	committed := p.committed.flush
	iter, err := p.db.NewIter(&pebble.IterOptions{LowerBound: versions, UpperBound: after(versions)})
	p.committed.RUnlock()
	if err != nil {
		return nil, p.readError(err)
	}
	c := pageCursor{iter: iter, committed: committed}
	if c.next() {
		data = bytes.Clone(c.data)
	}
	if err := errors.Join(c.err, iter.Error(), iter.Close()); err != nil {
		return nil, p.readError(err)
	}
	if c.data == nil {
		return nil, fmt.Errorf("%w: %x", ErrNoPage, page)
	}
	return data, nil
}

func (p *Pages) getOnce(page []byte) ([]byte, error) {
	key := append([]byte{onceKey}, page...)
	b, closer, err := p.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, ErrNoPage
	}
	if err != nil {
		return nil, p.readError(err)
	}
	flush, data, err := decodeOnce(key, b)
	data = bytes.Clone(data)
	if err = errors.Join(err, closer.Close()); err != nil {
		return nil, p.readError(err)
	}
	p.committed.RLock()
	defer p.committed.RUnlock()
	if flush > p.committed.flush {
		return nil, ErrNoPage
	}
	return data, nil
}

// Scan calls f for every committed page whose name begins with prefix, in the order of names, as of one moment. page
// and data are valid during the call only. An error of f ends the scan and is returned.
func (p *Pages) Scan(prefix []byte, f func(page, data []byte) error) (err error) {
	if err := p.enter(); err != nil {
		return err
	}
	defer p.leave()
	p.committed.RLock()
	committed, snapshot := p.committed.flush, p.db.NewSnapshot()
	p.committed.RUnlock()
	defer func() { err = errors.Join(err, snapshot.Close()) }()

	versioned, err := p.cursor(snapshot, appendEscaped([]byte{pageKey}, prefix), committed)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, versioned.iter.Close()) }()
	once, err := p.cursor(snapshot, append([]byte{onceKey}, prefix...), committed)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, once.iter.Close()) }()

	more, moreOnce := versioned.next(), once.nextOnce()
	for more || moreOnce {
		if more && (!moreOnce || bytes.Compare(versioned.page, once.page) <= 0) {
			if err := f(versioned.page, versioned.data); err != nil {
				return err
			}
			more = versioned.next()
		} else {
			if err := f(once.page, once.data); err != nil {
				return err
			}
			moreOnce = once.nextOnce()
		}
	}
	for _, err := range []error{versioned.err, versioned.iter.Error(), once.err, once.iter.Error()} {
		if err != nil {
			return p.readError(err)
		}
	}
	return nil
}

func (p *Pages) cursor(r pebble.Reader, prefix []byte, committed uint64) (*pageCursor, error) {
	iter, err := r.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		return nil, p.readError(err)
	}
	return &pageCursor{iter: iter, committed: committed}, nil
}

// pageCursor walks over the pages of an iterator as they were committed.
type pageCursor struct {
	iter      *pebble.Iterator
	committed uint64
	started   bool

	page, data []byte // of the present page; valid until the next step
	buffer     []byte
	err        error
}

func (c *pageCursor) step() bool {
	if !c.started {
		c.started = true
		return c.iter.First()
	}
	return c.iter.Next()
}

// next goes to the next versioned page that has a committed version which is no tombstone.
func (c *pageCursor) next() bool {
	c.data = nil
	for c.err == nil && c.step() {
		page, flush, err := splitVersion(c.buffer[:0], c.iter.Key())
		if err != nil {
			c.err = err
			return false
		}
		if flush > c.committed || (c.page != nil && bytes.Equal(page, c.page)) {
			c.buffer = page
			continue // uncommitted, or older than one that was seen
		}
		c.page, c.buffer = page, c.page
		kind, data, err := decodePage(c.iter.Key(), c.iter.Value())
		if err != nil {
			c.err = err
			return false
		}
		if kind == pageData {
			c.data = data
			return true
		}
	}
	return false
}

// nextOnce goes to the next committed page that was written once.
func (c *pageCursor) nextOnce() bool {
	c.data = nil
	for c.err == nil && c.step() {
		flush, data, err := decodeOnce(c.iter.Key(), c.iter.Value())
		if err != nil {
			c.err = err
			return false
		}
		if flush <= c.committed {
			c.page, c.data = c.iter.Key()[1:], data
			return true
		}
	}
	return false
}
