package wire

import (
	"encoding/binary"
	"math"
	"strconv"
	"time"
)

// transcoder writes a msgpack body that a scan has passed as JSON text: integers keep all their digits, timestamps
// become RFC 3339 texts. So both formats meet the same decoder and the same strictness.
type transcoder struct {
	body   []byte
	at     int
	faults []fault // their items become null, because anything may be in them; each gets its place in the text
}

// append writes the value that begins here. It calls itself for what is inside, as deep as the scan's limit.
func (c *transcoder) append(dst []byte) []byte {
	if len(c.faults) > 0 && c.faults[0].from == c.at {
		c.faults[0].from, c.faults = len(dst), c.faults[1:]
		skipValues(c.body, &c.at, 1)
		return append(dst, "null"...)
	}
	b := c.body
	t, code := readToken(b, &c.at)
	if code != "" {
		return append(dst, "null"...)
	}
	switch t.kind {
	case tokenBool:
		return strconv.AppendBool(dst, t.bits == 1)
	case tokenInt:
		return strconv.AppendInt(dst, int64(t.bits), 10)
	case tokenUint:
		return strconv.AppendUint(dst, t.bits, 10)
	case tokenFloat32:
		return strconv.AppendFloat(dst, float64(math.Float32frombits(uint32(t.bits))), 'g', -1, 32)
	case tokenFloat64:
		return strconv.AppendFloat(dst, math.Float64frombits(t.bits), 'g', -1, 64)
	case tokenText:
		return appendQuoted(dst, b[t.text.from:t.text.to])
	case tokenTime:
		dst = append(dst, '"')
		dst = time.Unix(int64(t.bits), int64(t.size)).UTC().AppendFormat(dst, time.RFC3339Nano)
		return append(dst, '"')
	case tokenArray:
		dst = append(dst, '[')
		for i := range t.size {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = c.append(dst)
		}
		return append(dst, ']')
	case tokenMap:
		dst = append(dst, '{')
		for i := range t.size {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = c.append(dst)
			dst = append(dst, ':')
			dst = c.append(dst)
		}
		return append(dst, '}')
	}
	return append(dst, "null"...)
}

// appendQuoted writes text, which is valid UTF-8, as a JSON string.
func appendQuoted[T []byte | string](dst []byte, text T) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i := range len(text) {
		c := text[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, text[from:i]...)
		from = i + 1
		if c == '"' || c == '\\' {
			dst = append(dst, '\\', c)
		} else {
			dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
	}
	dst = append(dst, text[from:]...)
	return append(dst, '"')
}

// appendMsgpack writes the JSON value that begins here as msgpack. Arrays and maps take their widest header, whose
// count is filled in behind them.
func (r *reader) appendMsgpack(dst []byte) []byte {
	switch c := r.next(); c {
	case '{', '[':
		header := len(dst)
		if c == '{' {
			dst = append(dst, 0xdf, 0, 0, 0, 0)
		} else {
			dst = append(dst, 0xdd, 0, 0, 0, 0)
		}
		count := uint32(0)
		r.begin()
		for r.more() {
			if c == '{' {
				dst = appendMsgpackText(dst, r.name())
			}
			dst = r.appendMsgpack(dst)
			count++
		}
		binary.BigEndian.PutUint32(dst[header+1:], count)
		return dst
	}
	switch v := r.value(); v.Kind {
	case TextValue:
		return appendMsgpackText(dst, v.Text)
	case IntValue:
		return binary.BigEndian.AppendUint64(append(dst, 0xd3), uint64(v.Int))
	case FloatValue:
		if n, err := strconv.ParseUint(v.Text, 10, 64); err == nil {
			return binary.BigEndian.AppendUint64(append(dst, 0xcf), n)
		}
		return binary.BigEndian.AppendUint64(append(dst, 0xcb), math.Float64bits(v.Float))
	case BoolValue:
		return append(dst, 0xc2|byte(v.Int))
	}
	return append(dst, 0xc0)
}

func appendMsgpackText(dst []byte, text string) []byte {
	if len(text) < 32 {
		dst = append(dst, 0xa0|byte(len(text)))
	} else {
		dst = binary.BigEndian.AppendUint32(append(dst, 0xdb), uint32(len(text)))
	}
	return append(dst, text...)
}
