package cluster

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/hashicorp/raft"
)

// peer is another member's transport, for messages of a test's own.
func peer(t testing.TB) *transport {
	t.Helper()
	p, err := newTransport("127.0.0.1:0", newRaftLogger(quiet))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func heartbeat(p *transport, term uint64) *raft.AppendEntriesRequest {
	return &raft.AppendEntriesRequest{
		RPCHeader: raft.RPCHeader{ProtocolVersion: raft.ProtocolVersionMax, ID: []byte("ghost"), Addr: p.EncodePeer("ghost", p.LocalAddr())},
		Term:      term,
	}
}

// TestHeartbeatsHaveNoFastPath: a heartbeat comes through the channel that Raft's main loop reads, not to a handler on
// the transport's goroutine (R1).
func TestHeartbeatsHaveNoFastPath(t *testing.T) {
	receiver, sender := peer(t), peer(t)
	receiver.SetHeartbeatHandler(func(rpc raft.RPC) { rpc.Respond(nil, errors.New("the fast path was taken")) })
	answered := make(chan error, 1)
	go func() {
		answered <- sender.AppendEntries("r", receiver.LocalAddr(), heartbeat(sender, 7), new(raft.AppendEntriesResponse))
	}()
	select {
	case rpc := <-receiver.Consumer():
		rpc.Respond(&raft.AppendEntriesResponse{Term: 7, Success: true}, nil)
		if err := <-answered; err != nil {
			t.Error(err)
		}
	case err := <-answered:
		t.Fatalf("the heartbeat did not come to the main loop: %v", err)
	}
}

// TestHeartbeatMeetsProposal is R1 itself: a heartbeat of a newer term is answered, and then comes a proposal that the
// deposed leader's main loop was waiting for. It must append nothing under the new leader's term.
func TestHeartbeatMeetsProposal(t *testing.T) {
	m := start(t, vfs.NewMem(), nil)
	defer m.end(t)
	ghost := peer(t)
	for range 10 {
		term := m.raft.CurrentTerm() + 10
		if err := ghost.AppendEntries("n1", m.transport.LocalAddr(), heartbeat(ghost, term), new(raft.AppendEntriesResponse)); err != nil {
			t.Fatal(err)
		}
		// Raft's own Apply, without our checks before it.
		err := m.raft.Apply(appendCommand(nil, []byte("c")), time.Second).Error()
		if !errors.Is(err, raft.ErrNotLeader) {
			t.Errorf("the deposed leader took a proposal, error %v", err)
		}
		last, err := m.store.Log.LastIndex()
		if err != nil {
			t.Fatal(err)
		}
		for i := uint64(1); i <= last; i++ {
			var e raft.Log
			if err := m.store.Log.GetLog(i, &e); err != nil {
				t.Fatal(err)
			}
			if e.Term == term {
				t.Fatalf("entry %d of type %v was appended under the term of the new leader", i, e.Type)
			}
		}
		m.hurry()
		m.awaitReady(t)
	}
}

// TestCloseEndsConnections: what the library accepted would stay open.
func TestCloseEndsConnections(t *testing.T) {
	p, err := newTransport("127.0.0.1:0", newRaftLogger(quiet))
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", string(p.LocalAddr()))
	if err != nil {
		t.Fatal(err)
	}
	await(t, "the connection is accepted", func() bool {
		p.streams.mu.Lock()
		defer p.streams.mu.Unlock()
		return len(p.streams.mu.open) == 1
	})
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(make([]byte, 1)); err == nil {
		t.Errorf("read %d bytes from a closed transport", n)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// TestClosedConnectionsEndQuietly: a connection that the transport closed when it stopped reads as ended, which the
// library does not log as an error.
func TestClosedConnectionsEndQuietly(t *testing.T) {
	s, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	other, err := s.Dial(raft.ServerAddress(s.Addr().String()), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	taken, err := s.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.closeAccepted(); err != nil {
		t.Fatal(err)
	}
	if _, err := taken.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("a connection that was closed reads %v", err)
	}
}
