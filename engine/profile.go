package engine

import (
	"cmp"
	"slices"

	"rollcall/engine/command"
	"rollcall/engine/oneid"
	"rollcall/index"
)

// Profile is the golden profile of a contact or account. Attributes are the columns that have a value, canonical ones
// first; a personal text is a command.Token. Identifiers stand strongest first, each once, with their sealed values.
// Sources are the source records, oldest first; of somebody known by events only, what the events brought. Account is
// the ordinal of a contact's account. Times are in ms since 1970.
type Profile struct {
	OneID                command.ID
	Attributes           []command.Value
	Identifiers          []command.Identifier
	Sources              []Source
	Tags                 []TagValue
	Account              uint32
	HasAccount           bool
	CreatedAt, UpdatedAt int64
}

// Source is one source record behind a profile. SourceID is sealed.
type Source struct {
	Name      string
	SourceID  []byte
	Kind      command.Kind
	UpdatedAt int64
}

// SourceRecord is a source record with what it says itself: an opportunity's stage and amount. Contact and Account are
// the ordinals of whom it belongs to now.
type SourceRecord struct {
	Source
	Key        command.Key
	Org        string
	Attributes []command.Value
	Contact    uint32
	HasContact bool
	Account    uint32
	HasAccount bool
}

// TagValue is a manual tag that is set. Value is empty for a tag without values.
type TagValue struct{ Name, Value string }

// Profile is the golden profile of a live contact.
func (r *Root) Profile(ord uint32) Profile {
	p := r.profile(&r.contacts, ord)
	if account, ok := r.contacts.join.Get(ord); ok {
		p.Account, p.HasAccount = r.accounts.resolve(account), true
	}
	return p
}

// AccountProfile is the golden profile of a live account; OneID is its id.
func (r *Root) AccountProfile(ord uint32) Profile { return r.profile(&r.accounts, ord) }

func (r *Root) profile(p *population, ord uint32) Profile {
	out := Profile{OneID: p.ids.at(ord)}
	for i := range p.attributes {
		a := &p.attributes[i]
		v, ok := a.value(ord)
		if !ok {
			continue
		}
		out.Attributes = append(out.Attributes, v)
		switch a.name {
		case "created_at":
			out.CreatedAt = v.Int
		case "updated_at":
			out.UpdatedAt = v.Int
		}
	}
	for i := range r.tags {
		if t := &r.tags[i]; t.entity == p.name {
			if t.Set.Contains(ord) {
				out.Tags = append(out.Tags, TagValue{Name: t.name})
			} else if code, ok := t.Values.Get(ord); ok {
				out.Tags = append(out.Tags, TagValue{t.name, t.Dict.Text(code)})
			}
		}
	}
	slices.SortFunc(out.Tags, func(a, b TagValue) int { return cmp.Compare(a.Name, b.Name) })
	var hinted []Source
	seen := map[command.Key]bool{}
	r.each(p, ord, func(_ uint32, rec *record) {
		switch rec.kind {
		case command.KindStage:
		case command.KindImplicit:
			hinted = append(hinted, r.source(rec))
		default:
			out.Sources = append(out.Sources, r.source(rec))
		}
		for i := range rec.identifiers {
			if h := &rec.identifiers[i]; !seen[h.key] {
				seen[h.key] = true
				out.Identifiers = append(out.Identifiers, command.Identifier{Type: r.words.Text(h.kind), Key: h.key, Sealed: h.sealed})
			}
		}
	})
	if out.Sources == nil {
		out.Sources = hinted
	}
	slices.SortStableFunc(out.Identifiers, func(a, b command.Identifier) int { return cmp.Compare(priority(a.Type), priority(b.Type)) })
	return out
}

func priority(typ string) int {
	rule, _ := oneid.Rule(typ)
	return rule.Priority
}

// SourceNames are the distinct sources of a live contact, in order of first arrival: those that speak for the person,
// or else those of the events that brought it. There are source_count of them.
func (r *Root) SourceNames(ord uint32) []string {
	var said, hinted []string
	seen := map[uint32]bool{}
	var late []uint32
	r.each(&r.contacts, ord, func(_ uint32, rec *record) {
		if rec.kind == command.KindImplicit {
			late = append(late, rec.source)
		} else if !seen[rec.source] {
			seen[rec.source] = true
			said = append(said, r.words.Text(rec.source))
		}
	})
	if said != nil {
		return said
	}
	for _, source := range late {
		if !seen[source] {
			seen[source] = true
			hinted = append(hinted, r.words.Text(source))
		}
	}
	return hinted
}

func (r *Root) source(rec *record) Source {
	return Source{Name: r.words.Text(rec.source), SourceID: rec.sourceID, Kind: rec.kind, UpdatedAt: rec.updatedAt}
}

// each calls f with every source record of ord, in order of first arrival.
func (r *Root) each(p *population, ord uint32, f func(number uint32, rec *record)) {
	r.chain(p.first, r.records.next, ord, f)
}

func (r *Root) chain(first, next *index.Column[uint32], ord uint32, f func(number uint32, rec *record)) {
	var numbers []uint32
	for number, ok := first.Get(ord); ok; number, ok = next.Get(number) {
		numbers = append(numbers, number)
	}
	slices.Sort(numbers)
	var rec record
	for _, number := range numbers {
		rec.mustParse(r.records.bytes(number))
		f(number, &rec)
	}
}

// AccountContacts lists up to limit live contacts of an account, oldest first.
func (r *Root) AccountContacts(ord uint32, limit int) []uint32 {
	var out []uint32
	var m, live index.Mask
	for i := 0; i < r.contacts.join.Chunks() && len(out) < limit; i++ {
		r.contacts.join.Chunk(i).Between(ord, ord, &m)
		r.contacts.live.Chunk(i).Store(&live)
		m.And(&live)
		m.Each(func(slot uint16) bool {
			out = append(out, uint32(i)<<16|uint32(slot))
			return len(out) < limit
		})
	}
	return out
}

// AccountRecords lists the source records of an account that have a kind, oldest first: opportunities that name it, or
// records of the account itself.
func (r *Root) AccountRecords(ord uint32, kind command.Kind) []SourceRecord {
	if kind == command.KindOpportunity {
		return r.sourceRecords(r.accounts.deal, r.records.nextDeal, ord, kind)
	}
	return r.sourceRecords(r.accounts.first, r.records.next, ord, kind)
}

// ContactRecords lists the source records of a contact that have a kind, oldest first.
func (r *Root) ContactRecords(ord uint32, kind command.Kind) []SourceRecord {
	return r.sourceRecords(r.contacts.first, r.records.next, ord, kind)
}

func (r *Root) sourceRecords(first, next *index.Column[uint32], ord uint32, kind command.Kind) []SourceRecord {
	var out []SourceRecord
	r.chain(first, next, ord, func(number uint32, rec *record) {
		if rec.kind != kind {
			return
		}
		s := SourceRecord{Source: r.source(rec), Key: rec.key, Org: r.words.Text(rec.org)}
		attributes := r.contacts.attributes
		if owner, ok := r.records.owner.Get(number); ok && rec.ofAccount {
			s.Account, s.HasAccount = r.accounts.resolve(owner), true
		} else if ok {
			s.Contact, s.HasContact = r.contacts.resolve(owner), true
		}
		if rec.account != 0 {
			s.Account, s.HasAccount = r.accounts.resolve(rec.account-1), true
		}
		switch {
		case rec.kind == command.KindOpportunity:
			attributes = r.deals
		case rec.ofAccount:
			attributes = r.accounts.attributes
		}
		for i := range rec.fields {
			s.Attributes = append(s.Attributes, rec.fields[i].value(attributes))
		}
		slices.SortFunc(s.Attributes, func(a, b command.Value) int { return cmp.Compare(a.Name, b.Name) })
		out = append(out, s)
	})
	return out
}

// value is what the field says, in words.
func (f *field) value(attributes []attributeView) command.Value {
	a := &attributes[f.attribute]
	v := command.Value{Name: a.name, Kind: f.kind, Int: f.num, Float: f.float}
	if f.kind == command.Text || f.kind == command.Token {
		v.Text = a.Dict.Text(f.code)
	}
	return v
}
