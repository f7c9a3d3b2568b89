package engine

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rollcall/engine/command"
)

// person puts a person that tells generations of a tenant apart.
func (n *node) person(number int) command.RecordResult {
	n.t.Helper()
	r := contact("CRM", number, start, ids(identifier("mobile", number)), text("city", fmt.Sprint("city ", number)))
	return n.record(r)
}

func TestDeleteTenant(t *testing.T) {
	n := newNode(t)
	n.must(&command.PutKey{ID: "k", Role: "admin", Hash: []byte{1}})
	n.person(1)
	n.event(eventOf("page.view", 1, start, ids(identifier("mobile", 1))))
	other := func(body command.Body) *command.Result {
		n.index++
		e := Entry{Index: n.index, Term: 1, Commands: [][]byte{command.Encode(command.Envelope{Time: n.clock, Tenant: "t0012"}, body)}}
		n.log = append(n.log, e)
		return n.engine.Apply([]Entry{e})[0][0].(*command.Result)
	}
	other(&command.CreateTenant{ID: "t0012", Timezone: "UTC"})
	n.flush()
	old, digest := n.tenant(), func() string { tn, _ := n.engine.Tenant("t0012"); return tn.Root().Digest() }
	apart := digest()

	same(t, "another tenant's name", n.do(&command.DeleteTenant{ID: "t0012"}).Code, "unknown_tenant")
	same(t, "deleting", n.must(&command.DeleteTenant{ID: tenantID}).Code, "")
	same(t, "deleting again", n.do(&command.DeleteTenant{ID: tenantID}).Code, "unknown_tenant")
	same(t, "writing", n.do(&command.PutKey{ID: "k"}).Code, "unknown_tenant")
	same(t, "tenants", n.engine.Tenants(), []string{"t0012"})
	if _, ok := n.engine.Tenant(tenantID); ok {
		t.Error("the tenant is still found")
	}
	same(t, "what a reader holds", old.Root().Stats().Contacts, uint64(1))

	n.restart() // from the pages of before
	same(t, "tenants after a restart", n.engine.Tenants(), []string{"t0012"})
	n.flush()
	for name := range n.pages.pages {
		if strings.HasPrefix(name, tenantPrefix+tenantID+"\x00") || name == definitionPrefix+tenantID {
			t.Errorf("page %q is left", name)
		}
	}
	n.restart()
	same(t, "tenants after a flush and a restart", n.engine.Tenants(), []string{"t0012"})
	same(t, "the other tenant", digest(), apart)

	n.must(&command.CreateTenant{ID: tenantID, Keys: []byte("other keys")})
	same(t, "people of the new tenant", n.root().Stats(), Stats{Bytes: n.root().Stats().Bytes})
	same(t, "its API keys", len(n.tenant().Keys()), 0)
	same(t, "its keys", string(n.tenant().WrappedKeys()), "other keys")
	same(t, "a person that was there before", n.person(1).Created, true)
}

// TestGenerations deletes and opens a tenant again and again, in one batch and in several, with flushes that fail and
// restarts between: what is loaded is what a replay of the whole log makes.
func TestGenerations(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := newNode(rt)
		people := 0
		there := true
		actions := map[string]func(){
			"apply": func() {
				var bodies []command.Body
				for range rapid.IntRange(1, 4).Draw(rt, "commands") {
					switch kind := rapid.IntRange(0, 3).Draw(rt, "kind"); {
					case !there:
						people, there = 0, true
						bodies = append(bodies, &command.CreateTenant{ID: tenantID, Keys: []byte{byte(n.index)}})
					case kind == 0:
						there = false
						bodies = append(bodies, &command.DeleteTenant{ID: tenantID})
					case kind == 1:
						number := rapid.IntRange(0, 1<<20).Draw(rt, "event")
						e := eventOf("page.view", number, start, ids(identifier("cookie_id", number)))
						bodies, people = append(bodies, &command.PutEvents{Events: []command.Event{e}}), people+1
					default:
						number := rapid.IntRange(1<<21, 1<<22).Draw(rt, "person")
						r := contact("CRM", number, start, ids(identifier("mobile", number)), text("city", "上海"))
						bodies, people = append(bodies, &command.PutRecords{Records: []command.Record{r}}), people+1
					}
				}
				n.engine.Apply([]Entry{n.entry(bodies...)})
			},
			"flush": func() { n.flush() },
			"fail": func() {
				n.pages.failAt = rapid.IntRange(1, 40).Draw(rt, "fail at")
				before := maps.Clone(n.pages.pages)
				if _, err := n.engine.Flush(n.pages.Begin); err != nil && !maps.EqualFunc(before, n.pages.pages, func(a, b []byte) bool { return string(a) == string(b) }) {
					rt.Fatal("a flush that failed changed pages")
				}
				n.pages.failAt = 0
			},
			"restart": func() {
				n.restart()
				tenant, ok := n.engine.Tenant(tenantID)
				if ok != there {
					rt.Fatalf("the tenant is there: %v, want %v", ok, there)
				}
				twin := &node{t: rt, pages: newMemoryPages(rt)}
				twin.open()
				twin.engine.Apply(n.log)
				replayed, _ := twin.engine.Tenant(tenantID)
				switch {
				case !ok:
				case tenant.Root().Digest() != replayed.Root().Digest():
					rt.Fatal("the digest differs from that of a replay")
				case string(tenant.WrappedKeys()) != string(replayed.WrappedKeys()):
					rt.Fatal("the keys are those of another generation")
				}
				if ok && people > 0 && tenant.Root().Stats().Contacts == 0 {
					rt.Fatal("people are lost")
				}
			},
		}
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			actions[rapid.SampledFrom([]string{"apply", "apply", "apply", "flush", "fail", "restart"}).Draw(rt, "action")]()
		}
		actions["restart"]()
	})
}
