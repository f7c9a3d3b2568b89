package api

import (
	"strconv"
	"strings"

	"rollcall/client/wire"
	"rollcall/query"
	"rollcall/query/plan"
)

const contactsPage = 100 // people of a page when no limit is given

func (c *call) count() (any, error) {
	var in wire.CountRequest
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	return c.evaluate("count", in.Query, func(e *evaluation) (any, error) {
		n, err := e.plan.Count(e.population, *e.options)
		return wire.CountResponse{Read: c.read(e.root), Count: n, TookUs: e.tookUs()}, err
	})
}

func (c *call) queryContacts() (any, error) {
	var in wire.QueryContactsRequest
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	limit, err := c.pageSize(in.Limit, contactsPage)
	if err != nil {
		return nil, err
	}
	return c.evaluate("contacts", in.Query, func(e *evaluation) (any, error) {
		return e.page(in.Fields, in.After, limit)
	})
}

// page is one page of who matches, with the fields that were asked for.
func (e *evaluation) page(fields []string, after string, limit int) (any, error) {
	of := e.call.tenant.ID() + " " + e.entity + " " + e.plan.Text()
	at, err := parseCursor(after, of)
	if err != nil {
		return nil, err
	}
	columns, err := e.columns(fields)
	if err != nil {
		return nil, err
	}
	ords, next, more, err := e.plan.Page(e.population, *e.options, at, limit)
	if err != nil {
		return nil, err
	}
	out := wire.QueryContactsResponse{Read: e.call.read(e.root), Contacts: make([]map[string]any, len(ords))}
	for i, ord := range ords {
		row := make(map[string]any, len(columns))
		for _, col := range columns {
			if row[col.name], err = col.value(ord); err != nil {
				return nil, err
			}
		}
		out.Contacts[i] = row
	}
	if more {
		out.Next = formatCursor(next, of)
	}
	out.TookUs = e.tookUs()
	return out, nil
}

func (c *call) breakdown() (any, error) {
	var in wire.BreakdownRequest
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	by := query.Name{Text: strings.Trim(in.By, "`")}
	if rest, ok := strings.CutPrefix(in.By, "account."); ok {
		by = query.Name{Account: true, Text: strings.Trim(rest, "`")}
	}
	if err := checkName("by", by.Text); err != nil {
		return nil, err
	}
	return c.evaluate("breakdown", in.Query, func(e *evaluation) (any, error) {
		buckets, err := e.plan.Breakdown(e.population, *e.options, by)
		if err != nil {
			return nil, aboutField(err, "by")
		}
		shown := e.bucketValue(by)
		out := wire.BreakdownResponse{Read: c.read(e.root), Buckets: make([]wire.Bucket, len(buckets)), TookUs: e.tookUs()}
		for i, b := range buckets {
			out.Buckets[i].Count = b.Count
			if !b.Null {
				out.Buckets[i].Value = shown(b.Value)
			}
		}
		return out, nil
	})
}

// bucketValue tells how the values of a breakdown are shown: masked, and numbers, yes and no as such, like in a
// contact; times as local dates.
func (e *evaluation) bucketValue(by query.Name) func(text string) any {
	p := e.population
	if by.Account {
		p, _ = p.Account()
	}
	kind := plan.Text
	if a, ok := p.Attribute(by.Text); ok {
		kind = a.Kind
	} else if t, ok := p.Tag(by.Text); ok && t.Values == nil {
		kind = plan.Bool
	}
	return func(text string) any {
		switch kind {
		case plan.Bool:
			return text == "true"
		case plan.Int:
			if n, err := strconv.ParseInt(text, 10, 64); err == nil {
				return maskNumber(by.Text, n)
			}
		case plan.Float:
			if f, err := strconv.ParseFloat(text, 64); err == nil {
				return f
			}
		}
		return maskText(by.Text, text)
	}
}

func (c *call) explain() (any, error) {
	var in wire.ExplainRequest
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	return c.evaluate("explain", in.Query, func(e *evaluation) (any, error) {
		node, err := e.plan.Explain(e.population, *e.options)
		if err != nil {
			return nil, err
		}
		return wire.ExplainResponse{Read: c.read(e.root), Count: node.Rows, TookUs: e.tookUs(), Plan: planNode(node)}, nil
	})
}

func planNode(n *plan.Node) wire.PlanNode {
	out := wire.PlanNode{
		Label: n.Label, ChunksRead: n.ChunksRead, ChunksSkipped: n.SkippedEmpty + n.SkippedFull + n.SkippedZone,
		TookUs: n.Micros, Rows: n.Rows,
	}
	for _, child := range n.Children {
		out.Children = append(out.Children, planNode(child))
	}
	return out
}

func (c *call) parse() (any, error) {
	var in wire.ParseRequest
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	root := c.tenant.Root()
	e, err := c.parsed(in.Where, root)
	if err != nil {
		return nil, err
	}
	if in.Entity != "" && in.Entity != "contact" && in.Entity != "account" {
		return nil, invalid("entity", "entity is contact or account")
	}
	if in.Check {
		if err := plan.Check(e, population(root, in.Entity)); err != nil {
			return nil, err
		}
	}
	form, err := query.PrintJSON(e)
	if err != nil {
		return nil, err
	}
	return wire.ParseResponse{Text: query.Print(e), JSON: wire.Object(form)}, nil
}
