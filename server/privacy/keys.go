// Package privacy hashes, seals and masks personal values: nothing below server/intake sees them in plain.
//
// Three things are done with a value. A keyed hash (Keys.Identifier) finds it: equal identifiers have equal hashes within
// a tenant, and without the tenant's key no list of all phone numbers helps. A seal (Keys.Seal) keeps it: random, for
// those who may see it again. A token (Keys.Token) is both, for texts that expressions compare: equal texts have equal
// tokens, and a token opens.
package privacy

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"sync"

	"rollcall/engine/command"
)

// Keys are the keys of one tenant. They may be used by any number of goroutines.
type Keys struct {
	hash   *macs
	token  tokens
	sealer *sealer
}

// newKeys takes the plain form of a key set: its id, hash key, token key, seal key.
func newKeys(plain []byte) *Keys {
	id, plain := plain[:keySetIDSize], plain[keySetIDSize:]
	hashKey, plain := plain[:hashKeySize], plain[hashKeySize:]
	tokenKey, sealKey := plain[:tokenKeySize], plain[tokenKeySize:]
	return &Keys{
		hash:   newMACs(hashKey),
		token:  newTokens(tokenKey),
		sealer: newSealer([32]byte(sealKey), append([]byte(nil), id...)),
	}
}

// The domains of keyed hashes: equal texts in different domains have unrelated hashes.
const (
	domainIdentifier = 1
	domainRecord     = 2
	domainEvent      = 3
	domainImplicit   = 4
)

// Identifier hashes a normalised identifier. Scope (may be empty) separates equal texts of different owners.
func (k *Keys) Identifier(typ, scope, normalised string) command.Key {
	return k.hash.key(domainIdentifier, typ, scope, normalised)
}

// Record hashes the identity of a source record.
func (k *Keys) Record(source, sourceID string) command.Key {
	return k.hash.key(domainRecord, source, sourceID, "")
}

// Event hashes the identity of an event.
func (k *Keys) Event(source, eventID string) command.Key {
	return k.hash.key(domainEvent, source, eventID, "")
}

// Implicit hashes the identity of the record that an event's identifiers make, if they are new: the same identifiers
// from the same source are the same record.
func (k *Keys) Implicit(source string, identifiers []command.Identifier) command.Key {
	m := k.hash.get()
	m.begin(domainImplicit)
	m.field(source)
	for i := range identifiers {
		m.field(identifiers[i].Type)
		m.buffer = append(m.buffer, identifiers[i].Key[:]...)
	}
	return k.hash.finish(m)
}

// Seal encrypts with a random nonce: equal plain values have different seals.
func (k *Keys) Seal(plain []byte) []byte { return k.sealer.seal(plain) }

// Unseal opens what Seal made. The error is ErrSealed.
func (k *Keys) Unseal(sealed []byte) ([]byte, error) { return k.sealer.unseal(sealed) }

// Token seals a text deterministically: equal texts have equal tokens. Tokens are binary; the length of a token shows the length of its text.
func (k *Keys) Token(text string) string { return k.token.token(text) }

// Text opens a token. The error is ErrSealed.
func (k *Keys) Text(token string) (string, error) { return k.token.text(token) }

// macs hands out HMAC-SHA-256 states of one key. Setting up a state costs more than hashing a short message with it.
type macs struct {
	pool sync.Pool
}

// mac is one state with room for a message and a sum.
type mac struct {
	hash   hash.Hash
	buffer []byte
	sum    [sha256.Size]byte
}

func newMACs(key []byte) *macs {
	key = append([]byte(nil), key...)
	m := new(macs)
	m.pool.New = func() any { return &mac{hash: hmac.New(sha256.New, key)} }
	return m
}

func (s *macs) get() *mac {
	m := s.pool.Get().(*mac)
	m.buffer = m.buffer[:0]
	return m
}

func (m *mac) begin(domain byte) { m.buffer = append(m.buffer, domain) }

// field adds a text with its length before it, so that no two lists of fields have the same bytes.
func (m *mac) field(text string) {
	m.buffer = binary.AppendUvarint(m.buffer, uint64(len(text)))
	m.buffer = append(m.buffer, text...)
}

// finish hashes the message, truncates to 128 bits and gives the state back. The message is wiped: it held plain values.
func (s *macs) finish(m *mac) (key command.Key) {
	m.hash.Reset()
	m.hash.Write(m.buffer)
	copy(key[:], m.hash.Sum(m.sum[:0]))
	clear(m.buffer)
	s.pool.Put(m)
	return key
}

func (s *macs) key(domain byte, a, b, c string) command.Key {
	m := s.get()
	m.begin(domain)
	m.field(a)
	m.field(b)
	m.field(c)
	return s.finish(m)
}
