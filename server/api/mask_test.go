package api

import (
	"strings"
	"testing"

	"rollcall/client/wire"
)

func TestMaskText(t *testing.T) {
	check := func(name, text, want string) {
		t.Helper()
		if got := maskText(name, text); got != want {
			t.Errorf("maskText(%q, %q) = %q, want %q", name, text, got, want)
		}
	}
	check("job_title", "CFO", "CFO")
	check("company", "XX金融公司", "XX金融公司")
	check("backup_phone", "13800138001", "138****8001")
	check("contact_email", "zhang@x.com", "z***@x.com")
	check("remark", "打 13800138001 或 zhang@x.com", "打 138****8001 或 z***@x.com")
	check("remark", "order 2024138001380011", "order 2024138001380011")
	check("remark", "138-0013-8001", "138****8001")
	check("telephone", "", "")
	check("hotel_id", "13", "13")
}

func TestMaskNumber(t *testing.T) {
	for _, c := range []struct {
		name string
		n    int64
		want any
	}{
		{"backup_phone", 13800138001, "138****8001"}, {"phone_calls", 12, int64(12)}, {"value", 13800138001, int64(13800138001)},
	} {
		if got := maskNumber(c.name, c.n); got != c.want {
			t.Errorf("maskNumber(%q, %d) = %v, want %v", c.name, c.n, got, c.want)
		}
	}
}

func TestMaskObject(t *testing.T) {
	same := wire.Object(`{"talk_seconds": 900, "n": 1.50}`)
	if got, err := maskObject(same); err != nil || got != same {
		t.Errorf("nothing to mask: %s, %v", got, err)
	}
	got, err := maskObject(`{"caller":13800138001,"deep":[{"text":"mail zhang@x.com"}],"n":1.50}`)
	if err != nil {
		t.Fatal(err)
	}
	for _, gone := range []string{"13800138001", "zhang@"} {
		if strings.Contains(string(got), gone) {
			t.Errorf("%s is still in %s", gone, got)
		}
	}
	if !strings.Contains(string(got), "1.50") {
		t.Errorf("a number was rewritten: %s", got)
	}
}

func TestMaskAll(t *testing.T) {
	if got := maskAll("customer 13800138001 zhang@x.com asked, ticket 123"); got != "customer ***** *** asked, ticket 123" {
		t.Errorf("%q", got)
	}
}

func TestCell(t *testing.T) {
	for text, want := range map[string]string{"=1+1": "'=1+1", "+x": "'+x", "-x": "'-x", "@x": "'@x", "\tx": "'\tx", "x=1": "x=1", "": ""} {
		if got := cell(text); got != want {
			t.Errorf("cell(%q) = %q, want %q", text, got, want)
		}
	}
	if cell(nil) != "" || cell(true) != "true" || cell(int64(-3)) != "-3" || cell([]string{"=a", "b"}) != "'=a, b" {
		t.Error("a value is not written as it reads")
	}
}
