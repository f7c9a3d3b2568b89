package intake

import (
	"crypto/rand"
	"encoding/binary"
	"strconv"
	"time"

	"rollcall/client/wire"
	"rollcall/engine/command"
)

// item is one record or event on its way through: what belongs to it besides the command that it becomes.
type item struct {
	tenant  *Tenant
	ids     *idSource
	contact identifierSet
	account identifierSet
	notes   []wire.Note
	kinds   freshKinds
	spare   int // bytes by which the attributes may become larger in another state of the tenant
}

func (it *item) note(field, code, detail string) {
	it.notes = append(it.notes, wire.Note{Field: field, Code: code, Detail: detail})
}

// reset readies the item for the next one of its batch, which is of source. Notes were handed out and are not reused.
func (it *item) reset(source string) {
	it.contact.source, it.contact.found, it.contact.notes = source, it.contact.found[:0], nil
	it.account.found, it.account.notes = it.account.found[:0], nil
	it.notes, it.spare = nil, 0
}

// identifiers takes the identifiers as keyed in. withAccount says that those of the person's account may stand among
// them.
func (it *item) identifiers(entity string, m wire.Identifiers, withAccount bool) *Error {
	if len(m) > MaxIdentifiers {
		return &Error{Code: codeTooMany, Detail: "more than " + strconv.Itoa(MaxIdentifiers), Field: "identifiers"}
	}
	var room [8]string
	for _, typ := range typesOf(m, room[:0]) {
		text := m[typ]
		var err *Error
		if withAccount && entities[typ] == entityAccount {
			err = it.accountIdentifier("identifiers."+typ, typ, text, true)
		} else if err = it.contact.add(entity, typ, text); err != nil {
			err = err.within(wire.ShortPath("identifiers." + typ))
		}
		if err != nil {
			return err
		}
	}
	if len(it.contact.found) > MaxIdentifiers {
		return &Error{Code: codeTooMany, Detail: "more than " + strconv.Itoa(MaxIdentifiers), Field: "identifiers"}
	}
	return nil
}

// allNotes gives the notes of the item, nil if there are none.
func (it *item) allNotes() []wire.Note {
	if it.contact.notes == nil && it.account.notes == nil {
		return it.notes
	}
	return append(append(it.notes, it.contact.notes...), it.account.notes...)
}

// tenantID checks a tenant id that an item names: the key tells the tenant, a different one is a mistake.
func (t *Tenant) tenantID(named string) *Error {
	if named != "" && named != t.ID {
		return &Error{Code: codeTenantMismatch, Detail: "is not the tenant that the key belongs to", Field: "tenant_id"}
	}
	return nil
}

// idSource makes UUIDs of version 7 for one batch, reading its randomness many at a time.
type idSource struct {
	ms     uint64
	random [64 * 10]byte
	left   int
}

func newIDSource(now time.Time) *idSource { return &idSource{ms: uint64(max(now.UnixMilli(), 0))} }

func (s *idSource) next() (id command.ID) {
	if s.left == 0 {
		rand.Read(s.random[:]) // never fails: crypto/rand ends the process instead
		s.left = len(s.random)
	}
	s.left -= 10
	binary.BigEndian.PutUint64(id[:], s.ms<<16)
	copy(id[6:], s.random[s.left:s.left+10])
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id
}
