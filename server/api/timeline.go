package api

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"net/http"
	"time"

	"rollcall/client/wire"
	"rollcall/engine"
	"rollcall/server/intake"
)

const eventsPage = 50 // events of a timeline's page when no limit is given

func (c *call) listContactEvents() (any, error) {
	text, err := c.param("one_id")
	if err != nil {
		return nil, err
	}
	limit, err := c.limit(eventsPage)
	if err != nil {
		return nil, err
	}
	before, err := c.before()
	if err != nil {
		return nil, err
	}
	root := c.tenant.Root()
	ord, err := c.contactOf(root, text)
	if err != nil {
		return nil, err
	}
	// One more than the page tells whether there is another.
	stored, err := root.Timeline(ord, before, limit+1)
	if err != nil {
		return nil, err
	}
	out := wire.EventsResponse{Read: c.read(root), Events: make([]wire.TimelineEvent, 0, len(stored))}
	if len(stored) > limit {
		stored = stored[:limit]
		out.Next = formatPlace(stored[limit-1].Cursor())
	}
	for _, s := range stored {
		e, err := c.timelineEvent(root, ord, s)
		if err != nil {
			return nil, err
		}
		out.Events = append(out.Events, e)
	}
	return out, nil
}

// timelineEvent opens one stored event; numbers and addresses inside its payload are masked.
func (c *call) timelineEvent(root *engine.Root, ord uint32, s engine.StoredEvent) (wire.TimelineEvent, error) {
	sent, err := intake.OpenEvent(c.tenant.keys, s.Sealed)
	if err != nil {
		return wire.TimelineEvent{}, fmt.Errorf("opening event %d: %w", s.Seq, err)
	}
	payload, err := maskObject(sent.Payload)
	if err != nil {
		return wire.TimelineEvent{}, fmt.Errorf("masking event %d: %w", s.Seq, err)
	}
	return wire.TimelineEvent{
		EventID: s.EventID, TenantID: c.tenant.ID(), OrgID: s.Org, OneID: intake.FormatID(root.ContactID(ord)),
		OccurredAt: c.asSent(sent.OccurredAt, s.OccurredAt), Source: s.Source, Type: s.Type, UA: sent.UA,
		Future: s.OccurredAt > c.api.Clock().UnixMilli(), Payload: payload,
	}, nil
}

// asSent is an instant in the zone that it was sent in, and as it was written; in the tenant's zone if it was sent in
// another form.
func (c *call) asSent(text string, ms int64) string {
	if _, err := time.Parse(time.RFC3339, text); err == nil {
		return text
	}
	return c.formatTime(ms)
}

// before reads the query parameter of that name: the place after which to go on, or an instant.
func (c *call) before() (engine.Cursor, error) {
	text, err := c.argument("before")
	if err != nil || text == "" {
		return engine.Cursor{}, err
	}
	if place, ok := parsePlace(text); ok {
		return place, nil
	}
	t, err := c.instant("before", text)
	if err != nil {
		return engine.Cursor{}, problem(http.StatusUnprocessableEntity, "invalid_cursor", "before is no next of another page and no instant").at("before")
	}
	// The smallest id and number at that instant: events at the instant itself are not before it.
	// The zero Cursor would be the newest end; nothing is taken in from before 1970.
	return engine.Cursor{Time: cmp.Or(t.UnixMilli(), -1)}, nil
}

// formatPlace writes a place in a timeline as opaque text: version, time, number, id.
func formatPlace(p engine.Cursor) string {
	b := []byte{1}
	b = binary.BigEndian.AppendUint64(b, uint64(p.Time))
	b = binary.BigEndian.AppendUint64(b, p.Seq)
	return base64.RawURLEncoding.EncodeToString(append(b, p.ID...))
}

func parsePlace(text string) (engine.Cursor, bool) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) < 17 || b[0] != 1 || len(b) > 17+math.MaxUint16 {
		return engine.Cursor{}, false
	}
	return engine.Cursor{
		Time: int64(binary.BigEndian.Uint64(b[1:])), Seq: binary.BigEndian.Uint64(b[9:]), ID: string(b[17:]),
	}, true
}
