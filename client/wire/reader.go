package wire

import (
	"strings"
	"unicode/utf8"
)

// reader takes values out of a JSON text that Scan has passed. In any other text it finds nothing sensible, but it ends,
// and inside the text. What it returns are substrings of the text wherever that can be.
type reader struct {
	text string
	at   int
}

// next skips white space and returns the byte that follows, 0 at the end.
func (r *reader) next() byte {
	for r.at < len(r.text) {
		if c := r.text[r.at]; c > ' ' {
			return c
		}
		r.at++
	}
	return 0
}

// begin enters the array or object that begins here.
func (r *reader) begin() { r.at++ }

// more tells whether the array or object that was entered has another element, and moves to it; at the end it leaves.
func (r *reader) more() bool {
	c := r.next()
	if c == ',' {
		r.at++
		c = r.next()
	}
	if c == ']' || c == '}' {
		r.at++
		return false
	}
	return r.at < len(r.text)
}

// name reads the name of a member and the colon behind it.
func (r *reader) name() string {
	name := r.string()
	if r.next() == ':' {
		r.at++
	}
	return name
}

// string reads the text that begins here, with its escapes resolved.
func (r *reader) string() string {
	from := r.at + 1
	escaped := r.skipString()
	if r.at <= from {
		return ""
	}
	text := r.text[from : r.at-1]
	if escaped {
		return unescape(text)
	}
	return text
}

// skipString moves behind the text that begins here.
func (r *reader) skipString() (escaped bool) {
	i := r.at + 1
	for {
		quote := strings.IndexByte(r.text[i:], '"')
		if quote < 0 {
			r.at = len(r.text)
			return escaped
		}
		slash := strings.IndexByte(r.text[i:i+quote], '\\')
		if slash < 0 {
			r.at = i + quote + 1
			return escaped
		}
		escaped = true
		i += slash + 2
	}
}

// raw reads any value and returns its text as it stands.
func (r *reader) raw() string {
	r.next()
	from, depth := r.at, 0
	for r.at < len(r.text) {
		switch r.text[r.at] {
		case '"':
			r.skipString()
		case '{', '[':
			depth++
			r.at++
			continue
		case '}', ']':
			depth--
			r.at++
		case ' ', '\t', '\r', '\n', ',', ':':
			r.at++
			continue
		default:
			r.at++
			for r.at < len(r.text) && !endsWord(r.text[r.at]) {
				r.at++
			}
		}
		if depth == 0 {
			break
		}
	}
	return r.text[from:r.at]
}

// endsWord tells whether c ends a number, true, false or null.
func endsWord(c byte) bool { return c <= ' ' || c == ',' || c == ']' || c == '}' }

// unescape resolves the escapes of a JSON text that Scan has passed.
func unescape(text string) string {
	out := make([]byte, 0, len(text))
	for {
		slash := strings.IndexByte(text, '\\')
		if slash < 0 {
			return string(append(out, text...))
		}
		out = append(out, text[:slash]...)
		text = text[slash:]
		r, size := escape([]byte(text[:min(len(text), 12)]))
		if size == 0 {
			return string(append(out, text...))
		}
		out = utf8.AppendRune(out, r)
		text = text[size:]
	}
}
