package wal

import "errors"

// Errors of opening a folder. All of them leave it as it was.
var (
	// ErrLocked: another process has the folder open.
	ErrLocked = errors.New("the data folder is in use by another process")
	// ErrDiskFull: there is too little free space to open the stores. Pebble would retry its first flush for ever.
	ErrDiskFull = errors.New("too little free disk space to start")
	// ErrCorrupt: stored bytes changed by themselves. The message says what and where.
	ErrCorrupt = errors.New("stored data is damaged")
	// ErrQuarantine: the log ends below what this node once acknowledged, or holds something else there. A node
	// that cannot prove its log must neither vote nor lead.
	ErrQuarantine = errors.New("the log lacks entries that this node acknowledged")
	// ErrUnusable: the log begins above what the pages hold, so the entries between are gone.
	ErrUnusable = errors.New("the pages end before the log begins")
)

// Errors while running.
var (
	// ErrDiskLow: free space is under the watermark, so nothing new is taken in. Reads go on.
	ErrDiskLow = errors.New("free disk space is low")
	// ErrNoPage: no committed page has this name.
	ErrNoPage = errors.New("no such page")
	// ErrFlushOpen: a second flush was begun while one is open.
	ErrFlushOpen = errors.New("another flush is open")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("the store is closed")
	// ErrGap: an append or a deletion would leave a gap in the log.
	ErrGap = errors.New("the log would have a gap")
)

// ErrNotFound is what StableStore returns for a missing key. Raft compares its text, which therefore must stay.
var ErrNotFound = errors.New("not found")
