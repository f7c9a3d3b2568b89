package wire

import (
	"strconv"
	"strings"
	"sync"
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
	problem := s.scan(f, body, limits)
	if cap(s.names) <= maxKeptNames {
		scanners.Put(s)
	}
	if problem != nil {
		return problem
	}
	return nil
}

func (s *scanner) scan(f Format, body []byte, limits Limits) (problem *Error) {
	s.limits, s.body, s.at, s.frames, s.names = limits, body, 0, s.frames[:0], s.names[:0]
	if f == Msgpack {
		problem = s.msgpack()
	} else {
		problem = s.json()
	}
	s.body = nil
	return problem
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

// frame is one open array or object of a scan.
type frame struct {
	object  bool
	count   int  // elements begun; of an object, names begun
	left    int  // msgpack: elements to come
	name    span // the name that was read last
	names   int  // where the object's names begin in scanner.names
	pending bool // msgpack: a name was read and its value is to come
}

// span is a piece of the body.
type span struct{ from, to int }

// path writes the place that the frames stand at.
func path(body []byte, frames []frame) string {
	var text strings.Builder
	for i := range frames {
		f := &frames[i]
		switch {
		case f.object && f.name.to > 0:
			if text.Len() > 0 {
				text.WriteByte('.')
			}
			name := body[f.name.from:f.name.to]
			text.WriteString(strings.ToValidUTF8(string(name[:min(len(name), 64)]), "?"))
		case !f.object && f.count > 0:
			text.WriteString("[" + strconv.Itoa(f.count-1) + "]")
		}
	}
	return text.String()
}

// unsafeString views b as a string for the time of a call; b must not change during it.
func unsafeString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
