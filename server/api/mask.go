package api

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"rollcall/client/wire"
	"rollcall/server/privacy"
)

var (
	// mobileText finds a mobile number of China inside a text, with or without +86 and separators.
	mobileText = regexp.MustCompile(`(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}`)
	emailText  = regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}`)
	longDigits = regexp.MustCompile(`\d{5,}`)
	// phoneName tells a field that holds a number of a person by its name.
	phoneName = regexp.MustCompile(`(?i)(^|_)(mobile|phone|tel|telephone|cell|caller|callee)(_?(no|number))?($|_)`)
	emailName = regexp.MustCompile(`(?i)(^|_)e?mail($|_)`)
)

// maskText masks one value: all of it when its name says that it is a number or an address, else what reads like one.
func maskText(name, text string) string {
	switch {
	case phoneName.MatchString(name):
		return privacy.Mask("mobile", text)
	case emailName.MatchString(name):
		return privacy.Mask("email", text)
	}
	return maskInside(text)
}

// maskInside masks mobile numbers and e-mail addresses within a text. Digits that go on beyond a number's length are
// ids, not numbers, and stay.
func maskInside(text string) string {
	if !strings.ContainsAny(text, "1@") {
		return text
	}
	text = emailText.ReplaceAllStringFunc(text, func(s string) string { return privacy.Mask("email", s) })
	var out strings.Builder
	at := 0
	for _, m := range mobileText.FindAllStringIndex(text, -1) {
		if m[0] > 0 && isDigit(text[m[0]-1]) || m[1] < len(text) && isDigit(text[m[1]]) {
			continue
		}
		out.WriteString(text[at:m[0]])
		out.WriteString(privacy.Mask("mobile", text[m[0]:m[1]]))
		at = m[1]
	}
	out.WriteString(text[at:])
	return out.String()
}

// shortestNumber is the least that a number of a person's telephone can be.
const shortestNumber = 1_000_000

// maskNumber masks a whole number that its name says is a telephone's; phone_calls of 12 is a count.
func maskNumber(name string, n int64) any {
	if n >= shortestNumber && phoneName.MatchString(name) {
		return privacy.Mask("mobile", strconv.FormatInt(n, 10))
	}
	return n
}

// maskAll takes everything out of a text that could be a number or an address, for the log.
func maskAll(text string) string {
	return longDigits.ReplaceAllString(emailText.ReplaceAllString(text, "***"), "*****")
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// maskObject masks inside a payload, at every depth. The object comes back as it was sent when nothing had to go.
func maskObject(o wire.Object) (wire.Object, error) {
	if o == "" {
		return "", nil
	}
	m, err := o.Map()
	if err != nil {
		return "", err
	}
	if _, changed := maskValue("", m); !changed {
		return o, nil
	}
	return wire.MakeObject(m)
}

// maskValue masks v, in place where it can; the second result tells whether anything changed.
func maskValue(name string, v any) (any, bool) {
	switch v := v.(type) {
	case string:
		masked := maskText(name, v)
		return masked, masked != v
	case json.Number:
		if phoneName.MatchString(name) {
			return privacy.Mask("mobile", v.String()), true
		}
	case map[string]any:
		any := false
		for key, item := range v {
			masked, changed := maskValue(key, item)
			if changed {
				v[key], any = masked, true
			}
		}
		return v, any
	case []any:
		any := false
		for i, item := range v {
			masked, changed := maskValue(name, item)
			if changed {
				v[i], any = masked, true
			}
		}
		return v, any
	}
	return v, false
}
