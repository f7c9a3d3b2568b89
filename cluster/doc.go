// Package cluster replicates commands through Raft and drives a state machine that it declares.
//
// A command's way: Propose gathers it with others that wait for the same disk sync into one entry (group commit), Raft
// appends the entry to the log (rollcall/wal) and commits it, the state machine applies it and publishes its new state,
// and only then Propose returns with the entry's index.
//
// What is known about the Raft library and decides the shape of this room (reliability R1 to R21) stands beside the code
// that follows from it: the transport's wrapper, the barrier of each term, snapshots that are metadata only, and the
// state machine's own published index in place of Raft's.
package cluster
