package query

import (
	"strconv"
	"strings"
	"time"
)

// expectedWindow names the ways to write one.
const expectedWindow = "a window: 7d, 24h, 30m, 7 calendar days, last 30 or '2024-10-01'..'2024-10-31'"

// unitSeconds are the units of a rolling window.
var unitSeconds = map[string]int64{"d": 86400, "h": 3600, "m": 60}

// window reads a window.
func (p *parser) window() Window {
	at := At(p.token.at)
	switch t := p.token; {
	case t.kind == unitToken:
		p.advance()
		return Window{At: at, Kind: Rolling, Seconds: rolling(t)}
	case t.kind == numberToken:
		p.advance()
		if p.token.keyword() != "calendar" {
			p.failCalendar(t)
		}
		p.advance()
		if day := p.token.kind == wordToken && strings.EqualFold(p.token.text, "day"); day || p.token.keyword() == "days" {
			p.advance()
			return Window{At: at, Kind: CalendarDays, N: whole(t.text, t.at, MaxDays, "days")}
		}
		p.failExpected("DAYS", "")
	case t.keyword() == "last":
		p.advance()
		n := p.token
		if n.kind != numberToken {
			p.failExpected("the number of events", "")
		}
		p.advance()
		return Window{At: at, Kind: LastN, N: whole(n.text, n.at, MaxLast, "events")}
	case t.kind == textToken:
		from := p.text("")
		if !p.accept("..") {
			p.failExpected(`".." and the end of the window`, "")
		}
		to := p.text("the end of the window in quotes")
		checkRange(from, to)
		return Window{At: at, Kind: Range, From: from.Text, To: to.Text}
	case t.kind == wordToken:
		p.failExpected(expectedWindow, chineseWindow(t.text))
	}
	p.failExpected(expectedWindow, "")
	return Window{}
}

// rolling returns the seconds of 7d, 24h or 30m.
func rolling(t token) int64 {
	number := t.text[:len(t.text)-1]
	if tail := strings.TrimLeft(t.text, "-0123456789."); len(tail) == 1 {
		if seconds := unitSeconds[strings.ToLower(tail)]; seconds != 0 {
			limit := MaxDays * unitSeconds["d"] / seconds
			return int64(whole(number, t.at, int(limit), map[int64]string{86400: "days", 3600: "hours", 60: "minutes"}[seconds])) * seconds
		}
	}
	fail(CodeWindow, t.at, "", "the unit of a window is d, h or m: 7d, 24h, 30m")
	return 0
}

// whole returns the positive whole number of a window, at most limit.
func whole(number string, at, limit int, what string) int {
	switch {
	case strings.Contains(number, "."):
		fail(CodeWindow, at, "", "a window has a whole number of "+what)
	case strings.HasPrefix(number, "-"):
		fail(CodeWindow, at, "", "a window reaches back by itself and has no sign")
	}
	digits := strings.TrimLeft(number, "0")
	if digits == "" {
		fail(CodeWindow, at, "", "a window of no "+what+" is empty")
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n > limit {
		fail(CodeWindow, at, "", "a window has at most "+strconv.Itoa(limit)+" "+what)
	}
	return n
}

// failCalendar refuses a number in a window that CALENDAR does not follow; 7 d and 7 days are meant to be 7d.
func (p *parser) failCalendar(number token) {
	if p.token.kind == wordToken {
		word := strings.TrimSuffix(strings.ToLower(p.token.text), "s")
		if unit := map[string]string{"d": "d", "day": "d", "天": "d", "h": "h", "hour": "h", "小时": "h", "m": "m", "minute": "m", "分钟": "m"}[word]; unit != "" {
			fail(CodeWindow, number.at, number.text+unit, "a rolling window is written without a space, one of whole days as 7 calendar days")
		}
	}
	p.failExpected("CALENDAR DAYS, or d, h or m directly behind the number", "")
}

// chineseWindow writes 近7天 as 7d, 24小时 as 24h, 30分钟 as 30m; "" for anything else.
func chineseWindow(word string) string {
	for _, prefix := range []string{"最近", "近", "过去"} {
		word = strings.TrimPrefix(word, prefix)
	}
	digits := strings.TrimRight(word, "天日小时分钟")
	unit := map[string]string{"天": "d", "日": "d", "小时": "h", "分钟": "m"}[word[len(digits):]]
	if unit == "" || digits == "" || strings.Trim(digits, "0123456789") != "" {
		return ""
	}
	return digits + unit
}

// edge is the earliest and the latest instant that one end of a window can stand for. They differ for a date, which
// is a day in the tenant's time zone: that zone is not known here.
type edge struct{ earliest, latest time.Time }

// The zones that there are: a day begins first at UTC+14 and last at UTC-12.
const (
	east = 14 * time.Hour
	west = 12 * time.Hour
)

// parseEdge reads one end of a window; a date stands for its day's beginning.
func parseEdge(l Literal) edge {
	if isDate(l.Text) {
		if day, err := time.Parse(time.DateOnly, l.Text); err == nil {
			return edge{day.Add(-east), day.Add(west)}
		}
	}
	instant, err := time.Parse(time.RFC3339, l.Text)
	lenient := len(l.Text) < len("2024-10-01T00:00:00Z") || l.Text[13] != ':' || strings.Contains(l.Text, ",")
	if err != nil || lenient { // time.Parse takes T1:00:00 and a decimal comma
		fail(CodeWindow, int(l.At), "", "the end of a window is a date such as '2024-10-01' or an instant such as '2024-10-01T00:00:00+08:00'")
	}
	return edge{instant, instant}
}

// isDate tells whether text has the shape of a date.
func isDate(text string) bool {
	if len(text) != len(time.DateOnly) || text[4] != '-' || text[7] != '-' {
		return false
	}
	return strings.Trim(text[:4]+text[5:7]+text[8:], "0123456789") == ""
}

// checkRange refuses a window that ends before it begins, or is longer than MaxDays, in every time zone.
func checkRange(from, to Literal) {
	begin, end := parseEdge(from), parseEdge(to)
	longest := MaxDays * 24 * time.Hour
	backward := begin.earliest.After(end.latest)
	tooLong := end.earliest.Sub(begin.latest) > longest
	switch fromDate, toDate := isDate(from.Text), isDate(to.Text); {
	case fromDate && toDate: // days of one zone: compared as days
		backward = from.Text > to.Text
		tooLong = end.earliest.Sub(begin.earliest) >= longest
	case toDate: // through the end of the day
		backward = begin.earliest.After(end.latest.Add(24 * time.Hour))
		tooLong = end.earliest.Add(24*time.Hour).Sub(begin.latest) > longest
	}
	if backward {
		fail(CodeWindow, int(from.At), quoteText(to.Text)+".."+quoteText(from.Text), "the window ends before it begins")
	}
	if tooLong {
		fail(CodeWindow, int(from.At), "", "a window has at most "+strconv.Itoa(MaxDays)+" days")
	}
}

// print writes the window as the text form does.
func (w Window) print() string {
	switch w.Kind {
	case Rolling:
		for _, unit := range []string{"d", "h"} {
			if w.Seconds%unitSeconds[unit] == 0 {
				return strconv.FormatInt(w.Seconds/unitSeconds[unit], 10) + unit
			}
		}
		return strconv.FormatInt(w.Seconds/unitSeconds["m"], 10) + "m"
	case CalendarDays:
		return strconv.Itoa(w.N) + " calendar days"
	case LastN:
		return "last " + strconv.Itoa(w.N)
	case Range:
		return quoteText(w.From) + ".." + quoteText(w.To)
	}
	return ""
}
