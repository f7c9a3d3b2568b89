package server

import (
	"context"
	"errors"
	"sync/atomic"

	"rollcall/cluster"
	"rollcall/server/admin"
	"rollcall/server/api"
)

// node is the cluster as the API sees it. Until it is set, the node is starting.
type node struct {
	cluster atomic.Pointer[cluster.Node]
}

var errStarting = errors.New("the node is starting")

// translated tells the cluster's errors apart by what they mean for a caller (I10).
func translated(err error) error {
	if err == nil {
		return nil
	}
	out := &api.NodeError{Kind: api.Unknown, Err: err}
	var refused *cluster.NotApplied
	if errors.As(err, &refused) {
		out.Leader = refused.Leader
	}
	switch {
	case errors.Is(err, cluster.ErrUnknown): // whatever its cause is: the command may have an effect
	case errors.Is(err, cluster.ErrDiskLow):
		out.Kind = api.DiskLow
	case errors.Is(err, cluster.ErrTooLarge):
		out.Kind = api.TooLarge
	case errors.Is(err, cluster.ErrOverloaded):
		out.Kind = api.Overloaded
	case errors.Is(err, cluster.ErrNotLeader):
		out.Kind = api.NotLeader
	case errors.Is(err, cluster.ErrNotApplied), errors.Is(err, errStarting):
		out.Kind = api.NotReady
	}
	return out
}

// Propose implements api.Node.
func (n *node) Propose(ctx context.Context, command []byte) (uint64, any, error) {
	c := n.cluster.Load()
	if c == nil {
		return 0, nil, translated(errStarting)
	}
	index, result, err := c.Propose(ctx, command)
	return index, result, translated(err)
}

// Ready implements api.Node.
func (n *node) Ready() error {
	c := n.cluster.Load()
	if c == nil {
		return &api.NodeError{Kind: api.NotReady, Err: errStarting}
	}
	if err := c.Ready(); err != nil {
		return &api.NodeError{Kind: api.NotReady, Err: err}
	}
	return nil
}

// WaitApplied implements api.Node.
func (n *node) WaitApplied(ctx context.Context, index uint64) error {
	c := n.cluster.Load()
	if c == nil {
		return &api.NodeError{Kind: api.NotReady, Err: errStarting}
	}
	if err := c.WaitApplied(ctx, index); err != nil {
		return &api.NodeError{Kind: api.NotReady, Err: err}
	}
	return nil
}

// Confirm implements api.Node. A node alone is its own majority: while it is ready, its published roots hold every
// acknowledged write.
func (n *node) Confirm(context.Context) error { return n.Ready() }

// Leads implements api.Node.
func (n *node) Leads() bool {
	c := n.cluster.Load()
	return c != nil && c.Status().State == "leader"
}

// Epoch implements api.Node.
func (n *node) Epoch() string {
	if c := n.cluster.Load(); c != nil {
		return c.Epoch()
	}
	return ""
}

// status is what the admin listener shows.
func (n *node) status(nodeID string) admin.Status {
	out := admin.Status{NodeID: nodeID, State: "starting", Members: []admin.Member{}}
	c := n.cluster.Load()
	if c == nil {
		return out
	}
	s := c.Status()
	out.State, out.Leader, out.AppliedIndex, out.Epoch = s.State, s.Leader, s.AppliedIndex, s.Epoch
	for _, m := range s.Members {
		out.Members = append(out.Members, admin.Member{ID: m.NodeID, Address: m.Address, Voter: m.Voter})
	}
	return out
}
