package cluster

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/raft"
)

// watchLeadership makes the node ready after each election it wins, and not before the barrier of its term: until then
// the state machine may lack entries that were acknowledged in earlier terms (R3).
func (n *Node) watchLeadership() {
	defer n.running.Done()
	for {
		var leads bool
		select {
		case <-n.stopping:
			return
		case leads = <-n.leads:
		}
		if !leads {
			n.logger.Info("the node does not lead any more")
			continue
		}
		if term := n.raft.CurrentTerm(); n.passBarrier(term) {
			n.barrier.Store(term)
			n.logger.Info("the node leads", "term", term)
		}
	}
}

// passBarrier waits until everything of earlier terms is applied, for as long as the node leads in this term. A long
// replay keeps Raft's main loop busy, so the barrier may have to be asked for more than once.
func (n *Node) passBarrier(term uint64) bool {
	for n.raft.State() == raft.Leader && n.raft.CurrentTerm() == term {
		err := n.raft.Barrier(n.config.ProposalWait).Error()
		if err == nil {
			return true
		}
		if !errors.Is(err, raft.ErrEnqueueTimeout) {
			n.logger.Warn("the barrier after the election failed", "term", term, "error", err)
			return false
		}
	}
	return false
}

// Ready tells whether the node may serve: nil, or an error that says why not. A leader is ready after the barrier of
// its term, another node when it knows a leader.
func (n *Node) Ready() error {
	if failed := n.failed.Load(); failed != nil {
		return fmt.Errorf("%w: %w", ErrQuarantined, *failed)
	}
	select {
	case <-n.stopping:
		return ErrStopped
	default:
	}
	if n.raft.State() == raft.Leader {
		if n.barrier.Load() != n.raft.CurrentTerm() {
			return fmt.Errorf("%w: it catches up with what was acknowledged before it was elected", ErrNotReady)
		}
		return nil
	}
	if leader, _ := n.raft.LeaderWithID(); leader == "" {
		return fmt.Errorf("%w: no leader is known", ErrNotReady)
	}
	return nil
}

// WaitApplied waits until the state machine has published the entry of an index, as Propose returned it. It ends with
// ctx's error, or when the node stops.
func (n *Node) WaitApplied(ctx context.Context, index uint64) error {
	for n.machine.Applied() < index {
		moved := n.fsm.moved()
		if n.machine.Applied() >= index {
			return nil // it moved before we asked to be told
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("wait for entry %d, the newest applied is %d: %w", index, n.machine.Applied(), ctx.Err())
		case <-n.stopping:
			return ErrStopped
		}
	}
	return nil
}
