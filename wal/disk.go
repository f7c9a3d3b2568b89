package wal

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// category is how Pebble's disk statistics name files that are not its own.
const category = vfs.DiskWriteCategory("rollcall-mark")

// orderedFS makes what a folder lists durable before a Pebble marker joins it.
//
// A marker names the manifest to open. Pebble makes the manifest and then the marker, and syncs the folder once, after
// both. A file system that keeps the second name and loses the first leaves a store that cannot be opened. The usual
// ones do not; the crash tests' does.
type orderedFS struct{ vfs.FS }

func (o orderedFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if strings.HasPrefix(o.PathBase(name), "marker.") {
		if err := syncDir(o.FS, o.PathDir(name)); err != nil {
			return nil, err
		}
	}
	return o.FS.Create(name, category)
}

func (o orderedFS) Unwrap() vfs.FS { return o.FS }

func syncDir(fs vfs.FS, dir string) error {
	d, err := fs.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// makeDir makes a folder and the missing ones above it, each durably listed in its parent.
func makeDir(disk vfs.FS, dir string) error {
	if _, err := disk.Stat(dir); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := disk.PathDir(dir)
	if parent != dir {
		if err := makeDir(disk, parent); err != nil {
			return err
		}
	}
	if err := disk.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return syncDir(disk, parent)
}
