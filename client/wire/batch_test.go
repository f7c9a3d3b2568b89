package wire

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// badItems are items that are lost by themselves, with the code and field that say why.
func badItems() map[string]string {
	deep := func(n int) string {
		return `{"attributes":{"x":` + strings.Repeat(`[{"a":`, n) + `1` + strings.Repeat(`}]`, n) + `}}`
	}
	long := `"` + strings.Repeat("x", 16<<10+1) + `"`
	return map[string]string{
		`{"attributes":{"name":` + long + `}}`: "text_too_long attributes.name",
		`{"attributes":{` + long + `:1}}`:      "text_too_long attributes",
		long:                                   "text_too_long",
		`{"attributes":{"a":1e999}}`:           "number_out_of_range attributes.a",
		`1e999`:                                "number_out_of_range",
		`{"attributes":{"a":` + strings.Repeat("9", 600) + `}}`:        "number_out_of_range attributes.a",
		`{"attributes":{"a\u0000b":1}}`:                                `invalid_name attributes.a\u0000b`,
		`{"source":"a","source":"b"}`:                                  "duplicate_name",
		`{"attributes":{"a":1,"\u0061":2}}`:                            "duplicate_name attributes",
		`{"attributes":{"a":[` + strings.Repeat("1,", 10_000) + `1]}}`: "too_many_elements attributes.a[10000]",
		`[` + strings.Repeat("1,", 20_000) + `1]`:                      "too_many_elements [10000]",
		deep(20):      "nested_too_deep attributes.x[0].a[0].a[0].a…",
		deep(100_000): "nested_too_deep attributes.x[0].a[0].a[0].a…",
		strings.Repeat("[", 1000) + strings.Repeat("]", 1000):                   "nested_too_deep [0][0][0][0][0][0][0][0]…",
		`{"` + strings.Repeat("长", 100) + `":{"` + long[1:] + `:1}}`:            "text_too_long " + strings.Repeat("长", 63) + "…",
		`{"attributes":{"a":1e999,"b\u0000":` + strings.Repeat("9", 600) + `}}`: "number_out_of_range attributes.a",
	}
}

// lostOf gives the code and field of each record that is lost, "" for the others.
func lostOf(t interface{ Fatal(...any) }, f Format, body []byte) []string {
	var got PutRecordsRequest
	if err := f.Decode(body, &got, BatchLimits); err != nil {
		t.Fatal(f.ContentType(), err)
	}
	out := make([]string, len(got.Records))
	for i, r := range got.Records {
		if r.Invalid != nil {
			out[i] = strings.TrimSpace(r.Invalid.Code + " " + r.Invalid.Field)
			r.Invalid, r.Size = nil, 0
			if !reflect.DeepEqual(r, Record{}) {
				t.Fatal("a record that is lost has fields")
			}
		}
	}
	return out
}

// A bad item is lost alone: the others of its batch are read as they were sent.
func TestBadItemsAreLostAlone(t *testing.T) {
	for item, want := range badItems() {
		got := lostOf(t, JSON, []byte(`{"records":[{"source":"CRM"}, `+item+` ,{"source":"CRM"},`+item+`]}`))
		if !reflect.DeepEqual(got, []string{"", want, "", want}) {
			t.Errorf("%.60s: %.300q, want %s", item, got, want)
		}
	}
	// In msgpack, where what is lost is written as it stands.
	list := func(items ...string) []byte {
		return append([]byte("\x81\xa7records\xdd\x00\x00\x00"), string(rune(len(items)))+strings.Join(items, "")...)
	}
	const good = "\x81\xa6source\xa3CRM"
	for item, want := range map[string]string{
		"\x81\xaaattributes\x81\xa1a\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00": "number_out_of_range attributes.a",
		"\xca\x7f\xc0\x00\x00": "number_out_of_range",
		"\x81\xaaattributes\x81\xa1a\xda\x40\x01" + strings.Repeat("x", 16<<10+1):                             "text_too_long attributes.a",
		"\x81\xaaattributes\x81\xa1a\xa2\xff\xfe":                                                             "invalid_utf8 attributes.a",
		"\x81\xaaattributes\x81\xa2a\x00\x01":                                                                 "invalid_name attributes.a?",
		"\x81\xaaattributes\x82\xa1a\x01\xa1a\x01":                                                            "duplicate_name attributes",
		"\x81\xaaattributes\x81\x92\x01\x81\x01\x02\x03":                                                      "invalid_name attributes", // a name that is an array
		"\x81\xaaattributes\x81\xa1a\xc4\x02xy":                                                               "unsupported_type attributes.a",
		"\x81\xaaattributes\x81\xa1a\xc8\x00\x02\x01xy":                                                       "unsupported_type attributes.a",
		"\x81\xaaattributes\x81\xa1a\xd8\x01" + strings.Repeat("x", 16):                                       "unsupported_type attributes.a",
		"\x81\xaaattributes\x81\xa1a\xd6\x01abcd":                                                             "unsupported_type attributes.a",
		"\x81\xaaattributes\x81\xa1a\xc7\x03\xffabc":                                                          "unsupported_type attributes.a",
		"\x81\xaaattributes\x81\xa1a\xdc\x27\x11" + strings.Repeat("\x01", 10_001):                            "too_many_elements attributes.a",
		"\xdd\x00\x00\x27\x11" + strings.Repeat("\x01", 10_001):                                               "too_many_elements",
		strings.Repeat("\x91", 1_000_000) + "\x01":                                                            "nested_too_deep [0][0][0][0][0][0][0][0]…",
		strings.Repeat("\x92\x01", 100) + "\x01":                                                              "nested_too_deep [1][1][1][1][1][1][1][1]…",
		"\x81\xaaattributes" + strings.Repeat("\x81\xa1a", 1000) + "\x81\xa1b\x92\x01\xc4\x01x":               "nested_too_deep attributes.a.a.a.a.a.a.a…",
		"\x81\xaaattributes\x82\xa1a\xca\x7f\xc0\x00\x00\xa1b" + strings.Repeat("\x91", 100_000) + "\xa2\xff": "",
	} {
		if want == "" { // it ends inside a text
			var e *Error
			if err := Msgpack.Decode(list(good, item), new(PutRecordsRequest), BatchLimits); !errors.As(err, &e) || e.Code != CodeMalformed {
				t.Errorf("%.60q: %v", item, err)
			}
			continue
		}
		if got := lostOf(t, Msgpack, list(good, item, good, item)); !reflect.DeepEqual(got, []string{"", want, "", want}) {
			t.Errorf("%.60q: %.300q, want %s", item, got, want)
		}
	}
}

// What leaves it unsure where an item ends refuses the batch, as does what stands outside of every item.
func TestBadBatchesAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		`{"records":[{"a":1e999},{"source":"CRM"`: CodeMalformed,
		`{"records":[{"a":1e999}]}x`:              CodeMalformed,
		`{"records":[{"a":1e999]}`:                CodeMalformed,
		`{"records":[{"a":1e}]}`:                  CodeMalformed,
		"{\"records\":[{\"a\":\"\xff\"}]}":        CodeInvalidUTF8,
		`{"records":[{}],"records":[1e999]}`:      CodeDuplicateName,
		`{"records":[1e999],"records":[1e999]}`:   CodeDuplicateName,
		`{"records":[1e999],"x":[1e999]}`:         CodeUnknownField,
		`{"x":[{},{},` + strings.Repeat("[", 99) + strings.Repeat("]", 99) + `],"records":[1e999]}`: CodeUnknownField,
		`{"records":{"a":1e999}}`: CodeNumberRange,
		`{"records":1e999}`:       CodeNumberRange,
		`[[1e999]]`:               CodeNumberRange,
		`{"records":[` + strings.Repeat("1e999,", 10_000) + `1]}`:                             CodeTooManyItems,
		`{"records":[` + strings.Repeat("[", 1_000_000):                                       CodeMalformed,
		`{"records":[` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000):                CodeMalformed,
		`{"records":[` + strings.Repeat(`[`, 99) + `}` + strings.Repeat("]", 98) + `]}`:       CodeMalformed,
		`{"records":[` + strings.Repeat(`{"a":`, 99) + `]` + strings.Repeat("}", 98) + `]}`:   CodeMalformed,
		`{"records":[` + strings.Repeat(`[`, 99) + `"a":1` + strings.Repeat("]", 99) + `]}`:   CodeMalformed,
		`{"records":[` + strings.Repeat(`{"a":`, 99) + `1,2` + strings.Repeat("}", 99) + `]}`: CodeMalformed,
	} {
		var e *Error
		if err := JSON.Decode([]byte(text), new(PutRecordsRequest), BatchLimits); !errors.As(err, &e) || e.Code != want || len(e.Path) > 4*maxPath {
			t.Errorf("%.60s: %v, want %s", text, err, want)
		}
	}
	for body, want := range map[string]string{
		"\x81\xa7records\xdd\x00\x00\x27\x11" + strings.Repeat("\x01", 10_001):                       CodeTooManyItems,
		"\x81\xa7records\x91" + strings.Repeat("\x91", 3_000_000):                                    CodeMalformed,
		"\x81\xa7records\x91\xc4\xffx":                                                               CodeMalformed,
		"\x81\xa7records\x91\xca\x7f\xc0\x00\x00\x01":                                                CodeMalformed,
		"\x82\xa7records\x91\xca\x7f\xc0\x00\x00\xa1x\xca\x7f\xc0\x00\x00":                           CodeNumberRange,
		"\x82\xa1x\x92\x01" + strings.Repeat("\x91", 99) + "\x01\xa7records\x91\xca\x7f\xc0\x00\x00": CodeUnknownField,
	} {
		var e *Error
		if err := Msgpack.Decode([]byte(body), new(PutRecordsRequest), BatchLimits); !errors.As(err, &e) || e.Code != want {
			t.Errorf("%.60q: %v, want %s", body, err, want)
		}
	}
}

// Whatever stands beside an item, it gets what it gets when it is sent alone.
func TestItemsAreReadAsIfAlone(t *testing.T) {
	items := []string{`{"source":"CRM","attributes":{"a":[1,{"b":"x"}]}}`, `{"source":"WEB","identifiers":{"mobile":"1"}}`, `5`, `{"sauce":1}`, `{}`, `null`}
	for item := range badItems() {
		if len(item) < 50_000 {
			items = append(items, item)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		var want PutRecordsRequest
		var body bytes.Buffer
		body.WriteString(`{"records":[`)
		for i, item := range rapid.SliceOfN(rapid.SampledFrom(items), 1, 6).Draw(t, "items") {
			if i > 0 {
				body.WriteString(rapid.SampledFrom([]string{",", " , ", "\n,"}).Draw(t, "comma"))
			}
			var alone PutRecordsRequest
			if err := JSON.Decode(fmt.Appendf(nil, `{"records":[%s]}`, item), &alone, BatchLimits); err != nil {
				t.Fatal(err)
			}
			want.Records = append(want.Records, alone.Records...)
			body.WriteString(item)
		}
		body.WriteString(`]}`)
		var got PutRecordsRequest
		if err := JSON.Decode(body.Bytes(), &got, BatchLimits); err != nil {
			t.Fatal(err)
		}
		for i := range got.Records {
			got.Records[i].Size, want.Records[i].Size = 0, 0
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v\nwant %+v", got, want)
		}
	})
}

// Errors do not give back whole names of what was sent.
func TestPathsAreShort(t *testing.T) {
	name := strings.Repeat("名", 5000)
	for text, v := range map[string]any{
		`{"` + name + `":[]}`: new(PutRecordsRequest), `{"` + name + `":1e999}`: new(PutRecordsRequest), `{"` + name + `":1}`: new(CountRequest),
		`{"identifiers":{"` + name + `":true}}`: new(LookupContactRequest),
	} {
		var e *Error
		if err := JSON.Decode([]byte(text), v, BatchLimits); !errors.As(err, &e) || utf8.RuneCountInString(e.Path) > maxPath || len(e.Path) == 0 || !utf8.ValidString(e.Path) {
			t.Errorf("%.60s: %.300v", text, err)
		}
	}
	var got PutRecordsRequest
	if err := JSON.Decode([]byte(`{"records":[{"`+name+`":1},{"identifiers":{"`+name+`":true}}]}`), &got, BatchLimits); err != nil {
		t.Fatal(err)
	}
	for _, r := range got.Records {
		if r.Invalid == nil || utf8.RuneCountInString(r.Invalid.Field) > maxPath {
			t.Errorf("%.300v", r.Invalid)
		}
	}
	for path, want := range map[string]string{"a.b": "a.b", "a\x00\u202eb": "a??b", strings.Repeat("x", 64): strings.Repeat("x", 64), strings.Repeat("x", 65): strings.Repeat("x", 63) + "…"} {
		if got := ShortPath(path); got != want {
			t.Errorf("%q: %q", path, got)
		}
	}
}

// A batch that is lost item by item is never looked into too deep, in either format.
func FuzzBatch(f *testing.F) {
	f.Add([]byte(`{"records":[{"a":1e999},[[[1]]],{"source":"CRM"}]}`))
	f.Add([]byte("\x81\xa7records\x93\x81\xa1a\xca\x7f\xc0\x00\x00\x91\x91\x91\x01\x81\xa6source\xa3CRM"))
	limits := Limits{Depth: 4, String: 12, Items: 4}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, format := range []Format{JSON, Msgpack} {
			var got PutRecordsRequest
			if format.Decode(body, &got, limits) != nil {
				continue
			}
			whole := format.Scan(body, limits) == nil
			for _, r := range got.Records {
				if r.Invalid != nil && whole && r.Invalid.Code != CodeWrongType && r.Invalid.Code != CodeUnknownField {
					t.Fatalf("a record of a good body is lost: %+v", r.Invalid)
				}
				if r.Invalid == nil && len(r.Source) > limits.String {
					t.Fatalf("a text of %d bytes passed", len(r.Source))
				}
			}
		}
	})
}
