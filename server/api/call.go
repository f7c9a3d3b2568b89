package api

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/valyala/fasthttp"

	"rollcall/client/wire"
	"rollcall/query"
	"rollcall/server/auth"
)

// call is one request under way. It belongs to one goroutine and ends with the handler: nothing may keep it or the
// bytes of its request.
type call struct {
	api    *API
	ctx    *fasthttp.RequestCtx
	route  *route
	began  time.Time
	format wire.Format

	context context.Context // ends at the request's deadline
	who     auth.Principal
	tenant  *tenant // of who; nil for public and root calls
	status  int     // of a success; 0 means 200
	raw     bool    // the handler wrote the body itself
}

// pass checks everything that comes before the handler, and calls it.
func (c *call) pass() (any, error) {
	a := c.api
	ctx, cancel := context.WithDeadline(context.Background(), c.began.Add(a.Limits.RequestTime))
	defer cancel()
	c.context = ctx
	if c.route.right != auth.Public {
		who, err := a.Auth.Authenticate(string(c.ctx.Request.Header.Peek("Authorization")))
		if err != nil {
			return nil, problem(http.StatusUnauthorized, "unauthorized", "%s", err)
		}
		if !who.May(c.route.right) {
			return nil, problem(http.StatusForbidden, "forbidden", "a key of role %s may not do this", who.Role)
		}
		c.who = who
	}
	// The server's bound follows the headers; this one follows the route that was found.
	if limit := c.route.bodyLimit(a.Limits); len(c.ctx.Request.Body()) > limit {
		return nil, problem(http.StatusRequestEntityTooLarge, "body_too_large", "the body has more than %d bytes", limit)
	}
	if e := c.ctx.Request.Header.Peek("Content-Encoding"); len(e) > 0 && !strings.EqualFold(string(e), "identity") {
		return nil, problem(http.StatusUnsupportedMediaType, "unsupported_encoding", "send the body without Content-Encoding")
	}
	if c.route.right != auth.Public {
		if err := a.Node.Ready(); err != nil {
			return nil, err
		}
	}
	if c.who.Tenant != "" {
		var err error
		if c.tenant, err = a.tenants.open(c.who.Tenant); err != nil {
			return nil, err
		}
		if err := c.waitForIndex(); err != nil {
			return nil, err
		}
	}
	return c.route.handle(c)
}

// answer writes a success or a problem.
func (c *call) answer(body any, err error) {
	h := &c.ctx.Response.Header
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	if err == nil {
		err = c.write(body)
	}
	if err == nil {
		return
	}
	f := asFailure(err)
	if f == nil {
		c.api.Logger.Error("request failed", "route", c.route.path, "error", err)
		f = problem(http.StatusInternalServerError, "internal", "the node made a mistake, see its log")
	}
	c.api.Observe.Refused(f.code)
	if f.retry > 0 {
		// Jitter keeps all the refused from coming back in the same instant.
		wait := f.retry.Seconds() * (1 + rand.Float64()/2)
		h.Set("Retry-After", strconv.Itoa(max(1, int(wait+0.5))))
	}
	if f.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	if f.allow != "" {
		h.Set("Allow", f.allow)
	}
	out, encodeErr := c.format.Append(nil, f.wire())
	if encodeErr != nil {
		c.api.Logger.Error("problem could not be written", "error", encodeErr)
	}
	h.SetContentType(typeProblemJSON)
	if c.format == wire.Msgpack {
		h.SetContentType(typeProblemMsgpack)
	}
	c.ctx.SetStatusCode(f.status)
	c.ctx.SetBody(out)
}

// write sends a success.
func (c *call) write(body any) error {
	h := &c.ctx.Response.Header
	if c.route.right != auth.Public {
		h.Set(headerEpoch, c.api.Node.Epoch())
	}
	if c.tenant != nil && len(h.Peek(headerIndex)) == 0 {
		c.setIndex(c.tenant.Root().Index())
	}
	c.ctx.SetStatusCode(max(c.status, http.StatusOK))
	if c.raw {
		return nil
	}
	out, err := c.format.Append(nil, body)
	if err != nil {
		return fmt.Errorf("writing an answer: %w", err)
	}
	h.SetContentType(c.format.ContentType())
	c.ctx.Response.SetBodyRaw(out)
	return nil
}

// param is a percent-decoded part of the path. Names are text that people can read: valid UTF-8 without control
// characters, 1 to 256 bytes.
func (c *call) param(name string) (string, error) {
	raw, _ := c.ctx.UserValue(name).(string)
	text, err := url.PathUnescape(raw)
	if err != nil {
		return "", problem(http.StatusBadRequest, "malformed_path", "the path has a %% that no two hex digits follow").at(name)
	}
	return text, checkName(name, text)
}

const maxName = 256

// checkName refuses what cannot be a name: of a tag, a segment, an attribute.
func checkName(field, text string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return invalid(field, "%s is empty", field)
	case len(text) > maxName:
		return invalid(field, "%s has %d bytes, at most %d are allowed", field, len(text), maxName)
	case !utf8.ValidString(text):
		return problem(http.StatusBadRequest, "malformed_path", "%s is not valid UTF-8", field).at(field)
	case strings.ContainsFunc(text, unicode.IsControl) || strings.TrimSpace(text) != text:
		return invalid(field, "%s has control characters or spaces at an end", field)
	}
	return nil
}

// newName is the path parameter that names something to be made: an expression must be able to spell it, and people to
// tell it apart.
func (c *call) newName(field string) (string, error) {
	name, err := c.param(field)
	if err != nil {
		return "", err
	}
	if err := query.CheckName(name); err != nil {
		return "", aboutField(err, field)
	}
	return name, nil
}

// argument is a query parameter, "" if absent. Invalid UTF-8 is refused.
func (c *call) argument(name string) (string, error) {
	text := string(c.ctx.QueryArgs().Peek(name))
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return "", problem(http.StatusBadRequest, "malformed_query", "%s is not valid UTF-8", name).at(name)
	}
	return text, nil
}

// limit is the query parameter of that name, or the default when it is absent.
func (c *call) limit(def int) (int, error) {
	text, err := c.argument("limit")
	if err != nil || text == "" {
		return min(def, c.api.Limits.PageItems), err
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, invalid("limit", "limit is no whole number")
	}
	return c.pageSize(n, def)
}

// pageSize checks a page's size as asked for; 0 means the default.
func (c *call) pageSize(n, def int) (int, error) {
	if n == 0 {
		n = def
	}
	if n < 1 || n > c.api.Limits.PageItems {
		return 0, invalid("limit", "limit must be 1 to %d", c.api.Limits.PageItems)
	}
	return n, nil
}

// instant reads a time as the contract writes it: RFC 3339, or a date and time without a zone, which is the tenant's.
func (c *call) instant(field, text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
		if t, err := time.ParseInLocation(layout, text, c.tenant.Zone()); err == nil {
			if t.Year() < 1900 || t.Year() > 2200 {
				break
			}
			return t, nil
		}
	}
	return time.Time{}, invalid(field, "%s is no time such as 2024-10-29T10:30:00+08:00, between 1900 and 2200", field)
}

// nowOr reads the instant that the expression's clock is set to; absent, it is the node's clock.
func (c *call) nowOr(text string) (int64, error) {
	if text == "" {
		return c.api.Clock().UnixMilli(), nil
	}
	t, err := c.instant("now", text)
	return t.UnixMilli(), err
}

func (c *call) setIndex(index uint64) {
	c.ctx.Response.Header.Set(headerIndex, strconv.FormatUint(index, 10))
}

// formatTime writes milliseconds since 1970 in the tenant's zone; milliseconds are shown where there are any, for windows
// and orders go by them.
func (c *call) formatTime(ms int64) string {
	return time.UnixMilli(ms).In(c.tenant.Zone()).Format("2006-01-02T15:04:05.999Z07:00")
}
