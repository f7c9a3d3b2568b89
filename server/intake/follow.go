package intake

import (
	"slices"

	"rollcall/client/wire"
	"rollcall/engine/command"
	"rollcall/engine/schema"
)

// Some events say more than that something happened: a lead that was created is a source record of its own, and a deal
// that was opened or won is a stage of the account. Those records are made when the events are in, because only then
// it is known whose they are.

const leadCreated = "lead.created"

// follower is a record that follows from the event item of a batch. Its NewID is who the event belongs to.
type follower struct {
	item   int
	record command.Record
}

// leadOnly are the canonical attributes that a lead's payload does not give its contact: they speak of the lead.
var leadOnly = []string{"created_at", "updated_at", schema.OrgID}

// follow makes the records that follow from an event.
func (b *EventBatch) follow(it *item, i int, in *wire.Event, ev *command.Event) {
	stage, ok := schema.StageOf[ev.Type]
	if !ok {
		return
	}
	if ev.Future {
		it.note("occurred_at", codeNotYet, "lies ahead of the server's clock: no lead and no stage was made of it")
		return
	}
	attributes, company, id := it.leadPayload(in.Payload, ev.Type == leadCreated)
	account := it.accountRef(company)
	if ev.Type == leadCreated {
		if id == "" {
			id = "event:" + ev.EventID // records have ids of their own, which an event's may look like
		}
		b.followers = append(b.followers, follower{i, command.Record{
			Key: it.tenant.Keys.Record(ev.Source, id), Source: ev.Source, SourceID: it.tenant.Keys.Seal([]byte(id)), Kind: command.KindLead,
			Org: ev.Org, UpdatedAt: ev.OccurredAt, Identifiers: ev.Identifiers, Attributes: attributes, Account: account,
		}})
	}
	b.followers = append(b.followers, follower{i, command.Record{
		Key: ev.Key, Source: ev.Source, Kind: command.KindStage, Org: ev.Org, UpdatedAt: ev.OccurredAt,
		Attributes: []command.Value{{Name: "stage", Kind: command.Text, Text: stage}}, Account: account,
	}})
}

// leadPayload reads the payload: what identifies the company, and of a lead its id and the attributes of the person. A
// value that cannot be used becomes a note: it is no reason to lose the rest.
func (it *item) leadPayload(payload wire.Object, lead bool) (attributes []command.Value, company, id string) {
	payload.Members(func(name string, v wire.Value) bool {
		field := "payload." + name
		scalar := v.Kind == wire.TextValue || v.Kind == wire.IntValue
		switch {
		case name == "lead_id" && lead && scalar:
			if err := checkText(field, v.Text, false, MaxID); err != nil {
				it.note(field, err.Code, err.Detail)
			} else {
				id = v.Text
			}
			return true
		case name == "company" && scalar:
			company = v.Text
		case entities[name] == entityAccount && scalar:
			_ = it.accountIdentifier(field, name, v.Text, false) // never an error unless strict
			return true
		}
		rule, known := canonical[entityContact][name]
		if !lead || !known || rule.computed || slices.Contains(leadOnly, name) {
			return true
		}
		value, kept, err := it.tenant.attribute(entityContact, name, v)
		switch {
		case err != nil:
			it.note(field, err.Code, err.Detail)
		case kept:
			attributes = append(attributes, value)
		}
		return true
	})
	return attributes, company, id
}

// Records makes the commands of the records that follow from the events, given the results of the events' commands.
// They are to be proposed after those; there are none if nothing follows.
func (b *EventBatch) Records(results []*command.Result) (commands []command.PutRecords) {
	var chunk chunker
	b.followed = b.followed[:0]
	for _, f := range b.followers {
		at := place{command: rejected}
		if p := b.places[f.item]; results[p.command].Code == "" && p.item < len(results[p.command].Events) {
			if got := &results[p.command].Events[p.item]; got.Status != command.Rejected {
				f.record.NewID = got.OneID
				if chunk.begins(recordSize(&f.record)) {
					commands = append(commands, command.PutRecords{})
				}
				last := &commands[len(commands)-1]
				at = place{len(commands) - 1, len(last.Records)}
				last.Records = append(last.Records, f.record)
			}
		}
		b.followed = append(b.followed, at)
	}
	return commands
}

// Followed notes with their events which of the records were not taken. results are those of the commands of Records;
// the notes are in what Merge returns.
func (b *EventBatch) Followed(results []*command.Result) {
	for i, p := range b.followed {
		if p.command == rejected {
			continue
		}
		r := results[p.command]
		note := wire.Note{Code: refusal(r), Detail: r.Detail, Field: "payload"}
		if r.Code == "" && p.item < len(r.Records) {
			got := &r.Records[p.item]
			if got.Status != command.Rejected {
				continue
			}
			note.Code, note.Detail = got.Code, got.Detail
			if got.Field != "" {
				note.Field += "." + got.Field
			}
		}
		out := &b.results[b.followers[i].item]
		out.Notes = append(out.Notes, note)
	}
}
