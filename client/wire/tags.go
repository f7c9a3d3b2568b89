package wire

// PutTagRequest is the body of PUT /v1/tags/{name}. Entity is "contact" (default) or "account", Kind "manual" or
// "rule". A manual tag with Valued holds one of any number of values, without it is set or not.
type PutTagRequest struct {
	Entity      string     `json:"entity,omitempty" msgpack:"entity,omitempty"`
	Kind        string     `json:"kind" msgpack:"kind"`
	Valued      bool       `json:"valued,omitempty" msgpack:"valued,omitempty"`
	Rule        Expression `json:"rule,omitempty" msgpack:"rule,omitempty"`
	Description string     `json:"description,omitempty" msgpack:"description,omitempty"`
}

// Tag is a tag with how many carry it (Count), their share of all (Coverage, 0 to 1) and its last change.
type Tag struct {
	Name        string  `json:"name" msgpack:"name"`
	Entity      string  `json:"entity" msgpack:"entity"`
	Kind        string  `json:"kind" msgpack:"kind"`
	Valued      bool    `json:"valued,omitempty" msgpack:"valued,omitempty"`
	Rule        string  `json:"rule,omitempty" msgpack:"rule,omitempty"`
	Description string  `json:"description,omitempty" msgpack:"description,omitempty"`
	Count       uint64  `json:"count" msgpack:"count"`
	Coverage    float64 `json:"coverage" msgpack:"coverage"`
	CreatedAt   string  `json:"created_at,omitempty" msgpack:"created_at,omitempty"`
	ChangedAt   string  `json:"changed_at,omitempty" msgpack:"changed_at,omitempty"`
}

// TagResponse answers GET /v1/tags/{name}.
type TagResponse struct {
	Read `msgpack:",inline"`
	Tag  `msgpack:",inline"`
}

// TagsResponse answers GET /v1/tags.
type TagsResponse struct {
	Read `msgpack:",inline"`
	Tags []Tag `json:"tags" msgpack:"tags"`
}

// TagMembersRequest is the body of POST /v1/tags/{name}/members: ids (or aliases) to add and to remove. Value is
// required for a tag with values and refused for one without.
type TagMembersRequest struct {
	Add    []string `json:"add,omitempty" msgpack:"add,omitempty"`
	Remove []string `json:"remove,omitempty" msgpack:"remove,omitempty"`
	Value  string   `json:"value,omitempty" msgpack:"value,omitempty"`
}

// TagMembersResponse tells how many members changed, and which ids belong to nobody.
type TagMembersResponse struct {
	Written `msgpack:",inline"`
	Changed int      `json:"changed" msgpack:"changed"`
	Unknown []string `json:"unknown,omitempty" msgpack:"unknown,omitempty"`
}
