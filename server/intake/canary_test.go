package intake

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"rollcall/engine/command"
)

func sha256Hex(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func md5Hex(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// shapes are the forms in which a plain value could leak: itself, in hexadecimal and base64, and as a hash that anyone
// can compute.
func shapes(plain string) map[string][]byte {
	long, short, old := sha256.Sum256([]byte(plain)), md5.Sum([]byte(plain)), sha1.Sum([]byte(plain))
	out := map[string][]byte{
		"plain": []byte(plain), "hex": []byte(hex.EncodeToString([]byte(plain))),
		"sha256": long[:], "sha256 hex": []byte(hex.EncodeToString(long[:])), "md5": short[:], "md5 hex": []byte(hex.EncodeToString(short[:])),
		"sha1": old[:], "sha1 hex": []byte(hex.EncodeToString(old[:])), "half of sha256": long[:16],
	}
	for shift := range 3 { // base64 depends on where the value begins
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(".", shift) + plain))
		out["base64 "+string(rune('0'+shift))] = []byte(text[shift+1 : len(text)-4])
	}
	return out
}

// No command holds a personal value in any form that could be read or tried out.
func TestCommandsHoldNoPlainPersonalData(t *testing.T) {
	tenant := testTenant(t)
	const mobile, second, email, name, owner, secret = "13912345678", "13700001111", "canary.zhang@example.com", "张金丝雀", "李金丝雀", "canary-secret-text"
	records := Records(tenant, testNow, decodeRecords(t,
		`{"source":"CRM","source_id":"`+mobile+`","identifiers":{"mobile":"+86 `+mobile+`","email":"`+strings.ToUpper(email)+`","wecom_unionid":"`+secret+`"},
		  "attributes":{"name":"`+name+`","owner":"`+owner+`","remark":"`+secret+`","phone":"`+second+`转8001","company":"XX公司"}}`,
		`{"source":"CRM","source_id":"lead-`+mobile+`","kind":"lead","identifiers":{"phone":"`+mobile+`/`+second+`"},"attributes":{"name":"`+name+`"}}`))
	events := Events(tenant, testNow, decodeEvents(t,
		`{"event_id":"e1","source":"CALLCENTER","type":"call.outbound.ended","occurred_at":"2024-10-29T10:30:00Z","one_id":"`+secret+`","ip":"203.0.113.9","ua":"`+secret+`",
		  "identifiers":{"mobile":"`+mobile+`","email":"`+email+`"},
		  "payload":{"customer_number":"`+mobile+`","customer":"`+name+`","email":"`+email+`","note":"`+secret+`","nested":{"name":"`+name+`"}}}`))
	if len(records.Commands) != 1 || len(events.Commands) != 1 {
		t.Fatal("the batch was rejected")
	}
	encoded := map[string][]byte{
		"records": command.Encode(command.Envelope{Tenant: tenant.ID}, &records.Commands[0]),
		"events":  command.Encode(command.Envelope{Tenant: tenant.ID}, &events.Commands[0]),
	}
	if !bytes.Contains(encoded["records"], []byte("XX公司")) || !bytes.Contains(encoded["events"], []byte("CALLCENTER")) {
		t.Fatal("the search finds nothing at all")
	}
	for what, b := range encoded {
		for _, plain := range []string{mobile, "+86" + mobile, second, email, strings.ToUpper(email), name, owner, secret, "203.0.113.9"} {
			for shape, sought := range shapes(plain) {
				if len(sought) >= 6 && bytes.Contains(b, sought) {
					t.Errorf("the command of %s holds %q as %s", what, plain, shape)
				}
			}
		}
	}
}
