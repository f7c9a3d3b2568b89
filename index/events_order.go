package index

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"sync/atomic"
)

// tailShare is what the versions that share a tail's arrays have in common.
type tailShare struct {
	// claimed is the number of rows written, or owned while an edit is writing behind them. An edit may only write
	// behind a version that has all of them: anything else would overwrite rows of another version. An edit that is
	// dropped without Publish leaves the tail owned for good, and the next one copies it.
	claimed atomic.Uint32
	// sorted is the longest prefix of the tail that was ever put in order. The rows of a longer tail are merged into
	// it, so that under steady writing a reader pays for what is new and not for a whole sort.
	sorted atomic.Pointer[[]uint32]
}

const owned = math.MaxUint32

func claimedTail() *tailShare {
	s := &tailShare{}
	s.claimed.Store(owned)
	return s
}

func (s *tailShare) claim(n uint32) bool { return s.claimed.CompareAndSwap(n, owned) }

func (s *tailShare) release(n uint32) { s.claimed.Store(n) }

// order lists the first n rows of the tail by (slot, time, id), as row numbers of Rows: the tail begins at split.
func (s *tailShare) order(split uint32, tail *eventBlock, n uint32) []uint32 {
	var have []uint32
	if p := s.sorted.Load(); p != nil {
		have = *p
	}
	switch known := uint32(len(have)); {
	case known == n:
		return have
	case known > n:
		older := make([]uint32, 0, n)
		for _, row := range have {
			if row-split < n {
				older = append(older, row)
			}
		}
		return older
	default:
		all := insertRows(have, sortedRows(tail, known, n, split), tail, split)
		for {
			p := s.sorted.Load()
			if p != nil && len(*p) >= len(all) || s.sorted.CompareAndSwap(p, &all) {
				return all
			}
		}
	}
}

// insertRows merges fresh, which is sorted, into have, which is too, without changing either.
func insertRows(have, fresh []uint32, tail *eventBlock, split uint32) []uint32 {
	if len(have) == 0 {
		return fresh
	}
	all := make([]uint32, 0, len(have)+len(fresh))
	for _, row := range fresh {
		at := sort.Search(len(have), func(i int) bool { return tail.compareRows(have[i]-split, row-split) > 0 })
		all = append(append(all, have[:at]...), row)
		have = have[at:]
	}
	return append(all, have...)
}

// compareRows orders rows of one block by slot first.
func (b *eventBlock) compareRows(i, j uint32) int {
	if c := cmp.Compare(b.slots[i], b.slots[j]); c != 0 {
		return c
	}
	return b.compare(i, b, j)
}

// sortSlots is the number of rows from which it pays to count slots first: 64 Ki counters are cleared and summed.
const sortSlots = 16384

// fewRows is the number of rows of a slot that are sorted by insertion. Most contacts have fewer events of a type.
const fewRows = 32

// sortSlot sorts rows of one slot.
func (b *eventBlock) sortSlot(rows []uint32) {
	if len(rows) > fewRows {
		slices.SortFunc(rows, func(i, j uint32) int { return b.compare(i, b, j) })
		return
	}
	// The times lie far apart in memory: they are fetched together, before anything has to wait for one of them.
	var times [fewRows]int64
	for i, row := range rows {
		times[i] = b.times[row]
	}
	for i := 1; i < len(rows); i++ {
		row, time, at := rows[i], times[i], i
		for ; at > 0 && (times[at-1] > time || times[at-1] == time && b.compare(rows[at-1], b, row) > 0); at-- {
			rows[at], times[at] = rows[at-1], times[at-1]
		}
		rows[at], times[at] = row, time
	}
}

// sortedRows sorts rows lo..hi-1 of a block and adds split to each.
func sortedRows(b *eventBlock, lo, hi, split uint32) []uint32 {
	rows := make([]uint32, hi-lo)
	if len(rows) < sortSlots {
		for i := range rows {
			rows[i] = lo + uint32(i)
		}
		slices.SortFunc(rows, b.compareRows)
	} else {
		var next [ChunkSize + 1]uint32
		for _, s := range b.slots[lo:hi] {
			next[int(s)+1]++
		}
		for i := range ChunkSize {
			next[i+1] += next[i]
		}
		for row := lo; row < hi; row++ {
			s := b.slots[row]
			rows[next[s]] = row
			next[s]++
		}
		// next[s] is now where slot s ends.
		start := uint32(0)
		for s := range ChunkSize {
			if end := next[s]; end-start > 1 {
				b.sortSlot(rows[start:end])
			}
			start = next[s]
		}
	}
	for i := range rows {
		rows[i] += split
	}
	return rows
}
