package wal

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// ExitCode is the exit code of a process that ends because its disk failed (EX_IOERR of sysexits.h).
const ExitCode = 74

// DiskUsage is the space of the disk that holds the folder, in bytes.
type DiskUsage struct {
	Total, Free uint64
}

// Options tells how a folder is opened. The zero value of each field but Dir takes its default.
type Options struct {
	Dir    string       // the node's data folder; made if missing, mode 0700
	FS     vfs.FS       // default: the operating system's
	Logger *slog.Logger // default: silent

	// Fatal is told the cause when the disk failed in a way that must end the process (I5), and must not return.
	// Default: log the cause and exit with ExitCode.
	Fatal func(cause error)
	// Corruption is told when damage is noticed while running. Default: the same as Fatal.
	Corruption func(cause error)

	// MemTable is the size of one Pebble memtable in bytes. Default 64 MiB, less on small disks.
	MemTable uint64
	// LowBytes is the free space, in bytes, under which writes answer ErrDiskLow. Default: 5 % of the disk or 2 GiB,
	// whichever is less, but never less than four memtables, which Pebble may still have to write.
	LowBytes uint64
	// Usage measures the disk. Default: statfs of Dir.
	Usage func() (DiskUsage, error)
}

func (o *Options) defaults() {
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Fatal == nil {
		logger := o.Logger
		o.Fatal = func(cause error) {
			logger.Error("the disk failed, the process ends", "cause", cause)
			os.Exit(ExitCode)
		}
	}
	if o.Corruption == nil {
		o.Corruption = o.Fatal
	}
}

// prepare fills in the defaults and makes the folder.
func (o *Options) prepare() error {
	o.defaults()
	o.FS = orderedFS{o.FS}
	if err := makeDir(o.FS, o.Dir); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	return nil
}
