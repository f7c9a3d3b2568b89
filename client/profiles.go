package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"rollcall/client/wire"
)

// View tells how a profile is looked at. The zero View is now, with all personal values masked.
type View struct {
	Now    string // sets the clock of windows and rule tags, RFC 3339
	Reveal string // shows the plain values of this type of identifier; the look is audited
	Reason string // why; needed with Reveal
}

func (v View) query() url.Values {
	q := url.Values{}
	set(q, "now", v.Now)
	set(q, "reveal", v.Reveal)
	set(q, "reason", v.Reason)
	return q
}

// set adds a parameter that is not empty.
func set(q url.Values, name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}

func setLimit(q url.Values, limit int) {
	if limit > 0 {
		q.Set("limit", strconv.Itoa(limit))
	}
}

// Contact is the golden profile of a contact; id is a OneID or an id of an earlier platform.
func (c *Client) Contact(ctx context.Context, id string, v View) (wire.ContactResponse, error) {
	var out wire.ContactResponse
	err := c.do(ctx, request{method: http.MethodGet, path: "/v1/contacts/" + url.PathEscape(id), query: v.query()}, &out)
	return out, err
}

// LookupContact is the contact that has one of these identifiers, the strongest first.
func (c *Client) LookupContact(ctx context.Context, ids wire.Identifiers) (wire.ContactResponse, error) {
	var out wire.ContactResponse
	err := c.do(ctx, request{method: http.MethodPost, path: "/v1/contacts/lookup", in: wire.LookupContactRequest{Identifiers: ids}}, &out)
	return out, err
}

// ContactEvents is one page of a contact's timeline, newest first. before is the Next of the page before, or "".
func (c *Client) ContactEvents(ctx context.Context, id string, limit int, before string) (wire.EventsResponse, error) {
	q := url.Values{}
	setLimit(q, limit)
	set(q, "before", before)
	var out wire.EventsResponse
	err := c.do(ctx, request{method: http.MethodGet, path: "/v1/contacts/" + url.PathEscape(id) + "/events", query: q}, &out)
	return out, err
}

// Timeline goes through all events of a contact, newest first. It ends at the first error, which it yields.
func (c *Client) Timeline(ctx context.Context, id string) iter.Seq2[wire.TimelineEvent, error] {
	return pages(func(before string) ([]wire.TimelineEvent, string, error) {
		p, err := c.ContactEvents(ctx, id, 500, before)
		return p.Events, p.Next, err
	})
}

// Account is the golden profile of an account.
func (c *Client) Account(ctx context.Context, id string, v View) (wire.AccountResponse, error) {
	var out wire.AccountResponse
	err := c.do(ctx, request{method: http.MethodGet, path: "/v1/accounts/" + url.PathEscape(id), query: v.query()}, &out)
	return out, err
}

// Account360 is an account with its people, their newest events and its opportunities.
func (c *Client) Account360(ctx context.Context, id string, v View) (wire.Account360Response, error) {
	var out wire.Account360Response
	err := c.do(ctx, request{method: http.MethodGet, path: "/v1/accounts/" + url.PathEscape(id) + "/360", query: v.query()}, &out)
	return out, err
}

// Accounts goes through all accounts. It ends at the first error, which it yields.
func (c *Client) Accounts(ctx context.Context) iter.Seq2[wire.Account, error] {
	return pages(func(after string) ([]wire.Account, string, error) {
		q := url.Values{}
		setLimit(q, 500)
		set(q, "after", after)
		var out wire.AccountsResponse
		err := c.do(ctx, request{method: http.MethodGet, path: "/v1/accounts", query: q}, &out)
		return out.Accounts, out.Next, err
	})
}

// pages goes through the items of all pages; each is fetched when its first item is asked for.
func pages[T any](fetch func(after string) (items []T, next string, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for after := ""; ; {
			items, next, err := fetch(after)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			after = next
		}
	}
}
