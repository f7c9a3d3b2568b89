// Package wire holds what users send and get: the requests and responses of the HTTP interface, and their encodings.
//
// Every body is JSON or msgpack, of one shape. A body from outside is scanned before anything is decoded (Scan), so
// that no claimed length, depth or number can cost more than the bytes that were sent. Requests are strict: a field
// that does not exist is an error, except inside identifiers, attributes and payload, whose names belong to the user.
// Times are RFC 3339 text. Ids are text.
package wire

// Written is part of the answer to every write.
type Written struct {
	Index uint64 `json:"index" msgpack:"index"` // the Raft index at which the write was applied
}

// Read is part of the answer to every read: the index of the state that answered, and how old that state may be.
type Read struct {
	Index uint64 `json:"index" msgpack:"index"`
	AgeMs int64  `json:"age_ms" msgpack:"age_ms"`
}

// Note says something about an item that was accepted all the same: an identifier that was left out or moved, say.
type Note struct {
	Field  string `json:"field" msgpack:"field"`
	Code   string `json:"code" msgpack:"code"`
	Detail string `json:"detail,omitempty" msgpack:"detail,omitempty"`
}

// Invalid says what is wrong with one item of a batch. Field is the path inside the item ("identifiers.mobile").
// Decoding sets it, for a field that does not exist or has the wrong type, instead of refusing the whole batch.
type Invalid struct {
	Code   string
	Detail string
	Field  string
}

// Identifiers names a person or company: type of identifier → text as keyed in. In JSON a whole number is taken as
// its digits and null as absent.
type Identifiers map[string]string

// Problem is an error answer (RFC 9457, application/problem+json). Code is stable; Position and Suggestion belong to
// expressions, Offset and Path to bodies that cannot be read.
type Problem struct {
	Type       string `json:"type" msgpack:"type"`
	Title      string `json:"title" msgpack:"title"`
	Status     int    `json:"status" msgpack:"status"`
	Detail     string `json:"detail,omitempty" msgpack:"detail,omitempty"`
	Code       string `json:"code" msgpack:"code"`
	Position   *int   `json:"position,omitempty" msgpack:"position,omitempty"` // byte offset in the expression
	Suggestion string `json:"suggestion,omitempty" msgpack:"suggestion,omitempty"`
	Field      string `json:"field,omitempty" msgpack:"field,omitempty"`
	Offset     *int   `json:"offset,omitempty" msgpack:"offset,omitempty"` // byte offset in the body
}
