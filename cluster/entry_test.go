package cluster

import (
	"bytes"
	"testing"
)

func TestEntryRoundTrip(t *testing.T) {
	for _, commands := range [][]string{{"a"}, {""}, {"", "b", string(make([]byte, 127)), string(make([]byte, 128)), string(make([]byte, 300_000))}} {
		var b []byte
		size := 1
		for _, c := range commands {
			b = appendCommand(b, []byte(c))
			size += commandSize([]byte(c))
		}
		if len(b) != size {
			t.Errorf("%d commands have %d bytes, counted %d", len(commands), len(b), size)
		}
		got, err := splitEntry(b)
		if err != nil || len(got) != len(commands) {
			t.Fatalf("%d commands came back as %d, error %v", len(commands), len(got), err)
		}
		for i := range got {
			if string(got[i]) != commands[i] {
				t.Errorf("command %d came back changed", i)
			}
		}
	}
}

func FuzzSplitEntry(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1})
	f.Add([]byte{2, 1, 'a'})
	f.Add([]byte{1, 1, 'a', 2, 'b', 'c'})
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		commands, err := splitEntry(b)
		if err != nil {
			return
		}
		again := []byte{entryVersion}
		for _, c := range commands {
			again = appendCommand(again, c)
		}
		if second, err := splitEntry(again); err != nil || !bytes.Equal(bytes.Join(second, []byte("|")), bytes.Join(commands, []byte("|"))) {
			t.Fatalf("%x reads as %q, and that again as %q, error %v", b, commands, second, err)
		}
	})
}
