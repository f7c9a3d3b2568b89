package plan

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestDayStart checks the first instant of a local date by looking at the clock just before and just after it, in
// zones whose clocks skip or repeat midnight.
func TestDayStart(t *testing.T) {
	zones := []string{"Asia/Shanghai", "America/New_York", "America/Santiago", "Asia/Beirut", "America/Havana",
		"Africa/Cairo", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "UTC"}
	rapid.Check(t, func(t *rapid.T) {
		zone := must(time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone")))
		day := rapid.IntRange(0, 25_000).Draw(t, "day")
		date := time.Date(1970, 1, 1+day, 12, 0, 0, 0, time.UTC)
		year, month, monthDay := date.Date()
		at := dayStart(year, month, monthDay, zone)
		shown := func(ms int64) string { return time.UnixMilli(ms).In(zone).Format("2006-01-02") }
		want := date.Format("2006-01-02")
		if before := shown(at - 1); before >= want {
			t.Fatalf("%s in %s: the ms before is %s already", want, zone, before)
		}
		if first := shown(at); first < want {
			t.Fatalf("%s in %s: begins on %s", want, zone, first)
		}
		local := localDay{zone: zone}
		for _, ms := range []int64{at, at - 1, at + 3600_000, at - 1} {
			if got := time.UnixMilli(local.of(ms) * dayMillis).UTC().Format("2006-01-02"); got != shown(ms) {
				t.Fatalf("%d in %s is on %s, got %s", ms, zone, shown(ms), got)
			}
		}
	})
}

func TestDayStartAtClockChanges(t *testing.T) {
	for _, c := range []struct{ zone, date, want string }{
		{"Asia/Shanghai", "2024-10-24", "2024-10-23T16:00:00Z"},
		{"Asia/Beirut", "2024-03-31", "2024-03-30T22:00:00Z"},      // midnight is skipped: the day begins at 01:00
		{"America/Havana", "2024-11-03", "2024-11-03T04:00:00Z"},   // 00:00 to 00:59 comes twice: the first one
		{"America/New_York", "2024-11-04", "2024-11-04T05:00:00Z"}, // the day after one of 25 hours
	} {
		m, ok := parseMoment(c.date, must(time.LoadLocation(c.zone)))
		if got := time.UnixMilli(m.first).UTC().Format(time.RFC3339); !ok || got != c.want {
			t.Errorf("%s in %s begins at %s, want %s", c.date, c.zone, got, c.want)
		}
	}
}
