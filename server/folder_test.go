package server

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFolderIsLockedOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	first, err := lockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder was made with mode %v, %v", info.Mode(), err)
	}
	if _, err := lockFolder(dir); !errors.Is(err, ErrFolderInUse) {
		t.Errorf("a second lock: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := lockFolder(dir)
	if err != nil {
		t.Fatalf("after it was given back: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestRootKey(t *testing.T) {
	dir := t.TempDir()
	lock, err := lockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	made, err := rootKey(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "root.key")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("root.key has mode %v, %v", info.Mode(), err)
	}
	if again, err := rootKey(dir, ""); err != nil || again != made {
		t.Errorf("the second start has another key, %v", err)
	}
	if given, err := rootKey(dir, "given by the environment"); err != nil || given != "given by the environment" {
		t.Errorf("a given key is not taken: %v", err)
	}
	if err := os.WriteFile(path, []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := rootKey(dir, ""); err == nil {
		t.Error("a damaged root.key was taken")
	}
	// A folder with data and no key must not get a new one: it could not open what is sealed.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "pages"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := rootKey(dir, ""); err == nil || !strings.Contains(err.Error(), "ROLLCALL_ROOT_KEY") {
		t.Errorf("a folder that lost its key: %v", err)
	}
}
