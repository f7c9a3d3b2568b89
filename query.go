package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"rollcall/client"
	"rollcall/client/wire"
)

type queryCommand struct {
	remote
	Where  string   `arg:"" help:"The expression, in its text or JSON form."`
	Entity string   `default:"contact" enum:"contact,account" help:"What to look for: contact or account."`
	Fields []string `default:"name,company,job_title,mobile" help:"The columns of the table: attributes, identifiers or tags."`
	Limit  int      `default:"10" help:"How many to show."`
	Now    string   `placeholder:"TIME" help:"Set the clock of the expression, such as 2024-10-30T10:00:00+08:00."`
	JSON   bool     `name:"json" help:"Print the answers as JSON."`
}

func (q queryCommand) Run(c *console) error {
	remote, err := q.connect()
	if err != nil {
		return err
	}
	defer remote.Close()
	query := wire.Query{Where: wire.Expression(q.Where), Entity: q.Entity, Now: q.Now}
	count, err := remote.Count(c, query)
	if err != nil {
		return explainMistake(c.err, q.Where, err)
	}
	answer := struct {
		wire.CountResponse
		Contacts []map[string]any `json:"contacts"`
	}{CountResponse: count}
	if q.Limit > 0 {
		fields := q.Fields
		if q.Entity == "account" && strings.Join(fields, ",") == "name,company,job_title,mobile" {
			fields = []string{"name", "industry", "city", "annual_value"}
		}
		page, err := remote.QueryContacts(c, wire.QueryContactsRequest{Query: query, Fields: fields, Limit: q.Limit})
		if err != nil {
			return explainMistake(c.err, q.Where, err)
		}
		answer.Contacts = page.Contacts
		q.Fields = fields
	}
	if q.JSON {
		return json.NewEncoder(c.out).Encode(answer)
	}
	fmt.Fprintf(c.out, "%d (%d µs, as of index %d)\n", count.Count, count.TookUs, count.Index)
	if len(answer.Contacts) == 0 {
		return nil
	}
	return writeTable(c.out, q.Entity, q.Fields, answer.Contacts)
}

// writeTable prints contacts or accounts under a header.
func writeTable(out io.Writer, entity string, fields []string, rows []map[string]any) error {
	id := "one_id"
	if entity == "account" {
		id = "account_id"
	}
	lines := [][]string{append([]string{id}, fields...)}
	for _, row := range rows {
		line := []string{fmt.Sprint(row[id])}
		for _, field := range fields {
			line = append(line, cell(row[field]))
		}
		lines = append(lines, line)
	}
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, text := range line {
			widths[i] = max(widths[i], displayWidth(text))
		}
	}
	var text strings.Builder
	for _, line := range lines {
		for i, cell := range line {
			text.WriteString(cell)
			if i < len(line)-1 {
				text.WriteString(strings.Repeat(" ", widths[i]-displayWidth(cell)+2))
			}
		}
		text.WriteByte('\n')
	}
	_, err := io.WriteString(out, text.String())
	return err
}

func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return "-"
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = fmt.Sprint(v[i])
		}
		return strings.Join(parts, " ")
	default:
		return fmt.Sprint(v)
	}
}

// explainMistake points at the place of the expression that the node could not understand.
func explainMistake(out io.Writer, where string, err error) error {
	var problem *client.Error
	if !errors.As(err, &problem) || problem.Position < 0 || problem.Position > len(where) {
		return err
	}
	fmt.Fprintf(out, "  %s\n  %s^\n", where, strings.Repeat(" ", displayWidth(where[:problem.Position])))
	if problem.Suggestion != "" {
		fmt.Fprintf(out, "  did you mean: %s\n", problem.Suggestion)
	}
	return err
}

// displayWidth is the number of terminal columns of a text: two for a Chinese character.
func displayWidth(text string) (width int) {
	for _, r := range text {
		width++
		if r >= 0x1100 {
			width++
		}
	}
	return width
}
