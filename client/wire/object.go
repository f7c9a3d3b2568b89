package wire

// Object is a JSON object as text, exactly as it was sent: attributes and payloads. Numbers keep all their digits.
// The empty Object is "absent".
type Object string

// MakeObject builds an Object from values that JSON can hold (text, numbers, bools, nil, slices and maps of them).
func MakeObject(m map[string]any) (Object, error) { panic("not yet") }

// MustObject is MakeObject for literals in programs: it panics for a value that JSON cannot hold.
func MustObject(m map[string]any) Object { panic("not yet") }

// Map decodes the object; numbers are json.Number.
func (o Object) Map() (map[string]any, error) { panic("not yet") }

// Expression is a segment expression in its text form, or in its JSON form as JSON text (it begins with "{").
type Expression string

// JSON tells whether the expression is in its JSON form.
func (e Expression) JSON() bool { return len(e) > 0 && e[0] == '{' }
