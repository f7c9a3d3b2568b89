package wire

import (
	"strconv"
	"strings"
	"sync"
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
	lost   lostLevels

	batch  bool    // what is wrong inside an item of a list is a fault of that item alone
	item   int     // where the item that is being scanned begins
	faulty bool    // it has a fault already
	faults []fault // in the order of the body
}

// fault is what is wrong with the item of a batch that begins at from.
type fault struct {
	from    int
	invalid Invalid
}

var scanners = sync.Pool{New: func() any { return new(scanner) }}

// maxKept bounds the buffers that a scanner keeps after a body with very many names, or very deep ones.
const maxKept = 1 << 12

// Scan walks body and refuses with an *Error what no decoder should meet: bad structure, bytes after the end, more than
// the limits allow, invalid UTF-8, NUL in names, names twice in one object, numbers that no float can hold. Its memory
// does not depend on what the body claims to hold.
func (f Format) Scan(body []byte, limits Limits) error {
	_, err := f.scan(body, limits, false)
	return err
}

// scan is Scan; of a batch, {"<field>": [items]}, only what leaves it unsure where an item ends is an error, and the rest
// that is wrong inside items are faults.
func (f Format) scan(body []byte, limits Limits, batch bool) ([]fault, error) {
	s := scanners.Get().(*scanner)
	problem := s.scan(f, body, limits, batch)
	faults := s.faults
	s.faults = nil
	if cap(s.names) <= maxKept && cap(s.lost.objects) <= maxKept {
		scanners.Put(s)
	}
	if problem != nil {
		return nil, problem
	}
	return faults, nil
}

func (s *scanner) scan(f Format, body []byte, limits Limits, batch bool) (problem *Error) {
	s.limits, s.body, s.at, s.frames, s.names, s.lost.n = limits, body, 0, s.frames[:0], s.names[:0], 0
	s.batch, s.faulty, s.faults = batch, false, nil
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

// fault notes what is wrong inside an item, and the scan goes on to find where the item ends; anywhere else it is fail.
func (s *scanner) fault(at int, code, message string) *Error {
	if !s.inItem() {
		return s.fail(at, code, message)
	}
	if !s.faulty {
		s.faulty = true
		s.faults = append(s.faults, fault{s.item, Invalid{Code: code, Detail: message, Field: path(s.body, s.frames[2:])}})
	}
	return nil
}

// inItem tells whether the scan stands in an element of a list that is a member of the body's object.
func (s *scanner) inItem() bool {
	return s.batch && len(s.frames) >= 2 && s.frames[0].object && !s.frames[1].object
}

// begin notes that a value begins here: an item, if the list is open and no more.
func (s *scanner) begin() {
	if len(s.frames) == 2 {
		s.item, s.faulty = s.at, false
	}
}

// tooDeep is the fault of one more level than the limit allows.
func (s *scanner) tooDeep() *Error {
	return s.fault(s.at, CodeTooDeep, "nested deeper than "+strconv.Itoa(s.limits.Depth)+" levels")
}

// push opens an array or object.
func (s *scanner) push(object bool, left int) *Error {
	if len(s.frames) >= s.limits.Depth {
		s.lost.push(object)
		return s.tooDeep()
	}
	s.frames = append(s.frames, frame{object: object, left: left, names: len(s.names)})
	return nil
}

// pop closes the innermost array or object.
func (s *scanner) pop() *Error {
	if s.lost.n > 0 {
		s.lost.n--
		return nil
	}
	top := &s.frames[len(s.frames)-1]
	if top.object {
		if !s.faulty {
			if at, found := duplicate(s.body, s.names[top.names:]); found {
				top.name = span{}
				if err := s.fault(at, CodeDuplicateName, "a name stands twice in one object"); err != nil {
					return err
				}
			}
		}
		s.names = s.names[:top.names]
	}
	s.frames = s.frames[:len(s.frames)-1]
	if len(s.frames) < 2 {
		s.faulty = false // what follows belongs to no item
	}
	return nil
}

// element counts one more element of the innermost array or object.
func (s *scanner) element() *Error {
	if s.lost.n > 0 {
		return nil
	}
	top := &s.frames[len(s.frames)-1]
	top.count++
	switch {
	case top.count <= s.limits.Items:
	case len(s.frames) == 2: // the list itself
		return s.fail(s.at, CodeTooManyItems, s.tooMany())
	default:
		return s.fault(s.at, CodeTooManyItems, s.tooMany())
	}
	return nil
}

func (s *scanner) tooMany() string { return "more than " + strconv.Itoa(s.limits.Items) + " elements" }

// named notes a name of the innermost object. Of an item that is lost no more names are kept.
func (s *scanner) named(text span, escaped bool) {
	if !s.faulty {
		s.names = append(s.names, newNameRef(s.body, text, escaped))
	}
}

// inObject tells whether the innermost of what is open is an object.
func (s *scanner) inObject() bool {
	if s.lost.n > 0 {
		return s.lost.object()
	}
	return s.frames[len(s.frames)-1].object
}

// lostLevels are the levels beyond Limits.Depth in an item that is lost already: a bit each, because a body may have
// millions of them and the end of the item still has to be found.
type lostLevels struct {
	objects []uint64
	n       int
}

func (l *lostLevels) push(object bool) {
	word, bit := l.n/64, uint64(1)<<(l.n%64)
	if word == len(l.objects) {
		l.objects = append(l.objects, 0)
	}
	if l.objects[word] &^= bit; object {
		l.objects[word] |= bit
	}
	l.n++
}

func (l *lostLevels) object() bool {
	return l.objects[(l.n-1)/64]>>((l.n-1)%64)&1 == 1
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
		if i == maxPathLevels {
			text.WriteString("…")
			break
		}
		f := &frames[i]
		switch {
		case f.object && f.name.to > 0:
			if text.Len() > 0 {
				text.WriteByte('.')
			}
			name := body[f.name.from:f.name.to]
			text.Write(name[:min(len(name), utf8.UTFMax*maxPath)])
		case !f.object && f.count > 0:
			text.WriteString("[" + strconv.Itoa(f.count-1) + "]")
		}
	}
	return ShortPath(text.String())
}

// unsafeString views b as a string for the time of a call; b must not change during it.
func unsafeString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
