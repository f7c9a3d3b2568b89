// Package engine applies commands and publishes, for each tenant, immutable roots that readers hold without locks.
//
// Who does what:
//
//   - Apply is called by one goroutine, with Raft's entries in order. It decodes every command before it changes
//     anything (an unknown one stops the node, StopError), hands each tenant's commands to a goroutine of its own, and
//     publishes one Root per touched tenant.
//   - A state (state.go) is what Apply changes: one per tenant, owned by the goroutine that applies its commands.
//     Nothing in it is read by anybody else.
//   - A Root is what was published: columns, sets and slices that never change again. Hash tables (identifiers, ids,
//     record keys, event keys) are shared between roots and only ever grow; whoever looks into one drops ordinals
//     that its root does not have yet. An identifier that a known contact has just got may therefore lead to it a
//     moment before the root with it is published.
//   - Flush pins the roots between two batches and writes what changed since the last flush, beside Apply.
//
// Apply depends on state and command only (I12): no clock, no randomness, no map order, no I/O. What a user did wrong
// is a code in the Result, never an error of Apply. The lists of engine/schema that it consults (priorities, canonical
// names) are part of command version 1: changing them changes what old commands do, and takes a new version.
package engine
