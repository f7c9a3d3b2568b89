package engine

import "rollcall/index"

// merge makes from part of to. Nothing is lost: the source records hang on the survivor and keep what they said, and
// the id of from answers with the survivor for ever.
func (s *state) merge(e *entity, to, from uint32) {
	kept := s.fold.kept[foldKey{e, to}]
	s.append(&e.first, &s.records.next, to, from, func(number uint32) {
		s.records.owner.set(number, to)
		s.records.touch(number)
		if kept != nil {
			s.fold.rec.mustParse(s.records.bytes(number))
			s.offer(kept, &s.fold.rec)
		}
	})
	delete(s.fold.kept, foldKey{e, from})
	s.tags.merge(e.name, to, from)
	if e.known.contains(from) {
		e.known.add(to)
	}
	e.live.remove(from)
	e.merged.set(from, to)
	if e == s.contacts {
		s.segments.merge(to, from)
		s.moveEvents(to, from)
	} else {
		s.mergeAccounts(to, from)
	}
	s.refoldAll(e, to)
}

// append puts the chain of records of from before that of to, telling each record of from.
func (s *state) append(first, next *columnCell[uint32], to, from uint32, each func(number uint32)) {
	head, ok := first.get(from)
	if !ok {
		return
	}
	last := head
	for number, more := head, true; more; number, more = next.get(number) {
		each(number)
		last = number
	}
	if rest, ok := first.get(to); ok {
		next.set(last, rest)
	}
	first.set(to, head)
	first.clear(from)
}

// moveEvents writes the events of from again, under to. Those of from stay where they are and are never looked at:
// from is not alive.
func (s *state) moveEvents(to, from uint32) {
	var moved []index.Event
	s.events.publish().Contact(from, func(_ uint32, r *index.Rows, row uint32) {
		ev := r.Event(row)
		ev.Ord = to
		moved = append(moved, ev)
	})
	for i := range moved {
		s.events.append(&moved[i], index.Key{})
	}
}
