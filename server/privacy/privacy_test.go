package privacy

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rollcall/engine/command"
)

func testKeys(t testing.TB, seed byte) *Keys {
	t.Helper()
	plain := make([]byte, keySetIDSize+hashKeySize+tokenKeySize+sealKeySize)
	for i := range plain {
		plain[i] = seed + byte(i)*7
	}
	return newKeys(plain)
}

func TestMasterOpensOnlyItsOwn(t *testing.T) {
	root := bytes.Repeat([]byte{7}, 32)
	wrapped, err := NewMaster(root).NewTenantKeys()
	if err != nil {
		t.Fatal(err)
	}
	first, err := NewMaster(root).Open(wrapped)
	if err != nil {
		t.Fatal(err)
	}
	second, err := NewMaster(root).Open(wrapped)
	if err != nil {
		t.Fatal(err)
	}
	if first.Identifier("mobile", "", "13800138001") != second.Identifier("mobile", "", "13800138001") {
		t.Error("the same wrapped keys hash differently")
	}
	if got, err := second.Unseal(first.Seal([]byte("张三"))); err != nil || string(got) != "张三" {
		t.Errorf("unseal with the same keys: %q, %v", got, err)
	}
	if got, err := second.Text(first.Token("张三")); err != nil || got != "张三" {
		t.Errorf("open a token with the same keys: %q, %v", got, err)
	}
	if _, err := NewMaster(bytes.Repeat([]byte{8}, 32)).Open(wrapped); !errors.Is(err, ErrSealed) {
		t.Errorf("another root key: %v, want ErrSealed", err)
	}
	for i := range wrapped {
		damaged := bytes.Clone(wrapped)
		damaged[i] ^= 1
		if _, err := NewMaster(root).Open(damaged); !errors.Is(err, ErrSealed) {
			t.Fatalf("byte %d changed: %v, want ErrSealed", i, err)
		}
		if _, err := NewMaster(root).Open(wrapped[:i]); !errors.Is(err, ErrSealed) {
			t.Fatalf("cut to %d bytes: %v, want ErrSealed", i, err)
		}
	}
	other, err := NewMaster(root).NewTenantKeys()
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := NewMaster(root).Open(other)
	if err != nil {
		t.Fatal(err)
	}
	if first.Identifier("mobile", "", "13800138001") == stranger.Identifier("mobile", "", "13800138001") {
		t.Error("two tenants hash alike")
	}
	if _, err := stranger.Unseal(first.Seal([]byte("x"))); !errors.Is(err, ErrSealed) {
		t.Errorf("another tenant unseals: %v", err)
	}
	if _, err := stranger.Text(first.Token("x")); !errors.Is(err, ErrSealed) {
		t.Errorf("another tenant opens a token: %v", err)
	}
}

// The hashes and tokens of a key are stored for ever: these vectors must never change.
func TestVectors(t *testing.T) {
	k := testKeys(t, 1)
	key := func(name string, got command.Key, want string) {
		t.Helper()
		if text := hex.EncodeToString(got[:]); text != want {
			t.Errorf("%s: %s, want %s", name, text, want)
		}
	}
	key("identifier", k.Identifier("mobile", "", "13800138001"), "9148792e9e34238b94f2a17998c03989")
	key("scoped identifier", k.Identifier("crm_id", "CRM", "c-1"), "4ab72e423fc93105ac5771f0a2e8cb5f")
	key("record", k.Record("CRM", "c-1"), "1e170677b11a2906ae647e0d26362d98")
	key("event", k.Event("CRM", "e-1"), "9454242d46f796a2e92f97dfc9113d4a")
	key("implicit", k.Implicit("CRM", []command.Identifier{{Type: "mobile", Key: command.Key{1, 2, 3}}}), "b105ef61b20bfc9e995b7beae2473358")
	if text := hex.EncodeToString([]byte(k.Token("张三"))); text != "0110634855ecfced36e78186c77b32be7e996a553355ab" {
		t.Errorf("token: %s", text)
	}
}

// What was sealed once must open for ever.
func TestSealedLongAgoOpens(t *testing.T) {
	sealed := bytesOf(t, "01e7ced72efc0274a27a70f20af886598af9c19fa78ec1d68d87623617ee9fc825b3bee75e286817220476")
	if got, err := testKeys(t, 1).Unseal(sealed); err != nil || string(got) != "张三" {
		t.Errorf("unseal: %q, %v", got, err)
	}
	wrapped := bytesOf(t, "01dd114e3518d26871cf74f63ff51c1c9be38f203406a5db9078d1a144f2c7aa3a8aa2054d693b70b9672ced9fef3cc77dfdff653187ce45ce1404b531039c99a3749025e3d673ac289b3ee793ee14159474a73146fd4c827bb3c3ed5726ddc5652da981577755cf0f171bdc7159b67e4a9dc9d2b67324686e634373eb8e72f3c94153f73002cbabbd4e579ba9ff765b26516e3fb3d01f6eb0fe8b698058e7da45e00ba541bac1b48bad3515f05116c80a04b2c753be")
	if _, err := NewMaster([]byte("0123456789abcdef0123456789abcdef")).Open(wrapped); err != nil {
		t.Errorf("unwrap: %v", err)
	}
}

func bytesOf(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDomainsAreSeparate(t *testing.T) {
	k := testKeys(t, 1)
	seen := map[command.Key]string{}
	add := func(name string, key command.Key) {
		t.Helper()
		if before, there := seen[key]; there {
			t.Errorf("%s has the hash of %s", name, before)
		}
		seen[key] = name
	}
	add("identifier", k.Identifier("a", "b", "c"))
	add("scope moved into text", k.Identifier("a", "", "bc"))
	add("scope moved into type", k.Identifier("ab", "", "c"))
	add("other text", k.Identifier("a", "b", "d"))
	add("other scope", k.Identifier("a", "x", "c"))
	add("record", k.Record("a", "b"))
	add("record, moved", k.Record("ab", ""))
	add("event", k.Event("a", "b"))
	add("implicit", k.Implicit("a", nil))
	add("implicit of one", k.Implicit("a", []command.Identifier{{Type: "b"}}))
}

func TestSealAndTokenProperties(t *testing.T) {
	k, other := testKeys(t, 1), testKeys(t, 2)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		sealed := k.Seal([]byte(text))
		if bytes.Equal(sealed, k.Seal([]byte(text))) {
			t.Fatal("two seals are equal")
		}
		if got, err := k.Unseal(sealed); err != nil || string(got) != text {
			t.Fatalf("unseal: %q, %v", got, err)
		}
		token := k.Token(text)
		if token != k.Token(text) || token != k.token.make(text) {
			t.Fatal("two tokens of one text differ")
		}
		if got, err := k.Text(token); err != nil || got != text {
			t.Fatalf("open token: %q, %v", got, err)
		}
		if len(text) >= 4 && (strings.Contains(token, text) || bytes.Contains(sealed, []byte(text))) {
			t.Fatal("the plain text shows")
		}
		if _, err := other.Unseal(sealed); !errors.Is(err, ErrSealed) {
			t.Fatalf("another key unseals: %v", err)
		}
		if _, err := other.Text(token); !errors.Is(err, ErrSealed) {
			t.Fatalf("another key opens: %v", err)
		}
		at := rapid.IntRange(0, len(sealed)-1).Draw(t, "at")
		damaged := bytes.Clone(sealed)
		damaged[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if _, err := k.Unseal(damaged); !errors.Is(err, ErrSealed) {
			t.Fatalf("byte %d of a seal changed: %v", at, err)
		}
		if _, err := k.Unseal(sealed[:at]); !errors.Is(err, ErrSealed) {
			t.Fatalf("seal cut to %d: %v", at, err)
		}
		at %= len(token)
		broken := []byte(token)
		broken[at] ^= 0x40
		if _, err := k.Text(string(broken)); !errors.Is(err, ErrSealed) {
			t.Fatalf("byte %d of a token changed: %v", at, err)
		}
		if _, err := k.Text(token[:at]); !errors.Is(err, ErrSealed) {
			t.Fatalf("token cut to %d: %v", at, err)
		}
	})
}

// A key that has sealed its share is replaced, and what it sealed still opens.
func TestSealKeyRotates(t *testing.T) {
	k := testKeys(t, 1)
	before := k.Seal([]byte("x"))
	k.sealer.current.Load().used.Store(valuesPerKey)
	after := k.Seal([]byte("x"))
	if bytes.Equal(before[1:1+keyIDSize], after[1:1+keyIDSize]) {
		t.Error("the key was not replaced")
	}
	for _, sealed := range [][]byte{before, after} {
		if got, err := k.Unseal(sealed); err != nil || string(got) != "x" {
			t.Errorf("unseal: %q, %v", got, err)
		}
	}
}

func TestMask(t *testing.T) {
	mask := func(typ, plain, want string) {
		t.Helper()
		if got := Mask(typ, plain); got != want {
			t.Errorf("Mask(%s, %s) = %s, want %s", typ, plain, got, want)
		}
	}
	mask("mobile", "13800138001", "138****8001")
	mask("mobile", "+85291234567", "+85****4567")
	mask("mobile", "123", "****")
	mask("mobile", "", "")
	mask("landline", "01066040001", "010****0001")
	mask("landline", "01066040001-8001", "010****0001")
	mask("email", "zhang@x.com", "z***@x.com")
	mask("email", "张@x.com", "张***@x.com")
	mask("email", "@x", "****")
	mask("name", "张三", "张*")
	mask("name", "欧阳娜娜", "欧**")
	mask("name", "张", "张*")
	mask("name", "", "")
	mask("wecom_unionid", "o4S5lzVzUNe8NylJ", "o4****lJ")
	mask("crm_id", "c-1", "****")
	mask("credit_code", "91350100M000100Y43", "91350100M000100Y43")
}

func FuzzText(f *testing.F) {
	k := testKeys(f, 1)
	f.Add(k.Token("张三"))
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		if text, err := k.Text(token); err == nil && k.Token(text) != token {
			t.Errorf("a token opened that the text does not give")
		}
	})
}

func FuzzUnseal(f *testing.F) {
	k := testKeys(f, 1)
	f.Add([]byte{})
	f.Add(make([]byte, sealOverhead))
	f.Fuzz(func(t *testing.T, sealed []byte) {
		if _, err := k.Unseal(sealed); err == nil {
			t.Error("bytes that nobody sealed opened")
		}
	})
}

func BenchmarkKeys(b *testing.B) {
	k := testKeys(b, 1)
	payload := bytes.Repeat([]byte("x"), 200)
	run := func(name string, f func()) {
		b.Run("work="+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
	}
	run("identifier", func() { k.Identifier("mobile", "", "13800138001") })
	run("seal11", func() { k.Seal(payload[:11]) })
	run("seal200", func() { k.Seal(payload) })
	run("token-fresh", func() { k.token.make("张三丰") })
	run("token-recent", func() { k.Token("张三丰") })
}
