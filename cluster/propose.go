package cluster

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hashicorp/raft"
)

// maxPending is how many entries may be with Raft at a time.
const maxPending = 256

// proposal is one command on its way. The command is the caller's until it is taken.
type proposal struct {
	command []byte
	done    chan outcome // takes one value
	state   proposalState
}

type proposalState uint8

const (
	queued proposalState = iota
	taken                // its bytes are in an entry
	given                // up, before it was taken
)

type outcome struct {
	index  uint64
	result any
	err    error
}

// group is the proposals of one entry.
type group struct {
	data      []byte // the entry; Raft's from the moment it is handed over, never written again (I14)
	proposals []*proposal
	future    raft.ApplyFuture
}

// proposer is group commit: while an entry is being synced, it gathers the next one. One goroutine (run) makes entries
// and hands them to Raft, a second (answer) waits for them in order and answers the proposals.
type proposer struct {
	apply  func(entry []byte, wait time.Duration) raft.ApplyFuture
	leader func() string
	wait   time.Duration
	limit  int64 // bytes waiting or under way

	wake    chan struct{}
	pending chan *group
	done    chan struct{} // closed when both goroutines have ended

	mu struct {
		sync.Mutex
		queue    []*proposal
		waiting  int      // bytes in the queue
		bytes    int64    // bytes in the queue and under way
		unsynced []*group // handed to Raft, and not known to be durable or refused
		stopped  bool
	}
}

func newProposer(limit int64, wait time.Duration, apply func([]byte, time.Duration) raft.ApplyFuture, leader func() string) *proposer {
	p := &proposer{apply: apply, leader: leader, wait: wait, limit: limit,
		wake: make(chan struct{}, 1), pending: make(chan *group, maxPending), done: make(chan struct{})}
	go p.run()
	go p.answer()
	return p
}

// propose waits until the command is applied, ctx ends, or the node is dead.
func (p *proposer) propose(ctx context.Context, dead <-chan struct{}, command []byte) (index uint64, result any, err error) {
	own := &proposal{command: command, done: make(chan outcome, 1)}
	if err := p.enqueue(own); err != nil {
		return 0, nil, &NotApplied{Cause: err}
	}
	select {
	case o := <-own.done:
		return o.index, o.result, o.err
	case <-ctx.Done():
		err = ctx.Err()
	case <-dead:
		err = ErrStopped
	}
	if p.giveUp(own) {
		return 0, nil, &NotApplied{Cause: err}
	}
	select {
	case o := <-own.done:
		return o.index, o.result, o.err
	default:
		return 0, nil, &Unknown{Cause: err}
	}
}

func (p *proposer) enqueue(own *proposal) error {
	size := commandSize(own.command)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.stopped {
		return ErrStopped
	}
	if p.mu.bytes+int64(size) > p.limit {
		return ErrOverloaded
	}
	p.mu.queue = append(p.mu.queue, own)
	p.mu.waiting += size
	p.mu.bytes += int64(size)
	p.signal()
	return nil
}

// giveUp takes a proposal out of the queue, or says that it is too late.
func (p *proposer) giveUp(own *proposal) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if own.state != queued {
		return false
	}
	p.dropLocked(own)
	return true
}

// dropLocked gives back the room of a queued proposal. It stays in the queue, to be skipped.
func (p *proposer) dropLocked(own *proposal) {
	size := commandSize(own.command)
	own.state, own.command = given, nil
	p.mu.waiting -= size
	p.mu.bytes -= int64(size)
}

func (p *proposer) signal() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// run hands entries to Raft. The hand-over waits while Raft's main loop is appending; one entry is therefore only made
// when nothing of ours is being appended, or when it is full.
func (p *proposer) run() {
	defer close(p.pending)
	for {
		g, stop := p.take()
		if stop {
			return
		}
		if g == nil {
			<-p.wake
			continue
		}
		g.future = p.apply(g.data, p.wait)
		p.pending <- g
	}
}

// take makes the next entry, if there is reason to.
func (p *proposer) take() (g *group, stop bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.waiting == 0 {
		p.mu.queue = nil
		return nil, p.mu.stopped
	}
	if len(p.mu.unsynced) > 0 && p.mu.waiting < maxEntry {
		return nil, false
	}
	g = &group{data: make([]byte, 0, 1+min(p.mu.waiting, maxEntry))}
	n := 0
	for _, own := range p.mu.queue {
		if own.state == queued {
			size := commandSize(own.command)
			if len(g.data)+size > maxEntry {
				break
			}
			g.data = appendCommand(g.data, own.command) // a copy (R20): the caller's bytes end here
			own.state, own.command = taken, nil
			g.proposals = append(g.proposals, own)
			p.mu.waiting -= size
		}
		n++
	}
	p.mu.queue = p.mu.queue[n:]
	p.mu.unsynced = append(p.mu.unsynced, g)
	return g, false
}

// stored is told what the log holds durably, or failed to.
func (p *proposer) stored(entries []*raft.Log) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range entries {
		if e.Type == raft.LogCommand && len(e.Data) > 0 {
			p.syncedLocked(&e.Data[0])
		}
	}
}

// syncedLocked takes the entry with these bytes out of what is waited for. On the node that proposed it, Raft hands the
// very same bytes to the log.
func (p *proposer) syncedLocked(data *byte) {
	for i, g := range p.mu.unsynced {
		if &g.data[0] == data {
			p.mu.unsynced = append(p.mu.unsynced[:i:i], p.mu.unsynced[i+1:]...)
			p.signal()
			return
		}
	}
}

// answer waits for entries and answers their proposals.
func (p *proposer) answer() {
	defer close(p.done)
	for g := range p.pending {
		err := g.future.Error()
		var results []any
		index := uint64(0)
		if err == nil {
			index = g.future.Index()
			switch response := g.future.Response().(type) {
			case []any:
				results = response
			case error:
				err = response
			}
		}
		if err != nil {
			err = p.classify(err)
		}
		p.mu.Lock()
		p.syncedLocked(&g.data[0])
		p.mu.bytes -= int64(len(g.data) - 1)
		p.mu.Unlock()
		for i, own := range g.proposals {
			o := outcome{index: index, err: err}
			if err == nil && i < len(results) {
				o.result = results[i]
			}
			own.done <- o
		}
	}
}

// classify says what an error of Raft means for the commands of an entry (I10, part 2.3). Whatever is not known to be
// harmless is unknown.
func (p *proposer) classify(err error) error {
	var unknown *Unknown
	switch {
	case errors.As(err, &unknown):
		return err
	case errors.Is(err, raft.ErrNotLeader):
		return &NotApplied{Cause: ErrNotLeader, Leader: p.leader()}
	case errors.Is(err, raft.ErrLeadershipTransferInProgress):
		return &NotApplied{Cause: ErrNotReady, Leader: p.leader()}
	case errors.Is(err, raft.ErrEnqueueTimeout):
		return &NotApplied{Cause: ErrOverloaded}
	case errors.Is(err, raft.ErrAbortedByRestore):
		return &NotApplied{Cause: ErrStopped}
	}
	return &Unknown{Cause: err}
}

// stop refuses new proposals, and ends when those under way are answered.
func (p *proposer) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.stopped = true
	p.signal()
}

// refuseQueued answers what is still queued: too late to be taken.
func (p *proposer) refuseQueued() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, own := range p.mu.queue {
		if own.state == queued {
			p.dropLocked(own)
			own.done <- outcome{err: &NotApplied{Cause: ErrStopped}}
		}
	}
	p.signal()
}

// load is how many bytes are waiting or under way.
func (p *proposer) load() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mu.bytes
}
