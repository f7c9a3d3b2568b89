// Package wal holds everything that a node has on disk: the log and the pages, two Pebble stores, and the high-water mark.
//
// A node's folder looks like this:
//
//	log/     Pebble instance 1: Raft's log entries and its stable values (term, vote), Log
//	pages/   Pebble instance 2: the state as pages, each flush all or nothing, Pages
//	mark     how far the log was known to be durable, two slots written in turn
//	LOCK     held while a process has the folder open
//
// What this room promises, and how it keeps it (numbers are those of the invariants):
//
//   - What StoreLogs or Commit acknowledged was synced. A failed sync ends the process (I5): Pebble calls its logger's
//     Fatalf, which names the cause and calls Options.Fatal.
//   - A log that became shorter by itself is noticed (I3). One flipped bit in the newest write-ahead file of a Pebble
//     store in the oldest format ends that file silently; the format is therefore set explicitly, a new store is
//     opened twice before its first entry (the first write-ahead file of a store has the old format), and the mark
//     tells the rest.
//   - Every entry and page carries a CRC-32C over its bytes and its identity, so that a damaged and a misplaced one are
//     both noticed (I6).
//   - Pages of a flush are seen all or not at all (I4): ordinary batches, then one synced commit record.
//   - Pebble never meets a full disk: Space refuses writes before.
package wal
