package cluster

import (
	"errors"
	"fmt"

	"rollcall/wal"
)

// The two classes of a failed proposal (I10). Every error of Propose is one of them.
var (
	// ErrNotApplied: the command has no effect and never will. It may be sent again.
	ErrNotApplied = errors.New("the command was not applied")
	// ErrUnknown: the command may or may not take effect. Send it again with the same idempotency key.
	ErrUnknown = errors.New("the command's outcome is unknown")
)

// Why a command was not applied. errors.Is(err, ErrNotApplied) is true for all of them.
var (
	ErrNotReady    = errors.New("the node is not ready")
	ErrNotLeader   = errors.New("the node is not the leader")
	ErrTooLarge    = errors.New("the command is larger than 512 KiB")
	ErrOverloaded  = errors.New("too much is waiting to be written")
	ErrStopped     = errors.New("the node is stopping")
	ErrQuarantined = errors.New("the node is quarantined")
	ErrDiskLow     = wal.ErrDiskLow // the same error, so that callers of Propose need not know wal
)

// NotApplied is a proposal's error when the command has no effect: errors.Is finds ErrNotApplied and Cause.
type NotApplied struct {
	Cause  error
	Leader string // address of the leader, if another node is known to lead
}

func (e *NotApplied) Error() string {
	if e.Leader != "" {
		return fmt.Sprintf("%v: %v; the leader is %s", ErrNotApplied, e.Cause, e.Leader)
	}
	return fmt.Sprintf("%v: %v", ErrNotApplied, e.Cause)
}

// Unwrap makes errors.Is find the class and the cause.
func (e *NotApplied) Unwrap() []error { return []error{ErrNotApplied, e.Cause} }

// Unknown is a proposal's error when its outcome is unknown: errors.Is finds ErrUnknown and Cause.
type Unknown struct {
	Cause error
}

func (e *Unknown) Error() string { return fmt.Sprintf("%v: %v", ErrUnknown, e.Cause) }

// Unwrap makes errors.Is find the class and the cause.
func (e *Unknown) Unwrap() []error { return []error{ErrUnknown, e.Cause} }
