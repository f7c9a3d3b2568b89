package engine

import (
	"slices"

	"rollcall/engine/command"
	"rollcall/engine/schema"
)

const stageAttribute = "stage"

// stageRank is how far a stage is, 1 for the first; 0 for one that events do not know.
func (s *state) stageRank(f *field) int {
	return slices.Index(schema.Stages, s.accounts.attributes.list[s.stage].dict.View().Text(f.code)) + 1
}

// furthest keeps the candidate that is further, of equal ones the newer, so that the order in which events come does
// not matter.
func (s *state) furthest(w *winners, c candidate) {
	if w.stage.round != w.round || s.further(&c.field, &w.stage.field) {
		w.stage = c
	}
}

func (s *state) further(a, b *field) bool {
	if x, y := s.stageRank(a), s.stageRank(b); x != y {
		return x > y
	}
	return a.at > b.at
}

// stageKey is the key of an account's stage record. It differs from that of its implicit record, which goes by the id.
func stageKey(id command.ID) (k command.Key) {
	for i := range id {
		k[i] = ^id[i]
	}
	return k
}

// putStage notes what an event says of the stage of an account: of the one that the record names, or else of the one
// that the contact NewID belongs to. Each account has one such record, of the furthest stage that events brought it to.
func (s *state) putStage(r *command.Record) command.RecordResult {
	rejected := func(refused *refusal) command.RecordResult {
		return command.RecordResult{Status: command.Rejected, Code: refused.code, Detail: refused.detail, Field: refused.field}
	}
	if len(r.Attributes) != 1 || r.Attributes[0].Name != stageAttribute || r.Attributes[0].Kind != command.Text || !slices.Contains(schema.Stages, r.Attributes[0].Text) {
		return rejected(refuse("bad_record", "attributes", "the record gives no stage that events know"))
	}
	out := command.RecordResult{Status: command.OK}
	account, ok, refused := s.stageOwner(r)
	if refused != nil {
		return rejected(refused)
	}
	if !ok {
		return out
	}
	out.AccountID = s.accounts.ids.at(account)
	f := s.accounts.attributes.take(&r.Attributes[0], r.UpdatedAt)
	rec := record{
		key: stageKey(out.AccountID), kind: command.KindStage, ofAccount: true, source: s.word(r.Source), org: s.word(r.Org), updatedAt: r.UpdatedAt,
		fields: []field{f},
	}
	number, seen := s.records.find(rec.key)
	if !seen {
		number = s.records.add(&rec)
		s.chain(s.accounts, account, number)
	} else {
		var old record
		old.mustParse(s.records.bytes(number))
		if old.kind != command.KindStage || !s.further(&f, &old.fields[0]) {
			return out
		}
		rec.updatedAt = max(rec.updatedAt, old.updatedAt)
		s.records.write(number, &rec)
	}
	s.changes = append(s.changes[:0], s.stage)
	s.refold(s.accounts, account, &rec, s.changes)
	return out
}

// stageOwner finds the account, making one that is named and that nobody has heard of if the contact has none.
func (s *state) stageOwner(r *command.Record) (account uint32, ok bool, refused *refusal) {
	if r.Account != nil {
		if refused = checkIdentifiers(r.Account.Identifiers, s.accounts.name); refused != nil {
			refused.field = "account"
			return 0, false, refused
		}
		for i := range r.Account.Identifiers {
			if account, ok = s.accounts.Holder(r.Account.Identifiers[i].Key); ok {
				return account, true, nil
			}
		}
	}
	if contact, known := s.contacts.byOneID(r.NewID); known {
		if account, ok = s.contacts.account.get(contact); ok {
			return s.accounts.resolve(account), true, nil
		}
	}
	if r.Account == nil || len(r.Account.Identifiers) == 0 {
		return 0, false, nil
	}
	if refused = s.freeAccount(r.Account.NewID); refused != nil {
		return 0, false, refused
	}
	return s.makeAccount(r), true, nil
}

// freeAccount refuses an id that no new account can have.
func (s *state) freeAccount(id command.ID) *refusal {
	if _, taken := s.records.find(command.Key(id)); taken || !s.accounts.free(id) {
		return refuse("bad_id", "account", "the account's id is empty or taken")
	}
	return nil
}
