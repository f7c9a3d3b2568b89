package plan

import (
	"math"
	"strings"
	"time"

	"rollcall/query"
)

const dayMillis = 24 * 60 * 60 * 1000

// dayStart is the first instant, in ms, at which the local clock shows the date or later. Midnight itself may be
// skipped by a clock change, or come twice; time.Date does not promise which instant it means then.
func dayStart(year int, month time.Month, day int, zone *time.Location) int64 {
	wall := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix()
	// Offsets lie within 16 hours of UTC, so the local clock still shows an earlier date 26 hours before.
	at := time.Unix(wall-26*3600, 0).In(zone)
	for {
		_, offset := at.Zone()
		begin := max(at.Unix(), wall-int64(offset))
		_, end := at.ZoneBounds()
		if end.IsZero() || begin < end.Unix() {
			return begin * 1000
		}
		at = end.In(zone)
	}
}

// localDay numbers local dates: days since 1970-01-01 on the local calendar. It remembers the part of the year in
// which the offset does not change, so that most instants cost one addition. One goroutine at a time.
type localDay struct {
	zone     *time.Location
	from, to int64 // the remembered offset is valid for from <= t < to, in ms
	offset   int64 // ms
}

func (l *localDay) of(t int64) int64 {
	if t < l.from || t >= l.to {
		at := time.UnixMilli(t).In(l.zone)
		begin, end := at.ZoneBounds()
		l.from, l.to = math.MinInt64, math.MaxInt64
		if !begin.IsZero() {
			l.from = begin.UnixMilli()
		}
		if !end.IsZero() {
			l.to = end.UnixMilli()
		}
		_, seconds := at.Zone()
		l.offset = int64(seconds) * 1000
	}
	return floorDiv(t+l.offset, dayMillis)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// moment is a date or an instant as it is written: the first and the last ms that it stands for.
type moment struct{ first, last int64 }

var localLayouts = []string{"2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04"}

// parseMoment reads a date (the whole local day), a local date and time, or an instant with an offset (RFC 3339).
func parseMoment(text string, zone *time.Location) (moment, bool) {
	text = strings.TrimSpace(text)
	if date, err := time.Parse("2006-01-02", text); err == nil {
		year, month, day := date.Date()
		return moment{dayStart(year, month, day, zone), dayStart(year, month, day+1, zone) - 1}, true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05Z07:00"} {
		if at, err := time.Parse(layout, text); err == nil {
			return moment{at.UnixMilli(), at.UnixMilli()}, true
		}
	}
	for _, layout := range localLayouts {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return moment{at.UnixMilli(), at.UnixMilli()}, true
		}
	}
	return moment{}, false
}

// timeSpans gives the instants that stand in relation op to m: = is within, < before its start, > after its end.
func timeSpans(op query.Op, m moment) []span[int64] {
	before, after := span[int64]{math.MinInt64, m.first - 1}, span[int64]{m.last + 1, math.MaxInt64}
	switch op {
	case query.Equal:
		return []span[int64]{{m.first, m.last}}
	case query.NotEqual:
		return []span[int64]{before, after}
	case query.Less:
		return []span[int64]{before}
	case query.LessEqual:
		return []span[int64]{{math.MinInt64, m.last}}
	case query.Greater:
		return []span[int64]{after}
	}
	return []span[int64]{{m.first, math.MaxInt64}}
}

// window is a planned query.Window. Its edges follow from the current time, so they are computed at evaluation.
type window struct {
	kind     query.WindowKind
	seconds  int64
	n        int
	from, to int64 // of query.Range, in ms
}

// edges are the first and the last instant whose events are seen, at the current time now; last n has no first one.
func (w window) edges(now int64, zone *time.Location) (lo, hi int64) {
	switch w.kind {
	case query.Rolling:
		return now - w.seconds*1000, now
	case query.CalendarDays:
		year, month, day := time.UnixMilli(now).In(zone).Date()
		return dayStart(year, month, day-(w.n-1), zone), now
	case query.Range:
		return w.from, min(w.to, now)
	}
	return math.MinInt64, now
}
