package query

// Print writes the text form of a tree: one spelling for each tree.
func Print(e Expr) string { panic("not yet") }

// PrintJSON writes the JSON form of a tree.
func PrintJSON(e Expr) ([]byte, error) { panic("not yet") }
