package cluster

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"rollcall/wal"
)

// sink is a state machine that does nothing.
type nothing struct{ applied uint64 }

func (n *nothing) Apply(entries []Entry) [][]any {
	out := make([][]any, len(entries))
	for i, e := range entries {
		out[i] = make([]any, len(e.Commands))
		n.applied = e.Index
	}
	return out
}
func (n *nothing) Applied() uint64                            { return 0 }
func (n *nothing) Flush(uint64, uint64, []byte, uint64) error { return nil }

const benchCommand = 300

// committers runs n goroutines that call commit as long as b asks for more.
func committers(b *testing.B, n int, commit func() error) {
	b.SetBytes(benchCommand)
	b.ResetTimer()
	var group sync.WaitGroup
	var left = make(chan struct{}, b.N)
	for range b.N {
		left <- struct{}{}
	}
	close(left)
	for range n {
		group.Go(func() {
			for range left {
				if err := commit(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}

// BenchmarkCommit compares durable commits of 300 bytes, on the real disk, with the least that anybody must do: append
// to a file and sync it, alone or for a group. Run: go test -bench Commit -benchtime 2s ./cluster
func BenchmarkCommit(b *testing.B) {
	command := make([]byte, benchCommand)
	for _, n := range []int{1, 64} {
		b.Run(fmt.Sprintf("way=bare/committers=%d", n), func(b *testing.B) {
			f, err := os.Create(b.TempDir() + "/bare")
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = f.Close() }()
			if n == 1 {
				committers(b, n, func() error {
					if _, err := f.Write(command); err != nil {
						return err
					}
					return f.Sync()
				})
				return
			}
			committers(b, n, bareGroup(b, f, command))
		})
		b.Run(fmt.Sprintf("way=cluster/committers=%d", n), func(b *testing.B) {
			store, err := wal.Open(wal.Options{Dir: b.TempDir(), FS: vfs.Default})
			if err != nil {
				b.Fatal(err)
			}
			node, err := Start(Config{NodeID: "n1", Store: store, Listen: "127.0.0.1:0", FlushEvery: time.Hour, MaxLogBytes: 1 << 40}, &nothing{})
			if err != nil {
				b.Fatal(err)
			}
			(&member{Node: node, store: store}).awaitReady(b)
			committers(b, n, func() error {
				_, _, err := node.Propose(context.Background(), command)
				return err
			})
			b.StopTimer()
			if err := node.Stop(context.Background()); err != nil {
				b.Error(err)
			}
			if err := store.Close(); err != nil {
				b.Error(err)
			}
		})
	}
}

// bareGroup is group commit with nothing around it: one goroutine appends whatever came, syncs, and answers.
func bareGroup(b *testing.B, f *os.File, command []byte) func() error {
	requests := make(chan chan error, 1024)
	b.Cleanup(func() { close(requests) })
	go func() {
		var waiting []chan error
		var buffer []byte
		for first := range requests {
			waiting, buffer = append(waiting[:0], first), append(buffer[:0], command...)
		gather:
			for {
				select {
				case r, ok := <-requests:
					if !ok {
						break gather
					}
					waiting, buffer = append(waiting, r), append(buffer, command...)
				default:
					break gather
				}
			}
			_, err := f.Write(buffer)
			if err == nil {
				err = f.Sync()
			}
			for _, w := range waiting {
				w <- err
			}
		}
	}()
	return func() error {
		done := make(chan error, 1)
		requests <- done
		return <-done
	}
}
