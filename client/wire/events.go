package wire

// PutEventsRequest is the body of POST /v1/events.
type PutEventsRequest struct {
	Events []Event `json:"events" msgpack:"events"`
}

// Event is one event. Source and EventID together are its identity. OneID (or an alias of it) may stand in place of
// Identifiers. TenantID, if given, must be the key's tenant.
type Event struct {
	EventID     string      `json:"event_id" msgpack:"event_id"`
	TenantID    string      `json:"tenant_id,omitempty" msgpack:"tenant_id,omitempty"`
	OrgID       string      `json:"org_id,omitempty" msgpack:"org_id,omitempty"`
	OneID       string      `json:"one_id,omitempty" msgpack:"one_id,omitempty"`
	OccurredAt  string      `json:"occurred_at" msgpack:"occurred_at"`
	Source      string      `json:"source" msgpack:"source"`
	Type        string      `json:"type" msgpack:"type"`
	IP          string      `json:"ip,omitempty" msgpack:"ip,omitempty"`
	UA          string      `json:"ua,omitempty" msgpack:"ua,omitempty"`
	Identifiers Identifiers `json:"identifiers,omitempty" msgpack:"identifiers,omitempty"`
	Payload     Object      `json:"payload,omitempty" msgpack:"payload,omitempty"`
	Invalid     *Invalid    `json:"-" msgpack:"-"`
	Size        int         `json:"-" msgpack:"-"` // bytes of the item as JSON text, set by decoding
}

// PutEventsResponse answers POST /v1/events, one result per event in the order of the request.
type PutEventsResponse struct {
	Written `msgpack:",inline"`
	Results []EventResult `json:"results" msgpack:"results"`
}

// EventResult is the outcome of one event: StatusAccepted, StatusDuplicate or StatusRejected. Future says that it
// lies ahead of the server's clock: it is kept, and unseen until its time comes.
type EventResult struct {
	Status string `json:"status" msgpack:"status"`
	OneID  string `json:"one_id,omitempty" msgpack:"one_id,omitempty"`
	Future bool   `json:"future,omitempty" msgpack:"future,omitempty"`
	Code   string `json:"code,omitempty" msgpack:"code,omitempty"`
	Detail string `json:"detail,omitempty" msgpack:"detail,omitempty"`
	Field  string `json:"field,omitempty" msgpack:"field,omitempty"`
	Notes  []Note `json:"notes,omitempty" msgpack:"notes,omitempty"`
}

// TimelineEvent is one stored event, as it was sent. OneID is the person that it belongs to now.
type TimelineEvent struct {
	EventID    string `json:"event_id" msgpack:"event_id"`
	TenantID   string `json:"tenant_id" msgpack:"tenant_id"`
	OrgID      string `json:"org_id,omitempty" msgpack:"org_id,omitempty"`
	OneID      string `json:"one_id" msgpack:"one_id"`
	OccurredAt string `json:"occurred_at" msgpack:"occurred_at"`
	Source     string `json:"source" msgpack:"source"`
	Type       string `json:"type" msgpack:"type"`
	IP         string `json:"ip,omitempty" msgpack:"ip,omitempty"`
	UA         string `json:"ua,omitempty" msgpack:"ua,omitempty"`
	Future     bool   `json:"future,omitempty" msgpack:"future,omitempty"`
	Payload    Object `json:"payload,omitempty" msgpack:"payload,omitempty"`
}

// EventsResponse is one page of a timeline, newest first. Next, when not empty, is the `before` of the next page.
type EventsResponse struct {
	Read   `msgpack:",inline"`
	Events []TimelineEvent `json:"events" msgpack:"events"`
	Next   string          `json:"next,omitempty" msgpack:"next,omitempty"`
}
