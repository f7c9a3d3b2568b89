package query

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Nearest returns the one of names that name was most likely meant to be, or "" when none is near. Near is: equal but
// for case or full-width letters; one contained in the other (高意向 and 高意向客户); or at most one edit (a character
// added, dropped, replaced or swapped with its neighbour) in three characters, at least one. Of several the one with
// the fewest edits wins, then the first in byte order, so the answer does not hang on the order of names.
func Nearest(name string, names []string) string {
	if len(name) > MaxNameBytes {
		return ""
	}
	want := foldRunes(name)
	best, bestEdits := "", 0
	for _, candidate := range names {
		if candidate == "" || len(candidate) > MaxNameBytes {
			continue
		}
		edits, near := nearness(want, foldRunes(candidate))
		if !near {
			continue
		}
		if best == "" || edits < bestEdits || edits == bestEdits && candidate < best {
			best, bestEdits = candidate, edits
		}
	}
	return best
}

// nearness counts the edits between two folded names and says whether they are near.
func nearness(a, b []rune) (edits int, near bool) {
	short, long := len(a), len(b)
	if short > long {
		short, long = long, short
	}
	limit := max(1, long/3)
	contained := short >= 2 && 3*short >= long && (strings.Contains(string(a), string(b)) || strings.Contains(string(b), string(a)))
	if contained {
		return long - short, true
	}
	if long-short > limit {
		return 0, false
	}
	edits = distance(a, b)
	return edits, edits == 0 || edits <= limit && 2*edits <= long
}

// distance is the edit distance of two names over characters, with a swap of neighbours as one edit (optimal string
// alignment). It takes len(a)*len(b) steps.
func distance(a, b []rune) int {
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, above, row = above, row, before
	}
	return above[len(b)]
}

// foldRunes maps a name to what counts for nearness: lower case, full-width letters and signs as their usual forms.
func foldRunes(name string) []rune {
	folded := make([]rune, 0, utf8.RuneCountInString(name))
	for _, r := range name {
		folded = append(folded, unicode.ToLower(halfWidth(r)))
	}
	return folded
}

// halfWidth maps the full-width forms of ASCII (！ to ～), which Chinese keyboards type, to ASCII.
func halfWidth(r rune) rune {
	if r >= '！' && r <= '～' {
		return r - '！' + '!'
	}
	return r
}
