package privacy

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
)

// Master wraps and unwraps the keys of tenants. It may be used by any number of goroutines.
type Master struct {
	seal *sealer
}

const (
	hashKeySize  = 32
	tokenKeySize = 64
	sealKeySize  = 32
	keySetIDSize = 16
)

// wrappedVersion begins the plain form of a tenant's wrapped keys.
const wrappedVersion = 1

// NewMaster derives the master key from the node's root key (HKDF-SHA256). The root key may be any secret
// (server/auth says how short); the same root key always gives the same master key.
func NewMaster(rootKey []byte) *Master {
	key, err := hkdf.Key(sha256.New, rootKey, nil, "rollcall master key v1", sealKeySize)
	if err != nil {
		panic(err) // only for lengths that HKDF cannot give; this one is fixed
	}
	return &Master{seal: newSealer([32]byte(key), []byte("tenant keys"))}
}

// NewTenantKeys makes random keys for one tenant and returns them wrapped.
func (m *Master) NewTenantKeys() (wrapped []byte, err error) {
	plain := make([]byte, 1+keySetIDSize+hashKeySize+tokenKeySize+sealKeySize)
	defer clear(plain)
	plain[0] = wrappedVersion
	if _, err := rand.Read(plain[1:]); err != nil {
		return nil, fmt.Errorf("make tenant keys: %w", err)
	}
	return m.seal.seal(plain), nil
}

// Open unwraps the keys of a tenant. Keys that another root key wrapped, or that were damaged, give an error that wraps
// ErrSealed.
func (m *Master) Open(wrapped []byte) (*Keys, error) {
	plain, err := m.seal.unseal(wrapped)
	if err != nil {
		return nil, fmt.Errorf("unwrap tenant keys: is this the node's root key? %w", err)
	}
	defer clear(plain)
	if len(plain) != 1+keySetIDSize+hashKeySize+tokenKeySize+sealKeySize || plain[0] != wrappedVersion {
		return nil, fmt.Errorf("unwrap tenant keys: version %d of %d bytes is not known to this build", plain[0], len(plain))
	}
	return newKeys(plain[1:]), nil
}
