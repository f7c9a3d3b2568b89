package wal

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// The kinds of key in the page store.
const (
	commitKey  = 'c' // the commit record
	journalKey = 'j' // what an open flush wrote and will supersede: journal.go
	onceKey    = 'o' // 'o' page: a page that is written once. Its flush stands in the value
	pageKey    = 'p' // 'p' escaped page, end, flush: a version of a page, the newest first
)

// A page's value: kind, CRC-32C, and the bytes; for a page that is written once the flush stands before the bytes. The
// CRC covers the key, the kind and everything behind itself, so that a page in the wrong place is noticed too.
const (
	pageData      = 1
	pageTombstone = 2
	pageHeader    = 5
	onceHeader    = pageHeader + 8
)

// appendEscaped appends a page's name so that names sort as they are and none is the prefix of another's version.
func appendEscaped(key, page []byte) []byte {
	for {
		zero := bytes.IndexByte(page, 0)
		if zero < 0 {
			return append(key, page...)
		}
		key = append(append(key, page[:zero+1]...), 0xff)
		page = page[zero+1:]
	}
}

// versionsOf is the prefix of all versions of a page.
func versionsOf(page []byte) []byte {
	return append(appendEscaped([]byte{pageKey}, page), 0, 1)
}

// appendVersion turns versionsOf into the key of one flush's version.
func appendVersion(versions []byte, flush uint64) []byte {
	return binary.BigEndian.AppendUint64(versions[:len(versions):len(versions)], ^flush)
}

// splitVersion is the reverse of versionsOf and appendVersion. The page is appended to dst.
func splitVersion(dst, key []byte) (page []byte, flush uint64, err error) {
	n := len(key) - 10
	if n < 1 || key[n] != 0 || key[n+1] != 1 {
		return nil, 0, fmt.Errorf("%w: page key %x", ErrCorrupt, key)
	}
	page = dst
	for name := key[1:n]; ; {
		zero := bytes.IndexByte(name, 0)
		if zero < 0 {
			return append(page, name...), ^binary.BigEndian.Uint64(key[n+2:]), nil
		}
		if zero+1 == len(name) || name[zero+1] != 0xff {
			return nil, 0, fmt.Errorf("%w: page key %x", ErrCorrupt, key)
		}
		page = append(page, name[:zero+1]...)
		name = name[zero+2:]
	}
}

// after is the smallest key above all keys with a prefix, nil if there is none.
func after(prefix []byte) []byte {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] != 0xff {
			return append(bytes.Clone(prefix[:i]), prefix[i]+1)
		}
	}
	return nil
}

// encodePage writes a page's value into b, which has pageHeader and len(data) bytes.
func encodePage(b, key []byte, kind byte, data []byte) {
	b[0] = kind
	copy(b[pageHeader:], data)
	binary.BigEndian.PutUint32(b[1:], pageSum(key, b))
}

// decodePage checks a page's value and returns the view of its bytes.
func decodePage(key, b []byte) (kind byte, data []byte, err error) {
	if len(b) < pageHeader || (b[0] != pageData && b[0] != pageTombstone) || binary.BigEndian.Uint32(b[1:]) != pageSum(key, b) {
		return 0, nil, fmt.Errorf("%w: page %x", ErrCorrupt, key)
	}
	return b[0], b[pageHeader:], nil
}

// encodeOnce writes the value of a page that is written once into b, which has onceHeader and len(data) bytes.
func encodeOnce(b, key []byte, flush uint64, data []byte) {
	b[0] = pageData
	binary.BigEndian.PutUint64(b[pageHeader:], flush)
	copy(b[onceHeader:], data)
	binary.BigEndian.PutUint32(b[1:], pageSum(key, b))
}

func decodeOnce(key, b []byte) (flush uint64, data []byte, err error) {
	kind, data, err := decodePage(key, b)
	if err != nil {
		return 0, nil, err
	}
	if kind != pageData || len(data) < 8 {
		return 0, nil, fmt.Errorf("%w: page %x", ErrCorrupt, key)
	}
	return binary.BigEndian.Uint64(data), data[8:], nil
}

func pageSum(key, b []byte) uint32 {
	sum := crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, b[:1])
	return crc32.Update(sum, castagnoli, b[pageHeader:])
}
