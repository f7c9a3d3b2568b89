package engine

import (
	"rollcall/engine/command"
	"rollcall/index"
)

const idsPerBlock = 1 << 10

// idList is the OneIDs (or account ids) by ordinal, append-only in blocks: a copy of the struct is a version that
// never changes.
type idList struct {
	blocks []*[idsPerBlock]command.ID
	n      uint32
}

func (l *idList) at(ord uint32) command.ID { return l.blocks[ord/idsPerBlock][ord%idsPerBlock] }

func (l *idList) append(id command.ID) uint32 {
	ord := l.n
	if ord%idsPerBlock == 0 {
		l.blocks = append(l.blocks, new([idsPerBlock]command.ID))
	}
	l.blocks[ord/idsPerBlock][ord%idsPerBlock] = id
	l.n++
	return ord
}

// entity is the people, or the enterprises, of a tenant as Apply changes them.
type entity struct {
	name       string // "contact" or "account"
	ids        idList
	byID       *index.Table // id to ordinal
	byKey      *index.Table // identifier to the ordinal that had it first
	live       setCell
	known      setCell            // see oneid.Directory
	merged     columnCell[uint32] // merged away: the survivor
	first      columnCell[uint32] // the newest source record of the chain (recordStore.next)
	attributes attributes
	account    columnCell[uint32] // of contacts: the account they belong to
	deal       columnCell[uint32] // of accounts: the newest opportunity of the chain (recordStore.nextDeal)

	createdAt, updatedAt uint32 // numbers of these attributes
}

func newEntity(name string) *entity {
	return &entity{name: name, byID: index.NewTable(0), byKey: index.NewTable(0), attributes: newAttributes()}
}

// add gives the id an ordinal. The id is new: state.free was asked.
func (e *entity) add(id command.ID) uint32 {
	ord := e.ids.append(id)
	e.byID.Put(index.Key(id), ord)
	e.live.add(ord)
	return ord
}

// free reports whether an id may be given to someone new.
func (e *entity) free(id command.ID) bool {
	if id == (command.ID{}) {
		return false
	}
	_, taken := e.byID.Get(index.Key(id))
	return !taken
}

// survivor follows merges from ord to who it is now.
func (e *entity) survivor(ord uint32) uint32 {
	for {
		to, ok := e.merged.get(ord)
		if !ok {
			return ord
		}
		ord = to
	}
}

// resolve is survivor, and shortens the way for the next time.
func (e *entity) resolve(ord uint32) uint32 {
	to, ok := e.merged.get(ord)
	if !ok {
		return ord
	}
	if end := e.survivor(to); end != to {
		e.merged.set(ord, end)
		return end
	}
	return to
}

// findCanonical notes the attributes that the engine itself writes.
func (s *state) findCanonical() {
	for _, e := range []*entity{s.contacts, s.accounts} {
		e.createdAt, e.updatedAt = e.attributes.byName["created_at"], e.attributes.byName["updated_at"]
	}
	s.sourceCount = s.contacts.attributes.byName[sourceCount]
	s.stage = s.accounts.attributes.byName[stageAttribute]
}

// byOneID finds who an id means now.
func (e *entity) byOneID(id command.ID) (uint32, bool) {
	ord, ok := e.byID.Get(index.Key(id))
	if !ok {
		return 0, false
	}
	return e.resolve(ord), true
}

// Holder tells who has an identifier now (oneid.Directory).
func (e *entity) Holder(k command.Key) (uint32, bool) {
	ord, ok := e.byKey.Get(index.Key(k))
	if !ok {
		return 0, false
	}
	return e.resolve(ord), true
}

// Known implements oneid.Directory.
func (e *entity) Known(ord uint32) bool { return e.known.contains(ord) }
