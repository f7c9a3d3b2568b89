package intake

import (
	"strconv"
	"time"

	"rollcall/client/wire"
	"rollcall/engine/command"
)

var kinds = map[string]command.Kind{
	"": command.KindContact, "contact": command.KindContact, "account": command.KindAccount,
	"lead": command.KindLead, "opportunity": command.KindOpportunity,
}

// RecordBatch is a checked batch of records. Commands are in the order of the batch, each at most MaxCommand bytes when
// encoded; there are none if every record was rejected.
type RecordBatch struct {
	Commands []command.PutRecords
	places   []place
	results  []wire.RecordResult
}

// Records checks a batch and makes its commands.
func Records(t Tenant, now time.Time, records []wire.Record) *RecordBatch {
	b := &RecordBatch{places: make([]place, len(records)), results: make([]wire.RecordResult, len(records))}
	it := &item{tenant: &t, ids: newIDSource(now), kinds: freshKinds{declared: t.KindOf}}
	t.KindOf = it.kinds.of
	var chunk chunker
	for i := range records {
		it.reset(records[i].Source)
		rec, err := it.record(now, &records[i])
		b.results[i].Notes = it.allNotes()
		if err != nil {
			b.places[i].command = rejected
			b.results[i] = wire.RecordResult{Status: wire.StatusRejected, Code: err.Code, Detail: err.Detail, Field: fieldOf("records", i, err.Field), Notes: b.results[i].Notes}
			continue
		}
		it.kinds.take(entityOf(rec.Kind), rec.Attributes)
		if chunk.begins(recordSize(&rec) + it.spare) {
			b.Commands = append(b.Commands, command.PutRecords{})
		}
		last := &b.Commands[len(b.Commands)-1]
		b.places[i] = place{len(b.Commands) - 1, len(last.Records)}
		last.Records = append(last.Records, rec)
	}
	return b
}

// record checks one record and makes what is replicated of it.
func (it *item) record(now time.Time, in *wire.Record) (rec command.Record, err *Error) {
	t := it.tenant
	if err := firstOf(invalid(in.Invalid, in.Size), t.tenantID(in.TenantID),
		checkText("source", in.Source, true, MaxSource),
		checkText("source_id", in.SourceID, true, MaxID),
		checkText("org_id", in.OrgID, false, MaxID)); err != nil {
		return rec, err
	}
	kind, known := kinds[in.Kind]
	if !known {
		return rec, &Error{Code: codeUnknownKind, Detail: "is none of contact, account, lead, opportunity", Field: "kind"}
	}
	updated := now.UnixMilli()
	if in.UpdatedAt != "" {
		var assumed bool
		if updated, assumed, err = parseTime("updated_at", in.UpdatedAt, t.Zone); err != nil {
			return rec, err
		}
		if assumed {
			it.note("updated_at", codeNoZone, "has no zone: the tenant's was taken")
		}
		if updated > now.Add(futureTolerance).UnixMilli() {
			it.note("updated_at", codeFutureUpdate, "lies ahead of the server's clock: until then no update is newer")
		}
	}
	entity := entityContact
	if kind == command.KindAccount {
		entity = entityAccount
	}
	if err := it.identifiers(entity, in.Identifiers, entity == entityContact); err != nil {
		return rec, err
	}
	attributes, company, err := it.attributes(kind, in.Attributes)
	if err != nil {
		return rec, err
	}
	rec = command.Record{
		NewID: it.ids.next(), Key: t.Keys.Record(in.Source, in.SourceID),
		Source: in.Source, SourceID: t.Keys.Seal([]byte(in.SourceID)),
		Kind: kind, Org: in.OrgID, UpdatedAt: updated, Attributes: attributes,
	}
	if kind == command.KindAccount {
		if key, err := companyKey(company); err == nil {
			it.contact.put(Normalised{Type: "account_name", Text: key})
		}
	} else {
		rec.Account = it.accountRef(company)
	}
	rec.Identifiers = it.contact.seal(t.Keys)
	return rec, nil
}

// entityOf is whose attributes a record of this kind has.
func entityOf(kind command.Kind) string {
	switch kind {
	case command.KindAccount:
		return entityAccount
	case command.KindOpportunity:
		return entityOpportunity
	}
	return entityContact
}

// attributes reads the attributes of a record. company is the name of the company that the record speaks of: its own
// for an account, the person's or deal's for the others.
func (it *item) attributes(kind command.Kind, in wire.Object) (out []command.Value, company string, err *Error) {
	entity, companyName := entityOf(kind), "company"
	if kind == command.KindAccount {
		companyName = "name"
	}
	count := 0
	in.Members(func(name string, v wire.Value) bool {
		if count++; count > MaxAttributes {
			err = &Error{Code: codeTooMany, Detail: "more than " + strconv.Itoa(MaxAttributes)}
			return false
		}
		if v.Kind == wire.TextValue || v.Kind == wire.IntValue {
			if name == companyName {
				company = v.Text
			}
			var moved bool
			if moved, err = it.identifierAttribute(kind, entity, name, v.Text); moved || err != nil {
				return err == nil
			}
		}
		var value command.Value
		var kept bool
		if value, kept, err = it.tenant.attribute(entity, name, v); kept {
			if out == nil {
				out = make([]command.Value, 0, 8)
			}
			out = append(out, value)
			it.spare += len(v.Text) + tokenRoom - len(value.Text)
		}
		return err == nil
	})
	if err != nil {
		return nil, "", err.within("attributes")
	}
	return out, company, nil
}

// identifierAttribute takes an identifier that stands among the attributes. moved says that it is no attribute as well.
func (it *item) identifierAttribute(kind command.Kind, entity, name, text string) (moved bool, err *Error) {
	owner, isIdentifier := entities[name]
	if !isIdentifier {
		return false, nil
	}
	_, isAttribute := canonical[entity][name]
	field := "attributes." + name
	switch {
	case owner == entityAccount && kind == command.KindAccount:
		found, problem := normalise(name, text)
		for _, n := range found {
			it.contact.put(n)
		}
		if problem != nil && !placeholder(text) {
			it.note(field, codeUnmatchable, problem.Detail)
		}
		return !isAttribute, nil
	case owner == entityAccount:
		it.accountIdentifier(field, name, text, false)
	case kind == command.KindAccount:
		it.note(field, codeWrongEntity, "belongs to a person and was left out")
		return true, nil
	default:
		if err := it.contact.add(entityContact, name, text); err != nil {
			return false, err.within(name)
		}
	}
	if !isAttribute {
		it.note(field, codeMoved, "is an identifier: taken as identifiers."+name)
	}
	return !isAttribute, nil
}

// Merge joins the results of the commands (one for each, in order) with the rejections, in the order of the batch.
func (b *RecordBatch) Merge(results []*command.Result) []wire.RecordResult {
	for i, p := range b.places {
		out := &b.results[i]
		if p.command == rejected {
			continue
		}
		r := results[p.command]
		if r.Code != "" || p.item >= len(r.Records) {
			*out = wire.RecordResult{Status: wire.StatusRejected, Code: refusal(r), Detail: r.Detail, Field: fieldOf("records", i, ""), Notes: out.Notes}
			continue
		}
		got := &r.Records[p.item]
		out.Status, out.Code, out.Detail = wire.StatusOK, got.Code, got.Detail
		if got.Status == command.Rejected {
			out.Status = wire.StatusRejected
			out.Field = fieldOf("records", i, got.Field)
			continue
		}
		out.OneID, out.AccountID = FormatID(got.OneID), FormatID(got.AccountID)
		out.Created, out.MatchedBy, out.Confidence = got.Created, got.MatchedBy, got.Confidence
	}
	return b.results
}
