package intake

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// creditAlphabet holds the digits of a unified social credit code (GB 32100-2015) by their value: no I, O, S, V, Z.
const creditAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// creditWeights are 3^(i-1) mod 31.
var creditWeights = [17]int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28}

// creditCode reads a unified social credit code. Width and case are folded; O and 0, I and 1 are not: a code with the
// wrong one is reported, because a repaired code may be another company's.
func creditCode(text string) (string, *Error) {
	code := strings.ToUpper(norm.NFKC.String(text))
	code = strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, strings.TrimSpace(code))
	if len(code) != 18 {
		return "", &Error{Code: codeInvalidCreditCode, Detail: "is no unified social credit code: it does not have 18 characters"}
	}
	sum := 0
	for i, weight := range creditWeights {
		value := strings.IndexByte(creditAlphabet, code[i])
		if value < 0 {
			return "", &Error{Code: codeInvalidCreditCode, Detail: "is no unified social credit code: it holds a character that those have not (I, O, S, V, Z among them)"}
		}
		sum += value * weight
	}
	if code[17] != creditAlphabet[(31-sum%31)%31] {
		return "", &Error{Code: codeInvalidCreditCode, Detail: "is no unified social credit code: its check digit is wrong"}
	}
	return code, nil
}
