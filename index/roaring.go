package index

import (
	"math/bits"

	"github.com/RoaringBitmap/roaring/v2"
)

// Roaring returns a new Roaring bitmap of the set.
func (s *Set) Roaring() *roaring.Bitmap {
	out := roaring.New()
	buf := make([]uint32, 0, ChunkSize)
	for i := range s.Chunks() {
		c, base := s.Chunk(i), uint32(i)<<16
		switch c.Kind() {
		case Full:
			out.AddRange(uint64(base), uint64(base)+ChunkSize)
		case Runs:
			for r := 0; r+1 < len(c.ids); r += 2 {
				out.AddRange(uint64(base|uint32(c.ids[r])), uint64(base|uint32(c.ids[r+1]))+1)
			}
		case Array:
			buf = buf[:0]
			for _, slot := range c.ids {
				buf = append(buf, base|uint32(slot))
			}
			out.AddMany(buf)
		case Dense:
			buf = buf[:0]
			for j, w := range c.mask {
				for ; w != 0; w &= w - 1 {
					buf = append(buf, base|uint32(j<<6|bits.TrailingZeros64(w)))
				}
			}
			out.AddMany(buf)
		}
	}
	return out
}

// SetOf returns the set of the ordinals in b, which it does not keep.
func SetOf(b *roaring.Bitmap) *Set {
	e := new(Set).Edit()
	var m Mask
	chunk, any := 0, false
	flush := func() {
		if any {
			e.Load(chunk, ContainerOf(&m))
			m.Clear()
			any = false
		}
	}
	buf := make([]uint32, 4096)
	for it := b.ManyIterator(); ; {
		n := it.NextMany(buf)
		if n == 0 {
			break
		}
		for _, ord := range buf[:n] {
			if int(ord>>16) != chunk {
				flush()
				chunk = int(ord >> 16)
			}
			m.Set(uint16(ord))
			any = true
		}
	}
	flush()
	return e.Publish()
}
