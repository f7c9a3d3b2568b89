package wal

import (
	"encoding/binary"
	"testing"
)

// BenchmarkFlush flushes small pages of 300 bytes, as event payloads are, and replaces larger ones of 8 KiB, as the
// containers of a tag are, on the real disk. An operation is a page; commits are part of it.
// Run: go test -bench Flush ./wal
func BenchmarkFlush(b *testing.B) {
	for _, c := range []struct {
		name  string
		size  int
		once  bool
		names uint32 // how many different ones, 0: all are new
	}{{"page=once/bytes=300", 300, true, 0}, {"page=new/bytes=300", 300, false, 0}, {"page=replaced/bytes=8192", 8192, false, 5000}} {
		b.Run(c.name, func(b *testing.B) {
			p, err := OpenPages(Options{Dir: b.TempDir()})
			if err != nil {
				b.Fatal(err)
			}
			defer mustClose(b, p)
			data := make([]byte, c.size)
			b.SetBytes(int64(c.size))
			b.ResetTimer()
			f := p.Begin(0)
			for i := range b.N {
				number := uint32(i)
				if c.names > 0 {
					number %= c.names
				}
				put := f.Put
				if c.once {
					put = f.PutOnce
				}
				binary.BigEndian.PutUint32(data, uint32(i))
				if err := put(binary.BigEndian.AppendUint32([]byte("tenant/page/"), number), data); err != nil {
					b.Fatal(err)
				}
				if i%20_000 == 19_999 {
					if err := f.Commit(CommitRecord{Index: uint64(i)}); err != nil {
						b.Fatal(err)
					}
					f = p.Begin(uint64(i))
				}
			}
			if err := f.Commit(CommitRecord{Index: uint64(b.N)}); err != nil {
				b.Fatal(err)
			}
		})
	}
}
