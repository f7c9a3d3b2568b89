package engine

import (
	"bytes"
	"encoding/binary"
	"errors"

	"rollcall/engine/command"
)

const (
	rememberFor   = 24 * 60 * 60 * 1000 // ms of leader time
	rememberBytes = 64 << 20            // of encoded results in a tenant; the oldest go first
)

// idempotency is the commands of the last 24 hours that carried a key, oldest first. Only what was done is kept: a
// command that was refused as a whole changed nothing and may be tried again.
type idempotency struct {
	byKey   map[command.Key]uint64 // number of the entry
	entries []remembered           // entries[0] has number begin
	begin   uint64
	bytes   int
}

type remembered struct {
	key, request command.Key
	time         int64
	result       []byte
}

func newIdempotency() *idempotency { return &idempotency{byKey: map[command.Key]uint64{}} }

// end is the number that the next entry will have.
func (i *idempotency) end() uint64 { return i.begin + uint64(len(i.entries)) }

// expire forgets what is older than 24 hours, and the oldest beyond the memory allowed.
func (i *idempotency) expire(now int64) {
	n := 0
	for n < len(i.entries) && (i.entries[n].time <= now-rememberFor || i.bytes > rememberBytes) {
		i.bytes -= len(i.entries[n].result)
		delete(i.byKey, i.entries[n].key)
		i.entries[n] = remembered{}
		n++
	}
	i.entries = i.entries[n:]
	i.begin += uint64(n)
}

// find returns the stored result of the key, a conflict if another request had it, or nil.
func (i *idempotency) find(id *command.Idempotency, at uint64) *command.Result {
	number, ok := i.byKey[id.Key]
	if !ok {
		return nil
	}
	entry := &i.entries[number-i.begin]
	if entry.request != id.Request {
		return &command.Result{Index: at, Code: "idempotency_conflict", Detail: "the key was used for another request: take a new key"}
	}
	r, err := command.DecodeResult(entry.result)
	if err != nil {
		panic(err) // it was encoded here
	}
	r.Replayed = true
	return r
}

func (i *idempotency) store(id *command.Idempotency, now int64, r *command.Result) {
	// The encoder's buffer is larger than what it holds.
	i.insert(remembered{key: id.Key, request: id.Request, time: now, result: bytes.Clone(command.EncodeResult(r))})
}

func (i *idempotency) insert(entry remembered) {
	i.byKey[entry.key] = i.end()
	i.entries = append(i.entries, entry)
	i.bytes += len(entry.result)
}

func appendRemembered(b []byte, entries []remembered) []byte {
	for i := range entries {
		e := &entries[i]
		b = append(append(b, e.key[:]...), e.request[:]...)
		b = appendBytes(binary.AppendVarint(b, e.time), e.result)
	}
	return b
}

func decodeRemembered(b []byte) ([]remembered, error) {
	in := input{b: b}
	var out []remembered
	for len(in.b) > 0 && !in.bad {
		out = append(out, remembered{key: in.key(), request: in.key(), time: in.varint(), result: in.bytes()})
	}
	if in.bad {
		return nil, errors.New("corrupt idempotency keys")
	}
	return out, nil
}
