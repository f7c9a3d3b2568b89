package engine

import (
	"log/slog"
	"time"

	"rollcall/engine/command"
	"rollcall/index"
	"rollcall/query/plan"
)

type Entry struct {
	Index, Term uint64
	Commands    [][]byte
}
type Pages interface {
	Begin(index uint64) PageFlush
	Scan(prefix []byte, f func(page, data []byte) error) error
	Get(page []byte) ([]byte, error)
	Committed() (index uint64, meta []byte, ok bool)
}
type PageFlush interface {
	Put(page, data []byte) error
	Delete(page []byte) error
	DeletePrefix(prefix []byte) error
	Commit(meta []byte) error
	Abort()
}

type Engine struct{}

func Open(pages Pages, logger *slog.Logger) (*Engine, error) { panic("not yet") }

// Apply panics with a *StopError when a command is unknown or malformed: the node must stop before its index moves.
func (e *Engine) Apply(entries []Entry) [][]any { panic("not yet") }
func (e *Engine) Applied() uint64               { panic("not yet") }

// Flush makes everything up to the returned index durable; one at a time; beside Apply.
func (e *Engine) Flush(begin func(index uint64) PageFlush) (index uint64, err error) {
	panic("not yet")
}
func (e *Engine) Tenant(id string) (*Tenant, bool) { panic("not yet") }
func (e *Engine) Tenants() []string                { panic("not yet") }

// StopError is what Apply panics with: the command at Index cannot be applied by this build.
type StopError struct {
	Index uint64
	Err   error
}

func (e *StopError) Error() string { return e.Err.Error() }
func (e *StopError) Unwrap() error { return e.Err }

type Tenant struct{}

func (t *Tenant) ID() string                   { panic("not yet") }
func (t *Tenant) Name() string                 { panic("not yet") }
func (t *Tenant) Zone() *time.Location         { panic("not yet") }
func (t *Tenant) WrappedKeys() []byte          { panic("not yet") }
func (t *Tenant) Key(id string) (APIKey, bool) { panic("not yet") }
func (t *Tenant) Root() *Root                  { panic("not yet") }

type APIKey struct {
	ID, Role string
	Hash     []byte
	Revoked  bool
}

type Root struct{}

func (r *Root) Index() uint64                                               { panic("not yet") }
func (r *Root) Time() int64                                                 { panic("not yet") }
func (r *Root) Contacts() plan.Population                                   { panic("not yet") }
func (r *Root) Accounts() plan.Population                                   { panic("not yet") }
func (r *Root) Events() *index.Events                                       { panic("not yet") }
func (r *Root) ContactBy(k command.Key) (uint32, bool)                      { panic("not yet") }
func (r *Root) AccountBy(k command.Key) (uint32, bool)                      { panic("not yet") }
func (r *Root) Contact(id command.ID) (uint32, bool)                        { panic("not yet") }
func (r *Root) Account(id command.ID) (uint32, bool)                        { panic("not yet") }
func (r *Root) ContactID(ord uint32) command.ID                             { panic("not yet") }
func (r *Root) AccountID(ord uint32) command.ID                             { panic("not yet") }
func (r *Root) RecordOwner(k command.Key) (command.ID, command.Kind, bool)  { panic("not yet") }
func (r *Root) Profile(ord uint32) Profile                                  { panic("not yet") }
func (r *Root) AccountProfile(ord uint32) Profile                           { panic("not yet") }
func (r *Root) AccountContacts(ord uint32, limit int) []uint32              { panic("not yet") }
func (r *Root) AccountRecords(ord uint32, kind command.Kind) []SourceRecord { panic("not yet") }
func (r *Root) ContactRecords(ord uint32, kind command.Kind) []SourceRecord { panic("not yet") }
func (r *Root) Timeline(ord uint32, before Cursor, limit int) ([]StoredEvent, error) {
	panic("not yet")
}
func (r *Root) Interactions(ord uint32, now int64) (count7d int, last int64, any bool) {
	panic("not yet")
}
func (r *Root) Tags() []TagInfo                          { panic("not yet") }
func (r *Root) Segments() []SegmentInfo                  { panic("not yet") }
func (r *Root) Attributes(entity string) []AttributeInfo { panic("not yet") }
func (r *Root) Stats() Stats                             { panic("not yet") }
func (r *Root) Digest() string                           { panic("not yet") }

// Profile is the golden profile of a contact or account. Sealed text attributes are command.Token values.
type Profile struct {
	OneID                command.ID
	Attributes           []command.Value      // in the order of the schema, then of first sight; real columns only
	Identifiers          []command.Identifier // strongest first, each once
	Sources              []Source
	Tags                 []TagValue // manual tags, by name
	Account              uint32
	HasAccount           bool
	CreatedAt, UpdatedAt int64
}

// Source is one source record behind a profile. SourceID is sealed.
type Source struct {
	Name      string
	SourceID  []byte
	Kind      command.Kind
	UpdatedAt int64
}

// SourceRecord is a source record with its own attributes (an opportunity's stage and amount).
type SourceRecord struct {
	Source
	Key        command.Key
	Org        string
	Attributes []command.Value
	Contact    uint32
	HasContact bool
	Account    uint32
	HasAccount bool
}

// TagValue is a manual tag that is set; Value is empty for a boolean tag.
type TagValue struct{ Name, Value string }

// Cursor is a place in a timeline: the event after which (going back in time) to go on. The zero Cursor is the start.
type Cursor struct {
	Time int64
	ID   string
	Seq  uint64
}

// StoredEvent is one event of a timeline.
type StoredEvent struct {
	Seq                        uint64
	EventID, Source, Type, Org string
	OccurredAt                 int64
	Future                     bool
	Sealed                     []byte
}

// Cursor is the place of the event: the cursor for the page after it.
func (e StoredEvent) Cursor() Cursor { return Cursor{e.OccurredAt, e.EventID, e.Seq} }

type TagInfo struct {
	Name, Entity, Kind, Rule, Description string
	Valued                                bool
	Count                                 uint64 // members of a manual tag
	CreatedAt, ChangedAt                  int64
}
type SegmentInfo struct {
	ID, Name, Where, Mode string
	CreatedAt             int64
	Count                 uint64 // members of a static segment
}
type AttributeInfo struct {
	Name     string
	Kind     string // text, int, float, bool, time (engine/schema)
	Personal bool
	Computed bool
}
type Stats struct {
	Contacts, Accounts, Events, Records, Identifiers uint64
	Bytes                                            uint64
}
