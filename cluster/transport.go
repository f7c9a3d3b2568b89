package cluster

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
)

const (
	transportTimeout = 10 * time.Second
	transportPool    = 3 // idle connections kept a peer
)

// transport is the one place where Raft's messages can be seen, held back or refused. It wraps the library's network
// transport; every duty is the override of one method, with a test of its own:
//
//   - SetHeartbeatHandler drops the fast path of heartbeats (R1).
//   - Pipelining is off (R7): MaxRPCsInFlight is 1.
//   - Only loopback is listened on, until peers know each other by mutual TLS (R21): see streams.
//
// The duties of replication (when an acknowledged AppendEntries was sent, none while the disk hangs, no votes under
// quarantine) belong here too, as overrides of AppendEntries and RequestVote.
type transport struct {
	*raft.NetworkTransport
	streams *streams
}

func newTransport(address string, logger hclog.Logger) (*transport, error) {
	if err := checkLoopback(address); err != nil {
		return nil, err
	}
	s, err := listen(address)
	if err != nil {
		return nil, err
	}
	return &transport{streams: s, NetworkTransport: raft.NewNetworkTransportWithConfig(&raft.NetworkTransportConfig{
		Stream:                  s,
		Logger:                  logger,
		MaxPool:                 transportPool,
		MaxRPCsInFlight:         1,
		Timeout:                 transportTimeout,
		MsgpackUseNewTimeFormat: true,
	})}, nil
}

// SetHeartbeatHandler does nothing, so heartbeats pass through Raft's main loop like every other message.
//
// The library calls the handler on the transport's goroutine. There a heartbeat of a newer term changes the term under
// the main loop of the deposed leader, which then still appends the next proposal as its own, under the new leader's
// term: two entries of the same index and term, and replicas that differ for good.
func (t *transport) SetHeartbeatHandler(func(raft.RPC)) {}

// Close ends listening and every connection.
func (t *transport) Close() error {
	t.CloseStreams() // what is pooled
	return errors.Join(t.NetworkTransport.Close(), t.streams.closeAccepted())
}

// streams makes and takes the connections of the transport. It remembers those it took: the library leaves them open
// when it is closed.
type streams struct {
	net.Listener
	mu struct {
		sync.Mutex
		open map[net.Conn]struct{} // nil: closed
	}
}

func listen(address string) (*streams, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("raft address %q: %w", address, err)
	}
	s := &streams{Listener: l}
	s.mu.open = make(map[net.Conn]struct{})
	return s, nil
}

// Dial implements raft.StreamLayer.
func (s *streams) Dial(address raft.ServerAddress, timeout time.Duration) (net.Conn, error) {
	return net.DialTimeout("tcp", string(address), timeout)
}

// Accept implements net.Listener.
func (s *streams) Accept() (net.Conn, error) {
	c, err := s.Listener.Accept()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.open == nil {
		return nil, errors.Join(net.ErrClosed, c.Close())
	}
	s.mu.open[c] = struct{}{}
	return &accepted{Conn: c, streams: s}, nil
}

func (s *streams) closeAccepted() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for c := range s.mu.open {
		if err := c.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	s.mu.open = nil
	return errors.Join(errs...)
}

// accepted is a connection that streams forgets when it is closed.
type accepted struct {
	net.Conn
	streams *streams
}

// Read ends like a connection that the other side closed when ours was: the library reports every other end as an error,
// and a node that stops would look like one in trouble.
func (a *accepted) Read(b []byte) (int, error) {
	n, err := a.Conn.Read(b)
	if errors.Is(err, net.ErrClosed) {
		err = io.EOF
	}
	return n, err
}

func (a *accepted) Close() error {
	a.streams.mu.Lock()
	delete(a.streams.mu.open, a.Conn)
	a.streams.mu.Unlock()
	return a.Conn.Close()
}
