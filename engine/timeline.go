package engine

import (
	"fmt"
	"math"
	"slices"

	"rollcall/engine/schema"
	"rollcall/index"
)

// Cursor is a place in a timeline: the event before which, in time, to go on. The zero Cursor is the newest end.
type Cursor struct {
	Time int64
	ID   string
	Seq  uint64
}

// StoredEvent is one event of a timeline. Times are in ms since 1970. Sealed holds what the command's Sealed held.
type StoredEvent struct {
	Seq                        uint64
	EventID, Source, Type, Org string
	OccurredAt                 int64
	Future                     bool
	Sealed                     []byte
}

// Cursor is the place of the event: a page before it goes on with what happened earlier.
func (e *StoredEvent) Cursor() Cursor { return Cursor{e.OccurredAt, e.EventID, e.Seq} }

// moment orders events by time, id, and number.
type moment struct {
	Cursor
	rows *index.Rows
	row  uint32
}

func (c *Cursor) compare(o *Cursor) int {
	switch {
	case c.Time != o.Time:
		if c.Time < o.Time {
			return -1
		}
		return 1
	case c.ID != o.ID:
		if c.ID < o.ID {
			return -1
		}
		return 1
	case c.Seq != o.Seq:
		if c.Seq < o.Seq {
			return -1
		}
		return 1
	}
	return 0
}

// Timeline lists up to limit events of a live contact before a place, newest first by time, id and number. Events that
// lie in the future of the leader's clock are among them. The error is one of reading the pages.
func (r *Root) Timeline(ord uint32, before Cursor, limit int) ([]StoredEvent, error) {
	var found []moment
	r.events.Contact(ord, func(_ uint32, rows *index.Rows, row uint32) {
		at := Cursor{rows.Time(row), rows.ID(row), rows.Seq(row)}
		if before == (Cursor{}) || at.compare(&before) < 0 {
			found = append(found, moment{at, rows, row})
		}
	})
	slices.SortFunc(found, func(a, b moment) int { return b.compare(&a.Cursor) })
	found = found[:min(len(found), max(limit, 0))]
	out := make([]StoredEvent, len(found))
	blocks := map[uint64][]payload{}
	for i := range found {
		m := &found[i]
		p, err := r.tenant.payloads.get(m.Seq, blocks)
		if err != nil {
			return nil, fmt.Errorf("timeline: %w", err)
		}
		out[i] = StoredEvent{
			Seq: m.Seq, EventID: m.ID, Source: r.words.Text(m.rows.Source(m.row)), Type: r.types[m.rows.Type()-1], Org: p.org,
			OccurredAt: m.Time, Future: p.future, Sealed: p.sealed,
		}
	}
	return out, nil
}

const sevenDays = 7 * 24 * 60 * 60 * 1000 // ms

// Interactions counts the contact's interactions (schema.Interactions) in the 168 hours before now, both ends
// included, and finds the time of the last one at or before now; any is false if there is none. Times are in ms.
func (r *Root) Interactions(ord uint32, now int64) (count7d int, last int64, any bool) {
	last = math.MinInt64
	for _, g := range r.events.Of(ord) {
		if !slices.Contains(schema.Interactions, r.types[g.Rows.Type()-1]) {
			continue
		}
		see := func(row uint32) {
			if at := g.Rows.Time(row); at <= now {
				if at >= now-sevenDays {
					count7d++
				}
				last, any = max(last, at), true
			}
		}
		for row := g.Lo; row < g.Hi; row++ {
			see(row)
		}
		for _, row := range g.Tail {
			see(row)
		}
	}
	if !any {
		last = 0
	}
	return count7d, last, any
}
