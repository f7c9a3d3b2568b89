package wire

import (
	"encoding/binary"
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

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
			begin := s.at
			s.at = i + 1
			if i-from-saved > s.limits.String {
				err = s.fault(begin, CodeTextTooLong, "a text of more than "+strconv.Itoa(s.limits.String)+" bytes")
			}
			return escaped, nul, err
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
