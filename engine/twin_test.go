package engine

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"rollcall/engine/command"
	"rollcall/engine/schema"
)

// twin is the engine once more, as dumb as it can be: people, records and events are structs in slices, and every
// question is a loop over all of them.
type twin struct {
	contacts, accounts []*twinPerson
	holders            map[command.Key]*twinPerson // contacts and accounts have different keys
	records            []*twinRecord
	events             []*twinEvent
	tags               map[string]map[*twinPerson]twinValue // valued or not, by name
	kinds              map[string]command.ValueKind         // of entity/attribute
}

type twinValue struct {
	text string
	at   int64
}

type twinPerson struct {
	id      command.ID
	entity  string
	number  int
	into    *twinPerson
	created int64
}

type twinRecord struct {
	key       command.Key
	kind      command.Kind
	entity    string
	source    string
	updatedAt int64
	owner     *twinPerson
	ids       []command.Identifier
	fields    map[string]twinField
	account   *twinPerson
	accountAt int64
}

type twinField struct {
	at    int64
	value any
}

type twinEvent struct {
	key    command.Key
	person *twinPerson
	typ    string
	at     int64
	id     string
	props  map[string]any
}

func newTwin() *twin {
	return &twin{holders: map[command.Key]*twinPerson{}, tags: map[string]map[*twinPerson]twinValue{}, kinds: map[string]command.ValueKind{}}
}

func (p *twinPerson) now() *twinPerson {
	for p.into != nil {
		p = p.into
	}
	return p
}

func twinRule(typ string) schema.Identifier {
	for _, r := range schema.Identifiers {
		if r.Name == typ {
			return r
		}
	}
	panic(typ)
}

func (t *twin) recordsOf(p *twinPerson) (out []*twinRecord) {
	for _, r := range t.records {
		if r.owner != nil && r.owner.now() == p {
			out = append(out, r)
		}
	}
	return out
}

func (t *twin) known(p *twinPerson) bool {
	for _, r := range t.recordsOf(p) {
		if r.kind == command.KindContact || r.kind == command.KindLead {
			return true
		}
		for _, id := range r.ids {
			if !twinRule(id.Type).Weak {
				return true
			}
		}
	}
	return false
}

// resolve finds the people of an item, in order of age, and by what.
func (t *twin) resolve(ids []command.Identifier, owner *twinPerson, loose bool) (found []*twinPerson, by string) {
	ids = slices.Clone(ids)
	slices.SortStableFunc(ids, func(a, b command.Identifier) int {
		return cmp.Compare(twinRule(a.Type).Priority, twinRule(b.Type).Priority)
	})
	take := func(p *twinPerson, why string) {
		if by == "" {
			by = why
		}
		if !slices.Contains(found, p.now()) {
			found = append(found, p.now())
		}
	}
	strong := false
	for _, id := range ids {
		if !twinRule(id.Type).Weak {
			strong = true
			if p := t.holders[id.Key]; p != nil {
				take(p, id.Type)
			}
		}
	}
	if owner != nil {
		take(owner, "record")
	}
	if len(found) == 0 {
		for _, id := range ids {
			if p := t.holders[id.Key]; p != nil && twinRule(id.Type).Weak && (loose && !strong || !t.known(p.now())) {
				take(p, id.Type)
				break
			}
		}
	}
	if by == "" {
		by = "new"
	}
	slices.SortFunc(found, func(a, b *twinPerson) int { return cmp.Compare(a.number, b.number) })
	return found, by
}

func (t *twin) add(entity string, id command.ID, now int64) *twinPerson {
	list := &t.contacts
	if entity == "account" {
		list = &t.accounts
	}
	p := &twinPerson{id: id, entity: entity, number: len(*list), created: now}
	*list = append(*list, p)
	return p
}

// one makes the people found one, or somebody new.
func (t *twin) one(found []*twinPerson, entity string, id command.ID, now int64) *twinPerson {
	if len(found) == 0 {
		return t.add(entity, id, now)
	}
	to := found[0]
	for _, from := range found[1:] {
		for _, name := range slices.Sorted(maps.Keys(t.tags)) {
			members := t.tags[name]
			if v, ok := members[from]; ok {
				if old, has := members[to]; !has || v.at > old.at || v.at == old.at && v.text > old.text {
					members[to] = v
				}
				delete(members, from)
			}
		}
		from.into = to
	}
	return to
}

func (t *twin) hold(p *twinPerson, r *twinRecord, ids []command.Identifier) {
	for _, id := range ids {
		if slices.ContainsFunc(r.ids, func(o command.Identifier) bool { return o.Key == id.Key }) {
			continue
		}
		r.ids = append(r.ids, id)
		if t.holders[id.Key] == nil {
			t.holders[id.Key] = p
		}
	}
}

func twinEntity(k command.Kind) (people, attributes string) {
	switch k {
	case command.KindAccount:
		return "account", "account"
	case command.KindOpportunity:
		return "contact", "deal"
	}
	return "contact", "contact"
}

// mismatch tells whether an attribute cannot take a value.
func (t *twin) mismatch(entity string, values []command.Value) bool {
	for _, v := range values {
		kind, ok := t.kinds[entity+"/"+v.Name]
		number := func(k command.ValueKind) bool { return k == command.Int || k == command.Float }
		if v.Kind != command.Null && ok && kind != v.Kind && !(number(kind) && number(v.Kind)) {
			return true
		}
	}
	return false
}

func (t *twin) putRecord(r *command.Record, now int64) command.RecordResult {
	people, attributes := twinEntity(r.Kind)
	if t.mismatch(attributes, r.Attributes) {
		return command.RecordResult{Status: command.Rejected, Code: "type_mismatch"}
	}
	i := slices.IndexFunc(t.records, func(o *twinRecord) bool { return o.key == r.Key })
	var rec *twinRecord
	var owner *twinPerson
	if i >= 0 {
		rec, owner = t.records[i], t.records[i].owner
	}
	found, by := t.resolve(r.Identifiers, owner, r.Kind == command.KindAccount)
	owned := r.Kind != command.KindOpportunity || len(r.Identifiers) > 0 || owner != nil
	if !owned && r.Account == nil && (rec == nil || rec.account == nil) {
		return command.RecordResult{Status: command.Rejected, Code: "unattached"}
	}
	out := command.RecordResult{Status: command.OK, MatchedBy: strings.ReplaceAll(by, "account_name", "name")}
	if rec == nil {
		rec = &twinRecord{key: r.Key, kind: r.Kind, entity: people, source: r.Source, fields: map[string]twinField{}, updatedAt: r.UpdatedAt}
		t.records = append(t.records, rec)
	}
	if owned {
		out.Created = len(found) == 0
		p := t.one(found, people, r.NewID, now)
		rec.owner = p
		if people == "account" {
			out.AccountID = p.id
		} else {
			out.OneID = p.id
		}
		defer t.hold(p, rec, r.Identifiers)
	}
	if r.Account != nil {
		var account *twinPerson
		for _, id := range r.Account.Identifiers {
			if p := t.holders[id.Key]; p != nil {
				account = p.now()
				break
			}
		}
		if account == nil {
			account = t.add("account", r.Account.NewID, now)
			implicit := &twinRecord{
				key: command.Key(r.Account.NewID), kind: command.KindImplicit, entity: "account", source: r.Source, owner: account, updatedAt: r.UpdatedAt,
				fields: map[string]twinField{"name": {r.UpdatedAt, r.Account.Name}},
			}
			implicit.belongs(r.Org, r.UpdatedAt)
			t.records = append(t.records, implicit)
			t.hold(account, implicit, r.Account.Identifiers)
		}
		out.AccountID = account.id
		if rec.account == nil || r.UpdatedAt >= rec.accountAt {
			rec.account, rec.accountAt = account, r.UpdatedAt
		}
	}
	if r.UpdatedAt >= rec.updatedAt {
		rec.kind, rec.updatedAt = r.Kind, r.UpdatedAt
	}
	for _, v := range r.Attributes {
		if v.Kind == command.Null {
			continue
		}
		name := attributes + "/" + v.Name
		if k, ok := t.kinds[name]; !ok || k == command.Int {
			t.kinds[name] = v.Kind
		}
		if old, ok := rec.fields[v.Name]; !ok || r.UpdatedAt >= old.at {
			rec.fields[v.Name] = twinField{r.UpdatedAt, comparable(v)}
		}
	}
	if attributes != "deal" {
		rec.belongs(r.Org, r.UpdatedAt)
	}
	return out
}

// belongs notes which organisation the record is of.
func (r *twinRecord) belongs(org string, at int64) {
	if old, ok := r.fields[schema.OrgID]; org != "" && (!ok || at >= old.at) {
		r.fields[schema.OrgID] = twinField{at, org}
	}
}

// comparable is a value with every number as a float.
func comparable(v command.Value) any {
	if x, ok := plain(v).(int64); ok {
		return float64(x)
	}
	return plain(v)
}

func (t *twin) putEvent(e *command.Event, now int64) command.EventResult {
	for _, o := range t.events {
		if o.key == e.Key {
			return command.EventResult{Status: command.Duplicate, OneID: o.person.now().id}
		}
	}
	var p *twinPerson
	if e.OneID != (command.ID{}) {
		for _, o := range t.contacts {
			if o.id == e.OneID {
				p = o.now()
			}
		}
		if p == nil {
			return command.EventResult{Status: command.Rejected, Code: "unknown_one_id", Field: "one_id"}
		}
	} else {
		if len(e.Identifiers) == 0 {
			return command.EventResult{Status: command.Rejected, Code: "no_identifier", Field: "identifiers"}
		}
		found, _ := t.resolve(e.Identifiers, nil, true)
		p = t.one(found, "contact", e.NewID, now)
		all := true
		for _, id := range e.Identifiers {
			h := t.holders[id.Key]
			all = all && h != nil && h.now() == p
		}
		if !all && !slices.ContainsFunc(t.records, func(o *twinRecord) bool { return o.key == e.RecordKey }) {
			r := &twinRecord{key: e.RecordKey, kind: command.KindImplicit, entity: "contact", source: e.Source, owner: p, updatedAt: e.OccurredAt, fields: map[string]twinField{}}
			r.belongs(e.Org, e.OccurredAt)
			t.records = append(t.records, r)
			t.hold(p, r, e.Identifiers)
		}
	}
	ev := &twinEvent{key: e.Key, person: p, typ: e.Type, at: e.OccurredAt, id: e.EventID, props: map[string]any{}}
	for _, v := range e.Props {
		ev.props[v.Name] = comparable(v)
	}
	t.events = append(t.events, ev)
	return command.EventResult{Status: command.OK, OneID: p.id}
}

func (t *twin) members(m *command.TagMembers, valued bool, now int64) (code string, changed uint32, unknown []command.ID) {
	var add, remove []*twinPerson
	for _, list := range []struct {
		ids []command.ID
		to  *[]*twinPerson
	}{{m.Add, &add}, {m.Remove, &remove}} {
		for _, id := range list.ids {
			if i := slices.IndexFunc(t.contacts, func(p *twinPerson) bool { return p.id == id }); i >= 0 {
				*list.to = append(*list.to, t.contacts[i].now())
			} else {
				unknown = append(unknown, id)
			}
		}
	}
	for _, id := range m.Add {
		if slices.Contains(m.Remove, id) {
			return "invalid_value", 0, nil
		}
	}
	set := t.tags[m.Name]
	for _, p := range add {
		if old, ok := set[p]; !slices.Contains(remove, p) && (!ok || old.text != m.Value) {
			set[p] = twinValue{m.Value, now}
			changed++
		}
	}
	for _, p := range remove {
		if old, ok := set[p]; ok && (!valued || m.Value == "" || old.text == m.Value) {
			delete(set, p)
			changed++
		}
	}
	return "", changed, unknown
}

// golden folds a person's records.
func (t *twin) golden(p *twinPerson) map[string]any {
	type best struct {
		at     int64
		source string
		key    command.Key
	}
	out, why := map[string]any{}, map[string]best{}
	sources, hinted := map[string]bool{}, map[string]bool{}
	var updated int64 = math.MinInt64
	offer := func(name string, v any, b best) {
		old, ok := why[name]
		if !ok || b.at > old.at || b.at == old.at && (b.source > old.source || b.source == old.source && string(b.key[:]) > string(old.key[:])) {
			out[name], why[name] = v, b
		}
	}
	for _, r := range t.recordsOf(p) {
		if r.kind == command.KindImplicit {
			hinted[r.source] = true
		} else {
			sources[r.source] = true
		}
		if r.kind == command.KindOpportunity {
			continue
		}
		updated = max(updated, r.updatedAt)
		for name, f := range r.fields {
			offer(name, f.value, best{f.at, r.source, r.key})
		}
		if r.account != nil && r.entity == "contact" {
			offer("its account", r.account, best{r.accountAt, r.source, r.key})
		}
	}
	if len(sources) == 0 {
		sources = hinted
	}
	if account, ok := out["its account"]; ok {
		out["its account"] = account.(*twinPerson).now().id
	}
	if p.entity == "contact" {
		out[sourceCount] = float64(len(sources))
	}
	if updated != math.MinInt64 {
		out["updated_at"] = float64(updated)
	}
	out["created_at"] = float64(p.created)
	return out
}

// timeline is a person's events, newest first.
func (t *twin) timeline(p *twinPerson) (out []string) {
	for _, e := range t.events {
		if e.person.now() == p {
			out = append(out, fmt.Sprintf("%013d %s %s", e.at, e.id, e.typ))
		}
	}
	slices.Sort(out)
	slices.Reverse(out)
	return out
}
