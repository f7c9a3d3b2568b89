package wire

// PutSegmentRequest is the body of PUT /v1/segments/{id}. Mode is "realtime" (default) or "static": frozen at creation.
type PutSegmentRequest struct {
	Name  string     `json:"name,omitempty" msgpack:"name,omitempty"`
	Where Expression `json:"where" msgpack:"where"`
	Mode  string     `json:"mode,omitempty" msgpack:"mode,omitempty"`
}

// Segment is a saved segment with how many belong to it now.
type Segment struct {
	ID        string `json:"id" msgpack:"id"`
	Name      string `json:"name,omitempty" msgpack:"name,omitempty"`
	Where     string `json:"where" msgpack:"where"`
	Mode      string `json:"mode" msgpack:"mode"`
	Count     uint64 `json:"count" msgpack:"count"`
	CreatedAt string `json:"created_at,omitempty" msgpack:"created_at,omitempty"`
}

// SegmentResponse answers GET /v1/segments/{id}.
type SegmentResponse struct {
	Read    `msgpack:",inline"`
	Segment `msgpack:",inline"`
}

// SegmentsResponse answers GET /v1/segments.
type SegmentsResponse struct {
	Read     `msgpack:",inline"`
	Segments []Segment `json:"segments" msgpack:"segments"`
}
