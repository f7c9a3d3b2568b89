package intake

import (
	"encoding/binary"
	"errors"
	"fmt"

	"rollcall/client/wire"
	"rollcall/server/privacy"
)

// StoredEvent is what an event's Sealed holds: what was sent and does not stand in the command in plain. The payload is
// the text that was sent, byte for byte.
type StoredEvent struct {
	OccurredAt  string
	OneID       string
	IP, UA      string
	Identifiers wire.Identifiers
	Payload     wire.Object
}

// storedVersion begins the plain form: then each text with its length before it, the identifiers counted.
const storedVersion = 1

// errStored says that unsealed bytes are no stored event.
var errStored = errors.New("stored event cannot be read")

func sealEvent(keys *privacy.Keys, in *wire.Event) []byte {
	b := make([]byte, 0, 64+len(in.OccurredAt)+len(in.OneID)+len(in.IP)+len(in.UA)+len(in.Payload)+64*len(in.Identifiers))
	put := func(text string) {
		b = binary.AppendUvarint(b, uint64(len(text)))
		b = append(b, text...)
	}
	b = append(b, storedVersion)
	put(in.OccurredAt)
	put(in.OneID)
	put(in.IP)
	put(in.UA)
	put(string(in.Payload))
	var room [8]string
	for _, typ := range typesOf(in.Identifiers, room[:0]) {
		put(typ)
		put(in.Identifiers[typ])
	}
	return keys.Seal(b)
}

// OpenEvent unseals command.Event.Sealed.
func OpenEvent(keys *privacy.Keys, sealed []byte) (StoredEvent, error) {
	plain, err := keys.Unseal(sealed)
	if err != nil {
		return StoredEvent{}, fmt.Errorf("open event: %w", err)
	}
	return decodeStored(plain)
}

func decodeStored(b []byte) (out StoredEvent, err error) {
	if len(b) == 0 || b[0] != storedVersion {
		return out, errStored
	}
	b = b[1:]
	bad := false
	take := func() string {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b)-size) {
			bad, b = true, nil
			return ""
		}
		text := string(b[size : size+int(n)])
		b = b[size+int(n):]
		return text
	}
	out.OccurredAt, out.OneID, out.IP, out.UA = take(), take(), take(), take()
	out.Payload = wire.Object(take())
	for len(b) > 0 {
		if out.Identifiers == nil {
			out.Identifiers = make(wire.Identifiers)
		}
		typ := take()
		out.Identifiers[typ] = take()
	}
	if bad {
		return StoredEvent{}, errStored
	}
	return out, nil
}
