package engine

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
	"unsafe"
)

// payloadsPerBlock is how many payloads a page on disk has: an event is found by its number alone, and a page per
// event would cost more than the payload.
const payloadsPerBlock = 32

// payload is what is kept of an event beside its row.
type payload struct {
	org    string
	future bool
	sealed []byte
}

// payloads finds the payloads of a tenant's events by number: the newest in memory, the others on disk. Apply adds,
// Flush drops what is on disk, any goroutine reads.
type payloads struct {
	tenant *Tenant

	mu struct {
		sync.RWMutex
		begin  uint64 // number of recent[0], a multiple of payloadsPerBlock
		own    uint64 // payloads below are copies, the others views of their commands
		recent []payload
	}
}

func newPayloads(t *Tenant) *payloads { return &payloads{tenant: t} }

func (p *payloads) add(one payload) {
	p.mu.Lock()
	p.mu.recent = append(p.mu.recent, one)
	p.mu.Unlock()
}

// pending returns the payloads that are in memory. Published ones never change.
func (p *payloads) pending() (begin uint64, recent []payload) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.mu.begin, p.mu.recent
}

// drop forgets the full blocks below end, which are on disk. Those of the block that is not full are copied, in a fresh
// array, so that the commands can go that they are views of, and all that came with them in one entry of the log.
func (p *payloads) drop(end uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if end <= p.mu.own {
		return
	}
	begin := max(p.mu.begin, end/payloadsPerBlock*payloadsPerBlock)
	recent := append([]payload(nil), p.mu.recent[begin-p.mu.begin:]...)
	for i := range recent[:end-begin] {
		one := &recent[i]
		one.org, one.sealed = strings.Clone(one.org), bytes.Clone(one.sealed)
	}
	p.mu.recent, p.mu.begin, p.mu.own = recent, begin, end
}

// get returns the payloads of events by number. blocks is the caller's, so that the events of one page of a timeline
// read a block once.
func (p *payloads) get(seq uint64, blocks map[uint64][]payload) (payload, error) {
	begin, recent := p.pending()
	if seq >= begin && seq-begin < uint64(len(recent)) {
		return recent[seq-begin], nil
	}
	number := seq / payloadsPerBlock
	block, ok := blocks[number]
	if !ok {
		data, err := p.tenant.pages.Get(p.tenant.page(pagePayloads, uint32(number)))
		if err != nil {
			return payload{}, fmt.Errorf("reading the payload of event %d: %w", seq, err)
		}
		if block, err = decodePayloads(data); err != nil {
			return payload{}, fmt.Errorf("reading the payload of event %d: %w", seq, err)
		}
		blocks[number] = block
	}
	if at := seq % payloadsPerBlock; at < uint64(len(block)) {
		return block[at], nil
	}
	return payload{}, fmt.Errorf("reading the payload of event %d: its block has %d", seq, len(block))
}

func appendPayloads(b []byte, block []payload) []byte {
	for i := range block {
		p := &block[i]
		if p.future {
			b = append(b, 1)
		} else {
			b = append(b, 0)
		}
		b = append(binary.AppendUvarint(b, uint64(len(p.org))), p.org...)
		b = appendBytes(b, p.sealed)
	}
	return b
}

// decodePayloads is the inverse. The payloads are views of b.
func decodePayloads(b []byte) ([]payload, error) {
	in := input{b: b}
	var block []payload
	for len(in.b) > 0 && len(block) < payloadsPerBlock {
		block = append(block, payload{future: in.byte() != 0, org: view(in.bytes()), sealed: in.bytes()})
	}
	if in.bad || len(in.b) > 0 {
		return nil, fmt.Errorf("corrupt payloads")
	}
	return block, nil
}

// view is a string of bytes that are never written again.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
