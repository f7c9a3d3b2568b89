package plan

import (
	"fmt"
	"math/bits"

	"rollcall/index"
)

// MaxPage is the greatest limit of one page.
const MaxPage = 1 << 20

// Page returns up to limit (1 to MaxPage) matching ordinals, ascending, beginning with the ordinal after (0: from the
// start). next is the value of after for the page that follows, one beyond the last ordinal, and more tells whether
// there is such a page now. next stays valid through writes, because an ordinal never changes: who comes to match
// between two pages is on the second one if it lies there. Evaluation ends with the chunk that fills the page.
func (pl *Plan) Page(p Population, o Options, after uint32, limit int) (ords []uint32, next uint32, more bool, err error) {
	if limit < 1 || limit > MaxPage {
		return nil, 0, false, fmt.Errorf("a page has 1 to %d contacts, not %d", MaxPage, limit)
	}
	ev, err := pl.bind(p, o)
	if err != nil {
		return nil, 0, false, err
	}
	if err := ev.ready(); err != nil {
		return nil, 0, false, err
	}
	w := idle.Get().(*worker)
	defer w.rest()
	for chunk := int(after >> 16); chunk < ev.chunks && len(ords) <= limit; chunk++ {
		from := 0
		if chunk == int(after>>16) {
			from = int(after & 0xffff)
		}
		ev.slots(w, chunk, func(m *index.Mask) { ords = appendFrom(ords, limit+1, m, chunk, from) })
		if err := ev.trouble(); err != nil {
			return nil, 0, false, err
		}
	}
	more = len(ords) > limit
	ords = ords[:min(len(ords), limit)]
	if len(ords) > 0 {
		after = ords[len(ords)-1] + 1
	}
	return ords, after, more, nil
}

// appendFrom appends the ordinals of the chunk from the slot from on, until there are most.
func appendFrom(ords []uint32, most int, m *index.Mask, chunk, from int) []uint32 {
	for i := from / 64; i < index.ChunkWords; i++ {
		word := m[i]
		if i == from/64 {
			word &= ^uint64(0) << (from % 64)
		}
		for ; word != 0; word &= word - 1 {
			if len(ords) == most {
				return ords
			}
			ords = append(ords, uint32(chunk<<16|i<<6|bits.TrailingZeros64(word)))
		}
	}
	return ords
}
