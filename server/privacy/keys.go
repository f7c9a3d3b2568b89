// Package privacy hashes, seals and masks personal values: nothing below server/intake sees them in plain.
package privacy

import "rollcall/engine/command"

// Master wraps the keys of tenants.
type Master struct{}

// NewMaster derives the master key from the node's root key.
func NewMaster(rootKey []byte) *Master { panic("not yet") }

// NewTenantKeys makes random keys for one tenant and returns them wrapped.
func (m *Master) NewTenantKeys() (wrapped []byte, err error) { panic("not yet") }

// Open unwraps the keys of a tenant.
func (m *Master) Open(wrapped []byte) (*Keys, error) { panic("not yet") }

// Keys are the keys of one tenant.
type Keys struct{}

// Identifier hashes a normalised identifier.
func (k *Keys) Identifier(typ, scope, normalised string) command.Key { panic("not yet") }

// Record hashes the identity of a source record.
func (k *Keys) Record(source, sourceID string) command.Key { panic("not yet") }

// Event hashes the identity of an event.
func (k *Keys) Event(source, eventID string) command.Key { panic("not yet") }

// Seal encrypts with a random nonce.
func (k *Keys) Seal(plain []byte) []byte { panic("not yet") }

// Unseal opens what Seal made.
func (k *Keys) Unseal(sealed []byte) ([]byte, error) { panic("not yet") }

// Token seals a text deterministically: equal texts give equal tokens.
func (k *Keys) Token(text string) string { panic("not yet") }

// Text opens a token.
func (k *Keys) Text(token string) (string, error) { panic("not yet") }

// Mask shows a little of a personal value.
func Mask(identifierType, plain string) string { panic("not yet") }
