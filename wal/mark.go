package wal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Mark is the high-water mark: what the log was known to hold durably. A log that ends below it has lost entries.
type Mark struct {
	Index, Term uint64 // the newest synced entry
	VoteTerm    uint64 // the newest term in which this node voted
}

const (
	markInterval = 200 * time.Millisecond
	markSlot     = 4096 // a slot has a block of its own, so that a torn write hurts one slot only
	markSize     = 41
	markMagic    = "RCMK"
	markVersion  = 1
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// markFile keeps the mark in a file of two slots that are written in turn, each with a CRC.
//
// Entries are marked at most every 200 ms, by a goroutine of its own: a mark for every sync would double the syncs. What
// a log may lose unnoticed is therefore at most what was written in its last 200 ms; a clean Close leaves nothing.
type markFile struct {
	file   vfs.File
	fatal  func(error)
	wake   chan struct{}
	closed chan struct{}
	done   sync.WaitGroup
	once   sync.Once

	state struct {
		sync.Mutex
		mark Mark
	}
	// io is held while the file is written. state is read under it, so a later write never stores an older mark.
	io struct {
		sync.Mutex
		written  Mark
		sequence uint64
	}
}

// openMark opens the mark of a folder, or makes one if create says that it may be missing. ErrCorrupt means that it is
// missing all the same, or that neither slot can be read.
func openMark(o Options, create bool) (*markFile, error) {
	path := o.FS.PathJoin(o.Dir, "mark")
	if _, err := o.FS.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if !create {
			return nil, fmt.Errorf("%w: the high-water mark is missing beside a log with entries", ErrCorrupt)
		}
		if err := createMark(o, path); err != nil {
			return nil, fmt.Errorf("make the high-water mark: %w", err)
		}
	}
	file, err := o.FS.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the high-water mark: %w", err)
	}
	m := &markFile{fatal: o.Fatal, wake: make(chan struct{}, 1), closed: make(chan struct{})}
	found := false
	for slot := range 2 {
		var b [markSize]byte
		if _, err := file.ReadAt(b[:], int64(slot)*markSlot); err != nil && err != io.EOF {
			return nil, errors.Join(fmt.Errorf("read the high-water mark: %w", err), file.Close())
		}
		if sequence, mark, ok := decodeMark(b[:]); ok && sequence >= m.io.sequence {
			m.io.sequence, m.io.written, found = sequence, mark, true
		}
	}
	if err := file.Close(); err != nil {
		return nil, fmt.Errorf("close the high-water mark: %w", err)
	}
	if !found {
		return nil, fmt.Errorf("%w: neither slot of the high-water mark can be read", ErrCorrupt)
	}
	if m.file, err = o.FS.OpenReadWrite(path, category); err != nil {
		return nil, fmt.Errorf("open the high-water mark: %w", err)
	}
	m.state.mark = m.io.written
	m.done.Add(1)
	go m.run()
	return m, nil
}

// createMark makes the file under another name first, so that a crash leaves no half-made one.
func createMark(o Options, path string) error {
	file, err := o.FS.Create(path+".new", category)
	if err != nil {
		return err
	}
	_, err = file.Write(append(encodeMark(1, Mark{}), make([]byte, 2*markSlot-markSize)...))
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := o.FS.Rename(path+".new", path); err != nil {
		return err
	}
	return syncDir(o.FS, o.Dir)
}

func encodeMark(sequence uint64, m Mark) []byte {
	b := append(make([]byte, 0, markSize), markMagic...)
	b = append(b, markVersion)
	for _, v := range []uint64{sequence, m.Index, m.Term, m.VoteTerm} {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

func decodeMark(b []byte) (sequence uint64, m Mark, ok bool) {
	if len(b) != markSize || string(b[:4]) != markMagic || b[4] != markVersion ||
		binary.BigEndian.Uint32(b[markSize-4:]) != crc32.Checksum(b[:markSize-4], castagnoli) {
		return 0, Mark{}, false
	}
	field := func(i int) uint64 { return binary.BigEndian.Uint64(b[5+8*i:]) }
	return field(0), Mark{Index: field(1), Term: field(2), VoteTerm: field(3)}, true
}

// get returns the mark as it should be.
func (m *markFile) get() Mark {
	m.state.Lock()
	defer m.state.Unlock()
	return m.state.mark
}

// note moves the mark to the newest synced entry, to be written soon.
func (m *markFile) note(index, term uint64) {
	m.state.Lock()
	m.state.mark.Index, m.state.mark.Term = index, term
	m.state.Unlock()
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// set changes the mark and writes it before it returns.
func (m *markFile) set(change func(*Mark)) {
	m.state.Lock()
	change(&m.state.mark)
	m.state.Unlock()
	m.write()
}

// write stores the mark as it is now. A failure ends the process like that of any other sync.
func (m *markFile) write() {
	m.io.Lock()
	defer m.io.Unlock()
	mark := m.get()
	if mark == m.io.written {
		return
	}
	sequence := m.io.sequence + 1
	_, err := m.file.WriteAt(encodeMark(sequence, mark), int64(sequence%2)*markSlot)
	if err == nil {
		err = m.file.SyncData()
	}
	if err != nil {
		m.fatal(fmt.Errorf("write the high-water mark: %w", err))
		return
	}
	m.io.sequence, m.io.written = sequence, mark
}

func (m *markFile) run() {
	defer m.done.Done()
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-m.closed:
			return
		case <-pause.C:
		}
		select {
		case <-m.closed:
			return
		case <-m.wake:
			m.write()
			pause.Reset(markInterval)
		}
	}
}

// close writes the mark a last time.
func (m *markFile) close() (err error) {
	m.once.Do(func() {
		close(m.closed)
		m.done.Wait()
		m.write()
		err = m.file.Close()
	})
	return err
}
