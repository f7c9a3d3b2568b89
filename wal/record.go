package wal

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// CommitRecord says what the pages hold: everything up to Index, and what Raft needs to go on from there.
type CommitRecord struct {
	Index, Term        uint64
	Configuration      []byte // Raft's members as of Index, in Raft's encoding
	ConfigurationIndex uint64 // index of the entry that set them
	FeatureLevel       uint32
	Meta               []byte // the state machine's own
}

const (
	recordVersion = 1
	recordHeader  = 5
)

// encode gives the record of a flush: version, CRC-32C over everything behind itself, numbers, the two byte strings.
func (r *CommitRecord) encode(flush uint64) []byte {
	b := make([]byte, recordHeader, recordHeader+4*8+3*4+len(r.Configuration)+len(r.Meta))
	b[0] = recordVersion
	for _, v := range []uint64{flush, r.Index, r.Term, r.ConfigurationIndex} {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	b = binary.BigEndian.AppendUint32(b, r.FeatureLevel)
	for _, s := range [][]byte{r.Configuration, r.Meta} {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
	}
	binary.BigEndian.PutUint32(b[1:], crc32.Checksum(b[recordHeader:], castagnoli))
	return b
}

func decodeRecord(b []byte) (flush uint64, r CommitRecord, err error) {
	bad := func() (uint64, CommitRecord, error) {
		return 0, CommitRecord{}, fmt.Errorf("%w: the pages' commit record", ErrCorrupt)
	}
	if len(b) > 0 && b[0] > recordVersion {
		return 0, r, fmt.Errorf("the pages' commit record has version %d, this release reads up to version %d", b[0], recordVersion)
	}
	if len(b) < recordHeader+36 || b[0] != recordVersion || binary.BigEndian.Uint32(b[1:]) != crc32.Checksum(b[recordHeader:], castagnoli) {
		return bad()
	}
	b = b[recordHeader:]
	number := func() uint64 { v := binary.BigEndian.Uint64(b); b = b[8:]; return v }
	flush, r.Index, r.Term, r.ConfigurationIndex = number(), number(), number(), number()
	r.FeatureLevel = binary.BigEndian.Uint32(b)
	b = b[4:]
	for _, s := range []*[]byte{&r.Configuration, &r.Meta} {
		if len(b) < 4 || uint64(len(b)-4) < uint64(binary.BigEndian.Uint32(b)) {
			return bad()
		}
		n := 4 + int(binary.BigEndian.Uint32(b))
		*s, b = append([]byte(nil), b[4:n]...), b[n:]
	}
	if len(b) != 0 {
		return bad()
	}
	return flush, r, nil
}
