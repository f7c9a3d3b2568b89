package wire

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits bound what a body may hold.
type Limits struct {
	Depth  int // nesting of arrays and objects
	String int // bytes of one text, escapes resolved
	Items  int // elements of one array or object
}

// BatchLimits are the limits of every body but those that carry expressions; ExpressionLimits of those that do: an
// expression may be 64 KiB of text, and one level of its JSON form nests two levels of JSON. ResponseLimits are what a
// client takes from a server.
var (
	BatchLimits      = Limits{Depth: 32, String: 16 << 10, Items: 10_000}
	ExpressionLimits = Limits{Depth: 160, String: 64 << 10, Items: 10_000}
	ResponseLimits   = Limits{Depth: 512, String: 8 << 20, Items: 10_000_000}
)

// maxDigits bounds the characters of one number: enough for every 64-bit integer and float as any encoder writes it.
const maxDigits = 512

// The codes of Error.
const (
	CodeEmptyBody     = "empty_body"
	CodeMalformed     = "malformed_body"    // no JSON, no msgpack, or bytes after the end
	CodeTooDeep       = "nested_too_deep"   // Limits.Depth
	CodeTooManyItems  = "too_many_elements" // Limits.Items
	CodeTextTooLong   = "text_too_long"     // Limits.String
	CodeInvalidUTF8   = "invalid_utf8"
	CodeInvalidName   = "invalid_name" // a NUL in a name, or a name that is no text
	CodeDuplicateName = "duplicate_name"
	CodeNumberRange   = "number_out_of_range"
	CodeUnsupported   = "unsupported_type" // a msgpack type that has no JSON counterpart
	CodeUnknownField  = "unknown_field"
	CodeWrongType     = "wrong_type"
)

// NoOffset is the Offset of an Error whose place in the body is not known.
const NoOffset = -1

// maxPath is how many characters of a path are told, maxPathLevels how many levels.
const (
	maxPath       = 64
	maxPathLevels = 8
)

// ShortPath is a path of fields as errors tell it: names are what was sent, and may be as long as a body. What is left
// out is an ellipsis, what cannot be seen a question mark.
func ShortPath(path string) string {
	if len(path) > maxPath && utf8.RuneCountInString(path) > maxPath {
		path = string([]rune(path[:min(len(path), utf8.UTFMax*maxPath)])[:maxPath-1]) + "…"
	}
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsGraphic(r) {
			return '?'
		}
		return r
	}, path)
}

// Error says why a body cannot be read. Code is stable; Offset is in bytes of the body or NoOffset, Path as in
// records[3].source.
type Error struct {
	Code    string
	Message string
	Offset  int
	Path    string
}

// Error gives the message with its place.
func (e *Error) Error() string {
	text := e.Message
	if e.Path != "" {
		text = e.Path + ": " + text
	}
	if e.Offset != NoOffset {
		text += " at byte " + strconv.Itoa(e.Offset)
	}
	return text
}
