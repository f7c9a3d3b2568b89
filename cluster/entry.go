package cluster

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// An entry's bytes: version, then length and bytes of each command.
const (
	entryVersion = 1
	// maxEntry is when no more commands are gathered into an entry, in bytes. A single command is always less.
	maxEntry = 1 << 20
)

var errEntry = errors.New("log entry is malformed")

func commandSize(command []byte) int {
	n := len(command) + 1
	for rest := uint64(len(command)) >> 7; rest > 0; rest >>= 7 {
		n++
	}
	return n
}

func appendCommand(entry, command []byte) []byte {
	if len(entry) == 0 {
		entry = append(entry, entryVersion)
	}
	return append(binary.AppendUvarint(entry, uint64(len(command))), command...)
}

// splitEntry returns views of an entry's commands.
func splitEntry(b []byte) (commands [][]byte, err error) {
	if len(b) == 0 {
		return nil, fmt.Errorf("%w: it is empty", errEntry)
	}
	if b[0] != entryVersion {
		return nil, fmt.Errorf("%w: it has version %d, this release knows version %d", errEntry, b[0], entryVersion)
	}
	for b = b[1:]; len(b) > 0; {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b)-size) {
			return nil, fmt.Errorf("%w: command %d is cut off", errEntry, len(commands))
		}
		end := size + int(n)
		commands = append(commands, b[size:end:end])
		b = b[end:]
	}
	return commands, nil
}
