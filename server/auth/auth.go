// Package auth tells who is calling and what they may do: API keys, the root key, roles and rights.
//
// A key reads rc_<tenant>_<key id>_<secret>. Only its HMAC under a pepper derived from the root key is stored, so a
// copy of the disk opens nothing; a fast HMAC is enough because the secret has 256 random bits.
package auth

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// ErrNoKey says that the request carries no key, or none in a form that is understood.
var ErrNoKey = errors.New("no API key: send Authorization: Bearer KEY, or Basic with the key as user name")

// ErrBadKey says that the key is not one of ours, or was revoked. It never says which.
var ErrBadKey = errors.New("the API key is not valid")

// Stored is what is kept of an API key.
type Stored struct {
	Role    string
	Hash    []byte
	Revoked bool
}

// Principal is who calls. Root has no tenant; every other principal belongs to exactly one.
type Principal struct {
	Root   bool
	Tenant string
	KeyID  string
	Role   string
}

// Authenticator checks keys. It is safe for concurrent use.
type Authenticator struct {
	pepper []byte
	root   [sha256.Size]byte
	lookup func(tenant, keyID string) (Stored, bool)
}

// New returns an Authenticator for a node with this root key; lookup finds a stored key and must be safe for
// concurrent use.
func New(rootKey string, lookup func(tenant, keyID string) (Stored, bool)) (*Authenticator, error) {
	if len(rootKey) < MinRootKey {
		return nil, fmt.Errorf("the root key has %d characters, at least %d are needed", len(rootKey), MinRootKey)
	}
	if strings.HasPrefix(rootKey, keyPrefix) {
		return nil, fmt.Errorf("the root key begins with %s, as API keys do: it could never be told from one", keyPrefix)
	}
	pepper, err := hkdf.Key(sha256.New, []byte(rootKey), nil, "rollcall api keys v1", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("deriving the pepper of API keys: %w", err)
	}
	a := &Authenticator{pepper: pepper, lookup: lookup}
	a.root = a.mac("root", rootKey)
	return a, nil
}

// Authenticate finds the principal of an Authorization header: "Bearer KEY" or "Basic base64(KEY:)". Errors are
// ErrNoKey and ErrBadKey.
func (a *Authenticator) Authenticate(header string) (Principal, error) {
	key, err := keyOf(header)
	if err != nil {
		return Principal{}, err
	}
	if !strings.HasPrefix(key, keyPrefix) {
		mac := a.mac("root", key)
		if hmac.Equal(mac[:], a.root[:]) {
			return Principal{Root: true, Role: RoleRoot}, nil
		}
		return Principal{}, ErrBadKey
	}
	tenant, id, secret, ok := splitKey(key)
	if !ok {
		return Principal{}, ErrBadKey
	}
	// The work is the same whether or not tenant and key exist, so that time tells nothing.
	mac := a.mac("key", tenant, id, secret)
	stored, found := a.lookup(tenant, id)
	if !hmac.Equal(mac[:], stored.Hash) || !found || stored.Revoked {
		return Principal{}, ErrBadKey
	}
	return Principal{Tenant: tenant, KeyID: id, Role: stored.Role}, nil
}

// mac is HMAC-SHA-256 under the pepper over length-prefixed parts.
func (a *Authenticator) mac(parts ...string) (sum [sha256.Size]byte) {
	h := hmac.New(sha256.New, a.pepper)
	for _, p := range parts {
		h.Write([]byte{byte(len(p) >> 24), byte(len(p) >> 16), byte(len(p) >> 8), byte(len(p))})
		h.Write([]byte(p))
	}
	h.Sum(sum[:0])
	return sum
}

func keyOf(header string) (string, error) {
	scheme, rest, ok := strings.Cut(strings.TrimSpace(header), " ")
	if !ok {
		return "", ErrNoKey
	}
	rest = strings.TrimSpace(rest)
	switch {
	case strings.EqualFold(scheme, "bearer") && rest != "":
		return rest, nil
	case strings.EqualFold(scheme, "basic"):
		plain, err := base64.StdEncoding.DecodeString(rest)
		if err != nil {
			return "", ErrNoKey
		}
		user, _, _ := strings.Cut(string(plain), ":")
		if user == "" {
			return "", ErrNoKey
		}
		return user, nil
	}
	return "", ErrNoKey
}
