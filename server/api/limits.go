package api

import (
	"fmt"
	"time"
)

// Limits bounds what one request may bring and how long it may take (reliability: every limit is tested from both
// sides).
type Limits struct {
	BatchBytes   int           `yaml:"batch_bytes"`    // body of records, events and tag members
	BodyBytes    int           `yaml:"body_bytes"`     // body of every other call
	BatchItems   int           `yaml:"batch_items"`    // items of one batch
	PageItems    int           `yaml:"page_items"`     // items of one page
	Queries      int           `yaml:"queries"`        // evaluations at a time; more are answered 429
	Exports      int           `yaml:"exports"`        // exports under way at a time; more are answered 429
	QueryWait    time.Duration `yaml:"query_wait"`     // how long an evaluation waits for its turn
	QueryTime    time.Duration `yaml:"query_time"`     // how long one evaluation may take
	RequestTime  time.Duration `yaml:"request_time"`   // how long a request may take, waiting included
	MinIndexWait time.Duration `yaml:"min_index_wait"` // how long a read waits for its Rollcall-Min-Index
}

// DefaultLimits are the limits of a node with this many cores.
func DefaultLimits(cores int) Limits {
	return Limits{
		BatchBytes:   8 << 20,
		BodyBytes:    64 << 10,
		BatchItems:   5000,
		PageItems:    1000,
		Queries:      4 * cores,
		Exports:      4,
		QueryWait:    250 * time.Millisecond,
		QueryTime:    5 * time.Second,
		RequestTime:  15 * time.Second,
		MinIndexWait: 5 * time.Second,
	}
}

// Validate names the first limit that cannot work.
func (l Limits) Validate() error {
	for _, n := range []struct {
		name  string
		value int64
	}{
		{"batch_bytes", int64(l.BatchBytes)}, {"body_bytes", int64(l.BodyBytes)},
		{"batch_items", int64(l.BatchItems)}, {"page_items", int64(l.PageItems)}, {"queries", int64(l.Queries)}, {"exports", int64(l.Exports)},
		{"query_wait", int64(l.QueryWait)}, {"query_time", int64(l.QueryTime)},
		{"request_time", int64(l.RequestTime)}, {"min_index_wait", int64(l.MinIndexWait)},
	} {
		if n.value <= 0 {
			return fmt.Errorf("%s is %d, it must be more than 0", n.name, n.value)
		}
	}
	return nil
}
