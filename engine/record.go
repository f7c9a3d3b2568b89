package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"rollcall/engine/command"
)

// errRecord says that bytes are no encoded record. It wraps nothing of the record: that would be personal data.
var errRecord = errors.New("corrupt source record")

// record is one source record as it is kept: per field the newest value that the source sent and when, and every
// identifier that it ever brought. Names are codes of state.words, attributes their numbers, texts codes of the
// attribute's dictionary.
type record struct {
	key         command.Key
	kind        command.Kind
	ofAccount   bool // belongs to the accounts: of kind account, or implicit and made for one
	source, org uint32
	sourceID    []byte
	updatedAt   int64
	account     uint32 // ordinal+1 of the account it names, 0 for none
	accountAt   int64
	identifiers []held
	fields      []field
}

// held is an identifier of a record. First: it was this record that brought it into the identifier table.
type held struct {
	kind   uint32
	first  bool
	key    command.Key
	sealed []byte
}

// field is one attribute's value in a record and when the source says it was so.
type field struct {
	attribute uint32
	at        int64
	kind      command.ValueKind
	code      uint32  // Text and Token
	num       int64   // Int, Bool, Time
	float     float64 // Float
}

const (
	flagAccount = 1 << 7 // of the kind byte
	flagFirst   = 1
)

// append encodes the record.
func (r *record) append(b []byte) []byte {
	kind := byte(r.kind)
	if r.ofAccount {
		kind |= flagAccount
	}
	b = append(append(b, kind), r.key[:]...)
	b = binary.AppendUvarint(b, uint64(r.source))
	b = binary.AppendUvarint(b, uint64(r.org))
	b = appendBytes(b, r.sourceID)
	b = binary.AppendVarint(b, r.updatedAt)
	b = binary.AppendUvarint(b, uint64(r.account))
	if r.account != 0 {
		b = binary.AppendVarint(b, r.accountAt)
	}
	b = binary.AppendUvarint(b, uint64(len(r.identifiers)))
	for i := range r.identifiers {
		h := &r.identifiers[i]
		kind := uint64(h.kind) << 1
		if h.first {
			kind |= flagFirst
		}
		b = append(binary.AppendUvarint(b, kind), h.key[:]...)
		b = appendBytes(b, h.sealed)
	}
	b = binary.AppendUvarint(b, uint64(len(r.fields)))
	for i := range r.fields {
		f := &r.fields[i]
		b = binary.AppendUvarint(b, uint64(f.attribute))
		b = binary.AppendVarint(b, r.updatedAt-f.at)
		b = append(b, byte(f.kind))
		switch f.kind {
		case command.Text, command.Token:
			b = binary.AppendUvarint(b, uint64(f.code))
		case command.Float:
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(f.float))
		default:
			b = binary.AppendVarint(b, f.num)
		}
	}
	return b
}

// parse decodes a record into r, reusing its slices. Byte slices are views of b.
func (r *record) parse(b []byte) error {
	in := input{b: b}
	kind := in.byte()
	r.kind, r.ofAccount = command.Kind(kind&^flagAccount), kind&flagAccount != 0
	r.key = in.key()
	r.source, r.org = in.uint32(), in.uint32()
	r.sourceID = in.bytes()
	r.updatedAt = in.varint()
	r.account, r.accountAt = in.uint32(), 0
	if r.account != 0 {
		r.accountAt = in.varint()
	}
	r.identifiers = r.identifiers[:0]
	for n := in.count(18); n > 0 && !in.bad; n-- {
		kind := in.uint32()
		r.identifiers = append(r.identifiers, held{kind: kind >> 1, first: kind&flagFirst != 0, key: in.key(), sealed: in.bytes()})
	}
	r.fields = r.fields[:0]
	for n := in.count(4); n > 0 && !in.bad; n-- {
		f := field{attribute: in.uint32(), at: r.updatedAt - in.varint(), kind: command.ValueKind(in.byte())}
		switch f.kind {
		case command.Text, command.Token:
			f.code = in.uint32()
		case command.Float:
			f.float = math.Float64frombits(in.fixed64())
		default:
			f.num = in.varint()
		}
		r.fields = append(r.fields, f)
	}
	if in.bad || len(in.b) > 0 {
		return errRecord
	}
	return nil
}

// mustParse decodes a record of the arena, which parse has checked when it came in from disk.
func (r *record) mustParse(b []byte) {
	if err := r.parse(b); err != nil {
		panic(fmt.Errorf("reading memory: %w", err))
	}
}

// folds reports whether the record's fields take part in the golden profile of who it belongs to.
func (r *record) folds() bool { return r.kind != command.KindOpportunity }

// input reads the encodings of this package. After bad, everything reads as zero.
type input struct {
	b   []byte
	bad bool
}

func (in *input) take(n int) []byte {
	if in.bad || n < 0 || n > len(in.b) {
		in.bad = true
		return nil
	}
	b := in.b[:n:n]
	in.b = in.b[n:]
	return b
}

func (in *input) byte() byte {
	if len(in.b) == 0 || in.bad {
		in.bad = true
		return 0
	}
	x := in.b[0]
	in.b = in.b[1:]
	return x
}

func (in *input) uvarint() uint64 {
	if len(in.b) > 0 && in.b[0] < 0x80 && !in.bad {
		x := in.b[0]
		in.b = in.b[1:]
		return uint64(x)
	}
	x, n := binary.Uvarint(in.b)
	if n <= 0 || in.bad {
		in.bad = true
		return 0
	}
	in.b = in.b[n:]
	return x
}

func (in *input) varint() int64 {
	u := in.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

func (in *input) uint32() uint32 {
	x := in.uvarint()
	if x > math.MaxUint32 {
		in.bad = true
		return 0
	}
	return uint32(x)
}

// count reads the length of a list whose elements take at least least bytes each.
func (in *input) count(least int) int {
	n := in.uvarint()
	if n > uint64(len(in.b)/least) {
		in.bad = true
		return 0
	}
	return int(n)
}

func (in *input) bytes() []byte {
	n := in.uvarint()
	if n > uint64(len(in.b)) {
		in.bad = true
		return nil
	}
	return in.take(int(n))
}

func (in *input) key() (k command.Key) {
	copy(k[:], in.take(len(k)))
	return k
}

func (in *input) fixed64() uint64 {
	b := in.take(8)
	if b == nil {
		return 0
	}
	return binary.LittleEndian.Uint64(b)
}

func appendBytes(b, data []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(data))), data...)
}
