package privacy

import (
	"strings"
	"unicode/utf8"
)

// stars stands for what a mask leaves out; it does not tell how much that is.
const stars = "****"

// Mask shows enough of a personal value to recognise it for those who know it, and no more. typ is an identifier type of
// engine/schema or a personal attribute ("name", "owner"). Identifiers of companies are not personal and stay as they are.
//
//	mobile    13800138001      138****8001
//	landline  01066040001-8001 010****0001
//	email     zhang@x.com      z***@x.com
//	name      张三丰           张**
//	others    wm4fYotiFOAapE   wm****pE
func Mask(typ, plain string) string {
	switch typ {
	case "credit_code", "domain", "wecom_corp_id", "account_name":
		return plain
	case "mobile", "phone":
		return maskMiddle(plain, 3, 4)
	case "landline":
		number, _, _ := strings.Cut(plain, "-")
		return maskMiddle(number, 3, 4)
	case "email":
		return maskEmail(plain)
	case "name", "owner":
		return maskName(plain)
	}
	return maskMiddle(plain, 2, 2)
}

// maskMiddle keeps head and tail characters, if at least as many are left out; else nothing.
func maskMiddle(plain string, head, tail int) string {
	if plain == "" {
		return ""
	}
	runes := []rune(plain)
	if len(runes) < head+tail+4 {
		return stars
	}
	return string(runes[:head]) + stars + string(runes[len(runes)-tail:])
}

func maskEmail(plain string) string {
	at := strings.LastIndexByte(plain, '@')
	if at <= 0 {
		return maskMiddle(plain, 2, 2)
	}
	_, size := utf8.DecodeRuneInString(plain)
	return plain[:size] + "***" + plain[at:]
}

// maskName keeps the first character: in Chinese the family name.
func maskName(plain string) string {
	first, size := utf8.DecodeRuneInString(plain)
	if size == 0 {
		return ""
	}
	rest := utf8.RuneCountInString(plain[size:])
	return string(first) + strings.Repeat("*", max(1, min(rest, 2)))
}
