package wal

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/hashicorp/raft"
)

// The decoders read what a disk gives back: any bytes give an error or a value that encodes as the same bytes.

func FuzzDecodeEntry(f *testing.F) {
	good := make([]byte, entrySize(entry(3, 1)))
	encodeEntry(good, entry(3, 1))
	f.Add(uint64(3), good)
	f.Add(uint64(4), good)
	f.Add(uint64(3), good[:20])
	f.Add(uint64(0), []byte{})
	f.Fuzz(func(t *testing.T, index uint64, b []byte) {
		var e raft.Log
		if err := decodeEntry(index, b, &e); err != nil {
			return
		}
		again := make([]byte, entrySize(&e))
		encodeEntry(again, &e)
		if e.Index != index || !bytes.Equal(again, b) {
			t.Fatalf("%x reads as %+v, and that is written as %x", b, e, again)
		}
	})
}

func FuzzDecodeRecord(f *testing.F) {
	good := (&CommitRecord{Index: 7, Term: 2, Configuration: []byte("c"), Meta: []byte("meta")}).encode(3)
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add([]byte{recordVersion + 1})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		flush, r, err := decodeRecord(b)
		if err == nil && !bytes.Equal(r.encode(flush), b) {
			t.Fatalf("%x reads as %+v of flush %d, and that is written otherwise", b, r, flush)
		}
	})
}

func FuzzDecodePage(f *testing.F) {
	key := []byte("key")
	good := make([]byte, pageHeader+4)
	encodePage(good, key, pageData, []byte("data"))
	once := make([]byte, onceHeader+4)
	encodeOnce(once, key, 9, []byte("data"))
	f.Add(key, good)
	f.Add(key, once)
	f.Add([]byte("other"), good)
	f.Add([]byte{}, []byte{})
	f.Fuzz(func(t *testing.T, key, b []byte) {
		if kind, data, err := decodePage(key, b); err == nil {
			again := make([]byte, pageHeader+len(data))
			if encodePage(again, key, kind, data); !bytes.Equal(again, b) {
				t.Fatalf("%x is written as %x", b, again)
			}
		}
		if flush, data, err := decodeOnce(key, b); err == nil {
			again := make([]byte, onceHeader+len(data))
			if encodeOnce(again, key, flush, data); !bytes.Equal(again, b) {
				t.Fatalf("%x is written as %x", b, again)
			}
		}
	})
}

func FuzzSplitVersion(f *testing.F) {
	f.Add(appendVersion(versionsOf([]byte("a\x00b")), 5))
	f.Add([]byte("p"))
	f.Add(append([]byte("p\x00\x01\x00\x01"), make([]byte, 8)...))
	f.Fuzz(func(t *testing.T, key []byte) {
		page, flush, err := splitVersion(nil, key)
		if err == nil && !bytes.Equal(appendVersion(versionsOf(page), flush)[1:], key[1:]) {
			t.Fatalf("%x reads as %x of flush %d", key, page, flush)
		}
	})
}

func FuzzJournal(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 1, 'a'})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		_ = eachKey([]byte("j"), b, func([]byte) error { return nil }) // no panic on any bytes
		// And with the right checksum, so that the fuzzer comes behind it.
		j := journal{kind: journalWrote}
		j.add(b)
		j.add([]byte("second"))
		key := journalRecord(0, journalWrote, 0)
		sum := journalSum(key, j.keys)
		j.keys[0], j.keys[1], j.keys[2], j.keys[3] = byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum)
		var got []string
		if err := eachKey(key, j.keys, func(k []byte) error { got = append(got, string(k)); return nil }); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got) != fmt.Sprint([]string{string(b), "second"}) {
			t.Fatalf("the journal gives back %q", got)
		}
	})
}

func FuzzDecodeMark(f *testing.F) {
	f.Add(encodeMark(3, Mark{1, 2, 3}))
	f.Add([]byte(markMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		if sequence, m, ok := decodeMark(b); ok && !bytes.Equal(encodeMark(sequence, m), b) {
			t.Fatalf("%x reads as %v", b, m)
		}
	})
}
