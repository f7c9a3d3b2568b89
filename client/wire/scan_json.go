package wire

import (
	"encoding/binary"
	"math/bits"
	"strconv"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// scanner walks a body without decoding it. Its buffers are kept from body to body.
type scanner struct {
	limits Limits
	body   []byte
	at     int
	frames []frame
	names  []nameRef
}

var scanners = sync.Pool{New: func() any { return new(scanner) }}

// maxKeptNames bounds the buffer that a scanner keeps after a body with very many names.
const maxKeptNames = 1 << 12

// Scan walks body and refuses with an *Error what no decoder should meet: bad structure, bytes after the end, more than
// the limits allow, invalid UTF-8, NUL in names, names twice in one object, numbers that no float can hold. Its memory
// does not depend on what the body claims to hold.
func (f Format) Scan(body []byte, limits Limits) error {
	s := scanners.Get().(*scanner)
	s.limits, s.body, s.at, s.frames, s.names = limits, body, 0, s.frames[:0], s.names[:0]
	var problem *Error
	if f == Msgpack {
		problem = s.msgpack()
	} else {
		problem = s.json()
	}
	s.body = nil
	if cap(s.names) <= maxKeptNames {
		scanners.Put(s)
	}
	if problem != nil {
		return problem
	}
	return nil
}

// fail makes an error for the place at.
func (s *scanner) fail(at int, code, message string) *Error {
	return &Error{Code: code, Message: message, Offset: at, Path: path(s.body, s.frames)}
}

// push opens an array or object.
func (s *scanner) push(object bool, left int) *Error {
	if len(s.frames) >= s.limits.Depth {
		return s.fail(s.at, CodeTooDeep, "nested deeper than "+strconv.Itoa(s.limits.Depth)+" levels")
	}
	s.frames = append(s.frames, frame{object: object, left: left, names: len(s.names)})
	return nil
}

// pop closes the innermost array or object.
func (s *scanner) pop() *Error {
	top := &s.frames[len(s.frames)-1]
	if top.object {
		if at, found := duplicate(s.body, s.names[top.names:]); found {
			top.name = span{}
			return s.fail(at, CodeDuplicateName, "a name stands twice in one object")
		}
		s.names = s.names[:top.names]
	}
	s.frames = s.frames[:len(s.frames)-1]
	return nil
}

// element counts one more element of the innermost array or object.
func (s *scanner) element() *Error {
	top := &s.frames[len(s.frames)-1]
	top.count++
	if top.count > s.limits.Items {
		return s.fail(s.at, CodeTooManyItems, "more than "+strconv.Itoa(s.limits.Items)+" elements")
	}
	return nil
}

// json scans a whole JSON text.
func (s *scanner) json() *Error {
	if len(s.body) == 0 {
		return s.fail(0, CodeEmptyBody, "the body is empty")
	}
	if len(s.body) >= 3 && s.body[0] == 0xEF && s.body[1] == 0xBB && s.body[2] == 0xBF {
		return s.fail(0, CodeMalformed, "a byte order mark before the JSON text: send it without")
	}
	for {
		// One value begins here, or an array or object that is closed at once.
		opened, err := s.jsonValue()
		if err != nil {
			return err
		}
		if opened {
			continue
		}
		// A value ended here: close what ends with it.
		for {
			c := s.space()
			if len(s.frames) == 0 {
				if s.at < len(s.body) {
					return s.fail(s.at, CodeMalformed, "bytes after the end of the JSON text")
				}
				return nil
			}
			object := s.frames[len(s.frames)-1].object
			if c == ',' {
				s.at++
				break
			}
			if (object && c == '}') || (!object && c == ']') {
				s.at++
				if err := s.pop(); err != nil {
					return err
				}
				continue
			}
			if s.at >= len(s.body) {
				return s.fail(s.at, CodeMalformed, "the JSON text ends too early")
			}
			return s.fail(s.at, CodeMalformed, "expected a comma or the end of the array or object")
		}
		if err := s.jsonElement(); err != nil {
			return err
		}
	}
}

// jsonElement counts an element and, in an object, reads its name and colon.
func (s *scanner) jsonElement() *Error {
	if err := s.element(); err != nil {
		return err
	}
	top := &s.frames[len(s.frames)-1]
	if !top.object {
		return nil
	}
	if c := s.space(); c != '"' {
		return s.fail(s.at, CodeMalformed, "expected a name in quotes")
	}
	from := s.at + 1
	escaped, nul, err := s.jsonText()
	if err != nil {
		return err
	}
	to := s.at - 1
	top.name = span{from, to}
	if nul {
		return s.fail(from, CodeInvalidName, "a NUL in a name")
	}
	s.names = append(s.names, newNameRef(s.body, top.name, escaped))
	if c := s.space(); c != ':' {
		return s.fail(s.at, CodeMalformed, "expected a colon after the name")
	}
	s.at++
	return nil
}

// jsonValue reads a value; opened says that it was the beginning of an array or object with at least one element, and
// that the next value is that element.
func (s *scanner) jsonValue() (opened bool, err *Error) {
	switch c := s.space(); {
	case c == '"':
		_, _, err = s.jsonText()
		return false, err
	case c == '{' || c == '[':
		if err := s.push(c == '{', 0); err != nil {
			return false, err
		}
		s.at++
		if next := s.space(); next == c+2 { // '}' and ']' stand two after their beginnings in ASCII
			s.at++
			return false, s.pop()
		}
		return true, s.jsonElement()
	case c == '-' || (c >= '0' && c <= '9'):
		return false, s.jsonNumber()
	case c == 't':
		return false, s.word("true")
	case c == 'f':
		return false, s.word("false")
	case c == 'n':
		return false, s.word("null")
	case s.at >= len(s.body):
		return false, s.fail(s.at, CodeMalformed, "the JSON text ends too early")
	}
	return false, s.fail(s.at, CodeMalformed, "expected a JSON value")
}

// space skips white space and returns the byte that follows, 0 at the end.
func (s *scanner) space() byte {
	for s.at < len(s.body) {
		c := s.body[s.at]
		if c > ' ' {
			return c
		}
		if c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c
		}
		s.at++
	}
	return 0
}

func (s *scanner) word(word string) *Error {
	if len(s.body)-s.at < len(word) || string(s.body[s.at:s.at+len(word)]) != word {
		return s.fail(s.at, CodeMalformed, "expected a JSON value")
	}
	s.at += len(word)
	return nil
}

// jsonNumber checks the grammar of a number, and that a float can hold it.
func (s *scanner) jsonNumber() *Error {
	from, b := s.at, s.body
	i := from
	digits := func() bool {
		begin := i
		for i < len(b) && b[i] >= '0' && b[i] <= '9' {
			i++
		}
		return i > begin
	}
	if b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else if !digits() {
		return s.fail(from, CodeMalformed, "a minus sign without digits")
	}
	if i < len(b) && b[i] == '.' {
		i++
		if !digits() {
			return s.fail(from, CodeMalformed, "a decimal point without digits")
		}
	}
	exponent := i < len(b) && (b[i] == 'e' || b[i] == 'E')
	if exponent {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if !digits() {
			return s.fail(from, CodeMalformed, "an exponent without digits")
		}
	}
	if i-from > maxDigits {
		return s.fail(from, CodeNumberRange, "a number of more than "+strconv.Itoa(maxDigits)+" characters")
	}
	if exponent || i-from > 300 {
		if _, err := strconv.ParseFloat(unsafeString(b[from:i]), 64); err != nil {
			return s.fail(from, CodeNumberRange, "a number outside the range of 64-bit floats")
		}
	}
	s.at = i
	return nil
}

const (
	lows  = 0x0101010101010101
	highs = 0x8080808080808080
)

// jsonText reads a string from its opening quote to behind its closing one.
func (s *scanner) jsonText() (escaped, nul bool, err *Error) {
	b, i := s.body, s.at+1
	from, saved := i, 0 // saved: bytes that escapes take beyond what they stand for
	for {
		// Eight bytes at a time, as long as all are plain ASCII: neither quote, backslash, control nor multi-byte.
		for i+8 <= len(b) {
			w := binary.LittleEndian.Uint64(b[i:])
			quote, slash := w^(lows*'"'), w^(lows*'\\')
			special := (((quote - lows) &^ quote) | ((slash - lows) &^ slash) | ((w - lows*' ') &^ w) | w) & highs
			if special != 0 {
				i += bits.TrailingZeros64(special) / 8
				break
			}
			i += 8
		}
		if i >= len(b) {
			return false, false, s.fail(s.at, CodeMalformed, "a text without its closing quote")
		}
		switch c := b[i]; {
		case c == '"':
			if i-from-saved > s.limits.String {
				return false, false, s.fail(s.at, CodeTextTooLong, "a text of more than "+strconv.Itoa(s.limits.String)+" bytes")
			}
			s.at = i + 1
			return escaped, nul, nil
		case c == '\\':
			r, size := escape(b[i:])
			if size == 0 {
				return false, false, s.fail(i, CodeMalformed, "an escape that JSON does not know, or half a surrogate pair")
			}
			escaped, nul = true, nul || r == 0
			saved += size - utf8.RuneLen(r)
			i += size
		case c < ' ':
			return false, false, s.fail(i, CodeMalformed, "a control character in a text: write it as an escape")
		case c < utf8.RuneSelf:
			i++
		default:
			r, size := utf8.DecodeRune(b[i:])
			if r == utf8.RuneError && size <= 1 {
				return false, false, s.fail(i, CodeInvalidUTF8, "bytes that are not UTF-8")
			}
			i += size
		}
	}
}

// escape reads the escape at the beginning of b: the character and the bytes it takes, 0 for none that JSON knows. A
// surrogate counts only as one of a pair.
func escape(b []byte) (r rune, size int) {
	if len(b) < 2 {
		return 0, 0
	}
	switch b[1] {
	case '"', '\\', '/':
		return rune(b[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		r, ok := hex4(b[2:])
		if !ok {
			return 0, 0
		}
		if !utf16.IsSurrogate(r) {
			return r, 6
		}
		if len(b) < 12 || b[6] != '\\' || b[7] != 'u' {
			return 0, 0
		}
		low, ok := hex4(b[8:])
		if !ok {
			return 0, 0
		}
		if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
			return 0, 0
		}
		return r, 12
	}
	return 0, 0
}

func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// unsafeString views b as a string for the time of a call; b must not change during it.
func unsafeString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
