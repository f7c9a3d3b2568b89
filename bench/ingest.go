package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"rollcall/client"
	"rollcall/client/wire"
)

// IngestConfig sizes the measurement of durable writes over HTTP.
type IngestConfig struct {
	Addr, Key   string
	Contacts    int // contacts that the events are spread over, written first
	Events      int
	Batch       int // events of one request
	Connections int
	Dir         string        // a folder on the node's disk, for the bare log that is the opponent
	Each        time.Duration // how long each measurement of single events runs
}

// IngestReport is what the measurement found, in events (or appends) per second.
type IngestReport struct {
	Machine      Machine `json:"machine"`
	EventBytes   int     `json:"event_bytes"` // of one event as JSON
	Events       int     `json:"events"`
	Batch        int     `json:"batch"`
	Connections  int     `json:"connections"`
	BatchPerSec  float64 `json:"batch_events_per_second"`
	RequestP50   float64 `json:"request_p50_us"`
	RequestP99   float64 `json:"request_p99_us"`
	OnePerSec    float64 `json:"one_committer_per_second"`
	BarePerSec   float64 `json:"bare_append_fsync_per_second"`
	OneRatio     float64 `json:"one_committer_ratio"`
	ManyPerSec   float64 `json:"committers_64_per_second"`
	GroupPerSec  float64 `json:"bare_group_commit_64_per_second"`
	ManyRatio    float64 `json:"committers_64_ratio"`
	ManyToSingle float64 `json:"committers_64_to_bare_append_fsync"`
}

// event is a call of some 300 bytes as JSON, the size that the mission's call records have.
func ingestEvent(i, contacts int, at time.Time) wire.Event {
	return wire.Event{
		EventID: fmt.Sprintf("bench-%d", i), Source: "CALLCENTER", Type: "call.outbound.ended",
		OccurredAt:  at.Add(-time.Duration(i%7_776_000) * time.Second).UTC().Format(time.RFC3339),
		Identifiers: wire.Identifiers{"mobile": mobile(i * 7919 % contacts)},
		Payload: wire.Object(fmt.Sprintf(`{"call_id":"c-%08d","answered":%t,"ring_seconds":%d,"talk_seconds":%d,"agent_id":"a%d","disposition":"connected","campaign_id":"2024-q4"}`,
			i, i%3 != 0, i%30, i%900, 100+i%60)),
	}
}

// Ingest writes events in batches over several connections, then single events from one and from 64 committers, and
// a bare log beside them.
func Ingest(ctx context.Context, c IngestConfig) (*IngestReport, error) {
	remote, err := client.New(client.Options{Addr: c.Addr, Key: c.Key, Connections: 64, NoSession: true})
	if err != nil {
		return nil, err
	}
	defer remote.Close()
	now := time.Now()
	var records []wire.Record
	for i := range c.Contacts {
		records = append(records, wire.Record{Source: "BENCH", SourceID: fmt.Sprint(i), Identifiers: wire.Identifiers{"mobile": mobile(i)}})
		if len(records) == 1000 || i == c.Contacts-1 {
			if _, err := putRecords(ctx, remote, records); err != nil {
				return nil, err
			}
			records = records[:0]
		}
	}
	sample := ingestEvent(1, c.Contacts, now)
	report := &IngestReport{Machine: ThisMachine(), Events: c.Events, Batch: c.Batch, Connections: c.Connections}
	report.EventBytes = len(fmt.Sprintf(`{"event_id":"%s","source":"%s","type":"%s","occurred_at":"%s","identifiers":{"mobile":"%s"},"payload":%s}`,
		sample.EventID, sample.Source, sample.Type, sample.OccurredAt, sample.Identifiers["mobile"], sample.Payload))

	var mu sync.Mutex
	var requests []time.Duration
	start := time.Now()
	err = inParallel(ctx, (c.Events+c.Batch-1)/c.Batch, c.Connections, func(ctx context.Context, step int) error {
		events := make([]wire.Event, 0, c.Batch)
		for i := step * c.Batch; i < min((step+1)*c.Batch, c.Events); i++ {
			events = append(events, ingestEvent(i, c.Contacts, now))
		}
		sent := time.Now()
		err := putEvents(ctx, remote, events)
		mu.Lock()
		requests = append(requests, time.Since(sent))
		mu.Unlock()
		return err
	})
	if err != nil {
		return nil, err
	}
	report.BatchPerSec = float64(c.Events) / time.Since(start).Seconds()
	report.RequestP50, report.RequestP99 = micros(quantile(requests, .5)), micros(quantile(requests, .99))

	var next atomic.Int64
	next.Store(int64(c.Events))
	single := func(int) error {
		return putEvents(ctx, remote, []wire.Event{ingestEvent(int(next.Add(1)), c.Contacts, now)})
	}
	bare, err := openBareLog(filepath.Join(c.Dir, "bare.log"), report.EventBytes)
	if err != nil {
		return nil, err
	}
	defer bare.close()
	for _, m := range []struct {
		workers int
		write   func(int) error
		rate    *float64
	}{
		{1, bare.append, &report.BarePerSec}, {1, single, &report.OnePerSec},
		{64, bare.group, &report.GroupPerSec}, {64, single, &report.ManyPerSec},
	} {
		if *m.rate, err = perSecond(m.workers, c.Each, m.write); err != nil {
			return nil, err
		}
	}
	report.OneRatio = report.OnePerSec / report.BarePerSec
	report.ManyRatio = report.ManyPerSec / report.GroupPerSec
	report.ManyToSingle = report.ManyPerSec / report.BarePerSec
	return report, nil
}

// perSecond lets workers call write over and over for the given time.
func perSecond(workers int, each time.Duration, write func(worker int) error) (float64, error) {
	var group sync.WaitGroup
	var done atomic.Int64
	var failed atomic.Pointer[error]
	start := time.Now()
	for w := range workers {
		group.Go(func() {
			for time.Since(start) < each && failed.Load() == nil {
				if err := write(w); err != nil {
					failed.Store(&err)
					return
				}
				done.Add(1)
			}
		})
	}
	group.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return float64(done.Load()) / time.Since(start).Seconds(), nil
}

// bareLog is the opponent: a file that is appended to and synced, alone or by group commit, and nothing else.
type bareLog struct {
	mu      sync.Mutex
	file    *os.File
	entry   []byte
	waiting chan chan error
}

func openBareLog(path string, entryBytes int) (*bareLog, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	l := &bareLog{file: f, entry: make([]byte, entryBytes), waiting: make(chan chan error, 1024)}
	go l.run()
	return l, nil
}

func (l *bareLog) append(int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.file.Write(l.entry); err != nil {
		return err
	}
	return l.file.Sync()
}

// group appends one entry and waits for the sync that it shares with whoever waits at the same time.
func (l *bareLog) group(int) error {
	done := make(chan error, 1)
	l.waiting <- done
	return <-done
}

func (l *bareLog) run() {
	for first := range l.waiting {
		all := []chan error{first}
		for more := true; more; {
			select {
			case d, ok := <-l.waiting:
				if more = ok; ok {
					all = append(all, d)
				}
			default:
				more = false
			}
		}
		l.mu.Lock()
		var err error
		for range all {
			if _, e := l.file.Write(l.entry); e != nil {
				err = e
			}
		}
		if e := l.file.Sync(); e != nil {
			err = e
		}
		l.mu.Unlock()
		for _, d := range all {
			d <- err
		}
	}
}

func (l *bareLog) close() {
	close(l.waiting)
	l.file.Close()
	os.Remove(l.file.Name())
}

// Write prints the report as a table.
func (r *IngestReport) Write(w io.Writer) {
	r.Machine.write(w)
	fmt.Fprintf(w, "%d events of %d bytes, batches of %d over %d connections: %.0f events/s, request p50 %.0f us, p99 %.0f us\n",
		r.Events, r.EventBytes, r.Batch, r.Connections, r.BatchPerSec, r.RequestP50, r.RequestP99)
	table(w, [][]string{
		{"single durable events over HTTP", "rollcall/s", "bare log/s", "ratio"},
		{"1 committer (bare: append, fsync)", fmt.Sprintf("%.0f", r.OnePerSec), fmt.Sprintf("%.0f", r.BarePerSec), fmt.Sprintf("%.2f", r.OneRatio)},
		{"64 committers (bare: append, fsync)", fmt.Sprintf("%.0f", r.ManyPerSec), fmt.Sprintf("%.0f", r.BarePerSec), fmt.Sprintf("%.2f", r.ManyToSingle)},
		{"64 committers (bare: group commit)", fmt.Sprintf("%.0f", r.ManyPerSec), fmt.Sprintf("%.0f", r.GroupPerSec), fmt.Sprintf("%.2f", r.ManyRatio)},
	})
}
