package plan

import (
	"cmp"
	"fmt"
	"slices"

	"rollcall/index"
	"rollcall/query"
)

// MaxBuckets bounds the values of a breakdown.
const MaxBuckets = 10_000

// CodeTooManyValues is the code of the error for a breakdown by something with more than MaxBuckets values.
const CodeTooManyValues = "too_many_values"

// Bucket is one group of a breakdown: a value as it is read (true and false for what is set or not, a local date for
// times), or NULL, and how many of the matching contacts have it.
type Bucket struct {
	Value string
	Null  bool
	Count uint64
}

// Breakdown counts the matching contacts by the value of a tag or an attribute, which may be the account's. Buckets
// are ordered by count, largest first, then by value; NULL comes last, and only when somebody has no value. The counts
// add up to Count. An unknown name, or one with more than MaxBuckets values, gives a *query.Error.
func (pl *Plan) Breakdown(p Population, o Options, by query.Name) ([]Bucket, error) {
	ev, err := pl.bind(p, o)
	if err != nil {
		return nil, err
	}
	g, err := ev.grouping(by)
	if err != nil {
		return nil, err
	}
	w := newWorker()
	total := uint64(0)
	err = ev.each(func(chunk int, m *index.Mask) {
		total += uint64(m.Count())
		g.count(w, chunk, m)
		if g.size() > MaxBuckets {
			ev.fail(&query.Error{Code: CodeTooManyValues,
				Message: fmt.Sprintf("%s has more than %d values: break down by something coarser", by.Text, MaxBuckets)})
		}
	})
	if err != nil {
		return nil, err
	}
	buckets, err := g.buckets()
	if err != nil {
		return nil, err
	}
	return ordered(buckets, total), nil
}

// ordered sorts the buckets and adds one for those who are in none.
func ordered(buckets []Bucket, total uint64) []Bucket {
	slices.SortFunc(buckets, func(a, b Bucket) int {
		if c := cmp.Compare(b.Count, a.Count); c != 0 {
			return c
		}
		return cmp.Compare(a.Value, b.Value)
	})
	for _, b := range buckets {
		total -= b.Count
	}
	if total > 0 {
		buckets = append(buckets, Bucket{Null: true, Count: total})
	}
	return buckets
}
