package engine

import (
	"rollcall/engine/command"
	"rollcall/index"
)

// makeAccount makes the account that a record names and nobody has heard of. An implicit record carries what is known
// of it, so that its identifiers too have a record that brought them; it goes by the account's own id.
func (s *state) makeAccount(r *command.Record) uint32 {
	ref := r.Account
	ord, _ := s.settle(s.accounts, nil, ref.NewID)
	rec := record{key: command.Key(ref.NewID), kind: command.KindImplicit, ofAccount: true, source: s.word(r.Source), updatedAt: r.UpdatedAt}
	if name, ok := s.accounts.attributes.byName["name"]; ok && ref.Name != "" {
		rec.put(s.accounts.attributes.take(&command.Value{Name: s.accounts.attributes.list[name].name, Kind: command.Text, Text: ref.Name}, r.UpdatedAt))
	}
	if f, ok := s.accounts.attributes.org(r.Org, r.UpdatedAt); ok {
		rec.put(f)
	}
	s.hold(s.accounts, ord, ref.Identifiers, &rec)
	number := s.records.add(&rec)
	s.chain(s.accounts, ord, number)
	s.refoldAll(s.accounts, ord)
	return ord
}

// linkDeal puts the opportunity into the account's chain, in which it is not.
func (p *placing) linkDeal(account uint32) {
	account = p.accounts.resolve(account)
	if head, any := p.accounts.deal.get(account); any {
		p.records.nextDeal.set(p.number, head)
	}
	p.accounts.deal.set(account, p.number)
}

// unlinkDeal takes an opportunity out of the account's chain.
func (s *state) unlinkDeal(account, number uint32) {
	after, more := s.records.nextDeal.get(number)
	at, ok := s.accounts.deal.get(account)
	if ok && at == number {
		if more {
			s.accounts.deal.set(account, after)
		} else {
			s.accounts.deal.clear(account)
		}
	}
	for ok && at != number {
		following, further := s.records.nextDeal.get(at)
		if further && following == number {
			if more {
				s.records.nextDeal.set(at, after)
			} else {
				s.records.nextDeal.clear(at)
			}
			break
		}
		at, ok = following, further
	}
	s.records.nextDeal.clear(number)
}

// mergeAccounts does what is particular to accounts when from becomes part of to: contacts and opportunities follow.
func (s *state) mergeAccounts(to, from uint32) {
	joined := s.contacts.account.publish()
	for chunk := range joined.Chunks() {
		var in index.Mask
		joined.Chunk(chunk).Between(from, from, &in)
		in.Each(func(slot uint16) bool {
			s.contacts.account.set(uint32(chunk)<<16|uint32(slot), to)
			return true
		})
	}
	s.append(&s.accounts.deal, &s.records.nextDeal, to, from, func(uint32) {})
}
