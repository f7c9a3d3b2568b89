package client

import (
	"context"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"rollcall/client/wire"
)

// PutTag creates or changes a tag.
func (c *Client) PutTag(ctx context.Context, name string, in wire.PutTagRequest) (wire.PutTagResponse, error) {
	var out wire.PutTagResponse
	err := c.do(ctx, request{method: http.MethodPut, path: "/v1/tags/" + url.PathEscape(name), in: in}, &out)
	return out, err
}

// Tag is a tag with its coverage.
func (c *Client) Tag(ctx context.Context, name string) (wire.TagResponse, error) {
	var out wire.TagResponse
	err := c.do(ctx, request{method: http.MethodGet, path: "/v1/tags/" + url.PathEscape(name)}, &out)
	return out, err
}

// Tags are all tags with their coverage.
func (c *Client) Tags(ctx context.Context) (wire.TagsResponse, error) {
	var out wire.TagsResponse
	err := c.do(ctx, request{method: http.MethodGet, path: "/v1/tags"}, &out)
	return out, err
}

// DeleteTag removes a tag and its members.
func (c *Client) DeleteTag(ctx context.Context, name string) (wire.ChangedResponse, error) {
	var out wire.ChangedResponse
	err := c.do(ctx, request{method: http.MethodDelete, path: "/v1/tags/" + url.PathEscape(name)}, &out)
	return out, err
}

// ChangeTagMembers adds and removes members of a manual tag.
func (c *Client) ChangeTagMembers(ctx context.Context, name string, in wire.TagMembersRequest) (wire.TagMembersResponse, error) {
	var out wire.TagMembersResponse
	err := c.do(ctx, request{method: http.MethodPost, path: "/v1/tags/" + url.PathEscape(name) + "/members", in: in}, &out)
	return out, err
}

// PutSegment saves a segment.
func (c *Client) PutSegment(ctx context.Context, id string, in wire.PutSegmentRequest) (wire.PutSegmentResponse, error) {
	var out wire.PutSegmentResponse
	err := c.do(ctx, request{method: http.MethodPut, path: "/v1/segments/" + url.PathEscape(id), in: in}, &out)
	return out, err
}

// Segment is a segment with its count.
func (c *Client) Segment(ctx context.Context, id string) (wire.SegmentResponse, error) {
	var out wire.SegmentResponse
	err := c.do(ctx, request{method: http.MethodGet, path: "/v1/segments/" + url.PathEscape(id)}, &out)
	return out, err
}

// Segments are all segments with their counts.
func (c *Client) Segments(ctx context.Context) (wire.SegmentsResponse, error) {
	var out wire.SegmentsResponse
	err := c.do(ctx, request{method: http.MethodGet, path: "/v1/segments"}, &out)
	return out, err
}

// DeleteSegment removes a segment.
func (c *Client) DeleteSegment(ctx context.Context, id string) (wire.ChangedResponse, error) {
	var out wire.ChangedResponse
	err := c.do(ctx, request{method: http.MethodDelete, path: "/v1/segments/" + url.PathEscape(id)}, &out)
	return out, err
}

// SegmentMembers goes through the members of a segment. It ends at the first error, which it yields.
func (c *Client) SegmentMembers(ctx context.Context, id string, fields ...string) iter.Seq2[map[string]any, error] {
	return pages(func(after string) ([]map[string]any, string, error) {
		q := url.Values{}
		setLimit(q, 1000)
		set(q, "after", after)
		set(q, "fields", strings.Join(fields, ","))
		var out wire.QueryContactsResponse
		err := c.do(ctx, request{method: http.MethodGet, path: "/v1/segments/" + url.PathEscape(id) + "/members", query: q}, &out)
		return out.Contacts, out.Next, err
	})
}

// ExportSegment writes all members of a segment as CSV to w. The file is held in memory until it is whole; larger ones
// are read with SegmentMembers.
func (c *Client) ExportSegment(ctx context.Context, id string, w io.Writer, fields ...string) error {
	q := url.Values{"format": {"csv"}}
	set(q, "fields", strings.Join(fields, ","))
	var file []byte
	if err := c.do(ctx, request{method: http.MethodGet, path: "/v1/segments/" + url.PathEscape(id) + "/export", query: q}, &file); err != nil {
		return err
	}
	_, err := w.Write(file)
	return err
}

// Schema is every name that records, events and expressions may use.
func (c *Client) Schema(ctx context.Context) (wire.SchemaResponse, error) {
	var out wire.SchemaResponse
	err := c.do(ctx, request{method: http.MethodGet, path: "/v1/schema"}, &out)
	return out, err
}

// PutAttribute declares the kind of an attribute.
func (c *Client) PutAttribute(ctx context.Context, name string, in wire.PutAttributeRequest) (wire.ChangedResponse, error) {
	var out wire.ChangedResponse
	err := c.do(ctx, request{method: http.MethodPut, path: "/v1/schema/attributes/" + url.PathEscape(name), in: in}, &out)
	return out, err
}
