// Package index holds everything that is kept by chunk in memory: sets of contacts as bitmaps, typed columns,
// dictionaries, event rows and the identifier table.
//
// A contact (or an account, or a source record) is an ordinal, uint32: its high 16 bits are its chunk, its low 16 bits
// its slot. A chunk of 65,536 slots is the unit of storage, of evaluation and of isolation.
//
// What the package promises:
//
//  1. A published Set, Column or DictView never changes. Any number of goroutines may read it, without locks, for as
//     long as they keep it.
//  2. A change goes through an edit (Set.Edit, Column.Edit). One goroutine edits a collection and all of its versions;
//     an edit that is dropped instead of published leaves no trace.
//  3. Publishing costs in proportion to what was touched. A tag's container is copied on its first change (at most
//     8 KiB). A column's chunk is an immutable base page plus a delta, to which the writer appends beyond the length
//     that readers know; at foldAt entries the delta is folded into a fresh page.
//  4. Equal sets have equal containers: the kind of a container follows from its content alone, whatever the way to it.
//  5. Bulk data holds no pointers, so that the collector has next to nothing to walk.
//  6. Decoders take any bytes: they return ErrCorrupt, never panic, and allocate no more than one page.
//
// Why not Roaring alone: a chunk here turns dense at 512 ids instead of 4,096, so that an expression over a chunk is a
// few fused loops over 8 KiB masks which stay in the first-level cache. Roaring remains the form in which sets leave
// the engine (Set.Roaring, SetOf).
package index

import "errors"

// ErrCorrupt is wrapped by every error of a decoder: the bytes are not what the encoder writes.
var ErrCorrupt = errors.New("corrupt page")
