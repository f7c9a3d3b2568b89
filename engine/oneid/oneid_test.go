package oneid

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rollcall/engine/command"
)

// people is a Directory of a few: who has "type number", and who is known.
type people struct {
	holders map[string]uint32
	known   []uint32
}

func (p people) Holder(k command.Key) (uint32, bool) {
	ord, ok := p.holders[string(slices.DeleteFunc(slices.Clone(k[:]), func(b byte) bool { return b == 0 }))]
	return ord, ok
}

func (p people) Known(ord uint32) bool { return slices.Contains(p.known, ord) }

func identifiers(names ...string) (out []command.Identifier) {
	for _, name := range names {
		id := command.Identifier{}
		if _, err := fmt.Sscanf(name, "%s", &id.Type); err != nil {
			panic(err)
		}
		copy(id.Key[:], name)
		out = append(out, id)
	}
	return out
}

func TestResolve(t *testing.T) {
	d := people{
		holders: map[string]uint32{"mobile 1": 7, "mobile 2": 3, "email 1": 7, "email 3": 9, "landline 1": 7, "cookie_id 1": 5, "device_id 1": 7},
		known:   []uint32{3, 7, 9},
	}
	for name, c := range map[string]struct {
		item       Item
		ords       []uint32
		by         string
		confidence float64
	}{
		"nobody":                             {Item{Identifiers: identifiers("mobile 9")}, nil, ByNew, 1},
		"nothing":                            {Item{}, nil, ByNew, 1},
		"a hit":                              {Item{Identifiers: identifiers("mobile 1")}, []uint32{7}, "mobile", 1},
		"two of one":                         {Item{Identifiers: identifiers("email 1", "mobile 1")}, []uint32{7}, "mobile", 1},
		"a hit and a new one":                {Item{Identifiers: identifiers("mobile 9", "email 1")}, []uint32{7}, "email", 0.9},
		"two people":                         {Item{Identifiers: identifiers("email 1", "mobile 2")}, []uint32{3, 7}, "mobile", 1},
		"two of one type":                    {Item{Identifiers: identifiers("mobile 1", "mobile 2")}, []uint32{3, 7}, "mobile", 1},
		"three people":                       {Item{Identifiers: identifiers("email 3", "email 1", "mobile 2")}, []uint32{3, 7, 9}, "mobile", 1},
		"the same record":                    {Item{Owner: 9, Seen: true}, []uint32{9}, ByRecord, 1},
		"the same record with a new mobile":  {Item{Identifiers: identifiers("mobile 9"), Owner: 9, Seen: true}, []uint32{9}, ByRecord, 1},
		"the same record with a known one":   {Item{Identifiers: identifiers("mobile 2"), Owner: 9, Seen: true}, []uint32{3, 9}, "mobile", 1},
		"weak, loose":                        {Item{Identifiers: identifiers("landline 1"), Loose: true}, []uint32{7}, "landline", 0.5},
		"weak, of a person of its own":       {Item{Identifiers: identifiers("landline 1")}, nil, ByNew, 1},
		"weak beside a strong hit":           {Item{Identifiers: identifiers("landline 1", "mobile 2"), Loose: true}, []uint32{3}, "mobile", 1},
		"weak beside a strong one unheard":   {Item{Identifiers: identifiers("landline 1", "mobile 9"), Loose: true}, nil, ByNew, 1},
		"weak of somebody not known":         {Item{Identifiers: identifiers("cookie_id 1", "mobile 9")}, []uint32{5}, "cookie_id", 0.3},
		"weak of the known, then of another": {Item{Identifiers: identifiers("device_id 1", "cookie_id 1")}, []uint32{5}, "cookie_id", 0.3},
		"two weak: the first by priority":    {Item{Identifiers: identifiers("cookie_id 1", "device_id 1"), Loose: true}, []uint32{7}, "device_id", 0.3},
		"weak beside the same record":        {Item{Identifiers: identifiers("landline 1"), Owner: 9, Seen: true, Loose: true}, []uint32{9}, ByRecord, 1},
		"a type that nobody knows":           {Item{Identifiers: identifiers("fax 1")}, nil, ByNew, 1},
	} {
		m := Resolve(c.item, d, nil)
		if !slices.Equal(m.Ords, c.ords) || m.By != c.by || m.Confidence != c.confidence {
			t.Errorf("%s: %+v, want %v by %s (%v)", name, m, c.ords, c.by, c.confidence)
		}
	}
}

// TestOrderDoesNotMatter: who it is does not depend on the order in which identifiers are listed.
func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		names := []string{"mobile 1", "mobile 2", "email 1", "email 2", "landline 1", "cookie_id 1", "device_id 1", "user_id 1"}
		d := people{holders: map[string]uint32{}}
		for _, name := range names {
			if rapid.Bool().Draw(rt, "held") {
				d.holders[name] = rapid.Uint32Range(0, 5).Draw(rt, "by")
			}
		}
		d.known = rapid.SliceOf(rapid.Uint32Range(0, 5)).Draw(rt, "known")
		listed := rapid.SliceOfDistinct(rapid.SampledFrom(names), rapid.ID[string]).Draw(rt, "listed")
		item := Item{Identifiers: identifiers(listed...), Loose: rapid.Bool().Draw(rt, "loose"), Seen: rapid.Bool().Draw(rt, "seen")}
		first := Resolve(item, d, nil)
		item.Identifiers = identifiers(rapid.Permutation(listed).Draw(rt, "shuffled")...)
		second := Resolve(item, d, []uint32{9, 9, 9})
		if !slices.Equal(first.Ords, second.Ords) || first.By != second.By {
			rt.Fatalf("%v gives %+v, shuffled %+v", listed, first, second)
		}
		if !slices.IsSorted(first.Ords) || len(slices.Compact(slices.Clone(first.Ords))) != len(first.Ords) {
			rt.Fatalf("%v is not ascending, each once", first.Ords)
		}
	})
}
