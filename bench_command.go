package main

import (
	"context"
	"io"
	"log/slog"
	"math"
	"os"
	"sync"
	"time"

	"rollcall/bench"
	"rollcall/client"
	"rollcall/client/wire"
	"rollcall/server"
)

type benchCommand struct {
	Segment benchSegment `cmd:"" help:"Counts and pages over generated tags, beside Roaring's best order."`
	Lookup  benchLookup  `cmd:"" help:"Identity lookups, beside Go's map."`
	Ingest  benchIngest  `cmd:"" help:"Durable events over HTTP, beside a bare log."`
	Restart benchRestart `cmd:"" help:"How long a node takes to come back."`
}

// report is what every measurement gives.
type report interface{ Write(w io.Writer) }

// output is the flag that all of them share.
type output struct {
	JSON bool `name:"json" help:"Print the report as JSON."`
}

func (o output) print(c *console, r report) error {
	if o.JSON {
		return bench.WriteJSON(c.out, r)
	}
	r.Write(c.out)
	return nil
}

type benchSegment struct {
	output
	Contacts int    `default:"1000000" help:"Contacts."`
	Tags     int    `default:"40" help:"Tags; 16 at least."`
	Seed     uint64 `default:"1" help:"The same seed gives the same tags."`
	Cores    int    `default:"1" help:"Cores to evaluate on."`
	Rounds   int    `default:"200" help:"Measured evaluations of each query."`
}

func (b benchSegment) Run(c *console) error {
	if b.Rounds < 1 || b.Cores < 1 {
		return usagef("--rounds and --cores have to be at least 1")
	}
	if b.Tags < 16 || b.Contacts < 1 || b.Contacts > math.MaxUint32 {
		return usagef("--contacts has to be 1 to %d, --tags at least 16: the queries name as many", uint32(math.MaxUint32))
	}
	r, err := bench.Segment(bench.SegmentConfig{Contacts: b.Contacts, Tags: b.Tags, Seed: b.Seed, Cores: b.Cores, Rounds: b.Rounds})
	if err != nil {
		return err
	}
	return b.print(c, r)
}

type benchLookup struct {
	output
	Contacts int    `default:"1000000" help:"Contacts."`
	Per      int    `default:"3" help:"Identifiers of one contact."`
	Seed     uint64 `default:"1" help:"The same seed gives the same identifiers."`
	Lookups  int    `default:"2000000" help:"Measured lookups."`
}

func (b benchLookup) Run(c *console) error {
	r, err := bench.Lookup(bench.LookupConfig{Contacts: b.Contacts, PerEach: b.Per, Seed: b.Seed, Lookups: b.Lookups})
	if err != nil {
		return err
	}
	return b.print(c, r)
}

type benchIngest struct {
	output
	Addr        string        `placeholder:"ADDR" help:"A running node; without it one is started in a temporary folder."`
	Key         string        `env:"ROLLCALL_KEY" placeholder:"KEY" help:"An API key of that node."`
	Contacts    int           `default:"50000" help:"Contacts that the events are spread over."`
	Events      int           `default:"500000" help:"Events in batches."`
	Batch       int           `default:"500" help:"Events of one request."`
	Connections int           `default:"8" help:"Connections."`
	Each        time.Duration `default:"3s" help:"How long each measurement of single events runs."`
}

func (b benchIngest) Run(c *console) (err error) {
	if b.Contacts < 1 || b.Events < 1 || b.Batch < 1 || b.Connections < 1 {
		return usagef("--contacts, --events, --batch and --connections have to be at least 1")
	}
	dir, err := os.MkdirTemp("", "rollcall-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if b.Addr == "" {
		node := &benchNode{dir: dir, log: c.err}
		if b.Addr, b.Key, err = node.Start(c); err != nil {
			return err
		}
		defer node.Stop()
	}
	r, err := bench.Ingest(c, bench.IngestConfig{
		Addr: b.Addr, Key: b.Key, Contacts: b.Contacts, Events: b.Events, Batch: b.Batch, Connections: b.Connections, Dir: dir, Each: b.Each,
	})
	if err != nil {
		return err
	}
	return b.print(c, r)
}

type benchRestart struct {
	output
	Contacts int `default:"1000000" help:"Contacts."`
	Events   int `default:"10000000" help:"Events."`
}

func (b benchRestart) Run(c *console) error {
	if b.Contacts < 1 || b.Events < 1 {
		return usagef("--contacts and --events have to be at least 1")
	}
	dir, err := os.MkdirTemp("", "rollcall-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	bar := newProgressBar(c.err, int64(b.Events), false)
	var mu sync.Mutex
	written := 0
	r, err := bench.Restart(c, bench.RestartConfig{Contacts: b.Contacts, Events: b.Events}, &benchNode{dir: dir, log: c.err}, func(events int) {
		mu.Lock()
		defer mu.Unlock()
		written += events
		bar.at(int64(written), written)
	})
	bar.done(written)
	if err != nil {
		return err
	}
	return b.print(c, r)
}

// benchNode is a node in a folder of its own, with one tenant.
type benchNode struct {
	dir  string
	log  io.Writer
	node *server.Server
	key  string
}

func (b *benchNode) Start(ctx context.Context) (addr, key string, err error) {
	config := server.DefaultConfig()
	config.Data, config.Listen, config.Admin, config.Raft = b.dir+"/data", "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	config.Logger = slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if b.node, err = server.Start(ctx, config); err != nil {
		return "", "", err
	}
	if b.key != "" {
		return b.node.Addr(), b.key, nil
	}
	root, err := client.New(client.Options{Addr: b.node.Addr(), Key: b.node.RootKey()})
	if err != nil {
		return "", "", err
	}
	defer root.Close()
	if _, err := root.CreateTenant(ctx, wire.CreateTenantRequest{ID: "bench"}); err != nil {
		return "", "", err
	}
	made, err := root.CreateKey(ctx, "bench", "admin")
	b.key = made.Key
	return b.node.Addr(), b.key, err
}

func (b *benchNode) Stop() error {
	node := b.node
	b.node = nil // so that it does not stay in memory beside the one that is started next
	return stop(node)
}
