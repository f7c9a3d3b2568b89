package query

import (
	"errors"
	"testing"
)

// validJSON are JSON forms with the text that they mean and, where it differs, the JSON that PrintJSON writes.
var validJSON = []struct{ json, text, printed string }{
	{`{"and":[{"tag":"高意向客户"},{"attr":"job_title","in":["CFO"]}]}`, "高意向客户 AND job_title IN ('CFO')", ""},
	{`{"or":[{"tag":"a"},{"not":{"tag":"account.b"}}]}`, "a OR NOT account.b", ""},
	{`{"and":[{"and":[{"tag":"a"},{"tag":"b"}]},{"or":[{"tag":"c"}]}]}`, "a AND b AND c", `{"and":[{"tag":"a"},{"tag":"b"},{"tag":"c"}]}`},
	{` { "eq" : "商机" , "tag" : "商机阶段" } `, "商机阶段 = '商机'", `{"attr":"商机阶段","eq":"商机"}`},
	{`{"attr":"a","ne":1.50}`, "a != 1.50", ""},
	{`{"attr":"a","lt":-1}`, "a < -1", ""},
	{`{"attr":"a","le":1e3}`, "a <= 1000", `{"attr":"a","le":1000}`},
	{`{"attr":"a","gt":-1.25E+1}`, "a > -12.5", `{"attr":"a","gt":-12.5}`},
	{`{"attr":"a","ge":1e-7}`, "a >= 0.0000001", `{"attr":"a","ge":0.0000001}`},
	{`{"attr":"a","eq":123456789012345678901234567890.12}`, "a = 123456789012345678901234567890.12", ""},
	{`{"attr":"a","eq":true}`, "a = true", ""},
	{`{"attr":"a","between":["2024-10-01","2024-10-31"]}`, "a BETWEEN '2024-10-01' AND '2024-10-31'", ""},
	{`{"attr":"a","like":"张%<&>\u4e09"}`, "a LIKE '张%<&>三'", `{"attr":"a","like":"张%<&>三"}`},
	{`{"attr":"a","is_null":true}`, "a IS NULL", ""},
	{`{"tag":"a","is_null":false}`, "a IS NOT NULL", `{"attr":"a","is_null":false}`},
	{`{"account":{"attr":"industry","eq":"金融"}}`, "account.industry = '金融'", `{"attr":"account.industry","eq":"金融"}`},
	{`{"account":{"or":[{"tag":"a"},{"not":{"tag":"b"}}]}}`, "account.a OR NOT account.b", `{"or":[{"tag":"account.a"},{"not":{"tag":"account.b"}}]}`},
	{`{"attr":"Account.count","eq":1}`, "account.`count` = 1", `{"attr":"account.count","eq":1}`},
	{`{"segment":"vip"}`, "segment('vip')", ""},
	{`{"id":["CDP_001","CDP_002"]}`, "id IN ('CDP_001', 'CDP_002')", ""},
	{`{"did":{"type":"page.view"}}`, "did(page.view)", ""},
	{`{"did":{"window":"7D","where":{"attr":"account.x","eq":1},"type":"call.*"}}`, "did(call.* where `account.x` = 1, 7d)", `{"did":{"type":"call.*","where":{"attr":"account.x","eq":1},"window":"7d"}}`},
	{`{"count":{"type":"*","window":"'2024-10-01'..'2024-10-31'"},"gt":3}`, "count(*, '2024-10-01'..'2024-10-31') > 3", ""},
	{`{"sum":{"type":"call.*","prop":"talk_seconds","window":"7 calendar days"},"between":[1,2]}`, "sum(call.*.talk_seconds, 7 calendar days) BETWEEN 1 AND 2", ""},
	{`{"rate":{"type":"call.outbound.ended","where":{"attr":"answered","eq":true},"window":"last 30"},"gt":0.7}`, "rate(call.outbound.ended where answered = true, last 30) > 0.7", ""},
	{`{"distinct_days":{"type":"*"},"eq":0}`, "distinct_days(*) = 0", ""},
}

func TestParseJSONValid(t *testing.T) {
	for _, c := range validJSON {
		e, err := ParseJSON([]byte(c.json))
		if err != nil {
			t.Errorf("ParseJSON(%s): %v", c.json, err)
			continue
		}
		if got := Print(e); got != c.text {
			t.Errorf("ParseJSON(%s) prints as %s, want %s", c.json, got, c.text)
		}
		want := c.printed
		if want == "" {
			want = c.json
		}
		if got, err := PrintJSON(e); err != nil || string(got) != want {
			t.Errorf("PrintJSON of %s = %s, %v; want %s", c.text, got, err, want)
		}
		roundTrip(t, e)
	}
}

const headsMessage = "a node has one of the keys and, or, not, tag, attr, account, segment, id, did, count, sum, avg, min, max, rate, distinct_days"

var invalidJSON = []struct {
	json       string
	at         int
	message    string
	suggestion string
}{
	{``, 0, "/: the JSON ends too early", ""},
	{`{"tag":`, 7, "/: the JSON ends too early", ""},
	{`{"tag":"a"} x`, 12, "/: something stands behind the JSON value", ""},
	{`{"tag":"a"}{}`, 11, "/: something stands behind the JSON value", ""},
	{`{"tag":"a",}`, 11, "/: this is not valid JSON", ""},
	{`{tag:"a"}`, 1, "/: this is not valid JSON", ""},
	{`nul`, 3, "/: the JSON ends too early", ""},
	{"{\"tag\":\"\xff\"}", 8, "the expression is not valid UTF-8", ""},
	{`"a"`, 0, "/: expected an object, found a string", ""},
	{`{}`, 0, "/: " + headsMessage, ""},
	{`{"eq":1}`, 0, "/: " + headsMessage, ""},
	{`{"and":[]}`, 7, "/and: the array is empty", ""},
	{`{"and":{"tag":"a"}}`, 7, "/and: expected an array, found an object", ""},
	{`{"and":[{"tag":"a"},{"tga":"b"}]}`, 21, `/and/1: unknown key "tga"`, `"tag"`},
	{`{"and":[{"tag":"a"},null]}`, 20, "/and/1: expected an object, found null", ""},
	{`{"tag":"a","tag":"a"}`, 11, "/tag: the key stands twice", ""},
	{`{"tag":"a","or":[]}`, 11, "/or: a node is one thing; two of them are joined by and", ""},
	{`{"attr":"a","ge":1,"lt":2}`, 19, "/lt: a node has one test; two of them are joined by and", ""},
	{`{"attr":"a"}`, 0, `/: an attribute needs a test such as "eq"; a tag that is set is written {"tag": …}`, ""},
	{`{"not":{"tag":"a"},"eq":1}`, 19, "/eq: not is compared with nothing", ""},
	{`{"Tag":"a"}`, 1, `/: unknown key "Tag"`, `"tag"`},
	{`{"tag":5}`, 7, "/tag: expected a string, found a number", ""},
	{`{"tag":""}`, 7, "/tag: a name is empty", ""},
	{`{"tag":"a\u202e"}`, 7, "/tag: a name cannot contain U+202E", ""},
	{`{"tag":"\ud800"}`, 7, "/tag: a name cannot contain U+FFFD", ""},
	{`{"tag":"account.account.x"}`, 7, `/tag: a name cannot begin with "account."`, ""},
	{`{"tag":"account."}`, 7, "/tag: a name is empty", ""},
	{`{"attr":"a","eq":null}`, 17, "/eq: null is tested with is_null; a comparison with it is never true", `"is_null": true`},
	{`{"attr":"a","eq":[1]}`, 17, "/eq: expected a string, a number or a bool, found an array", ""},
	{`{"attr":"a","eq":"\u0000"}`, 17, "/eq: a text cannot contain U+0000", ""},
	{`{"attr":"a","eq":1e99}`, 17, "/eq: a number has more than 40 digits", ""},
	{`{"attr":"a","eq":12345678901234567890123456789012345678901}`, 17, "/eq: a number has more than 40 digits", ""},
	{`{"attr":"a","in":[]}`, 17, "/in: the array is empty", ""},
	{`{"attr":"a","in":["x",{}]}`, 22, "/in/1: expected a string, a number or a bool, found an object", ""},
	{`{"attr":"a","between":[1]}`, 22, "/between: between has two values, the lower first", ""},
	{`{"attr":"a","like":"\\"}`, 19, `/like: a pattern ends in a lone \, which takes the next character literally`, ""},
	{`{"attr":"a","is_null":1}`, 22, "/is_null: expected a bool, found a number", ""},
	{`{"account":{"did":{"type":"*"}}}`, 12, "/account/did: did cannot be used here", ""},
	{`{"account":{"tag":"account.a"}}`, 18, `/account/tag: a name cannot begin with "account."`, ""},
	{`{"account":{"account":{"tag":"a"}}}`, 12, "/account/account: account cannot be used here", ""},
	{`{"id":[5]}`, 7, "/id/0: expected a string, found a number", ""},
	{`{"id":[]}`, 6, "/id: the array is empty", ""},
	{`{"segment":""}`, 11, "/segment: an id is empty", ""},
	{`{"did":{}}`, 7, "/did: the type of the events is missing", `"type": "*"`},
	{`{"did":{"type":"*.a"}}`, 15, "/did/type: * stands alone or as the last part of an event type, as in call.*", ""},
	{`{"did":{"type":"*","prop":"x"}}`, 19, "/did/prop: only sum, avg, min and max have a property", ""},
	{`{"did":{"type":"*","windw":"7d"}}`, 19, `/did: unknown key "windw"`, `"window"`},
	{`{"did":{"type":"*","type":"*"}}`, 19, "/did/type: the key stands twice", ""},
	{`{"did":{"type":"*","window":"0d"}}`, 28, "/did/window: a window of no days is empty", ""},
	{`{"did":{"type":"*","window":"7d) OR did(*"}}`, 28, `/did/window: expected the end, found ")"`, ""},
	{`{"did":{"type":"*","window":""}}`, 28, "/did/window: expected " + expectedWindow + ", found the end", ""},
	{`{"did":{"type":"*","where":{"count":{"type":"*"},"gt":1}}}`, 28, "/did/where/count: count cannot be used here", ""},
	{`{"sum":{"type":"*"},"gt":1}`, 7, "/sum: the property is missing", ""},
	{`{"rate":{"type":"*"},"gt":1}`, 8, "/rate: rate needs a where: the share of which events", ""},
	{`{"count":{"type":"*"}}`, 0, `/: count is compared with a number, by "gt" for example`, `"gt": 0`},
	{`{"count":{"type":"*"},"like":"x"}`, 22, "/like: count is compared with a number, by eq, ne, lt, le, gt, ge or between", ""},
	{`{"count":{"type":"*"},"gt":"1"}`, 27, "/gt: expected a number, found a string", ""},
	{`{"count":{"type":"*"},"between":[1,"2"]}`, 35, "/between/1: expected a number, found a string", ""},
}

func TestParseJSONInvalid(t *testing.T) {
	for _, c := range invalidJSON {
		_, err := ParseJSON([]byte(c.json))
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("ParseJSON(%s) = %v, want an *Error", c.json, err)
			continue
		}
		if e.Position != c.at || e.Message != c.message || e.Suggestion != c.suggestion {
			t.Errorf("ParseJSON(%s):\n got %d %q %q\nwant %d %q %q", c.json, e.Position, e.Message, e.Suggestion, c.at, c.message, c.suggestion)
		}
	}
}

func TestPrintJSONRefusesWhatNoParserReturns(t *testing.T) {
	for _, e := range []Expr{nil, &And{Terms: []Expr{nil}}, &Not{}, &Events{}, &Compare{Name: Name{Text: "a"}, Op: 99}} {
		if data, err := PrintJSON(e); err == nil {
			t.Errorf("PrintJSON of %#v = %s", e, data)
		}
	}
}
