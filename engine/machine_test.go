package engine

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rollcall/engine/command"
	"rollcall/engine/schema"
)

// machine drives an engine and its twin with the same random commands.
type machine struct {
	*node
	rt    *rapid.T
	twin  *twin
	items int // numbers given to new ids
	kept  *memoryPages
}

var machineTags = []string{"vip", "churn", "stage"}

func newMachine(rt *rapid.T) *machine {
	m := &machine{node: newNode(rt), rt: rt, twin: newTwin()}
	for _, name := range machineTags {
		m.must(&command.PutTag{Name: name, Entity: "contact", Kind: "manual", Valued: name == "stage"})
		m.twin.tags[name] = map[*twinPerson]twinValue{}
	}
	for _, a := range m.root().Attributes("contact") {
		if !a.Computed {
			m.twin.kinds["contact/"+a.Name] = valueKind(a)
		}
	}
	for _, a := range m.root().Attributes("account") {
		m.twin.kinds["account/"+a.Name] = valueKind(a)
	}
	return m
}

func valueKind(a AttributeInfo) command.ValueKind {
	if a.Personal {
		return command.Token
	}
	return map[string]command.ValueKind{"text": command.Text, "int": command.Int, "float": command.Float, "bool": command.Bool, "time": command.Time}[a.Kind]
}

func (m *machine) draw(n int, what string) int { return rapid.IntRange(0, n-1).Draw(m.rt, what) }

func (m *machine) pick(what string, list ...string) string { return list[m.draw(len(list), what)] }

func (m *machine) identifiers(most int, types ...string) (out []command.Identifier) {
	for range m.draw(most+1, "identifiers") {
		out = append(out, identifier(m.pick("type", types...), m.draw(8, "number")))
	}
	return out
}

func (m *machine) value() command.Value {
	switch m.draw(8, "value") {
	case 0:
		return text("city", m.pick("city", "上海", "北京", "杭州"))
	case 1:
		return token("name", m.pick("name", "张三", "李四"))
	case 2:
		return whole("seats", int64(m.draw(5, "seats")))
	case 3:
		return fraction("seats", float64(m.draw(9, "seats"))/2)
	case 4:
		return command.Value{Name: "vip_flag", Kind: command.Bool, Int: int64(m.draw(2, "flag"))}
	case 5:
		return command.Value{Name: "seen", Kind: command.Time, Int: start + int64(m.draw(100, "seen"))}
	case 6:
		return whole("city", 1)
	}
	return command.Value{Name: m.pick("null", "city", "other")}
}

func (m *machine) values() (out []command.Value) {
	for range m.draw(4, "values") {
		v := m.value()
		if !slices.ContainsFunc(out, func(o command.Value) bool { return o.Name == v.Name }) {
			out = append(out, v)
		}
	}
	return out
}

func (m *machine) at() int64 { return start + int64(m.draw(20, "at")) }

func (m *machine) drawRecord() command.Record {
	m.items++
	r := command.Record{NewID: oneID(m.items), Source: m.pick("source", "CRM", "ADS", "WEB"), SourceID: []byte("id"), UpdatedAt: m.at(), Attributes: m.values()}
	r.Org = m.pick("org", "", "", "east", "west")
	n := m.draw(12, "record")
	kinds := []command.Kind{command.KindContact, command.KindLead, command.KindContact, command.KindAccount, command.KindOpportunity}
	r.Kind = kinds[m.draw(len(kinds), "kind")]
	class := map[command.Kind]string{command.KindContact: "person", command.KindLead: "person", command.KindAccount: "account", command.KindOpportunity: "opportunity"}
	r.Key = recordKey(class[r.Kind]+r.Source, n)
	if r.Kind == command.KindAccount {
		r.Identifiers = m.identifiers(2, "credit_code", "domain", "account_name")
		r.NewID = accountID(m.items)
		return r
	}
	r.Identifiers = m.identifiers(2, "mobile", "email", "landline", "cookie_id")
	if m.draw(3, "account") == 0 {
		m.items++
		r.Account = &command.AccountRef{NewID: accountID(m.items), Name: "公司", Identifiers: ids(identifier("account_name", m.draw(8, "account name")))}
		if m.draw(2, "code") == 0 {
			r.Account.Identifiers = append(ids(identifier("credit_code", m.draw(8, "code"))), r.Account.Identifiers...)
		}
	}
	return r
}

func (m *machine) drawEvent() command.Event {
	m.items++
	n := m.draw(60, "event")
	e := eventOf(m.pick("event type", "page.view", "call.outbound.ended", "meeting.held", "custom.thing"), n, m.at(), m.identifiers(2, "mobile", "email", "cookie_id", "device_id"))
	e.NewID, e.Org = oneID(m.items), m.pick("org", "", "east")
	if m.draw(4, "by one_id") == 0 {
		e.Identifiers, e.OneID = nil, m.anyID()
	}
	if m.draw(2, "props") == 0 {
		e.Props = []command.Value{whole("talk_seconds", int64(m.draw(500, "seconds"))), text("channel", m.pick("channel", "a", "b")), {Name: "answered", Kind: command.Bool, Int: int64(m.draw(2, "answered"))}}
	}
	return e
}

func (m *machine) anyID() command.ID {
	if len(m.twin.contacts) == 0 || m.draw(10, "unknown") == 0 {
		return oneID(1 << 30)
	}
	return m.twin.contacts[m.draw(len(m.twin.contacts), "person")].id
}

// drawBody makes a command and what the twin makes of it, which must be called when the engine has applied it.
func (m *machine) drawBody() (command.Body, func(now int64, r *command.Result)) {
	switch m.draw(5, "command") {
	case 0:
		tag := m.pick("tag", machineTags...)
		body := &command.TagMembers{Name: tag, Add: []command.ID{m.anyID()}, Remove: []command.ID{m.anyID()}}
		if tag == "stage" {
			body.Value = m.pick("stage", "线索", "商机")
		}
		return body, func(now int64, r *command.Result) {
			code, changed, unknown := m.twin.members(body, tag == "stage", now)
			m.equal("members", []any{r.Code, r.Changed, fmt.Sprint(r.Unknown)}, []any{code, changed, fmt.Sprint(unknown)})
		}
	case 1, 2:
		body := &command.PutRecords{}
		for range 1 + m.draw(4, "records") {
			body.Records = append(body.Records, m.drawRecord())
		}
		return body, func(now int64, r *command.Result) {
			for i := range body.Records {
				got := r.Records[i]
				got.Detail, got.Field, got.Confidence = "", "", 0
				m.equal(fmt.Sprintf("record %+v", body.Records[i]), got, m.twin.putRecord(&body.Records[i], now))
			}
		}
	}
	body := &command.PutEvents{}
	for range 1 + m.draw(6, "events") {
		body.Events = append(body.Events, m.drawEvent())
	}
	return body, func(now int64, r *command.Result) {
		for i := range body.Events {
			got := r.Events[i]
			got.Detail = ""
			m.equal(fmt.Sprintf("event %+v", body.Events[i]), got, m.twin.putEvent(&body.Events[i], now))
		}
	}
}

func (m *machine) equal(what string, got, want any) {
	if fmt.Sprint(got) != fmt.Sprint(want) {
		m.rt.Fatalf("%s:\n got %v\nwant %v", what, got, want)
	}
}

// apply applies a batch of random commands.
func (m *machine) apply(_ *rapid.T) {
	var entries []Entry
	var checks []func(now int64, r *command.Result)
	var times []int64
	var at [][2]int
	for i := range 1 + m.draw(3, "entries") {
		var bodies []command.Body
		for j := range 1 + m.draw(3, "commands") {
			body, check := m.drawBody()
			bodies, checks, at = append(bodies, body), append(checks, check), append(at, [2]int{i, j})
			times = append(times, m.clock+int64(j+1)*1000)
		}
		entries = append(entries, m.entry(bodies...))
	}
	results := m.engine.Apply(entries)
	for i, check := range checks {
		check(times[i], results[at[i][0]][at[i][1]].(*command.Result))
	}
}

// check compares everything that can be asked.
func (m *machine) check(_ *rapid.T) {
	r := m.root()
	for _, p := range m.twin.contacts {
		ord, ok := r.Contact(p.id)
		if !ok || r.ContactID(ord) != p.now().id {
			m.rt.Fatalf("contact %x is not %x", p.id, p.now().id)
		}
		if p.into == nil {
			m.checkContact(r, ord, p)
		}
	}
	for _, p := range m.twin.accounts {
		ord, ok := r.Account(p.id)
		if !ok || r.AccountID(ord) != p.now().id {
			m.rt.Fatalf("account %x is not %x", p.id, p.now().id)
		}
		if p.into == nil {
			m.equal("account", flat(attributesAll(r.AccountProfile(ord))), flat(m.twin.golden(p)))
			m.checkAccount(r, ord, p)
		}
	}
	for key, p := range m.twin.holders {
		find, id := r.ContactBy, r.ContactID
		if p.entity == "account" {
			find, id = r.AccountBy, r.AccountID
		}
		if ord, ok := find(key); !ok || id(ord) != p.now().id {
			m.rt.Fatalf("identifier %x is not of %x", key, p.now().id)
		}
	}
	for _, rec := range m.twin.records {
		id, kind, ok := r.RecordOwner(rec.key)
		if ok != (rec.owner != nil) || ok && (id != rec.owner.now().id || kind != rec.kind) {
			m.rt.Fatalf("record %x belongs to %x", rec.key, id)
		}
	}
	m.checkCounts()
}

func (m *machine) checkContact(r *Root, ord uint32, p *twinPerson) {
	profile := r.Profile(ord)
	got := attributesAll(profile)
	if profile.HasAccount {
		got["its account"] = r.AccountID(profile.Account)
	}
	m.equal("contact", flat(got), flat(m.twin.golden(p)))
	var tags []TagValue
	for _, name := range slices.Sorted(slices.Values(machineTags)) {
		if v, ok := m.twin.tags[name][p]; ok {
			tags = append(tags, TagValue{name, v.text})
		}
	}
	m.equal("tags", profile.Tags, tags)
	var events []string
	var before Cursor
	for {
		page, err := r.Timeline(ord, before, 3)
		if err != nil {
			m.rt.Fatal(err)
		}
		for _, e := range page {
			if place := e.Cursor(); before != (Cursor{}) && place.compare(&before) >= 0 {
				m.rt.Fatalf("event %+v stands after %+v", place, before)
			}
			before = e.Cursor()
			events = append(events, fmt.Sprintf("%013d %s %s", e.OccurredAt, e.EventID, e.Type))
			if len(e.Sealed) != 2 || e.EventID != "e"+string(rune('0'+e.Sealed[1]%10)) {
				m.rt.Fatalf("event %s has the payload %v", e.EventID, e.Sealed)
			}
		}
		if len(page) < 3 {
			break
		}
	}
	want := m.twin.timeline(p)
	slices.Sort(events)
	slices.Sort(want)
	m.equal("timeline", events, want)
}

func (m *machine) checkAccount(r *Root, ord uint32, p *twinPerson) {
	var want, got []string
	for _, c := range m.twin.contacts {
		if c.into == nil && m.twin.golden(c)["its account"] == p.id {
			want = append(want, fmt.Sprint(c.id))
		}
	}
	for _, c := range r.AccountContacts(ord, 1000) {
		got = append(got, fmt.Sprint(r.ContactID(c)))
	}
	m.equal("contacts of an account", got, want)
	want, got = nil, nil
	for _, rec := range m.twin.records {
		if rec.kind == command.KindOpportunity && rec.account != nil && rec.account.now() == p {
			want = append(want, fmt.Sprint(rec.key))
		}
	}
	for _, d := range r.AccountRecords(ord, command.KindOpportunity) {
		got = append(got, fmt.Sprint(d.Key))
	}
	m.equal("opportunities of an account", got, want)
}

func (m *machine) checkCounts() {
	live := func(is func(p *twinPerson) bool) (n uint64) {
		for _, p := range m.twin.contacts {
			if p.into == nil && is(p) {
				n++
			}
		}
		return n
	}
	for where, is := range map[string]func(p *twinPerson) bool{
		"org_id = 'east'":     func(p *twinPerson) bool { return m.twin.golden(p)[schema.OrgID] == "east" },
		"city = '上海'":         func(p *twinPerson) bool { return m.twin.golden(p)["city"] == "上海" },
		"source_count >= 2":   func(p *twinPerson) bool { return m.twin.golden(p)[sourceCount].(float64) >= 2 },
		"vip and not churn":   func(p *twinPerson) bool { return m.has("vip", p) && !m.has("churn", p) },
		"stage = '商机'":        func(p *twinPerson) bool { return m.twin.tags["stage"][p].text == "商机" },
		"account.name = '公司'": func(p *twinPerson) bool { return m.accountNamed(p, "公司") },
		"count(*) >= 2":       func(p *twinPerson) bool { return len(m.twin.timeline(p)) >= 2 },
		"count(page.view where channel = 'a' and talk_seconds >= 100) >= 1": func(p *twinPerson) bool {
			return slices.ContainsFunc(m.twin.events, func(e *twinEvent) bool {
				s, ok := e.props["talk_seconds"].(float64)
				return e.person.now() == p && e.typ == "page.view" && e.props["channel"] == "a" && ok && s >= 100
			})
		},
	} {
		if got, want := m.count(where), live(is); got != want {
			m.rt.Fatalf("%s: %d, want %d", where, got, want)
		}
	}
	s := m.root().Stats()
	m.equal("stats", []uint64{s.Contacts, s.Events, s.Records}, []uint64{live(func(*twinPerson) bool { return true }), uint64(len(m.twin.events)), uint64(len(m.twin.records))})
}

func (m *machine) has(tag string, p *twinPerson) bool { _, ok := m.twin.tags[tag][p]; return ok }

func (m *machine) accountNamed(p *twinPerson, name string) bool {
	id, ok := m.twin.golden(p)["its account"]
	return ok && slices.ContainsFunc(m.twin.accounts, func(a *twinPerson) bool { return a.id == id && m.twin.golden(a)["name"] == name })
}

func attributesAll(p Profile) map[string]any {
	out := map[string]any{}
	for _, v := range p.Attributes {
		out[v.Name] = comparable(v)
	}
	return out
}

func flat(m map[string]any) (out []string) {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		out = append(out, fmt.Sprintf("%s=%v", name, m[name]))
	}
	return out
}

// keep remembers the pages as they are, to be started from later.
func (m *machine) keep(_ *rapid.T) {
	m.flush()
	m.kept = m.pages.clone()
}

// fail lets a flush fail at a random step: nothing may be lost by it.
func (m *machine) fail(_ *rapid.T) {
	m.pages.failAt = 1 + m.draw(40, "fail at")
	_, err := m.engine.Flush(m.pages.Begin)
	if (err != nil) == (m.pages.failAt > 0) {
		m.rt.Fatalf("the flush failed with %v, %d steps before it should", err, m.pages.failAt)
	}
	m.pages.failAt = 0
}

// reload restarts from the pages, or from those kept earlier, and replays the log: the digest must be the same.
func (m *machine) reload(_ *rapid.T) {
	want, clock := m.root().Digest(), m.root().Time()
	if m.draw(2, "from") == 0 && m.kept != nil {
		m.pages, m.kept = m.kept, nil
	}
	m.restart()
	if got := m.root().Digest(); got != want {
		m.rt.Fatalf("digest %s after a restart, %s before", got, want)
	}
	m.equal("clock", m.root().Time(), clock)
}

func (p *memoryPages) clone() *memoryPages {
	return &memoryPages{t: p.t, pages: maps.Clone(p.pages), once: maps.Clone(p.once), index: p.index, meta: p.meta, done: p.done}
}

// replay applies the whole log to an empty engine, in other batches.
func (m *machine) replay() {
	e, err := Open(newMemoryPages(m.t), slog.New(slog.DiscardHandler))
	if err != nil {
		m.rt.Fatal(err)
	}
	for rest := m.log; len(rest) > 0; {
		n := 1 + m.draw(len(rest), "batch")
		e.Apply(rest[:n])
		rest = rest[n:]
	}
	t, _ := e.Tenant(tenantID)
	if got, want := t.Root().Digest(), m.root().Digest(); got != want {
		m.rt.Fatalf("digest %s in other batches, %s before", got, want)
	}
}

func TestMachine(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newMachine(rt)
		rt.Repeat(map[string]func(*rapid.T){
			"apply": m.apply, "apply more": m.apply, "apply still more": m.apply, "check": m.check,
			"keep": m.keep, "fail": m.fail, "reload": m.reload,
		})
		m.check(rt)
		m.replay()
	})
}
