package wal

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// format is the on-disk format of both stores. From this one on a write-ahead file says how far it was synced, which
// tells a torn tail from damage in the middle. It only goes up, one release after the code that can read it.
const format = pebble.FormatWALSyncChunks

// maxOpenErrors is how many background errors an opening store may meet. Pebble retries a failing flush in a busy
// loop and never returns.
const maxOpenErrors = 20

// speakInterval is how often what happens again and again is logged.
const speakInterval = 10 * time.Second

// store is one Pebble instance with what both instances share.
type store struct {
	db   *pebble.DB
	name string

	use struct { // held for reading by whoever works on db, for writing by close
		sync.RWMutex
		closed bool
	}
	opening   atomic.Bool
	errors    counter // background errors since the start
	stalls    counter // times that writes were stopped
	logger    *slog.Logger
	fatal     func(error)
	corrupted func(error)
}

// tuning is what differs between the two instances.
type tuning struct {
	cache            int64
	deleteRangeDelay time.Duration
	compactions      int
	plain            bool // no compression
}

// openStore opens or creates one Pebble instance in o.Dir/name.
//
// A store that is new, or older than format, is opened twice: the first write-ahead file of such a store has the old
// format, in which one flipped bit silently ends the file (reliability P1).
func openStore(o Options, name string, t tuning) (*store, error) {
	s := &store{name: name, logger: o.Logger.With("store", name), fatal: o.Fatal, corrupted: o.Corruption}
	dir := o.FS.PathJoin(o.Dir, name)
	fresh := true
	if _, err := o.FS.Stat(dir); err == nil {
		desc, err := pebble.Peek(dir, o.FS)
		if err != nil {
			return nil, s.openError(err)
		}
		fresh = !desc.Exists || desc.FormatMajorVersion < format
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, s.openError(err)
	}
	s.opening.Store(true) // until the caller has loaded it
	db, err := pebble.Open(dir, s.options(o, t))
	if err != nil {
		return nil, s.openError(err)
	}
	if fresh {
		if err := db.Close(); err != nil {
			return nil, s.openError(err)
		}
		if db, err = pebble.Open(dir, s.options(o, t)); err != nil {
			return nil, s.openError(err)
		}
	}
	s.db = db
	return s, nil
}

func (s *store) options(o Options, t tuning) *pebble.Options {
	options := &pebble.Options{
		FS:                 o.FS,
		FormatMajorVersion: format,
		Logger:             pebbleLogger{s},
		EventListener:      s.listener(),
		CacheSize:          t.cache,
		MaxOpenFiles:       256,

		// Writes stop for good while two memtables of the default 4 MiB wait, or at 12 sublevels of L0 (P5).
		MemTableSize:                o.MemTable,
		MemTableStopWritesThreshold: 4,
		L0StopWritesThreshold:       48,
		CompactionConcurrencyRange:  func() (lower, upper int) { return 1, t.compactions },

		WALBytesPerSync:       1 << 20,
		BytesPerSync:          1 << 20,
		FlushDelayDeleteRange: t.deleteRangeDelay,
	}
	if t.plain {
		options.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionNone })
	}
	return options
}

// enter keeps the store open until leave. It does not nest.
func (s *store) enter() error {
	s.use.RLock()
	if s.use.closed {
		s.use.RUnlock()
		return ErrClosed
	}
	return nil
}

func (s *store) leave() { s.use.RUnlock() }

// close waits for whoever works on the store, and closes it once.
func (s *store) close() error {
	s.use.Lock()
	defer s.use.Unlock()
	if s.use.closed {
		return nil
	}
	s.use.closed = true
	return s.db.Close()
}

// openError says which of the ways out an error of opening has.
func (s *store) openError(err error) error {
	switch {
	case pebble.IsCorruptionError(err):
		return fmt.Errorf("%w: store %s: %w", ErrCorrupt, s.name, err)
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%w: store %s: %w", ErrDiskFull, s.name, err)
	}
	return fmt.Errorf("open store %s: %w", s.name, err)
}

// damaged reports damage that was met while running, and returns it.
func (s *store) damaged(err error) error {
	if !errors.Is(err, ErrCorrupt) {
		err = fmt.Errorf("%w: store %s: %w", ErrCorrupt, s.name, err)
	}
	if !s.opening.Load() {
		s.corrupted(err)
	}
	return err
}

// readError passes an error of a read on, and reports it if it is damage.
func (s *store) readError(err error) error {
	if errors.Is(err, ErrCorrupt) || pebble.IsCorruptionError(err) {
		return s.damaged(err)
	}
	return fmt.Errorf("read store %s: %w", s.name, err)
}

func (s *store) listener() *pebble.EventListener {
	return &pebble.EventListener{
		BackgroundError: func(err error) {
			n := s.errors.Add(1)
			if s.opening.Load() && n > maxOpenErrors && !pebble.IsCorruptionError(err) { // loading finds damage by itself
				s.fatal(s.openError(err))
			}
			if s.errors.speak() {
				s.logger.Error("background work of the store failed, it is tried again", "error", err, "times", n)
			}
		},
		DataCorruption: func(info pebble.DataCorruptionInfo) {
			s.logger.Error("the store found damage", "file", info.Path, "error", info.Details)
			_ = s.damaged(fmt.Errorf("file %s: %w", info.Path, info.Details))
		},
		DiskSlow: func(info vfs.DiskSlowInfo) {
			s.logger.Warn("the disk is slow", "file", info.Path, "operation", info.OpType.String(), "for", info.Duration)
		},
		WriteStallBegin: func(info pebble.WriteStallBeginInfo) {
			if n := s.stalls.Add(1); s.stalls.speak() {
				s.logger.Warn("the store stops taking writes until it has caught up", "reason", info.Reason, "times", n)
			}
		},
	}
}

// counter counts something that may happen very often, and is to be logged now and then.
type counter struct {
	atomic.Int64
	spoken atomic.Int64 // when it was last logged, Unix nanoseconds
}

// speak tells whether it is time to log again.
func (c *counter) speak() bool {
	now, last := time.Now().UnixNano(), c.spoken.Load()
	return now-last > int64(speakInterval) && c.spoken.CompareAndSwap(last, now)
}

// pebbleLogger hands Pebble's messages on. Fatalf is how Pebble says that a commit failed (P3): it ends the process.
type pebbleLogger struct{ s *store }

func (l pebbleLogger) Infof(format string, args ...any) {
	l.s.logger.Debug("pebble says", "message", lazy{format, args})
}

func (l pebbleLogger) Errorf(format string, args ...any) {
	l.s.logger.Error("pebble says", "message", lazy{format, args})
}

func (l pebbleLogger) Fatalf(format string, args ...any) {
	l.s.fatal(fmt.Errorf("store %s: "+format, append([]any{l.s.name}, args...)...))
}

// lazy formats a message only if somebody logs it.
type lazy struct {
	format string
	args   []any
}

func (m lazy) LogValue() slog.Value { return slog.StringValue(fmt.Sprintf(m.format, m.args...)) }
