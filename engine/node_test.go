package engine

import (
	"crypto/sha256"
	"fmt"
	"log/slog"
	"reflect"

	"pgregory.net/rapid"

	"rollcall/engine/command"
	"rollcall/query"
	"rollcall/query/plan"
)

const tenantID = "t001"

// node drives an engine in tests: every command is an entry of its own unless it is batched.
type node struct {
	t      rapid.TB
	pages  *memoryPages
	engine *Engine
	index  uint64
	clock  int64
	log    []Entry // everything applied
}

const start = 1_730_000_000_000 // ms

func newNode(t rapid.TB) *node {
	n := &node{t: t, pages: newMemoryPages(t), clock: start}
	n.open()
	if r := n.do(&command.CreateTenant{ID: tenantID, Name: "tenant", Timezone: "Asia/Shanghai", Keys: []byte("wrapped")}); r.Code != "" {
		t.Fatal(r.Code)
	}
	return n
}

func (n *node) open() {
	n.t.Helper()
	e, err := Open(n.pages, slog.New(slog.DiscardHandler))
	if err != nil {
		n.t.Fatal(err)
	}
	n.engine = e
}

func (n *node) flush() {
	n.t.Helper()
	if _, err := n.engine.Flush(n.pages.Begin); err != nil {
		n.t.Fatal(err)
	}
}

// restart opens the pages anew and replays the log above them.
func (n *node) restart() {
	n.t.Helper()
	n.open()
	n.engine.Apply(n.log)
}

func (n *node) entry(bodies ...command.Body) Entry {
	n.index++
	e := Entry{Index: n.index, Term: 1}
	for _, b := range bodies {
		n.clock += 1000
		e.Commands = append(e.Commands, command.Encode(command.Envelope{Time: n.clock, Tenant: tenantID}, b))
	}
	n.log = append(n.log, e)
	return e
}

func (n *node) do(body command.Body) *command.Result {
	n.t.Helper()
	out := n.engine.Apply([]Entry{n.entry(body)})
	return out[0][0].(*command.Result)
}

func (n *node) must(body command.Body) *command.Result {
	n.t.Helper()
	r := n.do(body)
	if r.Code != "" {
		n.t.Fatalf("%T: %s: %s", body, r.Code, r.Detail)
	}
	return r
}

func (n *node) record(r command.Record) command.RecordResult {
	n.t.Helper()
	return n.must(&command.PutRecords{Records: []command.Record{r}}).Records[0]
}

func (n *node) event(e command.Event) command.EventResult {
	n.t.Helper()
	return n.must(&command.PutEvents{Events: []command.Event{e}}).Events[0]
}

func (n *node) tenant() *Tenant {
	n.t.Helper()
	t, ok := n.engine.Tenant(tenantID)
	if !ok {
		n.t.Fatal("no tenant")
	}
	return t
}

func (n *node) root() *Root { return n.tenant().Root() }

func (n *node) ord(id command.ID) uint32 {
	n.t.Helper()
	ord, ok := n.root().Contact(id)
	if !ok {
		n.t.Fatal("nobody has this id")
	}
	return ord
}

func (n *node) profile(id command.ID) Profile { n.t.Helper(); return n.root().Profile(n.ord(id)) }

// attributes is a profile's attributes by name, without those that the engine keeps.
func attributesOf(p Profile) map[string]any {
	out := map[string]any{}
	for _, v := range p.Attributes {
		switch v.Name {
		case "created_at", "updated_at", sourceCount:
			continue
		}
		out[v.Name] = plain(v)
	}
	return out
}

func plain(v command.Value) any {
	switch v.Kind {
	case command.Text, command.Token:
		return v.Text
	case command.Float:
		return v.Float
	case command.Bool:
		return v.Int != 0
	}
	return v.Int
}

func (n *node) count(where string) uint64 {
	n.t.Helper()
	return count(n.t, n.root().Contacts(), where, n.clock)
}

func count(t rapid.TB, p plan.Population, where string, now int64) uint64 {
	t.Helper()
	e, err := query.Parse(where)
	if err != nil {
		t.Fatal(err)
	}
	pl, err := plan.Compile(e, p)
	if err != nil {
		t.Fatal(err)
	}
	c, err := pl.Count(p, plan.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// hash makes a key of a kind and a number.
func hash(kind string, n int) command.Key {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", kind, n))
	return command.Key(sum[:16])
}

func recordKey(class string, n int) command.Key { return hash(class+" record", n) }

func oneID(n int) command.ID     { return command.ID(hash("contact", n)) }
func accountID(n int) command.ID { return command.ID(hash("account", n)) }

func identifier(typ string, n int) command.Identifier {
	key := hash(typ, n)
	return command.Identifier{Type: typ, Key: key, Sealed: []byte{key[0], byte(n)}}
}

func text(name, s string) command.Value {
	return command.Value{Name: name, Kind: command.Text, Text: s}
}
func token(name, s string) command.Value {
	return command.Value{Name: name, Kind: command.Token, Text: s}
}
func whole(name string, i int64) command.Value {
	return command.Value{Name: name, Kind: command.Int, Int: i}
}
func fraction(name string, f float64) command.Value {
	return command.Value{Name: name, Kind: command.Float, Float: f}
}

// contact is a record of kind contact; n numbers the record and the id it would get.
func contact(source string, n int, at int64, ids []command.Identifier, values ...command.Value) command.Record {
	return command.Record{
		NewID: oneID(n), Key: recordKey("contact", n), Source: source, SourceID: []byte{byte(n)}, Kind: command.KindContact, UpdatedAt: at, Identifiers: ids, Attributes: values,
	}
}

func ids(list ...command.Identifier) []command.Identifier { return list }

func eventOf(typ string, n int, at int64, ids []command.Identifier, props ...command.Value) command.Event {
	e := command.Event{
		NewID: oneID(100_000 + n), Key: hash("event", n), EventID: "e" + string(rune('0'+n%10)), Source: "CALLCENTER", Type: typ, OccurredAt: at,
		Identifiers: ids, Props: props, Sealed: []byte{1, byte(n)},
	}
	sum := sha256.New()
	for _, id := range ids {
		sum.Write(id.Key[:])
	}
	copy(e.RecordKey[:], sum.Sum(nil))
	return e
}

func same(t rapid.TB, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}
