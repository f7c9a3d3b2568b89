package query

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
)

// Every example of the language's page parses, and its JSON means the expression before it.
func TestDocumentedExamples(t *testing.T) {
	page, err := os.ReadFile("../docs/language.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```(expression|json)\n(.*?)\n```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) < 25 {
		t.Fatalf("found %d examples", len(blocks))
	}
	var last Expr
	for _, b := range blocks {
		kind, text := b[1], b[2]
		if kind == "expression" {
			if last, err = Parse(text); err != nil {
				t.Errorf("%s: %v", text, err)
			}
			continue
		}
		e, err := ParseJSON([]byte(text))
		if err != nil || !Same(e, last) {
			t.Errorf("%s: %v; want %s", text, err, Print(last))
		}
	}
}

// The table of refusals shows what is really suggested.
func TestDocumentedSuggestions(t *testing.T) {
	page, err := os.ReadFile("../docs/language.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(page), "| written | suggested |\n| --- | --- |\n")
	if !found {
		t.Fatal("no table of refusals")
	}
	rows := 0
	for row := range strings.Lines(table) {
		cells := strings.Split(strings.TrimSpace(row), " | ")
		if len(cells) != 2 {
			break
		}
		rows++
		written := strings.Trim(cells[0], "| `")
		suggested := strings.TrimPrefix(strings.TrimSuffix(strings.Trim(cells[1], "| "), "`"), "`")
		suggested = strings.TrimSuffix(strings.TrimPrefix(suggested, "` "), " `")
		var e *Error
		if _, err := Parse(written); !errors.As(err, &e) || e.Suggestion != suggested {
			t.Errorf("%s suggests %#v, the page says %s", written, e, suggested)
		}
	}
	if rows < 8 {
		t.Errorf("read %d rows", rows)
	}
}
