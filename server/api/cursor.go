package api

import (
	"encoding/base64"
	"encoding/binary"
	"net/http"
)

// A cursor is opaque text: a version, an ordinal, and a digest of what is being paged through (tenant and expression),
// so that a cursor of one is refused by another instead of skipping people silently. Ordinals never change, so a cursor
// survives every write and restart.
const cursorBytes = 1 + 4 + 8

func formatCursor(after uint32, of string) string {
	b := make([]byte, 1, cursorBytes)
	b[0] = 1
	b = binary.BigEndian.AppendUint32(b, after)
	d := digest([]byte(of))
	return base64.RawURLEncoding.EncodeToString(append(b, d[:8]...))
}

// parseCursor gives the ordinal of a cursor; "" is the start.
func parseCursor(text, of string) (uint32, error) {
	if text == "" {
		return 0, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	d := digest([]byte(of))
	if err != nil || len(b) != cursorBytes || b[0] != 1 || string(b[5:]) != string(d[:8]) {
		return 0, problem(http.StatusUnprocessableEntity, "invalid_cursor", "after is no next of this query: start again without it").at("after")
	}
	return binary.BigEndian.Uint32(b[1:]), nil
}
