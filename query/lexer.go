package query

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokenKind tells tokens apart.
type tokenKind uint8

const (
	endToken      tokenKind = iota
	wordToken               // a name without backticks, or a word of the language
	quotedToken             // a name in backticks; text is the name itself
	textToken               // text is the text itself
	numberToken             // sign, digits, fraction
	unitToken               // digits with ASCII letters behind them: 7d, but also 1e5
	operatorToken           // op
	markToken               // text is one of ( ) , . .. *
)

type token struct {
	kind tokenKind
	at   int
	text string
	op   Op
}

// is tells whether the token is this mark.
func (t token) is(mark string) bool { return t.kind == markToken && t.text == mark }

// keyword returns the word of the language that the token is, or "".
func (t token) keyword() string {
	if t.kind != wordToken {
		return ""
	}
	return keyword(t.text)
}

// named tells whether the token is a name and no word of the language.
func (t token) named() bool { return t.kind == quotedToken || t.kind == wordToken && t.keyword() == "" }

// lexer cuts a text, which is valid UTF-8, into tokens. What it refuses it panics with as an *Error, which Parse
// recovers: a parser that calls itself through ten functions stays readable that way.
type lexer struct {
	text string
	at   int
}

func fail(code string, at int, suggestion, message string) {
	panic(&Error{Code: code, Message: message, Position: at, Suggestion: suggestion})
}

// next returns the next token.
func (l *lexer) next() token {
	for l.skip(' ') || l.skip('\t') || l.skip('\n') || l.skip('\r') || l.skip('\u3000') || l.skip('\u00a0') {
	}
	start := l.at
	r, size := utf8.DecodeRuneInString(l.text[start:])
	switch {
	case size == 0:
		return token{kind: endToken, at: start}
	case nameRune(r):
		return l.word(start)
	case r == '\'':
		return token{kind: textToken, at: start, text: l.quoted(start, '\'')}
	case r == '‘' || r == '’': // a Chinese keyboard alternates them, whichever is meant
		return token{kind: textToken, at: start, text: l.quoted(start, '’')}
	case r == '`':
		return l.name(start)
	}
	l.at += size
	switch c := halfWidth(r); c {
	case '(', ')', ',', '*':
		return token{kind: markToken, at: start, text: string(c)}
	case '.':
		if l.skip('.') {
			return token{kind: markToken, at: start, text: ".."}
		}
		return token{kind: markToken, at: start, text: "."}
	case '=', '<', '>', '!', '≠', '≤', '≥':
		return token{kind: operatorToken, at: start, op: l.operator(start, c)}
	case '-', '+':
		return l.signed(start, c)
	}
	return l.unknown(start, r)
}

// skip steps over r, or its full-width form, if it is next.
func (l *lexer) skip(r rune) bool {
	next, size := utf8.DecodeRuneInString(l.text[l.at:])
	if size == 0 || halfWidth(next) != r {
		return false
	}
	l.at += size
	return true
}

// operator reads the rest of a comparison operator that begins with c.
func (l *lexer) operator(start int, c rune) Op {
	switch c {
	case '=':
		switch {
		case l.skip('='):
			fail(CodeSyntax, start, "=", "equality is written with one =")
		case l.skip('<'):
			fail(CodeSyntax, start, "<=", "the operator is written <=")
		case l.skip('>'):
			fail(CodeSyntax, start, ">=", "the operator is written >=")
		}
		return Equal
	case '<':
		if l.skip('=') {
			return LessEqual
		}
		if l.skip('>') {
			return NotEqual
		}
		return Less
	case '>':
		if l.skip('=') {
			return GreaterEqual
		}
		return Greater
	case '≠':
		return NotEqual
	case '≤':
		return LessEqual
	case '≥':
		return GreaterEqual
	}
	if !l.skip('=') {
		fail(CodeSyntax, start, "NOT", "negation is written NOT")
	}
	return NotEqual
}

// word reads what begins with a letter, a digit or an underscore: a word, a number or a number with a unit.
func (l *lexer) word(start int) token {
	run := l.run()
	if keyword(run) != "" || plainName(run) {
		return token{kind: wordToken, at: start, text: run}
	}
	if word := halfWidthKeyword(run); word != "" {
		fail(CodeSyntax, start, strings.ToUpper(word), "a word of the language is in full-width letters")
	}
	if c := run[0]; c < '0' || c > '9' {
		suggestion := strings.Map(halfWidth, run)
		if suggestion == run {
			suggestion = ""
		}
		fail(CodeSyntax, start, suggestion, "a number is written with the digits 0 to 9")
	}
	l.at = start
	return l.number(start, "")
}

// run steps over the letters, digits and underscores that come next.
func (l *lexer) run() string {
	start := l.at
	for _, r := range l.text[start:] {
		if !nameRune(r) {
			break
		}
		l.at += utf8.RuneLen(r)
	}
	return l.text[start:l.at]
}

// signed reads a number behind its sign.
func (l *lexer) signed(start int, sign rune) token {
	if l.at == len(l.text) || l.text[l.at] < '0' || l.text[l.at] > '9' {
		fail(CodeSyntax, start, "", "a sign stands directly before the digits of a number")
	}
	if sign == '-' {
		return l.number(start, "-")
	}
	return l.number(start, "")
}

// number reads digits, a fraction and what clings to them.
func (l *lexer) number(start int, sign string) token {
	from := l.at
	l.digits()
	if rest := l.text[l.at:]; len(rest) > 1 && rest[0] == '.' && rest[1] >= '0' && rest[1] <= '9' {
		l.at++
		l.digits()
	}
	digits := l.text[from:l.at]
	if unit := l.run(); unit != "" {
		return token{kind: unitToken, at: start, text: sign + digits + unit}
	}
	rest := l.text[l.at:]
	if strings.HasPrefix(rest, "%") || strings.HasPrefix(rest, "％") {
		fail(CodeSyntax, start, sign+shift(digits, -2), "a share is written as a fraction")
	}
	if sign == "" && len(rest) >= 6 && isDate(digits+rest[:6]) {
		fail(CodeSyntax, start, quoteText(digits+rest[:6]), "a date stands in quotes")
	}
	return token{kind: numberToken, at: start, text: sign + digits}
}

func (l *lexer) digits() {
	for l.at < len(l.text) && l.text[l.at] >= '0' && l.text[l.at] <= '9' {
		l.at++
	}
}

// quoted reads a text up to its closing quote; a doubled one is one of its characters.
func (l *lexer) quoted(start int, closing rune) string {
	_, size := utf8.DecodeRuneInString(l.text[start:])
	text, ok := l.delimited(start+size, string(closing))
	if !ok {
		fail(CodeSyntax, start, "", "the text that begins here is not closed")
	}
	if fault, at := textFault(l.text[start:l.at]); fault != "" {
		fail(CodeSyntax, start+at, "", fault)
	}
	return text
}

// name reads a name in backticks.
func (l *lexer) name(start int) token {
	name, ok := l.delimited(start+1, "`")
	if !ok {
		fail(CodeSyntax, start, "", "the name that begins here is not closed")
	}
	if fault, at := nameFault(name); fault != "" {
		fail(CodeSyntax, start+1+at+strings.Count(name[:at], "`"), "", fault)
	}
	return token{kind: quotedToken, at: start, text: name}
}

// delimited reads from byte from up to the closing mark, halving doubled ones, and steps over it.
func (l *lexer) delimited(from int, mark string) (text string, ok bool) {
	var b strings.Builder
	for {
		i := strings.Index(l.text[from:], mark)
		if i < 0 {
			return "", false
		}
		b.WriteString(l.text[from : from+i])
		from += i + len(mark)
		if !strings.HasPrefix(l.text[from:], mark) {
			l.at = from
			return b.String(), true
		}
		b.WriteString(mark)
		from += len(mark)
	}
}

// unknown refuses a character that begins no token, with what was probably meant.
func (l *lexer) unknown(start int, r rune) token {
	suggestion := ""
	switch c := halfWidth(r); c {
	case '&':
		suggestion = "AND"
	case '|':
		suggestion = "OR"
	case '"', '\'', '“', '”':
		text := l.text[l.at:]
		if end := strings.IndexAny(text, `"”＂＇`); end >= 0 {
			suggestion = quoteText(text[:end])
		}
		fail(CodeSyntax, start, suggestion, "a text stands in single quotes")
	case '、':
		suggestion = ","
	case '…':
		suggestion = ".."
	case '−', '–', '—':
		suggestion = "-"
	default:
		if c != r {
			suggestion = string(c)
		}
	}
	if unicode.IsGraphic(r) && !unicode.Is(unicode.Z, r) && !unicode.Is(unicode.M, r) && !filler(r) {
		fail(CodeSyntax, start, suggestion, `the character "`+string(r)+`" has no meaning here; a name that contains it stands in backticks`)
	}
	fail(CodeSyntax, start, suggestion, "the character "+codePoint(r)+" has no meaning here")
	return token{}
}
