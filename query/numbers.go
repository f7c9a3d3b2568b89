package query

import (
	"strconv"
	"strings"
)

// numberFault returns what is wrong with the digits of a number (optional minus, digits, fraction), or "", and what
// to write instead.
func numberFault(number string) (fault, suggestion string) {
	digits := strings.TrimPrefix(number, "-")
	if len(digits) > MaxDigits+1 || len(strings.Replace(digits, ".", "", 1)) > MaxDigits {
		return "a number has more than " + strconv.Itoa(MaxDigits) + " digits", ""
	}
	if len(digits) > 1 && digits[0] == '0' && digits[1] != '.' {
		return "a number has leading zeros; a code with zeros in front is a text in quotes", quoteText(number)
	}
	return "", ""
}

// expand writes a number with an exponent (1.5e3) without one (1500), digit for digit. It returns "" when number is
// not of that shape or has more than MaxDigits digits then.
func expand(number string) string {
	i := strings.IndexAny(number, "eE")
	if i <= 0 {
		return ""
	}
	exponent, err := strconv.Atoi(number[i+1:])
	if err != nil || exponent > MaxDigits || exponent < -MaxDigits {
		return ""
	}
	mantissa, sign := strings.TrimPrefix(number[:i], "-"), ""
	if mantissa != number[:i] {
		sign = "-"
	}
	if strings.Trim(mantissa, "0123456789.") != "" || len(mantissa) > MaxDigits+1 {
		return ""
	}
	expanded := sign + shift(mantissa, exponent)
	if fault, _ := numberFault(expanded); fault != "" {
		return ""
	}
	return expanded
}

// shift moves the decimal point of unsigned digits by n places to the right, exactly.
func shift(digits string, n int) string {
	whole, fraction, _ := strings.Cut(digits, ".")
	for ; n > 0; n-- {
		if fraction == "" {
			fraction = "0"
		}
		whole, fraction = whole+fraction[:1], fraction[1:]
	}
	for ; n < 0; n++ {
		if whole == "" {
			whole = "0"
		}
		whole, fraction = whole[:len(whole)-1], whole[len(whole)-1:]+fraction
	}
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		whole = "0"
	}
	if fraction == "" {
		return whole
	}
	return whole + "." + fraction
}

// chineseNumber writes 10万 as 100000 and 1.5亿 as 150000000; "" for anything else.
func chineseNumber(word string) string {
	for unit, places := range map[string]int{"万": 4, "亿": 8} {
		digits, found := strings.CutSuffix(word, unit)
		if found && digits != "" && len(digits) <= MaxDigits && strings.Trim(digits, "0123456789.") == "" {
			return shift(digits, places)
		}
	}
	return ""
}
