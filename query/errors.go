package query

import "strconv"

// The codes of an Error. They are part of the HTTP contract: add, never rename.
const (
	CodeSyntax       = "invalid_expression"   // the text or the JSON is not of the language
	CodeTooLarge     = "expression_too_large" // one of the limits of limits.go is passed
	CodeWindow       = "invalid_window"       // a window that is empty, negative, backward or beyond a century
	CodeName         = "invalid_name"         // CheckName: a name that no expression could spell safely
	CodeUnknownName  = "unknown_name"         // query/plan: no tag, attribute, property, type or segment has this name
	CodeTypeMismatch = "type_mismatch"        // query/plan: the name exists, but not for this comparison
)

// Error says why an expression is refused, where, and what to write instead.
type Error struct {
	Code       string // one of the Code constants
	Message    string // for people: lower case, without the position; for JSON it begins with the path of the node
	Position   int    // byte offset in the input where the trouble begins
	Suggestion string // replacement for what stands at Position, or "" when there is none
}

// Error returns the message with its position. The suggestion is left out, because it may repeat a value that the
// writer of the expression typed, and errors get logged.
func (e *Error) Error() string {
	return e.Message + " (at byte " + strconv.Itoa(e.Position) + ")"
}
