package bench

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"rollcall/client"
	"rollcall/client/wire"
)

// loaders is the number of connections that write at the same time, batch the number of contacts of one step.
const (
	loaders = 4
	batch   = 1000
)

// Load writes the whole population through the API: accounts, then contacts, their events and manual tags. progress is
// told, from several goroutines, how many contacts and events each step added.
func (p Population) Load(ctx context.Context, c *client.Client, progress func(contacts, events int)) error {
	for _, tag := range manualTags {
		if _, err := c.PutTag(ctx, tag.text, wire.PutTagRequest{Kind: "manual"}); err != nil {
			return fmt.Errorf("tag %s: %w", tag.text, err)
		}
	}
	var accounts []wire.Record
	for i := range p.Companies() {
		accounts = append(accounts, p.Account(i))
	}
	for part := range slices.Chunk(accounts, batch) {
		if _, err := putRecords(ctx, c, part); err != nil {
			return err
		}
	}
	return inParallel(ctx, (p.Contacts+batch-1)/batch, loaders, func(ctx context.Context, step int) error {
		first := step * batch
		n, err := p.loadStep(ctx, c, first, min(first+batch, p.Contacts))
		if err != nil {
			return err
		}
		progress(min(first+batch, p.Contacts)-first, n)
		return nil
	})
}

// loadStep writes contacts first … end-1 and returns the number of their events.
func (p Population) loadStep(ctx context.Context, c *client.Client, first, end int) (int, error) {
	var records []wire.Record
	var events []wire.Event
	tags := map[string][]int{} // tag → positions of the first records of its carriers
	for i := first; i < end; i++ {
		contact := p.Contact(i)
		for _, tag := range contact.Tags {
			tags[tag] = append(tags[tag], len(records))
		}
		records = append(records, contact.Records...)
		events = append(events, contact.Events...)
	}
	results, err := putRecords(ctx, c, records)
	if err != nil {
		return 0, err
	}
	for part := range slices.Chunk(events, 2000) {
		if err := putEvents(ctx, c, part); err != nil {
			return 0, err
		}
	}
	for _, tag := range slices.Sorted(maps.Keys(tags)) {
		var members wire.TagMembersRequest
		for _, at := range tags[tag] {
			members.Add = append(members.Add, results[at].OneID)
		}
		if _, err := c.ChangeTagMembers(ctx, tag, members); err != nil {
			return 0, fmt.Errorf("members of %s: %w", tag, err)
		}
	}
	return len(events), nil
}

func putRecords(ctx context.Context, c *client.Client, records []wire.Record) ([]wire.RecordResult, error) {
	answer, err := c.PutRecords(ctx, records)
	if err != nil {
		return nil, err
	}
	for i, r := range answer.Results {
		if r.Status != wire.StatusOK {
			return nil, fmt.Errorf("record %s %s was %s: %s %s", records[i].Source, records[i].SourceID, r.Status, r.Code, r.Detail)
		}
	}
	return answer.Results, nil
}

func putEvents(ctx context.Context, c *client.Client, events []wire.Event) error {
	answer, err := c.PutEvents(ctx, events)
	if err != nil {
		return err
	}
	for i, r := range answer.Results {
		if r.Status == wire.StatusRejected {
			return fmt.Errorf("event %s %s was rejected: %s %s", events[i].Source, events[i].EventID, r.Code, r.Detail)
		}
	}
	return nil
}

// inParallel runs f for 0 … n-1 on some workers, and returns the first error; the others stop at their next step.
func inParallel(ctx context.Context, n, workers int, f func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	steps := make(chan int)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for i := range steps {
				if err := f(ctx, i); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	for i := 0; i < n && ctx.Err() == nil; i++ {
		select {
		case steps <- i:
		case <-ctx.Done():
		}
	}
	close(steps)
	group.Wait()
	return context.Cause(ctx)
}
