package api

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"rollcall/engine/schema"
	"rollcall/query"
	"rollcall/query/plan"
	"rollcall/server/intake"
)

// column shows one field of the people of a page. Missing values are nil.
type column struct {
	name  string
	value func(ord uint32) (any, error)
}

// The fields that are shown when none are named.
var (
	contactFields = []string{"name", "company", "job_title", "mobile"}
	accountFields = []string{"name", "industry", "stage"}
)

const maxFields = 100

// columns resolves the fields that were asked for; the id always comes first.
func (e *evaluation) columns(fields []string) ([]column, error) {
	id, given := column{name: "one_id"}, contactFields
	id.value = func(ord uint32) (any, error) { return intake.FormatID(e.root.ContactID(ord)), nil }
	if e.entity == "account" {
		id.name, given = "account_id", accountFields
		id.value = func(ord uint32) (any, error) { return intake.FormatID(e.root.AccountID(ord)), nil }
	}
	if len(fields) == 0 {
		fields = given
	}
	if len(fields) > maxFields {
		return nil, invalid("fields", "fields has %d names, at most %d are shown", len(fields), maxFields)
	}
	out := []column{id}
	for _, name := range fields {
		if name == id.name {
			continue
		}
		value, err := e.column(name)
		if err != nil {
			return nil, err
		}
		out = append(out, column{name, value})
	}
	return out, nil
}

// column finds what a name means: an attribute, a type of identifier, a tag, or one of the other fields; with
// "account." before it, of the contact's account.
func (e *evaluation) column(name string) (func(uint32) (any, error), error) {
	if rest, ok := strings.CutPrefix(name, "account."); ok && e.entity != "account" {
		accounts, of := e.population.Account()
		below := &evaluation{call: e.call, root: e.root, entity: "account", population: accounts, options: e.options}
		value, err := below.column(rest)
		if f := (*failure)(nil); errors.As(err, &f) && f.suggestion != "" {
			f.suggestion = "account." + f.suggestion
		}
		if err != nil {
			return nil, err
		}
		return func(ord uint32) (any, error) {
			if account, ok := of.Get(ord); ok {
				return value(account)
			}
			return nil, nil
		}, nil
	}
	if a, ok := e.population.Attribute(name); ok {
		return e.attribute(name, a), nil
	}
	for _, i := range schema.Identifiers {
		if i.Name == name && (i.Entity == "account") == (e.entity == "account") {
			return func(ord uint32) (any, error) { return e.identifier(name, ord) }, nil
		}
	}
	if t, ok := e.population.Tag(name); ok {
		return e.tag(name, t)
	}
	if slices.Contains(otherFields[e.entity == "account"], name) {
		return e.other(name)
	}
	f := problem(http.StatusUnprocessableEntity, query.CodeUnknownName, "no attribute, identifier, tag or other field has this name").at("fields")
	f.suggestion = query.Nearest(name, e.fieldNames())
	return nil, f
}

// otherFields are the fields that are no attribute, identifier or tag, of a contact and (true) of an account. An
// attribute or tag of the same name comes before.
var otherFields = map[bool][]string{
	false: {"account_id", "sources", "tags"},
	true:  {"account_id", "tags"},
}

func (e *evaluation) other(name string) (func(uint32) (any, error), error) {
	entity, profile := "contact", e.root.Profile
	if e.entity == "account" {
		entity, profile = e.entity, e.root.AccountProfile
	}
	switch name {
	case "sources":
		return func(ord uint32) (any, error) { return e.root.SourceNames(ord), nil }, nil
	case "tags":
		v, err := e.call.viewerWith(e.root, e.options)
		return func(ord uint32) (any, error) { return v.tags(entity, ord, profile(ord)) }, err
	}
	return func(ord uint32) (any, error) {
		if entity == "account" {
			return intake.FormatID(e.root.AccountID(ord)), nil
		}
		if _, of := e.population.Account(); of != nil {
			if account, ok := of.Get(ord); ok {
				return intake.FormatID(e.root.AccountID(account)), nil
			}
		}
		return nil, nil
	}, nil
}

// fieldNames are the names that a field may have.
func (e *evaluation) fieldNames() []string {
	names := append(e.population.Names(), otherFields[e.entity == "account"]...)
	for _, i := range schema.Identifiers {
		if (i.Entity == "account") == (e.entity == "account") {
			names = append(names, i.Name)
		}
	}
	if e.entity == "account" {
		return names
	}
	names = append(names, "one_id")
	accounts, _ := e.population.Account()
	below := &evaluation{call: e.call, root: e.root, entity: "account", population: accounts}
	for _, name := range below.fieldNames() {
		names = append(names, "account."+name)
	}
	return names
}

func (e *evaluation) attribute(name string, a plan.Attribute) func(uint32) (any, error) {
	switch a.Computed {
	case plan.Interactions7d:
		return func(ord uint32) (any, error) {
			n, _, _ := e.root.Interactions(ord, e.options.Now)
			return n, nil
		}
	case plan.LastInteractionAt:
		return func(ord uint32) (any, error) {
			if _, last, any := e.root.Interactions(ord, e.options.Now); any {
				return e.call.formatTime(last), nil
			}
			return nil, nil
		}
	}
	switch {
	case a.Kind == plan.Text && a.Codes != nil:
		return func(ord uint32) (any, error) {
			code, ok := a.Codes.Get(ord)
			if !ok {
				return nil, nil
			}
			text := a.Dict.Text(code)
			if a.Sealed {
				plain, err := e.call.tenant.keys.Text(text)
				if err != nil {
					return nil, fmt.Errorf("opening attribute %s: %w", name, err)
				}
				text = plain
			}
			return maskText(name, text), nil
		}
	case a.Kind == plan.Int && a.Ints != nil:
		return func(ord uint32) (any, error) {
			if n, ok := a.Ints.Get(ord); ok {
				return maskNumber(name, n), nil
			}
			return nil, nil
		}
	case a.Kind == plan.Float && a.Floats != nil:
		return func(ord uint32) (any, error) { return orNil(a.Floats.Get(ord)) }
	case a.Kind == plan.Bool && a.Bools != nil:
		return func(ord uint32) (any, error) {
			v, ok := a.Bools.Get(ord)
			return orNil(v != 0, ok)
		}
	case a.Kind == plan.Time && a.Ints != nil:
		return func(ord uint32) (any, error) {
			if ms, ok := a.Ints.Get(ord); ok {
				return e.call.formatTime(ms), nil
			}
			return nil, nil
		}
	}
	return func(uint32) (any, error) { return nil, nil } // canonical, and no value came yet
}

func orNil[T any](v T, ok bool) (any, error) {
	if !ok {
		return nil, nil
	}
	return v, nil
}

// identifier is the masked value of a type of identifier; several are a list.
func (e *evaluation) identifier(name string, ord uint32) (any, error) {
	p := e.root.Profile
	if e.entity == "account" {
		p = e.root.AccountProfile
	}
	v := viewer{call: e.call, root: e.root, options: e.options}
	all, err := v.identifiers(p(ord).Identifiers)
	if err != nil {
		return nil, err
	}
	switch list := all[name]; len(list) {
	case 0:
		return nil, nil
	case 1:
		return list[0], nil
	default:
		return list, nil
	}
}

func (e *evaluation) tag(name string, t plan.Tag) (func(uint32) (any, error), error) {
	switch {
	case t.Rule != nil:
		holds, err := e.call.ruleOf(name, e.population)
		if err != nil {
			return nil, err
		}
		return func(ord uint32) (any, error) { return holds.Contains(e.population, *e.options, ord) }, nil
	case t.Values != nil:
		return func(ord uint32) (any, error) {
			if code, ok := t.Values.Get(ord); ok {
				return t.Dict.Text(code), nil
			}
			return nil, nil
		}, nil
	}
	return func(ord uint32) (any, error) { return t.Set.Contains(ord), nil }, nil
}
