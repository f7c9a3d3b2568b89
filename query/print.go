package query

import "strings"

// Print writes the text form of a tree. A tree has one spelling: words that join or test in upper case, the others in
// lower case, and no more parentheses than the tree needs, except that what NOT negates stands in them when it is more
// than a name or a call. Parse reads it back as the same tree.
func Print(e Expr) string {
	var b strings.Builder
	printExpr(&b, e)
	return b.String()
}

func printExpr(b *strings.Builder, e Expr) {
	switch e := e.(type) {
	case *And:
		printTerms(b, e.Terms, " AND ", andPower)
	case *Or:
		printTerms(b, e.Terms, " OR ", orPower)
	case *Not:
		b.WriteString("NOT ")
		printOperand(b, e.X, standsAlone(e.X))
	case *Has:
		b.WriteString(e.Name.print())
	case *Compare:
		b.WriteString(e.Name.print() + " " + e.Op.String() + " " + e.Value.print())
	case *Between:
		b.WriteString(e.Name.print() + " BETWEEN " + e.Low.print() + " AND " + e.High.print())
	case *In:
		b.WriteString(e.Name.print() + " IN (")
		for i, v := range e.Values {
			separate(b, i, ", ")
			b.WriteString(v.print())
		}
		b.WriteString(")")
	case *Like:
		b.WriteString(e.Name.print() + " LIKE " + quoteText(e.Pattern))
	case *IsNull:
		b.WriteString(e.Name.print() + " IS ")
		if e.Not {
			b.WriteString("NOT ")
		}
		b.WriteString("NULL")
	case *Segment:
		b.WriteString("segment(" + quoteText(e.ID) + ")")
	case *IDs:
		b.WriteString("id IN (")
		for i, v := range e.Values {
			separate(b, i, ", ")
			b.WriteString(quoteText(v))
		}
		b.WriteString(")")
	case *Did:
		b.WriteString("did(")
		printEvents(b, e.Events, "")
	case *Aggregate:
		b.WriteString(e.Func.String() + "(")
		printEvents(b, e.Events, e.Prop)
		if e.High != nil {
			b.WriteString(" BETWEEN " + e.Value.print() + " AND " + e.High.print())
			return
		}
		b.WriteString(" " + e.Op.String() + " " + e.Value.print())
	}
}

// printTerms writes terms joined by a word of this power, those that bind less tightly in parentheses.
func printTerms(b *strings.Builder, terms []Expr, word string, power int) {
	for i, t := range terms {
		separate(b, i, word)
		_, isOr := t.(*Or)
		printOperand(b, t, !isOr || power < andPower)
	}
}

func printOperand(b *strings.Builder, e Expr, alone bool) {
	if alone {
		printExpr(b, e)
		return
	}
	b.WriteString("(")
	printExpr(b, e)
	b.WriteString(")")
}

// standsAlone tells whether the operand of NOT is clear without parentheses.
func standsAlone(e Expr) bool {
	switch e.(type) {
	case *Has, *Not, *Did, *Segment:
		return true
	}
	return false
}

func printEvents(b *strings.Builder, ev Events, prop string) {
	b.WriteString(quoteType(ev.Type))
	if prop != "" {
		b.WriteString("." + quoteName(prop))
	}
	if ev.Where != nil {
		b.WriteString(" where ")
		printExpr(b, ev.Where)
	}
	if ev.Window.Kind != Ever {
		b.WriteString(", " + ev.Window.print())
	}
	b.WriteString(")")
}

func separate(b *strings.Builder, i int, by string) {
	if i > 0 {
		b.WriteString(by)
	}
}

func (n Name) print() string {
	if n.Account {
		return "account." + quoteName(n.Text)
	}
	return quoteName(n.Text)
}

func (l Literal) print() string {
	if l.Kind == Text {
		return quoteText(l.Text)
	}
	return l.Text
}
