package api

import (
	"errors"
	"mime"
	"net/http"
	"strings"

	"rollcall/client/wire"
)

// Errors have media types of their own (RFC 9457), in msgpack as in JSON.
const (
	typeProblemJSON    = "application/problem+json"
	typeProblemMsgpack = "application/problem+msgpack"
)

// formatOfBody tells a request's format from its Content-Type; none means JSON.
func formatOfBody(contentType string) (wire.Format, error) {
	unsupported := func(format string, args ...any) (wire.Format, error) {
		return wire.JSON, problem(http.StatusUnsupportedMediaType, "unsupported_media_type", format, args...)
	}
	if contentType == "" {
		return wire.JSON, nil
	}
	mediaType, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return unsupported("the Content-Type cannot be read")
	}
	if charset := strings.ToLower(params["charset"]); charset != "" && charset != "utf-8" && charset != "utf8" {
		return unsupported("the charset is not UTF-8")
	}
	f, ok := wire.FormatOf(mediaType)
	if !ok {
		return unsupported("this Content-Type is not served, send %s or %s", wire.JSON.ContentType(), wire.Msgpack.ContentType())
	}
	return f, nil
}

// formatOfAnswer is the first format of Accept that is served, else the format of the request.
func formatOfAnswer(accept, contentType string) wire.Format {
	for part := range strings.SplitSeq(accept, ",") {
		mediaType, _, _ := strings.Cut(part, ";")
		switch mediaType = strings.ToLower(strings.TrimSpace(mediaType)); mediaType {
		case "", "*/*", "application/*":
		case typeProblemJSON:
			return wire.JSON
		case typeProblemMsgpack:
			return wire.Msgpack
		default:
			if f, ok := wire.FormatOf(mediaType); ok {
				return f
			}
		}
	}
	f, err := formatOfBody(contentType)
	if err != nil {
		return wire.JSON
	}
	return f
}

// decode reads a whole body into v, a pointer to a struct of client/wire.
func (c *call) decode(v any) error {
	f, err := formatOfBody(string(c.ctx.Request.Header.ContentType()))
	if err != nil {
		return err
	}
	body := c.ctx.Request.Body()
	if len(body) == 0 {
		return problem(http.StatusBadRequest, "empty_body", "the request has no body")
	}
	limits := wire.ExpressionLimits
	if c.route.batch {
		limits = wire.BatchLimits
	}
	return f.Decode(body, v, limits)
}

// bodyFailure explains a body that cannot be read: 400 when it is no body at all, 413 when it is over a limit, 422
// when it is one that does not fit the call.
func bodyFailure(err error) *failure {
	var e *wire.Error
	if !errors.As(err, &e) {
		return nil
	}
	status := http.StatusBadRequest
	switch e.Code {
	case wire.CodeUnknownField, wire.CodeWrongType, wire.CodeNumberRange, wire.CodeInvalidName:
		status = http.StatusUnprocessableEntity
	case wire.CodeTooDeep, wire.CodeTooManyItems, wire.CodeTextTooLong:
		status = http.StatusRequestEntityTooLarge
	}
	detail := e.Message
	if status != http.StatusRequestEntityTooLarge { // there the number is our limit
		detail = maskAll(detail) // a decoder's words may quote a number of the body
	}
	f := problem(status, e.Code, "%s", detail).at(e.Path)
	if e.Offset != wire.NoOffset {
		f.offset = &e.Offset
	}
	return f
}
