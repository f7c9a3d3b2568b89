package index

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"sort"
)

// Kind is the form in which a container keeps its slots.
type Kind uint8

// The kinds of container. Which one a content takes is fixed (kindFor), so equal contents have equal containers.
const (
	Array Kind = iota + 1 // at most maxArray slots, ascending
	Runs                  // at most maxRuns ranges of adjacent slots
	Dense                 // a Mask
	Full                  // every slot of the chunk
)

const (
	// Past 512 slots a dense container is faster than a list in cache and out of it; Roaring's 4,096 saves memory
	// instead and makes a count of three tags an order of magnitude slower.
	maxArray = 512
	// A range costs a few nanoseconds to apply, a dense container 150 to 300: past some hundred ranges runs lose.
	maxRuns = 128
)

// Container is the slots of one chunk that are in a set: immutable, with its cardinality stored. The nil Container is
// the empty one, and there is no other empty one.
type Container struct {
	kind Kind
	card int32
	runs int32    // number of ranges, whatever the kind
	ids  []uint16 // Array: the slots. Runs: first and last of each range in turn.
	mask *Mask    // Dense
}

var fullContainer = &Container{kind: Full, card: ChunkSize, runs: 1}

// kindFor picks the kind for a content of card slots in runs ranges.
func kindFor(card, runs int) Kind {
	switch {
	case card == ChunkSize:
		return Full
	case runs <= maxRuns && (card > maxArray || 2*runs < card):
		return Runs
	case card <= maxArray:
		return Array
	}
	return Dense
}

// ContainerOf returns the container of the slots in m, nil when m is empty. It keeps no reference to m.
func ContainerOf(m *Mask) *Container {
	card := m.Count()
	if card == 0 {
		return nil
	}
	c := newContainer(m, card, m.runs())
	if c.kind == Dense {
		own := *m
		c.mask = &own
	}
	return c
}

// newContainer makes a container of the card > 0 slots of m, which lie in runs ranges. A dense one takes m over.
func newContainer(m *Mask, card, runs int) *Container {
	c := &Container{kind: kindFor(card, runs), card: int32(card), runs: int32(runs)}
	switch c.kind {
	case Full:
		return fullContainer
	case Array:
		c.ids = appendSlots(make([]uint16, 0, card), m)
	case Runs:
		c.ids = appendRanges(make([]uint16, 0, 2*runs), m)
	case Dense:
		c.mask = m
	}
	return c
}

// appendSlots appends the slots of m in ascending order.
func appendSlots(dst []uint16, m *Mask) []uint16 {
	for i, w := range m {
		for ; w != 0; w &= w - 1 {
			dst = append(dst, uint16(i<<6|bits.TrailingZeros64(w)))
		}
	}
	return dst
}

// appendRanges appends the first and last slot of every range of m in ascending order.
func appendRanges(dst []uint16, m *Mask) []uint16 {
	before := uint64(0)
	for i, w := range m {
		shifted := w<<1 | before
		before = w >> 63
		// A bit that differs from the one below it starts a range, or stands just past the end of one.
		for turn := w ^ shifted; turn != 0; turn &= turn - 1 {
			slot := i<<6 | bits.TrailingZeros64(turn)
			if len(dst)%2 == 1 {
				slot--
			}
			dst = append(dst, uint16(slot))
		}
	}
	if len(dst)%2 == 1 {
		dst = append(dst, ChunkSize-1)
	}
	return dst
}

// Card returns the number of slots.
func (c *Container) Card() int {
	if c == nil {
		return 0
	}
	return int(c.card)
}

// Kind returns the form of the container; 0 for the empty one.
func (c *Container) Kind() Kind {
	if c == nil {
		return 0
	}
	return c.kind
}

// Dense returns the words of a dense container, which must not be written to, and nil for every other kind.
func (c *Container) Dense() *Mask {
	if c == nil {
		return nil
	}
	return c.mask
}

// Contains reports whether slot is in the container.
func (c *Container) Contains(slot uint16) bool {
	switch c.Kind() {
	case Array:
		_, found := slices.BinarySearch(c.ids, slot)
		return found
	case Runs:
		// The first bound above slot is the end of the range that may hold it, or the start of the next one.
		i := sort.Search(len(c.ids), func(i int) bool { return c.ids[i] >= slot })
		return i < len(c.ids) && (i%2 == 1 || c.ids[i] == slot)
	case Dense:
		return c.mask.Get(slot)
	case Full:
		return true
	}
	return false
}

// Store sets m to the slots of the container.
func (c *Container) Store(m *Mask) {
	switch c.Kind() {
	case Dense:
		*m = *c.mask
	case Full:
		m.Fill()
	default:
		m.Clear()
		c.OrInto(m)
	}
}

// OrInto takes the slots of the container into m.
func (c *Container) OrInto(m *Mask) {
	switch c.Kind() {
	case Array:
		for _, slot := range c.ids {
			m.Set(slot)
		}
	case Runs:
		for i := 0; i+1 < len(c.ids); i += 2 {
			m.setRange(c.ids[i], c.ids[i+1])
		}
	case Dense:
		m.Or(c.mask)
	case Full:
		m.Fill()
	}
}

// AndInto keeps in m what is in the container too.
func (c *Container) AndInto(m *Mask) {
	switch c.Kind() {
	case Array:
		// Collecting the few common slots and starting from an empty mask costs less than masking word by word.
		var kept [maxArray]uint16
		n := 0
		for _, slot := range c.ids {
			kept[n&(maxArray-1)] = slot
			n += int(m[slot>>6] >> (slot & 63) & 1)
		}
		m.Clear()
		for _, slot := range kept[:n] {
			m.Set(slot)
		}
	case Runs:
		next := 0 // the first slot not yet decided
		for i := 0; i+1 < len(c.ids); i += 2 {
			if first := int(c.ids[i]); first > next {
				m.clearRange(uint16(next), uint16(first-1))
			}
			next = int(c.ids[i+1]) + 1
		}
		if next < ChunkSize {
			m.clearRange(uint16(next), ChunkSize-1)
		}
	case Dense:
		m.And(c.mask)
	case Full:
	default:
		m.Clear()
	}
}

// AndNotInto removes the slots of the container from m.
func (c *Container) AndNotInto(m *Mask) {
	switch c.Kind() {
	case Array:
		for _, slot := range c.ids {
			m.Unset(slot)
		}
	case Runs:
		for i := 0; i+1 < len(c.ids); i += 2 {
			m.clearRange(c.ids[i], c.ids[i+1])
		}
	case Dense:
		m.AndNot(c.mask)
	case Full:
		m.Clear()
	}
}

// AndCount returns the number of slots that are both in the container and in m.
func (c *Container) AndCount(m *Mask) int {
	n := 0
	switch c.Kind() {
	case Array:
		for _, slot := range c.ids {
			n += int(m[slot>>6] >> (slot & 63) & 1)
		}
	case Runs:
		for i := 0; i+1 < len(c.ids); i += 2 {
			n += m.countRange(c.ids[i], c.ids[i+1])
		}
	case Dense:
		n = AndCount(c.mask, m)
	case Full:
		n = m.Count()
	}
	return n
}

// Append appends the encoded container to dst: one byte for the kind, then little-endian slots, range bounds or words.
// The empty container has no bytes.
func (c *Container) Append(dst []byte) []byte {
	if c == nil {
		return dst
	}
	dst = append(dst, byte(c.kind))
	for _, id := range c.ids {
		dst = binary.LittleEndian.AppendUint16(dst, id)
	}
	if c.mask != nil {
		dst = slices.Grow(dst, 8*ChunkWords)
		for _, w := range c.mask {
			dst = binary.LittleEndian.AppendUint64(dst, w)
		}
	}
	return dst
}

// DecodeContainer reads what Append wrote; no bytes give the empty container. Any form of a content is taken, in
// whatever kind it was written, and comes back in the kind that this version would choose. Every error wraps
// ErrCorrupt.
func DecodeContainer(b []byte) (*Container, error) {
	if len(b) == 0 {
		return nil, nil
	}
	var m Mask
	kind, b := Kind(b[0]), b[1:]
	switch kind {
	case Array, Runs:
		if err := decodeSlots(kind, b, &m); err != nil {
			return nil, err
		}
	case Dense:
		if len(b) != 8*ChunkWords {
			return nil, fmt.Errorf("%w: dense container of %d bytes", ErrCorrupt, len(b))
		}
		for i := range m {
			m[i] = binary.LittleEndian.Uint64(b[8*i:])
		}
	case Full:
		if len(b) != 0 {
			return nil, fmt.Errorf("%w: full container followed by %d bytes", ErrCorrupt, len(b))
		}
		return fullContainer, nil
	default:
		return nil, fmt.Errorf("%w: container of kind %d", ErrCorrupt, kind)
	}
	c := ContainerOf(&m)
	if c == nil {
		return nil, fmt.Errorf("%w: container without slots", ErrCorrupt)
	}
	return c, nil
}

// decodeSlots reads slots (Array) or range bounds (Runs) into m and checks that they ascend.
func decodeSlots(kind Kind, b []byte, m *Mask) error {
	if len(b)%2 != 0 || kind == Runs && len(b)%4 != 0 || len(b) > 2*ChunkSize {
		return fmt.Errorf("%w: container of %d bytes", ErrCorrupt, len(b))
	}
	before := -1
	for i := 0; i < len(b); i += 2 {
		slot := binary.LittleEndian.Uint16(b[i:])
		// A range may be one slot long, so its end may equal its start.
		if ends := kind == Runs && i%4 == 2; int(slot) < before || int(slot) == before && !ends {
			return fmt.Errorf("%w: container slots out of order", ErrCorrupt)
		} else if ends {
			m.setRange(uint16(before), slot)
		} else if kind == Array {
			m.Set(slot)
		}
		before = int(slot)
	}
	return nil
}
