package cluster

import "github.com/hashicorp/raft"

// Status is what GET /cluster/status answers. The first group of fields is the contract's.
type Status struct {
	NodeID       string   `json:"node_id"`
	State        string   `json:"state"` // leader, follower, candidate or quarantined
	Leader       string   `json:"leader"`
	Members      []Member `json:"members"`
	AppliedIndex uint64   `json:"applied_index"`
	Epoch        string   `json:"epoch"`

	Term         uint64 `json:"term"`
	FlushedIndex uint64 `json:"flushed_index"` // the pages hold everything up to here
	FirstIndex   uint64 `json:"first_index"`   // of the log
	LastIndex    uint64 `json:"last_index"`
	LogBytes     int64  `json:"log_bytes"`
	Waiting      int64  `json:"waiting_bytes"` // commands waiting or under way
	Ready        bool   `json:"ready"`
}

// Member is one member of the cluster.
type Member struct {
	NodeID  string `json:"node_id"`
	Address string `json:"address"`
	Voter   bool   `json:"voter"`
}

// Status tells how the node stands.
func (n *Node) Status() Status {
	log := n.store.Log
	first, _ := log.FirstIndex() // neither can fail: both are kept in memory
	last, _ := log.LastIndex()
	record, _ := n.store.Pages.Committed()
	_, leader := n.raft.LeaderWithID()
	s := Status{
		NodeID: n.config.NodeID, State: n.state(), Leader: string(leader), Members: []Member{},
		AppliedIndex: n.machine.Applied(), Epoch: n.epoch,
		Term: n.raft.CurrentTerm(), FlushedIndex: record.Index, FirstIndex: first, LastIndex: last,
		LogBytes: log.Bytes(), Waiting: n.proposer.load(), Ready: n.Ready() == nil,
	}
	for _, server := range n.raft.GetConfiguration().Configuration().Servers {
		s.Members = append(s.Members, Member{NodeID: string(server.ID), Address: string(server.Address), Voter: server.Suffrage == raft.Voter})
	}
	return s
}

func (n *Node) state() string {
	if n.failed.Load() != nil {
		return "quarantined"
	}
	switch n.raft.State() {
	case raft.Leader:
		return "leader"
	case raft.Candidate:
		return "candidate"
	}
	return "follower"
}
