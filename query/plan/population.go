// Package plan checks, plans and evaluates segment expressions over a population.
//
// An expression is resolved once into a Plan (names, kinds, constants, inlined segments and rule tags) and evaluated
// as often as wanted, each time against one immutable version of a Population. Evaluation goes chunk by chunk over
// 8 KiB masks with all operators fused; there is one evaluator for counts, pages, sets, breakdowns and explain.
//
// Every node is a two-valued function of one contact: a comparison with NULL is false, so NOT is a plain complement
// and may be moved through AND and OR. That is what the evaluator rests on: it knows only AND with signed operands.
package plan

import (
	"time"

	"rollcall/index"
	"rollcall/query"
)

// Population is one immutable version of a tenant's contacts, or of its accounts, as the evaluator sees it. All
// methods may be called from any goroutine and answer the same for as long as the value is held.
type Population interface {
	// Name is "contact" or "account".
	Name() string
	// Len is the number of ordinals ever given; there are ceil(Len/index.ChunkSize) chunks.
	Len() uint32
	// Live are the ordinals that exist now: not merged away, not erased. Nothing outside it is ever returned.
	Live() *index.Set
	// Tag finds a tag of this population.
	Tag(name string) (Tag, bool)
	// Attribute finds a stored or computed attribute of this population. Canonical attributes are found before the
	// first value came (their columns may be nil then).
	Attribute(name string) (Attribute, bool)
	// Names lists tags and attributes, for the nearest name.
	Names() []string
	// Events are the contacts' events; nil for accounts.
	Events() *index.Events
	// EventTypes lists the event types; the code of a type is its position plus one. Canonical types are listed
	// before their first event.
	EventTypes() []string
	// Prop finds a property of events; canonical properties are found before their first event.
	Prop(name string) (Prop, bool)
	// PropNames lists the properties, for the nearest name.
	PropNames() []string
	// Account is the population of accounts and the account ordinal of each contact; nil, nil for accounts.
	Account() (Population, *index.Column[uint32])
	// Segment finds a saved segment of this population.
	Segment(id string) (Segment, bool)
	// SegmentIDs lists the segments, for the nearest name.
	SegmentIDs() []string
	// Ordinal finds the live contact (or account) that an id means, through merges.
	Ordinal(id string) (uint32, bool)
	// Zone is the tenant's time zone.
	Zone() *time.Location
	// Version changes whenever a name, a kind or a definition does (tags, rules, attributes, event types, properties,
	// segments, zone; of contacts also those of accounts). Plans are cached under it.
	Version() uint64
}

// Tag is a tag: with Rule it is inlined where it is used; with Values (not nil, though maybe empty) it has one value at
// a time, a code of Dict; else it is set or not, and a nil Set is nobody's.
type Tag struct {
	Set    *index.Set
	Values *index.Column[uint32]
	Dict   index.DictView
	Rule   query.Expr
}

// Kind is the kind of an attribute's values.
type Kind uint8

// The kinds of attribute.
const (
	Text  Kind = iota // Codes and Dict
	Int               // Ints
	Float             // Floats
	Bool              // Bools: 0 or 1
	Time              // Ints, in milliseconds
)

// Computed names an attribute that follows from the contact's events and the current time.
type Computed string

// The computed attributes. Both count the events of Attribute.Types only.
const (
	Interactions7d    Computed = "interactions_7d"     // Int: events in the 168 hours before now; never NULL
	LastInteractionAt Computed = "last_interaction_at" // Time: the newest event at or before now; NULL without one
)

// Attribute is a column, or a computed attribute. A nil column holds no value. The texts of a sealed attribute stand
// in Dict as tokens.
type Attribute struct {
	Kind     Kind
	Sealed   bool
	Codes    *index.Column[uint32]
	Dict     index.DictView
	Ints     *index.Column[int64]
	Floats   *index.Column[float64]
	Bools    *index.Column[uint8]
	Computed Computed
	Types    []string // of a computed attribute: the event types that count
}

// Prop is a property of events. Code is its name in index.Rows. Num, Text and Bool tell which kinds of value have
// come so far; a property may have several, and one that has none yet takes a literal of any kind. Texts are codes of
// Dict; where they are personal, tokens stand there instead (Sealed).
type Prop struct {
	Code            uint32
	Num, Text, Bool bool
	Sealed          bool
	Dict            index.DictView
}

// Segment is a saved segment: with Members (not nil, though maybe empty) those frozen at its creation, else Where,
// inlined where the segment is used.
type Segment struct {
	Where   query.Expr
	Members *index.Set
}

// Cipher turns plain texts into the tokens that stand in sealed dictionaries, and back. Equal texts have equal tokens.
type Cipher interface {
	Token(text string) string
	Text(token string) (string, error)
}

// Options bound one evaluation.
type Options struct {
	Now      int64     // the expression's clock, in ms since 1970; later events are unseen
	Cipher   Cipher    // of the tenant; nil where nothing is sealed
	Deadline time.Time // zero: none. Checked at every chunk
	Workers  int       // cores to use at most; 0 and 1 mean one
}
