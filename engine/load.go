package engine

import (
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"

	"rollcall/engine/command"
	"rollcall/engine/oneid"
	"rollcall/index"
)

// loadTurn is held while the state is loaded, because the collector's percentage is the process's.
var loadTurn sync.Mutex

// gcPercent is how much garbage there may be while loading, in percent of what lives. There is little to mark, as
// nearly everything is free of pointers; without a bound below the usual one the peak would be twice what is loaded.
const gcPercent = 25

// manyEvents is from how many events on what loading does not need any more is worth giving back to the system at once.
const manyEvents = 1 << 20

// load reads all tenants as of the committed index.
func (e *Engine) load(index uint64) error {
	loadTurn.Lock()
	defer loadTurn.Unlock()
	if usual := debug.SetGCPercent(gcPercent); usual < 0 || usual > gcPercent {
		defer debug.SetGCPercent(usual)
	} else {
		debug.SetGCPercent(usual)
	}
	events := uint64(0)
	defer func() {
		if events >= manyEvents {
			debug.FreeOSMemory()
		}
	}()
	var definitions []*command.CreateTenant
	err := e.pages.Scan([]byte(definitionPrefix), func(_, data []byte) error {
		c, err := decodeDefinition(slices.Clone(data))
		definitions = append(definitions, c)
		return err
	})
	if err != nil {
		return err
	}
	for _, c := range definitions {
		t := newTenant(c, e.pages)
		l := &loader{state: emptyState(t), pages: e.pages, flushed: &flushedTenant{deltas: map[columnChunk][]uint32{}}, tagged: map[uint32]*tag{}, statics: map[uint32]*segment{}}
		if err := l.load(); err != nil {
			return fmt.Errorf("tenant %s: %w", t.id, err)
		}
		l.flushed.root = l.publish()
		events += l.events.seq
		e.states[t.id], e.flushed[t.id] = l.state, l.flushed
	}
	return nil
}

// loader reads one tenant.
type loader struct {
	*state
	pages    Pages
	flushed  *flushedTenant
	counters counters
	tagged   map[uint32]*tag     // by number
	statics  map[uint32]*segment // by number
}

var errPages = errors.New("the pages contradict each other")

// load reads event rows beside everything else: they are most of the work. Identifier, record and event tables are
// made anew from records and rows.
func (l *loader) load() error {
	data, err := l.pages.Get(l.tenant.page(pageState))
	if err == nil {
		err = l.counters.parse(data)
	}
	if err != nil {
		return err
	}
	l.index, l.time, l.events.seq = l.counters.index, l.counters.time, l.counters.seq
	if l.flushed.catalog, err = l.pages.Get(l.tenant.page(pageCatalog)); err == nil {
		err = l.loadCatalog(l.flushed.catalog)
	}
	if err != nil {
		return err
	}
	l.findCanonical()
	for _, t := range l.tags.list {
		l.tagged[t.number] = t
	}
	for _, g := range l.segments.list {
		l.statics[g.number] = g
	}
	var wait sync.WaitGroup
	var events error
	wait.Add(1)
	go func() {
		defer wait.Done()
		events = l.loadEvents()
	}()
	err = l.loadPeople()
	wait.Wait()
	return errors.Join(err, events)
}

func (l *loader) loadPeople() error {
	for _, step := range []func() error{l.loadDictionaries, l.loadIDs, l.loadSets, l.loadColumns, l.loadRecords, l.loadRemembered} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// scan calls f with every page of a kind and the numbers in its name.
func (l *loader) scan(kind byte, want int, f func(numbers []uint32, data []byte) error) error {
	return l.pages.Scan(l.tenant.page(kind), func(page, data []byte) error {
		numbers := l.tenant.numbers(page)
		if len(numbers) != want {
			return fmt.Errorf("page %q: %w", page, errPages)
		}
		if err := f(numbers, data); err != nil {
			return fmt.Errorf("page %q: %w", page, err)
		}
		return nil
	})
}

func (l *loader) loadDictionaries() error {
	return l.scan(pageDictionary, 3, func(numbers []uint32, data []byte) error {
		d := l.dictionary(numbers[0], numbers[1])
		if d == nil || d.View().Len() != numbers[2]*textsPerBlock {
			return errPages
		}
		in := input{b: data}
		for n := uint32(0); len(in.b) > 0 && !in.bad; n++ {
			if text := view(in.bytes()); d.Add(text) != numbers[2]*textsPerBlock+n+1 {
				return errPages
			}
		}
		if in.bad {
			return errPages
		}
		return nil
	})
}

func (l *loader) dictionary(space, number uint32) *index.Dictionary {
	switch space {
	case spaceWords:
		return l.words
	case spaceContact, spaceAccount, spaceDeal:
		if list := l.attributesOf(space).list; int(number) < len(list) {
			return list[number].dict
		}
	case spaceTag:
		if t := l.tagged[number]; t != nil {
			return t.dict
		}
	case spaceProp:
		if int(number) < len(l.props.list) {
			return l.props.list[number].dict
		}
	}
	return nil
}

func (l *loader) attributesOf(space uint32) *attributes {
	switch space {
	case spaceContact:
		return &l.contacts.attributes
	case spaceAccount:
		return &l.accounts.attributes
	}
	return &l.deals
}

func (l *loader) entityAt(number uint32) *entity {
	if number == 0 {
		return l.contacts
	}
	return l.accounts
}

func (l *loader) loadIDs() error {
	var byID [2]index.TableLoader
	err := l.scan(pageIDs, 2, func(numbers []uint32, data []byte) error {
		e := l.entityAt(numbers[0])
		if len(data)%16 != 0 || e.ids.n != numbers[1]*idsPerBlock {
			return errPages
		}
		for ; len(data) > 0; data = data[16:] {
			id := command.ID(data)
			byID[min(numbers[0], 1)].Put(index.Key(id), e.ids.append(id))
		}
		return nil
	})
	if err == nil && (l.contacts.ids.n != l.counters.contacts || l.accounts.ids.n != l.counters.accounts) {
		err = fmt.Errorf("ids: %w", errPages)
	}
	l.contacts.byID, l.accounts.byID = index.LoadTable(&byID[0]), index.LoadTable(&byID[1])
	return err
}

func (l *loader) loadSets() error {
	return l.scan(pageSet, 3, func(numbers []uint32, data []byte) error {
		var cell *setCell
		switch numbers[0] {
		case spaceLive:
			cell = &l.entityAt(numbers[1]).live
		case spaceTag:
			if t := l.tagged[numbers[1]]; t != nil {
				cell = &t.members
			}
		case spaceSegment:
			if g := l.statics[numbers[1]]; g != nil {
				cell = &g.members
			}
		}
		if cell == nil {
			return errPages
		}
		c, err := index.DecodeContainer(data)
		if err == nil {
			cell.open().Load(int(numbers[2]), c)
		}
		return err
	})
}

func (l *loader) loadColumns() error {
	var at [2]uint32 // the column that is being read
	var take func(chunk int, base bool, from int, data []byte) error
	finish := func() {}
	err := l.scan(pageColumn, 4, func(numbers []uint32, data []byte) error {
		if take == nil || at != [2]uint32(numbers) {
			finish()
			if take, finish = l.column(numbers[0], numbers[1]); take == nil {
				return errPages
			}
			at = [2]uint32(numbers)
		}
		c := columnChunk{numbers[0], numbers[1], numbers[2]}
		if numbers[3] == 0 {
			return take(int(c.chunk), true, 0, data)
		}
		l.flushed.deltas[c] = append(l.flushed.deltas[c], numbers[3])
		return take(int(c.chunk), false, int(numbers[3]-1), data)
	})
	finish()
	return err
}

// column returns how to load a page of a column, and what to do after the last one; nil for an unknown column.
func (l *loader) column(space, number uint32) (take func(chunk int, base bool, from int, data []byte) error, finish func()) {
	switch space {
	case spaceMerged:
		return loading(&l.entityAt(number).merged)
	case spaceJoin:
		return loading(&l.contacts.account)
	case spaceTag:
		if t := l.tagged[number]; t != nil {
			return loading(&t.values)
		}
	case spaceSince:
		if t := l.tagged[number]; t != nil {
			return loading(&t.since)
		}
	case spaceContact, spaceAccount:
		list := l.attributesOf(space).list
		if int(number>>3) >= len(list) {
			break
		}
		a := list[number>>3]
		if v := a.publish(); columnNumber(number>>3, &v) != number {
			break
		}
		switch {
		case a.dict != nil:
			return loading(&a.codes)
		case a.kind == "float":
			return loading(&a.floats)
		case a.kind == "bool":
			return loading(&a.bools)
		}
		return loading(&a.ints)
	}
	return nil, func() {}
}

func loading[T index.Value](cell *columnCell[T]) (take func(chunk int, base bool, from int, data []byte) error, finish func()) {
	into := index.NewColumnLoader[T]()
	return into.Load, func() { *cell = columnOf(into.Column()) }
}

// loadRecords reads the records, and makes what follows from them: who has which identifier, who is known, and the
// chains of each owner's records.
func (l *loader) loadRecords() error {
	var keys recordKeys
	strong := map[uint32]bool{}
	for code := uint32(1); code <= l.words.View().Len(); code++ {
		rule, ok := oneid.Rule(l.words.View().Text(code))
		strong[code] = ok && !rule.Weak
	}
	err := l.scan(pageRecords, 1, func(numbers []uint32, data []byte) error {
		if numbers[0]*recordsPerGroup != l.records.n {
			return errPages
		}
		in := input{b: data}
		for len(in.b) > 0 {
			owner, blob := in.uint32(), in.bytes()
			if in.bad {
				return errPages
			}
			if err := l.loadRecord(owner, blob, strong, &keys); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && l.records.n != l.counters.record {
		err = fmt.Errorf("records: %w", errPages)
	}
	l.records.dirty = bitmap{}
	l.records.byKey = index.LoadTable(&keys.records)
	l.contacts.byKey, l.accounts.byKey = index.LoadTable(&keys.contacts), index.LoadTable(&keys.accounts)
	return err
}

// recordKeys is what the records say of keys: whose record it is, and who has an identifier.
type recordKeys struct{ records, contacts, accounts index.TableLoader }

func (l *loader) loadRecord(owner uint32, blob []byte, strong map[uint32]bool, keys *recordKeys) error {
	rec := &l.rec
	if err := rec.parse(blob); err != nil {
		return err
	}
	e, byKey := l.contacts, &keys.contacts
	if rec.ofAccount {
		e, byKey = l.accounts, &keys.accounts
	}
	known := l.contacts.attributes.list
	switch {
	case rec.kind == command.KindOpportunity:
		known = l.deals.list
	case rec.ofAccount:
		known = l.accounts.attributes.list
	}
	if owner > e.ids.n || rec.account > l.accounts.ids.n || slices.ContainsFunc(rec.fields, func(f field) bool { return int(f.attribute) >= len(known) }) {
		return errPages
	}
	number := l.records.n
	l.records.n++
	keys.records.Put(index.Key(rec.key), number)
	l.records.writeBytes(number, blob)
	if owner != 0 {
		ord := owner - 1
		l.chain(e, ord, number)
		if rec.kind == command.KindContact || rec.kind == command.KindLead {
			e.known.add(ord)
		}
		for i := range rec.identifiers {
			h := &rec.identifiers[i]
			if h.first {
				byKey.Put(index.Key(h.key), ord)
			}
			if strong[h.kind] {
				e.known.add(ord)
			}
		}
	}
	if rec.kind == command.KindOpportunity && rec.account != 0 {
		// Not resolve: what is loaded is what is on disk, and a way made shorter would not be.
		account := l.accounts.survivor(rec.account - 1)
		if head, ok := l.accounts.deal.get(account); ok {
			l.records.nextDeal.set(number, head)
		}
		l.accounts.deal.set(account, number)
	}
	return nil
}

func (l *loader) loadRemembered() error {
	l.remembers.begin = l.counters.remembered
	return l.scan(pageIdempotent, 2, func(numbers []uint32, data []byte) error {
		first := uint64(numbers[0])<<32 | uint64(numbers[1])
		entries, err := decodeRemembered(slices.Clone(data))
		if err != nil {
			return err
		}
		l.flushed.remembered = append(l.flushed.remembered, rememberedPage{first, uint64(len(entries))})
		for i := range entries {
			if first+uint64(i) >= l.remembers.begin {
				l.remembers.insert(entries[i])
			}
		}
		return nil
	})
}
