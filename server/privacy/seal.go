package privacy

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"sync"
	"sync/atomic"
)

// ErrSealed says that sealed bytes cannot be opened: they were changed or cut, or belong to other keys.
var ErrSealed = errors.New("sealed value cannot be opened")

// A sealed value is: suite (1 byte), key id (8), nonce (12), ciphertext, tag (16). Suite, key id and the owner (the
// tenant's key set) are authenticated with it, so a value cannot be moved to another tenant.
//
// The key id names a key derived from the sealer's own. A fresh one is drawn at every start and after 2^28 values, so
// that random 96-bit nonces stay far below the 2^32 values a key that NIST SP 800-38D allows: one tenant may seal
// that many events in a day.
const (
	suiteAES256GCM = 1
	keyIDSize      = 8
	nonceSize      = 12
	tagSize        = 16
	sealHeader     = 1 + keyIDSize + nonceSize
	sealOverhead   = sealHeader + tagSize
	valuesPerKey   = 1 << 28
)

// maxOpened bounds the derived keys that are kept for opening.
const maxOpened = 1024

// sealer seals and unseals under keys derived from one key. It may be used by any number of goroutines.
type sealer struct {
	key     [32]byte
	owner   []byte
	current atomic.Pointer[sealKey]
	opened  struct {
		sync.RWMutex
		keys map[[keyIDSize]byte]cipher.AEAD
	}
}

// sealKey is the derived key that seals now.
type sealKey struct {
	id   [keyIDSize]byte
	aead cipher.AEAD
	used atomic.Int64
}

func newSealer(key [32]byte, owner []byte) *sealer {
	s := &sealer{key: key, owner: owner}
	s.opened.keys = make(map[[keyIDSize]byte]cipher.AEAD)
	return s
}

// derive makes the key with the given id.
func (s *sealer) derive(id [keyIDSize]byte) cipher.AEAD {
	mac := hmac.New(sha256.New, s.key[:])
	mac.Write([]byte("rollcall seal key v1"))
	mac.Write(id[:])
	block, err := aes.NewCipher(mac.Sum(nil))
	if err != nil {
		panic(err) // only for wrong key lengths; this one is fixed
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // only for wrong block sizes
	}
	return aead
}

// sealing returns the key that seals the next value.
func (s *sealer) sealing() *sealKey {
	k := s.current.Load()
	if k != nil && k.used.Add(1) <= valuesPerKey {
		return k
	}
	fresh := new(sealKey)
	rand.Read(fresh.id[:]) // never fails: crypto/rand ends the process instead
	fresh.aead = s.derive(fresh.id)
	fresh.used.Store(1)
	s.current.CompareAndSwap(k, fresh)
	return fresh
}

// associated appends what is authenticated beside the value.
func (s *sealer) associated(dst, header []byte) []byte {
	return append(append(dst, header...), s.owner...)
}

func (s *sealer) seal(plain []byte) []byte {
	k := s.sealing()
	out := make([]byte, sealHeader, sealOverhead+len(plain))
	out[0] = suiteAES256GCM
	copy(out[1:], k.id[:])
	nonce := out[1+keyIDSize:]
	readNonce(nonce)
	var room [1 + keyIDSize + keySetIDSize]byte
	return k.aead.Seal(out, nonce, plain, s.associated(room[:0], out[:1+keyIDSize]))
}

func (s *sealer) unseal(sealed []byte) ([]byte, error) {
	if len(sealed) < sealOverhead || sealed[0] != suiteAES256GCM {
		return nil, ErrSealed
	}
	aead := s.opening([keyIDSize]byte(sealed[1:]))
	plain, err := aead.Open(nil, sealed[1+keyIDSize:sealHeader], sealed[sealHeader:], s.associated(nil, sealed[:1+keyIDSize]))
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

// opening returns the key with the given id, which may be anything.
func (s *sealer) opening(id [keyIDSize]byte) cipher.AEAD {
	s.opened.RLock()
	aead := s.opened.keys[id]
	s.opened.RUnlock()
	if aead != nil {
		return aead
	}
	aead = s.derive(id)
	s.opened.Lock()
	defer s.opened.Unlock()
	if len(s.opened.keys) >= maxOpened {
		clear(s.opened.keys)
	}
	s.opened.keys[id] = aead
	return aead
}

// nonces hands out random bytes that were read many at a time: a read from the kernel costs as much as a seal.
var nonces = sync.Pool{New: func() any { return new(nonceBuffer) }}

type nonceBuffer struct {
	bytes [64 * nonceSize]byte
	left  int
}

func readNonce(nonce []byte) {
	b := nonces.Get().(*nonceBuffer)
	if b.left < nonceSize {
		rand.Read(b.bytes[:]) // never fails: crypto/rand ends the process instead
		b.left = len(b.bytes)
	}
	copy(nonce, b.bytes[b.left-nonceSize:b.left])
	b.left -= nonceSize
	nonces.Put(b)
}
