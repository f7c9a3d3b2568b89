package engine

import (
	"strings"

	"rollcall/engine/command"
	"rollcall/index"
)

// state is everything of a tenant that commands change. The goroutine that applies the tenant's commands owns it;
// readers see what publish makes of it.
type state struct {
	tenant    *Tenant
	index     uint64 // of the command that is being applied
	time      int64  // leader time in ms: the newest of all commands, so it never goes back
	version   uint64 // of names, kinds and definitions: grows whenever one changes
	words     *index.Dictionary
	contacts  *entity
	accounts  *entity
	deals     attributes // of opportunities, without columns
	records   *recordStore
	tags      tags
	segments  segments
	types     names
	props     props
	events    events
	keys      map[string]APIKey
	remembers *idempotency

	sourceCount uint32 // number of the attribute
	stage       uint32 // number of the accounts' attribute
	fold        folding
	rec         record // scratch of putRecord
	ords        []uint32
	changes     []uint32
	scratch     []byte
	typesShown  int      // event types in the last root
	propList    []string // names of properties in the last root; replaced, never changed
}

func emptyState(t *Tenant) *state {
	return &state{
		tenant: t, words: index.NewDictionary(), contacts: newEntity("contact"), accounts: newEntity("account"), deals: newAttributes(),
		records: newRecordStore(), tags: newTags(), segments: newSegments(), types: newNames(), props: newProps(), events: newEvents(),
		keys: map[string]APIKey{}, remembers: newIdempotency(),
	}
}

// apply applies one command. What the user did wrong is a code in the result.
func (s *state) apply(at uint64, e *command.Envelope, body command.Body) *command.Result {
	s.index = at
	s.time = max(s.time, e.Time)
	s.remembers.expire(s.time)
	if e.Idempotency != nil {
		if r := s.remembers.find(e.Idempotency, at); r != nil {
			return r
		}
	}
	r := &command.Result{Index: at}
	var refused *refusal
	switch b := body.(type) {
	case *command.CreateTenant:
		refused = refuse("tenant_exists", "id", "there is a tenant with this id")
	case *command.PutKey:
		refused = s.putKey(b)
	case *command.PutRecords:
		r.Records = make([]command.RecordResult, len(b.Records))
		for i := range b.Records {
			r.Records[i] = s.putRecord(&b.Records[i])
		}
	case *command.PutEvents:
		r.Events = make([]command.EventResult, len(b.Events))
		for i := range b.Events {
			r.Events[i] = s.putEvent(&b.Events[i])
		}
	case *command.PutTag:
		refused = s.putTag(b)
	case *command.DeleteTag:
		refused = s.deleteTag(b)
	case *command.TagMembers:
		refused = s.tagMembers(b, r)
	case *command.PutSegment:
		refused = s.putSegment(b)
	case *command.DeleteSegment:
		refused = s.deleteSegment(b)
	case *command.PutAttribute:
		refused = s.putAttribute(b)
	}
	if refused != nil {
		return &command.Result{Index: at, Code: refused.code, Detail: refused.detail}
	}
	if e.Idempotency != nil {
		s.remembers.store(e.Idempotency, s.time, r)
	}
	return r
}

// newTenantState is CreateTenant for a tenant that does not exist.
func newTenantState(at uint64, e *command.Envelope, c *command.CreateTenant, pages Pages) (*state, *command.Result) {
	if c.ID == "" || len(c.ID) > maxName || hasNUL(c.ID) {
		return nil, &command.Result{Index: at, Code: "bad_name", Detail: "a tenant's id has 1 to 256 bytes and no NUL"}
	}
	s := newState(newTenant(c, pages))
	s.index, s.time = at, e.Time
	r := &command.Result{Index: at}
	if e.Idempotency != nil {
		s.remembers.store(e.Idempotency, s.time, r)
	}
	return s, r
}

func hasNUL(s string) bool {
	for i := range len(s) {
		if s[i] == 0 {
			return true
		}
	}
	return false
}

// names are texts with codes, from 1 on in order of first sight: the event types. Here as in all definitions a text that
// is kept is a clone: a view of a command would keep the whole command, and all that came with it in one entry of the log.
type names struct {
	list  []string
	codes map[string]uint32
}

func newNames() names { return names{codes: map[string]uint32{}} }

func (n *names) add(name string) uint32 {
	name = strings.Clone(name)
	n.list = append(n.list, name)
	n.codes[name] = uint32(len(n.list))
	return uint32(len(n.list))
}
