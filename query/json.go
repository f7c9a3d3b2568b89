package query

// ParseJSON reads the JSON form. Every error is an *Error whose message begins with the path of the node.
func ParseJSON(data []byte) (Expr, error) { panic("not yet") }
