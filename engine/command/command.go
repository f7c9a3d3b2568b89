//lint:file-ignore U1000 the fields _msgpack say how msgpack writes the struct

// Package command holds what is replicated: versioned commands, their results, and their encoding.
//
// Commands carry no plain personal data: identifiers are 128-bit keyed hashes beside a sealed value, personal text
// is a sealed token. Everything that Apply may not do itself (reading a clock, making ids and nonces, normalising,
// hashing, sealing) was done by the proposer and stands in the command. Encodings are msgpack arrays, the version
// first; golden files hold one of each for ever.
package command

// Version is the newest encoding that this build writes and the newest that it can read.
const Version = 1

// Type tells what a command does. Numbers are never reused.
type Type uint8

// The commands.
const (
	TypeCreateTenant  Type = 1
	TypePutKey        Type = 2
	TypePutRecords    Type = 3
	TypePutEvents     Type = 4
	TypePutTag        Type = 5
	TypeDeleteTag     Type = 6
	TypeTagMembers    Type = 7
	TypePutSegment    Type = 8
	TypeDeleteSegment Type = 9
	TypePutAttribute  Type = 10
	TypeDeleteTenant  Type = 11
)

// Key is a 128-bit keyed hash. The zero Key means "none".
type Key [16]byte

// ID is a OneID or an account id: the 16 bytes of a UUID (version 7). The zero ID means "none".
type ID [16]byte

// Envelope is one command. Time is the proposer's clock in milliseconds since 1970; the engine makes it monotonic.
type Envelope struct {
	_msgpack    struct{} `msgpack:",as_array"`
	Version     uint8
	Type        Type
	Time        int64
	Tenant      string
	Idempotency *Idempotency
	Body        []byte // the encoded body that Type names
}

// Idempotency makes a command safe to repeat: the same Key with the same Request gives the stored result again, with
// another Request it is refused.
type Idempotency struct {
	_msgpack struct{} `msgpack:",as_array"`
	Key      Key
	Request  Key
}

// CreateTenant opens a tenant. Keys are the tenant's hash and seal keys, wrapped by the node's master key.
type CreateTenant struct {
	_msgpack struct{} `msgpack:",as_array"`
	ID       string
	Name     string
	Timezone string // IANA name
	Keys     []byte
}

// DeleteTenant removes a tenant and everything that it has. ID is the envelope's Tenant.
type DeleteTenant struct {
	_msgpack struct{} `msgpack:",as_array"`
	ID       string
}

// PutKey stores an API key by its hash. Revoked ends it.
type PutKey struct {
	_msgpack struct{} `msgpack:",as_array"`
	ID       string
	Role     string
	Hash     []byte
	Revoked  bool
}

// Kind is the kind of a source record.
type Kind uint8

// The kinds of source record. Implicit records are made from an event's identifiers, so that every identifier of a
// contact has a record that brought it. A stage record is what an event says of the stage of an account.
const (
	KindContact     Kind = 1
	KindAccount     Kind = 2
	KindLead        Kind = 3
	KindOpportunity Kind = 4
	KindImplicit    Kind = 5
	KindStage       Kind = 6
)

// Identifier is one identifier of a record or event: its type (engine/schema), keyed hash and sealed plain value.
type Identifier struct {
	_msgpack struct{} `msgpack:",as_array"`
	Type     string
	Key      Key
	Sealed   []byte
}

// ValueKind is the kind of a Value.
type ValueKind uint8

// The kinds of value. Token is a text sealed deterministically: equal texts have equal tokens within a tenant.
const (
	Null  ValueKind = 0
	Text  ValueKind = 1
	Token ValueKind = 2
	Int   ValueKind = 3
	Float ValueKind = 4
	Bool  ValueKind = 5
	Time  ValueKind = 6 // milliseconds since 1970
)

// Value is one attribute or payload property. Text holds Text and Token; Int holds Int, Bool (0 or 1) and Time.
type Value struct {
	_msgpack struct{} `msgpack:",as_array"`
	Name     string
	Kind     ValueKind
	Text     string
	Int      int64
	Float    float64
}

// AccountRef names the account that a contact, lead or opportunity belongs to. NewID is used if none is found.
type AccountRef struct {
	_msgpack    struct{} `msgpack:",as_array"`
	NewID       ID
	Name        string
	Identifiers []Identifier // credit_code, domain, wecom_corp_id, name, in the order of trying
}

// Record is one source record: what one source says of one contact, account, lead or opportunity.
type Record struct {
	_msgpack    struct{} `msgpack:",as_array"`
	NewID       ID       // the OneID or account id, if the record turns out to be someone new
	Key         Key      // keyed hash of (source, source id): the record's own identity
	Source      string
	SourceID    []byte // sealed
	Kind        Kind
	Org         string
	UpdatedAt   int64 // milliseconds since 1970
	Identifiers []Identifier
	Attributes  []Value
	Account     *AccountRef
}

// PutRecords creates or updates source records, each by itself.
type PutRecords struct {
	_msgpack struct{} `msgpack:",as_array"`
	Records  []Record
}

// Event is one event. Either OneID is set, or Identifiers resolve it.
type Event struct {
	_msgpack    struct{} `msgpack:",as_array"`
	NewID       ID       // the OneID, if the identifiers belong to nobody yet
	Key         Key      // keyed hash of (source, event id): de-duplication
	RecordKey   Key      // keyed hash of (source, identifiers): the implicit record, if one is needed
	EventID     string   // as sent
	Source      string
	Org         string
	Type        string
	OccurredAt  int64 // milliseconds since 1970
	OneID       ID
	Identifiers []Identifier
	Props       []Value // the scalars of the payload that expressions may use
	Sealed      []byte  // the payload and the other fields as sent, sealed
	Future      bool    // occurred after the proposer's clock: kept, flagged, unseen until then
}

// PutEvents appends events, each by itself.
type PutEvents struct {
	_msgpack struct{} `msgpack:",as_array"`
	Events   []Event
}

// PutTag creates or changes a tag. Entity is "contact" or "account", Kind "manual" or "rule". A tag with Valued holds
// one of any number of values at a time; without, it is set or not.
type PutTag struct {
	_msgpack    struct{} `msgpack:",as_array"`
	Name        string
	Entity      string
	Kind        string
	Valued      bool
	Rule        string
	Description string
}

// DeleteTag removes a tag and its members.
type DeleteTag struct {
	_msgpack struct{} `msgpack:",as_array"`
	Name     string
}

// TagMembers sets or clears a manual tag. Value is empty for a boolean tag.
type TagMembers struct {
	_msgpack struct{} `msgpack:",as_array"`
	Name     string
	Value    string
	Add      []ID
	Remove   []ID
}

// PutSegment saves a segment. Mode is "realtime" or "static"; a static one carries its members (ordinals, Roaring's
// portable format), as the proposer evaluated them.
type PutSegment struct {
	_msgpack struct{} `msgpack:",as_array"`
	ID       string
	Name     string
	Where    string
	Mode     string
	Members  []byte
}

// DeleteSegment removes a segment.
type DeleteSegment struct {
	_msgpack struct{} `msgpack:",as_array"`
	ID       string
}

// PutAttribute declares the kind of an attribute before, or in place of, its first sight. Entity is "contact" or
// "account".
type PutAttribute struct {
	_msgpack struct{} `msgpack:",as_array"`
	Entity   string
	Name     string
	Kind     ValueKind
}
