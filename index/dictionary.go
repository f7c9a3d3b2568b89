package index

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
	"unsafe"
)

const (
	textsPerPage     = 1 << 12
	dictionaryShards = 64
)

// Dictionary gives texts codes, from 1 on in the order in which they come. It never forgets one. One goroutine adds;
// any may look up and view. Texts lie end to end in byte pages and the lookup tables hold numbers only, so that
// millions of texts are a few thousand objects to the collector.
type Dictionary struct {
	seed  maphash.Seed
	texts atomic.Pointer[texts]

	mu struct {
		sync.RWMutex
		// Open addressing by the low half of the hash, an entry being that half<<32 | code; 0 is free. Every shard
		// grows by itself, so that no single Add moves the whole table.
		shards [dictionaryShards]shard
	}
}

type shard struct {
	slots []uint64
	used  int
}

// texts is where the first n texts are: full pages, and the one that is being filled. Every Add stores a new one;
// its arrays are those of the one before, appended to beyond what readers of that one know.
type texts struct {
	full []*textPage
	open textPage
	n    uint32
}

// textPage holds up to textsPerPage texts; text i is bytes[ends[i-1]:ends[i]].
type textPage struct {
	bytes []byte
	ends  []uint32
}

// text returns text i.
func (p *textPage) text(i uint32) string {
	from := uint32(0)
	if i > 0 {
		from = p.ends[i-1]
	}
	b := p.bytes[from:p.ends[i]]
	// The bytes are never written to again, and the string keeps them alive.
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// NewDictionary returns an empty dictionary.
func NewDictionary() *Dictionary {
	d := &Dictionary{seed: maphash.MakeSeed()}
	d.texts.Store(new(texts))
	return d
}

// Code returns the code of text, and whether it has one.
func (d *Dictionary) Code(text string) (uint32, bool) {
	h := maphash.String(d.seed, text)
	d.mu.RLock()
	defer d.mu.RUnlock()
	_, code := d.probeLocked(h, text)
	return code, code != 0
}

// Add returns the code of text, and gives it one if it has none. Up to 2^32-1 texts find room, and 4,096 that follow
// each other may be 4 GiB long together.
func (d *Dictionary) Add(text string) uint32 {
	h := maphash.String(d.seed, text)
	d.mu.Lock()
	defer d.mu.Unlock()
	at, code := d.probeLocked(h, text)
	if code != 0 {
		return code
	}
	code = d.store(text)
	s := &d.mu.shards[h>>58]
	if 4*(s.used+1) > 3*len(s.slots) {
		s.grow()
		at = s.free(uint32(h))
	}
	s.slots[at] = uint64(uint32(h))<<32 | uint64(code)
	s.used++
	return code
}

// View returns the texts as of now. It takes no lock, and no later Add changes it.
func (d *Dictionary) View() DictView { return DictView{d, d.texts.Load()} }

// probeLocked looks text up in its shard: its code, or else 0 and the free place where it belongs.
func (d *Dictionary) probeLocked(h uint64, text string) (at int, code uint32) {
	s := &d.mu.shards[h>>58]
	if len(s.slots) == 0 {
		return 0, 0
	}
	view := d.View()
	last := len(s.slots) - 1
	for at = int(uint32(h)) & last; s.slots[at] != 0; at = (at + 1) & last {
		if e := s.slots[at]; uint32(e>>32) == uint32(h) && view.Text(uint32(e)) == text {
			return at, uint32(e)
		}
	}
	return at, 0
}

// grow doubles the shard. The entries hold what is needed of the hash, so no text is read.
func (s *shard) grow() {
	old := s.slots
	s.slots = make([]uint64, max(4, 2*len(old)))
	for _, e := range old {
		if e != 0 {
			s.slots[s.free(uint32(e>>32))] = e
		}
	}
}

// free returns the first free place for a hash.
func (s *shard) free(h uint32) int {
	last := len(s.slots) - 1
	at := int(h) & last
	for s.slots[at] != 0 {
		at = (at + 1) & last
	}
	return at
}

// store appends text to the pages and returns its code.
func (d *Dictionary) store(text string) uint32 {
	next := *d.texts.Load()
	if len(next.open.ends) == textsPerPage {
		page := next.open
		next.full = append(next.full, &page)
		next.open = textPage{}
	}
	next.open.bytes = append(next.open.bytes, text...)
	next.open.ends = append(next.open.ends, uint32(len(next.open.bytes)))
	next.n++
	d.texts.Store(&next)
	return next.n
}

// DictView is the first texts of a dictionary, immutable. The zero DictView is empty. Any goroutine may read it.
type DictView struct {
	dict  *Dictionary
	texts *texts
}

// Code returns the code of text, and whether the view has it.
func (v DictView) Code(text string) (uint32, bool) {
	if v.dict == nil {
		return 0, false
	}
	code, ok := v.dict.Code(text)
	if !ok || code > v.Len() {
		return 0, false
	}
	return code, true
}

// Extends reports whether v has at least the texts of old, under the same codes: both are views of one dictionary, and
// old is not the later one.
func (v DictView) Extends(old DictView) bool {
	return old.dict == nil || v.dict == old.dict && v.Len() >= old.Len()
}

// Len returns the number of texts, which is also the largest code.
func (v DictView) Len() uint32 {
	if v.texts == nil {
		return 0
	}
	return v.texts.n
}

// Text returns the text of code; "" when the view has no such code. The string shares the dictionary's memory.
func (v DictView) Text(code uint32) string {
	if code == 0 || code > v.Len() {
		return ""
	}
	i := code - 1
	if page := int(i / textsPerPage); page < len(v.texts.full) {
		return v.texts.full[page].text(i % textsPerPage)
	}
	return v.texts.open.text(i % textsPerPage)
}
