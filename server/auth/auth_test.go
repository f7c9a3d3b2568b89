package auth

import (
	"encoding/base64"
	"strings"
	"testing"

	"rollcall/engine/schema"
)

const testRoot = "a root key for tests only"

// store is a set of keys in memory.
type store map[[2]string]Stored

func (s store) lookup(tenant, id string) (Stored, bool) {
	k, ok := s[[2]string{tenant, id}]
	return k, ok
}

func newAuth(t *testing.T, s store) *Authenticator {
	t.Helper()
	a, err := New(testRoot, s.lookup)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAuthenticate(t *testing.T) {
	s := store{}
	a := newAuth(t, s)
	put := func(tenant, role string, revoked bool) string {
		id, text, hash := a.Mint(tenant)
		s[[2]string{tenant, id}] = Stored{Role: role, Hash: hash, Revoked: revoked}
		return text
	}
	good, revoked, odd := put("t001", "admin", false), put("t001", "admin", true), put("t_0_1", "source", false)
	basic := func(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }

	accept := func(header string, want Principal) {
		t.Helper()
		got, err := a.Authenticate(header)
		want.KeyID = got.KeyID
		if err != nil || got != want {
			t.Errorf("Authenticate(%.20s…) = %+v, %v; want %+v", header, got, err, want)
		}
	}
	accept("Bearer "+good, Principal{Tenant: "t001", Role: "admin"})
	accept("bearer  "+good+" ", Principal{Tenant: "t001", Role: "admin"})
	accept(basic(good+":"), Principal{Tenant: "t001", Role: "admin"})
	accept(basic(good), Principal{Tenant: "t001", Role: "admin"})
	accept("Bearer "+odd, Principal{Tenant: "t_0_1", Role: "source"})
	accept("Bearer "+testRoot, Principal{Root: true, Role: RoleRoot})

	refuse := func(header string, want error) {
		t.Helper()
		if p, err := a.Authenticate(header); err != want || p != (Principal{}) {
			t.Errorf("Authenticate(%q) = %+v, %v; want %v", header, p, err, want)
		}
	}
	refuse("", ErrNoKey)
	refuse("Bearer", ErrNoKey)
	refuse("Bearer ", ErrNoKey)
	refuse("Digest x", ErrNoKey)
	refuse("Basic !!!", ErrNoKey)
	refuse(basic(":x"), ErrNoKey)
	refuse("Bearer "+revoked, ErrBadKey)
	refuse("Bearer "+good[:len(good)-1], ErrBadKey)
	refuse("Bearer "+good+"x", ErrBadKey)
	refuse("Bearer "+strings.Replace(good, "t001", "t002", 1), ErrBadKey)
	refuse("Bearer rc_", ErrBadKey)
	refuse("Bearer rc_a", ErrBadKey)
	refuse("Bearer rc___", ErrBadKey)
	refuse("Bearer rc_t001_nobody_secret", ErrBadKey)
	refuse("Bearer "+testRoot+"x", ErrBadKey)
}

func TestMint(t *testing.T) {
	a := newAuth(t, store{})
	_, one, _ := a.Mint("t")
	_, two, _ := a.Mint("t")
	if one == two {
		t.Error("two minted keys are equal")
	}
	id1, text1, hash1 := a.MintFrom("t", "seed")
	id2, text2, hash2 := a.MintFrom("t", "seed")
	if id1 != id2 || text1 != text2 || string(hash1) != string(hash2) {
		t.Error("the same seed made two keys")
	}
	for _, other := range [][2]string{{"t", "seed2"}, {"u", "seed"}} {
		if id, text, _ := a.MintFrom(other[0], other[1]); id == id1 || text == text1 {
			t.Errorf("MintFrom%v repeats another key", other)
		}
	}
	b, err := New("another root key for tests", store{}.lookup)
	if err != nil {
		t.Fatal(err)
	}
	if _, text, _ := b.MintFrom("t", "seed"); text == text1 {
		t.Error("a key does not depend on the root key")
	}
	if _, err := New("short", store{}.lookup); err == nil {
		t.Error("a root key of five characters was taken")
	}
	if _, err := New("rc_a root key for tests only", store{}.lookup); err == nil {
		t.Error("a root key that nobody could use was taken")
	}
	if a, b := NewRootKey(), NewRootKey(); len(a) < MinRootKey || a == b {
		t.Error("root keys are short or repeat")
	}
}

func TestRights(t *testing.T) {
	root := Principal{Root: true, Role: RoleRoot}
	check := func(p Principal, r Right, want bool) {
		t.Helper()
		if p.May(r) != want {
			t.Errorf("%+v.May(%v) = %v", p, r, !want)
		}
	}
	check(root, Public, true)
	check(root, Root, true)
	check(root, Ingest, false) // root manages tenants and sees into none
	check(root, Use, false)
	for _, role := range schema.Roles {
		p := Principal{Tenant: "t", Role: role}
		check(p, Public, true)
		check(p, Root, false)
		check(p, Ingest, true)
		check(p, Use, role != RoleSource)
		check(p, 0, false)
	}
	check(Principal{Tenant: "t", Role: RoleRoot}, Root, false)
	check(Principal{Tenant: "t", Role: "owner"}, Ingest, false)
	check(Principal{Role: "admin"}, Use, false)
	check(Principal{}, Public, true)
}

func FuzzAuthenticate(f *testing.F) {
	s := store{}
	a, err := New(testRoot, s.lookup)
	if err != nil {
		f.Fatal(err)
	}
	id, text, hash := a.Mint("t001")
	s[[2]string{"t001", id}] = Stored{Role: "admin", Hash: hash}
	for _, seed := range []string{"", "Bearer x", "Basic eDo=", "Bearer rc_a_b_c", "Bearer " + text[:20]} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		p, err := a.Authenticate(header)
		if err == nil && !strings.Contains(header, text) && !strings.HasPrefix(strings.ToLower(header), "basic") {
			t.Fatalf("%q was let in as %+v", header, p)
		}
	})
}
