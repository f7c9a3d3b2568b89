package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rollcall/engine/command"
)

func (n *node) tags(id command.ID) []TagValue { n.t.Helper(); return n.profile(id).Tags }

// one makes two contacts one: a's record says that it has b's mobile too.
func (n *node) one(a, b int) {
	n.t.Helper()
	if got := n.record(contact("CRM", a, start, ids(identifier("mobile", a), identifier("mobile", b)))); got.Status != command.OK {
		n.t.Fatalf("%+v", got)
	}
}

func TestValueOfMergedContacts(t *testing.T) {
	n := newNode(t)
	n.must(&command.PutTag{Name: "step", Entity: "contact", Kind: "manual", Valued: true})
	for i := range 8 {
		n.record(contact("CRM", i, start, ids(identifier("mobile", i))))
	}
	assign := func(value string, who ...int) *command.TagMembers {
		m := &command.TagMembers{Name: "step", Value: value}
		for _, i := range who {
			m.Add = append(m.Add, oneID(i))
		}
		return m
	}
	n.must(assign("old", 0))
	n.must(assign("new", 1))
	n.one(0, 1)
	same(t, "the newer one of the younger contact", n.tags(oneID(0)), []TagValue{{"step", "new"}})
	n.must(assign("old", 3))
	n.must(assign("new", 2))
	n.one(2, 3)
	same(t, "the newer one of the older contact", n.tags(oneID(2)), []TagValue{{"step", "new"}})
	// A value that is assigned again was assigned when it was assigned first.
	n.must(assign("first", 4))
	n.must(assign("second", 5))
	same(t, "assigned again", n.must(assign("first", 4)).Changed, uint32(0))
	changed := n.root().Tags()[0].ChangedAt
	n.flush()
	n.restart()
	n.one(4, 5)
	same(t, "the newer one after a restart", n.tags(oneID(5)), []TagValue{{"step", "second"}})
	same(t, "a merge changes no tag", n.root().Tags()[0].ChangedAt, changed)
	// At the same time the greater text counts.
	n.clock -= 1000
	n.must(assign("b", 6))
	n.clock -= 1000
	n.must(assign("a", 7))
	n.one(6, 7)
	same(t, "a tie", n.tags(oneID(6)), []TagValue{{"step", "b"}})
	n.must(&command.TagMembers{Name: "step", Remove: []command.ID{oneID(7)}})
	n.must(assign("c", 7))
	same(t, "removed and assigned", n.tags(oneID(6)), []TagValue{{"step", "c"}})
	digest := n.root().Digest()
	n.flush()
	n.restart()
	same(t, "digest", n.root().Digest(), digest)
	n.must(&command.DeleteTag{Name: "step"})
	n.flush()
	for name := range n.pages.pages {
		page, ok := strings.CutPrefix(name, string(n.tenant().prefix()))
		if ok && page[0] == pageColumn && slices.Contains([]byte{spaceTag, spaceSince}, page[4]) {
			t.Errorf("page %q of a deleted tag", name)
		}
	}
}

// TestOrderOfMerges merges contacts pair by pair in two orders: tags and digests are equal.
func TestOrderOfMerges(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(n int, what string) int { return rapid.IntRange(0, n-1).Draw(rt, what) }
		const people = 6
		var before []command.Body
		for _, valued := range []bool{false, true} {
			before = append(before, &command.PutTag{Name: fmt.Sprint("tag_", valued), Entity: "contact", Kind: "manual", Valued: valued})
		}
		for i := range people {
			r := contact("CRM", i, start, ids(identifier("mobile", i)), whole("seats", int64(i)))
			before = append(before, &command.PutRecords{Records: []command.Record{r}}, &command.PutEvents{Events: []command.Event{eventOf("page.view", i, start, r.Identifiers, text("channel", "seo"))}})
		}
		for range draw(10, "assignments") {
			m := &command.TagMembers{Name: "tag_false", Add: []command.ID{oneID(draw(people, "who"))}}
			if draw(4, "valued") > 0 {
				m.Name, m.Value = "tag_true", string(rune('a'+draw(3, "value")))
			}
			before = append(before, m)
		}
		before = append(before, &command.PutSegment{ID: "s", Where: "tag_false", Mode: "static"})
		var merges [][2]int
		for range 1 + draw(5, "merges") {
			merges = append(merges, [2]int{draw(people, "a"), draw(people, "b")})
		}
		tied := draw(2, "at one time") == 0
		play := func(merges [][2]int, flush bool) (*node, [][]TagValue) {
			n := newNode(rt)
			for _, body := range before {
				if _, assigns := body.(*command.TagMembers); assigns && tied {
					n.clock = start + 100_000
				}
				n.must(body)
			}
			for _, m := range merges {
				if flush {
					n.flush()
					n.restart()
				}
				n.one(m[0], m[1])
			}
			var tags [][]TagValue
			for i := range people {
				tags = append(tags, n.tags(oneID(i)))
			}
			return n, tags
		}
		a, want := play(merges, false)
		b, got := play(rapid.Permutation(merges).Draw(rt, "order"), true)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			rt.Fatalf("tags %v in another order, %v before", got, want)
		}
		if a.root().Digest() != b.root().Digest() {
			rt.Fatalf("digest %s in another order, %s before", b.root().Digest(), a.root().Digest())
		}
	})
}

func TestAddAndRemove(t *testing.T) {
	n := newNode(t)
	n.must(&command.PutTag{Name: "vip", Entity: "contact", Kind: "manual"})
	for i := range 3 {
		n.record(contact("CRM", i, start, ids(identifier("mobile", i))))
	}
	a, b, c := oneID(0), oneID(1), oneID(2)
	r := n.do(&command.TagMembers{Name: "vip", Add: []command.ID{c, a}, Remove: []command.ID{b, a}})
	same(t, "an id in both", []any{r.Code, r.Changed, n.root().Tags()[0].Count}, []any{"invalid_value", uint32(0), uint64(0)})
	same(t, "apart", n.must(&command.TagMembers{Name: "vip", Add: []command.ID{a, c, a}, Remove: []command.ID{b}}).Changed, uint32(2))
	n.one(0, 1)
	same(t, "ids of one person", n.must(&command.TagMembers{Name: "vip", Add: []command.ID{a}, Remove: []command.ID{b}}).Changed, uint32(1))
	same(t, "what is left", n.root().Tags()[0].Count, uint64(1))
}
