package intake

import (
	"strconv"

	"rollcall/client/wire"
	"rollcall/engine/command"
)

// MaxCommand bounds the encoded bytes of one command: many requests gather in one Raft entry, and a large one must
// not hold the others up.
const MaxCommand = 512 << 10

// rejected is the command of a place whose item did not become part of any.
const rejected = -1

// place is where an item of a batch went: the command, and the position in it.
type place struct{ command, item int }

// chunker cuts a batch into commands by an upper bound of their encoded size, which follows from the request alone: a
// repeated batch is cut at the same places.
type chunker struct {
	size  int
	begun bool
}

// commandRoom is left for the envelope and the heads of lists.
const commandRoom = 1 << 10

// begins tells whether an item of this size begins a new command.
func (c *chunker) begins(size int) bool {
	if c.begun && c.size+size <= MaxCommand-commandRoom {
		c.size += size
		return false
	}
	c.begun, c.size = true, size
	return true
}

// An encoded text takes at most five bytes besides itself, a number nine, the head of a list five.
const (
	textRoom  = 5
	fixedRoom = 128 // heads, ids, keys and numbers of a record or event
	tokenRoom = 17  // that a token is longer than its text
)

func identifiersSize(ids []command.Identifier) int {
	size := textRoom
	for i := range ids {
		size += len(ids[i].Type) + len(ids[i].Sealed) + len(ids[i].Key) + 4*textRoom
	}
	return size
}

func valuesSize(values []command.Value) int {
	size := textRoom
	for i := range values {
		size += len(values[i].Name) + len(values[i].Text) + 3*textRoom + 2*9 + 2
	}
	return size
}

// recordSize is an upper bound of a record's encoded size.
func recordSize(r *command.Record) int {
	size := fixedRoom + len(r.Source) + len(r.SourceID) + len(r.Org) + identifiersSize(r.Identifiers) + valuesSize(r.Attributes)
	if r.Account != nil {
		size += 64 + len(r.Account.Name) + identifiersSize(r.Account.Identifiers)
	}
	return size
}

// eventSize is an upper bound of an event's encoded size.
func eventSize(e *command.Event) int {
	return fixedRoom + len(e.EventID) + len(e.Source) + len(e.Org) + len(e.Type) + len(e.Sealed) +
		identifiersSize(e.Identifiers) + valuesSize(e.Props)
}

// firstOf returns the first error there is.
func firstOf(errs ...*Error) *Error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// invalid is the error for an item that decoding has found fault with, or that is too large.
func invalid(in *wire.Invalid, size int) *Error {
	switch {
	case in != nil:
		return &Error{Code: in.Code, Detail: in.Detail, Field: in.Field}
	case size > MaxItem:
		return &Error{Code: codeItemTooLarge, Detail: "is larger than " + strconv.Itoa(MaxItem) + " bytes"}
	}
	return nil
}

// refusal is the code for the items of a command that was refused as a whole.
func refusal(r *command.Result) string {
	if r.Code != "" {
		return r.Code
	}
	return "no_result"
}

// fieldOf is the path of a field in a request.
func fieldOf(list string, i int, field string) string {
	path := list + "[" + strconv.Itoa(i) + "]"
	if field != "" && field[0] != '[' {
		path += "."
	}
	return path + wire.ShortPath(field)
}
