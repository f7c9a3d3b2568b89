package engine

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"rollcall/index"
)

// flushedTenant is what is on disk of a tenant.
type flushedTenant struct {
	root       *Root
	catalog    []byte
	deltas     map[columnChunk][]uint32 // numbers of the delta pages of each chunk of a column
	remembered []rememberedPage
}

type columnChunk struct{ space, number, chunk uint32 }

// rememberedPage is a page with count idempotency keys from number first on.
type rememberedPage struct{ first, count uint64 }

// pinned is what a flush writes of one tenant: a root, and what of the writer's own the last flush does not have.
type pinned struct {
	state      *state
	root       *Root
	was        *flushedTenant // what is on disk of it, nil for nothing
	now        *flushedTenant // what will be, once it is written
	nextTag    uint32
	nextSeg    uint32
	dirty      bitmap
	blocks     [][]byte // of event rows, from number firstBlock on
	firstBlock uint32
	full       int // of blocks
	payloads   []payload
	firstSeq   uint64 // of payloads
	remembered []remembered
	firstKey   uint64 // of remembered
	oldestKey  uint64 // the first that is not forgotten
}

// Flush makes everything up to the returned index durable. It holds Apply up only while it pins the roots; what it
// writes is what changed since the last flush. begin opens the flush in the page store. If it fails nothing is lost:
// the next flush writes it. Any goroutine may call it; flushes go one after another.
func (e *Engine) Flush(begin func(index uint64) PageFlush) (index uint64, err error) {
	e.flushing.Lock()
	defer e.flushing.Unlock()
	index, work, gone := e.pin()
	f := begin(index)
	if err := e.write(f, work, gone); err != nil {
		f.Abort()
		e.unpin(work)
		return 0, err
	}
	if err := f.Commit(pageMeta); err != nil {
		e.unpin(work)
		return 0, fmt.Errorf("committing the flush of index %d: %w", index, err)
	}
	for _, t := range gone {
		delete(e.flushed, t.id)
	}
	for _, p := range work {
		e.flushed[p.root.tenant.id] = p.now
	}
	e.release(work)
	return index, nil
}

// write writes what changed, after the removal of what is gone: pages of one tenant may have the names that begin those
// of another with its id.
func (e *Engine) write(f PageFlush, work []*pinned, gone []*Tenant) error {
	for _, t := range gone {
		err := f.DeletePrefix(t.prefix())
		if err == nil && !slices.ContainsFunc(work, func(p *pinned) bool { return p.root.tenant.id == t.id }) {
			err = f.Delete(definitionPage(t.id))
		}
		if err != nil {
			return fmt.Errorf("removing tenant %s: %w", t.id, err)
		}
	}
	for _, p := range work {
		if err := p.write(f); err != nil {
			return fmt.Errorf("flushing tenant %s: %w", p.root.tenant.id, err)
		}
	}
	return nil
}

// pin takes what is to be written, in order of tenants, and the tenants whose pages are to go.
func (e *Engine) pin() (index uint64, work []*pinned, gone []*Tenant) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(e.flushed)) {
		t := e.flushed[id].root.tenant
		now := e.states[id]
		if now != nil && now.tenant == t {
			continue
		}
		gone = append(gone, t)
		if now != nil {
			// Nothing of it is on disk, and nobody has named its pages yet.
			now.tenant.generation = t.generation + 1
		}
	}
	for _, id := range slices.Sorted(maps.Keys(e.states)) {
		s := e.states[id]
		was := e.flushed[id]
		if was != nil && was.root.tenant != s.tenant {
			was = nil
		}
		if was == nil || was.root != s.tenant.Root() {
			work = append(work, s.pin(was))
		}
	}
	return e.Applied(), work, gone
}

func (s *state) pin(was *flushedTenant) *pinned {
	p := &pinned{state: s, was: was, root: s.tenant.Root(), nextTag: s.tags.next, nextSeg: s.segments.next, dirty: s.records.dirty}
	s.records.dirty = bitmap{}
	log := &s.events.log
	p.blocks, p.firstBlock, p.full = slices.Clone(log.blocks), log.begin, len(log.blocks)
	if p.full > 0 && log.rows < rowsPerBlock {
		p.full--
	}
	p.firstSeq, p.payloads = s.tenant.payloads.pending()
	keys := s.remembers
	p.oldestKey, p.firstKey = keys.begin, keys.begin
	if was != nil {
		p.firstKey = max(p.firstKey, was.rememberedEnd())
	}
	p.remembered = slices.Clone(keys.entries[p.firstKey-keys.begin:])
	return p
}

func (f *flushedTenant) rememberedEnd() uint64 {
	if len(f.remembered) == 0 {
		return 0
	}
	last := f.remembered[len(f.remembered)-1]
	return last.first + last.count
}

// unpin gives back what a failed flush took.
func (e *Engine) unpin(work []*pinned) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, p := range work {
		p.state.records.dirty.join(p.dirty)
	}
}

// release drops from memory what is on disk now.
func (e *Engine) release(work []*pinned) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, p := range work {
		s := p.state
		log := &s.events.log
		log.blocks = slices.Clone(log.blocks[p.full:])
		log.begin += uint32(p.full)
		s.tenant.payloads.drop(p.root.seq)
	}
}

// write writes what is pinned over what was there, and notes what is there then.
func (p *pinned) write(f PageFlush) error {
	now, was := &flushedTenant{root: p.root, deltas: map[columnChunk][]uint32{}}, p.was
	old := &Root{events: new(index.Events)}
	w := &writer{PageFlush: f, tenant: p.root.tenant, deltas: now.deltas}
	if was != nil {
		old = was.root
		maps.Copy(now.deltas, was.deltas)
		now.catalog, now.remembered = was.catalog, slices.Clone(was.remembered)
	} else {
		w.err = f.Put(definitionPage(w.tenant.id), w.tenant.encodeDefinition())
	}
	p.writeDefinitions(w, now)
	w.entity(spaceContact, 0, &p.root.contacts, &old.contacts)
	w.entity(spaceAccount, 1, &p.root.accounts, &old.accounts)
	w.attributes(spaceDeal, p.root.deals, old.deals)
	column(w, spaceJoin, 0, p.root.contacts.join, old.contacts.join)
	w.dictionary(spaceWords, 0, p.root.words, old.words)
	for i := range p.root.props {
		var before index.DictView
		if i < len(old.props) {
			before = old.props[i].Dict
		}
		w.dictionary(spaceProp, uint32(i), p.root.props[i].Dict, before)
	}
	w.tags(p.root.tags, old.tags)
	w.segments(p.root.segments, old.segments)
	p.writeRecords(w)
	p.writeEvents(w)
	p.writeRemembered(w, now)
	p.now = now
	return w.err
}

// writeDefinitions writes the counters, and the catalog if it differs from the one on disk.
func (p *pinned) writeDefinitions(w *writer, now *flushedTenant) {
	r := p.root
	c := counters{
		index: r.index, seq: r.seq, remembered: p.oldestKey, time: r.time, contacts: r.contacts.ids.n, accounts: r.accounts.ids.n, record: r.records.n,
	}
	w.put(c.append(nil), pageState)
	catalog, err := r.encodeCatalog(p.nextTag, p.nextSeg)
	if w.err == nil {
		w.err = err
	}
	if !bytes.Equal(catalog, now.catalog) {
		w.put(catalog, pageCatalog)
		now.catalog = catalog
	}
}

// writeRecords writes the groups of records that changed: of each record its owner+1 and its bytes.
func (p *pinned) writeRecords(w *writer) {
	v := &p.root.records
	var data []byte
	w.err = firstError(w.err, p.dirty.each(func(group uint32) error {
		data = data[:0]
		for number := group * recordsPerGroup; number < min((group+1)*recordsPerGroup, v.n); number++ {
			owner, ok := v.owner.Get(number)
			if ok {
				owner++
			}
			data = appendBytes(binary.AppendUvarint(data, uint64(owner)), v.bytes(number))
		}
		w.put(data, pageRecords, group)
		return w.err
	}))
}

// writeEvents writes rows and payloads: full blocks once and for all, the last block over its older self.
func (p *pinned) writeEvents(w *writer) {
	for i, block := range p.blocks[:p.full] {
		w.putOnce(block, pageEvents, p.firstBlock+uint32(i))
	}
	last := binary.AppendUvarint(nil, uint64(p.firstBlock)+uint64(p.full))
	for _, block := range p.blocks[p.full:] {
		last = append(last, block...)
	}
	w.put(last, pageLastEvents)

	list := p.payloads
	number := p.firstSeq / payloadsPerBlock
	for ; len(list) >= payloadsPerBlock; number++ {
		w.putOnce(appendPayloads(nil, list[:payloadsPerBlock]), pagePayloads, uint32(number))
		list = list[payloadsPerBlock:]
	}
	w.put(appendPayloads(nil, list), pageLastPayload)
}

func (p *pinned) writeRemembered(w *writer, now *flushedTenant) {
	for len(now.remembered) > 0 && now.remembered[0].first+now.remembered[0].count <= p.oldestKey {
		first := now.remembered[0].first
		w.drop(pageIdempotent, uint32(first>>32), uint32(first))
		now.remembered = now.remembered[1:]
	}
	if len(p.remembered) == 0 {
		return
	}
	w.put(appendRemembered(nil, p.remembered), pageIdempotent, uint32(p.firstKey>>32), uint32(p.firstKey))
	now.remembered = append(now.remembered, rememberedPage{p.firstKey, uint64(len(p.remembered))})
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
