package query

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestFormsPrintAsEachOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := genExpr.Draw(t, "e")
		if len(Print(e)) < MaxBytes/2 { // JSON is the longer form
			roundTrip(t, e)
		}
	})
}

func TestEveryCheckedNameCanBeWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(genAnyName, rapid.String()).Draw(t, "name")
		_, err := Parse(quoteName(name))
		if (err == nil) != (CheckName(name) == nil) {
			t.Fatalf("CheckName(%q) = %v, but parsing it gives %v", name, CheckName(name), err)
		}
	})
}

// A text that parses keeps its tree when it is written with other spacing, case of words and parentheses.
func TestSpellingDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := genExpr.Draw(t, "e")
		text := "(\n" + respell(t, Print(e)) + "）"
		again, err := Parse(text)
		if err != nil {
			t.Fatalf("Parse(%q): %v", text, err)
		}
		if !Same(e, again) {
			t.Fatalf("%q reads as %q", text, Print(again))
		}
	})
}

// respell writes the tokens of text with random spaces between them and random case of the language's words.
func respell(t *rapid.T, text string) string {
	var b strings.Builder
	l := lexer{text: text}
	for tok := l.next(); tok.kind != endToken; tok = l.next() {
		b.WriteString(rapid.SampledFrom([]string{" ", "\n", "\u3000\t"}).Draw(t, "space"))
		spelled := text[tok.at:l.at]
		besideDot := strings.HasSuffix(text[:tok.at], ".") || strings.HasPrefix(text[l.at:], ".") // part of an event type
		if tok.keyword() != "" && !besideDot && rapid.Bool().Draw(t, "case") {
			spelled = strings.ToUpper(spelled)
		}
		b.WriteString(spelled)
	}
	return b.String()
}

// Same must see every difference that Print shows, and no other.
func TestSameFollowsPrint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := genExpr.Draw(t, "a"), genExpr.Draw(t, "b")
		if Same(a, b) != (Print(a) == Print(b)) {
			t.Fatalf("Same is %v of %s and %s", Same(a, b), Print(a), Print(b))
		}
		if !Same(a, a) {
			t.Fatalf("%s is not the same as itself", Print(a))
		}
	})
}
