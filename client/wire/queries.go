package wire

// Query is what all queries share. Now sets the expression's clock, AsOf asks for the state at an instant; at most one
// of them. Purpose and Channel ask for consent to be part of the evaluation. Entity is "contact" (default) or "account".
type Query struct {
	Where   Expression `json:"where" msgpack:"where"`
	Entity  string     `json:"entity,omitempty" msgpack:"entity,omitempty"`
	Now     string     `json:"now,omitempty" msgpack:"now,omitempty"`
	AsOf    string     `json:"as_of,omitempty" msgpack:"as_of,omitempty"`
	Purpose string     `json:"purpose,omitempty" msgpack:"purpose,omitempty"`
	Channel string     `json:"channel,omitempty" msgpack:"channel,omitempty"`
}

// CountRequest is the body of POST /v1/query/count.
type CountRequest struct {
	Query `msgpack:",inline"`
}

// CountResponse answers POST /v1/query/count.
type CountResponse struct {
	Read   `msgpack:",inline"`
	Count  uint64 `json:"count" msgpack:"count"`
	TookUs int64  `json:"took_us" msgpack:"took_us"`
}

// QueryContactsRequest is the body of POST /v1/query/contacts. Fields are attributes, identifiers or tags; Limit is
// 100 when 0 and at most 1,000; After is the Next of the page before.
type QueryContactsRequest struct {
	Query  `msgpack:",inline"`
	Fields []string `json:"fields,omitempty" msgpack:"fields,omitempty"`
	Limit  int      `json:"limit,omitempty" msgpack:"limit,omitempty"`
	After  string   `json:"after,omitempty" msgpack:"after,omitempty"`
}

// QueryContactsResponse is one page of contacts: each a map with one_id (account_id for accounts) and the fields that
// were asked for.
type QueryContactsResponse struct {
	Read     `msgpack:",inline"`
	Contacts []map[string]any `json:"contacts" msgpack:"contacts"`
	Next     string           `json:"next,omitempty" msgpack:"next,omitempty"`
	TookUs   int64            `json:"took_us" msgpack:"took_us"`
}

// BreakdownRequest is the body of POST /v1/query/breakdown: counts of Where per value of the tag or column By.
type BreakdownRequest struct {
	Query `msgpack:",inline"`
	By    string `json:"by" msgpack:"by"`
}

// BreakdownResponse answers POST /v1/query/breakdown, the largest bucket first, the one without a value last.
type BreakdownResponse struct {
	Read    `msgpack:",inline"`
	Buckets []Bucket `json:"buckets" msgpack:"buckets"`
	TookUs  int64    `json:"took_us" msgpack:"took_us"`
}

// Bucket is one value with its count. Value is nil where there is none.
type Bucket struct {
	Value any    `json:"value" msgpack:"value"`
	Count uint64 `json:"count" msgpack:"count"`
}

// ExplainRequest is the body of POST /v1/query/explain.
type ExplainRequest struct {
	Query `msgpack:",inline"`
}

// ExplainResponse answers POST /v1/query/explain.
type ExplainResponse struct {
	Read   `msgpack:",inline"`
	Count  uint64   `json:"count" msgpack:"count"`
	TookUs int64    `json:"took_us" msgpack:"took_us"`
	Plan   PlanNode `json:"plan" msgpack:"plan"`
}

// PlanNode is one node of a plan with what it really did.
type PlanNode struct {
	Label         string     `json:"label" msgpack:"label"`
	ChunksRead    int        `json:"chunks_read" msgpack:"chunks_read"`
	ChunksSkipped int        `json:"chunks_skipped" msgpack:"chunks_skipped"`
	TookUs        float64    `json:"took_us" msgpack:"took_us"`
	Rows          uint64     `json:"rows" msgpack:"rows"`
	Children      []PlanNode `json:"children,omitempty" msgpack:"children,omitempty"`
}
