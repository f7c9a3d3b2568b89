package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"rollcall/client"
)

// TestBankFile imports the public bank file as README does and compares the answers with a plain loop over its rows.
func TestBankFile(t *testing.T) {
	const file = "../shared/data/analytics/bank_marketing_train.csv"
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the public bank file is not beside this checkout")
	}
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	node, key, err := startNode(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stop(node) })
	ctx := context.Background()
	var out, errOut bytes.Buffer
	arguments := []string{"import", "--quiet", "--addr", node.Addr(), "--key", key, "--mapping", "examples/bank.yaml", file}
	if code := run(ctx, arguments, &out, &errOut); code != 0 {
		t.Fatalf("exit code %d: %s%s", code, out.String(), errOut.String())
	}
	c := newClient(t, node.Addr(), key)
	number := func(row []string, name string) int {
		n, err := strconv.Atoi(row[column[name]])
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	is := func(row []string, name, value string) bool { return row[column[name]] == value }
	for _, q := range []struct {
		where string
		holds func(row []string) bool
	}{
		{"subscribed", func(r []string) bool { return is(r, "y", "yes") }},
		{"contact_channel = 'cellular' and earlier_outcome = 'success'", func(r []string) bool { return is(r, "contact", "cellular") && is(r, "poutcome", "success") }},
		{"contact_channel = 'cellular' and earlier_outcome = 'success' and subscribed", func(r []string) bool {
			return is(r, "contact", "cellular") && is(r, "poutcome", "success") && is(r, "y", "yes")
		}},
		{"call_seconds > 300", func(r []string) bool { return number(r, "duration") > 300 }},
		{"call_seconds > 300 and subscribed", func(r []string) bool { return number(r, "duration") > 300 && is(r, "y", "yes") }},
		{"days_since_last_contact IS NULL", func(r []string) bool { return is(r, "pdays", "999") }},
		{"job LIKE '%e%' and not marital = 'married'", func(r []string) bool {
			return !is(r, "job", "unknown") && bytes.ContainsRune([]byte(r[column["job"]]), 'e') && !is(r, "marital", "married")
		}},
		{"age between 30 and 40 and calls_this_campaign >= 3", func(r []string) bool {
			return number(r, "age") >= 30 && number(r, "age") <= 40 && number(r, "campaign") >= 3
		}},
	} {
		var want uint64
		for _, r := range rows[1:] {
			if q.holds(r) {
				want++
			}
		}
		got, err := c.Count(ctx, client.Where(q.where))
		if err != nil {
			t.Errorf("%s: %v", q.where, err)
		} else if got.Count != want || want == 0 {
			t.Errorf("%s: counted %d, the file has %d", q.where, got.Count, want)
		}
	}
}
