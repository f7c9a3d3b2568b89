// Package intake is the one way in: it checks what users sent, normalises identifiers, hashes and seals, and makes
// commands that carry no plain personal data.
//
// A bad item is rejected by itself, with a stable code and the path of the field; the batch goes on. What is accepted
// although something had to be left out or moved (a masked phone number, an identifier among the attributes) carries notes.
package intake

import (
	"time"

	"rollcall/engine/command"
	"rollcall/server/privacy"
)

// Tenant is what intake needs to know of a tenant. KindOf (may be nil) gives the declared kind of an attribute that is
// not canonical; entity is "contact", "account" or "opportunity".
type Tenant struct {
	ID     string
	Zone   *time.Location
	Keys   *privacy.Keys
	KindOf func(entity, name string) (command.ValueKind, bool)
}

// The two populations that a record can speak of, and opportunities, which have attributes of their own.
const (
	entityContact     = "contact"
	entityAccount     = "account"
	entityOpportunity = "opportunity"
)

// Error says what is wrong with one field. Code is stable, snake_case; Field is the path of the field.
type Error struct {
	Code   string
	Detail string
	Field  string
}

// Error gives field and detail; never the value, which may be personal.
func (e *Error) Error() string {
	if e.Field == "" {
		return e.Detail
	}
	return e.Field + ": " + e.Detail
}

// within returns the error for a field that lies inside another.
func (e *Error) within(parent string) *Error {
	out := *e
	switch {
	case out.Field == "":
		out.Field = parent
	default:
		out.Field = parent + "." + out.Field
	}
	return &out
}
