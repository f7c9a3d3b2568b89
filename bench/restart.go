package bench

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"rollcall/client"
	"rollcall/client/wire"
)

// RestartConfig sizes the measurement of a restart.
type RestartConfig struct {
	Contacts int
	Events   int
}

// RestartReport is what the measurement found.
type RestartReport struct {
	Machine       Machine `json:"machine"`
	Contacts      int     `json:"contacts"`
	Events        int     `json:"events"`
	LoadSeconds   float64 `json:"load_seconds"`
	StopSeconds   float64 `json:"stop_seconds"`
	StartSeconds  float64 `json:"start_seconds"` // from opening the folder to ready
	ResidentBytes int64   `json:"resident_bytes"`
	CountBefore   uint64  `json:"count_before"`
	CountAfter    uint64  `json:"count_after"`
}

// Node is a node that Restart may stop and start again on the same data folder.
type Node interface {
	Start(ctx context.Context) (addr, key string, err error)
	Stop() error
}

// restartQuestion is counted before and after, to see that the same data is back.
const restartQuestion = "count(call.outbound.ended where answered = true) >= 3"

// Restart fills a node, stops it, and measures how long it takes until it answers again.
func Restart(ctx context.Context, c RestartConfig, node Node, progress func(events int)) (*RestartReport, error) {
	report := &RestartReport{Machine: ThisMachine(), Contacts: c.Contacts, Events: c.Events}
	addr, key, err := node.Start(ctx)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	if report.CountBefore, err = fillForRestart(ctx, c, addr, key, progress); err != nil {
		return nil, err
	}
	report.LoadSeconds = time.Since(start).Seconds()
	start = time.Now()
	if err := node.Stop(); err != nil {
		return nil, err
	}
	report.StopSeconds = time.Since(start).Seconds()
	debug.FreeOSMemory() // a process that starts has no garbage of another node
	start = time.Now()
	if addr, key, err = node.Start(ctx); err != nil {
		return nil, err
	}
	report.StartSeconds = time.Since(start).Seconds()
	report.ResidentBytes = residentBytes()
	remote, err := client.New(client.Options{Addr: addr, Key: key})
	if err != nil {
		return nil, err
	}
	defer remote.Close()
	after, err := remote.Count(ctx, client.Where(restartQuestion))
	if err != nil {
		return nil, err
	}
	if report.CountAfter = after.Count; report.CountAfter != report.CountBefore {
		return report, fmt.Errorf("counted %d before the restart and %d after it", report.CountBefore, report.CountAfter)
	}
	return report, node.Stop()
}

func fillForRestart(ctx context.Context, c RestartConfig, addr, key string, progress func(events int)) (uint64, error) {
	remote, err := client.New(client.Options{Addr: addr, Key: key, NoSession: true})
	if err != nil {
		return 0, err
	}
	defer remote.Close()
	const step = 1000
	err = inParallel(ctx, (c.Contacts+step-1)/step, loaders, func(ctx context.Context, i int) error {
		var records []wire.Record
		for n := i * step; n < min((i+1)*step, c.Contacts); n++ {
			records = append(records, wire.Record{
				Source: "CRM", SourceID: fmt.Sprint(n), Identifiers: wire.Identifiers{"mobile": mobile(n), "crm_id": fmt.Sprint(n)},
				Attributes: wire.Object(fmt.Sprintf(`{"city":"城市%d","job_title":"职位%d","intent":"%s","value":%d}`, n%300, n%40, []string{"高", "中", "低"}[n%3], n%10000)),
			})
		}
		_, err := putRecords(ctx, remote, records)
		return err
	})
	if err != nil {
		return 0, err
	}
	now := time.Now()
	err = inParallel(ctx, (c.Events+step-1)/step, loaders, func(ctx context.Context, i int) error {
		var events []wire.Event
		for n := i * step; n < min((i+1)*step, c.Events); n++ {
			events = append(events, ingestEvent(n, c.Contacts, now))
		}
		progress(len(events))
		return putEvents(ctx, remote, events)
	})
	if err != nil {
		return 0, err
	}
	count, err := remote.Count(ctx, client.Where(restartQuestion))
	return count.Count, err
}

// Write prints the report as a table.
func (r *RestartReport) Write(w io.Writer) {
	r.Machine.write(w)
	fmt.Fprintf(w, "%d contacts, %d events\n", r.Contacts, r.Events)
	table(w, [][]string{
		{"step", "seconds"},
		{"load over HTTP", fmt.Sprintf("%.1f", r.LoadSeconds)},
		{"graceful stop", fmt.Sprintf("%.1f", r.StopSeconds)},
		{"start until ready", fmt.Sprintf("%.1f", r.StartSeconds)},
	})
	fmt.Fprintf(w, "resident after the restart %.0f MiB; the count is the same before and after: %d\n", float64(r.ResidentBytes)/(1<<20), r.CountAfter)
}
