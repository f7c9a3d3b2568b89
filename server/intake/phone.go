package intake

import (
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/unicode/norm"
)

// maxExtension bounds the digits of an extension.
const maxExtension = 6

// isMobile tells whether digits are a mainland mobile number in its normal form: 1, 3 to 9, and nine digits.
func isMobile(digits string) bool {
	return len(digits) == 11 && digits[0] == '1' && digits[1] >= '3' && allDigits(digits)
}

func allDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}

// phones tells apart the phone numbers in a text as keyed in. Mainland mobiles become eleven digits, landlines 0, area
// code and number, numbers of other countries E.164. Where some parts are numbers and others are not, both come back.
func phones(text string) ([]Normalised, *Error) {
	if isMobile(text) {
		return []Normalised{{Type: "mobile", Text: text}}, nil
	}
	folded, err := foldPhone(text)
	if err != nil {
		return nil, err
	}
	var out []Normalised
	for _, part := range splitPhones(folded) {
		n, problem := parsePhone(part)
		if problem != nil {
			err = problem
			continue
		}
		out = append(out, n)
	}
	if out == nil && err == nil {
		err = &Error{Code: codeEmpty, Detail: "is empty"}
	}
	return out, err
}

// foldPhone brings a text to half width and plain separators: spaces, '-', and '#' for every word that announces an extension.
func foldPhone(text string) (string, *Error) {
	if len(text) > MaxIdentifier {
		return "", &Error{Code: codeInvalidPhone, Detail: "is too long for phone numbers"}
	}
	var b strings.Builder
	for _, r := range norm.NFKC.String(text) {
		switch {
		case r == '\n' || r == '\r':
			b.WriteByte(';')
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case unicode.In(r, unicode.Cf) || r == '\'' || r == '"':
			// Marks of writing direction and zero-width spaces come with numbers copied from address books; quotes from
			// spreadsheets.
		case unicode.Is(unicode.Pd, r) || r == '−' || r == 'ー':
			b.WriteByte('-')
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	folded := strings.TrimSpace(b.String())
	if strings.ContainsAny(folded, "*•●×") || strings.Contains(folded, "xx") {
		return "", &Error{Code: codeMasked, Detail: "is masked"}
	}
	return extensionWords.Replace(folded), nil
}

var extensionWords = strings.NewReplacer(";ext=", "#", "分机号", "#", "分机", "#", "转接", "#", "转", "#", "轉", "#", "extension", "#",
	"ext.", "#", "ext", "#", "x", "#")

// splitPhones cuts a folded text into one text a number. A comma parts two numbers, or a number and its extension.
func splitPhones(text string) []string {
	var out []string
	hard := func(r rune) bool { return strings.ContainsRune("/、;|&\\或和", r) }
	for _, piece := range strings.FieldsFunc(text, hard) {
		first := len(out)
		for part := range strings.SplitSeq(piece, ",") {
			part = strings.TrimSpace(part)
			switch {
			case part == "":
			case len(out) > first && len(part) <= maxExtension && allDigits(part):
				out[len(out)-1] += "#" + part
			default:
				out = append(out, splitSpaced(part)...)
			}
		}
	}
	return out
}

// splitSpaced cuts at spaces if every piece is a whole number by itself.
func splitSpaced(text string) []string {
	pieces := strings.Fields(text)
	if len(pieces) > 1 {
		for _, piece := range pieces {
			if _, err := parsePhone(piece); err != nil {
				return []string{text}
			}
		}
		return pieces
	}
	return []string{text}
}

// parsePhone reads one folded number with or without an extension.
func parsePhone(text string) (Normalised, *Error) {
	number, extension, found := strings.Cut(text, "#")
	if found {
		extension = strings.Trim(extension, " -:.#")
		if extension != "" && (len(extension) > maxExtension || !allDigits(extension)) {
			return Normalised{}, &Error{Code: codeInvalidPhone, Detail: "has an extension that is not 1 to 6 digits"}
		}
	} else if dash := strings.LastIndexByte(text, '-'); dash > 0 {
		// A last group after a number that is whole without it is an extension: 010-66040001-8001.
		tail := strings.TrimSpace(text[dash+1:])
		if len(tail) <= maxExtension && allDigits(tail) {
			if _, err := parseNumber(text[:dash]); err == nil {
				number, extension = text[:dash], tail
			}
		}
	}
	n, err := parseNumber(number)
	if err != nil {
		return Normalised{}, err
	}
	if n.Type == "mobile" && extension != "" && (strings.HasPrefix(n.Text, "170") || strings.HasPrefix(n.Text, "171")) {
		return Normalised{}, &Error{Code: codeMiddleNumber, Detail: "is a middle number: its extension tells who is meant, for a while"}
	}
	n.Extension = extension
	return n, nil
}

// parseNumber reads one folded number without extension.
func parseNumber(text string) (Normalised, *Error) {
	text = strings.TrimSpace(text)
	text = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(text, "tel:"), "tel"))
	plus, dashed := false, false
	digits := make([]byte, 0, 24)
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			digits = append(digits, c)
		case c == '+' && len(digits) == 0 && !plus:
			plus = true
		case c == '-':
			dashed = dashed || string(digits) == "86"
		case strings.IndexByte(" ().", c) >= 0:
		default:
			return Normalised{}, &Error{Code: codeInvalidPhone, Detail: "holds characters that are no part of a phone number"}
		}
	}
	all := string(digits)
	if all == "" {
		return Normalised{}, &Error{Code: codeEmpty, Detail: "has no digits"}
	}
	if strings.Trim(all, "0") == "" {
		return Normalised{}, &Error{Code: codeEmpty, Detail: "is all zeros"}
	}
	if rest, ok := strings.CutPrefix(all, "00"); ok && !plus {
		plus, all = true, rest
	}
	rest, china := strings.CutPrefix(all, "86")
	switch {
	case china && (plus || dashed):
		return national(rest, true)
	case plus:
		return foreign(all)
	case china && len(all) >= 12:
		if n, err := national(rest, true); err == nil {
			return n, nil
		}
	}
	return national(all, false)
}

// national reads a number of the mainland without its country code; abroad says that there was one, in front of which
// an area code loses its 0.
func national(digits string, abroad bool) (Normalised, *Error) {
	if isMobile(digits) {
		return Normalised{Type: "mobile", Text: digits}, nil
	}
	if len(digits) == 12 && digits[0] == '0' && isMobile(digits[1:]) {
		return Normalised{Type: "mobile", Text: digits[1:]}, nil
	}
	if len(digits) == 10 && (strings.HasPrefix(digits, "400") || strings.HasPrefix(digits, "800")) {
		return Normalised{Type: "landline", Text: digits}, nil
	}
	switch {
	case strings.HasPrefix(digits, "95") && len(digits) >= 5 && !abroad:
		return Normalised{}, &Error{Code: codeMiddleNumber, Detail: "is a middle number or a service number"}
	case len(digits) <= 6:
		return Normalised{}, &Error{Code: codeServiceNumber, Detail: "is too short to be anybody's number"}
	}
	if abroad && digits[0] != '0' {
		digits = "0" + digits
	}
	if isLandline(digits) {
		return Normalised{Type: "landline", Text: digits}, nil
	}
	return Normalised{}, &Error{Code: codeInvalidPhone, Detail: "is no mobile number and no landline with its area code"}
}

// isLandline tells whether digits are 0, an area code (10, 2x, or three digits from 3 to 9) and seven or eight digits.
func isLandline(digits string) bool {
	area := 4
	switch {
	case len(digits) < 10 || digits[0] != '0':
		return false
	case digits[1] == '1':
		if digits[2] != '0' {
			return false
		}
		area = 3
	case digits[1] == '2':
		area = 3
	case digits[1] == '0':
		return false
	}
	local := digits[area:]
	return (len(local) == 7 || len(local) == 8) && local[0] != '0'
}

// foreign reads a number with the country code of another country.
func foreign(digits string) (Normalised, *Error) {
	number, err := phonenumbers.Parse("+"+digits, "")
	if err != nil || !phonenumbers.IsValidNumber(number) {
		return Normalised{}, &Error{Code: codeInvalidPhone, Detail: "is no number of the country that its code names"}
	}
	typ := "landline"
	switch phonenumbers.GetNumberType(number) {
	case phonenumbers.MOBILE, phonenumbers.FIXED_LINE_OR_MOBILE:
		typ = "mobile"
	}
	return Normalised{Type: typ, Text: phonenumbers.Format(number, phonenumbers.E164)}, nil
}
