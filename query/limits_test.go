package query

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func refusedAs(t *testing.T, name string, err error, code, message string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Code != code || !strings.Contains(e.Message, message) {
		t.Errorf("%s: got %v, want %s with %q", name, err, code, message)
	}
}

func nested(open, leaf, closing string, n int) string {
	return strings.Repeat(open, n) + leaf + strings.Repeat(closing, n)
}

func TestTextLimits(t *testing.T) {
	deeper, more := "the expression is nested deeper than 64", "the expression has more than 1000 conditions and values"
	for _, c := range []struct{ name, text, code, message string }{
		{"1 MB", nested("a or ", "a", "", 1<<18), CodeTooLarge, "the expression is longer than 65536 bytes"},
		{"parentheses", nested("(", "a", ")", MaxDepth+1), CodeTooLarge, deeper},
		{"30,000 parentheses", nested("(", "a", ")", 30000), CodeTooLarge, deeper},
		{"100,000 open parentheses", nested("(", "a", "", 100000), CodeTooLarge, "longer"},
		{"NOT", nested("not ", "a", "", MaxDepth+1), CodeTooLarge, deeper},
		{"16,000 NOT", nested("not ", "a", "", 16000), CodeTooLarge, deeper},
		{"tree", nested("(a or a and ", "a", ")", 40), CodeTooLarge, deeper},
		{"where", nested("not ", "did(x where "+nested("not ", "a", "", 32)+")", "", 32), CodeTooLarge, deeper},
		{"terms", nested("a or ", "a", "", MaxNodes-1), CodeTooLarge, more},
		{"values", "a in (1" + strings.Repeat(",1", MaxNodes-1) + ")", CodeTooLarge, more},
		{"ids", "id in ('x'" + strings.Repeat(",'x'", MaxIDs) + ")", CodeTooLarge, "more than 100 ids; save them as a static segment"},
		{"long word", strings.Repeat("a", MaxNameBytes+1), CodeSyntax, "a name is longer than 256 bytes"},
		{"long backticks", "`" + strings.Repeat("高", 100) + "`", CodeSyntax, "a name is longer than 256 bytes"},
		{"long type", "did(a" + strings.Repeat(".a", MaxNameBytes/2) + ")", CodeSyntax, "an event type is longer than 256 bytes"},
		{"long property", "sum(*." + strings.Repeat("a", MaxNameBytes+1) + ") > 1", CodeSyntax, "a name is longer than 256 bytes"},
		{"long segment", "segment('" + strings.Repeat("a", MaxNameBytes+1) + "')", CodeSyntax, "an id is longer than 256 bytes"},
		{"digits", "a = " + strings.Repeat("9", 60000), CodeSyntax, "a number has more than 40 digits"},
		{"window digits", "did(x, " + strings.Repeat("9", 60000) + "d)", CodeWindow, "a window has at most 36525 days"},
		{"exponent", "a = 1" + strings.Repeat("0", 50000) + "e1", CodeSyntax, "digits with letters are no number"},
	} {
		_, err := Parse(c.text)
		refusedAs(t, c.name, err, c.code, c.message)
	}
}

// The largest expressions that are allowed survive both forms.
func TestTextWithinLimits(t *testing.T) {
	for name, text := range map[string]string{
		"parentheses": nested("(", "a", ")", MaxDepth),
		"NOT":         nested("not ", "a", "", MaxDepth-1),
		"tree":        nested("(a or a and ", "a", ")", MaxDepth/2-1),
		"where":       nested("not ", "did(x where "+nested("not ", "a", "", 31)+")", "", 31),
		"terms":       nested("a or ", "a", "", MaxNodes-2),
		"values":      "a in (1" + strings.Repeat(",1", MaxNodes-2) + ")",
		"ids":         "id in ('x'" + strings.Repeat(",'x'", MaxIDs-1) + ")",
		"word":        strings.Repeat("a", MaxNameBytes),
		"digits":      "a = -" + strings.Repeat("9", MaxDigits/2) + "." + strings.Repeat("9", MaxDigits/2),
		"bytes":       "a = '" + strings.Repeat("x", MaxBytes-100) + "'",
	} {
		e, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		roundTrip(t, e)
	}
}

func TestJSONLimits(t *testing.T) {
	deeper, more := "the expression is nested deeper than 64", "the expression has more than 1000 conditions and values"
	leaf := `{"tag":"a"}`
	for _, c := range []struct{ name, json, code, message string }{
		{"1 MB", strings.Repeat(" ", 1<<20) + leaf, CodeTooLarge, "the expression is longer than 65536 bytes"},
		{"not", nested(`{"not":`, leaf, "}", MaxDepth), CodeTooLarge, deeper},
		{"and of one", nested(`{"and":[`, leaf, "]}", MaxDepth+1), CodeTooLarge, deeper},
		{"60,000 arrays", nested("[", "", "", 60000), CodeTooLarge, deeper},
		{"5,000 objects", nested(`{"not":`, "", "", 5000), CodeTooLarge, deeper},
		{"100,000 arrays", nested("[", "", "", 100000), CodeTooLarge, "longer"},
		{"terms", `{"or":[` + nested(leaf+",", leaf, "", MaxNodes-1) + `]}`, CodeTooLarge, more},
		{"values", `{"attr":"a","in":[1` + strings.Repeat(",1", MaxNodes-1) + "]}", CodeTooLarge, more},
		{"ids", `{"id":["x"` + strings.Repeat(`,"x"`, MaxIDs) + "]}", CodeTooLarge, "/id/100: more than 100 ids"},
		{"digits", `{"attr":"a","eq":` + strings.Repeat("9", 60000) + "}", CodeSyntax, "a number has more than 40 digits"},
		{"exponent", `{"attr":"a","eq":1e1000000000}`, CodeSyntax, "a number has more than 40 digits"},
		{"name", `{"tag":"` + strings.Repeat("a", MaxNameBytes+1) + `"}`, CodeSyntax, "a name is longer than 256 bytes"},
		{"prop", `{"sum":{"type":"*","prop":"` + strings.Repeat("a", MaxNameBytes+1) + `"}}`, CodeSyntax, "a name is longer than 256 bytes"},
	} {
		_, err := ParseJSON([]byte(c.json))
		refusedAs(t, c.name, err, c.code, c.message)
	}
}

func TestJSONWithinLimits(t *testing.T) {
	leaf := `{"attr":"a","in":[1]}`
	inner := leaf // And and Or in turn to the greatest depth: two brackets a level, and the values of the leaf
	for i := range MaxDepth - 1 {
		inner = fmt.Sprintf(`{"%s":[%s,{"tag":"a"}]}`, [...]string{"and", "or"}[i%2], inner)
	}
	for name, text := range map[string]string{
		"not":     nested(`{"not":`, leaf, "}", MaxDepth-1),
		"and":     inner,
		"account": `{"account":` + inner + "}",
		"terms":   `{"or":[` + nested(`{"tag":"a"},`, `{"tag":"a"}`, "", MaxNodes-2) + `]}`,
	} {
		e, err := ParseJSON([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		roundTrip(t, e)
	}
}
