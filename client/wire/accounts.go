package wire

// Account is the golden profile of an enterprise customer.
type Account struct {
	AccountID   string              `json:"account_id" msgpack:"account_id"`
	Attributes  map[string]any      `json:"attributes" msgpack:"attributes"`
	Identifiers map[string][]string `json:"identifiers" msgpack:"identifiers"`
	Sources     []Source            `json:"sources" msgpack:"sources"`
	Tags        map[string]any      `json:"tags" msgpack:"tags"`
	CreatedAt   string              `json:"created_at,omitempty" msgpack:"created_at,omitempty"`
	UpdatedAt   string              `json:"updated_at,omitempty" msgpack:"updated_at,omitempty"`
}

// AccountResponse answers GET /v1/accounts/{account_id}.
type AccountResponse struct {
	Read    `msgpack:",inline"`
	Account `msgpack:",inline"`
}

// Account360Response answers GET /v1/accounts/{account_id}/360: the account with its people, their newest events, who
// reports to whom, and its opportunities.
type Account360Response struct {
	Read          `msgpack:",inline"`
	Account       `msgpack:",inline"`
	ContactCount  int             `json:"contact_count" msgpack:"contact_count"`
	Contacts      []Contact       `json:"contacts" msgpack:"contacts"`
	Timeline      []TimelineEvent `json:"timeline" msgpack:"timeline"`
	OrgChart      []OrgNode       `json:"org_chart" msgpack:"org_chart"`
	Opportunities []Opportunity   `json:"opportunities" msgpack:"opportunities"`
}

// OrgNode is one person of an account's organisation chart.
type OrgNode struct {
	OneID     string `json:"one_id" msgpack:"one_id"`
	Name      string `json:"name,omitempty" msgpack:"name,omitempty"`
	JobTitle  string `json:"job_title,omitempty" msgpack:"job_title,omitempty"`
	ReportsTo string `json:"reports_to_one_id,omitempty" msgpack:"reports_to_one_id,omitempty"`
}

// Opportunity is one source record of the kind opportunity.
type Opportunity struct {
	Source     string         `json:"source" msgpack:"source"`
	SourceID   string         `json:"source_id,omitempty" msgpack:"source_id,omitempty"`
	UpdatedAt  string         `json:"updated_at" msgpack:"updated_at"`
	Attributes map[string]any `json:"attributes" msgpack:"attributes"`
}
