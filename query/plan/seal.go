package plan

import (
	"encoding/base64"
	"strings"

	"rollcall/query"
)

// tokenPrefix begins a text that stands for a sealed one in an expression that is kept: base64url of its token
// follows. A plain text that happens to begin so is sealed as well, so nothing that is kept can be taken for another;
// and only definitions that are kept are read so, never what a caller asks.
const tokenPrefix = "token:v1:"

// Seal returns e as it may be kept: the texts that may be personal are sealed by c. These are texts that stand against
// sealed attributes and properties of p and of its accounts, patterns among them, and ids that are not OneIDs. The
// planner opens them again where the definition is used. e is not changed.
func Seal(e query.Expr, p Population, c Cipher) query.Expr {
	seal := func(text string) string {
		return tokenPrefix + base64.RawURLEncoding.EncodeToString([]byte(c.Token(text)))
	}
	r := rewriter{
		text: func(name query.Name, where bool, text string) string {
			if personal(p, name, where) || strings.HasPrefix(text, tokenPrefix) {
				return seal(text)
			}
			return text
		},
		id: func(id string) string {
			if isOneID(id) {
				return id
			}
			return seal(id)
		},
	}
	return r.expr(e, false)
}

// Reveal returns an expression that was kept as it was before Seal. One that was kept without being sealed is the same.
func Reveal(e query.Expr, c Cipher) query.Expr {
	r := rewriter{
		text: func(_ query.Name, _ bool, text string) string { return openText(c, text) },
		id:   func(id string) string { return openText(c, id) },
	}
	return r.expr(e, false)
}

// openText opens a text of a definition that is kept; one that is no token was kept as it is.
func openText(c Cipher, text string) string {
	rest, ok := strings.CutPrefix(text, tokenPrefix)
	if !ok || c == nil {
		return text
	}
	token, err := base64.RawURLEncoding.DecodeString(rest)
	if err != nil {
		return text
	}
	plain, err := c.Text(string(token))
	if err != nil {
		return text
	}
	return plain
}

// personal tells whether the texts that a name is compared with may be personal: all but those that are known to stand
// in plain among the values too, and those of columns that hold no texts.
func personal(p Population, name query.Name, where bool) bool {
	if where {
		prop, ok := p.Prop(name.Text)
		return !ok || prop.Sealed || !prop.Text
	}
	if name.Account {
		if p, _ = p.Account(); p == nil {
			return true
		}
	}
	if _, isTag := p.Tag(name.Text); isTag {
		return false
	}
	attr, ok := p.Attribute(name.Text)
	return !ok || attr.Kind == Text && attr.Sealed
}

// isOneID tells whether an id has the form of a OneID: 36 characters, hexadecimal digits in five groups.
func isOneID(id string) bool {
	if len(id) != 36 {
		return false
	}
	for i, c := range []byte(id) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hex := '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
		if dash != (c == '-') || !dash && !hex {
			return false
		}
	}
	return true
}

// rewriter copies an expression with other texts.
type rewriter struct {
	text func(name query.Name, where bool, text string) string // where: name is a property
	id   func(id string) string
}

func (r rewriter) expr(e query.Expr, where bool) query.Expr {
	switch e := e.(type) {
	case *query.And:
		return &query.And{At: e.At, Terms: r.terms(e.Terms, where)}
	case *query.Or:
		return &query.Or{At: e.At, Terms: r.terms(e.Terms, where)}
	case *query.Not:
		return &query.Not{At: e.At, X: r.expr(e.X, where)}
	case *query.Compare:
		own := *e
		own.Value = r.literal(e.Name, where, e.Value)
		return &own
	case *query.Between:
		own := *e
		own.Low, own.High = r.literal(e.Name, where, e.Low), r.literal(e.Name, where, e.High)
		return &own
	case *query.In:
		own := *e
		own.Values = make([]query.Literal, len(e.Values))
		for i, l := range e.Values {
			own.Values[i] = r.literal(e.Name, where, l)
		}
		return &own
	case *query.Like:
		own := *e
		own.Pattern = r.text(e.Name, where, e.Pattern)
		return &own
	case *query.IDs:
		own := *e
		own.Values = make([]string, len(e.Values))
		for i, id := range e.Values {
			own.Values[i] = r.id(id)
		}
		return &own
	case *query.Did:
		own := *e
		own.Events.Where = r.expr(e.Events.Where, true)
		return &own
	case *query.Aggregate:
		own := *e
		own.Events.Where = r.expr(e.Events.Where, true)
		return &own
	}
	return e
}

func (r rewriter) terms(terms []query.Expr, where bool) []query.Expr {
	out := make([]query.Expr, len(terms))
	for i, t := range terms {
		out[i] = r.expr(t, where)
	}
	return out
}

func (r rewriter) literal(name query.Name, where bool, l query.Literal) query.Literal {
	if l.Kind == query.Text {
		l.Text = r.text(name, where, l.Text)
	}
	return l
}
