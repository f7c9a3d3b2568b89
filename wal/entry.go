package wal

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"time"

	"github.com/hashicorp/raft"
)

// An entry's value: version, CRC-32C, term, type, time, length of the extensions, extensions, data. The CRC covers the
// index and everything behind itself.
const (
	entryVersion = 1
	entryHeader  = 1 + 4 + 8 + 1 + 8 + 4
	noTime       = math.MinInt64 // stands for the zero time, which has no count of nanoseconds
)

func entrySize(e *raft.Log) int { return entryHeader + len(e.Extensions) + len(e.Data) }

// encodeEntry writes e into b, which has entrySize(e) bytes.
func encodeEntry(b []byte, e *raft.Log) {
	at := int64(noTime)
	if !e.AppendedAt.IsZero() {
		at = e.AppendedAt.UnixNano()
	}
	b[0] = entryVersion
	binary.BigEndian.PutUint64(b[5:], e.Term)
	b[13] = byte(e.Type)
	binary.BigEndian.PutUint64(b[14:], uint64(at))
	binary.BigEndian.PutUint32(b[22:], uint32(len(e.Extensions)))
	copy(b[entryHeader:], e.Extensions)
	copy(b[entryHeader+len(e.Extensions):], e.Data)
	binary.BigEndian.PutUint32(b[1:], entrySum(e.Index, b))
}

func entrySum(index uint64, b []byte) uint32 {
	var key [8]byte
	binary.BigEndian.PutUint64(key[:], index)
	return crc32.Update(crc32.Checksum(key[:], castagnoli), castagnoli, b[5:])
}

// decodeEntry reads the entry of an index out of b, of which e keeps nothing.
func decodeEntry(index uint64, b []byte, e *raft.Log) error {
	if len(b) < entryHeader {
		return fmt.Errorf("%w: log entry %d has %d bytes", ErrCorrupt, index, len(b))
	}
	if b[0] != entryVersion {
		return fmt.Errorf("%w: log entry %d has version %d, this release reads version %d", ErrCorrupt, index, b[0], entryVersion)
	}
	if binary.BigEndian.Uint32(b[1:]) != entrySum(index, b) {
		return fmt.Errorf("%w: log entry %d has a wrong checksum", ErrCorrupt, index)
	}
	extensions := int(binary.BigEndian.Uint32(b[22:]))
	if extensions > len(b)-entryHeader {
		return fmt.Errorf("%w: log entry %d is cut off", ErrCorrupt, index)
	}
	*e = raft.Log{Index: index, Term: binary.BigEndian.Uint64(b[5:]), Type: raft.LogType(b[13])}
	if at := int64(binary.BigEndian.Uint64(b[14:])); at != noTime {
		e.AppendedAt = time.Unix(0, at)
	}
	body := append([]byte(nil), b[entryHeader:]...)
	if extensions > 0 {
		e.Extensions = body[:extensions:extensions]
	}
	if len(body) > extensions {
		e.Data = body[extensions:]
	}
	return nil
}
