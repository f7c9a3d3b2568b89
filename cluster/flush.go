package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/raft"
)

// flushRequest asks the flusher for a flush; done takes its error.
type flushRequest struct{ done chan error }

// flusher flushes the state machine when the log has grown by FlushBytes, every FlushEvery if anything was applied, and
// on request. After a flush the log is cut, but for its newest KeepBytes.
func (n *Node) flusher() {
	defer n.running.Done()
	tick := time.NewTicker(n.config.FlushEvery)
	defer tick.Stop()
	for {
		var request flushRequest
		select {
		case <-n.stopping:
			return
		case request = <-n.flushes:
		case <-n.grown:
		case <-tick.C:
		}
		err := n.flush()
		if request.done != nil {
			request.done <- err
		} else if err != nil && !errors.Is(err, ErrStopped) {
			n.logger.Error("the state could not be flushed, the next flush tries again", "error", err)
		}
	}
}

// flush makes the state durable and cuts the log. It does nothing if nothing was applied since the last one.
func (n *Node) flush() error {
	n.unflushed.Store(0)
	before, _ := n.store.Pages.Committed()
	if n.machine.Applied() <= before.Index {
		return nil
	}
	started := time.Now()
	settings := n.raft.ReloadableConfig()
	settings.TrailingLogs = n.store.Log.Tail(n.config.KeepBytes)
	if err := n.raft.ReloadConfig(settings); err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	switch err := n.raft.Snapshot().Error(); {
	case errors.Is(err, raft.ErrNothingNewToSnapshot):
		return nil
	case errors.Is(err, raft.ErrRaftShutdown):
		return fmt.Errorf("flush: %w", ErrStopped)
	case err != nil:
		return fmt.Errorf("flush: %w", err)
	}
	after, _ := n.store.Pages.Committed()
	n.logger.Debug("the state is flushed", "index", after.Index, "took", time.Since(started), "log_bytes", n.store.Log.Bytes())
	return nil
}

// noteAppended counts what was appended, and calls for a flush when it is enough.
func (n *Node) noteAppended(entries []*raft.Log) {
	size := 0
	for _, e := range entries {
		size += len(e.Data)
	}
	if n.unflushed.Add(int64(size)) < n.config.FlushBytes {
		return
	}
	select {
	case n.grown <- struct{}{}:
	default:
	}
}

// Flush makes everything applied so far durable in the pages and cuts the log. It returns when that is done, or when
// ctx ends; then the flush goes on.
func (n *Node) Flush(ctx context.Context) error {
	request := flushRequest{done: make(chan error, 1)}
	select {
	case n.flushes <- request:
	case <-n.stopping:
		return ErrStopped
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-request.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
