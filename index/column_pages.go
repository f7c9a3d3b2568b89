package index

import "fmt"

// Pages calls emit with what changed since prev, chunk by chunk in ascending order; prev may be nil. A chunk that was
// folded since gives its base page (base true, from 0), then its delta, if any; another one only the entries of the
// delta from number from on. What replaces something says so: a base page makes every page of the chunk before it void
// (no data: the chunk is empty), a delta with from 0 every delta of the chunk before it. Emitted over what was emitted
// for prev, they make up the column. Pages stops at the first error of emit and returns it.
func (c *Column[T]) Pages(prev *Column[T], emit func(chunk int, base bool, from int, data []byte) error) error {
	for i := range max(c.Chunks(), prev.Chunks()) {
		now, old := c.Chunk(i), prev.Chunk(i)
		if now == old {
			continue
		}
		if now == nil {
			now = new(ColumnChunk[T])
		}
		if old == nil {
			old = new(ColumnChunk[T])
		}
		from := old.n
		if now.base != old.base {
			var data []byte
			if now.base != nil {
				data = now.base.append(nil)
			}
			if err := emit(i, true, 0, data); err != nil {
				return err
			}
			from = 0
		} else if !now.continues(old) {
			from = 0
		}
		if from == now.n && (from > 0 || old.n == 0 || now.base != old.base) {
			continue
		}
		keys, vals := now.entries()
		if err := emit(i, false, from, appendEntries(nil, keys[from:], vals[from:])); err != nil {
			return err
		}
	}
	return nil
}

// continues reports whether the delta of old is the beginning of c's.
func (c *ColumnChunk[T]) continues(old *ColumnChunk[T]) bool {
	return old.n == 0 || old.n <= c.n && old.delta.line == c.delta.line
}

// ColumnLoader builds a column from the pages that Column.Pages emitted: of each chunk its last base page, then its
// deltas in ascending order of from. One goroutine uses it.
type ColumnLoader[T Value] struct {
	edit *ColumnEdit[T]
}

// NewColumnLoader returns a loader of an empty column.
func NewColumnLoader[T Value]() *ColumnLoader[T] {
	return &ColumnLoader[T]{edit: new(Column[T]).Edit()}
}

// Load takes a page. Its error wraps ErrCorrupt: the data is no such page, or a delta does not go on where the one
// before it ended. After an error the loader is of no further use.
func (l *ColumnLoader[T]) Load(chunk int, base bool, from int, data []byte) error {
	if chunk < 0 || chunk >= ChunkSize {
		return fmt.Errorf("%w: column chunk %d", ErrCorrupt, chunk)
	}
	c := l.edit.touch(chunk)
	if base {
		*c = ColumnChunk[T]{}
		if len(data) == 0 {
			return nil
		}
		p, err := decodePage[T](data)
		if err != nil {
			return fmt.Errorf("chunk %d: %w", chunk, err)
		}
		c.base, c.zone = p, p.zone
		return nil
	}
	if from == 0 && c.n > 0 {
		*c = ColumnChunk[T]{base: c.base}
		if c.base != nil {
			c.zone = c.base.zone
		}
	}
	if from != c.n {
		return fmt.Errorf("%w: chunk %d: delta from %d after %d entries", ErrCorrupt, chunk, from, c.n)
	}
	over := false
	err := decodeEntries(data, func(slot uint16, v T, live bool) {
		if over = over || c.n == foldAt; over {
			return
		}
		if live {
			c.widen(v)
		}
		c.delta = c.delta.append(c.n, slot, v, live)
		c.n++
	})
	switch {
	case err != nil:
		return fmt.Errorf("chunk %d: %w", chunk, err)
	case over:
		return fmt.Errorf("%w: chunk %d: delta of more than %d entries", ErrCorrupt, chunk, foldAt)
	}
	return nil
}

// Column returns the column that was loaded.
func (l *ColumnLoader[T]) Column() *Column[T] { return l.edit.Publish() }
