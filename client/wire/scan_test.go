package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
	"pgregory.net/rapid"
)

// scanned gives the code and path of what a scan refuses, "" if it passes.
func scanned(f Format, body []byte) string {
	err := f.Scan(body, BatchLimits)
	var e *Error
	if !errors.As(err, &e) {
		return ""
	}
	if e.Offset < 0 || e.Offset > len(body) {
		return fmt.Sprintf("offset %d of %d", e.Offset, len(body))
	}
	return strings.TrimSpace(e.Code + " " + e.Path)
}

func TestScanJSON(t *testing.T) {
	passes := func(text string) {
		t.Helper()
		if got := scanned(JSON, []byte(text)); got != "" {
			t.Errorf("%.80s: %s", text, got)
		}
		if !json.Valid([]byte(text)) {
			t.Errorf("%.80s: the standard library refuses it", text)
		}
	}
	refuses := func(text, want string) {
		t.Helper()
		if got := scanned(JSON, []byte(text)); got != want {
			t.Errorf("%.80q: %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{
		`{}`, `[]`, `0`, `-0`, `-1.5e+10`, `1E5`, `"x"`, `true`, `null`, ` { "a" : [ 1 , { } , [ ] ] } `, `{"a":{"a":{"a":1}}}`,
		`"\ud83d\ude00 \u4e2d \n\/\""`, `"中文"`, `{"":1}`, `18446744073709551616`, `1e308`, `{"a":"\u0000"}`,
		strings.Repeat("[", 32) + strings.Repeat("]", 32), `"` + strings.Repeat("x", 16<<10) + `"`,
		`"` + strings.Repeat(`\n`, 16<<10) + `"`, `[` + strings.Repeat("1,", 9999) + `1]`,
	} {
		passes(text)
	}
	refuses("", "empty_body")
	refuses(" ", "malformed_body")
	refuses("\xef\xbb\xbf{}", "malformed_body")
	refuses(`{"a":1}}`, "malformed_body")
	refuses(`{} x`, "malformed_body")
	refuses(`{"a":1,}`, "malformed_body a")
	refuses(`{"a" 1}`, "malformed_body a")
	refuses(`{a:1}`, "malformed_body")
	refuses(`{1:1}`, "malformed_body")
	refuses(`[1,]`, "malformed_body [1]")
	refuses(`[1 2]`, "malformed_body [0]")
	refuses(`[1}`, "malformed_body [0]")
	refuses(`{"records":[{"source":"x"},{"source":`, "malformed_body records[1].source")
	refuses(`01`, "malformed_body")
	refuses(`-`, "malformed_body")
	refuses(`1.`, "malformed_body")
	refuses(`.5`, "malformed_body")
	refuses(`1e`, "malformed_body")
	refuses(`NaN`, "malformed_body")
	refuses(`Infinity`, "malformed_body")
	refuses(`tru`, "malformed_body")
	refuses(`"abc`, "malformed_body")
	refuses("\"a\nb\"", "malformed_body")
	refuses(`"\x"`, "malformed_body")
	refuses(`"\u12g4"`, "malformed_body")
	refuses(`"\ud83d"`, "malformed_body")
	refuses(`"\ude00"`, "malformed_body")
	refuses(`"\ud83d\u0041"`, "malformed_body")
	refuses("{\"a\":\"\xff\"}", "invalid_utf8 a")
	refuses("\"\xc0\xaf\"", "invalid_utf8")     // overlong
	refuses("\"\xed\xa0\x80\"", "invalid_utf8") // a surrogate in UTF-8
	refuses(`1e400`, "number_out_of_range")
	refuses(`-1e400`, "number_out_of_range")
	refuses(strings.Repeat("9", 400), "number_out_of_range")
	refuses(strings.Repeat("9", 600), "number_out_of_range")
	refuses(`{"a\u0000b":1}`, "invalid_name a\\u0000b")
	refuses(`{"events":[{"x":1,"x":2}]}`, "duplicate_name events[0]")
	refuses(`{"a":1,"\u0061":2}`, "duplicate_name")
	refuses(strings.Repeat("[", 33)+strings.Repeat("]", 33), "nested_too_deep "+strings.Repeat("[0]", 8)+"…")
	if got := scanned(JSON, bytes.Repeat([]byte("["), 1_000_000)); !strings.HasPrefix(got, "nested_too_deep") {
		t.Errorf("a million brackets: %.40s", got)
	}
	refuses(`{"a":"`+strings.Repeat("x", 16<<10+1)+`"}`, "text_too_long a")
	refuses(`{"a":[`+strings.Repeat("1,", 10000)+`1]}`, "too_many_elements a[10000]")
	var many strings.Builder
	for i := range 10001 {
		fmt.Fprintf(&many, `,"k%d":1`, i)
	}
	refuses(`{`+many.String()[1:]+`}`, "too_many_elements k9999")
	// A name twice among many, where names are sorted.
	some := `{` + many.String()[1:strings.Index(many.String(), `,"k5000"`)] + `}`
	passes(some)
	refuses(strings.Replace(some, `"k77":`, `"k78":`, 1), "duplicate_name")
}

func pack(t testing.TB, v any) []byte {
	t.Helper()
	b, err := msgpack.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestScanMsgpack(t *testing.T) {
	passes := func(body []byte) {
		t.Helper()
		if got := scanned(Msgpack, body); got != "" {
			t.Errorf("%.60x: %s", body, got)
		}
	}
	refuses := func(body, want string) {
		t.Helper()
		if got := scanned(Msgpack, []byte(body)); got != want {
			t.Errorf("%.60x: %s, want %s", body, got, want)
		}
	}
	for _, v := range []any{map[string]any{}, []any{}, "", strings.Repeat("x", 16<<10), 0, -1, 127, 128, 1 << 40, -1 << 40, uint64(math.MaxUint64), 1.5, float32(1.5), true, false, nil,
		map[string]any{"a": []any{map[string]any{}, []any{1, 2}}, "b": "中文"}} {
		passes(pack(t, v))
	}
	passes([]byte("\xd6\xff\x00\x00\x00\x01"))                                     // timestamp of 32 bits
	passes([]byte("\xd7\xff\x00\x00\x00\x00\x00\x00\x00\x01"))                     // 64
	passes([]byte("\xc7\x0c\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01")) // 96
	refuses("", "empty_body")
	refuses("\x01\x01", "malformed_body")
	refuses("\xc1", "malformed_body")
	refuses("\xdd\x04\x00\x00\x00", "too_many_elements") // five bytes that claim 67 million elements
	refuses("\xdf\x04\x00\x00\x00", "too_many_elements")
	refuses("\xdc\x27\x10", "malformed_body") // 10,000 elements, none there
	refuses("\x92\x01", "malformed_body")
	refuses("\x82\xa1a\x01\xa1b", "malformed_body b")
	refuses("\xa5abc", "malformed_body")
	refuses("\xdb\xff\xff\xff\xff", "malformed_body")
	refuses("\xda\x40\x01"+strings.Repeat("x", 16<<10+1), "text_too_long")
	refuses("\xa1\xff", "invalid_utf8")
	refuses("\x81\x01\x01", "invalid_name")
	refuses("\x81\xc0\x01", "invalid_name")
	refuses("\x81\xa1\x00\x01", "invalid_name ?")
	refuses("\x82\xa1a\x01\xa1a\x02", "duplicate_name")
	refuses("\x81\xa1a\x91\xc4\x01x", "unsupported_type a[0]") // bin
	refuses("\xd4\x01\x00", "unsupported_type")                // another extension
	refuses("\xd6\x01\x00\x00\x00\x00", "unsupported_type")
	refuses("\xc7\x05\xff\x00\x00\x00\x00\x00", "unsupported_type") // a timestamp of no known width
	refuses("\xca\x7f\xc0\x00\x00", "number_out_of_range")          // +Inf
	refuses("\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", "number_out_of_range")
	refuses("\xd7\xff\xff\xff\xff\xff\x00\x00\x00\x00", "number_out_of_range")                     // a billion nanoseconds and more
	refuses("\xc7\x0c\xff\x00\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\xff", "number_out_of_range") // the far future
	if got := scanned(Msgpack, bytes.Repeat([]byte{0x91}, 3_000_000)); !strings.HasPrefix(got, "nested_too_deep") {
		t.Errorf("three million arrays: %.40s", got)
	}
}

// A scan costs no memory that grows with what a body claims.
func TestScanDoesNotAllocate(t *testing.T) {
	body := eventBatch(100)
	var in PutEventsRequest
	if err := JSON.Decode(body, &in, BatchLimits); err != nil {
		t.Fatal(err)
	}
	packed, err := Msgpack.Append(nil, in)
	if err != nil {
		t.Fatal(err)
	}
	s := new(scanner) // not from the pool, which the race detector empties at random
	for _, c := range []struct {
		format Format
		body   []byte
	}{{JSON, body}, {Msgpack, packed}} {
		s.scan(c.format, c.body, BatchLimits, true)
		if got := testing.AllocsPerRun(20, func() { s.scan(c.format, c.body, BatchLimits, true) }); got > 0 {
			t.Errorf("a scan of %s makes %v allocations", c.format.ContentType(), got)
		}
	}
}

// The scan and the standard library agree on what JSON is, within the limits and beside what only the scan refuses.
func TestScanAgreesWithTheStandardLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		agree(t, []byte(rapid.OneOf(
			rapid.StringMatching(`[\[\]{}:,"0-9a-ceEtrufalsn.\-+ \\/]{0,24}`),
			rapid.Custom(func(t *rapid.T) string {
				text := []byte(jsonText(t, 0))
				if len(text) > 0 && rapid.Bool().Draw(t, "spoil") {
					text[rapid.IntRange(0, len(text)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
				}
				return string(text)
			}),
		).Draw(t, "text")))
	})
}

func agree(t interface{ Fatalf(string, ...any) }, text []byte) {
	err := JSON.Scan(text, BatchLimits)
	var e *Error
	errors.As(err, &e)
	valid := json.Valid(text)
	switch {
	case err == nil && !valid:
		t.Fatalf("%q passes, and is no JSON", text)
	case err != nil && valid && (e.Code == CodeEmptyBody || e.Code == CodeMalformed && !bytes.Contains(text, []byte(`\u`))):
		t.Fatalf("%q: %v, and is JSON", text, err) // lone surrogates are JSON for the standard library, not for us
	}
}

// jsonText draws a JSON value with unique names.
func jsonText(t *rapid.T, depth int) string {
	switch kind := rapid.IntRange(0, 6).Draw(t, "kind"); {
	case kind == 0 && depth < 4:
		var parts []string
		for i := range rapid.IntRange(0, 30).Draw(t, "members") {
			parts = append(parts, fmt.Sprintf(`"%d%s":%s`, i, rapid.SampledFrom([]string{"", "中", `\u0041`, `\n`}).Draw(t, "name"), jsonText(t, depth+1)))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case kind == 1 && depth < 4:
		var parts []string
		for range rapid.IntRange(0, 4).Draw(t, "elements") {
			parts = append(parts, jsonText(t, depth+1))
		}
		return "[" + strings.Join(parts, " ,") + "]"
	case kind == 2:
		b, _ := json.Marshal(rapid.String().Draw(t, "text"))
		return string(b)
	case kind == 3:
		return fmt.Sprint(rapid.Int64().Draw(t, "int"))
	case kind == 4:
		b, _ := json.Marshal(rapid.Float64().Draw(t, "float"))
		return string(b)
	}
	return rapid.SampledFrom([]string{"true", "false", "null", "0", `""`}).Draw(t, "word")
}

func FuzzScanJSON(f *testing.F) {
	f.Add([]byte(`{"a":[1,"\ud83d\ude00",{"b":null}]}`))
	f.Fuzz(func(t *testing.T, body []byte) { agree(t, body) })
}

// What the msgpack scan passes, the library decodes, and our transcoding makes JSON that the JSON scan passes.
func FuzzScanMsgpack(f *testing.F) {
	f.Add([]byte("\x81\xa1a\x92\x01\xd6\xff\x00\x00\x00\x01"))
	f.Add([]byte("\xdd\x04\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if Msgpack.Scan(body, BatchLimits) != nil {
			return
		}
		var v any
		if err := msgpack.Unmarshal(body, &v); err != nil {
			t.Fatalf("the library refuses what passed: %v", err)
		}
		c := transcoder{body: body}
		text := c.append(nil)
		if c.at != len(body) {
			t.Fatalf("transcoding ended at %d of %d", c.at, len(body))
		}
		if err := JSON.Scan(text, BatchLimits); err != nil {
			t.Fatalf("transcoded to %q: %v", text, err)
		}
	})
}
