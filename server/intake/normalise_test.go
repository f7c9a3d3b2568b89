package intake

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// shown writes what Normalise gave: type:text, an extension behind +, several parted by spaces, an error's code at the end.
func shown(typ, text string) string {
	found, err := Normalise(typ, text)
	var out []string
	for _, n := range found {
		one := n.Type + ":" + n.Text
		if n.Extension != "" {
			one += "+" + n.Extension
		}
		out = append(out, one)
	}
	var e *Error
	if errors.As(err, &e) {
		out = append(out, e.Code)
	}
	return strings.Join(out, " ")
}

func TestNormalise(t *testing.T) {
	is := func(typ, text, want string) {
		t.Helper()
		if got := shown(typ, text); got != want {
			t.Errorf("%s %q: %s, want %s", typ, text, got, want)
		}
	}
	// Mobiles in every usual writing.
	is("mobile", "13800138001", "mobile:13800138001")
	is("mobile", "138 0013 8001", "mobile:13800138001")
	is("mobile", "138-0013-8001", "mobile:13800138001")
	is("mobile", "138.0013.8001", "mobile:13800138001")
	is("mobile", "+8613800138001", "mobile:13800138001")
	is("mobile", "+86 138 0013 8001", "mobile:13800138001")
	is("mobile", "+86-138-0013-8001", "mobile:13800138001")
	is("mobile", "(+86)13800138001", "mobile:13800138001")
	is("mobile", "008613800138001", "mobile:13800138001")
	is("mobile", "0086-138-0013-8001", "mobile:13800138001")
	is("mobile", "86-13800138001", "mobile:13800138001")
	is("mobile", "86 13800138001", "mobile:13800138001")
	is("mobile", "8613800138001", "mobile:13800138001")
	is("mobile", "013800138001", "mobile:13800138001")
	is("mobile", "+86013800138001", "mobile:13800138001")
	is("mobile", "tel:+8613800138001", "mobile:13800138001")
	is("mobile", "１３８００１３８００１", "mobile:13800138001")
	is("mobile", "＋８６　１３８－００１３－８００１", "mobile:13800138001")
	is("mobile", "\u202d13800138001\u202c", "mobile:13800138001")
	is("mobile", "'13800138001", "mobile:13800138001")
	is("mobile", " 13800138001\t", "mobile:13800138001")
	is("mobile", "138–0013–8001", "mobile:13800138001")
	is("phone", "13800138001转8001", "mobile:13800138001+8001")
	is("phone", "19912345678", "mobile:19912345678")
	is("phone", "16612345678", "mobile:16612345678")

	// Landlines, with the area code that lost its 0, and extensions.
	is("phone", "010-66040001", "landline:01066040001")
	is("phone", "(010)66040001", "landline:01066040001")
	is("phone", "（０１０）６６０４０００１", "landline:01066040001")
	is("phone", "010 6604 0001", "landline:01066040001")
	is("phone", "010-6604-0001", "landline:01066040001")
	is("phone", "0755-1234567", "landline:07551234567")
	is("phone", "075512345678", "landline:075512345678")
	is("phone", "+86 25 6604 0001", "landline:02566040001")
	is("phone", "+86 (0)25 6604 0001", "landline:02566040001")
	is("phone", "+86-10-66040001", "landline:01066040001")
	is("phone", "86-755-12345678", "landline:075512345678")
	is("phone", "0086 10 66040001", "landline:01066040001")
	is("phone", "8675512345678", "landline:075512345678")
	is("phone", "400-810-8888", "landline:4008108888")
	is("phone", "4008108888转1", "landline:4008108888+1")
	is("phone", "800 810 8888", "landline:8008108888")
	is("phone", "010-66040001-8001", "landline:01066040001+8001")
	is("phone", "01066040001-8001", "landline:01066040001+8001")
	is("phone", "(0755)1234567-8", "landline:07551234567+8")
	is("phone", "010-66040001转8001", "landline:01066040001+8001")
	is("phone", "010-66040001 转 8001", "landline:01066040001+8001")
	is("phone", "010-66040001分机8001", "landline:01066040001+8001")
	is("phone", "010-66040001分机号：8001", "landline:01066040001+8001")
	is("phone", "010-66040001#8001", "landline:01066040001+8001")
	is("phone", "010-66040001,8001", "landline:01066040001+8001")
	is("phone", "010-66040001，8001", "landline:01066040001+8001")
	is("phone", "010-66040001x8001", "landline:01066040001+8001")
	is("phone", "010-66040001 ext. 8001", "landline:01066040001+8001")
	is("phone", "tel:+86-10-66040001;ext=8001", "landline:01066040001+8001")
	is("mobile", "010-66040001", "landline:01066040001")

	// Several in one text.
	is("phone", "13800138001/13900139001", "mobile:13800138001 mobile:13900139001")
	is("phone", "13800138001、010-66040001转8001", "mobile:13800138001 landline:01066040001+8001")
	is("phone", "13800138001;0755-12345678", "mobile:13800138001 landline:075512345678")
	is("phone", "13800138001,(010)66040001", "mobile:13800138001 landline:01066040001")
	is("phone", "13800138001 13900139001", "mobile:13800138001 mobile:13900139001")
	is("phone", "13800138001\n13900139001", "mobile:13800138001 mobile:13900139001")
	is("phone", "13800138001/", "mobile:13800138001")
	is("phone", "13800138001/abc", "mobile:13800138001 invalid_phone")

	// Other countries.
	is("phone", "+852 9123 4567", "mobile:+85291234567")
	is("phone", "00852-9123-4567", "mobile:+85291234567")
	is("phone", "+852 2123 4567", "landline:+85221234567")
	is("phone", "+1 (415) 555-2671", "mobile:+14155552671")
	is("phone", "+44 20 7946 0958", "landline:+442079460958")
	is("phone", "+999 123", "invalid_phone")

	// No identifiers.
	is("mobile", "", "empty_identifier")
	is("mobile", "  ", "empty_identifier")
	is("mobile", "无", "empty_identifier")
	is("mobile", "null", "empty_identifier")
	is("mobile", "00000000000", "empty_identifier")
	is("phone", "()", "empty_identifier")
	is("mobile", "138****8001", "masked_value")
	is("mobile", "138＊＊＊＊8001", "masked_value")
	is("mobile", "138xxxx8001", "masked_value")
	is("phone", "95588", "middle_number")
	is("phone", "9501312345678", "middle_number")
	is("phone", "17012345678转1234", "middle_number")
	is("phone", "17012345678", "mobile:17012345678")
	is("phone", "10086", "service_number")
	is("phone", "110", "service_number")

	// Wrong ones.
	is("mobile", "1380013800", "invalid_mobile")
	is("mobile", "138001380011", "invalid_mobile")
	is("mobile", "12800138001", "invalid_mobile")
	is("mobile", "张三", "invalid_mobile")
	is("phone", "66040001", "invalid_phone")
	is("phone", "01166040001", "invalid_phone")
	is("phone", "010-660400011", "invalid_phone")
	is("phone", strings.Repeat("1", 600), "invalid_identifier")

	// E-mail.
	is("email", "Zhang.San@Example.COM", "email:zhang.san@example.com")
	is("email", " zhang@x.com ", "email:zhang@x.com")
	is("email", "ｚｈａｎｇ＠ｘ．ｃｏｍ", "email:zhang@x.com")
	is("email", "张三 <zhang@x.com>", "email:zhang@x.com")
	is("email", "mailto:zhang@x.com", "email:zhang@x.com")
	is("email", "zhang+crm@x.com", "email:zhang+crm@x.com")
	is("email", "zhang@例子.中国", "email:zhang@xn--fsqu00a.xn--fiqs8s")
	is("email", "zhang@XN--FSQU00A.XN--FIQS8S", "email:zhang@xn--fsqu00a.xn--fiqs8s")
	is("email", "a@x.com;b@y.com", "email:a@x.com email:b@y.com")
	is("email", "z***@x.com", "masked_value")
	is("email", "zhang", "invalid_email")
	is("email", "@x.com", "invalid_email")
	is("email", "zhang@localhost", "invalid_email")
	is("email", "zhang@x..com", "invalid_email")
	is("email", "zh ang@x.com", "invalid_email")
	is("email", "a@b@x.com", "invalid_email")
	is("email", strings.Repeat("a", 65)+"@x.com", "invalid_email")

	// Companies.
	is("credit_code", "91350100M000100Y43", "credit_code:91350100M000100Y43")
	is("credit_code", "11320000MB151840XJ", "credit_code:11320000MB151840XJ")
	is("credit_code", " 91350100m000100y43 ", "credit_code:91350100M000100Y43")
	is("credit_code", "９１３５０１００Ｍ０００１００Ｙ４３", "credit_code:91350100M000100Y43")
	is("credit_code", "91350100M000100Y4Z", "invalid_credit_code")
	is("credit_code", "91350100M000100Y44", "invalid_credit_code")
	is("credit_code", "9135O100M000100Y43", "invalid_credit_code")
	is("credit_code", "91350100M000100Y4", "invalid_credit_code")
	is("domain", "https://www.Example.com/about", "domain:example.com")
	is("domain", "@example.com", "domain:example.com")
	is("domain", "例子.中国", "domain:xn--fsqu00a.xn--fiqs8s")
	is("domain", "qq.com", "free_mail_domain")
	is("domain", "example", "invalid_domain")
	is("account_name", "ＸＸ金融（中国） 有限公司", "account_name:xx金融(中国)有限公司")
	is("account_name", "XX金融【中国】有限公司", "account_name:xx金融(中国)有限公司")
	is("account_name", "个人", "empty_identifier")

	// Ids of other systems.
	is("wecom_userid", "ww1:ZhangWei", "wecom_userid:ww1:zhangwei")
	is("wecom_userid", "zhangwei", "invalid_identifier")
	is("crm_id", " C-1 ", "crm_id:C-1")
	is("crm_id", "undefined", "empty_identifier")
	is("device_id", "00000000-0000-0000-0000-000000000000", "empty_identifier")
	is("mobile_md5", "4E2B5B9D8D8F8C1E4E2B5B9D8D8F8C1E", "mobile_md5:4e2b5b9d8d8f8c1e4e2b5b9d8d8f8c1e")
	is("mobile_sha256", "12", "invalid_hash")
	is("fax", "010-66040001", "unknown_identifier")
}

// Every written variant of a number is one number.
func TestPhoneVariantsAreOneNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`1[3-9][0-9]{9}`).Draw(t, "mobile")
		text := digits
		if sep := rapid.SampledFrom([]string{"", " ", "-", ".", "　", "－", "\u00a0"}).Draw(t, "separator"); sep != "" {
			text = digits[:3] + sep + digits[3:7] + sep + digits[7:]
		}
		text = rapid.SampledFrom([]string{"", "0", "+86", "+86 ", "86", "86-", "86 ", "0086", "0086-", "(+86)", "tel:", "tel:+86-", "+86 0"}).Draw(t, "prefix") + text
		if rapid.Bool().Draw(t, "wide") {
			text = strings.Map(func(r rune) rune {
				if r > ' ' && r < 0x7f && r != '.' {
					return r + 0xfee0
				}
				return r
			}, text)
		}
		text = rapid.SampledFrom([]string{"", " ", "\u202d", "'"}).Draw(t, "before") + text + rapid.SampledFrom([]string{"", " ", "\u202c", "/"}).Draw(t, "after")
		if got := shown("phone", text); got != "mobile:"+digits {
			t.Fatalf("%q: %s, want %s", text, got, digits)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		area := rapid.SampledFrom([]string{"10", "21", "25", "755", "571", "898"}).Draw(t, "area")
		local := rapid.StringMatching(`[2-8][0-9]{7}`).Draw(t, "local")
		extension := rapid.SampledFrom([]string{"", "1", "8001"}).Draw(t, "extension")
		text := rapid.SampledFrom([]string{
			"0" + area + local, "0" + area + "-" + local, "(0" + area + ")" + local, "（0" + area + "）" + local,
			"0" + area + " " + local[:4] + " " + local[4:], "+86" + area + local, "+86-" + area + "-" + local,
			"+86 (0)" + area + " " + local, "0086" + area + local, "86-" + area + "-" + local, "0" + area + "—" + local,
		}).Draw(t, "written")
		want := "landline:0" + area + local
		if extension != "" {
			text += rapid.SampledFrom([]string{"转", " 转 ", "#", "x", "ext", " ext. ", ",", "，", "-", "分机", "轉"}).Draw(t, "mark") + extension
			want += "+" + extension
		}
		if got := shown("phone", text); got != want {
			t.Fatalf("%q: %s, want %s", text, got, want)
		}
	})
}

var everyType = []string{"mobile", "phone", "landline", "email", "credit_code", "domain", "account_name", "wecom_userid", "crm_id", "mobile_md5"}

// normaliseAgain checks that what Normalise gives is its own normal form.
func normaliseAgain(t interface{ Fatalf(string, ...any) }, typ, text string) {
	found, err := Normalise(typ, text)
	if err == nil && len(found) == 0 {
		t.Fatalf("%s %q: neither an identifier nor an error", typ, text)
	}
	for _, n := range found {
		again, err := Normalise(n.Type, n.identity())
		if err != nil || len(again) != 1 || again[0].Type != n.Type || again[0].identity() != n.identity() {
			t.Fatalf("%s %q gives %+v, which gives %+v, %v", typ, text, n, again, err)
		}
	}
}

func TestNormaliseIsIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(
			rapid.String(),
			rapid.StringMatching(`[0-9+\-() ,;/#x转、.]{0,30}`),
			rapid.StringMatching(`[A-Za-z0-9.+_-]{1,12}@[A-Za-z0-9例.-]{1,20}`),
			rapid.StringMatching(`[0-9A-Z]{18}`),
		).Draw(t, "text")
		normaliseAgain(t, rapid.SampledFrom(everyType).Draw(t, "type"), text)
	})
}

func FuzzNormalise(f *testing.F) {
	for i, text := range []string{"+86 138-0013-8001", "010-66040001转8001/13800138001", "+852 9123 4567", "Zhang@例子.中国", "91350100M000100Y43", "ＸＸ（中国）", "ww1:A", "a.b"} {
		f.Add(uint8(i), text)
	}
	f.Fuzz(func(t *testing.T, typ uint8, text string) {
		normaliseAgain(t, everyType[int(typ)%len(everyType)], text)
	})
}
