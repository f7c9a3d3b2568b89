package server

import (
	"sync"
	"sync/atomic"

	"rollcall/server/api"
)

// budget bounds the bytes of all request bodies that are in memory at a time: each connection by itself may bring no
// more than one body, but many together could bring more than the machine has.
//
// A connection counts what it reads for a request, from the moment that room is made for it until the answer begins.
// The first bytes, as many as its read buffer holds anyway, are free: headers, and calls without large bodies, pass
// however full the budget is.
type budget struct {
	limit int64
	free  int // bytes of one request that are not counted
	used  atomic.Int64
}

// claim is what one connection has of a budget.
type claim struct {
	budget   *budget
	received int // of the request under way; only the goroutine that reads has it

	mu    sync.Mutex // Close may come from another goroutine
	held  int64
	ended bool
}

// grow makes the claim at least n bytes, for a request of n bytes and the free ones, or gives api.ErrBodyBudget.
func (c *claim) grow(n int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	more := int64(n-c.budget.free) - c.held
	if more <= 0 || c.ended {
		return nil
	}
	if c.budget.used.Add(more) > c.budget.limit {
		c.budget.used.Add(-more)
		return api.ErrBodyBudget
	}
	c.held += more
	return nil
}

// release gives everything back; end keeps the claim empty for good.
func (c *claim) release(end bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.budget.used.Add(-c.held)
	c.held, c.ended = 0, c.ended || end
}

// Read reads from the connection, within the budget.
func (c *doorConn) Read(p []byte) (int, error) {
	if len(p) > c.claim.budget.free { // room for the rest of a body: it is taken before the bytes come
		if err := c.claim.grow(c.claim.received + len(p)); err != nil {
			return 0, err
		}
	}
	n, err := c.Conn.Read(p)
	c.claim.received += n
	if over := c.claim.grow(c.claim.received); over != nil {
		return 0, over
	}
	return n, err
}

// Write writes to the connection. An answer begins when its request is done with.
func (c *doorConn) Write(p []byte) (int, error) {
	c.claim.received = 0
	c.claim.release(false)
	return c.Conn.Write(p)
}
