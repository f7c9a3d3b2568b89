package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"rollcall/bench"
	"rollcall/client"
	"rollcall/client/wire"
	"rollcall/server"
)

const demoTenant = "demo"

type demoCommand struct {
	addresses
	Contacts int    `default:"100000" help:"How many contacts to generate."`
	Seed     uint64 `default:"1" help:"The same seed gives the same people; their history ends now."`
	Data     string `env:"ROLLCALL_DATA" placeholder:"DIR" help:"Keep the data in this folder (a temporary one that is removed at the end)."`
	Exit     bool   `help:"End after loading and printing."`
}

func (d demoCommand) Run(c *console) (err error) {
	if d.Contacts < 0 || d.Contacts > 5_000_000 {
		return usagef("--contacts %d: 0 to 5000000", d.Contacts)
	}
	config := server.DefaultConfig()
	d.apply(&config)
	config.RootKey = strings.TrimSpace(os.Getenv("ROLLCALL_ROOT_KEY"))
	config.Logger = slog.New(slog.NewTextHandler(c.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if config.Data = d.Data; d.Data == "" {
		if config.Data, err = os.MkdirTemp("", "rollcall-demo-"); err != nil {
			return err
		}
		defer os.RemoveAll(config.Data)
	}
	node, err := server.Start(c, config)
	if err != nil {
		return fmt.Errorf("starting the node: %w", err)
	}
	defer func() { err = errors.Join(err, stop(node)) }()
	key, err := d.load(c, node)
	if err != nil {
		if c.Err() != nil {
			return nil
		}
		return err
	}
	rootKey := "root key in " + filepath.Join(config.Data, "root.key")
	if config.RootKey != "" {
		rootKey = "root key as in ROLLCALL_ROOT_KEY"
	}
	fmt.Fprintf(c.out, `
试一试 / try next (in another terminal):

  export ROLLCALL_KEY=%s ROLLCALL_ADDR=http://%s
  ./rollcall query "高接通率 and 高意向 and CXO级别" --now %s
  ./rollcall query "intent = '高' and did(call.outbound.ended, 30d) and not did(call.* where answered = true, 7d) and 已添加企微"
  ./rollcall query "account.金融行业 and account.高价值客户 and rate(call.outbound.ended where answered = true, last 30) > 0.7"

API http://%s   described at http://%s/openapi.json
health, metrics http://%s   %s
`, key, node.Addr(), quickStartNow, node.Addr(), node.Addr(), node.AdminAddr(), rootKey)
	if d.Exit {
		return nil
	}
	fmt.Fprintln(c.out, "\nrunning; Ctrl-C ends it")
	<-c.Done()
	return nil
}

// demoSegment is saved last: a folder that has it holds the whole demo.
const demoSegment = "quick-start"

// load makes the tenant and its key, fills it unless an earlier run did, and prints what is there.
func (d demoCommand) load(c *console, node *server.Server) (key string, err error) {
	root, err := client.New(client.Options{Addr: node.Addr(), Key: node.RootKey()})
	if err != nil {
		return "", err
	}
	defer root.Close()
	remote, key, err := openDemo(c, root, node.Addr())
	if err != nil {
		return "", err
	}
	defer func() { remote.Close() }()
	if _, err := remote.Segment(c, demoSegment); hasCode(err, "unknown_segment") {
		// An earlier run that was cut off leaves a part: it is easier to begin again than to find out what is missing.
		if _, err := root.DeleteTenant(c, demoTenant); err != nil {
			return "", err
		}
		remote.Close()
		if remote, key, err = openDemo(c, root, node.Addr()); err != nil {
			return "", err
		}
		if err := d.fill(c, remote); err != nil {
			return "", err
		}
	} else if err != nil {
		return "", err
	}
	if err := printQuickStart(c, remote, c.out); err != nil {
		return "", err
	}
	return key, printCounts(c, remote)
}

// openDemo makes the tenant if it is not there, and a key of it.
func openDemo(c *console, root *client.Client, addr string) (*client.Client, string, error) {
	_, err := root.CreateTenant(c, wire.CreateTenantRequest{ID: demoTenant, Name: "演示", Timezone: "Asia/Shanghai"})
	if err != nil && !hasCode(err, "tenant_exists") {
		return nil, "", err
	}
	made, err := root.CreateKey(c, demoTenant, "admin")
	if err != nil {
		return nil, "", err
	}
	remote, err := client.New(client.Options{Addr: addr, Key: made.Key})
	return remote, made.Key, err
}

// fill loads the scenario and the generated call centre, and saves the Quick Start's question as a segment.
func (d demoCommand) fill(c *console, remote *client.Client) error {
	if err := loadQuickStart(c, remote); err != nil {
		return fmt.Errorf("the Quick Start scenario: %w", err)
	}
	if d.Contacts > 0 {
		if err := d.generate(c, remote); err != nil {
			return fmt.Errorf("the generated call centre: %w", err)
		}
	}
	_, err := remote.PutSegment(c, demoSegment, wire.PutSegmentRequest{Name: "Quick Start", Where: "高接通率 and 高意向 and CXO级别"})
	return err
}

// hasCode tells whether the node answered with this code.
func hasCode(err error, code string) bool {
	var problem *client.Error
	return errors.As(err, &problem) && problem.Code == code
}

// printCounts answers a few questions with their microseconds.
func printCounts(c *console, remote *client.Client) error {
	fmt.Fprintln(c.out)
	for _, q := range []struct{ where, now string }{
		{"高接通率 and 高意向 and CXO级别", quickStartNow},
		{"理财意向 and 老客户 and not 投诉过", ""},
		{"intent = '高' and 已实名 and city in ('上海', '北京')", ""},
		{"近7天活跃 and 高意向客户", ""},
	} {
		query := wire.Query{Where: wire.Expression(q.where), Now: q.now}
		answer, err := remote.Count(c, query)
		if hasCode(err, "unknown_name") {
			continue // a demo without generated contacts lacks their tags
		}
		if err != nil {
			return err
		}
		if answer, err = remote.Count(c, query); err != nil { // the first count also plans
			return err
		}
		fmt.Fprintf(c.out, "%8d 人  %6d µs  %s\n", answer.Count, answer.TookUs, q.where)
	}
	return nil
}

// generate writes the generated call centre over four connections and shows how far it is.
func (d demoCommand) generate(c *console, remote *client.Client) error {
	population := bench.Population{Seed: d.Seed, Contacts: d.Contacts, Now: time.Now()}
	bar := newProgressBar(c.err, int64(d.Contacts), false)
	start := time.Now()
	var mu sync.Mutex
	var contacts, events int
	err := population.Load(c, remote, func(n, e int) {
		mu.Lock()
		defer mu.Unlock()
		contacts, events = contacts+n, events+e
		bar.at(int64(contacts), contacts)
	})
	bar.done(contacts)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.err, "%d contacts and %d events in %.1f s\n\n", contacts, events, time.Since(start).Seconds())
	return nil
}
