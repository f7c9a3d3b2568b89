package api

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/http"

	"rollcall/engine/command"
	"rollcall/server/auth"
)

const headerIdempotency = "Idempotency-Key"

// maxIdempotencyKey is the longest Idempotency-Key, in bytes.
const maxIdempotencyKey = 255

// idempotencyKey is the request's Idempotency-Key, "" without one. Only a POST is made safe to repeat by it; PUT and
// DELETE are so by themselves.
func (c *call) idempotencyKey() (string, error) {
	key := string(c.ctx.Request.Header.Peek(headerIdempotency))
	if c.route.method != http.MethodPost {
		return "", nil
	}
	if len(key) > maxIdempotencyKey {
		return "", invalid(headerIdempotency, "%s has more than %d bytes", headerIdempotency, maxIdempotencyKey)
	}
	return key, nil
}

// propose writes one command of the caller's tenant.
func (c *call) propose(body command.Body) (*command.Result, error) {
	return c.proposePart(c.who.Tenant, body, 0)
}

// proposePart writes command number part of this request. With an Idempotency-Key every part has a key of its own,
// derived from it: a request that was cut in the middle goes on where it stopped when it is repeated, and all parts
// stand for the whole request, so another body under the same key is refused at the first part.
func (c *call) proposePart(tenant string, body command.Body, part int) (*command.Result, error) {
	key, err := c.idempotencyKey()
	if err != nil {
		return nil, err
	}
	if c.tenant != nil {
		// What was sealed for a tenant that is deleted by now must not reach another one of its id.
		if now, err := c.api.tenants.open(tenant); err != nil || now.Tenant != c.tenant.Tenant {
			return nil, problem(http.StatusUnauthorized, "unauthorized", "%s", auth.ErrBadKey)
		}
	}
	e := command.Envelope{Time: c.api.Clock().UnixMilli(), Tenant: tenant}
	if key != "" {
		e.Idempotency = &command.Idempotency{
			Key:     digest([]byte(key), binary.BigEndian.AppendUint32(nil, uint32(part))),
			Request: digest(c.ctx.Method(), c.ctx.URI().PathOriginal(), c.ctx.Request.Body()),
		}
	}
	index, result, err := c.api.Node.Propose(c.context, command.Encode(e, body))
	if err != nil {
		return nil, err
	}
	r, ok := result.(*command.Result)
	if !ok {
		return nil, fmt.Errorf("the log answered a %T at index %d", result, index)
	}
	if r.Code != "" {
		return nil, refusal(r)
	}
	c.setIndex(r.Index)
	return r, nil
}

// digest is SHA-256 over length-prefixed parts, cut to the size of a command.Key.
func digest(parts ...[]byte) (k command.Key) {
	h := sha256.New()
	for _, p := range parts {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(p))))
		h.Write(p)
	}
	copy(k[:], h.Sum(nil))
	return k
}

// refusal turns a command that Apply refused as a whole into a failure.
func refusal(r *command.Result) *failure {
	status := http.StatusUnprocessableEntity
	switch r.Code {
	case "unknown_tenant", "unknown_tag", "unknown_one_id", "unknown_segment", "unknown_key":
		status = http.StatusNotFound
	case "tenant_exists", "name_taken", "tag_kind", "kind_conflict":
		status = http.StatusConflict
	}
	detail := r.Detail
	if detail == "" {
		detail = refusals[r.Code]
	}
	return problem(status, r.Code, "%s", detail)
}

// refusals says in words what Apply gives as a code alone.
var refusals = map[string]string{
	"unknown_tenant":       "there is no such tenant",
	"tenant_exists":        "a tenant with this id exists",
	"unknown_tag":          "there is no such tag",
	"unknown_segment":      "there is no such segment",
	"name_taken":           "a tag and an attribute of one entity cannot share a name",
	"tag_kind":             "the tag exists and is of another kind",
	"type_mismatch":        "the value has another type than the one declared",
	"idempotency_conflict": "this Idempotency-Key was used for another request: use a new key for a new request",
	"too_many_attributes":  "the tenant has as many attributes as it may have",
	"too_many_tags":        "the tenant has as many tags as it may have",
}
