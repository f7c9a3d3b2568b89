package query

import (
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// The generators draw every tree that a parser could return, and no other.

var genAnyName = rapid.OneOf(
	rapid.SampledFrom([]string{"a", "高意向", "30天未联系", "_", "and", "Count", "ＡＮＤ", "7d", "1e5", "007", "a`b", "a.b", "*", "a*b", "'", "é", "٣", "😀"}),
	rapid.StringOf(rapid.RuneFrom([]rune("ab_`'.*9 高，（"))),
	rapid.String(),
).Filter(func(s string) bool { fault, _ := nameFault(s); return fault == "" })

var genName = rapid.Custom(func(t *rapid.T) Name {
	return Name{
		Account: rapid.Bool().Draw(t, "account"),
		Text:    genAnyName.Filter(func(s string) bool { return CheckName(s) == nil }).Draw(t, "name"),
	}
})

var genProp = rapid.Custom(func(t *rapid.T) Name {
	return Name{Text: rapid.OneOf(genAnyName, rapid.Just("account.x"), rapid.Just("Account.")).Draw(t, "prop")}
})

var genTextValue = rapid.OneOf(
	rapid.SampledFrom([]string{"", "'", "''", "’", "‘a’", "北京", "a\nb", "😀", `\`, "<&>", "\u2028", "`"}),
	rapid.String(),
).Filter(func(s string) bool { fault, _ := textFault(s); return fault == "" })

var genNumber = rapid.Custom(func(t *rapid.T) Literal {
	text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,18})?`).Draw(t, "number")
	return Literal{Kind: Number, Text: text}
})

var genLiteral = rapid.Custom(func(t *rapid.T) Literal {
	switch rapid.IntRange(0, 3).Draw(t, "kind") {
	case 0:
		return Literal{Kind: Bool, Text: strconv.FormatBool(rapid.Bool().Draw(t, "bool"))}
	case 1:
		return genNumber.Draw(t, "literal")
	}
	return Literal{Text: genTextValue.Draw(t, "text")}
})

var genOp = rapid.Custom(func(t *rapid.T) Op { return Op(rapid.IntRange(int(Equal), int(GreaterEqual)).Draw(t, "op")) })

var genID = genTextValue.Filter(func(s string) bool { return idFault(s) == "" })

var genType = rapid.Custom(func(t *rapid.T) string {
	if rapid.Bool().Draw(t, "common") {
		return rapid.SampledFrom([]string{"*", "call.*", "page.view", "segment.in", "last", "call.400.x", "x y.z", "account"}).Draw(t, "type")
	}
	segments := rapid.SliceOfN(genAnyName, 1, 3).Draw(t, "segments")
	return strings.Join(segments, ".")
}).Filter(func(s string) bool { return typeFault(s) == "" })

var genWindow = rapid.Custom(func(t *rapid.T) Window {
	w := Window{Kind: WindowKind(rapid.IntRange(int(Ever), int(Range)).Draw(t, "window"))}
	switch w.Kind {
	case Rolling:
		unit := rapid.SampledFrom([]int64{60, 3600, 86400}).Draw(t, "unit")
		w.Seconds = unit * rapid.Int64Range(1, MaxDays*86400/unit).Draw(t, "seconds")
	case CalendarDays:
		w.N = rapid.IntRange(1, MaxDays).Draw(t, "days")
	case LastN:
		w.N = rapid.IntRange(1, MaxLast).Draw(t, "last")
	case Range:
		w.From = rapid.SampledFrom([]string{"2024-02-29", "2024-10-01", "2024-10-01T00:00:00+08:00"}).Draw(t, "from")
		w.To = rapid.SampledFrom([]string{"2024-10-01", "2024-10-31", "2024-10-01T00:00:00.5Z"}).Draw(t, "to")
	}
	return w
})

// genTest draws a condition on one name.
func genTest(name *rapid.Generator[Name]) *rapid.Generator[Expr] {
	return rapid.Custom(func(t *rapid.T) Expr {
		n := name.Draw(t, "name")
		switch rapid.IntRange(0, 5).Draw(t, "test") {
		case 0:
			return &Compare{Name: n, Op: genOp.Draw(t, "op"), Value: genLiteral.Draw(t, "value")}
		case 1:
			return &Between{Name: n, Low: genLiteral.Draw(t, "low"), High: genLiteral.Draw(t, "high")}
		case 2:
			return &In{Name: n, Values: rapid.SliceOfN(genLiteral, 1, 4).Draw(t, "values")}
		case 3:
			pattern := genTextValue.Filter(func(s string) bool { return patternFault(s) == "" })
			return &Like{Name: n, Pattern: pattern.Draw(t, "pattern")}
		case 4:
			return &IsNull{Name: n, Not: rapid.Bool().Draw(t, "not")}
		}
		return &Has{Name: n}
	})
}

// genTree joins and negates leaves, without an And below an And or an Or below an Or.
func genTree(leaf *rapid.Generator[Expr], depth int) *rapid.Generator[Expr] {
	return rapid.Custom(func(t *rapid.T) Expr {
		if depth == 0 {
			return leaf.Draw(t, "leaf")
		}
		below := genTree(leaf, depth-1)
		switch rapid.IntRange(0, 4).Draw(t, "node") {
		case 0:
			var terms []Expr
			for _, term := range rapid.SliceOfN(below, 2, 3).Draw(t, "and") {
				terms = appendTerms(terms, andPower, term)
			}
			return &And{Terms: terms}
		case 1:
			var terms []Expr
			for _, term := range rapid.SliceOfN(below, 2, 3).Draw(t, "or") {
				terms = appendTerms(terms, orPower, term)
			}
			return &Or{Terms: terms}
		case 2:
			return &Not{X: below.Draw(t, "not")}
		}
		return leaf.Draw(t, "leaf")
	})
}

func genEvents(where bool) *rapid.Generator[Events] {
	return rapid.Custom(func(t *rapid.T) Events {
		ev := Events{Type: genType.Draw(t, "type"), Window: genWindow.Draw(t, "window")}
		if where || rapid.Bool().Draw(t, "where") {
			ev.Where = genTree(genTest(genProp), 2).Draw(t, "where")
		}
		return ev
	})
}

var genPredicate = rapid.Custom(func(t *rapid.T) Expr {
	switch rapid.IntRange(0, 6).Draw(t, "predicate") {
	case 0:
		return &Did{Events: genEvents(false).Draw(t, "did")}
	case 1, 2:
		a := &Aggregate{Func: Func(rapid.IntRange(int(Count), int(DistinctDays)).Draw(t, "func")), Value: genNumber.Draw(t, "value")}
		a.Events = genEvents(a.Func == Rate).Draw(t, "events")
		if a.Func.takesProp() {
			a.Prop = genProp.Draw(t, "prop").Text
		}
		if rapid.Bool().Draw(t, "between") {
			high := genNumber.Draw(t, "high")
			a.High = &high
		} else {
			a.Op = genOp.Draw(t, "op")
		}
		return a
	case 3:
		if rapid.Bool().Draw(t, "ids") {
			return &IDs{Values: rapid.SliceOfN(genID, 1, 3).Draw(t, "ids")}
		}
		return &Segment{ID: genID.Draw(t, "segment")}
	}
	return genTest(genName).Draw(t, "test")
})

var genExpr = genTree(genPredicate, 3)
