package bench

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"rollcall/index"
)

// lookupBatch is the number of identifiers that are looked up at a time, as a batch of records does.
const lookupBatch = 1024

// LookupConfig sizes the measurement of identity lookups.
type LookupConfig struct {
	Contacts int
	PerEach  int // identifiers of one contact
	Seed     uint64
	Lookups  int
}

// LookupReport is what the measurement found: nanoseconds per lookup of an identifier that exists, in random order.
type LookupReport struct {
	Machine     Machine `json:"machine"`
	Identifiers int     `json:"identifiers"`
	Seed        uint64  `json:"seed"`
	TableNs     float64 `json:"table_ns"`
	BatchNs     float64 `json:"table_batch_ns"` // looked up by lookupBatch at a time
	TableBytes  float64 `json:"table_bytes_per_identifier"`
	MapNs       float64 `json:"go_map_ns"`
	MapBytes    float64 `json:"go_map_bytes_per_identifier"`
	Ratio       float64 `json:"ratio_to_go_map"`
}

// Lookup fills the identifier table and, as the opponent, Go's map, with the same keys and looks up the same ones.
func Lookup(c LookupConfig) (*LookupReport, error) {
	n := c.Contacts * c.PerEach
	if n < 1 || c.Lookups < 1 {
		return nil, fmt.Errorf("--contacts %d, --lookups %d: both have to be at least 1", c.Contacts, c.Lookups)
	}
	key := func(i uint64) (k index.Key) {
		r := rand.NewPCG(c.Seed, i)
		binary.LittleEndian.PutUint64(k[:8], r.Uint64())
		binary.LittleEndian.PutUint64(k[8:], r.Uint64())
		return k
	}
	wanted := make([]index.Key, c.Lookups)
	r := rand.New(rand.NewPCG(c.Seed, 1<<63))
	for i := range wanted {
		wanted[i] = key(r.Uint64N(uint64(n)))
	}
	report := &LookupReport{Machine: ThisMachine(), Identifiers: n, Seed: c.Seed}

	table := index.NewTable(n)
	for i := range n {
		table.Put(key(uint64(i)), uint32(i))
	}
	found := 0
	start := time.Now()
	for _, k := range wanted {
		if _, ok := table.Get(k); ok {
			found++
		}
	}
	report.TableNs = float64(time.Since(start).Nanoseconds()) / float64(len(wanted))
	values, hits := make([]uint32, lookupBatch), make([]bool, lookupBatch)
	start = time.Now()
	for part := range slices.Chunk(wanted, lookupBatch) {
		table.GetBatch(part, values[:len(part)], hits[:len(part)])
	}
	report.BatchNs = float64(time.Since(start).Nanoseconds()) / float64(len(wanted))
	report.TableBytes = float64(table.Bytes()) / float64(n)
	if found != len(wanted) {
		return nil, fmt.Errorf("the table found %d of %d identifiers", found, len(wanted))
	}
	runtime.KeepAlive(table)

	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	opponent := make(map[index.Key]uint32, n)
	for i := range n {
		opponent[key(uint64(i))] = uint32(i)
	}
	runtime.ReadMemStats(&after)
	start = time.Now()
	for _, k := range wanted {
		if _, ok := opponent[k]; ok {
			found--
		}
	}
	report.MapNs = float64(time.Since(start).Nanoseconds()) / float64(len(wanted))
	report.MapBytes = float64(after.HeapAlloc-before.HeapAlloc) / float64(n)
	if found != 0 {
		return nil, fmt.Errorf("the map missed %d identifiers", found)
	}
	report.Ratio = report.TableNs / report.MapNs
	return report, nil
}

// Write prints the report as a table.
func (r *LookupReport) Write(w io.Writer) {
	r.Machine.write(w)
	fmt.Fprintf(w, "%d identifiers, seed %d\n", r.Identifiers, r.Seed)
	table(w, [][]string{
		{"", "ns a lookup", "bytes an identifier"},
		{"identifier table", fmt.Sprintf("%.0f", r.TableNs), fmt.Sprintf("%.1f", r.TableBytes)},
		{fmt.Sprintf("the same, %d at a time", lookupBatch), fmt.Sprintf("%.0f", r.BatchNs), ""},
		{"Go map", fmt.Sprintf("%.0f", r.MapNs), fmt.Sprintf("%.1f", r.MapBytes)},
		{"ratio", fmt.Sprintf("%.2f", r.Ratio), ""},
	})
}
