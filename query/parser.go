package query

// Parse reads the text form. Every error is an *Error.
func Parse(text string) (Expr, error) { panic("not yet") }
