package engine

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"pgregory.net/rapid"
)

// memoryPages keeps pages in a map. It fails a test that names a page twice in a flush or puts a page again that is
// put once, which a real store need not notice.
type memoryPages struct {
	t  rapid.TB
	mu sync.Mutex

	pages map[string][]byte
	once  map[string]bool
	index uint64
	meta  []byte
	done  bool

	failAt int // fail the n-th call of a flush from now, when above 0
	bytes  int // put since the beginning
}

func newMemoryPages(t rapid.TB) *memoryPages {
	return &memoryPages{t: t, pages: map[string][]byte{}, once: map[string]bool{}}
}

func (p *memoryPages) Begin(index uint64) PageFlush {
	return &memoryFlush{p: p, index: index, pages: maps.Clone(p.pages), once: maps.Clone(p.once), named: map[string]bool{}}
}

func (p *memoryPages) Scan(prefix []byte, f func(page, data []byte) error) error {
	p.mu.Lock()
	var names []string
	for name := range p.pages {
		if strings.HasPrefix(name, string(prefix)) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var list [][]byte
	for _, name := range names {
		list = append(list, p.pages[name])
	}
	p.mu.Unlock()
	scratch := []byte(nil)
	for i, name := range names {
		// The engine may not keep what it is given.
		scratch = append(scratch[:0], list[i]...)
		if err := f([]byte(name), scratch); err != nil {
			return err
		}
		clear(scratch)
	}
	return nil
}

func (p *memoryPages) Get(page []byte) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	data, ok := p.pages[string(page)]
	if !ok {
		return nil, errors.New("no such page")
	}
	return bytes.Clone(data), nil
}

func (p *memoryPages) Committed() (uint64, []byte, bool) { return p.index, p.meta, p.done }

type memoryFlush struct {
	p     *memoryPages
	index uint64
	pages map[string][]byte
	once  map[string]bool
	named map[string]bool
}

var errInjected = errors.New("injected")

func (f *memoryFlush) step() error {
	if f.p.failAt > 0 {
		if f.p.failAt--; f.p.failAt == 0 {
			return errInjected
		}
	}
	return nil
}

func (f *memoryFlush) name(page []byte) {
	if f.named[string(page)] {
		f.p.t.Errorf("page %q is named twice in a flush", page)
	}
	f.named[string(page)] = true
}

func (f *memoryFlush) Put(page, data []byte) error {
	f.name(page)
	f.pages[string(page)] = bytes.Clone(data)
	f.p.bytes += len(data)
	return f.step()
}

func (f *memoryFlush) PutOnce(page, data []byte) error {
	if _, there := f.pages[string(page)]; there {
		f.p.t.Errorf("page %q is put again", page)
	}
	f.once[string(page)] = true
	return f.Put(page, data)
}

func (f *memoryFlush) Delete(page []byte) error {
	f.name(page)
	delete(f.pages, string(page))
	return f.step()
}

func (f *memoryFlush) DeletePrefix(prefix []byte) error {
	for name := range f.pages {
		if strings.HasPrefix(name, string(prefix)) {
			delete(f.pages, name)
		}
	}
	return f.step()
}

func (f *memoryFlush) Commit(meta []byte) error {
	if err := f.step(); err != nil {
		return err
	}
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	f.p.pages, f.p.once, f.p.index, f.p.meta, f.p.done = f.pages, f.once, f.index, meta, true
	return nil
}

func (f *memoryFlush) Abort() {}
