package engine

import (
	"bytes"

	"rollcall/engine/command"
	"rollcall/engine/oneid"
	"rollcall/index"
)

// putRecord stores what a source says of one contact, account, lead or opportunity. Everything that can be refused is
// looked at before anything is changed.
func (s *state) putRecord(r *command.Record) command.RecordResult {
	if r.Kind == command.KindStage {
		return s.putStage(r)
	}
	p := placing{state: s, Record: r}
	refused := p.check()
	if refused == nil {
		refused = p.resolve()
	}
	if refused != nil {
		return command.RecordResult{Status: command.Rejected, Code: refused.code, Detail: refused.detail, Field: refused.field}
	}
	return p.store()
}

// placing is one record on its way to its owner.
type placing struct {
	*state
	*command.Record
	entity     *entity     // whom the record belongs to
	attributes *attributes // where its attributes have their numbers

	number  uint32 // of the record, if it was seen before
	seen    bool
	match   oneid.Match
	owned   bool   // by somebody of entity; false for an opportunity of an account alone
	account uint32 // of the AccountRef, if found
	found   bool
	wasDeal bool // an account has the record in its chain of opportunities
}

// check finds what is wrong with the record by itself.
func (p *placing) check() *refusal {
	taken := p.tagTaken(p.contacts.name)
	switch p.Kind {
	case command.KindContact, command.KindLead:
		p.entity, p.attributes = p.contacts, &p.contacts.attributes
	case command.KindAccount:
		p.entity, p.attributes = p.accounts, &p.accounts.attributes
		taken = p.tagTaken(p.accounts.name)
	case command.KindOpportunity:
		p.entity, p.attributes = p.contacts, &p.deals
		taken = func(string) bool { return false }
	default:
		return refuse("bad_kind", "kind", "no record has kind %d", p.Kind)
	}
	if p.Key == (command.Key{}) {
		return refuse("bad_record", "source_id", "the record has no key")
	}
	if r := checkIdentifiers(p.Identifiers, p.entity.name); r != nil {
		return r
	}
	if p.Account != nil {
		if r := checkIdentifiers(p.Account.Identifiers, p.accounts.name); r != nil {
			r.field = "account"
			return r
		}
	}
	r := p.attributes.check(p.Attributes, taken)
	if r != nil {
		r.field = "attributes." + r.field
	}
	return r
}

func checkIdentifiers(ids []command.Identifier, entity string) *refusal {
	for i := range ids {
		if rule, ok := oneid.Rule(ids[i].Type); !ok || rule.Entity != entity {
			return refuse("unknown_identifier", "identifiers."+ids[i].Type, "this is no identifier of a record of its kind")
		}
	}
	return nil
}

// resolve finds who the record and its account belong to, and what would stop making them.
func (p *placing) resolve() *refusal {
	item := oneid.Item{Identifiers: p.Identifiers, Loose: p.Kind == command.KindAccount}
	p.rec = record{identifiers: p.rec.identifiers[:0], fields: p.rec.fields[:0]}
	if p.number, p.seen = p.records.find(p.Key); p.seen {
		p.rec.mustParse(p.records.bytes(p.number))
		if !sameClass(p.rec.kind, p.Kind) || p.rec.ofAccount != (p.Kind == command.KindAccount) {
			return refuse("kind_conflict", "kind", "the source used this id for a record of another kind: give each kind ids of its own")
		}
		item.Owner, item.Seen = p.records.owner.get(p.number)
	}
	p.wasDeal = p.rec.account != 0
	if !p.seen {
		// A proposer that knows whose the record is, such as that of an event, names them in place of somebody new.
		item.Owner, item.Seen = p.entity.byOneID(p.NewID)
	}
	p.match = oneid.Resolve(item, p.entity, p.ords)
	if !p.seen && p.match.By == oneid.ByRecord {
		p.match.By = "one_id"
	}
	p.ords = p.match.Ords
	p.owned = p.Kind != command.KindOpportunity || len(p.Identifiers) > 0 || item.Seen
	if p.owned && len(p.match.Ords) == 0 && !p.entity.free(p.NewID) {
		return refuse("bad_id", "", "the id is empty or taken")
	}
	if ref := p.Account; ref != nil && p.Kind != command.KindAccount {
		for i := range ref.Identifiers {
			if p.account, p.found = p.accounts.Holder(ref.Identifiers[i].Key); p.found {
				break
			}
		}
		if !p.found && len(ref.Identifiers) > 0 {
			if refused := p.freeAccount(ref.NewID); refused != nil {
				return refused
			}
		}
	}
	if !p.owned && !p.namesAccount() && p.rec.account == 0 {
		return refuse("unattached", "identifiers", "an opportunity belongs to a contact or an account: give identifiers of one of them")
	}
	return nil
}

// sameClass tells whether a source may change a record from one kind to another: a lead becomes a contact.
func sameClass(a, b command.Kind) bool {
	person := func(k command.Kind) bool { return k == command.KindContact || k == command.KindLead }
	return a == b || person(a) && person(b)
}

// namesAccount tells whether the record says which account it belongs to.
func (p *placing) namesAccount() bool {
	return p.Kind != command.KindAccount && p.Account != nil && len(p.Account.Identifiers) > 0
}

// store does what resolve found.
func (p *placing) store() command.RecordResult {
	out := command.RecordResult{Status: command.OK, Confidence: p.match.Confidence, MatchedBy: p.match.By}
	if out.MatchedBy == "account_name" {
		out.MatchedBy = "name"
	}
	var owner uint32
	if p.owned {
		owner, out.Created = p.settle(p.entity, p.match.Ords, p.NewID)
	}
	if p.namesAccount() {
		if !p.found {
			p.account = p.makeAccount(p.Record)
		}
		out.AccountID = p.accounts.ids.at(p.account)
		if p.rec.account == 0 || p.UpdatedAt >= p.rec.accountAt {
			p.move(p.account)
		}
	}
	p.update()
	if p.owned {
		p.hold(p.entity, owner, p.Identifiers, &p.rec)
	}
	if changed := p.write(); p.owned {
		p.link(owner)
		if p.Kind == command.KindContact || p.Kind == command.KindLead {
			p.contacts.known.add(owner)
		}
		if changed && p.rec.folds() {
			p.refold(p.entity, owner, &p.rec, p.changes)
		} else if changed {
			p.refold(p.entity, owner, &p.rec, nil)
		}
	}
	switch {
	case p.Kind == command.KindAccount:
		out.AccountID = p.accounts.ids.at(owner)
	case p.owned:
		out.OneID = p.contacts.ids.at(owner)
	}
	return out
}

// settle makes the people found one, or somebody new, and returns who that is.
func (s *state) settle(e *entity, ords []uint32, newID command.ID) (ord uint32, created bool) {
	if len(ords) == 0 {
		ord = e.add(newID)
		e.attributes.list[e.createdAt].ints.set(ord, s.time)
		return ord, true
	}
	for _, other := range ords[1:] {
		s.merge(e, ords[0], other)
	}
	return ords[0], false
}

// update takes what the source sent into the record: the newer value of each field, and every identifier.
func (p *placing) update() {
	rec := &p.rec
	if !p.seen || p.UpdatedAt >= rec.updatedAt {
		rec.kind, rec.org, rec.updatedAt = p.Kind, p.word(p.Org), p.UpdatedAt
	}
	if len(rec.sourceID) == 0 {
		rec.sourceID = p.SourceID // sealed anew each time, though the key says that it is the same
	}
	rec.key, rec.source, rec.ofAccount = p.Key, p.word(p.Source), p.Kind == command.KindAccount
	p.changes = p.changes[:0]
	for i := range p.Attributes {
		v := &p.Attributes[i]
		if v.Kind == command.Null {
			continue
		}
		if f := p.attributes.take(v, p.UpdatedAt); rec.put(f) {
			p.changes = append(p.changes, f.attribute)
		}
	}
	if f, ok := p.attributes.org(p.Org, p.UpdatedAt); ok && rec.put(f) {
		p.changes = append(p.changes, f.attribute)
	}
}

// put takes a field in, unless the record has a newer value of it.
func (r *record) put(f field) bool {
	for i := range r.fields {
		if old := &r.fields[i]; old.attribute == f.attribute {
			if f.at < old.at {
				return false
			}
			*old = f
			return true
		}
	}
	r.fields = append(r.fields, f)
	return true
}

// hold notes that ord has the identifiers, and that the record brought them.
func (s *state) hold(e *entity, ord uint32, ids []command.Identifier, rec *record) {
next:
	for i := range ids {
		id := &ids[i]
		for j := range rec.identifiers {
			if rec.identifiers[j].key == id.Key {
				continue next
			}
		}
		_, first := e.byKey.PutIfAbsent(index.Key(id.Key), ord)
		rec.identifiers = append(rec.identifiers, held{kind: s.word(id.Type), first: first, key: id.Key, sealed: id.Sealed})
		if rule, ok := oneid.Rule(id.Type); ok && !rule.Weak {
			e.known.add(ord)
		}
	}
}

// write stores the record if it is new or differs from what was stored.
func (p *placing) write() (changed bool) {
	if !p.seen {
		p.number = p.records.add(&p.rec)
	} else {
		p.scratch = p.rec.append(p.scratch[:0])
		if bytes.Equal(p.scratch, p.records.bytes(p.number)) {
			return false
		}
		p.records.writeBytes(p.number, p.scratch)
		p.records.touch(p.number)
	}
	if p.rec.account != 0 && p.Kind == command.KindOpportunity && !p.wasDeal {
		p.linkDeal(p.rec.account - 1)
	}
	return true
}

// move makes account the one that the record belongs to, since its UpdatedAt.
func (p *placing) move(account uint32) {
	if p.seen && p.Kind == command.KindOpportunity && p.rec.account != 0 {
		if old := p.accounts.resolve(p.rec.account - 1); old != account {
			p.unlinkDeal(old, p.number)
			p.wasDeal = false
		}
	}
	p.rec.account, p.rec.accountAt = account+1, p.UpdatedAt
}

// link puts the record into its owner's chain, if it is not in one.
func (p *placing) link(owner uint32) {
	if _, linked := p.records.owner.get(p.number); !linked {
		p.chain(p.entity, owner, p.number)
	}
}

// chain makes a record one of ord's.
func (s *state) chain(e *entity, ord, number uint32) {
	s.records.owner.set(number, ord)
	if head, ok := e.first.get(ord); ok {
		s.records.next.set(number, head)
	}
	e.first.set(ord, number)
	s.records.touch(number)
}

// word returns the code of a name in state.words, 0 for none.
func (s *state) word(text string) uint32 {
	if text == "" {
		return 0
	}
	return s.words.Add(text)
}
