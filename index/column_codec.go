package index

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"unsafe"
)

// Pages of a column, little-endian.
//
//	base:  version, kind, uvarint length of the container, container of the slots that have a value,
//	       lowest value (8 bytes), width (1 byte), then for each of these slots value - lowest in width bytes.
//	       Floats are written whole: lowest 0, width 8.
//	delta: version, kind, uvarint count, then per entry slot (2 bytes), live (1 byte), and the value if live.
const pageVersion = 1

// kindOf returns the byte that tells pages of different value types apart: the size of a value, 9 for floats.
func kindOf[T Value]() byte {
	if isFloat[T]() {
		return 9
	}
	return byte(sizeOf[T]())
}

func sizeOf[T Value]() int {
	var v T
	return int(unsafe.Sizeof(v))
}

func isFloat[T Value]() bool {
	one, two := T(1), T(2)
	return one/two != 0
}

// bitsOf returns a value as 64 bits; valueOf is its reverse.
func bitsOf[T Value](v T) uint64 {
	if isFloat[T]() {
		return math.Float64bits(float64(v))
	}
	return uint64(v)
}

func valueOf[T Value](b uint64) T {
	if isFloat[T]() {
		return T(math.Float64frombits(b))
	}
	return T(b)
}

// readWidth reads a value of width bytes, at most 8.
func readWidth(b []byte, width int) uint64 {
	if len(b) >= 8 {
		return binary.LittleEndian.Uint64(b) & (1<<(8*width) - 1)
	}
	var v uint64
	for i := width - 1; i >= 0; i-- {
		v = v<<8 | uint64(b[i])
	}
	return v
}

// append appends the encoded page to dst.
func (p *page[T]) append(dst []byte) []byte {
	slots := ContainerOf(&p.present).Append(nil)
	dst = append(dst, pageVersion, kindOf[T]())
	dst = binary.AppendUvarint(dst, uint64(len(slots)))
	dst = append(dst, slots...)
	lowest, width := uint64(0), 8
	if !isFloat[T]() {
		lowest, width = bitsOf(p.lo), 0
		for span := bitsOf(p.hi) - lowest; span != 0; span >>= 8 {
			width++
		}
	}
	dst = binary.LittleEndian.AppendUint64(dst, lowest)
	dst = append(dst, byte(width))
	// Whole words are written and the surplus is written over by the next value.
	at, end := len(dst), len(dst)+width*p.present.Count()
	dst = slices.Grow(dst, end+8-at)[:end+8]
	for i, w := range p.present {
		for ; w != 0; w &= w - 1 {
			v := p.vals[i<<6|bits.TrailingZeros64(w)]
			binary.LittleEndian.PutUint64(dst[at:], bitsOf(v)-lowest)
			at += width
		}
	}
	return dst[:end]
}

// decodePage reads what append wrote.
func decodePage[T Value](b []byte) (*page[T], error) {
	b, length, err := decodeHead[T](b)
	if err != nil {
		return nil, err
	}
	if length > uint64(len(b)) {
		return nil, fmt.Errorf("%w: column page cut short", ErrCorrupt)
	}
	slots, err := DecodeContainer(b[:length])
	if err != nil {
		return nil, err
	}
	b = b[length:]
	if len(b) < 9 {
		return nil, fmt.Errorf("%w: column page cut short", ErrCorrupt)
	}
	lowest, width := binary.LittleEndian.Uint64(b), int(b[8])
	b = b[9:]
	if width > sizeOf[T]() || isFloat[T]() && (width != 8 || lowest != 0) || len(b) != width*slots.Card() {
		return nil, fmt.Errorf("%w: column page of %d values in %d bytes", ErrCorrupt, slots.Card(), len(b))
	}
	room, ok := roomAbove[T](lowest)
	if !ok {
		return nil, fmt.Errorf("%w: column page with an impossible lowest value", ErrCorrupt)
	}
	p := &page[T]{}
	slots.Store(&p.present)
	last := uint16(0)
	p.present.Each(func(slot uint16) bool {
		last = slot
		return true
	})
	p.vals = make([]T, rowsFor(last))
	p.present.Each(func(slot uint16) bool {
		above := readWidth(b, width)
		b = b[width:]
		v := valueOf[T](lowest + above)
		if above > room || v != v {
			err = fmt.Errorf("%w: column page with an impossible value", ErrCorrupt)
			return false
		}
		p.vals[slot] = v
		p.widen(v)
		return true
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// roomAbove returns how far a value may lie above lowest without leaving the type, and whether lowest itself is in it.
func roomAbove[T Value](lowest uint64) (uint64, bool) {
	switch {
	case isFloat[T]():
		return math.MaxUint64, true
	case sizeOf[T]() == 8:
		return math.MaxInt64 - lowest, true // int64: the distance is right modulo 2^64
	}
	most := uint64(1)<<(8*sizeOf[T]()) - 1
	return most - lowest, lowest <= most
}

// decodeHead checks version and kind and reads the number that follows.
func decodeHead[T Value](b []byte) (rest []byte, number uint64, err error) {
	if len(b) < 3 || b[0] != pageVersion || b[1] != kindOf[T]() {
		return nil, 0, fmt.Errorf("%w: column page of another version or kind", ErrCorrupt)
	}
	number, n := binary.Uvarint(b[2:])
	if n <= 0 {
		return nil, 0, fmt.Errorf("%w: column page cut short", ErrCorrupt)
	}
	return b[2+n:], number, nil
}

// appendEntries appends the encoded entries to dst.
func appendEntries[T Value](dst []byte, keys []key, vals []T) []byte {
	dst = append(dst, pageVersion, kindOf[T]())
	dst = binary.AppendUvarint(dst, uint64(len(keys)))
	for i, k := range keys {
		dst = binary.LittleEndian.AppendUint16(dst, k.slot())
		dst = append(dst, byte(k.live()))
		if k.live() != 0 {
			dst = binary.LittleEndian.AppendUint64(dst, bitsOf(vals[i]))
			dst = dst[:len(dst)-8+sizeOf[T]()]
		}
	}
	return dst
}

// decodeEntries calls f with every entry that appendEntries wrote.
func decodeEntries[T Value](b []byte, f func(slot uint16, v T, live bool)) error {
	b, count, err := decodeHead[T](b)
	if err != nil {
		return err
	}
	for ; count > 0; count-- {
		if len(b) < 3 || b[2] > 1 || b[2] == 1 && len(b) < 3+sizeOf[T]() {
			return fmt.Errorf("%w: column delta cut short", ErrCorrupt)
		}
		slot, live := binary.LittleEndian.Uint16(b), b[2] == 1
		b = b[3:]
		var v T
		if live {
			v = valueOf[T](readWidth(b, sizeOf[T]()))
			b = b[sizeOf[T]():]
		}
		if v != v {
			return fmt.Errorf("%w: column delta with an impossible value", ErrCorrupt)
		}
		f(slot, v, live)
	}
	if len(b) != 0 {
		return fmt.Errorf("%w: column delta followed by %d bytes", ErrCorrupt, len(b))
	}
	return nil
}
