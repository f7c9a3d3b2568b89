package cluster

// Entry is one entry of the log: the commands that were proposed together. They are applied in order.
type Entry struct {
	Index, Term uint64
	Commands    [][]byte // never written again by anybody (I14); keeping one keeps the whole entry in memory
}

// StateMachine is what the cluster replicates. Apply is called by one goroutine; the others by any.
type StateMachine interface {
	// Apply applies entries in order and publishes the new state before it returns: one result per command, in the
	// shape of the entries. It depends on the state and the commands only (I12). Entries at or below Applied have no
	// effect. A result of type *Halt stops the node before anything of this call is acknowledged (I13).
	Apply(entries []Entry) [][]any

	// Applied is the index of the newest entry in the published state. After a start it is the index of the newest
	// commit record of the pages (wal.CommitRecord.Index), and 0 without one.
	Applied() uint64

	// Flush makes everything up to Applied durable in the pages and commits it with one record: term, configuration
	// and configurationIndex as given, and as Index the larger of index and the state's own index. It runs beside
	// Apply; one call at a time.
	Flush(index, term uint64, configuration []byte, configurationIndex uint64) error
}

// Halt is a result of StateMachine.Apply that stops the node: the state machine met a command that it cannot apply
// and must not skip, such as one of a newer release.
type Halt struct {
	Err error
}
