// Package intake is the one way in: it checks what users sent, normalises identifiers, hashes and seals, and makes
// commands that carry no plain personal data.
package intake

import (
	"time"

	"rollcall/client/wire"
	"rollcall/engine/command"
	"rollcall/server/privacy"
)

// Tenant is what intake needs to know of a tenant. KindOf (may be nil) gives the declared kind of an attribute that is
// not canonical; entity is "contact" or "account".
type Tenant struct {
	ID     string
	Zone   *time.Location
	Keys   *privacy.Keys
	KindOf func(entity, name string) (command.ValueKind, bool)
}

// Records checks a batch and makes its commands, in order, each at most 512 KiB when encoded.
func Records(t Tenant, now time.Time, records []wire.Record) *RecordBatch { panic("not yet") }

// RecordBatch is a checked batch of records.
type RecordBatch struct {
	Commands []command.PutRecords
}

// Merge joins the results of the commands (one for each, in order) with the rejections, in the order of the batch.
func (b *RecordBatch) Merge(results []*command.Result) []wire.RecordResult { panic("not yet") }

// Events checks a batch and makes its commands, in order, each at most 512 KiB when encoded.
func Events(t Tenant, now time.Time, events []wire.Event) *EventBatch { panic("not yet") }

// EventBatch is a checked batch of events.
type EventBatch struct {
	Commands []command.PutEvents
}

// Merge joins the results of the commands (one for each, in order) with the rejections, in the order of the batch.
func (b *EventBatch) Merge(results []*command.Result) []wire.EventResult { panic("not yet") }

// StoredEvent is what an event's Sealed holds: what was sent and is not in the command in plain.
type StoredEvent struct {
	OccurredAt  string
	OneID       string
	IP, UA      string
	Identifiers wire.Identifiers
	Payload     wire.Object
}

// OpenEvent unseals command.Event.Sealed.
func OpenEvent(keys *privacy.Keys, sealed []byte) (StoredEvent, error) { panic("not yet") }

// Identifiers turns identifiers as keyed in into hashed and sealed ones, in the priority order of engine/schema.
// entity is "contact" or "account". The error is an *Error with the field.
func Identifiers(keys *privacy.Keys, entity string, m wire.Identifiers) ([]command.Identifier, error) {
	panic("not yet")
}

// Normalised is one identifier in its one normal form.
type Normalised struct {
	Type      string // as in engine/schema: never "phone"
	Text      string
	Extension string // of a landline
}

// Normalise gives the normal form of an identifier as keyed in; a text with several phone numbers gives several.
func Normalise(typ, text string) ([]Normalised, error) { panic("not yet") }

// OneID reads a OneID or account id (a UUID in text form); ok is false for anything else, which may be an alias: see Alias.
func OneID(text string) (id command.ID, ok bool) { panic("not yet") }

// Alias is the key of an id of an earlier platform (identifier cdp_id).
func Alias(keys *privacy.Keys, text string) command.Key { panic("not yet") }

// FormatID writes a OneID or account id, lower-case with dashes.
func FormatID(id command.ID) string { panic("not yet") }

// Error says what is wrong with one field. Code is stable, snake_case.
type Error struct {
	Code   string
	Detail string
	Field  string
}

// Error gives field and detail; never the value.
func (e *Error) Error() string { panic("not yet") }
