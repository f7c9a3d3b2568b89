package query

// The limits of one expression, in both forms. They bound what parsing, checking and printing can cost.
const (
	MaxBytes     = 64 << 10  // length of the text or of the JSON, in bytes
	MaxNodes     = 1000      // expressions and literals in one tree
	MaxDepth     = 64        // nodes on the way from the root to a leaf; parentheses inside each other
	MaxIDs       = 100       // OneIDs in one id IN (…)
	MaxNameBytes = 256       // length of a name, an event type, a property or a segment's id, in bytes
	MaxDigits    = 40        // digits of one number
	MaxLast      = 1_000_000 // n of last n
	MaxDays      = 36525     // length of a window in days: a century
)
