package engine

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/cespare/xxhash/v2"

	"rollcall/engine/command"
	"rollcall/index"
)

// Digest is a sum of hashes of everything the root holds, keyed by the tenant: 32 hexadecimal digits. It does not
// depend on order, on batches, on codes or on where things lie in memory, so it is equal on all replicas and before
// and after a restart. It is computed anew each time, in proportion to what there is. What says nothing about customers
// is not part of it, so that a command that was refused or did nothing leaves it as it was: the clock, the index, and
// memories that are only there for a while (idempotency keys).
func (r *Root) Digest() string {
	seed := xxhash.Sum64String(r.tenant.id)
	var jobs []func(*summer)
	jobs = append(jobs, r.sumDefinitions, r.sumJoin)
	for _, p := range []*population{&r.contacts, &r.accounts} {
		jobs = append(jobs, p.sumPeople)
		for i := range p.attributes {
			jobs = append(jobs, func(s *summer) { p.sumAttribute(s, &p.attributes[i]) })
		}
	}
	const step = 1 << 14
	for from := uint32(0); from < r.records.n; from += step {
		jobs = append(jobs, func(s *summer) { r.sumRecords(s, from, min(r.records.n, from+step)) })
	}
	for chunk := range r.events.Chunks() {
		for _, typ := range r.events.Types(chunk) {
			jobs = append(jobs, func(s *summer) { r.sumEvents(s, r.events.Rows(chunk, typ)) })
		}
	}
	var total summer
	var mu sync.Mutex
	var wait sync.WaitGroup
	queue := make(chan func(*summer))
	for range runtime.GOMAXPROCS(0) {
		wait.Add(1)
		go func() {
			defer wait.Done()
			s := summer{seed: seed}
			for job := range queue {
				job(&s)
			}
			mu.Lock()
			total.low, total.high = total.low+s.low, total.high+s.high
			mu.Unlock()
		}()
	}
	for _, job := range jobs {
		queue <- job
	}
	close(queue)
	wait.Wait()
	return fmt.Sprintf("%016x%016x", total.high, total.low)
}

// summer adds up hashes of facts. A fact is written field by field and then ended.
type summer struct {
	seed, low, high uint64
	fact            []byte
}

func (s *summer) number(v uint64) *summer {
	s.fact = binary.LittleEndian.AppendUint64(s.fact, v)
	return s
}

func (s *summer) text(t string) *summer {
	s.fact = append(binary.AppendUvarint(s.fact, uint64(len(t))), t...)
	return s
}

func (s *summer) bytes(b []byte) *summer {
	s.fact = appendBytes(s.fact, b)
	return s
}

func (s *summer) truth(b bool) *summer {
	if b {
		return s.number(1)
	}
	return s.number(0)
}

func (s *summer) end() {
	var d xxhash.Digest
	d.ResetWithSeed(s.seed)
	_, _ = d.Write(s.fact) // it never fails
	s.low += d.Sum64()
	d.ResetWithSeed(^s.seed)
	_, _ = d.Write(s.fact)
	s.high += d.Sum64()
	s.fact = s.fact[:0]
}

func (r *Root) sumDefinitions(s *summer) {
	s.text("state").number(r.seq).end()
	for i, name := range r.types {
		s.text("type").number(uint64(i)).text(name).end()
	}
	for i, p := range r.props {
		s.text("prop").number(uint64(i)).text(r.propList[i]).truth(p.Num).truth(p.Text).truth(p.Bool).truth(p.Sealed).end()
	}
	for i := range r.tags {
		t := &r.tags[i]
		s.text("tag").number(uint64(t.number)).text(t.name).text(t.entity).text(t.kind).truth(t.valued).text(t.rule).text(t.description)
		s.number(uint64(t.created)).number(uint64(t.changed)).end()
		sumSet(s, "tagged", t.name, t.Set)
		t.Values.Each(func(ord uint32, code uint32) bool {
			s.text("valued").text(t.name).number(uint64(ord)).text(t.Dict.Text(code)).end()
			return true
		})
		t.since.Each(func(ord uint32, at int64) bool {
			s.text("since").text(t.name).number(uint64(ord)).number(uint64(at)).end()
			return true
		})
	}
	for i := range r.segments {
		g := &r.segments[i]
		s.text("segment").text(g.id).text(g.name).text(g.where).text(g.mode).number(uint64(g.created)).end()
		sumSet(s, "member", g.id, g.Members)
	}
	for _, id := range slices.Sorted(maps.Keys(r.keys)) {
		k := r.keys[id]
		s.text("key").text(k.ID).text(k.Role).bytes(k.Hash).truth(k.Revoked).end()
	}
}

func sumSet(s *summer, kind, name string, set *index.Set) {
	set.Each(func(ord uint32) bool {
		s.text(kind).text(name).number(uint64(ord)).end()
		return true
	})
}

func (r *Root) sumJoin(s *summer) {
	r.contacts.join.Each(func(ord, account uint32) bool {
		if r.contacts.live.Contains(ord) {
			s.text("join").number(uint64(ord)).number(uint64(account)).end()
		}
		return true
	})
}

func (p *population) sumPeople(s *summer) {
	for ord := range p.ids.n {
		id := p.ids.at(ord)
		s.text("person").text(p.name).number(uint64(ord)).bytes(id[:]).truth(p.live.Contains(ord)).number(uint64(p.resolve(ord))).end()
	}
}

func (p *population) sumAttribute(s *summer, a *attributeView) {
	s.text("attribute").text(p.name).text(a.name).text(string(a.kind)).truth(a.Sealed).end()
	for ord := range p.ids.n {
		v, ok := a.value(ord)
		if !ok || !p.live.Contains(ord) {
			continue
		}
		s.text("value").text(p.name).text(a.name).number(uint64(ord)).text(v.Text).number(uint64(v.Int)).number(math.Float64bits(v.Float)).end()
	}
}

func (r *Root) sumRecords(s *summer, from, to uint32) {
	var rec record
	for number := from; number < to; number++ {
		rec.mustParse(r.records.bytes(number))
		p, attributes := &r.contacts, r.contacts.attributes
		if rec.ofAccount {
			p, attributes = &r.accounts, r.accounts.attributes
		}
		if rec.kind == command.KindOpportunity {
			attributes = r.deals
		}
		s.text("record").number(uint64(number)).bytes(rec.key[:]).number(uint64(rec.kind)).text(r.words.Text(rec.source)).text(r.words.Text(rec.org))
		s.bytes(rec.sourceID).number(uint64(rec.updatedAt))
		if owner, ok := r.records.owner.Get(number); ok {
			s.number(uint64(p.resolve(owner)))
		}
		if rec.account != 0 {
			s.text("account").number(uint64(r.accounts.resolve(rec.account - 1))).number(uint64(rec.accountAt))
		}
		s.end()
		for i := range rec.identifiers {
			h := &rec.identifiers[i]
			s.text("identifier").bytes(rec.key[:]).text(r.words.Text(h.kind)).bytes(h.key[:]).bytes(h.sealed).truth(h.first).end()
		}
		for i := range rec.fields {
			v := rec.fields[i].value(attributes)
			s.text("field").bytes(rec.key[:]).text(v.Name).number(uint64(rec.fields[i].at)).text(v.Text).number(uint64(v.Int)).number(math.Float64bits(v.Float)).end()
		}
	}
}

func (r *Root) sumEvents(s *summer, rows *index.Rows) {
	for row := range uint32(rows.Len()) {
		ev := rows.Event(row)
		if !r.contacts.live.Contains(ev.Ord) {
			continue // its survivor has a row of it
		}
		s.text("event").number(uint64(ev.Ord)).text(r.types[rows.Type()-1]).number(uint64(ev.Time)).number(ev.Seq).text(ev.ID).text(r.words.Text(ev.Source)).end()
		for i := range ev.Props {
			p := &ev.Props[i]
			s.text("property").number(ev.Seq).text(r.propList[p.Name]).number(uint64(p.Kind)).number(math.Float64bits(p.Num)).truth(p.Bool)
			s.text(r.props[p.Name].Dict.Text(p.Code)).end()
		}
	}
}
