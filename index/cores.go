package index

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// onCores calls f for 0 … n-1 in any order, on all cores at the same time, and returns when all are done.
func onCores(n int, f func(i int)) {
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	group.Wait()
}
