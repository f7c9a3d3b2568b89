package query

import (
	"strings"
	"testing"
)

func TestCheckName(t *testing.T) {
	for _, name := range []string{"高意向客户", "a b", "count", "a.b", "accounts.x", "account", "`", strings.Repeat("a", MaxNameBytes), "❤️"} {
		if err := CheckName(name); err != nil {
			t.Errorf("CheckName(%q) = %v", name, err)
		}
	}
	for name, want := range map[string]string{
		"":                                  "a name is empty (at byte 0)",
		" a":                                "a name begins with a space (at byte 0)",
		"a ":                                "a name ends in a space (at byte 1)",
		"a\nb":                              "a name cannot contain U+000A (at byte 1)",
		"高\u3000b":                          "a name cannot contain U+3000 (at byte 3)",
		"\u200fa":                           "a name cannot contain U+200F (at byte 0)",
		"a\xff":                             "a name cannot contain U+FFFD (at byte 1)",
		"account.city":                      `a name cannot begin with "account." (at byte 0)`,
		strings.Repeat("a", MaxNameBytes+1): "a name is longer than 256 bytes (at byte 0)",
	} {
		if err := CheckName(name); err == nil || err.Error() != want {
			t.Errorf("CheckName(%q) = %v, want %s", name, err, want)
		}
	}
}
