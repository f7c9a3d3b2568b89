package server_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rollcall/client"
	"rollcall/client/wire"
	"rollcall/server"
)

const (
	killFolder = "ROLLCALL_TEST_KILL_FOLDER" // set in the child: the data folder to serve
	killRoot   = "the root key of the killed node"
)

// TestKillChild is the process that TestKillLosesNothing kills; by itself it does nothing.
func TestKillChild(t *testing.T) {
	dir := os.Getenv(killFolder)
	if dir == "" {
		t.Skip("it is run by TestKillLosesNothing")
	}
	s, err := server.Start(context.Background(), killConfig(dir))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("serving %s\n", s.Addr())
	select {}
}

func killConfig(dir string) server.Config {
	c := config(dir)
	c.RootKey = killRoot
	c.Flush.Bytes = 64 << 10 // flushes run all the time, so that some are cut in the middle
	return c
}

// child starts a node in a process of its own.
func child(t *testing.T, dir string) (addr string, kill func()) {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^TestKillChild$", "-test.v")
	c.Env = append(os.Environ(), killFolder+"="+dir)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		_ = c.Process.Kill() // SIGKILL: nothing of the node gets to run
		_ = c.Wait()
	}
	t.Cleanup(kill)
	lines := bufio.NewScanner(out)
	var said []string
	for lines.Scan() {
		said = append(said, lines.Text())
		if addr, ok := strings.CutPrefix(lines.Text(), "serving "); ok {
			return addr, kill
		}
	}
	t.Fatalf("the child did not start to serve: %s", strings.Join(said, "\n"))
	return "", nil
}

// TestKillLosesNothing kills a node in the middle of writing, again and again: every acknowledged event is there after
// the restart, and sending all of them once more doubles none (I1, I11).
func TestKillLosesNothing(t *testing.T) {
	dir := t.TempDir()
	var sent, acknowledged []string
	key := ""
	for cycle := range 3 {
		addr, kill := child(t, dir)
		if key == "" {
			key = openTenant(t, addr)
		}
		var mu sync.Mutex
		var acks atomic.Int64
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				c, err := client.New(client.Options{Addr: addr, Key: key, Attempts: 1})
				if err != nil {
					return
				}
				for i := 0; ; i++ {
					id := fmt.Sprint(cycle, "-", w, "-", i)
					mu.Lock()
					sent = append(sent, id)
					mu.Unlock()
					out, err := c.PutEvents(context.Background(), []wire.Event{killEvent(id)})
					if err != nil {
						return
					}
					if out.Results[0].Status == wire.StatusAccepted {
						mu.Lock()
						acknowledged = append(acknowledged, id)
						mu.Unlock()
						acks.Add(1)
					}
				}
			})
		}
		for deadline := time.Now().Add(10 * time.Second); acks.Load() < int64(100*(cycle+1)) && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
		}
		kill()
		wg.Wait()
	}
	if len(acknowledged) < 300 {
		t.Fatalf("only %d events were acknowledged", len(acknowledged))
	}

	s := start(t, killConfig(dir))
	c := dial(t, s, key)
	there := func(ids []string) (duplicates int) {
		t.Helper()
		for len(ids) > 0 {
			n := min(len(ids), 1000)
			var events []wire.Event
			for _, id := range ids[:n] {
				events = append(events, killEvent(id))
			}
			out, err := c.PutEvents(t.Context(), events)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range out.Results {
				if r.Status == wire.StatusDuplicate {
					duplicates++
				}
			}
			ids = ids[n:]
		}
		return duplicates
	}
	if n := there(acknowledged); n != len(acknowledged) {
		t.Errorf("%d of %d acknowledged events are there after the kills", n, len(acknowledged))
	}
	there(sent)
	timeline := 0
	seen := map[string]bool{}
	for e, err := range c.Timeline(t.Context(), "KILLED") {
		if err != nil {
			t.Fatal(err)
		}
		timeline++
		seen[e.EventID] = true
	}
	if timeline != len(sent) || len(seen) != len(sent) {
		t.Errorf("the timeline has %d events, %d different ones; %d were sent", timeline, len(seen), len(sent))
	}
}

func killEvent(id string) wire.Event {
	return wire.Event{EventID: id, Source: "WEB", Type: "page.view", OccurredAt: "2024-10-29T10:00:00+08:00", Identifiers: wire.Identifiers{"cdp_id": "KILLED"}}
}

func openTenant(t *testing.T, addr string) string {
	t.Helper()
	root, err := client.New(client.Options{Addr: addr, Key: killRoot})
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if _, err := root.CreateTenant(t.Context(), wire.CreateTenantRequest{ID: "t001"}); err != nil {
		t.Fatal(err)
	}
	key, err := root.CreateKey(t.Context(), "t001", "admin")
	if err != nil {
		t.Fatal(err)
	}
	return key.Key
}

// TestWrongRootKeyIsRefusedAfterKill: tenants that stand in the log alone, because the node died before its first flush,
// are checked against the root key as well.
func TestWrongRootKeyIsRefusedAfterKill(t *testing.T) {
	dir := t.TempDir()
	addr, kill := child(t, dir)
	openTenant(t, addr)
	kill()
	c := killConfig(dir)
	c.RootKey = "the key of another folder"
	if _, err := server.Start(t.Context(), c); err == nil || !strings.Contains(err.Error(), "root key") {
		t.Errorf("the key of another folder: %v", err)
	}
	start(t, killConfig(dir))
}
