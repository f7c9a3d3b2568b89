package query

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
)

// maxBrackets bounds brackets inside each other in the JSON form: a node takes at most two, a leaf's values included,
// and {"account": …} one.
const maxBrackets = 2*MaxDepth + 1

// jsonValue is a JSON value with its place. The standard decoder into structs would fold case, drop duplicate keys
// and forget where a value stood.
type jsonValue struct {
	at      int
	kind    jsonKind
	text    string // of a string, and the digits of a number
	yes     bool   // of a bool
	members []jsonMember
	items   []jsonValue
}

type jsonMember struct {
	at    int
	key   string
	value jsonValue
}

type jsonKind uint8

const (
	jsonNull jsonKind = iota
	jsonBool
	jsonNumber
	jsonString
	jsonArray
	jsonObject
)

func (k jsonKind) String() string {
	return [...]string{"null", "a bool", "a number", "a string", "an array", "an object"}[k]
}

// jsonReader reads one document into a jsonValue. It fails as the lexer does.
type jsonReader struct {
	data    []byte
	decoder *json.Decoder
}

func readJSON(data []byte) jsonValue {
	r := &jsonReader{data: data, decoder: json.NewDecoder(bytes.NewReader(data))}
	r.decoder.UseNumber()
	v := r.value(0)
	at := r.next()
	if _, err := r.decoder.Token(); err != io.EOF {
		fail(CodeSyntax, at, "", "/: something stands behind the JSON value")
	}
	return v
}

// next returns where the next token begins.
func (r *jsonReader) next() int {
	at := int(r.decoder.InputOffset())
	for at < len(r.data) && strings.IndexByte(" \t\r\n,:", r.data[at]) >= 0 {
		at++
	}
	return at
}

func (r *jsonReader) token() (t json.Token, at int) {
	at = r.next()
	t, err := r.decoder.Token()
	if err != nil {
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			fail(CodeSyntax, len(r.data), "", "/: the JSON ends too early")
		}
		fail(CodeSyntax, at, "", "/: this is not valid JSON")
	}
	return t, at
}

func (r *jsonReader) value(depth int) jsonValue {
	t, at := r.token()
	switch t := t.(type) {
	case nil:
		return jsonValue{at: at, kind: jsonNull}
	case bool:
		return jsonValue{at: at, kind: jsonBool, yes: t}
	case string:
		return jsonValue{at: at, kind: jsonString, text: t}
	case json.Number:
		return jsonValue{at: at, kind: jsonNumber, text: t.String()}
	case json.Delim:
		if depth == maxBrackets {
			failDepth(at)
		}
		if t == '[' {
			return r.array(at, depth+1)
		}
		return r.object(at, depth+1)
	}
	return jsonValue{}
}

func (r *jsonReader) array(at, depth int) jsonValue {
	v := jsonValue{at: at, kind: jsonArray}
	for r.decoder.More() {
		v.items = append(v.items, r.value(depth))
	}
	r.token()
	return v
}

func (r *jsonReader) object(at, depth int) jsonValue {
	v := jsonValue{at: at, kind: jsonObject}
	for r.decoder.More() {
		t, at := r.token()
		key, _ := t.(string)
		v.members = append(v.members, jsonMember{at: at, key: key, value: r.value(depth)})
	}
	r.token()
	return v
}
