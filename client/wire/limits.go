package wire

import (
	"strconv"
	"strings"
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

// frame is one open array or object of a scan.
type frame struct {
	object  bool
	count   int  // elements begun; of an object, names begun
	left    int  // msgpack: elements to come
	name    span // the name that was read last
	names   int  // where the object's names begin in scanner.names
	pending bool // msgpack: a name was read and its value is to come
}

// span is a piece of the body.
type span struct{ from, to int }

// path writes the place that the frames stand at.
func path(body []byte, frames []frame) string {
	var text strings.Builder
	for i := range frames {
		f := &frames[i]
		switch {
		case f.object && f.name.to > 0:
			if text.Len() > 0 {
				text.WriteByte('.')
			}
			name := body[f.name.from:f.name.to]
			text.WriteString(strings.ToValidUTF8(string(name[:min(len(name), 64)]), "?"))
		case !f.object && f.count > 0:
			text.WriteString("[" + strconv.Itoa(f.count-1) + "]")
		}
	}
	return text.String()
}
