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
			}
		}
		t, code := readToken(s.body, &s.at)
		if code != "" {
			return s.fail(from, code, tokenProblem(code))
		}
		switch t.kind {
		case tokenText:
			if err := s.msgpackText(from, t.text); err != nil {
				return err
			}
		case tokenArray, tokenMap:
			if t.size > s.limits.Items {
				return s.fail(from, CodeTooManyItems, "more than "+strconv.Itoa(s.limits.Items)+" elements")
			}
			left := t.size
			if t.kind == tokenMap {
				left *= 2
			}
			if left > len(s.body)-s.at {
				return s.fail(from, CodeMalformed, "more elements are claimed than bytes are left")
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
	t, code := readToken(s.body, &s.at)
	if code != "" {
		return s.fail(from, code, tokenProblem(code))
	}
	if t.kind != tokenText {
		return s.fail(from, CodeInvalidName, "a name of a map that is no text")
	}
	top.name = t.text
	if err := s.msgpackText(from, t.text); err != nil {
		return err
	}
	if bytes.IndexByte(s.body[t.text.from:t.text.to], 0) >= 0 {
		return s.fail(from, CodeInvalidName, "a NUL in a name")
	}
	s.names = append(s.names, newNameRef(s.body, t.text, false))
	top.pending = true
	return nil
}

func (s *scanner) msgpackText(from int, text span) *Error {
	if text.to-text.from > s.limits.String {
		return s.fail(from, CodeTextTooLong, "a text of more than "+strconv.Itoa(s.limits.String)+" bytes")
	}
	if !utf8.Valid(s.body[text.from:text.to]) {
		return s.fail(from, CodeInvalidUTF8, "bytes that are not UTF-8")
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
// bytes for a text). code is empty or says what is wrong.
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
	}
	if c == 0xc1 {
		return t, CodeMalformed
	}
	return t, CodeUnsupported // bin, and every other extension
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
		return token{}, CodeUnsupported
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
