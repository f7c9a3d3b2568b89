package query

import "slices"

// Walk calls f for e and for everything below it, parents first, terms in their order, the Where of events included.
// Where f returns false, Walk does not go below that node. A nil e is not visited.
func Walk(e Expr, f func(Expr) bool) {
	if e == nil || !f(e) {
		return
	}
	switch e := e.(type) {
	case *And:
		for _, t := range e.Terms {
			Walk(t, f)
		}
	case *Or:
		for _, t := range e.Terms {
			Walk(t, f)
		}
	case *Not:
		Walk(e.X, f)
	case *Did:
		Walk(e.Events.Where, f)
	case *Aggregate:
		Walk(e.Events.Where, f)
	}
}

// Same tells whether two expressions are the same tree, positions aside. Numbers are the same when they are written
// with the same digits, and windows when they have the same bounds.
func Same(a, b Expr) bool {
	switch a := a.(type) {
	case nil:
		return b == nil
	case *And:
		b, ok := b.(*And)
		return ok && slices.EqualFunc(a.Terms, b.Terms, Same)
	case *Or:
		b, ok := b.(*Or)
		return ok && slices.EqualFunc(a.Terms, b.Terms, Same)
	case *Not:
		b, ok := b.(*Not)
		return ok && Same(a.X, b.X)
	case *Has:
		b, ok := b.(*Has)
		return ok && a.Name == b.Name
	case *Compare:
		b, ok := b.(*Compare)
		return ok && a.Name == b.Name && a.Op == b.Op && sameLiteral(a.Value, b.Value)
	case *Between:
		b, ok := b.(*Between)
		return ok && a.Name == b.Name && sameLiteral(a.Low, b.Low) && sameLiteral(a.High, b.High)
	case *In:
		b, ok := b.(*In)
		return ok && a.Name == b.Name && slices.EqualFunc(a.Values, b.Values, sameLiteral)
	case *Like:
		b, ok := b.(*Like)
		return ok && a.Name == b.Name && a.Pattern == b.Pattern
	case *IsNull:
		b, ok := b.(*IsNull)
		return ok && a.Name == b.Name && a.Not == b.Not
	case *Segment:
		b, ok := b.(*Segment)
		return ok && a.ID == b.ID
	case *IDs:
		b, ok := b.(*IDs)
		return ok && slices.Equal(a.Values, b.Values)
	case *Did:
		b, ok := b.(*Did)
		return ok && sameEvents(a.Events, b.Events)
	case *Aggregate:
		b, ok := b.(*Aggregate)
		return ok && sameAggregate(a, b)
	}
	return false
}

func sameAggregate(a, b *Aggregate) bool {
	if a.Func != b.Func || a.Prop != b.Prop || !sameEvents(a.Events, b.Events) || !sameLiteral(a.Value, b.Value) {
		return false
	}
	if a.High == nil || b.High == nil {
		return a.High == nil && b.High == nil && a.Op == b.Op
	}
	return sameLiteral(*a.High, *b.High)
}

func sameEvents(a, b Events) bool {
	return a.Type == b.Type && Same(a.Where, b.Where) && sameWindow(a.Window, b.Window)
}

func sameWindow(a, b Window) bool {
	a.At, b.At = 0, 0
	return a == b
}

func sameLiteral(a, b Literal) bool {
	return a.Kind == b.Kind && a.Text == b.Text
}
