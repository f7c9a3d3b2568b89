package engine

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"rollcall/index"
)

// given is an event's key and who has the event.
type given struct {
	key index.Key
	ord uint32
}

// loadEvents reads rows and appends them, while another goroutine enters their keys.
func (l *loader) loadEvents() error {
	l.events.byKey = index.NewTable(int(l.events.seq))
	batches := make(chan []given, 4)
	var wait sync.WaitGroup
	wait.Add(1)
	go func() {
		defer wait.Done()
		for batch := range batches {
			for i := range batch {
				l.events.byKey.Put(batch[i].key, batch[i].ord)
			}
		}
	}()
	err := l.loadRows(batches)
	close(batches)
	wait.Wait()
	return err
}

func (l *loader) loadRows(batches chan<- []given) error {
	edit := new(index.Events).Edit()
	log := &l.events.log
	block := func(data []byte) (rows int, last index.Event, err error) {
		batch := make([]given, 0, rowsPerBlock)
		sound := true
		rows, last, err = decodeRows(data, func(ev *index.Event, key index.Key) {
			if sound = sound && l.sound(ev); !sound {
				return
			}
			edit.Append(*ev)
			if key != (index.Key{}) {
				batch = append(batch, given{key, ev.Ord})
			}
		})
		batches <- batch
		if err == nil && !sound {
			err = errPages
		}
		return rows, last, err
	}
	err := l.scan(pageEvents, 1, func(numbers []uint32, data []byte) error {
		if numbers[0] != log.begin {
			return errPages
		}
		log.begin++
		_, _, err := block(data)
		return err
	})
	if err != nil {
		return err
	}
	last, err := l.pages.Get(l.tenant.page(pageLastEvents))
	if err != nil {
		return err
	}
	number, width := binary.Uvarint(last)
	if width <= 0 || number != uint64(log.begin) {
		return fmt.Errorf("the last event rows: %w", errPages)
	}
	if rest := last[width:]; len(rest) > 0 {
		if log.rows, log.before, err = block(rest); err != nil {
			return err
		}
		log.blocks = [][]byte{slices.Clone(rest)}
	}
	l.events.now = edit.Publish()
	return l.loadPayloads()
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
	p.mu.begin, p.mu.recent = l.events.seq-uint64(len(list)), list
	return nil
}
