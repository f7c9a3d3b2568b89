package server

import (
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// door is the API's listener: it bounds the connections of one client address and what
// all of them read at a time (budget.go), and lets a connection that was
// refused in the middle of a body close gently, so that the client reads the answer instead of a reset.
//
// Loopback is not bounded by address: local programs and a proxy in front share it, and the bound on all connections
// holds for them as well.
type door struct {
	net.Listener
	perAddress int
	bodies     *budget

	mu   sync.Mutex
	open map[netip.Addr]int
}

func newDoor(l net.Listener, perAddress int, bodies *budget) *door {
	return &door{Listener: l, perAddress: perAddress, bodies: bodies, open: make(map[netip.Addr]int)}
}

var tooManyConnections = []byte("HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/problem+json\r\n" +
	"Retry-After: 1\r\nConnection: close\r\nContent-Length: 127\r\n\r\n" +
	`{"type":"about:blank","title":"Too Many Requests","status":429,"code":"too_many_connections","detail":"share the connections"} `)

// Accept returns the next connection that is within the bounds.
func (d *door) Accept() (net.Conn, error) {
	for {
		c, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		address := addressOf(c)
		if address.IsLoopback() || d.enter(address) {
			return &doorConn{Conn: c, door: d, address: address, claim: claim{budget: d.bodies}}, nil
		}
		// The refusal fits into the socket's buffer; whoever does not take it is cut off all the same.
		_ = c.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
		_, _ = c.Write(tooManyConnections)
		_ = c.Close()
	}
}

func (d *door) enter(a netip.Addr) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open[a] >= d.perAddress {
		return false
	}
	d.open[a]++
	return true
}

func (d *door) leave(a netip.Addr) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open[a]--; d.open[a] <= 0 {
		delete(d.open, a)
	}
}

func addressOf(c net.Conn) netip.Addr {
	if t, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		a, _ := netip.AddrFromSlice(t.IP)
		return a.Unmap()
	}
	return netip.IPv6Loopback()
}

// How much, and for how long, a refused client may still send before it is cut off. Many clients write a whole body
// before they read, and never see the answer to one that is cut off earlier.
const (
	lateBytes = 512 << 20
	lateWait  = 3 * time.Second
)

// doorConn is one open connection of a door.
type doorConn struct {
	net.Conn
	door    *door
	address netip.Addr
	claim   claim
	gently  atomic.Bool
	once    sync.Once
	err     error
}

// closeGently makes Close wait a moment for a client that is still sending.
func (c *doorConn) closeGently() { c.gently.Store(true) }

// Close closes the connection once; later calls return the same error.
func (c *doorConn) Close() error {
	c.once.Do(func() {
		c.claim.release(true)
		if tcp, ok := c.Conn.(*net.TCPConn); ok && c.gently.Load() {
			// Closing with unread bytes resets the connection and takes the answer away from the client.
			_ = tcp.CloseWrite()
			_ = tcp.SetReadDeadline(time.Now().Add(lateWait))
			_, _ = io.CopyN(io.Discard, tcp, lateBytes)
		}
		c.err = c.Conn.Close()
		if !c.address.IsLoopback() {
			c.door.leave(c.address)
		}
	})
	return c.err
}
