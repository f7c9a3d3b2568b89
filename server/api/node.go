package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// The headers of consistency.
const (
	headerEpoch    = "Rollcall-Epoch"
	headerIndex    = "Rollcall-Index"
	headerMinIndex = "Rollcall-Min-Index"
)

// Node is what the API needs of the cluster. Its errors are *NodeError.
type Node interface {
	// Propose hands a command to the log and waits until it is applied: its index and Apply's result.
	Propose(ctx context.Context, command []byte) (index uint64, result any, err error)
	// Ready is nil when the node may serve.
	Ready() error
	// WaitApplied waits until the published roots hold the index, or ctx ends.
	WaitApplied(ctx context.Context, index uint64) error
	// Confirm waits until a read of the published roots is linearizable (reliability 2.4).
	Confirm(ctx context.Context) error
	// Leads tells whether this node leads: then its published roots hold every acknowledged write.
	Leads() bool
	// Epoch names the cluster's history; a restore changes it.
	Epoch() string
}

// NodeError is a failure of the node, told apart by what it means for the caller (I10).
type NodeError struct {
	Kind   NodeErrorKind
	Leader string // address of the node that leads, if it is another one
	Err    error
}

// NodeErrorKind tells what became of a command.
type NodeErrorKind uint8

// The kinds. All but Unknown mean that the command was not applied.
const (
	NotReady NodeErrorKind = iota + 1
	NotLeader
	Overloaded
	TooLarge
	DiskLow
	Unknown
)

// Error gives the cause.
func (e *NodeError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *NodeError) Unwrap() error { return e.Err }

// nodeFailure maps a *NodeError, nil for any other error.
func nodeFailure(err error) *failure {
	var n *NodeError
	if !errors.As(err, &n) {
		return nil
	}
	unavailable := func(code, format string, args ...any) *failure {
		return problem(http.StatusServiceUnavailable, code, format, args...).after(time.Second)
	}
	switch n.Kind {
	case NotLeader:
		if n.Leader != "" {
			return unavailable("not_leader", "not applied: this node does not lead, %s does", n.Leader)
		}
		return unavailable("not_leader", "not applied: this node does not lead")
	case Overloaded:
		return unavailable("overloaded", "not applied: too much is waiting to be written")
	case TooLarge:
		return problem(http.StatusRequestEntityTooLarge, "command_too_large", "not applied: send fewer items at a time")
	case DiskLow:
		return problem(http.StatusInsufficientStorage, "disk_low", "not applied: the node's disk is nearly full; reads go on").after(10 * time.Second)
	case Unknown:
		return unavailable("outcome_unknown", "it is unknown whether this was applied: repeat it with the same Idempotency-Key")
	}
	return unavailable("not_ready", "not applied: the node is not ready")
}

// waitForIndex does what a read asks for: at least the index of Rollcall-Min-Index, of the epoch that it came from,
// and the consistency of the query string.
func (c *call) waitForIndex() error {
	h := &c.ctx.Request.Header
	node := c.api.Node
	if epoch := h.Peek(headerEpoch); len(epoch) > 0 && string(epoch) != node.Epoch() {
		return problem(http.StatusConflict, "epoch_changed", "the data was restored since: forget the index and ask again").at(headerEpoch)
	}
	ctx, cancel := context.WithTimeout(c.context, c.api.Limits.MinIndexWait)
	defer cancel()
	if text := h.Peek(headerMinIndex); len(text) > 0 {
		index, err := strconv.ParseUint(string(text), 10, 64)
		if err != nil {
			return invalid(headerMinIndex, "%s is no index", headerMinIndex)
		}
		if err := node.WaitApplied(ctx, index); err != nil {
			return behind(fmt.Sprintf("this node has not applied index %d yet", index))
		}
	}
	level, err := c.argument("consistency")
	if err != nil {
		return err
	}
	switch level {
	case "", "session", "local", "bounded":
		return nil
	case "linearizable", "strict":
		if err := node.Confirm(ctx); err != nil {
			return behind("this node cannot prove that it is up to date")
		}
		return nil
	}
	return invalid("consistency", "consistency is session, local, bounded, linearizable or strict")
}

func behind(detail string) *failure {
	return problem(http.StatusServiceUnavailable, "not_ready", "%s", detail).after(time.Second)
}
