// Package query holds the segment expression language: its tree, its text and JSON forms, and its errors.
//
// Text and JSON are two spellings of one tree: Parse and ParseJSON build it, Print and PrintJSON write it, and
// printing then parsing gives the same tree again. Whether a name is a tag or an attribute, and whether it exists at
// all, is not known here: query/plan resolves names against a population.
package query

// Expr is one node of an expression: *And, *Or, *Not, *Has, *Compare, *Between, *In, *Like, *IsNull, *Segment, *IDs,
// *Did or *Aggregate. Nodes are pointers and never change once a parser has returned them, so trees may be shared. Pos
// is the byte offset where the node begins in the text, or in the JSON, that it was parsed from.
type Expr interface {
	Pos() int
}

// At is the byte offset of a node in the text, or in the JSON, that it was parsed from.
type At int

// Pos returns the byte offset. It has a pointer receiver so that only pointers to nodes are an Expr: a type switch
// over *And, *Or, … cannot miss a node that was passed by value.
func (a *At) Pos() int { return int(*a) }

// And holds when all its two or more terms hold. Directly nested Ands are flattened by the parsers.
type And struct {
	At
	Terms []Expr
}

// Or holds when at least one of its two or more terms holds. Directly nested Ors are flattened by the parsers.
type Or struct {
	At
	Terms []Expr
}

// Not holds when X does not: a comparison with NULL is false, so Not of it is true.
type Not struct {
	At
	X Expr
}

// Name is a tag, an attribute or, inside Events.Where, a payload property. Account names belong to the contact's account.
type Name struct {
	Account bool
	Text    string
}

// Has holds when the tag is set (a boolean tag is set, a tag with values has any value, a boolean attribute is true).
type Has struct {
	At
	Name Name
}

// Op is a comparison operator.
type Op uint8

// The operators, in the order of the contract.
const (
	Equal Op = iota
	NotEqual
	Less
	LessEqual
	Greater
	GreaterEqual
)

// Compare holds when the named value stands in relation Op to Value; a missing value makes it false, also for NotEqual.
type Compare struct {
	At
	Name  Name
	Op    Op
	Value Literal
}

// Between holds when Low <= value <= High.
type Between struct {
	At
	Name      Name
	Low, High Literal
}

// In holds when the value equals one of Values.
type In struct {
	At
	Name   Name
	Values []Literal
}

// Like holds when the text value matches Pattern: % stands for any run of characters, _ for exactly one, and a
// backslash takes the next character literally. Letters match exactly.
type Like struct {
	At
	Name    Name
	Pattern string
}

// IsNull holds when the value is missing; with Not, when it is there.
type IsNull struct {
	At
	Name Name
	Not  bool
}

// Segment holds for the members of a saved segment.
type Segment struct {
	At
	ID string
}

// IDs holds for the contacts with these OneIDs.
type IDs struct {
	At
	Values []string
}

// Did holds when at least one of the selected events occurred.
type Did struct {
	At
	Events Events
}

// Func is an aggregate over a contact's selected events.
type Func uint8

// The aggregates. Count, Rate and DistinctDays take no property; Rate is the share of the events of the type in the
// window that satisfy Where.
const (
	Count Func = iota
	Sum
	Avg
	Min
	Max
	Rate
	DistinctDays
)

// Aggregate compares an aggregate over events with a number: by Op with Value, or, when High is set, Value <= x <= High.
type Aggregate struct {
	At
	Func   Func
	Events Events
	Prop   string // of Sum, Avg, Min, Max
	Op     Op
	Value  Literal
	High   *Literal
}

// Events selects events of one contact: Type is an exact type, "*", or a prefix such as "call.*"; Where (nil: all)
// is made of And, Or, Not, Has, Compare, Between, In, Like and IsNull over payload properties. Rate always has a Where.
type Events struct {
	At
	Type   string
	Where  Expr
	Window Window
}

// WindowKind tells which events a Window lets through.
type WindowKind uint8

// The kinds of window. Both edges are included, and events after the current time are never seen.
const (
	Ever         WindowKind = iota // every event up to now
	Rolling                        // the Seconds before now
	CalendarDays                   // N calendar days in the tenant's time zone, today included
	LastN                          // the newest N matching the type, before Where is applied
	Range                          // From to To; a date without a time is the whole day in the tenant's time zone
)

// Window bounds the events that a predicate looks at.
type Window struct {
	At
	Kind     WindowKind
	Seconds  int64 // of Rolling
	N        int   // of CalendarDays and LastN
	From, To string
}

// LiteralKind is the kind of a literal.
type LiteralKind uint8

// The kinds of literal.
const (
	Text LiteralKind = iota
	Number
	Bool
)

// Literal is a constant: Text holds the characters of a text, the decimal digits of a number exactly as written
// (optional minus, digits without leading zeros, optional fraction; no exponent), or "true" or "false".
type Literal struct {
	At
	Kind LiteralKind
	Text string
}
