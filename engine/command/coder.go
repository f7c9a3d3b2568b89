package command

import (
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"
)

// coder writes or reads msgpack. One method per kind of field serves both directions, so that a struct's fields
// stand in one place (fields.go) and the two directions cannot drift apart. The bytes are those of
// vmihailenco/msgpack with arrays for structs and compact integers (a test compares them); it is not used itself
// because events are decoded at rates where reflection is the larger part, and because lengths of the input are
// checked here against what is left of it before anything is allocated.
type coder struct {
	writing bool
	b       []byte // written so far, or left to read
	size    int    // of the whole input, for error messages
	err     error  // the first error; nothing is read after it
	values  []Value
	idents  []Identifier
}

func encoder() *coder         { return &coder{writing: true, b: make([]byte, 0, 256)} }
func decoder(b []byte) *coder { return &coder{b: b, size: len(b)} }

func (c *coder) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("%w: %s at byte %d", ErrMalformed, fmt.Sprintf(format, args...), c.size-len(c.b))
	}
}

// end reports the first error, or that input is left over.
func (c *coder) end() error {
	if c.err == nil && len(c.b) > 0 {
		c.fail("%d bytes too many", len(c.b))
	}
	return c.err
}

// take cuts n bytes off the input.
func (c *coder) take(n int) []byte {
	if c.err != nil {
		return nil
	}
	if n < 0 || n > len(c.b) {
		c.fail("%d bytes announced, %d left", n, len(c.b))
		return nil
	}
	b := c.b[:n:n]
	c.b = c.b[n:]
	return b
}

// code reads one format byte; 0xc1, which msgpack never uses, after an error.
func (c *coder) code() byte {
	b := c.take(1)
	if b == nil {
		return 0xc1
	}
	return b[0]
}

// length reads a big-endian unsigned integer of width bytes.
func (c *coder) length(width int) int {
	b := c.take(width)
	n := 0
	for _, x := range b {
		n = n<<8 | int(x)
	}
	return n
}

// structure reads or writes the header of a struct of n fields.
func (c *coder) structure(n int) {
	if c.writing {
		c.header(n)
		return
	}
	if got, ok := c.arrayHeader(); c.err == nil && (!ok || got != n) {
		c.fail("an array of %d fields was expected", n)
	}
}

// extended reads or writes the header of a struct of n fields that may have one more, and tells whether it has.
func (c *coder) extended(n int, more bool) bool {
	if c.writing {
		if more {
			n++
		}
		c.header(n)
		return more
	}
	got, ok := c.arrayHeader()
	if c.err == nil && (!ok || got != n && got != n+1) {
		c.fail("an array of %d or %d fields was expected", n, n+1)
	}
	return got == n+1
}

func (c *coder) header(n int) {
	switch {
	case n < 16:
		c.b = append(c.b, 0x90|byte(n))
	case n <= math.MaxUint16:
		c.b = append(c.b, 0xdc, byte(n>>8), byte(n))
	default:
		c.b = binary.BigEndian.AppendUint32(append(c.b, 0xdd), uint32(n))
	}
}

// arrayHeader reads the length of an array; false for nil.
func (c *coder) arrayHeader() (n int, ok bool) {
	switch code := c.code(); {
	case code&0xf0 == 0x90:
		return int(code & 0x0f), true
	case code == 0xdc:
		return c.length(2), true
	case code == 0xdd:
		return c.length(4), true
	case code == 0xc0:
		return 0, false
	default:
		c.fail("an array was expected")
		return 0, false
	}
}

// list reads or writes a slice, nil as nil. least is the fewest bytes that one element can take: a length that the
// rest of the input cannot hold is refused before room for it is made.
func list[T any](c *coder, s *[]T, least int, slab *[]T, element func(*T, *coder)) {
	if c.writing {
		if *s == nil {
			c.b = append(c.b, 0xc0)
			return
		}
		c.header(len(*s))
		for i := range *s {
			element(&(*s)[i], c)
		}
		return
	}
	n, _ := c.arrayHeader()
	if c.err != nil || n == 0 {
		*s = nil
		return
	}
	if n > len(c.b)/least {
		c.fail("%d elements announced, %d bytes left", n, len(c.b))
		return
	}
	*s = carve(slab, n, len(c.b)/least)
	for i := range *s {
		if element(&(*s)[i], c); c.err != nil {
			return
		}
	}
}

// carve takes n elements from a slab, so that the many short lists of a command share a few allocations. most bounds
// a new slab by what the rest of the input could hold.
func carve[T any](slab *[]T, n, most int) []T {
	if slab == nil {
		return make([]T, n)
	}
	if len(*slab) < n {
		*slab = make([]T, max(n, min(256, most)))
	}
	s := (*slab)[:n:n]
	*slab = (*slab)[n:]
	return s
}

// pointer reads or writes what an optional pointer points to, nil as nil.
func pointer[T any](c *coder, p **T, fields func(*T, *coder)) {
	if c.writing {
		if *p == nil {
			c.b = append(c.b, 0xc0)
			return
		}
		fields(*p, c)
		return
	}
	if len(c.b) > 0 && c.b[0] == 0xc0 {
		c.code()
		*p = nil
		return
	}
	*p = new(T)
	fields(*p, c)
}

func (c *coder) text(s *string) {
	if c.writing {
		n := len(*s)
		switch {
		case n < 32:
			c.b = append(c.b, 0xa0|byte(n))
		case n <= math.MaxUint8:
			c.b = append(c.b, 0xd9, byte(n))
		case n <= math.MaxUint16:
			c.b = append(c.b, 0xda, byte(n>>8), byte(n))
		default:
			c.b = binary.BigEndian.AppendUint32(append(c.b, 0xdb), uint32(n))
		}
		c.b = append(c.b, *s...)
		return
	}
	var b []byte
	switch code := c.code(); {
	case code&0xe0 == 0xa0:
		b = c.take(int(code & 0x1f))
	case code == 0xd9:
		b = c.take(c.length(1))
	case code == 0xda:
		b = c.take(c.length(2))
	case code == 0xdb:
		b = c.take(c.length(4))
	default:
		c.fail("a text was expected")
	}
	*s = unsafe.String(unsafe.SliceData(b), len(b))
}

func (c *coder) bytes(p *[]byte) {
	if c.writing {
		if *p == nil {
			c.b = append(c.b, 0xc0)
			return
		}
		c.binary(*p)
		return
	}
	*p = nil
	switch code := c.code(); code {
	case 0xc4:
		*p = c.take(c.length(1))
	case 0xc5:
		*p = c.take(c.length(2))
	case 0xc6:
		*p = c.take(c.length(4))
	case 0xc0:
	default:
		c.fail("bytes were expected")
	}
}

func (c *coder) binary(b []byte) {
	n := len(b)
	switch {
	case n <= math.MaxUint8:
		c.b = append(c.b, 0xc4, byte(n))
	case n <= math.MaxUint16:
		c.b = append(c.b, 0xc5, byte(n>>8), byte(n))
	default:
		c.b = binary.BigEndian.AppendUint32(append(c.b, 0xc6), uint32(n))
	}
	c.b = append(c.b, b...)
}

// hash reads or writes a Key or an ID.
func (c *coder) hash(k *[16]byte) {
	if c.writing {
		c.b = append(append(c.b, 0xc4, 16), k[:]...)
		return
	}
	if c.code() != 0xc4 || c.length(1) != 16 {
		c.fail("16 bytes were expected")
	}
	copy(k[:], c.take(16))
}

func (c *coder) integer(p *int64) {
	if c.writing {
		v := *p
		switch {
		case v >= 0:
			c.unsigned(uint64(v))
		case v >= -32:
			c.b = append(c.b, byte(v))
		case v >= math.MinInt8:
			c.b = append(c.b, 0xd0, byte(v))
		case v >= math.MinInt16:
			c.b = append(c.b, 0xd1, byte(v>>8), byte(v))
		case v >= math.MinInt32:
			c.b = binary.BigEndian.AppendUint32(append(c.b, 0xd2), uint32(v))
		default:
			c.b = binary.BigEndian.AppendUint64(append(c.b, 0xd3), uint64(v))
		}
		return
	}
	switch code := c.code(); {
	case code < 0x80:
		*p = int64(code)
	case code >= 0xe0:
		*p = int64(int8(code))
	case code >= 0xcc && code <= 0xcf:
		*p = int64(c.length(1 << (code - 0xcc)))
		if *p < 0 {
			c.fail("an integer above 64 bits signed")
		}
	case code == 0xd0:
		*p = int64(int8(c.length(1)))
	case code == 0xd1:
		*p = int64(int16(c.length(2)))
	case code == 0xd2:
		*p = int64(int32(c.length(4)))
	case code == 0xd3:
		*p = int64(c.length(8))
	default:
		c.fail("an integer was expected")
	}
}

// unsigned writes v in the shortest form.
func (c *coder) unsigned(v uint64) {
	switch {
	case v < 0x80:
		c.b = append(c.b, byte(v))
	case v <= math.MaxUint8:
		c.b = append(c.b, 0xcc, byte(v))
	case v <= math.MaxUint16:
		c.b = append(c.b, 0xcd, byte(v>>8), byte(v))
	case v <= math.MaxUint32:
		c.b = binary.BigEndian.AppendUint32(append(c.b, 0xce), uint32(v))
	default:
		c.b = binary.BigEndian.AppendUint64(append(c.b, 0xcf), v)
	}
}

// bounded reads or writes an unsigned integer of at most most.
func (c *coder) bounded(v, most uint64) uint64 {
	signed := int64(v)
	if c.integer(&signed); c.err == nil && (signed < 0 || uint64(signed) > most) {
		c.fail("an integer of 0 to %d was expected", most)
	}
	return uint64(signed)
}

func octet[T ~uint8](c *coder, p *T) { *p = T(c.bounded(uint64(*p), math.MaxUint8)) }
func (c *coder) word(p *uint32)      { *p = uint32(c.bounded(uint64(*p), math.MaxUint32)) }
func (c *coder) long(p *uint64)      { *p = c.bounded(*p, math.MaxInt64) }

func (c *coder) float(p *float64) {
	if c.writing {
		c.b = binary.BigEndian.AppendUint64(append(c.b, 0xcb), math.Float64bits(*p))
		return
	}
	if c.code() != 0xcb {
		c.fail("a float was expected")
		return
	}
	if b := c.take(8); b != nil {
		*p = math.Float64frombits(binary.BigEndian.Uint64(b))
	}
}

func (c *coder) truth(p *bool) {
	if c.writing {
		if *p {
			c.b = append(c.b, 0xc3)
		} else {
			c.b = append(c.b, 0xc2)
		}
		return
	}
	switch c.code() {
	case 0xc3:
		*p = true
	case 0xc2:
		*p = false
	default:
		c.fail("true or false was expected")
	}
}
