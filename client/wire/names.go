package wire

import (
	"cmp"
	"hash/maphash"
	"slices"
)

// nameRef is a name of an object that is still open. It holds no pointer, so that a scanner's buffer need not be
// cleared between bodies.
type nameRef struct {
	hash    uint64 // of the name with its escapes resolved
	text    span   // as it stands in the body
	escaped bool
}

// pairwise is the number of names up to which comparing each with each is faster than sorting.
const pairwise = 24

var nameSeed = maphash.MakeSeed()

func newNameRef(body []byte, text span, escaped bool) nameRef {
	n := nameRef{text: text, escaped: escaped}
	if escaped {
		n.hash = maphash.String(nameSeed, n.resolve(body))
	} else {
		n.hash = maphash.Bytes(nameSeed, body[text.from:text.to])
	}
	return n
}

func (n nameRef) resolve(body []byte) string {
	text := unsafeString(body[n.text.from:n.text.to])
	if n.escaped {
		return unescape(text)
	}
	return text
}

// duplicate finds a name that occurs twice in names, which it may reorder: the place of the second occurrence.
func duplicate(body []byte, names []nameRef) (offset int, found bool) {
	same := func(a, b nameRef) bool { return a.hash == b.hash && a.resolve(body) == b.resolve(body) }
	if len(names) <= pairwise {
		for i := 1; i < len(names); i++ {
			hash := names[i].hash
			for j := range i {
				if names[j].hash == hash && same(names[i], names[j]) {
					return names[i].text.from, true
				}
			}
		}
		return 0, false
	}
	slices.SortFunc(names, func(a, b nameRef) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.text.from, b.text.from))
	})
	for i := 1; i < len(names); i++ {
		if same(names[i], names[i-1]) {
			return names[i].text.from, true
		}
	}
	return 0, false
}
