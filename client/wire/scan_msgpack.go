package wire

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
	"unicode/utf8"
)

// maxTimestamp is the last second of the year 9999, minTimestamp the first of the year 1: what RFC 3339 can write.
const (
	minTimestamp = -62135596800
	maxTimestamp = 253402300799
)

// token is one msgpack value without its elements.
type token struct {
	kind tokenKind
	text span // of a text
	size int  // elements of an array, pairs of a map
	bits uint64
}

type tokenKind uint8

const (
	tokenNil tokenKind = iota
	tokenBool
	tokenInt
	tokenUint
	tokenFloat32
	tokenFloat64
	tokenText
	tokenArray
	tokenMap
	tokenTime // bits: seconds since 1970; size: nanoseconds
)

// msgpack scans a whole msgpack value.
func (s *scanner) msgpack() *Error {
	if len(s.body) == 0 {
		return s.fail(0, CodeEmptyBody, "the body is empty")
	}
	for {
		from := s.at
		if len(s.frames) > 0 {
			top := &s.frames[len(s.frames)-1]
			if top.left == 0 {
				if err := s.pop(); err != nil {
					return err
				}
				if len(s.frames) == 0 {
					break
				}
				continue
			}
			top.left--
			if top.object && !top.pending {
				if err := s.msgpackName(top); err != nil {
					return err
				}
				continue
			}
			top.pending = false
			if !top.object {
				top.count++
				s.begin()
			}
		}
		t, err := s.token()
		if err != nil {
			return err
		}
		switch t.kind {
		case tokenText:
			if err := s.msgpackText(from, t.text); err != nil {
				return err
			}
		case tokenArray, tokenMap:
			if t.size > s.limits.Items {
				if err := s.fault(from, CodeTooManyItems, s.tooMany()); err != nil {
					return err
				}
			}
			left := t.values()
			if left > len(s.body)-s.at {
				return s.fail(from, CodeMalformed, "more elements are claimed than bytes are left")
			}
			if len(s.frames) >= s.limits.Depth {
				if err := s.tooDeep(); err != nil {
					return err
				}
				if err := s.skip(left); err != nil {
					return err
				}
				continue
			}
			if err := s.push(t.kind == tokenMap, left); err != nil {
				return err
			}
		}
		if len(s.frames) == 0 {
			break
		}
	}
	if s.at < len(s.body) {
		return s.fail(s.at, CodeMalformed, "bytes after the end of the msgpack value")
	}
	return nil
}

// msgpackName reads a name of a map.
func (s *scanner) msgpackName(top *frame) *Error {
	from := s.at
	t, err := s.token()
	if err != nil {
		return err
	}
	top.pending = true
	if t.kind != tokenText {
		if err := s.fault(from, CodeInvalidName, "a name of a map that is no text"); err != nil {
			return err
		}
		return s.skip(t.values())
	}
	top.name = t.text
	if err := s.msgpackText(from, t.text); err != nil {
		return err
	}
	if bytes.IndexByte(s.body[t.text.from:t.text.to], 0) >= 0 {
		if err := s.fault(from, CodeInvalidName, "a NUL in a name"); err != nil {
			return err
		}
	}
	s.named(t.text, false)
	return nil
}

// token reads one value, or the header of an array or map. What is no value that we know is a nil, and a fault.
func (s *scanner) token() (token, *Error) {
	from := s.at
	t, code := readToken(s.body, &s.at)
	switch code {
	case "":
		return t, nil
	case CodeMalformed:
		return t, s.fail(from, code, tokenProblem(code))
	}
	return token{}, s.fault(from, code, tokenProblem(code))
}

// skip moves behind so many values, which are of an item that is lost.
func (s *scanner) skip(values int) *Error {
	from := s.at
	if !skipValues(s.body, &s.at, values) {
		return s.fail(from, CodeMalformed, tokenProblem(CodeMalformed))
	}
	return nil
}

// skipValues moves *at behind so many values, however deep they are; false if the body ends before them.
func skipValues(b []byte, at *int, values int) bool {
	for ; values > 0; values-- {
		if values > len(b)-*at {
			return false
		}
		t, code := readToken(b, at)
		if code == CodeMalformed {
			return false
		}
		values += t.values()
	}
	return true
}

// values is how many values belong to an array or map.
func (t token) values() int {
	switch t.kind {
	case tokenArray:
		return t.size
	case tokenMap:
		return 2 * t.size
	}
	return 0
}

func (s *scanner) msgpackText(from int, text span) *Error {
	if text.to-text.from > s.limits.String {
		return s.fault(from, CodeTextTooLong, "a text of more than "+strconv.Itoa(s.limits.String)+" bytes")
	}
	if !utf8.Valid(s.body[text.from:text.to]) { // in msgpack it is sure all the same where the text ends
		return s.fault(from, CodeInvalidUTF8, "bytes that are not UTF-8")
	}
	return nil
}

func tokenProblem(code string) string {
	switch code {
	case CodeUnsupported:
		return "a binary or extension value: send text, numbers, bools, nil, arrays, maps or timestamps"
	case CodeNumberRange:
		return "a number that is not finite, or a timestamp out of range"
	}
	return "the msgpack value ends too early, or has a byte that begins no value"
}

// readToken reads one msgpack value at *at and moves *at behind it (behind its header for an array or map, behind its
// bytes for a text), unless it is malformed. code is empty or says what is wrong.
func readToken(b []byte, at *int) (t token, code string) {
	if *at >= len(b) {
		return t, CodeMalformed
	}
	c := b[*at]
	*at++
	take := func(n int) (v uint64, ok bool) {
		if len(b)-*at < n {
			return 0, false
		}
		for _, x := range b[*at : *at+n] {
			v = v<<8 | uint64(x)
		}
		*at += n
		return v, true
	}
	text := func(n uint64) (token, string) {
		if n > uint64(len(b)-*at) {
			return token{}, CodeMalformed
		}
		from := *at
		*at += int(n)
		return token{kind: tokenText, text: span{from, *at}}, ""
	}
	switch {
	case c <= 0x7f:
		return token{kind: tokenUint, bits: uint64(c)}, ""
	case c <= 0x8f:
		return token{kind: tokenMap, size: int(c & 0x0f)}, ""
	case c <= 0x9f:
		return token{kind: tokenArray, size: int(c & 0x0f)}, ""
	case c <= 0xbf:
		return text(uint64(c & 0x1f))
	case c >= 0xe0:
		return token{kind: tokenInt, bits: uint64(int64(int8(c)))}, ""
	}
	switch c {
	case 0xc0:
		return token{kind: tokenNil}, ""
	case 0xc2, 0xc3:
		return token{kind: tokenBool, bits: uint64(c & 1)}, ""
	case 0xca:
		v, ok := take(4)
		f := float64(math.Float32frombits(uint32(v)))
		return finite(token{kind: tokenFloat32, bits: v}, f, ok)
	case 0xcb:
		v, ok := take(8)
		return finite(token{kind: tokenFloat64, bits: v}, math.Float64frombits(v), ok)
	case 0xcc, 0xcd, 0xce, 0xcf:
		v, ok := take(1 << (c - 0xcc))
		return whole(token{kind: tokenUint, bits: v}, ok)
	case 0xd0, 0xd1, 0xd2, 0xd3:
		width := 1 << (c - 0xd0)
		v, ok := take(width)
		shift := 64 - 8*width
		return whole(token{kind: tokenInt, bits: uint64(int64(v<<shift) >> shift)}, ok)
	case 0xd9, 0xda, 0xdb:
		n, ok := take(1 << (c - 0xd9))
		if !ok {
			return t, CodeMalformed
		}
		return text(n)
	case 0xdc, 0xdd:
		n, ok := take(2 << (c - 0xdc))
		return whole(token{kind: tokenArray, size: int(n)}, ok)
	case 0xde, 0xdf:
		n, ok := take(2 << (c - 0xde))
		return whole(token{kind: tokenMap, size: int(n)}, ok)
	case 0xd6, 0xd7, 0xc7:
		return timestamp(b, at, c)
	case 0xc4, 0xc5, 0xc6: // binary
		n, ok := take(1 << (c - 0xc4))
		return unsupported(b, at, n, ok)
	case 0xc8, 0xc9: // every other extension: its type takes a byte more
		n, ok := take(1 << (c - 0xc7))
		return unsupported(b, at, n+1, ok)
	case 0xd4, 0xd5, 0xd8:
		return unsupported(b, at, 1+1<<(c-0xd4), true)
	}
	return t, CodeMalformed // 0xc1
}

// unsupported moves behind n bytes that have no JSON counterpart.
func unsupported(b []byte, at *int, n uint64, ok bool) (token, string) {
	if !ok || n > uint64(len(b)-*at) {
		return token{}, CodeMalformed
	}
	*at += int(n)
	return token{}, CodeUnsupported
}

func whole(t token, ok bool) (token, string) {
	if !ok {
		return token{}, CodeMalformed
	}
	return t, ""
}

func finite(t token, f float64, ok bool) (token, string) {
	if ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
		return token{}, CodeNumberRange
	}
	return whole(t, ok)
}

// timestamp reads an extension of type -1 in its three widths: 32 bits of seconds; 30 bits of nanoseconds over 34 of
// seconds; 32 of nanoseconds before 64 of seconds.
func timestamp(b []byte, at *int, c byte) (token, string) {
	size := 4
	switch c {
	case 0xd7:
		size = 8
	case 0xc7:
		if *at >= len(b) {
			return token{}, CodeMalformed
		}
		size = int(b[*at])
		*at++
	}
	if len(b)-*at < 1+size {
		return token{}, CodeMalformed
	}
	if b[*at] != 0xff || (c == 0xc7 && size != 12) {
		return unsupported(b, at, uint64(1+size), true)
	}
	data := b[*at+1 : *at+1+size]
	*at += 1 + size
	var seconds int64
	var nanos uint32
	switch size {
	case 4:
		seconds = int64(binary.BigEndian.Uint32(data))
	case 8:
		v := binary.BigEndian.Uint64(data)
		nanos, seconds = uint32(v>>34), int64(v&(1<<34-1))
	case 12:
		nanos, seconds = binary.BigEndian.Uint32(data), int64(binary.BigEndian.Uint64(data[4:]))
	}
	if nanos > 999_999_999 || seconds < minTimestamp || seconds > maxTimestamp {
		return token{}, CodeNumberRange
	}
	return token{kind: tokenTime, bits: uint64(seconds), size: int(nanos)}, ""
}
