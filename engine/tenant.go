package engine

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"rollcall/engine/command"
	"rollcall/engine/schema"
)

// Tenant is one customer of the platform, apart from all others. Its methods may be called from any goroutine.
type Tenant struct {
	id, name, zoneName string
	generation         uint32 // tells its pages from those of a tenant of the same id that was deleted
	wrapped            []byte
	zone               *time.Location
	pages              Pages
	payloads           *payloads
	root               atomic.Pointer[Root]
}

func newTenant(c *command.CreateTenant, pages Pages) *Tenant {
	t := &Tenant{name: strings.Clone(c.Name), zoneName: strings.Clone(c.Timezone), wrapped: bytes.Clone(c.Keys), pages: pages}
	t.id, t.generation = splitGeneration(strings.Clone(c.ID))
	t.payloads = newPayloads(t)
	// The zone is used by readers only. What this machine knows of it never reaches the state, so a zone that it does
	// not know must not be refused here; intake did that.
	var err error
	if t.zone, err = time.LoadLocation(c.Timezone); err != nil {
		t.zone = time.UTC
	}
	return t
}

// ID is the tenant's id, as in the API.
func (t *Tenant) ID() string { return t.id }

// Name is what the tenant is called.
func (t *Tenant) Name() string { return t.name }

// Zone is the tenant's time zone; UTC if this machine does not know it.
func (t *Tenant) Zone() *time.Location { return t.zone }

// WrappedKeys are the tenant's keys as CreateTenant brought them. They may not be changed.
func (t *Tenant) WrappedKeys() []byte { return t.wrapped }

// Key finds an API key, revoked ones too.
func (t *Tenant) Key(id string) (APIKey, bool) {
	k, ok := t.Root().keys[id]
	return k, ok
}

// Keys lists the API keys by id, revoked ones too.
func (t *Tenant) Keys() []APIKey {
	keys := t.Root().keys
	out := make([]APIKey, 0, len(keys))
	for _, id := range slices.Sorted(maps.Keys(keys)) {
		out = append(out, keys[id])
	}
	return out
}

// Root is the newest published state.
func (t *Tenant) Root() *Root { return t.root.Load() }

// APIKey is a stored API key.
type APIKey struct {
	ID, Role string
	Hash     []byte
	Revoked  bool
}

// putKey stores an API key, or changes it.
func (s *state) putKey(p *command.PutKey) *refusal {
	if p.ID == "" || len(p.ID) > maxName {
		return refuse("bad_name", "id", "a key's id has 1 to %d bytes", maxName)
	}
	// Published maps never change.
	s.keys = maps.Clone(s.keys)
	id := strings.Clone(p.ID)
	s.keys[id] = APIKey{ID: id, Role: strings.Clone(p.Role), Hash: bytes.Clone(p.Hash), Revoked: p.Revoked}
	return nil
}

// newState returns the state of a tenant that was just created.
func newState(t *Tenant) *state {
	s := emptyState(t)
	s.contacts.attributes.declareCanonical(schema.ContactAttributes)
	s.accounts.attributes.declareCanonical(schema.AccountAttributes)
	s.sourceCount = s.contacts.attributes.add(sourceCount, schema.Int, false)
	s.contacts.attributes.list[s.sourceCount].computed = true
	s.findCanonical()
	for _, name := range schema.EventTypes {
		s.types.add(name)
	}
	for _, name := range schema.PlainProps {
		s.props.add(name, false)
	}
	for _, name := range canonicalProps {
		s.props.add(name, false)
	}
	return s
}

// sourceCount is the computed attribute that is a column: it follows from the source records alone.
const sourceCount = "source_count"

// canonicalProps are the properties of calls that are not in schema.PlainProps, so that rules may name them before
// the first call.
var canonicalProps = []string{"ring_seconds", "talk_seconds"}
