package engine

import (
	"rollcall/engine/command"
	"rollcall/index"
	"rollcall/query/plan"
)

// Root is the state of one tenant at one index. It never changes; any goroutine may hold it as long as it likes, and
// its answers fit together. It keeps the memory of what has changed since from being given back.
type Root struct {
	tenant   *Tenant
	index    uint64
	time     int64
	version  uint64
	words    index.DictView
	contacts population
	accounts population
	deals    []attributeView
	records  recordsView
	events   *index.Events
	seq      uint64

	types     []string
	props     []plan.Prop
	propNames map[string]uint32
	propList  []string
	tags      []tagView
	tagNames  map[string]uint32
	segments  []segmentView
	segNames  map[string]uint32
	keys      map[string]APIKey
}

// publish makes a root of the state as it is and shows it to readers.
func (s *state) publish() *Root {
	if s.contacts.attributes.changed || s.accounts.attributes.changed || s.tags.changed || s.segments.changed || s.props.changed ||
		s.typesShown != len(s.types.list) {
		s.version++
	}
	s.typesShown = len(s.types.list)
	r := &Root{tenant: s.tenant, index: s.index, time: s.time, version: s.version, words: s.words.View(), seq: s.events.seq, types: s.types.list, keys: s.keys}
	if s.props.changed {
		s.propList = nil
		for _, p := range s.props.list {
			s.propList = append(s.propList, p.name)
		}
	}
	r.propList = s.propList
	r.props, r.propNames = s.props.publish()
	r.tags, r.tagNames = s.tags.publish()
	r.segments, r.segNames = s.segments.publish()
	r.contacts, r.accounts = s.contacts.publish(r), s.accounts.publish(r)
	r.contacts.join, r.accounts.deal = s.contacts.account.publish(), s.accounts.deal.publish()
	r.deals = s.deals.publish()
	r.records = s.records.publish()
	r.events = s.events.publish()
	s.tenant.root.Store(r)
	return r
}

// publish returns the entity as it is now.
func (e *entity) publish(r *Root) population {
	p := population{
		root: r, name: e.name, ids: e.ids, byID: e.byID, byKey: e.byKey, live: e.live.publish(), merged: e.merged.publish(),
		first: e.first.publish(), attributes: e.attributes.publish(),
	}
	p.names = e.attributes.publishNames()
	return p
}

func (a *attributes) publish() []attributeView {
	views := make([]attributeView, len(a.list))
	for i, at := range a.list {
		views[i] = at.publish()
	}
	return views
}

// Index is the Raft index of the last entry that touched the tenant.
func (r *Root) Index() uint64 { return r.index }

// Time is the leader's clock at that entry, in ms since 1970. It never goes back.
func (r *Root) Time() int64 { return r.time }

// Contacts are the tenant's people, for query/plan.
func (r *Root) Contacts() plan.Population { return &r.contacts }

// Accounts are the tenant's enterprises, for query/plan.
func (r *Root) Accounts() plan.Population { return &r.accounts }

// Events are the contacts' events.
func (r *Root) Events() *index.Events { return r.events }

// ContactBy finds the live contact that has an identifier.
func (r *Root) ContactBy(k command.Key) (ord uint32, ok bool) { return r.contacts.holder(k) }

// AccountBy finds the live account that has an identifier.
func (r *Root) AccountBy(k command.Key) (ord uint32, ok bool) { return r.accounts.holder(k) }

// Contact finds the live contact that a OneID means, through merges.
func (r *Root) Contact(id command.ID) (ord uint32, ok bool) { return r.contacts.byOneID(id) }

// Account finds the live account that an id means, through merges.
func (r *Root) Account(id command.ID) (ord uint32, ok bool) { return r.accounts.byOneID(id) }

// ContactID is the OneID of an ordinal that the root has.
func (r *Root) ContactID(ord uint32) command.ID { return r.contacts.ids.at(ord) }

// AccountID is the id of an account's ordinal that the root has.
func (r *Root) AccountID(ord uint32) command.ID { return r.accounts.ids.at(ord) }

// RecordOwner finds who a source record belongs to now: a contact's OneID, or an account's id for a record of kind
// account. ok is false for an unknown record, and for an opportunity that belongs to an account only.
func (r *Root) RecordOwner(k command.Key) (owner command.ID, kind command.Kind, ok bool) {
	number, ok := r.records.byKey.Get(index.Key(k))
	if !ok || number >= r.records.n {
		return command.ID{}, 0, false
	}
	ord, ok := r.records.owner.Get(number)
	if !ok {
		return command.ID{}, 0, false
	}
	var rec record
	rec.mustParse(r.records.bytes(number))
	p := &r.contacts
	if rec.ofAccount {
		p = &r.accounts
	}
	return p.ids.at(p.resolve(ord)), rec.kind, true
}

// TagInfo is a tag and its coverage. Count is the live members of a manual tag. Times are in ms.
type TagInfo struct {
	Name, Entity, Kind, Rule, Description string
	Valued                                bool
	Count                                 uint64
	CreatedAt, ChangedAt                  int64
}

// Tags lists the tags in order of creation.
func (r *Root) Tags() []TagInfo {
	out := make([]TagInfo, len(r.tags))
	for i := range r.tags {
		t := &r.tags[i]
		out[i] = TagInfo{
			Name: t.name, Entity: t.entity, Kind: t.kind, Rule: t.rule, Description: t.description, Valued: t.valued,
			CreatedAt: t.created, ChangedAt: t.changed, Count: t.Set.Card(),
		}
		if t.valued {
			out[i].Count = present(t.Values)
		}
	}
	return out
}

// present counts the values of a column.
func present[T index.Value](c *index.Column[T]) (n uint64) {
	var m index.Mask
	for i := range c.Chunks() {
		c.Chunk(i).Present(&m)
		n += uint64(m.Count())
	}
	return n
}

// SegmentInfo is a saved segment. Count is the members of a static one. CreatedAt is in ms.
type SegmentInfo struct {
	ID, Name, Where, Mode string
	CreatedAt             int64
	Count                 uint64
}

// Segments lists the segments in order of creation.
func (r *Root) Segments() []SegmentInfo {
	out := make([]SegmentInfo, len(r.segments))
	for i := range r.segments {
		g := &r.segments[i]
		out[i] = SegmentInfo{ID: g.id, Name: g.name, Where: g.where, Mode: g.mode, CreatedAt: g.created, Count: g.Members.Card()}
	}
	return out
}

// AttributeInfo is an attribute. Kind is a schema.Kind. The texts of a personal attribute are sealed.
type AttributeInfo struct {
	Name     string
	Kind     string
	Personal bool
	Computed bool
}

// Attributes lists the attributes of "contact" or "account", canonical ones first, then in order of first sight.
func (r *Root) Attributes(entity string) []AttributeInfo {
	p := &r.contacts
	if entity == r.accounts.name {
		p = &r.accounts
	}
	var out []AttributeInfo
	for i := range p.attributes {
		a := &p.attributes[i]
		out = append(out, AttributeInfo{Name: a.name, Kind: string(a.kind), Personal: a.Sealed, Computed: a.computed})
	}
	if p == &r.contacts {
		for _, c := range windowed {
			out = append(out, AttributeInfo{Name: c.name, Kind: string(c.kind), Computed: true})
		}
	}
	return out
}

// Deal is an attribute of opportunities, which have attributes of their own and no columns.
func (r *Root) Deal(name string) (plan.Attribute, bool) {
	for i := range r.deals {
		if r.deals[i].name == name {
			return r.deals[i].Attribute, true
		}
	}
	return plan.Attribute{}, false
}

// Stats counts what a tenant has: live contacts and accounts, everything else as it came. Bytes is the memory of
// the hash tables, records and event rows.
type Stats struct {
	Contacts, Accounts, Events, Records, Identifiers uint64
	Bytes                                            uint64
}

// Stats counts what the tenant has.
func (r *Root) Stats() Stats {
	s := Stats{
		Contacts: r.contacts.live.Card(), Accounts: r.accounts.live.Card(), Events: r.seq, Records: uint64(r.records.n),
		Identifiers: uint64(r.contacts.byKey.Len() + r.accounts.byKey.Len()),
		Bytes:       r.events.Bytes() + r.records.memory(),
	}
	for _, t := range []*index.Table{r.contacts.byID, r.contacts.byKey, r.accounts.byID, r.accounts.byKey, r.records.byKey} {
		s.Bytes += uint64(t.Bytes())
	}
	return s
}

func (v *recordsView) memory() (n uint64) {
	for _, chunk := range v.blocks {
		for _, block := range chunk {
			n += uint64(len(block))
		}
	}
	return n
}
