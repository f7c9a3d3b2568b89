package server

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"rollcall/server/auth"
)

// ErrFolderInUse says that another process has the data folder open.
var ErrFolderInUse = errors.New("the data folder is in use by another process")

// lockName is the file whose lock says that the folder is open. The stores below lock files of their own, but only
// against other processes; a test that starts two nodes on one folder must be refused as well.
const lockName = "node.lock"

// lockFolder makes the data folder if it is missing and holds an exclusive lock on it until the file is closed or
// the process ends.
func lockFolder(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the data folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the data folder's lock: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrFolderInUse
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("locking %s: %w", dir, err)
	}
	return f, nil
}

// rootKey returns the node's root key: the given one, else that of DIR/root.key, which is made when nothing else is
// in the folder yet. A folder with data and without its key is refused: a new key could not open what is sealed.
func rootKey(dir, given string) (string, error) {
	if given != "" {
		return given, nil
	}
	path := filepath.Join(dir, "root.key")
	text, err := os.ReadFile(path)
	if err == nil {
		key := strings.TrimSpace(string(text))
		if len(key) < auth.MinRootKey {
			return "", fmt.Errorf("%s holds no root key: %d characters, at least %d are needed", path, len(key), auth.MinRootKey)
		}
		return key, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("reading the root key: %w", err)
	}
	used, err := hasData(dir)
	if err != nil {
		return "", err
	}
	if used {
		return "", fmt.Errorf("%s is missing although the folder holds data: put it back or set ROLLCALL_ROOT_KEY", path)
	}
	key := auth.NewRootKey()
	if err := writeSynced(path, key+"\n"); err != nil {
		return "", fmt.Errorf("writing the root key: %w", err)
	}
	return key, nil
}

// hasData tells whether the folder was ever started with: it holds more than locks.
func hasData(dir string) (bool, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false, fmt.Errorf("looking into the data folder: %w", err)
	}
	for _, e := range entries {
		if e.Name() != lockName && e.Name() != "LOCK" {
			return true, nil
		}
	}
	return false, nil
}

// writeSynced makes a new file that only its owner may read, durable together with its name.
func writeSynced(path, text string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
