package cluster

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/hashicorp/go-metrics"

	"rollcall/wal"
)

// MaxCommand is the size limit of one command, in bytes. Raft limits replication by a count of entries only, so the
// size of an entry is limited here (R14).
const MaxCommand = 512 << 10

// Config tells how a node runs. NodeID, Store and Listen are required; other zero fields take their defaults.
type Config struct {
	NodeID string
	Store  *wal.Store // opened by the caller, who closes it after Stop
	Listen string     // Raft's address: loopback, port 0 takes a free one. It must be loopback until mutual TLS (R21)

	Logger  *slog.Logger       // default: silent
	Metrics metrics.MetricSink // takes Raft's metrics, for the whole process; nil: nobody does

	QueueBytes   int64         // commands waiting or under way, in bytes; above it ErrOverloaded. Default 64 MiB
	FlushBytes   int64         // the log grows by this before a flush. Default 64 MiB
	FlushEvery   time.Duration // a flush after this long when anything was applied. Default 30 s
	KeepBytes    int64         // log kept behind a flush, for followers a little behind. Default 8 MiB
	MaxLogBytes  int64         // above it proposals are refused until a flush has caught up. Default KeepBytes + 8 × FlushBytes
	ProposalWait time.Duration // how long a proposal may wait for its turn. Default 5 s

	// Heartbeat is Raft's heartbeat and election timeout, default 1 s. Heartbeats wait for running log writes (R1), so
	// it stays well above the p99.9 of a log sync.
	Heartbeat time.Duration

	// Fatal is told why the node cannot go on: the state machine halted. It must not return.
	// Default: log the cause and exit with code 1.
	Fatal func(cause error)
}

func (c *Config) defaults() {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.QueueBytes == 0 {
		c.QueueBytes = 64 << 20
	}
	if c.FlushBytes == 0 {
		c.FlushBytes = 64 << 20
	}
	if c.FlushEvery == 0 {
		c.FlushEvery = 30 * time.Second
	}
	if c.KeepBytes == 0 {
		c.KeepBytes = 8 << 20
	}
	if c.MaxLogBytes == 0 {
		c.MaxLogBytes = c.KeepBytes + 8*c.FlushBytes
	}
	if c.ProposalWait == 0 {
		c.ProposalWait = 5 * time.Second
	}
	if c.Heartbeat == 0 {
		c.Heartbeat = time.Second
	}
	if c.Fatal == nil {
		logger := c.Logger
		c.Fatal = func(cause error) {
			logger.Error("the node cannot go on, the process ends", "cause", cause)
			os.Exit(1)
		}
	}
}

// validate names every setting that cannot work.
func (c *Config) validate() error {
	var errs []error
	if c.NodeID == "" {
		errs = append(errs, errors.New("node id: is empty, give the node a name that it keeps for ever"))
	}
	if c.Store == nil {
		errs = append(errs, errors.New("store: is missing, open one with wal.Open"))
	}
	if err := checkLoopback(c.Listen); err != nil {
		errs = append(errs, err)
	}
	for _, n := range []struct {
		name  string
		value int64
		least int64
	}{
		{"queue bytes", c.QueueBytes, MaxCommand}, {"flush bytes", c.FlushBytes, 1}, {"flush every", int64(c.FlushEvery), 1},
		{"keep bytes", c.KeepBytes, 1}, {"max log bytes", c.MaxLogBytes, c.KeepBytes + c.FlushBytes}, {"proposal wait", int64(c.ProposalWait), 1},
		{"heartbeat", int64(c.Heartbeat), int64(10 * time.Millisecond)},
	} {
		if n.value < n.least {
			errs = append(errs, fmt.Errorf("%s: %d is too little, at least %d is needed", n.name, n.value, n.least))
		}
	}
	return errors.Join(errs...)
}

// checkLoopback refuses an address that others can reach: whoever reaches Raft's port may vote, append, or replace the
// whole state (R21).
func checkLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("raft address %q: %w", address, err)
	}
	if host == "localhost" {
		return nil
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("raft address %q: only a loopback address such as 127.0.0.1:7702 is allowed until members know each other by mutual TLS", address)
	}
	return nil
}
