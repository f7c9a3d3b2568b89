package intake

import (
	"time"
)

// The instants that are taken in: 1970 to 2100.
const (
	minTime = 0
	maxTime = 4133980800000 - 1 // the last millisecond of 2100 in UTC
)

// futureTolerance is how far ahead of our clock a sender's may be.
const futureTolerance = 5 * time.Minute

// zoned and local are the layouts that are read besides RFC 3339, with a zone and without one.
var (
	zoned = []string{"2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05Z0700", "2006-01-02 15:04:05 Z07:00", "2006-01-02 15:04:05 Z0700", "2006-01-02T15:04Z07:00"}
	local = []string{"2006-01-02 15:04:05", "2006-01-02", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", "2006/01/02 15:04:05", "2006/01/02", "2006/1/2 15:04:05", "2006/1/2 15:04", "2006/1/2"}
)

// parseTime reads an instant in milliseconds: RFC 3339, or a date or wall-clock time in the tenant's zone (assumed).
func parseTime(field, text string, zone *time.Location) (ms int64, assumed bool, err *Error) {
	at, problem := time.Parse(time.RFC3339, text)
	for i := 0; problem != nil && i < len(zoned); i++ {
		at, problem = time.Parse(zoned[i], text)
	}
	for i := 0; problem != nil && i < len(local); i++ {
		at, problem = time.ParseInLocation(local[i], text, zone)
		assumed = true
	}
	if problem != nil {
		return 0, false, &Error{Code: codeInvalidTime, Detail: "is no time: write it as 2024-10-29T10:30:00+08:00 or 2024-10-29", Field: field}
	}
	if ms = at.UnixMilli(); ms < minTime || ms > maxTime {
		return 0, false, &Error{Code: codeDateRange, Detail: "lies outside the years 1970 to 2100", Field: field}
	}
	return ms, assumed, nil
}
