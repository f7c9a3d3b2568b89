package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/vmihailenco/msgpack/v5"
)

// Format is an encoding of bodies.
type Format uint8

// The formats.
const (
	JSON Format = iota
	Msgpack
)

// FormatOf finds the format of a Content-Type header, or the first one served that an Accept header names; ok is false
// for media types that are not served. An empty text and */* are JSON.
func FormatOf(mediaType string) (f Format, ok bool) {
	if strings.TrimSpace(mediaType) == "" {
		return JSON, true
	}
	for one := range strings.SplitSeq(mediaType, ",") {
		one, parameters, _ := strings.Cut(one, ";")
		switch strings.ToLower(strings.TrimSpace(one)) {
		case "application/json", "text/json", "application/problem+json", "application/*", "*/*":
			if !utf8Charset(parameters) {
				continue
			}
			return JSON, true
		case "application/msgpack", "application/x-msgpack", "application/vnd.msgpack":
			return Msgpack, true
		}
	}
	return JSON, false
}

// utf8Charset tells whether the parameters of a media type name no charset but UTF-8: JSON has no other.
func utf8Charset(parameters string) bool {
	for p := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(name), "charset") {
			value = strings.Trim(strings.TrimSpace(value), `"`)
			return strings.EqualFold(value, "utf-8") || strings.EqualFold(value, "utf8") || strings.EqualFold(value, "us-ascii")
		}
	}
	return true
}

// ContentType is the media type of the format.
func (f Format) ContentType() string {
	if f == Msgpack {
		return "application/msgpack"
	}
	return "application/json"
}

// Append encodes v at the end of dst. In msgpack a json.Number, which only answers that were decoded hold, is a text.
func (f Format) Append(dst []byte, v any) ([]byte, error) {
	out := bytes.NewBuffer(dst)
	if f == Msgpack {
		e := msgpack.GetEncoder()
		e.Reset(out)
		err := e.Encode(v)
		msgpack.PutEncoder(e)
		if err != nil {
			return dst, fmt.Errorf("encode msgpack: %w", err)
		}
		return out.Bytes(), nil
	}
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return dst, fmt.Errorf("encode JSON: %w", err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// texts are buffers for the JSON text of msgpack bodies.
var texts = sync.Pool{New: func() any { return new([]byte) }}

// Decode scans body and decodes it into v (a pointer to a struct of this package), strictly: unknown fields, bytes
// after the end and everything over the limits are refused with an *Error. Inside the items of PutRecordsRequest and
// PutEventsRequest all that leaves it sure where the item ends sets the item's Invalid instead. v never refers to body's
// memory.
func (f Format) Decode(body []byte, v any, limits Limits) error {
	return f.decode(body, v, limits, true)
}

// DecodeLoose is Decode for clients: fields that this version does not know are skipped.
func (f Format) DecodeLoose(body []byte, v any, limits Limits) error {
	return f.decode(body, v, limits, false)
}

func (f Format) decode(body []byte, v any, limits Limits, strict bool) error {
	records, asRecords := v.(*PutRecordsRequest)
	events, asEvents := v.(*PutEventsRequest)
	faults, err := f.scan(body, limits, asRecords || asEvents)
	if err != nil {
		return err
	}
	if f == Msgpack {
		buffer := texts.Get().(*[]byte)
		t := transcoder{body: body, faults: faults}
		*buffer = t.append((*buffer)[:0])
		defer texts.Put(buffer)
		body = *buffer
	}
	switch {
	case asRecords:
		return decodeBatch(string(body), "records", &records.Records, faults, (*reader).record)
	case asEvents:
		return decodeBatch(string(body), "events", &events.Events, faults, (*reader).event)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if strict {
		d.DisallowUnknownFields()
	}
	if err := d.Decode(v); err != nil {
		return decodeError(err)
	}
	return nil
}

// wrongType is an error for a value of another type than what belongs at path.
func wrongType(want, path string) *Error {
	return &Error{Code: CodeWrongType, Message: "expected " + want, Offset: NoOffset, Path: ShortPath(path)}
}

// decodeError turns an error of encoding/json into ours. Offsets are left out: they would count the bytes of the
// transcoded text of a msgpack body.
func decodeError(err error) *Error {
	var byType *json.UnmarshalTypeError
	var ours *Error
	switch {
	case errors.As(err, &byType):
		kind, _, _ := strings.Cut(byType.Value, " ") // "number 138…" would show what was sent
		return &Error{Code: CodeWrongType, Message: "a " + kind + " where another type belongs", Offset: NoOffset, Path: jsonPath(byType.Field)}
	case errors.As(err, &ours):
		return ours
	}
	if name, found := strings.CutPrefix(err.Error(), "json: unknown field "); found {
		return &Error{Code: CodeUnknownField, Message: "a field that does not exist here", Offset: NoOffset, Path: ShortPath(strings.Trim(name, `"`))}
	}
	return &Error{Code: CodeMalformed, Message: err.Error(), Offset: NoOffset}
}

// jsonPath leaves the names of embedded structs out of a path that encoding/json gives: only they begin with a capital.
func jsonPath(path string) string {
	var out []string
	for part := range strings.SplitSeq(path, ".") {
		if part != "" && (part[0] < 'A' || part[0] > 'Z') {
			out = append(out, part)
		}
	}
	return ShortPath(strings.Join(out, "."))
}
