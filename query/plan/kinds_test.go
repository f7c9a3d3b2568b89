package plan

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"rollcall/index"
	"rollcall/query"
)

// shapes are ways to fill a chunk: at least one for every kind of container.
var shapes = []func(rnd *rand.Rand, slot int) bool{
	func(*rand.Rand, int) bool { return true },                                // full
	func(*rand.Rand, int) bool { return false },                               // empty
	func(rnd *rand.Rand, _ int) bool { return rnd.IntN(1000) == 0 },           // a list
	func(rnd *rand.Rand, _ int) bool { return rnd.IntN(200) == 0 },            // a longer list
	func(_ *rand.Rand, slot int) bool { return slot%9000 < 4000 },             // runs
	func(_ *rand.Rand, slot int) bool { return slot >= 100 && slot < 65_000 }, // one run
	func(rnd *rand.Rand, _ int) bool { return rnd.IntN(3) == 0 },              // words
	func(rnd *rand.Rand, _ int) bool { return rnd.IntN(20) > 0 },              // words, mostly set
	func(_ *rand.Rand, slot int) bool { return slot%2 == 0 },                  // words, its complement below
	func(_ *rand.Rand, slot int) bool { return slot%2 == 1 },                  // words
}

// TestContainerKinds evaluates random expressions over tags whose chunks are full, empty, lists, runs and words, and
// compares every slot with plain booleans.
func TestContainerKinds(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, rand.Uint64()))
	const chunks, tags = 3, 8
	w := newWorld("UTC")
	p := &memory{w: w, group: &w.contacts, length: chunks*index.ChunkSize - 5, tags: map[string]Tag{}}
	plain := map[string][]bool{}
	makeSet := func(name string, pick func() int) *index.Set {
		edit := new(index.Set).Edit()
		bits := make([]bool, chunks*index.ChunkSize)
		for chunk := range chunks {
			shape := shapes[pick()]
			var m index.Mask
			for slot := range index.ChunkSize {
				at := chunk*index.ChunkSize + slot
				if at < int(p.length) && shape(rnd, slot) {
					m.Set(uint16(slot))
					bits[at] = true
				}
			}
			edit.Load(chunk, index.ContainerOf(&m))
		}
		plain[name] = bits
		return edit.Publish()
	}
	rounds := 6
	if testing.Short() {
		rounds = 3
	}
	for round := range rounds {
		p.live = makeSet("live", func() int { return []int{0, 0, 5, 7, 6, 1}[(round+rnd.IntN(2))%6] })
		for i := range tags {
			name := fmt.Sprintf("t%d", i)
			p.tags[name] = Tag{Set: makeSet(name, func() int { return rnd.IntN(len(shapes)) })}
		}
		g := generator{w, rnd}
		for range 25 {
			e := tagExpr(g, tags, 4)
			want := 0
			pl := must(Compile(e, p))
			set := must(pl.Set(p, Options{}))
			for at, live := range plain["live"] {
				holds := live && boolean(e, plain, at)
				if holds {
					want++
				}
				if set.Contains(uint32(at)) != holds {
					t.Fatalf("%s: ordinal %d is %v, want %v", query.Print(e), at, !holds, holds)
				}
			}
			for _, workers := range []int{1, 3} {
				if n := must(pl.Count(p, Options{Workers: workers})); n != uint64(want) {
					t.Fatalf("%s: count %d, want %d", query.Print(e), n, want)
				}
			}
		}
	}
}

func tagExpr(g generator, tags, depth int) query.Expr {
	if depth == 0 || g.rnd.IntN(5) == 0 {
		return &query.Has{Name: query.Name{Text: fmt.Sprintf("t%d", g.rnd.IntN(tags))}}
	}
	var terms []query.Expr
	for range 2 + g.rnd.IntN(g.rnd.IntN(12)+1) {
		terms = append(terms, tagExpr(g, tags, depth-1-g.rnd.IntN(depth)))
	}
	switch g.rnd.IntN(3) {
	case 0:
		return &query.And{Terms: terms}
	case 1:
		return &query.Or{Terms: terms}
	}
	return &query.Not{X: tagExpr(g, tags, depth-1)}
}

func boolean(e query.Expr, plain map[string][]bool, at int) bool {
	switch e := e.(type) {
	case *query.And:
		for _, x := range e.Terms {
			if !boolean(x, plain, at) {
				return false
			}
		}
		return true
	case *query.Or:
		for _, x := range e.Terms {
			if boolean(x, plain, at) {
				return true
			}
		}
		return false
	case *query.Not:
		return !boolean(e.X, plain, at)
	}
	return plain[e.(*query.Has).Name.Text][at]
}
