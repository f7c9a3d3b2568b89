//lint:file-ignore U1000 the fields _msgpack say how msgpack writes the struct

package command

// Status is what became of one item of a batch.
type Status uint8

// The statuses. Rejected carries a Code.
const (
	OK        Status = 1 // a record that was stored, an event that was appended
	Duplicate Status = 2 // an event that was there already
	Rejected  Status = 3
)

// Result is what Apply made of one command. Code is empty, or says why the whole command was refused.
type Result struct {
	_msgpack struct{} `msgpack:",as_array"`
	Index    uint64   // the Raft index at which it was applied first
	Code     string
	Detail   string
	Records  []RecordResult
	Events   []EventResult
	Changed  uint32 // members that TagMembers changed
	Unknown  []ID   // ids of TagMembers that belong to nobody
	Replayed bool   `msgpack:"-"` // the stored result of an earlier command with the same idempotency key
}

// RecordResult is the outcome of one record. MatchedBy is an identifier type, "record" (the same source record came
// again), "new", or for an account "name".
type RecordResult struct {
	_msgpack   struct{} `msgpack:",as_array"`
	Status     Status
	OneID      ID
	AccountID  ID
	Created    bool
	MatchedBy  string
	Confidence float64
	Code       string
	Detail     string
	Field      string
}

// EventResult is the outcome of one event. Field is encoded only where there is one: results of builds that had no Field
// read the same.
type EventResult struct {
	_msgpack struct{} `msgpack:",as_array"`
	Status   Status
	OneID    ID
	Code     string
	Detail   string
	Field    string `msgpack:"-"`
}
