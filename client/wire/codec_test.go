package wire

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// everything is one filled value of every request and response.
func everything() []any {
	position := 3
	read := Read{Index: 7, AgeMs: 1}
	query := Query{Where: "高意向客户 and `x y` = '<&>'", Entity: "contact", Now: "2024-10-30T00:00:00+08:00", Purpose: "marketing", Channel: "sms"}
	timeline := TimelineEvent{EventID: "e", TenantID: "t", OrgID: "o", OneID: "1", OccurredAt: "2024-10-29T10:30:00+08:00", Source: "s", Type: "page.view", IP: "::1", UA: "ua", Future: true, Payload: `{"n":12345678901234567890,"f":1.5,"t":"<咨询>","l":[1,null,true]}`}
	contact := Contact{OneID: "1", Attributes: map[string]any{"name": "张*", "none": nil}, Identifiers: map[string][]string{"mobile": {"138****8001"}},
		Sources: []Source{{Source: "CRM", Name: "CRM", SourceID: "c", Kind: "contact", UpdatedAt: "x"}}, Tags: map[string]any{"高意向": true, "阶段": "商机"}, Account: &AccountLink{AccountID: "a", Name: "XX"}, Interactions7d: 3, LastInteractionAt: "x", CreatedAt: "y", UpdatedAt: "z"}
	account := Account{AccountID: "a", Attributes: map[string]any{"name": "XX"}, Identifiers: map[string][]string{"domain": {"x.com"}}, Sources: []Source{{Source: "CRM"}}, Tags: map[string]any{}, CreatedAt: "x"}
	tag := Tag{Name: "高意向", Entity: "contact", Kind: "rule", Valued: true, Rule: "did(page.view)", Description: "d", Count: 5, Coverage: 0.25, CreatedAt: "x", ChangedAt: "y"}
	segment := Segment{ID: "s", Name: "n", Where: "x", Mode: "static", Count: 4, CreatedAt: "x"}
	return []any{
		&Problem{Type: "about:blank", Title: "t", Status: 400, Detail: "d", Code: "c", Position: &position, Suggestion: "s", Field: "f", Offset: &position},
		&PutRecordsResponse{Written: Written{7}, Results: []RecordResult{{Status: StatusOK, OneID: "1", AccountID: "a", Created: true, MatchedBy: "mobile", Confidence: 0.9, Notes: []Note{{Field: "f", Code: "c", Detail: "d"}}}, {Status: StatusRejected, Code: "c", Detail: "d", Field: "f"}}},
		&LookupRecordsRequest{Records: []RecordRef{{"CRM", "c-1"}}},
		&LookupRecordsResponse{Read: read, Results: []RecordOwner{{OneID: "1", AccountID: "a", Kind: "contact"}, {Code: "not_found"}}},
		&PutEventsResponse{Written: Written{7}, Results: []EventResult{{Status: StatusAccepted, OneID: "1", Future: true}, {Status: StatusRejected, Code: "c", Detail: "d", Field: "f"}}},
		&EventsResponse{Read: read, Events: []TimelineEvent{timeline}, Next: "n"},
		&ContactResponse{Read: read, Contact: contact, MatchedBy: "mobile"},
		&LookupContactRequest{Identifiers: Identifiers{"mobile": "13800138001"}},
		&AccountResponse{Read: read, Account: account},
		&Account360Response{Read: read, Account: account, ContactCount: 1, Contacts: []Contact{contact}, Timeline: []TimelineEvent{timeline}, OrgChart: []OrgNode{{OneID: "1", Name: "n", JobTitle: "CFO", ReportsTo: "2"}}, Opportunities: []Opportunity{{Source: "CRM", SourceID: "o", UpdatedAt: "x", Attributes: map[string]any{"stage": "商机"}}}},
		&PutTagRequest{Entity: "contact", Kind: "rule", Rule: `{"tag":"x"}`, Description: "d"}, &TagResponse{Read: read, Tag: tag}, &TagsResponse{Read: read, Tags: []Tag{tag}},
		&TagMembersRequest{Add: []string{"1"}, Remove: []string{"2"}, Value: "v"}, &TagMembersResponse{Written: Written{7}, Changed: 1, Unknown: []string{"x"}},
		&CountRequest{query}, &CountResponse{Read: read, Count: 1, TookUs: 12}, &QueryContactsRequest{Query: query, Fields: []string{"name"}, Limit: 10, After: "x"},
		&QueryContactsResponse{Read: read, Contacts: []map[string]any{{"one_id": "1", "name": "张*", "vip": true}}, Next: "n", TookUs: 5},
		&BreakdownRequest{Query: query, By: "city"}, &BreakdownResponse{Read: read, Buckets: []Bucket{{Value: "上海", Count: 3}, {Count: 1}}, TookUs: 3},
		&ExplainRequest{query}, &ExplainResponse{Read: read, Count: 1, TookUs: 3, Plan: PlanNode{Label: "and", ChunksRead: 1, ChunksSkipped: 2, TookUs: 1.5, Rows: 4, Children: []PlanNode{{Label: "tag"}}}},
		&PutSegmentRequest{Name: "n", Where: `{"and":[{"tag":"a"},{"tag":"b"}]}`, Mode: "static"}, &SegmentResponse{Read: read, Segment: segment}, &SegmentsResponse{Read: read, Segments: []Segment{segment}},
		&CreateTenantRequest{ID: "t", Name: "n", Timezone: "Asia/Shanghai"}, &TenantResponse{Written: Written{7}, ID: "t", Name: "n", Timezone: "z"},
		&CreateKeyRequest{Tenant: "t", Role: "admin"}, &CreateKeyResponse{Written: Written{7}, Key: "k", ID: "i", Tenant: "t", Role: "admin"},
		&PutRecordsRequest{Records: []Record{{Source: "CRM", SourceID: "c", Kind: "contact", TenantID: "t", OrgID: "o", UpdatedAt: "x", Identifiers: Identifiers{"mobile": "1"}, Attributes: `{"name":"张三"}`}}},
		&PutEventsRequest{Events: []Event{{EventID: "e", TenantID: "t", OrgID: "o", OneID: "1", OccurredAt: "x", Source: "s", Type: "page.view", IP: "::1", UA: "ua", Identifiers: Identifiers{"cookie_id": "k"}, Payload: `{"a":1}`}}},
	}
}

// Every message is the same after a round trip in either format.
func TestRoundTrips(t *testing.T) {
	for _, v := range everything() {
		for _, f := range []Format{JSON, Msgpack} {
			body, err := f.Append([]byte("head"), v)
			if err != nil {
				t.Fatal(err)
			}
			got := reflect.New(reflect.TypeOf(v).Elem()).Interface()
			if err := f.Decode(body[len("head"):], got, ExpressionLimits); err != nil {
				t.Errorf("%T as %s: %v\n%s", v, f.ContentType(), err, body)
				continue
			}
			switch got := got.(type) {
			case *PutRecordsRequest:
				got.Records[0].Size = 0
			case *PutEventsRequest:
				got.Events[0].Size = 0
			}
			if !reflect.DeepEqual(got, v) {
				t.Errorf("%T as %s:\n got %+v\nwant %+v", v, f.ContentType(), got, v)
			}
		}
	}
}

// Numbers that arrive where any value may stand keep all their digits, in either format.
func TestNumbersKeepTheirDigits(t *testing.T) {
	for _, f := range []Format{JSON, Msgpack} {
		body, err := f.Append(nil, map[string]any{"contacts": []any{map[string]any{"n": int64(9007199254740993), "u": uint64(1<<63 + 1), "f": 0.1}}})
		if err != nil {
			t.Fatal(err)
		}
		var got QueryContactsResponse
		if err := f.Decode(body, &got, ResponseLimits); err != nil {
			t.Fatal(err)
		}
		want := map[string]any{"n": json.Number("9007199254740993"), "u": json.Number("9223372036854775809"), "f": json.Number("0.1")}
		if !reflect.DeepEqual(got.Contacts[0], want) {
			t.Errorf("%s: %v", f.ContentType(), got.Contacts[0])
		}
	}
}

func TestDecodeIsStrict(t *testing.T) {
	refuses := func(v any, text, want string) {
		t.Helper()
		for _, f := range []Format{JSON, Msgpack} {
			body := []byte(text)
			if f == Msgpack {
				r := reader{text: text}
				body = r.appendMsgpack(nil)
			}
			err := f.Decode(body, v, ExpressionLimits)
			var e *Error
			if !errors.As(err, &e) || strings.TrimSpace(e.Code+" "+e.Path) != want {
				t.Errorf("%s as %s: %v, want %s", text, f.ContentType(), err, want)
			}
		}
	}
	refuses(new(CountRequest), `{"where":"a","wheer":"b"}`, "unknown_field wheer")
	refuses(new(CountRequest), `{"where":5}`, "wrong_type")
	refuses(new(CountRequest), `{"where":"a","now":5}`, "wrong_type now")
	refuses(new(CountRequest), `[]`, "wrong_type")
	refuses(new(QueryContactsRequest), `{"where":"a","limit":"5"}`, "wrong_type limit")
	refuses(new(QueryContactsRequest), `{"where":"a","limit":1.5}`, "wrong_type limit")
	refuses(new(LookupContactRequest), `{"identifiers":{"mobile":true}}`, "wrong_type identifiers.mobile")
	refuses(new(PutRecordsRequest), `{"items":[]}`, "unknown_field items")
	refuses(new(PutRecordsRequest), `{"records":{}}`, "wrong_type records")
	refuses(new(PutEventsRequest), `[]`, "wrong_type")
	var loose CountResponse
	if err := JSON.DecodeLoose([]byte(`{"count":5,"later":{"x":1}}`), &loose, ResponseLimits); err != nil || loose.Count != 5 {
		t.Errorf("loose: %+v, %v", loose, err)
	}
}

// What is wrong with one item does not touch the others.
func TestItemsAreInvalidByThemselves(t *testing.T) {
	var got PutRecordsRequest
	text := `{"records":[{"source":"CRM","source_id":7,"updated_at":null},5,{"source":1},{"sauce":"CRM"},{"attributes":[1]},{"identifiers":{"mobile":[1]}},{"identifiers":{"mobile":13800138001,"email":null}},null]}`
	if err := JSON.Decode([]byte(text), &got, BatchLimits); err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, r := range got.Records {
		if r.Invalid == nil {
			codes = append(codes, "ok")
			continue
		}
		codes = append(codes, strings.TrimSpace(r.Invalid.Code+" "+r.Invalid.Field))
	}
	want := "ok,wrong_type,wrong_type source,unknown_field sauce,wrong_type attributes,wrong_type identifiers.mobile,ok,wrong_type"
	if strings.Join(codes, ",") != want {
		t.Errorf("%s\nwant %s", strings.Join(codes, ","), want)
	}
	if r := got.Records[0]; r.SourceID != "7" || r.Size != len(`{"source":"CRM","source_id":7,"updated_at":null}`) {
		t.Errorf("first: %+v", r)
	}
	if ids := got.Records[6].Identifiers; len(ids) != 1 || ids["mobile"] != "13800138001" {
		t.Errorf("identifiers %v", ids)
	}
}

// The decoder of batches and the standard library read the same from what the scan passes.
func TestBatchDecoderAgreesWithTheStandardLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want PutEventsRequest
		for range rapid.IntRange(1, 4).Draw(t, "events") {
			text := func(label string) string { return rapid.String().Draw(t, label) }
			payload, err := MakeObject(map[string]any{text("name"): text("text"), "n": rapid.Int64().Draw(t, "n"), "deep": []any{map[string]any{"a": text("deep")}}})
			if err != nil {
				t.Fatal(err)
			}
			want.Events = append(want.Events, Event{EventID: text("id"), Source: text("source"), Type: text("type"), OccurredAt: text("at"), UA: text("ua"), Identifiers: Identifiers{"email": "x" + text("email")}, Payload: payload})
		}
		body, err := json.MarshalIndent(want, rapid.SampledFrom([]string{"", " ", "\t"}).Draw(t, "prefix"), "  ")
		if err != nil {
			t.Fatal(err)
		}
		var got PutEventsRequest
		if err := JSON.Decode(body, &got, BatchLimits); err != nil {
			t.Fatal(err)
		}
		for i := range got.Events {
			if invalid := got.Events[i].Invalid; invalid != nil && invalid.Code == CodeInvalidName {
				t.Skip("a NUL in a name")
			}
			got.Events[i].Size = 0
			a, _ := got.Events[i].Payload.Map()
			b, _ := want.Events[i].Payload.Map()
			if !reflect.DeepEqual(a, b) {
				t.Fatalf("payload %v, want %v", a, b)
			}
			got.Events[i].Payload, want.Events[i].Payload = "", ""
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v\nwant %+v", got, want)
		}
	})
}

func TestObjectMembers(t *testing.T) {
	var got []string
	Object(`{ "a" : "x\n" , "i":-7,"big":18446744073709551616,"f":1.50,"e":1e3,"t":true,"n":null,"o":{"x":[1,"}"]},"l":[ ] }`).Members(func(name string, v Value) bool {
		b, _ := json.Marshal([]any{name, v.Kind, v.Text, v.Int})
		got = append(got, string(b))
		return true
	})
	want := []string{`["a",1,"x\n",0]`, `["i",2,"-7",-7]`, `["big",3,"18446744073709551616",0]`, `["f",3,"1.50",0]`, `["e",3,"1e3",0]`,
		`["t",4,"true",1]`, `["n",0,"null",0]`, `["o",5,"{\"x\":[1,\"}\"]}",0]`, `["l",5,"[ ]",0]`}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if _, err := MakeObject(map[string]any{"c": make(chan int)}); err == nil {
		t.Error("a channel became JSON")
	}
}

// An Object that a program made by hand may hold anything: reading it ends, and encoding it is an error.
func FuzzObject(f *testing.F) {
	f.Add(`{"a":{"b":[1,"x\u0041"]}}`)
	f.Add(`{a`)
	f.Add(`{"a"`)
	f.Add(`{"a":}`)
	f.Add("{\"a\":[\x01")
	f.Fuzz(func(t *testing.T, text string) {
		n := 0
		Object(text).Members(func(name string, v Value) bool { n += len(name) + len(v.Text); return true })
		if len(text) > 0 && n > 12*len(text) {
			t.Errorf("%d bytes came out of %d", n, len(text))
		}
		_, err := Msgpack.Append(nil, Object(text))
		if scanned := JSON.Scan([]byte(text), ResponseLimits); text != "" && (err == nil) != (scanned == nil) {
			t.Errorf("encoded: %v, scanned: %v", err, scanned)
		}
	})
}

func TestFormatOf(t *testing.T) {
	is := func(text string, f Format, ok bool) {
		t.Helper()
		if got, served := FormatOf(text); got != f || served != ok {
			t.Errorf("%s: %v, %v", text, got, served)
		}
	}
	is("", JSON, true)
	is("application/json", JSON, true)
	is("Application/JSON; charset=UTF-8", JSON, true)
	is("application/json; charset=gbk", JSON, false)
	is("application/msgpack", Msgpack, true)
	is("application/x-msgpack", Msgpack, true)
	is("text/html, application/msgpack;q=0.9, */*", Msgpack, true)
	is("text/html, */*;q=0.8", JSON, true)
	is("text/html", JSON, false)
	is("multipart/form-data; boundary=x", JSON, false)
}

// No body makes a decoder panic, and both formats read a body alike.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"events":[{"event_id":"e","identifiers":{"mobile":1},"payload":{"a":[1,{"b":"\ud83d\ude00"}]}}]}`))
	f.Add([]byte(`{"records":[{"source":"CRM","attributes":{"a":1.0}}]}`))
	f.Add([]byte(`{"where":{"and":[{"tag":"a"}]},"now":"x"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, fresh := range []func() any{
			func() any { return new(PutEventsRequest) }, func() any { return new(PutRecordsRequest) }, func() any { return new(CountRequest) },
			func() any { return new(LookupContactRequest) }, func() any { return new(QueryContactsResponse) },
		} {
			v := fresh()
			Msgpack.Decode(body, v, ExpressionLimits)
			v = fresh()
			if JSON.Decode(body, v, ExpressionLimits) != nil {
				continue
			}
			packed, err := Msgpack.Append(nil, v)
			if err != nil {
				t.Fatalf("%T: %v", v, err)
			}
			text, err := JSON.Append(nil, v)
			if err != nil {
				t.Fatalf("%T: %v", v, err)
			}
			asPacked, asText := Msgpack.Decode(packed, fresh(), ExpressionLimits), JSON.Decode(text, fresh(), ExpressionLimits)
			if (asPacked == nil) != (asText == nil) { // both refuse a list that is absent
				t.Fatalf("%T again: %v as msgpack, %v as JSON", v, asPacked, asText)
			}
		}
	})
}
