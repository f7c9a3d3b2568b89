package wire

import "strconv"

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
			object := s.inObject()
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
	if !s.inObject() {
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
	if s.lost.n == 0 {
		name := span{from, s.at - 1}
		s.frames[len(s.frames)-1].name = name
		if nul {
			if err := s.fault(from, CodeInvalidName, "a NUL in a name"); err != nil {
				return err
			}
		}
		s.named(name, escaped)
	}
	if c := s.space(); c != ':' {
		return s.fail(s.at, CodeMalformed, "expected a colon after the name")
	}
	s.at++
	return nil
}

// jsonValue reads a value; opened says that it was the beginning of an array or object with at least one element, and
// that the next value is that element.
func (s *scanner) jsonValue() (opened bool, err *Error) {
	c := s.space()
	s.begin()
	switch {
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
	s.at = i
	if i-from > maxDigits {
		return s.fault(from, CodeNumberRange, "a number of more than "+strconv.Itoa(maxDigits)+" characters")
	}
	if exponent || i-from > 300 {
		if _, err := strconv.ParseFloat(unsafeString(b[from:i]), 64); err != nil {
			return s.fault(from, CodeNumberRange, "a number outside the range of 64-bit floats")
		}
	}
	return nil
}
