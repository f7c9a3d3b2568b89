package engine

import (
	"bytes"
	"slices"

	"rollcall/engine/command"
)

// The golden profile is a fold over the source records: per attribute the value that some source saw last. Of values
// seen at the same instant the one whose source, and then whose record key, is greater in byte order wins, so the
// result does not depend on the order in which records came. A missing value never wins, so nothing is ever erased.
//
// What a record offers only ever gets better: it keeps what it said until its source says something newer. So the
// winners of somebody can be kept, and a record that changed is only compared with them.

// winners is the best that the source records of somebody offer.
type winners struct {
	round   uint32
	best    []candidate // by attribute; those of another round are void
	account candidate
	stage   candidate // of accounts: how far events brought it
	newest  int64     // UpdatedAt of the records that fold, if folds
	folds   bool
	said    []uint32 // sources, ascending
	hinted  []uint32 // sources of implicit records, ascending
	records int
}

type candidate struct {
	round uint32
	field
	source uint32
	key    command.Key
}

// folding makes winners, and keeps those of people with many records. What is kept is a cache: it never changes an
// outcome.
type folding struct {
	rec     record
	scratch winners
	kept    map[foldKey]*winners
	weight  int // candidates kept
}

type foldKey struct {
	entity *entity
	ord    uint32
}

const (
	manyRecords = 32      // whoever has more is kept
	mostWeight  = 1 << 16 // candidates kept in all: some 5 MB
)

// refoldAll chooses all golden values of ord anew.
func (s *state) refoldAll(e *entity, ord uint32) {
	s.changes = s.changes[:0]
	for i := range e.attributes.list {
		s.changes = append(s.changes, uint32(i))
	}
	s.refold(e, ord, nil, s.changes)
}

// refold chooses golden values of ord anew: those of the attributes that changed, and what follows from all records.
// changed is the one record that is not what it was at the last refold of ord; nil if there is none.
func (s *state) refold(e *entity, ord uint32, changed *record, attributes []uint32) {
	w := s.fold.kept[foldKey{e, ord}]
	switch {
	case w == nil:
		w = s.foldAll(e, ord)
	case changed != nil:
		s.offer(w, changed)
	}
	for _, a := range attributes {
		if f := s.golden(e, w, a); f != nil {
			e.attributes.list[a].set(ord, f)
		}
	}
	if f := s.golden(e, w, e.updatedAt); f != nil {
		e.attributes.list[e.updatedAt].set(ord, f)
	} else if w.folds {
		e.attributes.list[e.updatedAt].ints.set(ord, w.newest)
	}
	if w.account.round == w.round {
		e.account.set(ord, s.accounts.resolve(w.account.code-1))
	}
	if e == s.contacts {
		e.attributes.list[s.sourceCount].ints.set(ord, int64(len(w.sources())))
	}
}

// foldAll finds the winners among all records of ord.
func (s *state) foldAll(e *entity, ord uint32) *winners {
	f := &s.fold
	w := &f.scratch
	w.begin()
	for number, ok := e.first.get(ord); ok; number, ok = s.records.next.get(number) {
		f.rec.mustParse(s.records.bytes(number))
		s.offer(w, &f.rec)
	}
	if w.records > manyRecords {
		w = f.keep(foldKey{e, ord}, len(e.attributes.list))
	}
	return w
}

// keep keeps what is in the scratch.
func (f *folding) keep(key foldKey, attributes int) *winners {
	if f.weight+attributes > mostWeight || f.kept == nil {
		f.kept, f.weight = map[foldKey]*winners{}, 0
	}
	w := f.scratch
	w.best, w.said, w.hinted = slices.Clone(w.best), slices.Clone(w.said), slices.Clone(w.hinted)
	f.kept[key] = &w
	f.weight += attributes
	return &w
}

// offer lets a record compete. One that was offered before may be offered again.
func (s *state) offer(w *winners, rec *record) {
	w.records++
	switch rec.kind {
	case command.KindStage:
	case command.KindImplicit:
		w.hinted = addSource(w.hinted, rec.source)
	default:
		w.said = addSource(w.said, rec.source)
	}
	if !rec.folds() {
		return
	}
	if !w.folds || rec.updatedAt > w.newest {
		w.newest, w.folds = rec.updatedAt, true
	}
	for i := range rec.fields {
		c := candidate{w.round, rec.fields[i], rec.source, rec.key}
		if rec.kind == command.KindStage {
			s.furthest(w, c)
			continue
		}
		if a := int(c.attribute); a >= len(w.best) {
			w.best = append(w.best, make([]candidate, a+1-len(w.best))...)
		}
		s.consider(&w.best[c.attribute], c)
	}
	if rec.account != 0 {
		s.consider(&w.account, candidate{w.round, field{at: rec.accountAt, code: rec.account}, rec.source, rec.key})
	}
}

// golden is the field that wins an attribute, nil for none. What events say of an account's stage counts if it is
// further than what the sources said last, and newer.
func (s *state) golden(e *entity, w *winners, attribute uint32) *field {
	var best *field
	if int(attribute) < len(w.best) && w.best[attribute].round == w.round {
		best = &w.best[attribute].field
	}
	if e == s.accounts && attribute == s.stage && w.stage.round == w.round {
		if best == nil || w.stage.at > best.at && s.stageRank(&w.stage.field) > s.stageRank(best) {
			best = &w.stage.field
		}
	}
	return best
}

// sources are those that speak for the person; of somebody who is known by events only, those of the events.
func (w *winners) sources() []uint32 {
	if len(w.said) > 0 {
		return w.said
	}
	return w.hinted
}

func addSource(list []uint32, source uint32) []uint32 {
	at, there := slices.BinarySearch(list, source)
	if there {
		return list
	}
	return slices.Insert(list, at, source)
}

// begin starts a round, in which there is no winner yet.
func (w *winners) begin() {
	round := w.round + 1
	if round == 0 {
		round, w.best = 1, nil
	}
	*w = winners{round: round, best: w.best, said: w.said[:0], hinted: w.hinted[:0]}
}

// consider keeps the better of two candidates. Of two offers of one record the later one counts.
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
	return bytes.Compare(a.key[:], b.key[:]) >= 0
}
