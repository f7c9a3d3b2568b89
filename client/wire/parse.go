package wire

// ParseRequest is the body of POST /v1/query/parse: an expression in either form. Check asks whether its names exist
// as well.
type ParseRequest struct {
	Where  Expression `json:"where" msgpack:"where"`
	Entity string     `json:"entity,omitempty" msgpack:"entity,omitempty"`
	Check  bool       `json:"check,omitempty" msgpack:"check,omitempty"`
}

// ParseResponse gives the expression in both forms, each in its one spelling. JSON is an object.
type ParseResponse struct {
	Text string `json:"text" msgpack:"text"`
	JSON Object `json:"json" msgpack:"json"`
}
