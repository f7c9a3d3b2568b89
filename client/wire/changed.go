package wire

// PutTagResponse answers PUT /v1/tags/{name} with the tag as it stands now.
type PutTagResponse struct {
	Written `msgpack:",inline"`
	Tag     `msgpack:",inline"`
}

// PutSegmentResponse answers PUT /v1/segments/{id} with the segment as it stands now.
type PutSegmentResponse struct {
	Written `msgpack:",inline"`
	Segment `msgpack:",inline"`
}

// ChangedResponse answers a write that has nothing more to say than its index.
type ChangedResponse struct {
	Written `msgpack:",inline"`
}
