package plan

import (
	"rollcall/index"
	"rollcall/query"
)

// ofAccount plans a predicate about the contact's account: it is planned over the accounts, and the contact's chunk is
// joined to the answer through the account column. A contact without account satisfies none.
func (c *compiler) ofAccount(e query.Expr, name query.Name) (arm, error) {
	accounts, err := c.accounts(name, e.Pos())
	if err != nil {
		return arm{}, err
	}
	inner := *c
	inner.p, inner.prefix = accounts, "account."
	asked, err := inner.compile(withoutAccount(e))
	if err != nil {
		return arm{}, err
	}
	return arm{n: joinNode(asked), expr: e}, nil
}

// withoutAccount is e as it reads among the accounts.
func withoutAccount(e query.Expr) query.Expr {
	switch e := e.(type) {
	case *query.Has:
		own := *e
		own.Name.Account = false
		return &own
	case *query.Compare:
		own := *e
		own.Name.Account = false
		return &own
	case *query.Between:
		own := *e
		own.Name.Account = false
		return &own
	case *query.In:
		own := *e
		own.Name.Account = false
		return &own
	case *query.Like:
		own := *e
		own.Name.Account = false
		return &own
	case *query.IsNull:
		own := *e
		own.Name.Account = false
		return &own
	}
	return e
}

func joinNode(asked arm) *node {
	return &node{
		join: &asked,
		leaf: func(b *binding) (leaf, error) { return b.join(asked) },
	}
}

// gatherJoins makes one join of several: a contact has at most one account, so AND and OR may be answered among the
// accounts, which are few, before the contacts are joined. Complements go along as long as one operand demands an
// account: a contact without one satisfies none of the operands, and all of their complements.
func (n *node) gatherJoins() {
	var kept, plain, complements []arm
	for _, a := range n.arms {
		switch {
		case a.n.join == nil:
			kept = append(kept, a)
		case a.not:
			complements = append(complements, a)
		default:
			plain = append(plain, a)
		}
	}
	if len(plain)+len(complements) < 2 {
		return
	}
	asked := &node{or: n.or}
	joined := arm{expr: joinedExpr(n.or, plain, complements)}
	// x AND NOT y keeps its form when there is an x, and so does x OR y without complements. What is left is
	// complemented as a whole: NOT x AND NOT y = NOT (x OR y), x OR NOT y = NOT (y AND NOT x).
	if whole := n.or && len(complements) > 0 || !n.or && len(plain) == 0; whole {
		asked.or, joined.not = !n.or, true
		plain, complements = complements, plain
	}
	for _, a := range plain {
		asked.arms = append(asked.arms, *a.n.join)
	}
	for _, a := range complements {
		inner := *a.n.join
		asked.arms = append(asked.arms, arm{inner.n, !inner.not, &query.Not{X: inner.expr}})
	}
	joined.n = joinNode(arm{n: asked, expr: joinedExpr(asked.or, asked.arms, nil)})
	n.arms = append(kept, joined)
}

func joinedExpr(or bool, lists ...[]arm) query.Expr {
	var terms []query.Expr
	for _, list := range lists {
		for _, a := range list {
			terms = append(terms, a.expr)
		}
	}
	if or {
		return &query.Or{Terms: terms}
	}
	return &query.And{Terms: terms}
}

// joinLeaf holds for the contacts whose account is among the accounts that match.
type joinLeaf struct {
	column   *index.Column[uint32]
	accounts *evaluation // of what is asked, over the accounts
	ready    bool
	found    index.CodeSet // the account ordinals that match
}

// prepare evaluates what is asked over all accounts, once per evaluation.
func (l *joinLeaf) prepare() error {
	if l.ready {
		return nil
	}
	err := l.accounts.each(func(chunk int, m *index.Mask) {
		m.Each(func(slot uint16) bool {
			l.found.Add(uint32(chunk)<<16 | uint32(slot))
			return true
		})
	})
	l.ready = err == nil
	return err
}

func (l *joinLeaf) look(chunk int) look {
	c := l.column.Chunk(chunk)
	if _, _, any := c.Zone(); !any || l.found.Len() == 0 {
		return look{state: empty}
	}
	return look{state: partly}
}

func (l *joinLeaf) eval(_ *worker, chunk int, _, m *index.Mask) {
	index.MatchCodes(l.column.Chunk(chunk), &l.found, m)
}

func (l *joinLeaf) holds(w *worker, ord uint32) bool {
	account, ok := l.column.Get(ord)
	if !ok || l.ready {
		return ok && l.found.Contains(account)
	}
	return w.holds(l.accounts.root, account)
}
