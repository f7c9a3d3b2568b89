package engine

import (
	"encoding/binary"
	"fmt"
	"math"

	"rollcall/index"
)

// rowsPerBlock is how many event rows a page on disk has. The last block of a tenant is written again at each flush
// until it is full.
const rowsPerBlock = 1 << 13

// The forms of a property's value in a row, the low three bits of its tag.
const (
	formFloat = iota
	formInt
	formCode
	formFalse
	formTrue
)

// eventLog is the event rows, encoded in the order in which they were appended, that are not on disk yet: blocks[0]
// has number begin, and all but the last are full. Bytes are only ever appended, so a slice of a block is a version.
type eventLog struct {
	blocks [][]byte
	begin  uint32
	rows   int         // of the last block
	before index.Event // the row before: times and numbers are written as differences
}

// append encodes one row.
func (l *eventLog) append(ev *index.Event, key index.Key) {
	if len(l.blocks) == 0 || l.rows == rowsPerBlock {
		l.blocks = append(l.blocks, nil)
		l.rows, l.before = 0, index.Event{}
	}
	b := l.blocks[len(l.blocks)-1]
	b = binary.AppendUvarint(b, uint64(ev.Ord))
	b = binary.AppendUvarint(b, uint64(ev.Type))
	b = binary.AppendUvarint(b, uint64(ev.Source))
	b = binary.AppendVarint(b, ev.Time-l.before.Time)
	b = binary.AppendVarint(b, int64(ev.Seq-l.before.Seq))
	if key == (index.Key{}) {
		b = append(b, 0)
	} else {
		b = append(append(b, 1), key[:]...)
	}
	b = binary.AppendUvarint(b, uint64(len(ev.ID)))
	b = append(b, ev.ID...)
	b = binary.AppendUvarint(b, uint64(len(ev.Props)))
	for i := range ev.Props {
		b = appendProp(b, &ev.Props[i])
	}
	l.before.Time, l.before.Seq = ev.Time, ev.Seq
	l.blocks[len(l.blocks)-1] = b
	l.rows++
}

func appendProp(b []byte, p *index.Prop) []byte {
	tag := uint64(p.Name) << 3
	switch p.Kind {
	case index.Code:
		return binary.AppendUvarint(binary.AppendUvarint(b, tag+formCode), uint64(p.Code))
	case index.Bool:
		if p.Bool {
			return binary.AppendUvarint(b, tag+formTrue)
		}
		return binary.AppendUvarint(b, tag+formFalse)
	}
	if whole := int64(p.Num); math.Abs(p.Num) < 1<<53 && float64(whole) == p.Num && (whole != 0 || !math.Signbit(p.Num)) {
		return binary.AppendVarint(binary.AppendUvarint(b, tag+formInt), whole)
	}
	return binary.LittleEndian.AppendUint64(binary.AppendUvarint(b, tag+formFloat), math.Float64bits(p.Num))
}

// decodeRows calls f with every row of a block. The event's slices are good until f returns, its ID is a view of b.
func decodeRows(b []byte, f func(ev *index.Event, key index.Key)) (rows int, last index.Event, err error) {
	in := input{b: b}
	var ev index.Event
	for len(in.b) > 0 {
		ev.Ord, ev.Type, ev.Source = in.uint32(), in.uint32(), in.uint32()
		ev.Time += in.varint()
		ev.Seq += uint64(in.varint())
		var key index.Key
		if in.byte() != 0 {
			key = index.Key(in.key())
		}
		ev.ID = view(in.bytes())
		ev.Props = ev.Props[:0]
		for n := in.count(1); n > 0 && !in.bad; n-- {
			ev.Props = append(ev.Props, in.prop())
		}
		if in.bad {
			return 0, ev, fmt.Errorf("corrupt event rows after row %d", rows)
		}
		f(&ev, key)
		rows++
	}
	return rows, index.Event{Time: ev.Time, Seq: ev.Seq}, nil
}

func (in *input) prop() index.Prop {
	tag := in.uint32()
	p := index.Prop{Name: tag >> 3, Kind: index.Num}
	switch tag & 7 {
	case formFloat:
		p.Num = math.Float64frombits(in.fixed64())
	case formInt:
		p.Num = float64(in.varint())
	case formCode:
		p.Kind, p.Code = index.Code, in.uint32()
	case formFalse, formTrue:
		p.Kind, p.Bool = index.Bool, tag&7 == formTrue
	default:
		in.bad = true
	}
	return p
}
