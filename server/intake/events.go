package intake

import (
	"slices"
	"strconv"
	"time"

	"rollcall/client/wire"
	"rollcall/engine/command"
	"rollcall/engine/schema"
)

// EventBatch is a checked batch of events. Commands are in the order of the batch, each at most MaxCommand bytes when
// encoded; there are none if every event was rejected.
type EventBatch struct {
	Commands  []command.PutEvents
	places    []place
	results   []wire.EventResult
	followers []follower
	followed  []place // where each follower went
}

// Events checks a batch and makes its commands. Of two events with one identity in a batch the engine takes the first.
func Events(t Tenant, now time.Time, events []wire.Event) *EventBatch {
	b := &EventBatch{places: make([]place, len(events)), results: make([]wire.EventResult, len(events))}
	it := &item{tenant: &t, ids: newIDSource(now)}
	var chunk chunker
	for i := range events {
		it.reset(events[i].Source)
		ev, err := it.event(now, &events[i])
		if err == nil {
			b.follow(it, i, &events[i], &ev)
		}
		out := &b.results[i]
		out.Notes, out.Future = it.allNotes(), ev.Future
		if err != nil {
			b.places[i].command = rejected
			out.Status, out.Code, out.Detail, out.Field = wire.StatusRejected, err.Code, err.Detail, fieldOf("events", i, err.Field)
			continue
		}
		if chunk.begins(eventSize(&ev)) {
			b.Commands = append(b.Commands, command.PutEvents{Events: make([]command.Event, 0, len(events)-i)})
		}
		last := &b.Commands[len(b.Commands)-1]
		b.places[i] = place{len(b.Commands) - 1, len(last.Events)}
		last.Events = append(last.Events, ev)
	}
	return b
}

// event checks one event and makes what is replicated of it.
func (it *item) event(now time.Time, in *wire.Event) (ev command.Event, err *Error) {
	t := it.tenant
	if err := firstOf(invalid(in.Invalid, in.Size), t.tenantID(in.TenantID),
		checkText("source", in.Source, true, MaxSource),
		checkText("event_id", in.EventID, true, MaxID),
		checkText("org_id", in.OrgID, false, MaxID),
		checkText("one_id", in.OneID, false, MaxID)); err != nil {
		return ev, err
	}
	if in.Type == "" {
		return ev, &Error{Code: codeMissing, Detail: "is required", Field: "type"}
	}
	if !validEventType(in.Type) {
		return ev, &Error{Code: codeInvalidType, Detail: "must be two to four dotted parts of lower-case letters, digits and underscores, as in call.outbound.ended", Field: "type"}
	}
	if in.OccurredAt == "" {
		return ev, &Error{Code: codeMissing, Detail: "is required", Field: "occurred_at"}
	}
	occurred, assumed, err := parseTime("occurred_at", in.OccurredAt, t.Zone)
	if err != nil {
		return ev, err
	}
	if assumed {
		it.note("occurred_at", codeNoZone, "has no zone: the tenant's was taken")
	}
	props, err := it.props(in.Payload)
	if err != nil {
		return ev, err
	}
	if in.OrgID != "" {
		props = setProp(props, schema.OrgID, in.OrgID)
	}
	if in.UA != "" && !slices.ContainsFunc(props, func(v command.Value) bool { return v.Name == deviceProp }) {
		props = setProp(props, deviceProp, deviceOf(in.UA))
	}
	ev = command.Event{
		NewID: it.ids.next(), Key: t.Keys.Event(in.Source, in.EventID), EventID: in.EventID, Source: in.Source, Org: in.OrgID,
		Type: in.Type, OccurredAt: occurred, Props: props, Future: occurred > now.Add(futureTolerance).UnixMilli(),
	}
	if err := it.person(in, &ev); err != nil {
		return command.Event{}, err
	}
	ev.Sealed = sealEvent(t.Keys, in)
	return ev, nil
}

// person sets whose event it is: a OneID, or identifiers. An id that is no OneID is one of an earlier platform.
func (it *item) person(in *wire.Event, ev *command.Event) *Error {
	if id, ok := OneID(in.OneID); ok {
		ev.OneID = id
		if len(in.Identifiers) > 0 {
			it.note("identifiers", codeIgnored, "one_id tells whose event it is: send a record to give that person identifiers")
		}
		return nil
	}
	if err := it.identifiers(entityContact, in.Identifiers, false); err != nil {
		return err
	}
	if in.OneID != "" {
		if err := it.contact.add(entityContact, aliasType, in.OneID); err != nil {
			return err.within("one_id")
		}
	}
	if len(it.contact.found) == 0 {
		return &Error{Code: codeNoIdentifier, Detail: "no usable identifier and no one_id: nobody to keep the event for", Field: "identifiers"}
	}
	ev.Identifiers = it.contact.seal(it.tenant.Keys)
	ev.RecordKey = it.tenant.Keys.Implicit(ev.Source, ev.Identifiers)
	return nil
}

// Merge joins the results of the commands (one for each, in order) with the rejections, in the order of the batch.
func (b *EventBatch) Merge(results []*command.Result) []wire.EventResult {
	for i, p := range b.places {
		out := &b.results[i]
		if p.command == rejected {
			continue
		}
		r := results[p.command]
		if r.Code != "" || p.item >= len(r.Events) {
			*out = wire.EventResult{Status: wire.StatusRejected, Code: refusal(r), Detail: r.Detail, Field: "events[" + strconv.Itoa(i) + "]", Notes: out.Notes}
			continue
		}
		got := &r.Events[p.item]
		out.Code, out.Detail, out.OneID = got.Code, got.Detail, FormatID(got.OneID)
		switch got.Status {
		case command.OK:
			out.Status = wire.StatusAccepted
		case command.Duplicate:
			out.Status = wire.StatusDuplicate
		default:
			out.Status, out.Field = wire.StatusRejected, fieldOf("events", i, got.Field)
		}
	}
	return b.results
}
