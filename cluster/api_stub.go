package cluster

import "context"

type Node struct{}

func Start(c Config, m StateMachine) (*Node, error) { panic("not yet") }
func (n *Node) Propose(ctx context.Context, command []byte) (index uint64, result any, err error) {
	panic("not yet")
}
func (n *Node) Ready() error                                        { panic("not yet") }
func (n *Node) WaitApplied(ctx context.Context, index uint64) error { panic("not yet") }
func (n *Node) Epoch() string                                       { panic("not yet") }
func (n *Node) Flush(ctx context.Context) error                     { panic("not yet") }
func (n *Node) Stop(ctx context.Context) error                      { panic("not yet") }
func (n *Node) Status() Status                                      { panic("not yet") }
