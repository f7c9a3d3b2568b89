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
	root       *Root
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
	index, work := e.pin()
	f := begin(index)
	next := map[string]*flushedTenant{}
	for _, p := range work {
		was := e.flushed[p.root.tenant.id]
		now, err := p.write(f, was)
		if err != nil {
			f.Abort()
			e.unpin(work)
			return 0, fmt.Errorf("flushing tenant %s: %w", p.root.tenant.id, err)
		}
		next[p.root.tenant.id] = now
	}
	if err := f.Commit(pageMeta); err != nil {
		e.unpin(work)
		return 0, fmt.Errorf("committing the flush of index %d: %w", index, err)
	}
	maps.Copy(e.flushed, next)
	e.release(work)
	return index, nil
}

// pin takes what is to be written, in order of tenants.
func (e *Engine) pin() (uint64, []*pinned) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var work []*pinned
	for _, id := range slices.Sorted(maps.Keys(e.states)) {
		s := e.states[id]
		was := e.flushed[id]
		if was != nil && was.root == s.tenant.Root() {
			continue
		}
		work = append(work, s.pin(was))
	}
	return e.Applied(), work
}

func (s *state) pin(was *flushedTenant) *pinned {
	p := &pinned{root: s.tenant.Root(), nextTag: s.tags.next, nextSeg: s.segments.next, dirty: s.records.dirty}
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
		e.states[p.root.tenant.id].records.dirty.join(p.dirty)
	}
}

// release drops from memory what is on disk now.
func (e *Engine) release(work []*pinned) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, p := range work {
		s := e.states[p.root.tenant.id]
		log := &s.events.log
		log.blocks = slices.Clone(log.blocks[p.full:])
		log.begin += uint32(p.full)
		s.tenant.payloads.drop(p.root.seq)
	}
}

// The spaces of dictionaries, sets and columns. They are part of the format on disk.
const (
	spaceWords = iota
	spaceContact
	spaceAccount
	spaceDeal
	spaceTag
	spaceProp
	spaceLive
	spaceSegment
	spaceMerged
	spaceJoin
)

// writer writes the pages of one tenant. After an error it does nothing.
type writer struct {
	PageFlush
	tenant *Tenant
	deltas map[columnChunk][]uint32
	err    error
}

func (w *writer) put(data []byte, kind byte, numbers ...uint32) {
	if w.err == nil {
		w.err = w.Put(w.tenant.page(kind, numbers...), data)
	}
}

func (w *writer) putOnce(data []byte, kind byte, numbers ...uint32) {
	if w.err == nil {
		w.err = w.PutOnce(w.tenant.page(kind, numbers...), data)
	}
}

func (w *writer) drop(kind byte, numbers ...uint32) {
	if w.err == nil {
		w.err = w.Delete(w.tenant.page(kind, numbers...))
	}
}

func (w *writer) dropAll(kind byte, numbers ...uint32) {
	if w.err == nil {
		w.err = w.DeletePrefix(w.tenant.page(kind, numbers...))
	}
}

// write writes what is pinned over what was there, and returns what is there then.
func (p *pinned) write(f PageFlush, was *flushedTenant) (*flushedTenant, error) {
	now := &flushedTenant{root: p.root, deltas: map[columnChunk][]uint32{}}
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
	return now, w.err
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

func (w *writer) entity(space, number uint32, p, old *population) {
	for block := old.ids.n / idsPerBlock; block*idsPerBlock < p.ids.n; block++ {
		n := min(idsPerBlock, p.ids.n-block*idsPerBlock)
		data := make([]byte, 0, n*16)
		for _, id := range p.ids.blocks[block][:n] {
			data = append(data, id[:]...)
		}
		w.put(data, pageIDs, number, block)
	}
	w.set(spaceLive, number, p.live, old.live)
	column(w, spaceMerged, number, p.merged, old.merged)
	w.attributes(space, p.attributes, old.attributes)
}

// attributes writes dictionaries and columns. The number of a column says its kind too: a column that was widened is
// another one.
func (w *writer) attributes(space uint32, list, old []attributeView) {
	for i := range list {
		a, before := &list[i], &attributeView{}
		if i < len(old) {
			before = &old[i]
			if before.kind != a.kind {
				w.dropAll(pageColumn, space, columnNumber(uint32(i), before))
				before = &attributeView{}
			}
		}
		number := columnNumber(uint32(i), a)
		w.dictionary(space, uint32(i), a.Dict, before.Dict)
		column(w, space, number, a.Codes, before.Codes)
		column(w, space, number, a.Ints, before.Ints)
		column(w, space, number, a.Floats, before.Floats)
		column(w, space, number, a.Bools, before.Bools)
	}
}

func columnNumber(attribute uint32, v *attributeView) uint32 { return attribute<<3 | uint32(v.Kind) }

// textsPerBlock is how many texts of a dictionary a page has; the last one is written again until it is full.
const textsPerBlock = 1 << 10

func (w *writer) dictionary(space, number uint32, now, old index.DictView) {
	for block := old.Len() / textsPerBlock; now.Len() > old.Len() && block*textsPerBlock < now.Len(); block++ {
		var data []byte
		for code := block*textsPerBlock + 1; code <= min(now.Len(), (block+1)*textsPerBlock); code++ {
			text := now.Text(code)
			data = append(binary.AppendUvarint(data, uint64(len(text))), text...)
		}
		w.put(data, pageDictionary, space, number, block)
	}
}

func (w *writer) set(space, number uint32, now, old *index.Set) {
	if w.err != nil {
		return
	}
	w.err = now.Pages(old, func(chunk int, data []byte) error {
		if len(data) == 0 {
			w.drop(pageSet, space, number, uint32(chunk))
		} else {
			w.put(data, pageSet, space, number, uint32(chunk))
		}
		return w.err
	})
}

// column writes what changed of a column. A base page makes the delta pages of its chunk void, and a delta from 0 all
// others: those are deleted, but never a page that is put as well.
func column[T index.Value](w *writer, space, number uint32, now, old *index.Column[T]) {
	if w.err != nil || now == old {
		return
	}
	void := map[columnChunk][]uint32{}
	w.err = now.Pages(old, func(chunk int, base bool, from int, data []byte) error {
		c := columnChunk{space, number, uint32(chunk)}
		switch {
		case base && len(data) == 0:
			w.drop(pageColumn, space, number, c.chunk, 0)
		case base:
			w.put(data, pageColumn, space, number, c.chunk, 0)
		default:
			w.put(data, pageColumn, space, number, c.chunk, uint32(from)+1)
		}
		if base || from == 0 {
			void[c] = append(void[c], w.deltas[c]...)
			w.deltas[c] = nil
		}
		if !base {
			w.deltas[c] = append(slices.Clip(w.deltas[c]), uint32(from)+1)
		}
		return w.err
	})
	for _, c := range slices.SortedFunc(maps.Keys(void), func(a, b columnChunk) int { return int(a.chunk) - int(b.chunk) }) {
		slices.Sort(void[c])
		for _, page := range slices.Compact(void[c]) {
			if !slices.Contains(w.deltas[c], page) {
				w.drop(pageColumn, space, number, c.chunk, page)
			}
		}
	}
}

func (w *writer) tags(list, old []tagView) {
	before := map[uint32]*tagView{}
	for i := range old {
		before[old[i].number] = &old[i]
	}
	for i := range list {
		t, was := &list[i], before[list[i].number]
		delete(before, t.number)
		if was == nil {
			was = &tagView{}
		}
		w.set(spaceTag, t.number, t.Set, was.Set)
		column(w, spaceTag, t.number, t.Values, was.Values)
		w.dictionary(spaceTag, t.number, t.Dict, was.Dict)
	}
	for _, number := range slices.Sorted(maps.Keys(before)) {
		w.dropAll(pageSet, spaceTag, number)
		w.dropAll(pageColumn, spaceTag, number)
		w.dropAll(pageDictionary, spaceTag, number)
		maps.DeleteFunc(w.deltas, func(c columnChunk, _ []uint32) bool { return c.space == spaceTag && c.number == number })
	}
}

func (w *writer) segments(list, old []segmentView) {
	before := map[uint32]*segmentView{}
	for i := range old {
		before[old[i].number] = &old[i]
	}
	for i := range list {
		var was *index.Set
		if o := before[list[i].number]; o != nil {
			was = o.Members
		}
		delete(before, list[i].number)
		w.set(spaceSegment, list[i].number, list[i].Members, was)
	}
	for _, number := range slices.Sorted(maps.Keys(before)) {
		w.dropAll(pageSet, spaceSegment, number)
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
