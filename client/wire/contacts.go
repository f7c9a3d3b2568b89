package wire

// Contact is a golden profile. Personal values are masked. Tags maps each tag that is set to true or to its value.
type Contact struct {
	OneID             string              `json:"one_id" msgpack:"one_id"`
	CDPID             string              `json:"cdp_id,omitempty" msgpack:"cdp_id,omitempty"` // id of an earlier platform, if it has one
	Attributes        map[string]any      `json:"attributes" msgpack:"attributes"`
	Identifiers       map[string][]string `json:"identifiers" msgpack:"identifiers"`
	Sources           []Source            `json:"sources" msgpack:"sources"`
	Tags              map[string]any      `json:"tags" msgpack:"tags"`
	Account           *AccountLink        `json:"account,omitempty" msgpack:"account,omitempty"`
	Interactions7d    int                 `json:"interactions_7d" msgpack:"interactions_7d"`
	LastInteractionAt string              `json:"last_interaction_at,omitempty" msgpack:"last_interaction_at,omitempty"`
	CreatedAt         string              `json:"created_at,omitempty" msgpack:"created_at,omitempty"`
	UpdatedAt         string              `json:"updated_at,omitempty" msgpack:"updated_at,omitempty"`
}

// Source is one source record behind a profile. Name is what people call the source.
type Source struct {
	Source    string `json:"source" msgpack:"source"`
	Name      string `json:"name,omitempty" msgpack:"name,omitempty"`
	SourceID  string `json:"source_id,omitempty" msgpack:"source_id,omitempty"`
	Kind      string `json:"kind" msgpack:"kind"`
	UpdatedAt string `json:"updated_at" msgpack:"updated_at"`
}

// AccountLink names the account that a contact belongs to.
type AccountLink struct {
	AccountID string `json:"account_id" msgpack:"account_id"`
	Name      string `json:"name,omitempty" msgpack:"name,omitempty"`
}

// ContactResponse answers GET /v1/contacts/{one_id} and POST /v1/contacts/lookup. MatchedBy is set by a lookup.
type ContactResponse struct {
	Read      `msgpack:",inline"`
	Contact   `msgpack:",inline"`
	MatchedBy string `json:"matched_by,omitempty" msgpack:"matched_by,omitempty"`
}

// LookupContactRequest is the body of POST /v1/contacts/lookup.
type LookupContactRequest struct {
	Identifiers Identifiers `json:"identifiers" msgpack:"identifiers"`
}
