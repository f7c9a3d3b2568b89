package wal

import (
	"fmt"
	"sync"
	"time"
)

const (
	// spaceInterval is how old a measurement of free space may be.
	spaceInterval = 100 * time.Millisecond
	lowPercent    = 5
	lowBytes      = 2 << 30
	memTables     = 4 // memtables that Pebble may still have to write once nothing new is taken in
)

// Space watches the free space of the disk, so that Pebble never meets a full one (which ends the process, or hangs its
// start). Safe for concurrent use.
type Space struct {
	usage func() (DiskUsage, error)
	low   uint64

	mu struct {
		sync.Mutex
		at        time.Time
		free      uint64
		unknown   bool  // the file system does not tell
		allowance int64 // bytes that may be written before the next measurement
	}
}

// newSpace measures the disk and fills in the defaults that depend on its size.
func newSpace(o *Options) *Space {
	if o.Usage == nil {
		fs, dir := o.FS, o.Dir
		o.Usage = func() (DiskUsage, error) {
			u, err := fs.GetDiskUsage(dir)
			return DiskUsage{Total: u.TotalBytes, Free: u.AvailBytes}, err
		}
	}
	u, err := o.Usage()
	if o.MemTable == 0 {
		o.MemTable = 64 << 20
		if err == nil {
			o.MemTable = min(o.MemTable, max(1<<20, u.Total/128))
		}
	}
	if o.LowBytes == 0 {
		o.LowBytes = max(min(u.Total/100*lowPercent, lowBytes), memTables*o.MemTable)
	}
	return &Space{usage: o.Usage, low: o.LowBytes}
}

// Check returns ErrDiskLow when the disk may not take n bytes more of new writes.
func (s *Space) Check(n int64) error { return s.check(n, s.low) }

// checkFlush is Check for a flush, which may go on for longer: it is what makes the log shorter.
func (s *Space) checkFlush(n int64) error { return s.check(n, s.low/2) }

func (s *Space) check(n int64, low uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.mu.allowance -= n; s.mu.allowance < 0 || now.Sub(s.mu.at) > spaceInterval {
		u, err := s.usage()
		s.mu.at, s.mu.free, s.mu.unknown = now, u.Free, err != nil
		s.mu.allowance = 0
		if u.Free > s.low {
			s.mu.allowance = int64(u.Free-s.low) / 4
		}
	}
	need := low + 2*uint64(n) // a write is in a write-ahead file and in a table before the former goes
	if s.mu.unknown || s.mu.free >= need {
		return nil
	}
	return fmt.Errorf("%w: %d MiB are free, %d MiB are needed", ErrDiskLow, s.mu.free>>20, need>>20)
}

// Low is the watermark in bytes: with less free space, Check refuses.
func (s *Space) Low() uint64 { return s.low }

// Usage measures the disk.
func (s *Space) Usage() (DiskUsage, error) { return s.usage() }

// checkOpen refuses to open the stores without room for what opening may write: both memtables, replayed and flushed.
func (s *Space) checkOpen(o *Options) error {
	u, err := s.usage()
	if need := 2 * o.MemTable; err == nil && u.Free < need {
		return fmt.Errorf("%w: %d MiB are free in %s, %d MiB are needed", ErrDiskFull, u.Free>>20, o.Dir, (need+1<<20-1)>>20)
	}
	return nil
}
