package client

import (
	"context"
	"iter"
	"net/http"

	"rollcall/client/wire"
)

// Where is the query of an expression in its text form, on contacts, now.
func Where(expression string) wire.Query { return wire.Query{Where: wire.Expression(expression)} }

func (c *Client) query(ctx context.Context, kind string, in, out any) error {
	return c.do(ctx, request{method: http.MethodPost, path: "/v1/query/" + kind, in: in}, out)
}

// Count tells how many match.
func (c *Client) Count(ctx context.Context, q wire.Query) (wire.CountResponse, error) {
	var out wire.CountResponse
	err := c.query(ctx, "count", wire.CountRequest{Query: q}, &out)
	return out, err
}

// QueryContacts is one page of who matches. Numbers in the rows are json.Number.
func (c *Client) QueryContacts(ctx context.Context, q wire.QueryContactsRequest) (wire.QueryContactsResponse, error) {
	var out wire.QueryContactsResponse
	err := c.query(ctx, "contacts", q, &out)
	return out, err
}

// Contacts goes through everybody who matches, page by page, with the fields that were asked for. It ends at the first
// error, which it yields.
func (c *Client) Contacts(ctx context.Context, q wire.Query, fields ...string) iter.Seq2[map[string]any, error] {
	return pages(func(after string) ([]map[string]any, string, error) {
		p, err := c.QueryContacts(ctx, wire.QueryContactsRequest{Query: q, Fields: fields, Limit: 1000, After: after})
		return p.Contacts, p.Next, err
	})
}

// Breakdown tells how many match, by the value of a tag or attribute ("account." before it: of the account).
func (c *Client) Breakdown(ctx context.Context, q wire.Query, by string) (wire.BreakdownResponse, error) {
	var out wire.BreakdownResponse
	err := c.query(ctx, "breakdown", wire.BreakdownRequest{Query: q, By: by}, &out)
	return out, err
}

// Explain tells what each part of an expression costs and matches.
func (c *Client) Explain(ctx context.Context, q wire.Query) (wire.ExplainResponse, error) {
	var out wire.ExplainResponse
	err := c.query(ctx, "explain", wire.ExplainRequest{Query: q}, &out)
	return out, err
}

// Parse gives an expression in its text and JSON forms.
func (c *Client) Parse(ctx context.Context, in wire.ParseRequest) (wire.ParseResponse, error) {
	var out wire.ParseResponse
	err := c.query(ctx, "parse", in, &out)
	return out, err
}
