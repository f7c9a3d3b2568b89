package intake

import (
	"cmp"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/google/uuid"

	"rollcall/client/wire"
	"rollcall/engine/command"
	"rollcall/server/privacy"
)

// aliasType is the identifier that ids of an earlier platform are kept under.
const aliasType = "cdp_id"

// Identifiers turns identifiers as keyed in into hashed and sealed ones, in the priority order of engine/schema.
// entity is "contact" or "account"; a crm_id without a scope is of the tenant's CRM. The error is an *Error whose Field is identifiers.<type>: a text that is no identifier,
// a masked one among them, is an error here, because nothing could be looked up by it.
func Identifiers(keys *privacy.Keys, entity string, m wire.Identifiers) ([]command.Identifier, error) {
	var got identifierSet
	for _, typ := range typesOf(m, nil) {
		if err := got.add(entity, typ, m[typ]); err != nil {
			return nil, err.within(wire.ShortPath("identifiers." + typ))
		}
	}
	if len(got.notes) > 0 {
		n := got.notes[0]
		if n.Code != codeLandline {
			return nil, &Error{Code: n.Code, Detail: n.Detail, Field: n.Field}
		}
	}
	if len(got.found) == 0 {
		return nil, &Error{Code: codeNoIdentifier, Detail: "give at least one identifier", Field: "identifiers"}
	}
	return got.seal(keys), nil
}

// typesOf appends the types that m names, in alphabetical order: of two mistakes the same one is always told.
func typesOf(m wire.Identifiers, types []string) []string {
	for typ := range m {
		types = append(types, typ)
	}
	if len(types) > 1 {
		slices.Sort(types)
	}
	return types
}

// identifierSet gathers the identifiers of one item, and the notes on those that were left out.
type identifierSet struct {
	source string // whose ids they are; "": of the tenant's CRM
	found  []Normalised
	notes  []wire.Note
}

// add normalises one identifier as keyed in. What is no identifier although its field is right (masked, empty, a middle
// number; anything odd in the field phone, which people fill as they like) becomes a note; the rest is an error.
func (s *identifierSet) add(entity, typ, text string) *Error {
	if typ == "mobile" && entity == entityContact && isMobile(text) { // nearly all there are
		s.put(Normalised{Type: typ, Text: text})
		return nil
	}
	owner, known := entities[typ]
	if known && owner != entity {
		s.note(typ, codeWrongEntity, "belongs to a record of the kind "+owner+" and was left out")
		return nil
	}
	found, err := normalise(typ, text)
	for _, n := range found {
		switch {
		case typ == "mobile" && n.Type == "landline":
			s.note(typ, codeLandline, "is a landline and was taken as one")
		case typ == scopedType && n.Scope == "":
			n.Scope = scopeOf(s.source)
		}
		s.put(n)
	}
	if err == nil {
		return nil
	}
	switch err.Code {
	case codeEmpty:
		if len(found) == 0 && placeholder(text) {
			return nil
		}
	case codeMasked, codeMiddleNumber, codeServiceNumber, codeFreeMail:
	default:
		if typ != "phone" && len(found) == 0 {
			return err
		}
	}
	s.note(typ, err.Code, err.Detail+": left out")
	return nil
}

func (s *identifierSet) put(n Normalised) {
	for i := range s.found {
		if s.found[i].Type == n.Type && s.found[i].Scope == n.Scope && s.found[i].identity() == n.identity() {
			return
		}
	}
	s.found = append(s.found, n)
}

func (s *identifierSet) note(typ, code, detail string) {
	s.notes = append(s.notes, wire.Note{Field: "identifiers." + typ, Code: code, Detail: detail})
}

// seal hashes and seals what was found, in the order in which matching tries it. A mainland mobile also answers to the
// hashes that ad platforms know it by: the 11 digits, SHA-256 or MD5, in lower-case hexadecimal, hashed again under our key.
// Those two carry no sealed value, because they follow from the number.
func (s *identifierSet) seal(keys *privacy.Keys) []command.Identifier {
	if len(s.found) == 0 {
		return nil
	}
	if len(s.found) > 1 {
		slices.SortFunc(s.found, func(a, b Normalised) int {
			return cmp.Or(cmp.Compare(priorities[a.Type], priorities[b.Type]), cmp.Compare(a.identity(), b.identity()), cmp.Compare(a.Scope, b.Scope))
		})
	}
	out := make([]command.Identifier, 0, len(s.found)+2)
	for _, n := range s.found {
		out = append(out, command.Identifier{Type: n.Type, Key: keys.Identifier(n.Type, n.Scope, n.identity()), Sealed: keys.Seal([]byte(n.shown()))})
	}
	derived := len(out)
	for _, n := range s.found {
		if n.Type != "mobile" || !isMobile(n.Text) {
			continue
		}
		var room [64]byte
		long := sha256.Sum256([]byte(n.Text))
		out = append(out, derivedIdentifier(keys, "mobile_sha256", hex.AppendEncode(room[:0], long[:])))
		short := md5.Sum([]byte(n.Text))
		out = append(out, derivedIdentifier(keys, "mobile_md5", hex.AppendEncode(room[:0], short[:])))
	}
	if derived > 1 && len(out) > derived {
		slices.SortStableFunc(out, func(a, b command.Identifier) int {
			return cmp.Compare(priorities[a.Type], priorities[b.Type])
		})
		out = slices.CompactFunc(out, func(a, b command.Identifier) bool { return a.Type == b.Type && a.Key == b.Key })
	}
	return out
}

func derivedIdentifier(keys *privacy.Keys, typ string, hash []byte) command.Identifier {
	return command.Identifier{Type: typ, Key: keys.Identifier(typ, "", string(hash))}
}

// OneID reads a OneID or account id, a UUID in its usual text form; ok is false for anything else, which may be an alias
// (see Alias).
func OneID(text string) (id command.ID, ok bool) {
	if len(text) != 36 {
		return id, false
	}
	u, err := uuid.Parse(text)
	return command.ID(u), err == nil && u != uuid.UUID{}
}

// FormatID writes a OneID or account id, lower-case with dashes; the zero ID is the empty text.
func FormatID(id command.ID) string {
	if id == (command.ID{}) {
		return ""
	}
	return uuid.UUID(id).String()
}

// Alias is the key of an id of an earlier platform (identifier cdp_id).
func Alias(keys *privacy.Keys, text string) command.Key {
	folded, err := opaque(text)
	if err != nil {
		folded = text
	}
	return keys.Identifier(aliasType, "", folded)
}
