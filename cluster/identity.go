package cluster

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/hashicorp/raft"

	"rollcall/wal"
)

// Names of the node's own stable values, beside Raft's.
const (
	nodeName  = "rollcall/node"
	epochName = "rollcall/epoch"
)

// identify compares the folder's node id with the configured one, and makes a new folder a cluster of its own: node id,
// epoch, term 1 and the entry with the first configuration, in this order, each durable. A crash in between leaves an
// empty log, and the next start goes on from there.
func identify(log *logStore, nodeID string, address raft.ServerAddress) (epoch string, err error) {
	last, err := log.LastIndex()
	if err != nil {
		return "", err
	}
	record, flushed := log.pages.Committed()
	known, err := stableText(log.Log, nodeName)
	if err != nil {
		return "", err
	}
	if epoch, err = stableText(log.Log, epochName); err != nil {
		return "", err
	}
	if known != "" && known != nodeID {
		return "", fmt.Errorf("node id: the data folder belongs to node %q, not to %q; start it under its name, or name another folder", known, nodeID)
	}
	if last > 0 || flushed {
		if known == "" || epoch == "" {
			return "", fmt.Errorf("%w: the log ends at %d and the pages at %d, and the folder does not know its node id or epoch", wal.ErrCorrupt, last, record.Index)
		}
		return epoch, nil
	}
	if epoch == "" {
		var random [16]byte
		if _, err := rand.Read(random[:]); err != nil {
			return "", fmt.Errorf("make the epoch: %w", err)
		}
		epoch = hex.EncodeToString(random[:])
	}
	configuration := raft.EncodeConfiguration(raft.Configuration{Servers: []raft.Server{{ID: raft.ServerID(nodeID), Address: address}}})
	for _, step := range []func() error{
		func() error { return log.Set([]byte(epochName), []byte(epoch)) },
		func() error { return log.Set([]byte(nodeName), []byte(nodeID)) },
		func() error { return log.SetUint64([]byte("CurrentTerm"), 1) },
		func() error {
			return log.StoreLog(&raft.Log{Index: 1, Term: 1, Type: raft.LogConfiguration, Data: configuration})
		},
	} {
		if err := step(); err != nil {
			return "", fmt.Errorf("make a new cluster: %w", err)
		}
	}
	return epoch, nil
}

// stableText reads a stable value, "" if there is none.
func stableText(log *wal.Log, name string) (string, error) {
	value, err := log.Get([]byte(name))
	if errors.Is(err, wal.ErrNotFound) {
		return "", nil
	}
	return string(value), err
}
