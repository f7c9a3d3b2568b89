package engine

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"rollcall/index"
)

// rowsLoader gathers the rows of some blocks, and their keys.
type rowsLoader struct {
	*loader
	rows index.EventsLoader
	keys index.TableLoader
}

// loadEvents reads the blocks of rows on all cores, and makes the events and the table of their keys.
func (l *loader) loadEvents() error {
	last, err := l.pages.Get(l.tenant.page(pageLastEvents))
	if err != nil {
		return err
	}
	number, width := binary.Uvarint(last)
	if width <= 0 || number > 1<<32-1 {
		return fmt.Errorf("the last event rows: %w", errPages)
	}
	log := &l.events.log
	log.begin = uint32(number)

	loaders := make([]*rowsLoader, runtime.GOMAXPROCS(0))
	var next atomic.Uint64
	var failed atomic.Pointer[error]
	var group sync.WaitGroup
	for i := range loaders {
		r := &rowsLoader{loader: l}
		loaders[i] = r
		group.Go(func() {
			for n := next.Add(1) - 1; n < number && failed.Load() == nil; n = next.Add(1) - 1 {
				if err := r.page(uint32(n)); err != nil {
					failed.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	group.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	if rest := last[width:]; len(rest) > 0 {
		if log.rows, log.before, err = loaders[0].block(rest); err != nil {
			return fmt.Errorf("the last event rows: %w", err)
		}
		log.blocks = [][]byte{slices.Clone(rest)}
	}
	rows, keys := make([]*index.EventsLoader, len(loaders)), make([]*index.TableLoader, len(loaders))
	for i, r := range loaders {
		rows[i], keys[i] = &r.rows, &r.keys
	}
	l.events.byKey = index.LoadTable(keys...)
	l.events.now = index.LoadEvents(rows...)
	return l.loadPayloads()
}

// page reads a full block.
func (r *rowsLoader) page(number uint32) error {
	page := r.tenant.page(pageEvents, number)
	data, err := r.pages.Get(page)
	if err == nil {
		_, _, err = r.block(data)
	}
	if err != nil {
		return fmt.Errorf("page %q: %w", page, err)
	}
	return nil
}

// block takes the rows of a block.
func (r *rowsLoader) block(data []byte) (rows int, last index.Event, err error) {
	sound := true
	rows, last, err = decodeRows(data, func(ev *index.Event, key index.Key) {
		if sound = sound && r.sound(ev); !sound {
			return
		}
		r.rows.Append(ev)
		if key != (index.Key{}) {
			r.keys.Put(key, ev.Ord)
		}
	})
	if err == nil && !sound {
		err = errPages
	}
	return rows, last, err
}

// sound reports whether a row names only what there is.
func (l *loader) sound(ev *index.Event) bool {
	for i := range ev.Props {
		if int(ev.Props[i].Name) >= len(l.props.list) {
			return false
		}
	}
	return ev.Ord < l.counters.contacts && ev.Type >= 1 && int(ev.Type) <= len(l.types.list) && ev.Seq < l.events.seq
}

// loadPayloads brings back the payloads of the block that is not full.
func (l *loader) loadPayloads() error {
	data, err := l.pages.Get(l.tenant.page(pageLastPayload))
	if err != nil {
		return err
	}
	list, err := decodePayloads(slices.Clone(data))
	if err != nil {
		return err
	}
	if uint64(len(list)) != l.events.seq%payloadsPerBlock {
		return fmt.Errorf("the last payloads: %w", errPages)
	}
	p := l.tenant.payloads
	p.mu.begin, p.mu.own, p.mu.recent = l.events.seq-uint64(len(list)), l.events.seq, list
	return nil
}
