package query

import (
	"errors"
	"strings"
	"testing"
)

// valid are texts with the spelling that Print gives them, "" when it is the same.
var valid = []struct{ text, printed string }{
	{"高意向客户", ""},
	{"高接通率 and 高意向客户", "高接通率 AND 高意向客户"},
	{"a OR b AND NOT c", ""},
	{"(a OR b) AND NOT c", ""},
	{"(a AND b) OR (c AND (d AND e))", "a AND b OR c AND d AND e"},
	{"a AND (b AND (c OR (d OR e)))", "a AND b AND (c OR d OR e)"},
	{"not not a", "NOT NOT a"},
	{"NOT (a AND b)", ""},
	{"not a = 1 and b", "NOT (a = 1) AND b"},
	{"NOT did(page.view)", ""},
	{"((((a))))", "a"},
	{"30天未联系 AND _x AND Ａ级", ""},
	{"`and` AND `7d` AND `a``b` AND `高 意向` AND `30`", ""},
	{"`plain`", "plain"},
	{"商机阶段 = '商机'", ""},
	{"job_title IN ('CFO', 'CEO')", ""},
	{"job_title in('CFO','CEO')", "job_title IN ('CFO', 'CEO')"},
	{"name = 'O''Brien'", ""},
	{"name = ''", ""},
	{"name = '‘quoted’'", ""},
	{"name = ‘it's’", "name = 'it''s'"},
	{"name = ’a’’b’", "name = 'a’b'"},
	{"city ＝ ‘北京’　AND （value ＞＝ 5 OR value＜＝3）", "city = '北京' AND (value >= 5 OR value <= 3)"},
	{"city IN （‘北京’，‘上海’）", "city IN ('北京', '上海')"},
	{"did（call．＊，7d）", "did(call.*, 7d)"},
	{"a <> 1 OR a ！＝ 1 OR a ≠ 1", "a != 1 OR a != 1 OR a != 1"},
	{"a ≤ 1 OR a≥-2.50", "a <= 1 OR a >= -2.50"},
	{"a = +5 AND a = 0 AND a = 0.0 AND a = -0", "a = 5 AND a = 0 AND a = 0.0 AND a = -0"},
	{"answered = TRUE OR answered = False", "answered = true OR answered = false"},
	{"value BETWEEN 1 AND 2 AND vip", ""},
	{"created_at BETWEEN '2024-10-01' AND '2024-10-31'", ""},
	{`name LIKE '张%' OR name LIKE '100\%' OR name LIKE '\\'`, ""},
	{"city IS NULL AND name is not null", "city IS NULL AND name IS NOT NULL"},
	{"account.industry = '金融' AND Account.高价值客户", "account.industry = '金融' AND account.高价值客户"},
	{"account.`count` > 3 AND account.`a b`", ""},
	{"segment('vip-2024')", ""},
	{"id IN ('CDP_001', 'CDP_002')", ""},
	{"DID(page.view)", "did(page.view)"},
	{"did(*) AND did(call.*, 7D) AND did(form.submitted where form = 'trial', 24h)", "did(*) AND did(call.*, 7d) AND did(form.submitted where form = 'trial', 1d)"},
	{"did(segment.entered) AND did(x.in.last) AND did(`last`)", ""},
	{"did(`my type`.`400`.*)", ""},
	{"did(`call.outbound.ended`)", "did(call.outbound.ended)"},
	{"did(page.view where a OR b AND NOT c, 30m)", ""},
	{"did(page.view where (a OR b) AND account_id IS NULL)", ""},
	{"did(page.view where `account.id` = 1)", ""},
	{"count(call.* where answered = true, 7 calendar days) >= 3", ""},
	{"count(*, 1 calendar day) = 0", "count(*, 1 calendar days) = 0"},
	{"count(*, '2024-10-01'..'2024-10-31') BETWEEN 1 AND 5", ""},
	{"count(*, ‘2024-10-01’..'2024-10-01T00:00:00+08:00') > 1", "count(*, '2024-10-01'..'2024-10-01T00:00:00+08:00') > 1"},
	{"count(*, '2024-10-01T00:00:00.5Z'..'2024-10-01T00:00:00.500Z') > 1", ""},
	{"sum(call.*.talk_seconds, 30d) > 300.5", ""},
	{"sum(*.amount) != 0", ""},
	{"avg(call.outbound.ended.talk_seconds where answered = true, last 30) > 300", ""},
	{"min(order.paid.`count`) < 1 OR max(order.`a b`.`c.d`) <= 1", ""},
	{"rate(call.outbound.ended where answered = true, last 30) > 0.7", ""},
	{"rate(call.outbound.ended where answered) > 0.7", ""},
	{"distinct_days(*, 90d) < 5 AND NOT (distinct_days(*) = 0)", ""},
	{"did(x, 168h) AND did(x, 90m) AND did(x, 120m)", "did(x, 7d) AND did(x, 90m) AND did(x, 2h)"},
	{"did(x, last 007)", "did(x, last 7)"},
	{"did(x, 36525d) AND did(x, 36525 calendar days) AND did(x, last 1000000)", ""},
	{"did(x, '2024-10-02'..'2024-10-01T10:00:00-11:00') AND did(x, '2024-10-02T00:00:00Z'..'2024-10-01')", ""},
	{"did(x, '1924-10-02'..'2024-10-01') AND did(x, '1924-10-02T00:00:00Z'..'2024-10-02T00:00:00Z')", ""},
	{"did(x, '1924-10-02'..'2024-10-01T23:00:00Z') AND did(x, '1924-10-02T00:00:00Z'..'2024-10-01')", ""},
	{"a\tand\r\nb", "a AND b"},
	{"a\u00a0and\u3000b", "a AND b"},
}

func TestParseValid(t *testing.T) {
	for _, c := range valid {
		want := c.printed
		if want == "" {
			want = c.text
		}
		e, err := Parse(c.text)
		if err != nil {
			t.Errorf("Parse(%q): %v", c.text, err)
			continue
		}
		if got := Print(e); got != want {
			t.Errorf("Print(Parse(%q)) = %q, want %q", c.text, got, want)
		}
		roundTrip(t, e)
	}
}

// roundTrip checks that e survives both forms.
func roundTrip(t interface {
	Helper()
	Fatalf(string, ...any)
}, e Expr) {
	t.Helper()
	text := Print(e)
	again, err := Parse(text)
	if err != nil {
		t.Fatalf("Parse(Print(e)) of %s: %v", text, err)
	}
	if !Same(e, again) {
		t.Fatalf("%s reads back as %s", text, Print(again))
	}
	data, err := PrintJSON(e)
	if err != nil {
		t.Fatalf("PrintJSON of %s: %v", text, err)
	}
	fromJSON, err := ParseJSON(data)
	if err != nil {
		t.Fatalf("ParseJSON(%s): %v", data, err)
	}
	if !Same(e, fromJSON) {
		t.Fatalf("%s reads back as %s", data, Print(fromJSON))
	}
	if Print(fromJSON) != text {
		t.Fatalf("%s prints as %s from JSON", text, Print(fromJSON))
	}
}

func TestParseTree(t *testing.T) {
	e, err := Parse("a AND NOT account.b >= 1.50 OR count(call.* where y = 'z', 24h) BETWEEN 1 AND 2")
	if err != nil {
		t.Fatal(err)
	}
	high := Literal{Kind: Number, Text: "2"}
	want := &Or{Terms: []Expr{
		&And{Terms: []Expr{
			&Has{Name: Name{Text: "a"}},
			&Not{X: &Compare{Name: Name{Account: true, Text: "b"}, Op: GreaterEqual, Value: Literal{Kind: Number, Text: "1.50"}}},
		}},
		&Aggregate{Func: Count, Value: Literal{Kind: Number, Text: "1"}, High: &high, Events: Events{
			Type: "call.*", Where: &Compare{Name: Name{Text: "y"}, Value: Literal{Text: "z"}}, Window: Window{Kind: Rolling, Seconds: 86400},
		}},
	}}
	if !Same(e, want) {
		t.Errorf("got %s", Print(e))
	}
}

func TestPositions(t *testing.T) {
	text := "高意向 AND (b = 'x' OR NOT did(call.* where answered = true, 7d))"
	e, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	Walk(e, func(e Expr) bool {
		got = append(got, text[e.Pos():min(len(text), e.Pos()+9)])
		return true
	})
	want := "高意向|高意向|b = 'x' O|b = 'x' O|NOT did(c|did(call.|answered "
	if strings.Join(got, "|") != want {
		t.Errorf("nodes begin at %q, want %q", strings.Join(got, "|"), want)
	}
}

// invalid are texts with the byte where they go wrong, what is said and what is suggested.
var invalid = []struct {
	text       string
	at         int
	message    string
	suggestion string
}{
	{"", 0, "the expression is empty", ""},
	{"  ", 0, "the expression is empty", ""},
	{"a b", 2, "expected AND, OR or the end, found a name", ""},
	{"a, b", 1, `expected AND, OR or the end, found ","`, "AND"},
	{"a 且 b", 2, "expected AND, OR or the end, found a name", "AND"},
	{"a 或者 b", 2, "expected AND, OR or the end, found a name", "OR"},
	{"a adn b", 2, "expected AND, OR or the end, found a name", "AND"},
	{"a ＡＮＤ b", 2, "a word of the language is in full-width letters", "AND"},
	{"a && b", 2, `the character "&" has no meaning here; a name that contains it stands in backticks`, "AND"},
	{"a || b", 2, `the character "|" has no meaning here; a name that contains it stands in backticks`, "OR"},
	{"!a", 0, "negation is written NOT", "NOT"},
	{"a AND", 5, "expected a condition, found the end", ""},
	{"AND a", 0, "expected a condition, found AND", ""},
	{"a AND OR b", 6, "expected a condition, found OR", ""},
	{"NOT", 3, "expected a condition, found the end", ""},
	{"(a", 2, `expected AND, OR or ")", found the end`, ""},
	{"a)", 1, `expected AND, OR or the end, found ")"`, ""},
	{"()", 1, `expected a condition, found ")"`, ""},
	{"where a", 0, "expected a condition, found WHERE", ""},
	{"a = ", 4, "expected a value, found the end", ""},
	{"a == 'b'", 2, "equality is written with one =", "="},
	{"a => 5", 2, "the operator is written >=", ">="},
	{"a =< 5", 2, "the operator is written <=", "<="},
	{"job_title = CFO", 12, "expected a value; a text stands in quotes, found a name", "'CFO'"},
	{`job_title = "CFO"`, 12, "a text stands in single quotes", "'CFO'"},
	{"job_title = “CFO”", 12, "a text stands in single quotes", "'CFO'"},
	{"name = '张三", 7, "the text that begins here is not closed", ""},
	{"name = '张三’", 7, "the text that begins here is not closed", ""},
	{"`name = 1", 0, "the name that begins here is not closed", ""},
	{"a = NULL", 0, "NULL is tested with IS NULL; a comparison with it is never true", "a IS NULL"},
	{"a != NULL", 0, "NULL is tested with IS NULL; a comparison with it is never true", "a IS NOT NULL"},
	{"a IS 5", 5, "expected NULL, found a number", ""},
	{"a NOT IN ('x')", 0, "NOT stands before the condition", "NOT (a IN (…))"},
	{"account.a not like 'x'", 0, "NOT stands before the condition", "NOT (account.a LIKE '…')"},
	{"a NOT BETWEEN 1 AND 2", 0, "NOT stands before the condition", "NOT (a BETWEEN … AND …)"},
	{"count(x) NOT BETWEEN 1 AND 2", 0, "NOT stands before the condition", "NOT (count(…) BETWEEN … AND …)"},
	{"id NOT IN ('x')", 0, "NOT stands before the condition", "NOT (id IN (…))"},
	{"a NOT b", 2, "expected AND or OR, found NOT", ""},
	{"a IN ()", 6, `expected a value, found ")"`, ""},
	{"a IN ('x',)", 10, `expected a value, found ")"`, ""},
	{"a IN （‘x’，）", 18, `expected a value, found ")"`, ""},
	{"a IN 'x'", 5, `expected "(" and the values, found a text`, ""},
	{"a IN ('x' 'y')", 10, `expected "," or ")", found a text`, ""},
	{"a IN ('x'、'y')", 9, `the character "、" has no meaning here; a name that contains it stands in backticks`, ","},
	{"a LIKE 5", 7, "expected a pattern in quotes, such as '张%', found a number", ""},
	{`a LIKE '\\\'`, 7, `a pattern ends in a lone \, which takes the next character literally`, ""},
	{"a BETWEEN 1 OR 2", 12, "expected AND, found OR", ""},
	{"5 < count(call.*)", 0, "a comparison begins with the name, the value stands on its right", "count(…) > 5"},
	{"-5 >= value", 0, "a comparison begins with the name, the value stands on its right", "value <= -5"},
	{"'x' = name", 0, "a comparison begins with the name, the value stands on its right", ""},
	{"true = answered", 0, "a comparison begins with the name, the value stands on its right", ""},
	{"TRUE", 0, "TRUE is a word of the language; a name like it stands in backticks", "`TRUE`"},
	{"'x'", 0, "expected a condition, found a text", ""},
	{"5", 0, "expected a condition, found a number", ""},
	{"* = 5", 0, `expected a condition, found "*"`, ""},
	{"count > 3", 0, "COUNT is a word of the language; a name like it stands in backticks", "`count`"},
	{"Last", 0, "LAST is a word of the language; a name like it stands in backticks", "`Last`"},
	{"id", 0, "ID is a word of the language; a name like it stands in backticks", "`id`"},
	{"account", 0, "ACCOUNT is a word of the language; a name like it stands in backticks", "`account`"},
	{"account.days", 8, "DAYS is a word of the language; a name like it stands in backticks", "`days`"},
	{"account.'x'", 8, "expected a name of the account, found a text", ""},
	{"account.a.b", 9, "a name has no dots; with dots in it, it stands in backticks", ""},
	{"account.`Account.x`", 8, `a name cannot begin with "account."`, ""},
	{"`account.x y`", 0, `a name cannot begin with "account."`, "account.`x y`"},
	{"contact.city = 'x'", 0, "a name has no dots; with dots in it, it stands in backticks", "city"},
	{"call.*", 0, "an event type stands inside did(…), count(…) and the like", "did(call.*)"},
	{"did(x where payload.talk > 3)", 12, "a name has no dots; with dots in it, it stands in backticks", "talk"},
	{"did(x where a.b > 3)", 12, "a name has no dots; with dots in it, it stands in backticks", "`a.b`"},
	{"cuont(x) > 3", 0, "there is no such function", "count"},
	{"a（b）", 0, "there is no such function", ""},
	{"id = 'x'", 0, "ids are compared with IN", "id IN ('…')"},
	{"id != 'x'", 0, "ids are compared with IN", "NOT (id IN ('…'))"},
	{"id IN (5)", 7, "an id is a text in quotes", "'5'"},
	{"id IN ('')", 7, "an id is empty", ""},
	{"segment(vip)", 8, "expected a segment's id in quotes, found a name", "'vip'"},
	{"segment('')", 8, "an id is empty", ""},
	{"segment('a', 'b')", 11, `expected ")", found ","`, ""},

	{"x > 1e3", 4, "a number is written without an exponent", "1000"},
	{"x > -1.5E1", 4, "a number is written without an exponent", "-15"},
	{"x > 0.25e1", 4, "a number is written without an exponent", "2.5"},
	{"x > 1e999", 4, "digits with letters are no number; a text stands in quotes", "'1e999'"},
	{"x > 10万", 4, "a number is written in digits", "100000"},
	{"x > 1.5亿", 4, "a number is written in digits", "150000000"},
	{"x > 007", 4, "a number has leading zeros; a code with zeros in front is a text in quotes", "'007'"},
	{"x > 70%", 4, "a share is written as a fraction", "0.70"},
	{"x > ７", 4, "a number is written with the digits 0 to 9", "7"},
	{"x > ٧", 4, "a number is written with the digits 0 to 9", ""},
	{"x > −5", 4, `the character "−" has no meaning here; a name that contains it stands in backticks`, "-"},
	{"x > - 5", 4, "a sign stands directly before the digits of a number", ""},
	{"x > .5", 4, `expected a value, found "."`, ""},
	{"x > 5.", 5, `expected AND, OR or the end, found "."`, ""},
	{"x > 2024-10-01", 4, "a date stands in quotes", "'2024-10-01'"},
	{"x > 12345678901234567890123456789012345678901", 4, "a number has more than 40 digits", ""},

	{"did()", 4, `expected an event type, found ")"`, ""},
	{"did(where a)", 4, "expected an event type, found WHERE", ""},
	{"did(last 5)", 4, "expected an event type, found LAST", ""},
	{"did(count)", 4, "COUNT is a word of the language; a name like it stands in backticks", "`count`"},
	{"did('call.*')", 4, "an event type stands without quotes, as in call.outbound.ended", ""},
	{"did(call.400)", 9, "a part of an event type that begins with a digit stands in backticks", "`400`"},
	{"did(call.)", 9, `expected an event type, found ")"`, ""},
	{"did(call..x)", 8, `expected where, "," and a window, or ")", found ".."`, ""},
	{"did(*.ended)", 4, "* stands alone or as the last part of an event type, as in call.*", ""},
	{"did(call.*.ended)", 4, "* stands alone or as the last part of an event type, as in call.*", ""},
	{"did(`call.*`)", 4, "an event type cannot contain *", ""},
	{"did(`a..b`)", 4, "a part of an event type is empty", ""},
	{"did(x answered = true)", 6, `expected where, "," and a window, or ")", found a name`, "where"},
	{"did(x 7d)", 6, `expected where, "," and a window, or ")", found a number`, ","},
	{"did(x last 5)", 6, `expected where, "," and a window, or ")", found LAST`, ","},
	{"did(x, 7d where y)", 10, "where stands before the window", ""},
	{"did(x, 7d, 7d)", 9, `expected ")", found ","`, ""},
	{"did(x where y", 13, `expected AND, OR, "," and a window, or ")", found the end`, ""},
	{"did(x where count(y) > 1)", 12, "inside where only properties of the event can be compared", ""},
	{"did(x where account.y)", 12, "inside where only properties of the event can be compared", ""},
	{"did(x where id IN ('1'))", 12, "ID is a word of the language; a name like it stands in backticks", "`id`"},
	{"did(x) > 3", 0, "did(…) holds or does not; count(…) gives a number to compare", "count"},
	{"count(x)", 8, "expected a comparison of count(…) with a number, found the end", ""},
	{"count(x) IN (1)", 9, "expected a comparison of count(…) with a number, found IN", ""},
	{"count(x) > '3'", 11, "expected a number, found a text", ""},
	{"count(x) BETWEEN 1", 18, "expected AND, found the end", ""},
	{"sum(amount) > 3", 4, "sum needs an event type and its property, as in call.*.talk_seconds", "*.amount"},
	{"avg(call.*) > 3", 9, "avg needs a property behind the event type, as in call.*.talk_seconds", ""},
	{"MAX(*) > 3", 4, "max needs a property behind the event type, as in call.*.talk_seconds", ""},
	{"rate(x, 7d) > 0.5", 0, "rate needs a where: the share of which events", ""},

	{"did(x, )", 7, "expected " + expectedWindow + `, found ")"`, ""},
	{"did(x, 7天)", 7, "expected " + expectedWindow + ", found a name", "7d"},
	{"did(x, 近24小时)", 7, "expected " + expectedWindow + ", found a name", "24h"},
	{"did(x, soon)", 7, "expected " + expectedWindow + ", found a name", ""},
	{"did(x, 7)", 8, `expected CALENDAR DAYS, or d, h or m directly behind the number, found ")"`, ""},
	{"did(x, 7 days)", 7, "a rolling window is written without a space, one of whole days as 7 calendar days", "7d"},
	{"did(x, 7 calendar)", 17, `expected DAYS, found ")"`, ""},
	{"did(x, 7w)", 7, "the unit of a window is d, h or m: 7d, 24h, 30m", ""},
	{"did(x, 0d)", 7, "a window of no days is empty", ""},
	{"did(x, -7d)", 7, "a window reaches back by itself and has no sign", ""},
	{"did(x, 1.5d)", 7, "a window has a whole number of days", ""},
	{"did(x, 36526d)", 7, "a window has at most 36525 days", ""},
	{"did(x, 876601h)", 7, "a window has at most 876600 hours", ""},
	{"did(x, 99999999999999999999m)", 7, "a window has at most 52596000 minutes", ""},
	{"did(x, 0 calendar days)", 7, "a window of no days is empty", ""},
	{"did(x, -1 calendar days)", 7, "a window reaches back by itself and has no sign", ""},
	{"did(x, last 0)", 12, "a window of no events is empty", ""},
	{"did(x, last 1.5)", 12, "a window has a whole number of events", ""},
	{"did(x, last 1000001)", 12, "a window has at most 1000000 events", ""},
	{"did(x, last)", 11, `expected the number of events, found ")"`, ""},
	{"did(x, last 30d)", 12, "expected the number of events, found a number", ""},
	{"did(x, '2024-10-01')", 19, `expected ".." and the end of the window, found ")"`, ""},
	{"did(x, '2024-10-01'…'2024-10-31')", 19, `the character "…" has no meaning here; a name that contains it stands in backticks`, ".."},
	{"did(x, '2024-10-01'..7d)", 21, "expected the end of the window in quotes, found a number", ""},
	{"did(x, '2024-13-01'..'2024-10-31')", 7, edgeMessage, ""},
	{"did(x, '2024-10-01'..'2024-10-31 10:00')", 21, edgeMessage, ""},
	{"did(x, '2024-10-01'..'2024-10-31T10:00:00')", 21, edgeMessage, ""},
	{"did(x, '2024-10-01'..'2024-10-31T1:00:00Z')", 21, edgeMessage, ""},
	{"did(x, '2024-10-01'..'2024-10-31T01:00:00,5Z')", 21, edgeMessage, ""},
	{"did(x, '2024-10-01'..'2024-10-31T01:00:00+99:00')", 21, edgeMessage, ""},
	{"did(x, '2024-10-01'..'2024-10-31t01:00:00z')", 21, edgeMessage, ""},
	{"did(x, '2024-10-01'..'2024-10-31T01:00:60Z')", 21, edgeMessage, ""},
	{"did(x, '2024-10-02'..'2024-10-01')", 7, "the window ends before it begins", "'2024-10-01'..'2024-10-02'"},
	{"did(x, '2024-10-02'..'2024-10-01T01:00:00Z')", 7, "the window ends before it begins", "'2024-10-01T01:00:00Z'..'2024-10-02'"},
	{"did(x, '2024-10-02T00:00:00Z'..'2024-09-29')", 7, "the window ends before it begins", "'2024-09-29'..'2024-10-02T00:00:00Z'"},
	{"did(x, '2024-10-01T00:00:01Z'..'2024-10-01T08:00:00+08:00')", 7, "the window ends before it begins", "'2024-10-01T08:00:00+08:00'..'2024-10-01T00:00:01Z'"},
	{"did(x, '1924-10-02'..'2024-10-02')", 7, "a window has at most 36525 days", ""},
	{"did(x, '1924-10-02T00:00:00Z'..'2024-10-02T00:00:01Z')", 7, "a window has at most 36525 days", ""},
	{"did(x, '1924-10-01'..'2024-10-02T12:00:00Z')", 7, "a window has at most 36525 days", ""},
	{"did(x, '1924-10-02T00:00:00Z'..'2024-10-02')", 7, "a window has at most 36525 days", ""},

	{"a\x00b", 1, "the character U+0000 has no meaning here", ""},
	{"a = 'x\x00'", 6, "a text cannot contain U+0000", ""},
	{"a = '\u202ex'", 5, "a text cannot contain U+202E", ""},
	{"a = '\ufffd'", 5, "a text cannot contain U+FFFD", ""},
	{"a\u202eb", 1, "the character U+202E has no meaning here", ""},
	{"\ufeffa", 0, "the character U+FEFF has no meaning here", ""},
	{"a\u200bb", 1, "the character U+200B has no meaning here", ""},
	{"`a\u200bb`", 2, "a name cannot contain U+200B", ""},
	{"`a``\u3164`", 4, "a name cannot contain U+3164", ""},
	{"``", 1, "a name is empty", ""},
	{"` a`", 1, "a name begins with a space", ""},
	{"`a `", 2, "a name ends in a space", ""},
	{"a\xff", 1, "the expression is not valid UTF-8", ""},
	{"a; b", 1, `the character ";" has no meaning here; a name that contains it stands in backticks`, ""},
	{"a；b", 1, `the character "；" has no meaning here; a name that contains it stands in backticks`, ";"},
	{"СOUNT(x) > 1", 0, "there is no such function", "count"}, // the first letter is Cyrillic
	{"LI\u212aE", 0, "", ""},                                  // the Kelvin sign makes a name, not LIKE
}

const edgeMessage = "the end of a window is a date such as '2024-10-01' or an instant such as '2024-10-01T00:00:00+08:00'"

func TestParseInvalid(t *testing.T) {
	for _, c := range invalid {
		_, err := Parse(c.text)
		if c.message == "" {
			if err != nil {
				t.Errorf("Parse(%q): %v", c.text, err)
			}
			continue
		}
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("Parse(%q) = %v, want an *Error", c.text, err)
			continue
		}
		if e.Position != c.at || e.Message != c.message || e.Suggestion != c.suggestion {
			t.Errorf("Parse(%q):\n got %d %q %q\nwant %d %q %q", c.text, e.Position, e.Message, e.Suggestion, c.at, c.message, c.suggestion)
		}
	}
}

func TestErrorKeepsValuesOut(t *testing.T) {
	_, err := Parse("name = 张三")
	var e *Error
	if !errors.As(err, &e) || e.Suggestion != "'张三'" || e.Code != CodeSyntax {
		t.Fatalf("got %#v", err)
	}
	if want := "expected a value; a text stands in quotes, found a name (at byte 7)"; err.Error() != want {
		t.Errorf("Error() = %q, want %q", err.Error(), want)
	}
}
