package intake

import (
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// emails tells apart the e-mail addresses in a text as keyed in. Local part and domain are folded to lower case: the
// standard lets the local part's case matter, no provider that people use does. Tags (name+tag@) stay: not every
// provider delivers both to one person.
func emails(text string) ([]Normalised, *Error) {
	var out []Normalised
	var err *Error
	for part := range strings.FieldsFuncSeq(norm.NFKC.String(text), func(r rune) bool { return strings.ContainsRune(",;、\n|", r) }) {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		email, problem := parseEmail(part)
		if problem != nil {
			err = problem
			continue
		}
		out = append(out, Normalised{Type: "email", Text: email})
	}
	if out == nil && err == nil {
		err = &Error{Code: codeEmpty, Detail: "is empty"}
	}
	return out, err
}

func parseEmail(text string) (string, *Error) {
	if open := strings.LastIndexByte(text, '<'); open >= 0 && strings.HasSuffix(text, ">") {
		text = text[open+1 : len(text)-1] // 张三 <zhang@x.com>
	}
	text = strings.ToLower(strings.TrimSpace(text))
	text = strings.TrimPrefix(text, "mailto:")
	at := strings.LastIndexByte(text, '@')
	if at <= 0 {
		return "", &Error{Code: codeInvalidEmail, Detail: "is no e-mail address: it has no part before an @"}
	}
	local := text[:at]
	if strings.Contains(local, "**") || strings.HasSuffix(local, "*") {
		return "", &Error{Code: codeMasked, Detail: "is masked"}
	}
	if len(local) > 64 || hasControl(local) || strings.ContainsAny(local, " \u00a0()<>[]:;@\\,\"") {
		return "", &Error{Code: codeInvalidEmail, Detail: "is no e-mail address: its part before the @ is too long or holds characters that do not belong there"}
	}
	domain, ok := foldDomain(text[at+1:])
	if !ok || len(local)+1+len(domain) > 254 {
		return "", &Error{Code: codeInvalidEmail, Detail: "is no e-mail address: its domain is not valid"}
	}
	return local + "@" + domain, nil
}

// foldDomain brings a domain name to its one form: lower case, international names in their ASCII form. It must have at
// least two labels.
func foldDomain(text string) (domain string, ok bool) {
	text = strings.ToLower(strings.TrimSuffix(text, "."))
	if !plainDomain(text) {
		ascii, err := idna.Lookup.ToASCII(text)
		if err != nil {
			return "", false
		}
		text = strings.TrimSuffix(ascii, ".")
	}
	if len(text) > 253 || !strings.Contains(text, ".") {
		return "", false
	}
	for label := range strings.SplitSeq(text, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return "", false
		}
	}
	return text, true
}

// plainDomain tells whether text has only the characters that IDNA leaves alone.
func plainDomain(text string) bool {
	for i := range len(text) {
		c := text[i]
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '-') {
			return false
		}
	}
	return !strings.Contains(text, "--")
}

// freeMail are domains that anybody can have an address at: they name no company.
var freeMail = map[string]bool{
	"qq.com": true, "vip.qq.com": true, "foxmail.com": true, "163.com": true, "vip.163.com": true, "126.com": true,
	"yeah.net": true, "188.com": true, "sina.com": true, "sina.cn": true, "vip.sina.com": true, "sohu.com": true,
	"139.com": true, "189.cn": true, "wo.cn": true, "21cn.com": true, "tom.com": true, "aliyun.com": true,
	"gmail.com": true, "googlemail.com": true, "outlook.com": true, "hotmail.com": true, "live.com": true,
	"live.cn": true, "msn.com": true, "yahoo.com": true, "yahoo.com.cn": true, "yahoo.cn": true, "ymail.com": true,
	"icloud.com": true, "me.com": true, "mac.com": true, "aol.com": true, "gmx.com": true, "mail.com": true,
	"proton.me": true, "protonmail.com": true, "yandex.com": true, "yandex.ru": true, "mail.ru": true, "zoho.com": true,
}

// companyDomain reads the domain of a company, given as a domain or an address of its site.
func companyDomain(text string) (string, *Error) {
	text = strings.ToLower(strings.TrimSpace(norm.NFKC.String(text)))
	if _, rest, found := strings.Cut(text, "://"); found {
		text = rest
	}
	if end := strings.IndexAny(text, "/?#:"); end >= 0 {
		text = text[:end]
	}
	domain, ok := foldDomain(strings.TrimPrefix(strings.TrimPrefix(text, "@"), "www."))
	switch {
	case !ok:
		return "", &Error{Code: codeInvalidDomain, Detail: "is no domain name"}
	case freeMail[domain]:
		return "", &Error{Code: codeFreeMail, Detail: "is a provider of mailboxes for everyone: it names no company"}
	}
	return domain, nil
}
