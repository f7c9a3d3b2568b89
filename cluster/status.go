package cluster

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
