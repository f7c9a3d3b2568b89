package wire

// SchemaResponse answers GET /v1/schema: every name that records, events and expressions may use.
type SchemaResponse struct {
	Read        `msgpack:",inline"`
	Contact     []Attribute      `json:"contact" msgpack:"contact"`
	Account     []Attribute      `json:"account" msgpack:"account"`
	Identifiers []IdentifierType `json:"identifiers" msgpack:"identifiers"`
	EventTypes  []string         `json:"event_types" msgpack:"event_types"`
	Properties  []string         `json:"properties" msgpack:"properties"`
}

// Attribute is one attribute. Kind is "text", "int", "float", "bool" or "time". A personal text is sealed before it is
// stored; a computed attribute follows from events and cannot be set.
type Attribute struct {
	Name     string `json:"name" msgpack:"name"`
	Kind     string `json:"kind" msgpack:"kind"`
	Personal bool   `json:"personal,omitempty" msgpack:"personal,omitempty"`
	Computed bool   `json:"computed,omitempty" msgpack:"computed,omitempty"`
}

// IdentifierType is one type of identifier. Priority orders exact matching, 1 first; a weak one never merges people.
type IdentifierType struct {
	Name       string  `json:"name" msgpack:"name"`
	Entity     string  `json:"entity" msgpack:"entity"`
	Priority   int     `json:"priority" msgpack:"priority"`
	Confidence float64 `json:"confidence" msgpack:"confidence"`
	Weak       bool    `json:"weak,omitempty" msgpack:"weak,omitempty"`
}

// PutAttributeRequest is the body of PUT /v1/schema/attributes/{name}. Entity is "contact" (default) or "account".
type PutAttributeRequest struct {
	Entity string `json:"entity,omitempty" msgpack:"entity,omitempty"`
	Kind   string `json:"kind" msgpack:"kind"`
}
