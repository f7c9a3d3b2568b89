package auth

import (
	"crypto/rand"
	"math/big"
	"strings"
)

// MinRootKey is the least number of characters of a root key.
const MinRootKey = 16

const (
	keyPrefix   = "rc_"
	idLength    = 12 // base62: 71 bits
	secretBytes = 32
)

// NewRootKey makes a root key: 256 random bits as text.
func NewRootKey() string {
	return "root" + base62(random(secretBytes), 43)
}

// Mint makes a new API key of a tenant: its id, the text to show once, and the hash to store.
func (a *Authenticator) Mint(tenant string) (id, text string, hash []byte) {
	return a.mint(tenant, random(secretBytes), random(secretBytes))
}

// MintFrom makes the same API key for the same tenant and seed, so that a repeated request (Idempotency-Key) shows
// the same key again although it is stored nowhere. The key is as secret as the root key.
func (a *Authenticator) MintFrom(tenant, seed string) (id, text string, hash []byte) {
	name := a.mac("mint id", tenant, seed)
	secret := a.mac("mint secret", tenant, seed)
	return a.mint(tenant, name[:], secret[:])
}

func (a *Authenticator) mint(tenant string, name, secret []byte) (id, text string, hash []byte) {
	id = base62(name, 43)[:idLength]
	plain := base62(secret, 43)
	mac := a.mac("key", tenant, id, plain)
	return id, keyPrefix + tenant + "_" + id + "_" + plain, mac[:]
}

// splitKey takes a key apart from its end: a tenant's id may contain underscores, the other parts cannot.
func splitKey(key string) (tenant, id, secret string, ok bool) {
	rest := strings.TrimPrefix(key, keyPrefix)
	i := strings.LastIndexByte(rest, '_')
	if i < 0 {
		return "", "", "", false
	}
	rest, secret = rest[:i], rest[i+1:]
	i = strings.LastIndexByte(rest, '_')
	if i < 0 {
		return "", "", "", false
	}
	tenant, id = rest[:i], rest[i+1:]
	return tenant, id, secret, tenant != "" && id != "" && secret != ""
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

const digits62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// base62 writes b as a number, lowest digit first, padded to width.
func base62(b []byte, width int) string {
	n, base, digit := new(big.Int).SetBytes(b), big.NewInt(62), new(big.Int)
	out := make([]byte, width)
	for i := range out {
		n.DivMod(n, base, digit)
		out[i] = digits62[digit.Int64()]
	}
	return string(out)
}
