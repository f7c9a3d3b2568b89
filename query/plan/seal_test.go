package plan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"rollcall/query"
)

// keeping is a population with one more segment, kept.
type keeping struct {
	*memory
	kept query.Expr
}

func (k keeping) Segment(id string) (Segment, bool) {
	if id == "kept" {
		return Segment{Where: k.kept}, true
	}
	return k.memory.Segment(id)
}

// TestSealedDefinitions keeps random expressions sealed: they mean what the plain ones mean, in every kind of plan, and
// read as those again.
func TestSealedDefinitions(t *testing.T) {
	for i := range uint64(4) {
		rnd := rand.New(rand.NewPCG(i, 7))
		w := randomWorld(rnd, false)
		p := w.build(rnd)
		g := generator{w, rnd}
		o := Options{Now: w.now, Cipher: reversing{}}
		for range 60 {
			e := g.expr(&w.contacts, 3)
			kept, err := query.Parse(query.Print(Seal(e, p, reversing{})))
			if err != nil {
				t.Fatal(err)
			}
			if !query.Same(Reveal(kept, reversing{}), e) {
				t.Fatalf("%s\nis kept as %s\nand reads as %s", query.Print(e), query.Print(kept), query.Print(Reveal(kept, reversing{})))
			}
			k := keeping{p, kept}
			pl := must(Compile(&query.Segment{ID: "kept"}, k))
			want := brute{w, w.now}.select_(e, &w.contacts)
			if got := p.idsOf(must(pl.Set(k, o))); !slices.Equal(got, want) {
				t.Fatalf("%s\nkept as %s\ngot %v, want %v", query.Print(e), query.Print(kept), got, want)
			}
			c := p.group.all[rnd.IntN(len(p.group.all))]
			if got := must(must(Compile(&query.Segment{ID: "kept"}, k)).Contains(k, o, c.ord)); got != slices.Contains(want, c.id) {
				t.Fatalf("%s\ncontains %s: %v", query.Print(e), c.id, got)
			}
		}
	}
}

// TestSealTakesAllPersonalTexts seals one expression of every form.
func TestSealTakesAllPersonalTexts(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 7))
	w := randomWorld(rnd, false)
	w.accounts.attrs["boss"] = Attribute{Kind: Text, Sealed: true}
	p := w.build(rnd)
	for _, form := range []string{
		"name = 'secret'", "name != 'secret'", "name < 'secret'", "name BETWEEN 'secret' AND 'secret'", "name IN ('secret', 'secret')",
		"name LIKE '%secret%'", "NOT (name = 'secret')", "A OR B AND name = 'secret'", "account.boss = 'secret'", "id IN ('secret')",
		"did(page.view where agent = 'secret')", "count(* where NOT (agent LIKE 'secret%')) > 1",
		"sum(*.talk where agent IN ('secret', 5), 7d) BETWEEN 1 AND 2", "city = 'token:v1:secret'",
	} {
		e, err := query.Parse(form)
		if err != nil {
			t.Fatal(err)
		}
		before := query.Print(e)
		kept := query.Print(Seal(e, p, reversing{}))
		if strings.Contains(kept, "secret") || !strings.Contains(kept, tokenPrefix) {
			t.Errorf("%s is kept as %s", form, kept)
		}
		if query.Print(e) != before {
			t.Errorf("%s was changed", form)
		}
	}
	for _, plain := range []string{"city = 'Peking'", "seen_at > '2024-01-01'", "id IN ('019271f0-1111-7abc-8def-0123456789ab')", "stage = 'won'", "age > 5"} {
		e, err := query.Parse(plain)
		if err != nil {
			t.Fatal(err)
		}
		if kept := query.Print(Seal(e, p, reversing{})); kept != plain {
			t.Errorf("%s is kept as %s", plain, kept)
		}
	}
}

// TestTokensAreReadInDefinitionsAlone asks for a token, and for texts that look like one: a caller never reaches the
// text behind a token, and a definition means what was sent.
func TestTokensAreReadInDefinitionsAlone(t *testing.T) {
	w := smallWorld()
	odd := tokenPrefix + "!"
	w.contacts.all[5].attrs["name"] = odd
	w.contacts.segments = map[string]segmentDef{}
	p := smallPopulation(w)
	o := Options{Now: w.now, Cipher: reversing{}}
	parse := func(text string) query.Expr {
		e, err := query.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	count := func(e, kept query.Expr) uint64 {
		k := keeping{p, kept}
		return must(must(Compile(e, k)).Count(k, o))
	}
	segment := &query.Segment{ID: "kept"}
	sealed := Seal(parse("name = 'name7'"), p, reversing{})
	if n := count(sealed, nil); n != 0 {
		t.Errorf("a caller's token matches %d", n)
	}
	if n := count(segment, sealed); n != 1 {
		t.Errorf("a kept token matches %d", n)
	}
	for _, text := range []string{odd, sealed.(*query.Compare).Value.Text} {
		e := parse(fmt.Sprintf("name = '%s'", text))
		want := count(e, nil)
		if n := count(segment, Seal(e, p, reversing{})); n != want {
			t.Errorf("%s kept sealed matches %d, want %d", text, n, want)
		}
	}
	if n := count(segment, parse("name = '"+odd+"'")); n != 1 {
		t.Errorf("an old definition that looks like a token matches %d", n)
	}
	if n := count(segment, parse("name IN ('name1', 'name2') AND A")); n != 2 {
		t.Errorf("an old definition matches %d", n)
	}

	for _, e := range []query.Expr{segment, &query.Not{X: segment}} {
		k := keeping{p, Seal(parse("A AND name LIKE 'name2%'"), p, reversing{})}
		root := must(must(Compile(e, k)).Explain(k, o))
		var b strings.Builder
		writeNode(&b, root, "")
		if !strings.Contains(b.String(), "name LIKE 'name2%'") || strings.Contains(b.String(), tokenPrefix) {
			t.Errorf("it is explained as\n%s", b.String())
		}
	}
}
