package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unsafe"

	"github.com/vmihailenco/msgpack/v5"
)

// Object is a JSON object as text, exactly as it was sent: attributes and payloads. Numbers keep all their digits.
// The empty Object is "absent".
type Object string

// MakeObject builds an Object from values that JSON can hold (text, numbers, bools, nil, slices and maps of them).
func MakeObject(m map[string]any) (Object, error) {
	text, err := JSON.Append(nil, m)
	if err != nil {
		return "", fmt.Errorf("object: %w", err)
	}
	return Object(text), nil
}

// MustObject is MakeObject for literals in programs: it panics for a value that JSON cannot hold.
func MustObject(m map[string]any) Object {
	o, err := MakeObject(m)
	if err != nil {
		panic(err)
	}
	return o
}

// Map decodes the object; numbers are json.Number.
func (o Object) Map() (map[string]any, error) {
	if o == "" {
		return nil, nil
	}
	d := json.NewDecoder(strings.NewReader(string(o)))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		return nil, fmt.Errorf("object: %w", err)
	}
	return m, nil
}

// ValueKind is the JSON type of a Value.
type ValueKind uint8

// The kinds of value. A number without fraction and exponent that fits into 64 bits is an IntValue.
const (
	NullValue ValueKind = iota
	TextValue
	IntValue
	FloatValue
	BoolValue
	NestedValue // an array or object
)

// Value is one member of an Object. Text holds the text of a TextValue, and the JSON text of every other kind.
type Value struct {
	Kind  ValueKind
	Text  string
	Int   int64 // of IntValue; 1 for true
	Float float64
}

// Members calls f for every member in the order of the text, until f returns false. An Object that does not come from
// Decode or MakeObject may be no JSON: then f gets nothing sensible. Texts are substrings of the object wherever that can be.
func (o Object) Members(f func(name string, v Value) bool) {
	if o == "" {
		return
	}
	r := reader{text: string(o)}
	if r.next() != '{' {
		return
	}
	r.begin()
	for r.more() {
		name := r.name()
		if !f(name, r.value()) {
			return
		}
	}
}

// value reads any value.
func (r *reader) value() Value {
	switch c := r.next(); c {
	case '"':
		return Value{Kind: TextValue, Text: r.string()}
	case '{', '[':
		return Value{Kind: NestedValue, Text: r.raw()}
	case 't':
		return Value{Kind: BoolValue, Text: r.raw(), Int: 1}
	case 'f':
		return Value{Kind: BoolValue, Text: r.raw()}
	case 'n':
		return Value{Kind: NullValue, Text: r.raw()}
	default:
		return number(r.raw())
	}
}

func number(text string) Value {
	if !strings.ContainsAny(text, ".eE") {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return Value{Kind: IntValue, Text: text, Int: n, Float: float64(n)}
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) {
		return Value{Kind: NullValue, Text: text}
	}
	return Value{Kind: FloatValue, Text: text, Float: f}
}

// MarshalJSON returns the text, null when absent.
func (o Object) MarshalJSON() ([]byte, error) {
	if o == "" {
		return []byte("null"), nil
	}
	return []byte(o), nil
}

// UnmarshalJSON takes an object or null.
func (o *Object) UnmarshalJSON(text []byte) error {
	switch text = bytes.TrimSpace(text); {
	case string(text) == "null":
		*o = ""
	case len(text) > 0 && text[0] == '{':
		*o = Object(text)
	default:
		return wrongType("an object", "")
	}
	return nil
}

// EncodeMsgpack writes the object as a map.
func (o Object) EncodeMsgpack(e *msgpack.Encoder) error {
	if o == "" {
		return e.EncodeNil()
	}
	text := string(o)
	if err := JSON.Scan(unsafe.Slice(unsafe.StringData(text), len(text)), ResponseLimits); err != nil {
		return fmt.Errorf("object: %w", err)
	}
	r := reader{text: text}
	return e.Encode(msgpack.RawMessage(r.appendMsgpack(nil)))
}

// UnmarshalJSON takes texts, whole numbers (as their digits) and null (as absent).
func (ids *Identifiers) UnmarshalJSON(text []byte) error {
	r := reader{text: string(text)}
	got, field := r.identifiers()
	if field != nil {
		return wrongType("texts or whole numbers", field.Field)
	}
	*ids = got
	return nil
}

// Expression is a segment expression in its text form, or in its JSON form as JSON text (it begins with "{").
type Expression string

// JSON tells whether the expression is in its JSON form.
func (e Expression) JSON() bool { return len(e) > 0 && e[0] == '{' }

// MarshalJSON writes a text, or the object that the JSON form is.
func (e Expression) MarshalJSON() ([]byte, error) {
	if e.JSON() && json.Valid([]byte(e)) {
		return []byte(e), nil
	}
	return JSON.Append(nil, string(e))
}

// UnmarshalJSON takes a text or an object.
func (e *Expression) UnmarshalJSON(text []byte) error {
	r := reader{text: string(text)}
	switch r.next() {
	case '"':
		*e = Expression(r.string())
	case '{':
		*e = Expression(r.raw())
	case 'n':
		*e = ""
	default:
		return wrongType("an expression as text, or an object in its JSON form", "")
	}
	return nil
}

// EncodeMsgpack writes a text, or the map that the JSON form is.
func (e Expression) EncodeMsgpack(enc *msgpack.Encoder) error {
	if e.JSON() && json.Valid([]byte(e)) {
		return Object(e).EncodeMsgpack(enc)
	}
	return enc.EncodeString(string(e))
}
