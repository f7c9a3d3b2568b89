package query

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// functions are the words that are followed by "(".
var functions = map[string]Func{
	"count": Count, "sum": Sum, "avg": Avg, "min": Min, "max": Max, "rate": Rate, "distinct_days": DistinctDays,
}

// functionNames is indexed by Func.
var functionNames = [...]string{"count", "sum", "avg", "min", "max", "rate", "distinct_days"}

// String returns the word of the aggregate in both forms.
func (f Func) String() string {
	if int(f) < len(functionNames) {
		return functionNames[f]
	}
	return "func" + strconv.Itoa(int(f))
}

// takesProp tells whether the aggregate is one of a property's values.
func (f Func) takesProp() bool { return f >= Sum && f <= Max }

// keywords are the words of the language. A name that is one of them stands in backticks, even where the grammar
// could tell them apart, so that no later addition to the language changes what an expression means.
var keywords = map[string]bool{
	"and": true, "or": true, "not": true, "in": true, "between": true, "like": true, "is": true, "null": true,
	"where": true, "true": true, "false": true, "did": true, "count": true, "sum": true, "avg": true, "min": true,
	"max": true, "rate": true, "distinct_days": true, "segment": true, "id": true, "account": true, "last": true,
	"days": true, "calendar": true,
}

// keyword returns the lower-case word of the language that text spells, or "". Only ASCII letters fold: the Kelvin
// sign does not make a k, and so LI\u212AE is a name.
func keyword(text string) string {
	word := []byte(text)
	for i, c := range word {
		if 'A' <= c && c <= 'Z' {
			word[i] = c + 'a' - 'A'
		}
	}
	if keywords[string(word)] {
		return string(word)
	}
	return ""
}

// CheckName says why name cannot be the name of a tag, attribute or property: the reason is an *Error with
// CodeName, nil when the name is fine. Every fine name can be written in an expression, in backticks if need be.
// What is refused is what nobody could type or tell apart again: empty or beyond MaxNameBytes, control characters,
// line breaks, invisible and direction marks, spaces at the ends or other than the plain one, and the beginning
// "account.", which belongs to the names of the account.
func CheckName(name string) error {
	if fault, at := nameFault(name); fault != "" {
		return &Error{Code: CodeName, Message: fault, Position: at}
	}
	if accountPrefix(name) {
		return &Error{Code: CodeName, Message: `a name cannot begin with "account."`}
	}
	return nil
}

// accountPrefix tells whether the JSON form would read name as a name of the account.
func accountPrefix(name string) bool {
	const prefix = "account."
	return len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix)
}

// nameFault returns what is wrong with a name and the byte where, or "".
func nameFault(name string) (fault string, at int) {
	switch {
	case name == "":
		return "a name is empty", 0
	case len(name) > MaxNameBytes:
		return "a name is longer than " + strconv.Itoa(MaxNameBytes) + " bytes", 0
	case strings.HasPrefix(name, " "):
		return "a name begins with a space", 0
	case strings.HasSuffix(name, " "):
		return "a name ends in a space", len(name) - 1
	}
	for i, r := range name {
		if r == utf8.RuneError || r != ' ' && (unicode.Is(unicode.Zs, r) || !unicode.IsGraphic(r)) || filler(r) {
			return "a name cannot contain " + codePoint(r), i
		}
	}
	return "", 0
}

// textFault returns what is wrong with the characters of a text and the byte where, or "". Direction marks are
// refused because they make an expression read otherwise than it is evaluated.
func textFault(text string) (fault string, at int) {
	for i, r := range text {
		control := unicode.Is(unicode.Cc, r) && r != '\t' && r != '\n' && r != '\r'
		if control || r == utf8.RuneError || unicode.Is(unicode.Bidi_Control, r) {
			return "a text cannot contain " + codePoint(r), i
		}
	}
	return "", 0
}

// idFault is textFault for an id, which also has a length.
func idFault(id string) string {
	switch {
	case id == "":
		return "an id is empty"
	case len(id) > MaxNameBytes:
		return "an id is longer than " + strconv.Itoa(MaxNameBytes) + " bytes"
	}
	fault, _ := textFault(id)
	return fault
}

// typeFault returns what is wrong with an event type: segments joined by dots, "*" alone or as the last of them.
func typeFault(typ string) string {
	if len(typ) > MaxNameBytes {
		return "an event type is longer than " + strconv.Itoa(MaxNameBytes) + " bytes"
	}
	segments := strings.Split(typ, ".")
	for i, s := range segments {
		if s == "*" && i == len(segments)-1 {
			break
		}
		if strings.Contains(s, "*") {
			return "* stands alone or as the last part of an event type, as in call.*"
		}
		if s == "" {
			return "a part of an event type is empty"
		}
		if fault, _ := nameFault(s); fault != "" {
			return fault
		}
	}
	return ""
}

// patternFault returns what is wrong with the pattern of LIKE, or "".
func patternFault(pattern string) string {
	slashes := len(pattern) - len(strings.TrimRight(pattern, `\`))
	if slashes%2 == 1 {
		return `a pattern ends in a lone \, which takes the next character literally`
	}
	return ""
}

// nameRune tells whether a name may contain r without backticks: letters of any script, digits, underscore.
func nameRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	return (unicode.IsLetter(r) || unicode.Is(unicode.Nd, r) || unicode.Is(unicode.Nl, r)) && !filler(r)
}

// filler tells whether r counts as a letter but shows nothing (Hangul fillers).
func filler(r rune) bool {
	return r == 0x115F || r == 0x1160 || r == 0x3164 || r == 0xFFA0
}

// plainName tells whether a name stands without backticks. A name may begin with digits when a letter beyond ASCII
// follows them (30天未联系), which neither a number (1e5) nor a window (7d) does.
func plainName(name string) bool {
	if halfWidthKeyword(name) != "" {
		return false
	}
	digits := true
	for i, r := range name {
		if !nameRune(r) {
			return false
		}
		if digits && !unicode.IsDigit(r) {
			digits = false
			if i > 0 && (r < utf8.RuneSelf || halfWidth(r) != r) {
				return false
			}
		}
	}
	return !digits
}

// halfWidthKeyword is keyword for a word that may be typed in full-width letters (ＡＮＤ).
func halfWidthKeyword(text string) string {
	return keyword(strings.Map(halfWidth, text))
}

// quoteName writes a name as it stands in the text form.
func quoteName(name string) string {
	if plainName(name) {
		return name
	}
	return "`" + strings.ReplaceAll(name, "`", "``") + "`"
}

// quoteText writes a text as it stands in the text form.
func quoteText(text string) string {
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// quoteType writes an event type as it stands in the text form.
func quoteType(typ string) string {
	segments := strings.Split(typ, ".")
	for i, s := range segments {
		besideDot := len(segments) > 1 && keyword(s) != "" // where a word of the language cannot be meant: call.in
		if s != "*" && !besideDot {
			segments[i] = quoteName(s)
		}
	}
	return strings.Join(segments, ".")
}

// codePoint names a character that may not be visible.
func codePoint(r rune) string {
	hex := strings.ToUpper(strconv.FormatInt(int64(r), 16))
	if len(hex) < 4 {
		hex = strings.Repeat("0", 4-len(hex)) + hex
	}
	return "U+" + hex
}
