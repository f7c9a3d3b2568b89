// Package bench measures a node as a capacity planner would, and generates the data to measure on.
//
// Every figure has an opponent that ran in the same process on the same data: Roaring's own best order, Go's map, a
// bare append-and-fsync loop. Ratios within one run are what to trust; single figures move with the machine.
package bench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Machine names what the figures were measured on.
type Machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Memory int64  `json:"memory_bytes"`
	Go     string `json:"go"`
	OS     string `json:"os"`
}

// ThisMachine describes the machine that the program runs on; what the system does not tell is left empty.
func ThisMachine() Machine {
	m := Machine{Cores: runtime.GOMAXPROCS(0), Go: runtime.Version(), OS: runtime.GOOS + "/" + runtime.GOARCH}
	m.CPU = procField("/proc/cpuinfo", "model name")
	var kib int64
	if _, err := fmt.Sscanf(procField("/proc/meminfo", "MemTotal"), "%d kB", &kib); err == nil {
		m.Memory = kib << 10
	}
	return m
}

// procField returns the value of the first "name : value" line of a file of /proc.
func procField(path, name string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if key, value, ok := strings.Cut(s.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// residentBytes is the memory of this process that is in RAM now; 0 where the system does not tell.
func residentBytes() int64 {
	var kib int64
	if _, err := fmt.Sscanf(procField("/proc/self/status", "VmRSS"), "%d kB", &kib); err != nil {
		return 0
	}
	return kib << 10
}

// quantile is the nearest-rank quantile q (0 to 1) of the durations, which it sorts.
func quantile(d []time.Duration, q float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	slices.Sort(d)
	return d[min(len(d)-1, int(q*float64(len(d))))]
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

// WriteJSON writes a report on one line.
func WriteJSON(w io.Writer, report any) error { return json.NewEncoder(w).Encode(report) }

// table writes rows in columns, the first left-aligned and the others right-aligned.
func table(w io.Writer, rows [][]string) {
	var widths []int
	for _, r := range rows {
		for i, cell := range r {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len(cell))
		}
	}
	for _, r := range rows {
		for i, cell := range r {
			if i == 0 {
				fmt.Fprintf(w, "  %-*s", widths[i], cell)
			} else {
				fmt.Fprintf(w, "  %*s", widths[i], cell)
			}
		}
		fmt.Fprintln(w)
	}
}

func (m Machine) write(w io.Writer) {
	fmt.Fprintf(w, "%s, %d cores, %.0f GiB, %s %s\n", m.CPU, m.Cores, float64(m.Memory)/(1<<30), m.Go, m.OS)
}
