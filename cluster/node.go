package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-metrics"
	"github.com/hashicorp/raft"

	"rollcall/wal"
)

// Node is one member of a cluster, running. Its methods may be called by any goroutine.
type Node struct {
	config    Config
	logger    *slog.Logger
	store     *wal.Store
	machine   StateMachine
	epoch     string
	fsm       *fsm
	transport *transport
	raft      *raft.Raft
	proposer  *proposer

	leads   chan bool // Raft tells of elections
	flushes chan flushRequest
	grown   chan struct{} // the log has grown by FlushBytes

	barrier   atomic.Uint64         // the term whose barrier is done
	unflushed atomic.Int64          // bytes appended since the last flush began
	failed    atomic.Pointer[error] // why the state machine halted

	stop     sync.Once
	stopping chan struct{} // closed when Raft is being shut down
	running  sync.WaitGroup
}

// Start starts a node on an opened folder. A new folder becomes a cluster of one node. It returns when Raft runs;
// Ready tells when the node may serve.
//
// machine has loaded what the pages hold: its Applied is compared with their commit record, never assumed (R11).
func Start(c Config, machine StateMachine) (*Node, error) {
	c.defaults()
	if err := c.validate(); err != nil {
		return nil, err
	}
	if c.Metrics != nil {
		settings := metrics.DefaultConfig("rollcall")
		settings.EnableHostname, settings.EnableRuntimeMetrics = false, false
		if _, err := metrics.NewGlobal(settings, c.Metrics); err != nil {
			return nil, fmt.Errorf("raft's metrics: %w", err)
		}
	}
	record, _ := c.Store.Pages.Committed()
	if applied := machine.Applied(); applied != record.Index {
		return nil, fmt.Errorf("the state machine loaded entry %d, the pages hold entry %d", applied, record.Index)
	}
	logger := c.Logger.With("node", c.NodeID)
	transport, err := newTransport(c.Listen, newRaftLogger(logger))
	if err != nil {
		return nil, err
	}
	n := &Node{
		config: c, logger: logger, store: c.Store, machine: machine, transport: transport,
		leads: make(chan bool, 64), flushes: make(chan flushRequest), grown: make(chan struct{}, 1), stopping: make(chan struct{}),
	}
	if err := n.start(); err != nil {
		return nil, errors.Join(err, transport.Close())
	}
	return n, nil
}

func (n *Node) start() (err error) {
	log := &logStore{Log: n.store.Log, pages: n.store.Pages, stored: func([]*raft.Log) {}}
	if n.epoch, err = identify(log, n.config.NodeID, n.transport.LocalAddr()); err != nil {
		return err
	}
	snapshots := &snapshots{log: n.store.Log, pages: n.store.Pages}
	meta, err := snapshots.meta()
	if err != nil {
		return err
	}
	n.fsm = &fsm{machine: n.machine, halt: n.halt}
	if meta != nil {
		n.fsm.mu.index, n.fsm.mu.term = meta.Index, meta.Term
		n.fsm.mu.configuration, n.fsm.mu.configurationIndex = raft.EncodeConfiguration(meta.Configuration), meta.ConfigurationIndex
	}
	flushed := n.fsm.mu.index
	n.unflushed.Store(n.store.Log.BytesAfter(flushed))

	// Raft calls these from its first moment on.
	n.proposer = newProposer(n.config.QueueBytes, n.config.ProposalWait,
		func(entry []byte, wait time.Duration) raft.ApplyFuture { return n.raft.Apply(entry, wait) }, n.leaderAddress)
	log.stored = func(entries []*raft.Log) {
		n.proposer.stored(entries)
		n.noteAppended(entries)
	}
	if n.raft, err = raft.NewRaft(n.raftConfig(), n.fsm, log, log, snapshots, n.transport); err != nil {
		n.proposer.stop()
		return fmt.Errorf("start raft: %w", err)
	}
	n.running.Add(2)
	go n.watchLeadership()
	go n.flusher()
	n.hurry()
	n.logger.Info("the node is started", "address", string(n.transport.LocalAddr()), "epoch", n.epoch,
		"flushed_index", flushed, "log_bytes", n.store.Log.Bytes())
	return nil
}

func (n *Node) raftConfig() *raft.Config {
	c := raft.DefaultConfig()
	c.LocalID = raft.ServerID(n.config.NodeID)
	c.HeartbeatTimeout, c.ElectionTimeout, c.LeaderLeaseTimeout = n.config.Heartbeat, n.config.Heartbeat, n.config.Heartbeat/2
	c.ShutdownOnRemove = false
	c.NotifyCh = n.leads
	c.Logger = newRaftLogger(n.logger)
	c.NoLegacyTelemetry = true
	c.NoSnapshotRestoreOnStart = true // the state machine loads the pages itself; Start has compared them (R11)

	// The flusher alone says when: Raft counts entries, and we bound bytes (R14).
	c.SnapshotInterval, c.SnapshotThreshold = 24*time.Hour, math.MaxInt64
	return c
}

// hurry makes a node that is the only voter stand for election at once: waiting for another leader's heartbeat, as Raft
// does for one to two timeouts, has no purpose.
func (n *Node) hurry() {
	servers := n.raft.GetConfiguration().Configuration().Servers
	if len(servers) != 1 || servers[0].ID != raft.ServerID(n.config.NodeID) {
		return
	}
	address := n.transport.LocalAddr()
	request := &raft.TimeoutNowRequest{RPCHeader: raft.RPCHeader{
		ProtocolVersion: raft.ProtocolVersionMax, ID: []byte(n.config.NodeID), Addr: n.transport.EncodePeer(servers[0].ID, address),
	}}
	if err := n.transport.TimeoutNow(servers[0].ID, address, request, new(raft.TimeoutNowResponse)); err != nil {
		n.logger.Warn("the election could not be called early", "error", err)
	}
}

// halt ends the node's work: the state machine cannot apply an entry and must not skip it (I13).
func (n *Node) halt(cause error) {
	n.failed.CompareAndSwap(nil, &cause)
	n.logger.Error("the state machine halted, nothing is applied any more", "error", cause)
	n.config.Fatal(cause)
}

// Propose replicates a command and returns when the state machine has applied and published it: the index of its entry
// and the state machine's result. The command's bytes are copied before Propose returns.
//
// Every error is of one of two classes. ErrNotApplied (as *NotApplied): the command has no effect; its cause is one of
// ErrTooLarge, ErrOverloaded, ErrDiskLow, ErrNotReady, ErrNotLeader, ErrStopped, ErrQuarantined or ctx's error.
// ErrUnknown (as *Unknown): it may have one.
func (n *Node) Propose(ctx context.Context, command []byte) (index uint64, result any, err error) {
	if err := n.admit(ctx, len(command)); err != nil {
		return 0, nil, &NotApplied{Cause: err, Leader: n.otherLeader()}
	}
	return n.proposer.propose(ctx, n.stopping, command)
}

func (n *Node) admit(ctx context.Context, size int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if size > MaxCommand {
		return ErrTooLarge
	}
	if err := n.Ready(); err != nil {
		return err
	}
	if err := n.store.Space.Check(int64(size)); err != nil {
		return err
	}
	if have := n.store.Log.Bytes(); have > n.config.MaxLogBytes {
		return fmt.Errorf("%w: the log has %d MiB and waits for a flush", ErrOverloaded, have>>20)
	}
	return nil
}

func (n *Node) leaderAddress() string {
	address, _ := n.raft.LeaderWithID()
	return string(address)
}

// otherLeader is the address of the leader, "" if it is unknown or this node.
func (n *Node) otherLeader() string {
	if address := n.leaderAddress(); address != string(n.transport.LocalAddr()) {
		return address
	}
	return ""
}

// Epoch names this history of the cluster, 32 hexadecimal digits. A restore begins a new one, and indexes of another
// epoch mean nothing.
func (n *Node) Epoch() string { return n.epoch }

// stopGrace is how long Stop goes on when ctx has ended: what is under way normally takes one disk sync.
const stopGrace = time.Second

// Stop ends the node: new proposals are refused, those under way are answered, Raft is shut down. When ctx ends first,
// what is queued is refused and the rest is answered as unknown. Nothing is flushed: call Flush before, for a quick
// next start. The store stays open.
func (n *Node) Stop(ctx context.Context) error {
	var err error
	n.stop.Do(func() {
		n.proposer.stop()
		select {
		case <-n.proposer.done:
		case <-ctx.Done():
			n.proposer.refuseQueued()
		}
		close(n.stopping)
		ended := make(chan error, 1)
		go func() {
			// Raft forgets to answer what it has not applied when it is shut down.
			<-n.proposer.done
			err := n.raft.Shutdown().Error()
			n.running.Wait()
			ended <- errors.Join(err, n.transport.Close())
		}()
		select {
		case err = <-ended:
			return
		case <-ctx.Done():
		}
		select {
		case err = <-ended:
		case <-time.After(stopGrace):
			err = fmt.Errorf("stop: %w", ctx.Err())
		}
	})
	return err
}
