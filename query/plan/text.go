package plan

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"unicode/utf8"

	"rollcall/index"
	"rollcall/query"
)

var errNoCipher = errors.New("sealed texts are asked for without the tenant's cipher")

// textTest is a planned comparison of a text: with constants, which become dictionary codes, or by a function of the
// text, which is asked once for every entry of the dictionary. It is shared by all evaluations of its plan.
type textTest struct {
	texts []string                                    // the constants, as they are written
	saved bool                                        // they stand in a definition that is kept: some may be sealed
	not   bool                                        // there is a text, and it is none of the constants
	judge func(texts []string) func(text string) bool // makes match; nil where texts are equal to a constant or not
	cache matchCache

	opened []string               // texts, in plain; nil before the first bind
	match  func(text string) bool // the texts for which it is true; nil for constants
}

// matchCache remembers which entries of a dictionary match. A dictionary only ever grows, and codes stay what they
// are, so what was found for its first entries holds for as long as the plan.
type matchCache struct {
	mu    sync.Mutex     // also of textTest.opened and textTest.match
	dict  index.DictView // the dictionary that was asked
	known uint32         // entries 1…known were asked
	codes *index.CodeSet // those that match; never changed once it stands here
}

func (c *compiler) compareText(op query.Op, text string) *textTest {
	t := c.oneOfTexts([]string{text})
	switch op {
	case query.Equal:
	case query.NotEqual:
		t.not = true
	default:
		t.judge = func(bounds []string) func(string) bool { return against(op, bounds[0]) }
	}
	return t
}

// against tells whether a text stands in the relation op to bound, bytewise.
func against(op query.Op, bound string) func(text string) bool {
	switch op {
	case query.Less:
		return func(t string) bool { return t < bound }
	case query.LessEqual:
		return func(t string) bool { return t <= bound }
	case query.Greater:
		return func(t string) bool { return t > bound }
	}
	return func(t string) bool { return t >= bound }
}

func (c *compiler) betweenTexts(low, high string) *textTest {
	t := c.oneOfTexts([]string{low, high})
	t.judge = func(bounds []string) func(string) bool {
		return func(t string) bool { return bounds[0] <= t && t <= bounds[1] }
	}
	return t
}

func (c *compiler) oneOfTexts(texts []string) *textTest {
	return &textTest{texts: texts, saved: c.used != nil}
}

func (c *compiler) likeText(pattern string) *textTest {
	t := c.oneOfTexts([]string{pattern})
	t.judge = func(texts []string) func(string) bool { return parseLike(texts[0]).matches }
	return t
}

// open makes opened and match. The caller holds the cache.
func (t *textTest) open(cipher Cipher) {
	if t.opened != nil {
		return
	}
	t.opened = slices.Clone(t.texts)
	for i, text := range t.opened {
		if t.saved {
			t.opened[i] = openText(cipher, text)
		}
	}
	if t.judge != nil {
		t.match = t.judge(t.opened)
	}
}

// codeTest is a textTest tied to the dictionary of one root.
type codeTest struct {
	test   *textTest
	dict   index.DictView
	cipher Cipher // nil when the dictionary holds plain texts
	codes  *index.CodeSet
	known  uint32
	ev     *evaluation
}

// bind looks the constants up. They are looked up at every evaluation: one that is absent now may be there later.
func (t *textTest) bind(b *binding, dict index.DictView, sealed bool) (*codeTest, error) {
	c := &codeTest{test: t, dict: dict, ev: b.ev}
	if sealed {
		if c.cipher = b.ev.o.Cipher; c.cipher == nil {
			return nil, errNoCipher
		}
	}
	t.cache.mu.Lock()
	defer t.cache.mu.Unlock()
	t.open(b.ev.o.Cipher)
	c.codes = new(index.CodeSet)
	if t.match != nil {
		c.adopt()
		return c, nil
	}
	for _, text := range t.opened {
		if c.cipher != nil {
			text = c.cipher.Token(text)
		}
		if code, ok := dict.Code(text); ok {
			c.codes.Add(code)
		}
	}
	return c, nil
}

// adopt takes over what the plan remembers, when it is of the same dictionary; the root may be an older one. The caller
// holds the cache.
func (c *codeTest) adopt() {
	cache := &c.test.cache
	if cache.codes != nil && (c.dict.Extends(cache.dict) || cache.dict.Extends(c.dict)) {
		c.codes, c.known = cache.codes, cache.known
	}
}

// prepare asks for the entries that were added to the dictionary since the last time.
func (c *codeTest) prepare() error {
	if c.test.match == nil || c.known >= c.dict.Len() {
		return nil
	}
	cache := &c.test.cache
	cache.mu.Lock()
	defer cache.mu.Unlock()
	if c.adopt(); c.known >= c.dict.Len() {
		return nil
	}
	grown := new(index.CodeSet)
	code := uint32(1)
	for ; code <= c.known; code++ {
		if c.codes.Contains(code) {
			grown.Add(code)
		}
	}
	var err error
	for ; code <= c.dict.Len() && err == nil; code++ {
		var hit bool
		if hit, err = c.ask(code); hit {
			grown.Add(code)
		}
		if err == nil && code%1024 == 0 {
			err = c.ev.expired()
		}
	}
	if err == nil || err == ErrDeadline {
		// What was found before the deadline is kept: the next try goes on from there.
		cache.dict, cache.codes, cache.known = c.dict, grown, code-1
	}
	c.codes, c.known = grown, code-1
	return err
}

// ask reads one entry of the dictionary and matches it.
func (c *codeTest) ask(code uint32) (bool, error) {
	text := c.dict.Text(code)
	if c.cipher != nil {
		var err error
		if text, err = c.cipher.Text(text); err != nil {
			return false, fmt.Errorf("unseal a dictionary entry: %w", err)
		}
	}
	return c.test.match(text), nil
}

// holds tests one code.
func (c *codeTest) holds(code uint32) bool {
	if c.test.match != nil && code > c.known {
		hit, err := c.ask(code)
		if err != nil {
			c.ev.fail(err)
		}
		return hit
	}
	return c.codes.Contains(code) != c.test.not
}

// textSource plans a text comparison over a text attribute or a tag with values.
func textSource(f field, t *textTest) source {
	return func(b *binding) (leaf, error) {
		column, dict, sealed := b.texts(f)
		test, err := t.bind(b, dict, sealed)
		if err != nil {
			return nil, err
		}
		return &textLeaf{column: column, test: test}, nil
	}
}

// texts are the codes and the dictionary of a text attribute or of a tag with values.
func (b *binding) texts(f field) (*index.Column[uint32], index.DictView, bool) {
	if f.isTag {
		tag, _ := b.ev.p.Tag(f.name)
		return tag.Values, tag.Dict, false
	}
	attr, _ := b.ev.p.Attribute(f.name)
	return attr.Codes, attr.Dict, attr.Sealed
}

// textLeaf holds for the slots whose code is among those of a test.
type textLeaf struct {
	column *index.Column[uint32]
	test   *codeTest
}

func (l *textLeaf) prepare() error { return l.test.prepare() }

func (l *textLeaf) look(chunk int) look {
	if _, _, any := l.column.Chunk(chunk).Zone(); !any {
		return look{state: empty}
	}
	if l.test.codes.Len() == 0 && !l.test.test.not {
		return look{state: empty}
	}
	return look{state: partly}
}

func (l *textLeaf) eval(w *worker, chunk int, _, m *index.Mask) {
	c := l.column.Chunk(chunk)
	if !l.test.test.not {
		index.MatchCodes(c, l.test.codes, m)
		return
	}
	c.Present(m)
	others := w.scratch()
	index.MatchCodes(c, l.test.codes, others)
	m.AndNot(others)
	w.release(1)
}

func (l *textLeaf) holds(_ *worker, ord uint32) bool {
	code, ok := l.column.Get(ord)
	return ok && l.test.holds(code)
}

// likePattern is a parsed LIKE pattern.
type likePattern []likeToken

type likeToken struct {
	any, one bool // %, _
	char     rune
}

// parseLike reads a pattern: % is any run of characters, _ exactly one, a backslash takes the next one literally.
func parseLike(pattern string) likePattern {
	var p likePattern
	literal := false
	for _, r := range pattern {
		switch {
		case literal:
			p, literal = append(p, likeToken{char: r}), false
		case r == '\\':
			literal = true
		case r == '%':
			if len(p) == 0 || !p[len(p)-1].any {
				p = append(p, likeToken{any: true})
			}
		case r == '_':
			p = append(p, likeToken{one: true})
		default:
			p = append(p, likeToken{char: r})
		}
	}
	if literal {
		p = append(p, likeToken{char: '\\'})
	}
	return slices.Clip(p)
}

// matches takes at most len(text) × len(p) steps: on a mismatch only the last % is tried again, one character later.
func (p likePattern) matches(text string) bool {
	at, pos := 0, 0          // in p, in text
	again, againPos := -1, 0 // after the last %, and where its run ends now
	for pos < len(text) {
		r, size := utf8.DecodeRuneInString(text[pos:])
		switch {
		case at < len(p) && p[at].any:
			at++
			again, againPos = at, pos
			continue
		case at < len(p) && (p[at].one || p[at].char == r):
			at++
			pos += size
			continue
		case again < 0:
			return false
		}
		_, size = utf8.DecodeRuneInString(text[againPos:])
		againPos += size
		at, pos = again, againPos
	}
	for at < len(p) && p[at].any {
		at++
	}
	return at == len(p)
}
