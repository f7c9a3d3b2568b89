//lint:file-ignore U1000 the fields _msgpack say how msgpack writes the struct

package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/vmihailenco/msgpack/v5"

	"rollcall/engine/command"
	"rollcall/engine/schema"
	"rollcall/index"
	"rollcall/query"
)

// catalog is a tenant's definitions as they are written to disk, msgpack arrays. Format comes first; what a newer
// build adds gets a new number.
type catalog struct {
	_msgpack    struct{} `msgpack:",as_array"`
	Format      uint8
	Contacts    []catalogAttribute
	Accounts    []catalogAttribute
	Deals       []catalogAttribute
	Types       []string
	Props       []catalogProp
	Tags        []catalogTag
	NextTag     uint32
	Segments    []catalogSegment
	NextSegment uint32
	Keys        []catalogKey
}

const catalogFormat = 1

type catalogAttribute struct {
	_msgpack         struct{} `msgpack:",as_array"`
	Name             string
	Kind             string
	Sealed, Computed bool
}

type catalogProp struct {
	_msgpack                struct{} `msgpack:",as_array"`
	Name                    string
	Num, Text, Bool, Sealed bool
}

type catalogTag struct {
	_msgpack             struct{} `msgpack:",as_array"`
	Number               uint32
	Name, Entity, Kind   string
	Valued               bool
	Rule, Description    string
	CreatedAt, ChangedAt int64
}

type catalogSegment struct {
	_msgpack              struct{} `msgpack:",as_array"`
	Number                uint32
	ID, Name, Where, Mode string
	CreatedAt             int64
}

type catalogKey struct {
	_msgpack struct{} `msgpack:",as_array"`
	ID, Role string
	Hash     []byte
	Revoked  bool
}

// encodeCatalog writes the definitions of a root.
func (r *Root) encodeCatalog(nextTag, nextSegment uint32) ([]byte, error) {
	c := catalog{
		Format: catalogFormat, Contacts: attributeList(r.contacts.attributes), Accounts: attributeList(r.accounts.attributes),
		Deals: attributeList(r.deals), Types: r.types, NextTag: nextTag, NextSegment: nextSegment,
	}
	for i, p := range r.props {
		c.Props = append(c.Props, catalogProp{Name: r.propList[i], Num: p.Num, Text: p.Text, Bool: p.Bool, Sealed: p.Sealed})
	}
	for i := range r.tags {
		t := &r.tags[i]
		c.Tags = append(c.Tags, catalogTag{
			Number: t.number, Name: t.name, Entity: t.entity, Kind: t.kind, Valued: t.valued, Rule: t.rule, Description: t.description,
			CreatedAt: t.created, ChangedAt: t.changed,
		})
	}
	for i := range r.segments {
		g := &r.segments[i]
		c.Segments = append(c.Segments, catalogSegment{Number: g.number, ID: g.id, Name: g.name, Where: g.where, Mode: g.mode, CreatedAt: g.created})
	}
	for _, id := range slices.Sorted(maps.Keys(r.keys)) {
		k := r.keys[id]
		c.Keys = append(c.Keys, catalogKey{ID: k.ID, Role: k.Role, Hash: k.Hash, Revoked: k.Revoked})
	}
	return msgpack.Marshal(&c)
}

func attributeList(views []attributeView) []catalogAttribute {
	out := make([]catalogAttribute, len(views))
	for i := range views {
		v := &views[i]
		out[i] = catalogAttribute{Name: v.name, Kind: string(v.kind), Sealed: v.Sealed, Computed: v.computed}
	}
	return out
}

// loadCatalog makes the definitions of an empty state.
func (s *state) loadCatalog(data []byte) error {
	var c catalog
	if err := msgpack.Unmarshal(data, &c); err != nil {
		return fmt.Errorf("catalog: %w", err)
	}
	if c.Format != catalogFormat {
		return fmt.Errorf("catalog: format %d is not known: start a newer build", c.Format)
	}
	s.contacts.attributes.restore(c.Contacts)
	s.accounts.attributes.restore(c.Accounts)
	s.deals.restore(c.Deals)
	for _, name := range c.Types {
		s.types.add(name)
	}
	for _, p := range c.Props {
		s.props.list[s.props.add(p.Name, p.Sealed)].restore(p)
	}
	for _, t := range c.Tags {
		tg := &tag{
			number: t.Number, name: t.Name, entity: t.Entity, kind: t.Kind, valued: t.Valued, ruleText: t.Rule, description: t.Description,
			createdAt: t.CreatedAt, changedAt: t.ChangedAt,
		}
		if t.Valued {
			tg.dict = index.NewDictionary()
		}
		if t.Kind == kindRule {
			var err error
			if tg.rule, err = query.Parse(t.Rule); err != nil {
				return fmt.Errorf("the rule of a tag: %w", err)
			}
		}
		s.tags.insert(tg)
	}
	for _, g := range c.Segments {
		expression, err := query.Parse(g.Where)
		if err != nil {
			return fmt.Errorf("the expression of a segment: %w", err)
		}
		s.segments.insert(&segment{
			number: g.Number, id: g.ID, name: g.Name, where: g.Where, mode: g.Mode, expression: expression, createdAt: g.CreatedAt,
		})
	}
	s.tags.next, s.segments.next = c.NextTag, c.NextSegment
	for _, k := range c.Keys {
		s.keys[k.ID] = APIKey{ID: k.ID, Role: k.Role, Hash: k.Hash, Revoked: k.Revoked}
	}
	return nil
}

func (a *attributes) restore(list []catalogAttribute) {
	for _, c := range list {
		i := a.add(c.Name, schema.Kind(c.Kind), c.Sealed)
		a.list[i].computed = c.Computed
	}
}

func (p *prop) restore(c catalogProp) { p.num, p.text, p.truth = c.Num, c.Text, c.Bool }

// counters is the page of a tenant that every flush writes.
type counters struct {
	index, seq, remembered     uint64
	time                       int64
	contacts, accounts, record uint32
}

func (c *counters) append(b []byte) []byte {
	for _, v := range []uint64{c.index, c.seq, c.remembered, uint64(c.time), uint64(c.contacts), uint64(c.accounts), uint64(c.record)} {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	return b
}

var errCounters = errors.New("the counters of a tenant are corrupt")

func (c *counters) parse(b []byte) error {
	if len(b) != 7*8 {
		return errCounters
	}
	at := func(i int) uint64 { return binary.BigEndian.Uint64(b[8*i:]) }
	if max(at(4), at(5), at(6)) > math.MaxUint32 {
		return errCounters
	}
	*c = counters{
		index: at(0), seq: at(1), remembered: at(2), time: int64(at(3)), contacts: uint32(at(4)), accounts: uint32(at(5)), record: uint32(at(6)),
	}
	return nil
}

// encodeDefinition writes what a tenant was created with: the CreateTenant itself. A generation above 0 stands behind
// the id, in decimal, after a NUL, which no id has.
func (t *Tenant) encodeDefinition() []byte {
	id := t.id
	if t.generation > 0 {
		id += "\x00" + strconv.FormatUint(uint64(t.generation), 10)
	}
	return command.Encode(command.Envelope{Tenant: t.id}, &command.CreateTenant{ID: id, Name: t.name, Timezone: t.zoneName, Keys: t.wrapped})
}

// splitGeneration takes the id of a definition apart.
func splitGeneration(text string) (id string, generation uint32) {
	id, number, _ := strings.Cut(text, "\x00")
	n, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return id, 0 // it has none
	}
	return id, uint32(n)
}

func decodeDefinition(data []byte) (*command.CreateTenant, error) {
	_, body, err := command.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("the definition of a tenant: %w", err)
	}
	c, ok := body.(*command.CreateTenant)
	if !ok {
		return nil, fmt.Errorf("the definition of a tenant: %w", command.ErrMalformed)
	}
	return c, nil
}
