package client

import (
	"context"
	"net/http"

	"rollcall/client/wire"
)

// PutRecords takes in source records, at most 5,000 and 8 MiB at a time. One bad record is rejected in its result and
// is no error.
func (c *Client) PutRecords(ctx context.Context, records []wire.Record) (wire.PutRecordsResponse, error) {
	var out wire.PutRecordsResponse
	err := c.do(ctx, request{method: http.MethodPost, path: "/v1/records", in: wire.PutRecordsRequest{Records: records}}, &out)
	return out, err
}

// LookupRecords tells whom each source record belongs to now.
func (c *Client) LookupRecords(ctx context.Context, refs []wire.RecordRef) (wire.LookupRecordsResponse, error) {
	var out wire.LookupRecordsResponse
	err := c.do(ctx, request{method: http.MethodPost, path: "/v1/records/lookup", in: wire.LookupRecordsRequest{Records: refs}}, &out)
	return out, err
}

// PutEvents takes in events, at most 5,000 and 8 MiB at a time. One bad event is rejected in its result and is no
// error.
func (c *Client) PutEvents(ctx context.Context, events []wire.Event) (wire.PutEventsResponse, error) {
	var out wire.PutEventsResponse
	err := c.do(ctx, request{method: http.MethodPost, path: "/v1/events", in: wire.PutEventsRequest{Events: events}}, &out)
	return out, err
}
