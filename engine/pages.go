package engine

import "encoding/binary"

// Pages is where the engine's state is kept on disk. Reads see the last committed flush only and may come from any
// goroutine.
type Pages interface {
	// Begin opens the flush of everything up to a Raft index.
	Begin(index uint64) PageFlush
	// Scan calls f with every page whose name has the prefix, in ascending order of names, until f fails. f may keep
	// neither slice.
	Scan(prefix []byte, f func(page, data []byte) error) error
	// Get returns a page of its own to keep; an error if there is none.
	Get(page []byte) ([]byte, error)
	// Committed tells up to which Raft index the pages reach; ok is false before the first flush.
	Committed() (index uint64, meta []byte, ok bool)
}

// PageFlush is one flush: all of it is there after Commit, nothing of it before.
type PageFlush interface {
	Put(page, data []byte) error
	// PutOnce stores a page that is written once: none of its name was there before, and none will be put after.
	PutOnce(page, data []byte) error
	Delete(page []byte) error
	DeletePrefix(prefix []byte) error
	Commit(meta []byte) error
	Abort()
}

// The kinds of page of a tenant. They are part of the format on disk.
const (
	pageState       = 'a' // counts and leader time, every flush
	pageCatalog     = 'c' // definitions: attributes, tags, event types, properties, segments, API keys
	pageDictionary  = 'w' // + dictionary, first code: texts
	pageIDs         = 'i' // + entity, block: OneIDs
	pageSet         = 's' // + set, chunk: a container
	pageColumn      = 'v' // + column, chunk, 'b' or 'd' + first entry: a base page or delta entries
	pageRecords     = 'r' // + group: source records
	pageEvents      = 'e' // + block: event rows, once it is full
	pageLastEvents  = 'E' // event rows of the block that is not
	pagePayloads    = 'p' // + block: sealed payloads, once it is full
	pageLastPayload = 'P' // sealed payloads of the block that is not
	pageIdempotent  = 'k' // + number: idempotency keys
)

const (
	definitionPrefix = "T" // + tenant: its definition
	tenantPrefix     = "t" // + tenant + 0: everything else
)

// markGeneration follows the 0 in the pages of a tenant whose id had pages of a deleted tenant when its own were first
// written: no flush may name a page twice, so it has others. It is no kind of page.
const markGeneration = 1

// pageMeta is the commit record's meta: the format of the pages.
var pageMeta = []byte{1}

func definitionPage(tenant string) []byte { return append([]byte(definitionPrefix), tenant...) }

// page names a page of the tenant: its kind and the numbers that tell it from others of the kind, big endian, so that
// a scan meets them in order.
func (t *Tenant) page(kind byte, numbers ...uint32) []byte {
	b := append(t.prefix(), kind)
	for _, n := range numbers {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	return b
}

// prefix begins the names of all pages of the tenant but its definition. It has room for a kind and numbers.
func (t *Tenant) prefix() []byte {
	b := append(make([]byte, 0, len(t.id)+24), tenantPrefix...)
	b = append(append(b, t.id...), 0)
	if t.generation > 0 {
		b = binary.BigEndian.AppendUint32(append(b, markGeneration), t.generation)
	}
	return b
}

// numbers is the inverse of page: the numbers behind the kind.
func (t *Tenant) numbers(page []byte) []uint32 {
	rest := page[len(t.prefix())+1:]
	out := make([]uint32, len(rest)/4)
	for i := range out {
		out[i] = binary.BigEndian.Uint32(rest[4*i:])
	}
	return out
}
