package privacy

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"hash/maphash"
	"sync/atomic"
)

// A token is: version (1 byte), synthetic nonce (16), ciphertext. The nonce is HMAC-SHA-256 of the text, truncated to 128
// bits, under the first half of the token key; the text is encrypted with AES-256-CTR from that nonce under the second
// half. Opening computes the nonce again: a changed token does not open. (The construction is that of SIV, RFC 5297, with
// HMAC in place of S2V.)
const (
	tokenVersion = 1
	sivSize      = 16
	tokenHeader  = 1 + sivSize
)

const domainToken = 5

// tokens makes and opens tokens under one key.
type tokens struct {
	macs  *macs
	block cipher.Block
	seed  maphash.Seed
	// recent holds tokens made lately, at the place that the text's hash gives: names, companies and job titles come
	// again and again, and a look costs a tenth of making a token.
	recent *[recentTokens]atomic.Pointer[recentToken]
}

const (
	recentTokens  = 4096
	maxRecentText = 64
)

type recentToken struct{ text, token string }

func newTokens(key []byte) tokens {
	block, err := aes.NewCipher(key[32:])
	if err != nil {
		panic(err) // only for wrong key lengths; this one is fixed
	}
	return tokens{
		macs:   newMACs(key[:32]),
		block:  block,
		seed:   maphash.MakeSeed(),
		recent: new([recentTokens]atomic.Pointer[recentToken]),
	}
}

func (t *tokens) token(text string) string {
	if len(text) > maxRecentText {
		return t.make(text)
	}
	place := &t.recent[maphash.String(t.seed, text)%recentTokens]
	if r := place.Load(); r != nil && r.text == text {
		return r.token
	}
	r := &recentToken{text: string([]byte(text)), token: t.make(text)} // text may be part of a request's body: copied
	place.Store(r)
	return r.token
}

func (t *tokens) make(text string) string {
	siv := t.siv(text)
	out := make([]byte, tokenHeader+len(text))
	out[0] = tokenVersion
	copy(out[1:], siv[:])
	copy(out[tokenHeader:], text)
	t.crypt(out[tokenHeader:], siv)
	return string(out)
}

func (t *tokens) text(token string) (string, error) {
	if len(token) < tokenHeader || token[0] != tokenVersion {
		return "", ErrSealed
	}
	siv := [sivSize]byte([]byte(token[1:tokenHeader]))
	text := []byte(token[tokenHeader:])
	t.crypt(text, siv)
	again := t.siv(string(text))
	if subtle.ConstantTimeCompare(again[:], siv[:]) != 1 {
		return "", ErrSealed
	}
	return string(text), nil
}

func (t *tokens) siv(text string) [sivSize]byte {
	return t.macs.key(domainToken, text, "", "")
}

// crypt encrypts or decrypts in place.
func (t *tokens) crypt(text []byte, siv [sivSize]byte) {
	cipher.NewCTR(t.block, siv[:]).XORKeyStream(text, text)
}
