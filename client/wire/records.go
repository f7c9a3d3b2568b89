package wire

// PutRecordsRequest is the body of POST /v1/records.
type PutRecordsRequest struct {
	Records []Record `json:"records" msgpack:"records"`
}

// Record is what one source says of one contact, account, lead or opportunity. Source and SourceID are its identity;
// Kind is "contact" when empty. UpdatedAt decides which of two values is newer; empty means now.
type Record struct {
	Source      string      `json:"source" msgpack:"source"`
	SourceID    string      `json:"source_id" msgpack:"source_id"`
	Kind        string      `json:"kind,omitempty" msgpack:"kind,omitempty"`
	TenantID    string      `json:"tenant_id,omitempty" msgpack:"tenant_id,omitempty"`
	OrgID       string      `json:"org_id,omitempty" msgpack:"org_id,omitempty"`
	UpdatedAt   string      `json:"updated_at,omitempty" msgpack:"updated_at,omitempty"`
	Identifiers Identifiers `json:"identifiers,omitempty" msgpack:"identifiers,omitempty"`
	Attributes  Object      `json:"attributes,omitempty" msgpack:"attributes,omitempty"`
	Invalid     *Invalid    `json:"-" msgpack:"-"`
	Size        int         `json:"-" msgpack:"-"` // bytes of the item as JSON text, set by decoding
}

// PutRecordsResponse answers POST /v1/records, one result per record in the order of the request.
type PutRecordsResponse struct {
	Written `msgpack:",inline"`
	Results []RecordResult `json:"results" msgpack:"results"`
}

// The statuses of an item of a batch.
const (
	StatusOK        = "ok"        // a record that was stored
	StatusAccepted  = "accepted"  // an event that was stored
	StatusDuplicate = "duplicate" // an event that was stored before
	StatusRejected  = "rejected"  // nothing of the item was stored; Code says why
)

// RecordResult is the outcome of one record. OneID is set for people, AccountID for accounts and for people whose
// account is known. MatchedBy is the identifier type, "record" (the same source record again) or "new".
type RecordResult struct {
	Status     string  `json:"status" msgpack:"status"`
	OneID      string  `json:"one_id,omitempty" msgpack:"one_id,omitempty"`
	AccountID  string  `json:"account_id,omitempty" msgpack:"account_id,omitempty"`
	Created    bool    `json:"created" msgpack:"created"`
	MatchedBy  string  `json:"matched_by,omitempty" msgpack:"matched_by,omitempty"`
	Confidence float64 `json:"confidence" msgpack:"confidence"`
	Code       string  `json:"code,omitempty" msgpack:"code,omitempty"`
	Detail     string  `json:"detail,omitempty" msgpack:"detail,omitempty"`
	Field      string  `json:"field,omitempty" msgpack:"field,omitempty"`
	Notes      []Note  `json:"notes,omitempty" msgpack:"notes,omitempty"`
}

// LookupRecordsRequest is the body of POST /v1/records/lookup.
type LookupRecordsRequest struct {
	Records []RecordRef `json:"records" msgpack:"records"`
}

// RecordRef is the identity of a source record.
type RecordRef struct {
	Source   string `json:"source" msgpack:"source"`
	SourceID string `json:"source_id" msgpack:"source_id"`
}

// LookupRecordsResponse answers POST /v1/records/lookup in the order of the request.
type LookupRecordsResponse struct {
	Read    `msgpack:",inline"`
	Results []RecordOwner `json:"results" msgpack:"results"`
}

// RecordOwner is the person or account that a source record belongs to now. Code is "not_found" for an unknown record.
type RecordOwner struct {
	OneID     string `json:"one_id,omitempty" msgpack:"one_id,omitempty"`
	AccountID string `json:"account_id,omitempty" msgpack:"account_id,omitempty"`
	Kind      string `json:"kind,omitempty" msgpack:"kind,omitempty"`
	Code      string `json:"code,omitempty" msgpack:"code,omitempty"`
}
