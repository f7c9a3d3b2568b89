package wire

// Format is an encoding of bodies.
type Format uint8

// The formats.
const (
	JSON Format = iota
	Msgpack
)

// FormatOf finds the format of a Content-Type or Accept header; ok is false for a media type that is not served. An empty text
// and */* are JSON.
func FormatOf(mediaType string) (f Format, ok bool) { panic("not yet") }

// ContentType is the media type of the format.
func (f Format) ContentType() string { panic("not yet") }

// Append encodes v at the end of dst.
func (f Format) Append(dst []byte, v any) ([]byte, error) { panic("not yet") }

// Decode scans body and decodes it into v (a pointer to a struct of this package), strictly: unknown fields, trailing
// bytes and everything over the limits are refused with an *Error. v never refers to body's memory.
func (f Format) Decode(body []byte, v any, limits Limits) error { panic("not yet") }

// DecodeLoose is Decode for clients: fields that this version does not know are skipped.
func (f Format) DecodeLoose(body []byte, v any, limits Limits) error { panic("not yet") }

// Limits bound what a body may hold.
type Limits struct {
	Depth  int // nesting of arrays and objects
	String int // bytes of one text
	Items  int // elements of one array or object
}

// BatchLimits are the limits of every body but those that carry expressions; ExpressionLimits of those that do;
// ResponseLimits are what a client takes from a server.
var (
	BatchLimits      = Limits{Depth: 32, String: 16 << 10, Items: 10_000}
	ExpressionLimits = Limits{Depth: 160, String: 64 << 10, Items: 10_000}
	ResponseLimits   = Limits{Depth: 160, String: 8 << 20, Items: 10_000_000}
)

// Error says why a body cannot be read. Code is stable; Offset is in bytes of the body, Path as in records[3].source.
type Error struct {
	Code    string
	Message string
	Offset  int
	Path    string
}

// Error gives the message with its place.
func (e *Error) Error() string { panic("not yet") }
