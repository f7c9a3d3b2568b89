package engine

import (
	"fmt"
	"runtime"
	"testing"

	"rollcall/engine/command"
)

// TestNothingKeepsCommands defines everything that has a name by commands that lie among others in an entry: once they
// are flushed, nothing keeps the memory of the entry.
func TestNothingKeepsCommands(t *testing.T) {
	n := newNode(t)
	const each, size = 20, 1 << 20
	n.record(contact("CRM", 1, start, ids(identifier("mobile", 1))))
	before := heapBytes()
	for i := range each {
		name := func(kind string) string { return fmt.Sprint(kind, i) }
		r := contact("CRM", 1, start, nil, whole(name("attribute"), 1))
		e := eventOf(name("type"), i, start, ids(identifier("mobile", 1)), whole(name("prop"), 1))
		for _, bodies := range [][]command.Body{
			{&command.PutRecords{Records: []command.Record{r}}},
			{&command.PutEvents{Events: []command.Event{e}}},
			{&command.PutTag{Name: name("tag"), Entity: "contact", Kind: "manual", Valued: true}},
			{&command.TagMembers{Name: name("tag"), Value: name("value"), Add: []command.ID{oneID(1)}}},
			{&command.PutTag{Name: name("rule"), Entity: "account", Kind: "rule", Rule: "name = '公司'", Description: name("description")}},
			{&command.PutSegment{ID: name("segment"), Name: name("name"), Where: "city is not null", Mode: "realtime"}},
			{&command.PutKey{ID: name("key"), Role: "admin", Hash: []byte{1}}},
			{&command.CreateTenant{ID: name("tenant"), Name: name("name"), Timezone: "UTC", Keys: []byte("wrapped")}},
		} {
			// The commands of an entry lie in one piece of memory.
			entry := n.entry(bodies...)
			n.log = nil
			at := len(entry.Commands[0])
			piece := append(make([]byte, 0, at+size), entry.Commands[0]...)
			entry.Commands[0] = piece[:at:at]
			for _, r := range n.engine.Apply([]Entry{entry})[0] {
				if r := r.(*command.Result); r.Code != "" {
					t.Fatalf("%T: %s", bodies[0], r.Detail)
				}
			}
		}
	}
	n.flush()
	n.pages.pages = nil
	if got := heapBytes() - before; got > each*size/2 {
		t.Errorf("%d bytes are kept for %d of each, %d were in their commands", got, each, 8*each*size)
	}
	runtime.KeepAlive(n)
}

// TestEmptyTenantIsSmall is a platform of many small customers.
func TestEmptyTenantIsSmall(t *testing.T) {
	n := newNode(t)
	const tenants = 50
	before := heapBytes()
	for i := range tenants {
		n.must(&command.CreateTenant{ID: fmt.Sprint("small", i), Timezone: "UTC"})
	}
	if each := (heapBytes() - before) / tenants; each > 300<<10 {
		t.Errorf("%d bytes each", each)
	}
	runtime.KeepAlive(n)
}

func heapBytes() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
