package intake

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"rollcall/engine/schema"
)

// Normalised is one identifier in its one normal form.
type Normalised struct {
	Type      string // as in engine/schema: never "phone"
	Text      string
	Extension string // of a phone number
	Scope     string // of a crm_id: the system whose id it is; "" as it is keyed in without one
}

// identity is what is hashed: behind one switchboard, the extension tells who is meant. A mobile's extension does not count.
func (n Normalised) identity() string {
	if n.Extension != "" && n.Type == "landline" {
		return n.Text + "-" + n.Extension
	}
	return n.Text
}

// priorities orders the identifier types as they are tried; types are those that can be given, with their entity.
var priorities, entities = func() (map[string]int, map[string]string) {
	p, e := make(map[string]int), make(map[string]string)
	for i, id := range schema.Identifiers {
		p[id.Name], e[id.Name] = i, id.Entity
	}
	e["phone"] = entityContact
	return p, e
}()

// Normalise gives the normal form of an identifier as keyed in. A text with several phone numbers or addresses gives
// several; if some of them are no identifiers, both results are set. The error is an *Error without a field.
func Normalise(typ, text string) ([]Normalised, error) {
	out, err := normalise(typ, text)
	if err != nil {
		return out, err
	}
	return out, nil
}

func normalise(typ, text string) ([]Normalised, *Error) {
	if _, known := entities[typ]; !known {
		return nil, &Error{Code: codeUnknownIdentifier, Detail: "is no type of identifier: those are mobile, phone, email and the others of the documentation"}
	}
	if placeholder(text) {
		return nil, &Error{Code: codeEmpty, Detail: "is empty"}
	}
	if len(text) > MaxIdentifier {
		return nil, &Error{Code: codeInvalidIdentifier, Detail: "is longer than 512 bytes"}
	}
	one := func(text string, err *Error) ([]Normalised, *Error) {
		if err != nil {
			return nil, err
		}
		return []Normalised{{Type: typ, Text: text}}, nil
	}
	switch typ {
	case "mobile":
		out, err := phones(text)
		if err != nil && err.Code == codeInvalidPhone {
			err.Code = codeInvalidMobile
		}
		return out, err
	case "phone", "landline":
		return phones(text)
	case "email":
		return emails(text)
	case "mobile_sha256":
		return one(hexHash(text, 64))
	case "mobile_md5":
		return one(hexHash(text, 32))
	case "credit_code":
		return one(creditCode(text))
	case "domain":
		return one(companyDomain(text))
	case "account_name":
		return one(companyKey(text))
	case "wecom_userid":
		return one(corpUser(text))
	case scopedType:
		return scoped(text)
	}
	return one(opaque(text))
}

// placeholder tells whether text is one of the words that systems write for "nothing". As an identifier each of them
// would make one person of all who have it.
func placeholder(text string) bool {
	text = strings.TrimSpace(text)
	if len(text) > 36 {
		return false
	}
	switch strings.ToLower(text) {
	case "", "-", "--", "/", "0", "null", "nil", "none", "undefined", "unknown", "n/a", "na", "nan", "<nil>", "(null)", "无", "没有", "未知", "空",
		"00000000-0000-0000-0000-000000000000":
		return true
	}
	return false
}

// opaque takes an id of another system as it is, without white space around it.
func opaque(text string) (string, *Error) {
	text = strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.In(r, unicode.Cf) })
	if text == "" || hasControl(text) {
		return "", &Error{Code: codeInvalidIdentifier, Detail: "holds control characters, or nothing"}
	}
	return text, nil
}

// hexHash takes a hash in hexadecimal.
func hexHash(text string, digits int) (string, *Error) {
	text = strings.ToLower(strings.TrimSpace(text))
	valid := len(text) == digits
	for i := 0; valid && i < len(text); i++ {
		valid = text[i] >= '0' && text[i] <= '9' || text[i] >= 'a' && text[i] <= 'f'
	}
	if !valid {
		return "", &Error{Code: codeInvalidHash, Detail: "is not a hash in hexadecimal (64 digits for sha256, 32 for md5)"}
	}
	return text, nil
}

// corpUser takes corp:userid. WeCom does not tell the case of user ids apart.
func corpUser(text string) (string, *Error) {
	corp, user, found := strings.Cut(strings.TrimSpace(text), ":")
	corp, user = strings.TrimSpace(corp), strings.TrimSpace(user)
	if !found || corp == "" || user == "" || hasControl(text) {
		return "", &Error{Code: codeInvalidIdentifier, Detail: "must be written corp:userid, because user ids are unique only within a corp"}
	}
	return corp + ":" + strings.ToLower(user), nil
}

// companyKey is the form of a company's name that is matched: width, case and white space folded.
func companyKey(text string) (string, *Error) {
	key := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || unicode.In(r, unicode.Cf, unicode.Cc):
			return -1
		case r == '【' || r == '〔' || r == '[':
			return '('
		case r == '】' || r == '〕' || r == ']':
			return ')'
		}
		return r
	}, strings.ToLower(norm.NFKC.String(text)))
	key = norm.NFC.String(strings.Trim(key, ".,;:。、·-_*/"))
	switch {
	case key == "" || placeholder(key) || noCompany[key]:
		return "", &Error{Code: codeEmpty, Detail: "is empty"}
	case len(key) > MaxIdentifier:
		return "", &Error{Code: codeInvalidIdentifier, Detail: "is longer than 512 bytes"}
	}
	return key, nil
}

// noCompany are words that people enter where they have no company.
var noCompany = map[string]bool{"个人": true, "个体": true, "自由职业": true, "待业": true, "无业": true, "暂无": true, "无公司": true, "公司": true, "test": true, "测试": true}
