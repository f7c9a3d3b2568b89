package command

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
	"pgregory.net/rapid"
)

var newGolden = flag.Bool("new-golden", false, "write golden files that do not exist yet; existing ones are never written")

func key(b byte) (k Key) {
	for i := range k {
		k[i] = b + byte(i)
	}
	return k
}

// samples has one of every command, with every field set.
func samples() map[string]Body {
	identifiers := []Identifier{{Type: "mobile", Key: key(1), Sealed: []byte("sealed mobile")}, {Type: "landline", Key: key(2)}}
	values := []Value{
		{Name: "job_title", Kind: Text, Text: "财务经理"},
		{Name: "name", Kind: Token, Text: "\x00\x01token"},
		{Name: "seats", Kind: Int, Int: -70000},
		{Name: "value", Kind: Float, Float: 0.1},
		{Name: "vip", Kind: Bool, Int: 1},
		{Name: "created_at", Kind: Time, Int: 1730168400000},
		{Name: "gone", Kind: Null},
	}
	return map[string]Body{
		"create_tenant": &CreateTenant{ID: "t001", Name: "XX金融公司", Timezone: "Asia/Shanghai", Keys: bytes.Repeat([]byte{7}, 300)},
		"delete_tenant": &DeleteTenant{ID: "t001"},
		"put_key":       &PutKey{ID: "k1", Role: "admin", Hash: []byte{1, 2, 3}, Revoked: true},
		"put_records": &PutRecords{Records: []Record{
			{NewID: ID(key(3)), Key: key(4), Source: "CRM", SourceID: []byte("sealed id"), Kind: KindContact, Org: "hq", UpdatedAt: 1730168400000,
				Identifiers: identifiers, Attributes: values,
				Account: &AccountRef{NewID: ID(key(5)), Name: "XX金融公司", Identifiers: []Identifier{{Type: "account_name", Key: key(6), Sealed: []byte("s")}}}},
			{NewID: ID(key(7)), Key: key(8), Source: "CRM", Kind: KindAccount, UpdatedAt: -1},
		}},
		"put_events": &PutEvents{Events: []Event{
			{NewID: ID(key(9)), Key: key(10), RecordKey: key(11), EventID: "e1", Source: "CALLCENTER", Org: "hq", Type: "call.outbound.ended",
				OccurredAt: 1730168400000, Identifiers: identifiers, Props: values, Sealed: bytes.Repeat([]byte{9}, 70000), Future: true},
			{OneID: ID(key(12)), Key: key(13), EventID: strings.Repeat("长", 30), Type: "page.view"},
		}},
		"put_tag":        &PutTag{Name: "高接通率", Entity: "contact", Kind: "rule", Valued: true, Rule: "intent = '高'", Description: strings.Repeat("d", 300)},
		"delete_tag":     &DeleteTag{Name: "高接通率"},
		"tag_members":    &TagMembers{Name: "商机阶段", Value: "成交", Add: []ID{ID(key(1)), ID(key(2))}, Remove: []ID{ID(key(3))}},
		"put_segment":    &PutSegment{ID: "s1", Name: "n", Where: "高意向客户", Mode: "static", Members: []byte{1, 2}},
		"delete_segment": &DeleteSegment{ID: "s1"},
		"put_attribute":  &PutAttribute{Entity: "account", Name: "stage", Kind: Text},
	}
}

func sampleEnvelope() Envelope {
	return Envelope{Time: 1730168400000, Tenant: "t001", Idempotency: &Idempotency{Key: key(20), Request: key(40)}}
}

func sampleResult() *Result {
	return &Result{
		Index: 1 << 40, Code: "unknown_tag", Detail: "no tag is named so", Changed: 1 << 20, Unknown: []ID{ID(key(1))},
		Records: []RecordResult{{Status: OK, OneID: ID(key(1)), AccountID: ID(key(2)), Created: true, MatchedBy: "mobile", Confidence: 1, Code: "c", Detail: "d", Field: "f"}},
		Events:  []EventResult{{Status: Duplicate, OneID: ID(key(3)), Code: "c", Detail: "d"}},
	}
}

// TestGolden holds the encoding of every command to files that are kept for ever.
func TestGolden(t *testing.T) {
	check := func(name string, encoded []byte) []byte {
		t.Helper()
		path := filepath.Join("testdata", "golden", name+".v1.hex")
		text, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) && *newGolden {
			text = []byte(hex.EncodeToString(encoded) + "\n")
			err = os.WriteFile(path, text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		golden, err := hex.DecodeString(strings.TrimSpace(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(golden, encoded) {
			t.Errorf("%s is encoded differently than in %s", name, path)
		}
		return golden
	}
	for name, body := range samples() {
		e, got, err := Decode(check(name, Encode(sampleEnvelope(), body)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !reflect.DeepEqual(got, body) {
			t.Errorf("%s decoded to %+v", name, got)
		}
		want := sampleEnvelope()
		want.Version, want.Type, want.Body = Version, body.commandType(), e.Body
		if !reflect.DeepEqual(e, want) {
			t.Errorf("%s: envelope decoded to %+v", name, e)
		}
	}
	got, err := DecodeResult(check("result", EncodeResult(sampleResult())))
	if err != nil || !reflect.DeepEqual(got, sampleResult()) {
		t.Errorf("result decoded to %+v, %v", got, err)
	}
}

// TestEventResultField reads results of events with the field, which is encoded where there is one, and without.
func TestEventResultField(t *testing.T) {
	r := sampleResult()
	without := EncodeResult(r)
	r.Events = append(r.Events, EventResult{Status: Rejected, Code: "unknown_one_id", Field: "one_id"})
	r.Events[0].Field = "payload.n"
	with := EncodeResult(r)
	if got, err := DecodeResult(with); err != nil || !reflect.DeepEqual(got, r) {
		t.Errorf("decoded to %+v, %v", got, err)
	}
	r.Events = r.Events[:1]
	r.Events[0].Field = ""
	if !bytes.Equal(EncodeResult(r), without) {
		t.Error("an empty field is encoded")
	}
	list := bytes.Index(with, append([]byte{0x92, 0x95, byte(Duplicate)}, 0xc4, 16))
	if list < 0 {
		t.Fatal("no event of five fields")
	}
	with[list+1] = 0x96
	if _, err := DecodeResult(with); !errors.Is(err, ErrMalformed) {
		t.Errorf("six fields: %v", err)
	}
}

// reference encodes with the library that the format follows.
func reference(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	enc := msgpack.NewEncoder(&b)
	enc.UseCompactInts(true)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestEncodingIsTheLibrarys(t *testing.T) {
	for name, body := range samples() {
		e := sampleEnvelope()
		e.Version, e.Type, e.Body = Version, body.commandType(), reference(t, body)
		if !bytes.Equal(Encode(sampleEnvelope(), body), reference(t, &e)) {
			t.Errorf("%s is encoded differently by the library", name)
		}
		again := newBody(body.commandType())
		if err := msgpack.Unmarshal(e.Body, again); err != nil || !reflect.DeepEqual(again, body) {
			t.Errorf("%s: the library decodes it to %+v, %v", name, again, err)
		}
	}
	if !bytes.Equal(EncodeResult(sampleResult()), reference(t, sampleResult())) {
		t.Error("a result is encoded differently by the library")
	}
}

// TestLibrarysWideIntegers reads integers in every width, as another encoder may write them.
func TestLibrarysWideIntegers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		want := &PutEvents{Events: []Event{{
			EventID: rapid.StringN(0, 400, -1).Draw(rt, "id"), OccurredAt: rapid.Int64().Draw(rt, "time"),
			Sealed: rapid.SliceOfN(rapid.Byte(), 1, 300).Draw(rt, "sealed"), Future: rapid.Bool().Draw(rt, "future"),
			Props: []Value{{Kind: Float, Float: rapid.Float64().Draw(rt, "float"), Int: rapid.Int64().Draw(rt, "int")}},
		}}}
		wide, err := msgpack.Marshal(want)
		if err != nil {
			rt.Fatal(err)
		}
		for _, b := range [][]byte{wide, reference(t, want)} {
			got, err := DecodeBody(TypePutEvents, b)
			if err != nil || !reflect.DeepEqual(got, want) {
				rt.Fatalf("decoded to %+v, %v", got, err)
			}
		}
		_, got, err := Decode(Encode(Envelope{}, want))
		if err != nil || !reflect.DeepEqual(got, want) {
			rt.Fatalf("decoded to %+v, %v", got, err)
		}
	})
}

func TestDecodeRefuses(t *testing.T) {
	good := Encode(sampleEnvelope(), &DeleteTag{Name: "x"})
	newer := bytes.Clone(good)
	newer[1] = 2
	strange := bytes.Clone(good)
	strange[2] = 99
	for _, c := range []struct {
		name string
		b    []byte
		want error
	}{
		{"nothing", nil, ErrMalformed},
		{"nil", []byte{0xc0}, ErrMalformed},
		{"a map", []byte{0x80}, ErrMalformed},
		{"an empty array", []byte{0x90}, ErrMalformed},
		{"an unused code", []byte{0xc1}, ErrMalformed},
		{"a newer version", newer, ErrUnknownCommand},
		{"a newer version of another shape", []byte{0x92, 7, 0xa1, 'x'}, ErrUnknownCommand},
		{"an unknown type", strange, ErrUnknownCommand},
		{"a byte too many", append(bytes.Clone(good), 0), ErrMalformed},
		{"a byte too few", good[:len(good)-1], ErrMalformed},
		{"an array of four billion fields", []byte{0xdd, 0xff, 0xff, 0xff, 0xff, 1}, ErrMalformed},
	} {
		if _, _, err := Decode(c.b); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for cut := range good {
		if _, _, err := Decode(good[:cut]); err == nil {
			t.Errorf("the first %d bytes decode", cut)
		}
	}
}

// TestLyingLengths is five bytes that announce gigabytes.
func TestLyingLengths(t *testing.T) {
	for _, b := range [][]byte{
		{0x91, 0xdd, 0xff, 0xff, 0xff, 0xff},
		{0x91, 0xdd, 0x7f, 0xff, 0xff, 0xff, 0x9d},
		{0x91, 0xdc, 0xff, 0xff},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for _, typ := range []Type{TypePutRecords, TypePutEvents} {
			if _, err := DecodeBody(typ, b); !errors.Is(err, ErrMalformed) {
				t.Errorf("%x: %v", b, err)
			}
		}
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 1<<20 {
			t.Errorf("%x allocated %d bytes", b, grown)
		}
	}
	long := []byte{0x94, 0xdb, 0xff, 0xff, 0xff, 0xff, 'x'}
	if _, err := DecodeBody(TypePutKey, long); !errors.Is(err, ErrMalformed) {
		t.Error(err)
	}
}

// allocated bounds what decoding b may take: a fixed multiple of its length, and a constant.
func checkDecode(t *testing.T, b []byte, decode func([]byte) (encoded []byte, err error)) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	encoded, err := decode(b)
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > uint64(64*len(b)+1<<20) {
		t.Fatalf("%d bytes made it allocate %d", len(b), grown)
	}
	if err != nil {
		if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrUnknownCommand) {
			t.Fatalf("an error of no known kind: %v", err)
		}
		return
	}
	second, err := decode(encoded)
	if err != nil || !bytes.Equal(second, encoded) {
		t.Fatalf("what was decoded is encoded to %x, decoding that again gives %x, %v", encoded, second, err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, body := range samples() {
		f.Add(Encode(sampleEnvelope(), body))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		checkDecode(t, b, func(b []byte) ([]byte, error) {
			e, body, err := Decode(b)
			if err != nil {
				return nil, err
			}
			return Encode(e, body), nil
		})
	})
}

func FuzzDecodeBody(f *testing.F) {
	for _, body := range samples() {
		f.Add(uint8(body.commandType()), reencode(body))
	}
	f.Fuzz(func(t *testing.T, typ uint8, b []byte) {
		checkDecode(t, b, func(b []byte) ([]byte, error) {
			body, err := DecodeBody(Type(typ), b)
			if err != nil {
				return nil, err
			}
			return reencode(body), nil
		})
	})
}

func reencode(body Body) []byte {
	c := encoder()
	body.fields(c)
	return c.b
}

func FuzzDecodeResult(f *testing.F) {
	f.Add(EncodeResult(sampleResult()))
	f.Add(EncodeResult(&Result{Events: []EventResult{{Status: Rejected, Code: "c", Field: "one_id"}}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		checkDecode(t, b, func(b []byte) ([]byte, error) {
			r, err := DecodeResult(b)
			if err != nil {
				return nil, err
			}
			return EncodeResult(r), nil
		})
	})
}

func BenchmarkDecodeEvents(b *testing.B) {
	p := &PutEvents{}
	for i := range 500 {
		e := Event{Key: key(byte(i)), RecordKey: key(byte(i + 1)), EventID: "event-0000001", Source: "CALLCENTER", Type: "call.outbound.ended",
			OccurredAt: math.MaxInt32 * 800, Identifiers: []Identifier{{Type: "mobile", Key: key(byte(i)), Sealed: make([]byte, 40)}}, Sealed: make([]byte, 300)}
		for _, name := range []string{"answered", "ring_seconds", "talk_seconds", "agent_id", "disposition", "intent"} {
			e.Props = append(e.Props, Value{Name: name, Kind: Int, Int: int64(i)})
		}
		p.Events = append(p.Events, e)
	}
	encoded := Encode(sampleEnvelope(), p)
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := Decode(encoded); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(500*float64(b.N)/b.Elapsed().Seconds(), "events/s")
	})
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			Encode(sampleEnvelope(), p)
		}
		b.ReportMetric(500*float64(b.N)/b.Elapsed().Seconds(), "events/s")
	})
}
