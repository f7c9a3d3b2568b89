package engine

import (
	"fmt"
	"math"
	"slices"
	"sort"

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
// lie in the future of the leader's clock are among them. The cost is that of the page, however many events the contact
// has. The error is one of reading the pages.
func (r *Root) Timeline(ord uint32, before Cursor, limit int) ([]StoredEvent, error) {
	found := r.moments(ord, before, limit)
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

// moments finds the newest events before a place, newest first.
func (r *Root) moments(ord uint32, before Cursor, limit int) []moment {
	if limit <= 0 {
		return nil
	}
	groups := r.events.Of(ord)
	if before != (Cursor{}) {
		for i := range groups {
			cut(&groups[i], &before)
		}
	}
	var found []moment
	index.NewestOf(groups, math.MaxInt, math.MaxInt64, func(rows *index.Rows, row uint32) bool {
		at := Cursor{rows.Time(row), rows.ID(row), rows.Seq(row)}
		if before != (Cursor{}) && at.compare(&before) >= 0 {
			return true
		}
		// Events of one time and id, which only their sources tell apart, come in any order.
		if n := len(found); n >= limit && (found[n-1].Time != at.Time || found[n-1].ID != at.ID) {
			return false
		}
		found = append(found, moment{at, rows, row})
		return true
	})
	slices.SortFunc(found, func(a, b moment) int { return b.compare(&a.Cursor) })
	return found[:min(len(found), limit)]
}

// cut leaves of a group what does not lie after the place in the order of (time, id).
func cut(g *index.Group, before *Cursor) {
	after := func(row uint32) bool {
		at := g.Rows.Time(row)
		return at > before.Time || at == before.Time && g.Rows.ID(row) > before.ID
	}
	g.Hi = g.Lo + uint32(sort.Search(int(g.Hi-g.Lo), func(i int) bool { return after(g.Lo + uint32(i)) }))
	g.Tail = g.Tail[:sort.Search(len(g.Tail), func(i int) bool { return after(g.Tail[i]) })]
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
