package engine

import (
	"bytes"
	"slices"

	"rollcall/engine/command"
)

// The golden profile is a fold over the source records: per attribute the value that some source saw last. Of values
// seen at the same instant the one whose source, and then whose record key, is greater in byte order wins, so the
// result does not depend on the order in which records came. A missing value never wins, so nothing is ever erased.

// folding is the scratch of refold.
type folding struct {
	rec    record
	round  uint32
	wanted []uint32 // by attribute: the round in which it was asked for
	best   []candidate
	said   []uint32 // sources
	hinted []uint32 // sources of implicit records
}

type candidate struct {
	round uint32
	field
	source uint32
	key    command.Key
}

// refoldAll chooses all golden values of ord anew.
func (s *state) refoldAll(e *entity, ord uint32) {
	s.changes = s.changes[:0]
	for i := range e.attributes.list {
		s.changes = append(s.changes, uint32(i))
	}
	s.refold(e, ord, s.changes)
}

// refold chooses golden values of ord anew: those of the attributes that changed, and what follows from all records.
func (s *state) refold(e *entity, ord uint32, changed []uint32) {
	f := &s.fold
	f.begin(len(e.attributes.list))
	for _, a := range changed {
		f.wanted[a] = f.round
	}
	f.wanted[e.updatedAt] = f.round
	var account candidate
	newest, any := int64(0), false
	for number, ok := e.first.get(ord); ok; number, ok = s.records.next.get(number) {
		rec := &f.rec
		rec.mustParse(s.records.bytes(number))
		if rec.kind == command.KindImplicit {
			f.hinted = addSource(f.hinted, rec.source)
		} else {
			f.said = addSource(f.said, rec.source)
		}
		if !rec.folds() {
			continue
		}
		if !any || rec.updatedAt > newest {
			newest, any = rec.updatedAt, true
		}
		for i := range rec.fields {
			field := &rec.fields[i]
			if f.wanted[field.attribute] == f.round {
				s.consider(&f.best[field.attribute], candidate{f.round, *field, rec.source, rec.key})
			}
		}
		if rec.account != 0 {
			s.consider(&account, candidate{f.round, field{at: rec.accountAt, code: rec.account}, rec.source, rec.key})
		}
	}
	for _, a := range changed {
		if best := &f.best[a]; best.round == f.round {
			e.attributes.list[a].set(ord, &best.field)
		}
	}
	if best := &f.best[e.updatedAt]; best.round == f.round {
		e.attributes.list[e.updatedAt].set(ord, &best.field)
	} else if any {
		e.attributes.list[e.updatedAt].ints.set(ord, newest)
	}
	if account.round == f.round {
		e.account.set(ord, s.accounts.resolve(account.code-1))
	}
	if e == s.contacts {
		e.attributes.list[s.sourceCount].ints.set(ord, int64(len(f.sources())))
	}
}

// sources are those that speak for the person; of somebody who is known by events only, those of the events.
func (f *folding) sources() []uint32 {
	if len(f.said) > 0 {
		return f.said
	}
	return f.hinted
}

func addSource(list []uint32, source uint32) []uint32 {
	if slices.Contains(list, source) {
		return list
	}
	return append(list, source)
}

// begin starts a round over n attributes.
func (f *folding) begin(n int) {
	f.round++
	if f.round == 0 || len(f.wanted) < n {
		f.round = 1
		f.wanted, f.best = make([]uint32, n), make([]candidate, n)
	}
	f.said, f.hinted = f.said[:0], f.hinted[:0]
}

// consider keeps the better of two candidates.
func (s *state) consider(best *candidate, c candidate) {
	if best.round != c.round || s.beats(&c, best) {
		*best = c
	}
}

func (s *state) beats(a, b *candidate) bool {
	if a.at != b.at {
		return a.at > b.at
	}
	if a.source != b.source {
		words := s.words.View()
		return words.Text(a.source) > words.Text(b.source)
	}
	return bytes.Compare(a.key[:], b.key[:]) > 0
}
