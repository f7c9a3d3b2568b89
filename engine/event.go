package engine

import (
	"rollcall/engine/command"
	"rollcall/engine/oneid"
	"rollcall/index"
)

// events is the events of a tenant as Apply changes them.
type events struct {
	byKey *index.Table // event key to the contact that it was given to
	edit  *index.EventsEdit
	now   *index.Events
	seq   uint64 // of the next event, which is also how many there are
	log   eventLog
}

func newEvents() events { return events{byKey: index.NewTable(0), now: new(index.Events)} }

// append adds an event's row, in memory and to what will be flushed. key is zero for an event that a merge moved.
func (e *events) append(ev *index.Event, key index.Key) {
	if e.edit == nil {
		e.edit = e.now.Edit()
	}
	e.edit.Append(*ev)
	e.log.append(ev, key)
}

// publish returns the events so far.
func (e *events) publish() *index.Events {
	if e.edit != nil {
		e.now, e.edit = e.edit.Publish(), nil
	}
	return e.now
}

// putEvent appends one event, unless it is there already.
func (s *state) putEvent(ev *command.Event) command.EventResult {
	if ord, ok := s.events.byKey.Get(index.Key(ev.Key)); ok {
		return command.EventResult{Status: command.Duplicate, OneID: s.contacts.ids.at(s.contacts.resolve(ord))}
	}
	ord, refused := s.subject(ev)
	if refused != nil {
		return command.EventResult{Status: command.Rejected, Code: refused.code, Detail: refused.detail, Field: refused.field}
	}
	typ, ok := s.types.codes[ev.Type]
	if !ok {
		typ = s.types.add(ev.Type)
	}
	row := index.Event{
		Ord: ord, Type: typ, Time: ev.OccurredAt, Seq: s.events.seq, ID: ev.EventID, Source: s.word(ev.Source), Props: s.props.take(ev.Props),
	}
	s.events.seq++
	s.events.byKey.Put(index.Key(ev.Key), ord)
	s.events.append(&row, index.Key(ev.Key))
	s.tenant.payloads.add(payload{org: ev.Org, future: ev.Future, sealed: ev.Sealed})
	return command.EventResult{Status: command.OK, OneID: s.contacts.ids.at(ord)}
}

// subject finds the contact of an event, making it if it is somebody new. Nothing is changed if the event is refused.
func (s *state) subject(ev *command.Event) (uint32, *refusal) {
	switch {
	case ev.Key == (command.Key{}):
		return 0, refuse("bad_event", "event_id", "the event has no key")
	case ev.Type == "" || len(ev.Type) > maxName:
		return 0, refuse("bad_name", "type", "an event's type has 1 to %d bytes", maxName)
	}
	if _, ok := s.types.codes[ev.Type]; !ok && len(s.types.list) >= maxTypes {
		return 0, refuse("too_many_event_types", "type", "there are %d event types already, no more can be added", len(s.types.list))
	}
	if r := s.props.check(ev.Props); r != nil {
		r.field = "payload." + r.field
		return 0, r
	}
	if ev.OneID != (command.ID{}) {
		ord, ok := s.contacts.byOneID(ev.OneID)
		if !ok {
			return 0, refuse("unknown_one_id", "one_id", "nobody has this one_id")
		}
		return ord, nil
	}
	if len(ev.Identifiers) == 0 {
		return 0, refuse("no_identifier", "identifiers", "the event says neither one_id nor identifiers")
	}
	if r := checkIdentifiers(ev.Identifiers, s.contacts.name); r != nil {
		return 0, r
	}
	match := oneid.Resolve(oneid.Item{Identifiers: ev.Identifiers, Loose: true}, s.contacts, s.ords)
	s.ords = match.Ords
	_, recorded := s.records.find(ev.RecordKey)
	if !recorded && ev.RecordKey == (command.Key{}) {
		return 0, refuse("bad_event", "identifiers", "the event has no record key")
	}
	if len(match.Ords) == 0 && !s.contacts.free(ev.NewID) {
		return 0, refuse("bad_id", "", "the id is empty or taken")
	}
	ord, _ := s.settle(s.contacts, match.Ords, ev.NewID)
	if !recorded && !s.knowsAll(ev.Identifiers, ord) {
		s.addImplicit(ev, ord)
	}
	return ord, nil
}

// knowsAll reports whether every identifier is one of ord's.
func (s *state) knowsAll(ids []command.Identifier, ord uint32) bool {
	for i := range ids {
		if holder, ok := s.contacts.Holder(ids[i].Key); !ok || holder != ord {
			return false
		}
	}
	return true
}

// addImplicit makes the source record that brings the event's identifiers.
func (s *state) addImplicit(ev *command.Event, ord uint32) {
	rec := record{key: ev.RecordKey, kind: command.KindImplicit, source: s.word(ev.Source), org: s.word(ev.Org), updatedAt: ev.OccurredAt}
	s.changes = s.changes[:0]
	if f, ok := s.contacts.attributes.org(ev.Org, ev.OccurredAt); ok {
		rec.put(f)
		s.changes = append(s.changes, f.attribute)
	}
	s.hold(s.contacts, ord, ev.Identifiers, &rec)
	number := s.records.add(&rec)
	s.chain(s.contacts, ord, number)
	s.refold(s.contacts, ord, &rec, s.changes)
}
