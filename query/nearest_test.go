package query

import (
	"slices"
	"strings"
	"testing"
	"testing/quick"
)

func TestNearest(t *testing.T) {
	names := []string{"高意向客户", "高接通率", "近7天活跃", "已添加企微", "通话时长长", "CXO级别", "job_title", "company", "city", "call.outbound.ended", "distinct_days"}
	for _, c := range []struct{ name, want string }{
		{"高意向", "高意向客户"},
		{"高意向用户", "高意向客户"},
		{"近七天活跃", "近7天活跃"},
		{"近７天活跃", "近7天活跃"},
		{"已加企微", "已添加企微"},
		{"通话时间长", "通话时长长"},
		{"cxo级别", "CXO级别"},
		{"CXO", "CXO级别"},
		{"jobtitle", "job_title"},
		{"job_titel", "job_title"},
		{"ciyt", "city"},
		{"compnay", "company"},
		{"call.outbound.end", "call.outbound.ended"},
		{"distinct", "distinct_days"},
		{"高价值", ""},
		{"x", ""},
		{"", ""},
		{"annual_value", ""},
		{strings.Repeat("city", 100000), ""},
	} {
		if got := Nearest(c.name, names); got != c.want {
			t.Errorf("Nearest(%.40q) = %q, want %q", c.name, got, c.want)
		}
	}
	for _, c := range []struct {
		name  string
		names []string
		want  string
	}{
		{"ab", []string{"ac", "bb"}, "ac"}, // as near: the first in byte order
		{"ab", []string{"bb", "ac"}, "ac"},
		{"a", []string{"b"}, ""},
		{"A", []string{"b", "a"}, "a"},
		{"金", []string{"金融"}, "金融"},
		{"id", []string{"candidate_identity"}, ""},
		{"a", nil, ""},
		{"a", []string{""}, ""},
	} {
		if got := Nearest(c.name, c.names); got != c.want {
			t.Errorf("Nearest(%q, %q) = %q, want %q", c.name, c.names, got, c.want)
		}
	}
}

// slowDistance is the definition of the edit distance, without a table.
func slowDistance(a, b []rune) int {
	if len(a) == 0 || len(b) == 0 {
		return len(a) + len(b)
	}
	cost := 1
	if a[len(a)-1] == b[len(b)-1] {
		cost = 0
	}
	d := min(slowDistance(a[:len(a)-1], b)+1, slowDistance(a, b[:len(b)-1])+1, slowDistance(a[:len(a)-1], b[:len(b)-1])+cost)
	if i, j := len(a), len(b); i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
		d = min(d, slowDistance(a[:i-2], b[:j-2])+1)
	}
	return d
}

func TestDistance(t *testing.T) {
	short := func(bytes []byte) []rune {
		var name []rune
		for _, b := range bytes[:min(len(bytes), 5)] {
			name = append(name, []rune("ab高")[b%3])
		}
		return name
	}
	same := func(x, y []byte) bool {
		a, b := short(x), short(y)
		return distance(a, b) == slowDistance(a, b)
	}
	if err := quick.Check(same, nil); err != nil {
		t.Error(err)
	}
}

func TestNearestIgnoresOrder(t *testing.T) {
	names := []string{"abc", "abd", "bbc", "ab", "abcd", "acb"}
	want := Nearest("xabc", names)
	for range len(names) {
		names = append(names[1:], names[0])
		if got := Nearest("xabc", names); got != want {
			t.Errorf("%q of %q, want %q", got, names, want)
		}
	}
	if !slices.Contains(names, want) {
		t.Errorf("got %q", want)
	}
}
