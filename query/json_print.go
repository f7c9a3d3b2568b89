package query

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// PrintJSON writes the JSON form of a tree, compact, one spelling for each tree. ParseJSON reads it back as the same
// tree. A value that no parser returns, such as a nil term, is an error.
func PrintJSON(e Expr) ([]byte, error) {
	w := &jsonWriter{}
	w.expression(e)
	if w.err != nil {
		return nil, w.err
	}
	return w.out.Bytes(), nil
}

// jsonWriter writes a tree and keeps the first error.
type jsonWriter struct {
	out bytes.Buffer
	err error
}

func (w *jsonWriter) raw(s string) { w.out.WriteString(s) }

// text writes a JSON string, with < and > and & as they are.
func (w *jsonWriter) text(s string) {
	encoder := json.NewEncoder(&w.out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil && w.err == nil {
		w.err = err
	}
	w.out.Truncate(w.out.Len() - 1) // the encoder's line end
}

// key writes the name of a member.
func (w *jsonWriter) key(name string) { w.raw(`"` + name + `":`) }

func (w *jsonWriter) expression(e Expr) {
	w.raw("{")
	switch e := e.(type) {
	case *And:
		w.terms("and", e.Terms)
	case *Or:
		w.terms("or", e.Terms)
	case *Not:
		w.key("not")
		w.expression(e.X)
	case *Has:
		w.name("tag", e.Name)
	case *Compare:
		w.name("attr", e.Name)
		w.operator(e.Op)
		w.literal(e.Value)
	case *Between:
		w.name("attr", e.Name)
		w.literals("between", []Literal{e.Low, e.High})
	case *In:
		w.name("attr", e.Name)
		w.literals("in", e.Values)
	case *Like:
		w.name("attr", e.Name)
		w.raw(`,"like":`)
		w.text(e.Pattern)
	case *IsNull:
		w.name("attr", e.Name)
		w.raw(`,"is_null":` + strconv.FormatBool(!e.Not))
	case *Segment:
		w.key("segment")
		w.text(e.ID)
	case *IDs:
		w.raw(`"id":[`)
		for i, v := range e.Values {
			w.separate(i)
			w.text(v)
		}
		w.raw("]")
	case *Did:
		w.key("did")
		w.events(e.Events, "")
	case *Aggregate:
		w.key(e.Func.String())
		w.events(e.Events, e.Prop)
		if e.High != nil {
			w.literals("between", []Literal{e.Value, *e.High})
		} else {
			w.operator(e.Op)
			w.literal(e.Value)
		}
	default:
		if w.err == nil {
			w.err = fmt.Errorf("query: no JSON form of a node of type %T", e)
		}
	}
	w.raw("}")
}

func (w *jsonWriter) separate(i int) {
	if i > 0 {
		w.raw(",")
	}
}

func (w *jsonWriter) terms(key string, terms []Expr) {
	w.raw(`"` + key + `":[`)
	for i, t := range terms {
		w.separate(i)
		w.expression(t)
	}
	w.raw("]")
}

func (w *jsonWriter) name(key string, n Name) {
	w.key(key)
	if n.Account {
		w.text("account." + n.Text)
		return
	}
	w.text(n.Text)
}

func (w *jsonWriter) operator(op Op) {
	if int(op) >= len(jsonOperators) {
		w.err = fmt.Errorf("query: no JSON form of operator %d", op)
		return
	}
	w.raw(`,"` + jsonOperators[op] + `":`)
}

func (w *jsonWriter) literal(l Literal) {
	if l.Kind == Text {
		w.text(l.Text)
		return
	}
	w.raw(l.Text)
}

func (w *jsonWriter) literals(key string, values []Literal) {
	w.raw(`,"` + key + `":[`)
	for i, v := range values {
		w.separate(i)
		w.literal(v)
	}
	w.raw("]")
}

func (w *jsonWriter) events(ev Events, prop string) {
	w.raw(`{"type":`)
	w.text(ev.Type)
	if prop != "" {
		w.raw(`,"prop":`)
		w.text(prop)
	}
	if ev.Where != nil {
		w.raw(`,"where":`)
		w.expression(ev.Where)
	}
	if ev.Window.Kind != Ever {
		w.raw(`,"window":`)
		w.text(ev.Window.print())
	}
	w.raw("}")
}
