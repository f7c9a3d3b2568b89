package main

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rollcall/client"
	"rollcall/client/wire"
)

// TestKillNineLosesNothing kills a node again and again while clients write, and checks after every restart that what
// was acknowledged is there once. ROLLCALL_SOAK makes it long.
func TestKillNineLosesNothing(t *testing.T) {
	rounds := 4
	if os.Getenv("ROLLCALL_SOAK") != "" {
		rounds = 500
	}
	if testing.Short() {
		rounds = 1
	}
	const contacts, perRound = 20, 3000
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	node := startProcess(t, dir)
	root := newClient(t, node.addr, node.rootKey)
	ctx := context.Background()
	if _, err := root.CreateTenant(ctx, wire.CreateTenantRequest{ID: "t001"}); err != nil {
		t.Fatal(err)
	}
	made, err := root.CreateKey(ctx, "t001", "admin")
	if err != nil {
		t.Fatal(err)
	}
	event := func(i int) wire.Event {
		return wire.Event{
			EventID: fmt.Sprint(i), Source: "KILL", Type: "call.outbound.ended", OccurredAt: "2024-10-29T10:30:00+08:00",
			Identifiers: wire.Identifiers{"mobile": fmt.Sprintf("138000%05d", i%contacts)}, Payload: wire.Object(`{"answered":true}`),
		}
	}
	for round := range rounds {
		first := round * perRound
		writer := newClient(t, node.addr, made.Key)
		var mu sync.Mutex
		acknowledged := map[int]bool{}
		var writers sync.WaitGroup
		for w := range 4 {
			writers.Go(func() {
				for i := first + w; i < first+perRound; i += 4 * 5 {
					var batch []wire.Event
					for k := i; k < min(i+4*5, first+perRound); k += 4 {
						batch = append(batch, event(k))
					}
					answer, err := writer.PutEvents(ctx, batch)
					if err != nil {
						return // killed: these are unknown
					}
					mu.Lock()
					for n, r := range answer.Results {
						if r.Status == wire.StatusAccepted {
							acknowledged[i+4*n] = true
						}
					}
					mu.Unlock()
				}
			})
		}
		time.Sleep(time.Duration(20+random.IntN(400)) * time.Millisecond)
		node.kill(t)
		writers.Wait()
		node = startProcess(t, dir)

		again := newClient(t, node.addr, made.Key)
		for from := first; from < first+perRound; from += 1000 {
			var batch []wire.Event
			for i := from; i < from+1000; i++ {
				batch = append(batch, event(i))
			}
			answer, err := again.PutEvents(ctx, batch)
			if err != nil {
				t.Fatal(err)
			}
			for n, r := range answer.Results {
				if r.Status == wire.StatusRejected {
					t.Fatalf("event %d: %s %s", from+n, r.Code, r.Detail)
				}
				if acknowledged[from+n] && r.Status != wire.StatusDuplicate {
					t.Errorf("round %d: event %d was acknowledged and is lost", round, from+n)
				}
			}
		}
		want := (round + 1) * perRound / contacts
		count, err := again.Count(ctx, client.Where(fmt.Sprintf("count(call.outbound.ended) = %d", want)))
		if err != nil {
			t.Fatal(err)
		}
		if count.Count != contacts {
			t.Errorf("round %d: %d of %d contacts have exactly %d events", round, count.Count, contacts, want)
		}
		t.Logf("round %d: %d of %d events were acknowledged before the kill", round, len(acknowledged), perRound)
	}
	node.kill(t)
}

// process is rollcall in a process of its own.
type process struct {
	command       *exec.Cmd
	addr, rootKey string
}

// startProcess starts "rollcall serve" on free ports and waits until it says that it is ready.
func startProcess(t *testing.T, dir string) *process {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{command: exec.Command(program, "serve", "--data", dir, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--raft", "127.0.0.1:0")}
	p.command.Env = append(os.Environ(), asProgram+"=1")
	out, err := p.command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.command.Process.Kill() })
	lines := bufio.NewScanner(out)
	var said []string
	for lines.Scan() {
		said = append(said, lines.Text())
		if _, after, ok := strings.Cut(lines.Text(), "rollcall is ready: API http://"); ok {
			p.addr, _, _ = strings.Cut(after, ",")
			break
		}
	}
	if p.addr == "" {
		t.Fatalf("the node did not start:\n%s", strings.Join(said, "\n"))
	}
	go func() {
		for lines.Scan() {
		}
	}()
	key, err := os.ReadFile(filepath.Join(dir, "root.key"))
	if err != nil {
		t.Fatal(err)
	}
	p.rootKey = strings.TrimSpace(string(key))
	return p
}

func (p *process) kill(t *testing.T) {
	t.Helper()
	if err := p.command.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = p.command.Wait()
}

func newClient(t *testing.T, addr, key string) *client.Client {
	t.Helper()
	c, err := client.New(client.Options{Addr: addr, Key: key, Attempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}
