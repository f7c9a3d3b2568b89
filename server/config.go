package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"time"

	"rollcall/server/api"
	"rollcall/server/auth"
)

// Config is everything that a node can be told. DefaultConfig fills it, Validate checks it, and Start takes it. The
// yaml names are also the names of the environment's variables (ROLLCALL_ and upper case), which the command line
// reads.
type Config struct {
	Data   string `yaml:"data"`    // the data folder; made if missing, mode 0700
	Listen string `yaml:"listen"`  // address of the API; port 0 takes a free one
	Admin  string `yaml:"admin"`   // address of health, metrics and the cluster's calls; loopback unless you mean it
	Raft   string `yaml:"raft"`    // address that the other members reach this node at
	NodeID string `yaml:"node_id"` // this node's name among the members
	Join   string `yaml:"join"`    // admin address of any member, to join its cluster; not served by this release

	RootKey string `yaml:"-"` // overrides DIR/root.key; never from a flag, which ps would show

	Limits Limits `yaml:"limits"`
	Disk   Disk   `yaml:"disk"`
	Flush  Flush  `yaml:"flush"`

	Heartbeat time.Duration `yaml:"heartbeat"` // Raft's heartbeat and election timeout

	Logger *slog.Logger     `yaml:"-"` // nil: silent
	Clock  func() time.Time `yaml:"-"` // nil: time.Now
}

// Limits bounds what one node takes on at a time.
type Limits struct {
	api.Limits    `yaml:",inline"`
	Connections   int           `yaml:"connections"`     // open connections of the API
	PerAddress    int           `yaml:"per_address"`     // open connections of one client address
	HeaderBytes   int           `yaml:"header_bytes"`    // request line and headers
	InFlightBytes int64         `yaml:"in_flight_bytes"` // bodies of all requests under way; more are answered 503
	ReadTimeout   time.Duration `yaml:"read_timeout"`    // for a whole request
	WriteTimeout  time.Duration `yaml:"write_timeout"`   // for a whole answer
	IdleTimeout   time.Duration `yaml:"idle_timeout"`    // between two requests of a connection
	DrainDeadline time.Duration `yaml:"drain_deadline"`  // for requests under way when the node stops
}

// Disk holds the watermark of free space on the data folder's disk.
type Disk struct {
	LowBytes uint64 `yaml:"low_bytes"` // with less free space writes answer 507 and reads go on; 0: 5 % or 2 GiB, whichever is less
}

// Flush tells how often the pages catch up with the log; a start applies what the log has beyond them.
type Flush struct {
	Every time.Duration `yaml:"every"`
	Bytes int64         `yaml:"bytes"` // or when the log has grown by this
}

// DefaultConfig is the configuration of a node that was told nothing but its folder.
func DefaultConfig() Config {
	return Config{
		Data:   "rollcall-data",
		Listen: "127.0.0.1:7700",
		Admin:  "127.0.0.1:7701",
		Raft:   "127.0.0.1:7702",
		NodeID: "node-1",
		Limits: Limits{
			Limits:        api.DefaultLimits(runtime.GOMAXPROCS(0)),
			Connections:   1000,
			PerAddress:    100,
			HeaderBytes:   16 << 10,
			InFlightBytes: 256 << 20,
			ReadTimeout:   10 * time.Second,
			WriteTimeout:  10 * time.Second,
			IdleTimeout:   60 * time.Second,
			DrainDeadline: 10 * time.Second,
		},
		Flush:     Flush{Every: 30 * time.Second, Bytes: 64 << 20},
		Heartbeat: time.Second,
	}
}

// Validate names every setting that cannot work, in one error.
func (c *Config) Validate() error {
	var errs []error
	bad := func(name, format string, args ...any) {
		errs = append(errs, fmt.Errorf(name+": "+format, args...))
	}
	if c.Data == "" {
		bad("data", "is empty, name the folder that holds the data")
	}
	for _, a := range []struct{ name, address string }{{"listen", c.Listen}, {"admin", c.Admin}, {"raft", c.Raft}} {
		if _, _, err := net.SplitHostPort(a.address); err != nil {
			bad(a.name, "%q is no address such as 127.0.0.1:7700", a.address)
		}
	}
	if c.NodeID == "" || strings.ContainsAny(c.NodeID, " \t\r\n\x00/") || len(c.NodeID) > 64 {
		bad("node_id", "%q must be 1 to 64 characters without spaces and slashes", c.NodeID)
	}
	if c.Join != "" {
		bad("join", "this release runs nodes by themselves: leave it empty")
	}
	if c.RootKey != "" && len(c.RootKey) < auth.MinRootKey {
		bad("root key", "has %d characters, at least %d are needed", len(c.RootKey), auth.MinRootKey)
	}
	for _, n := range []struct {
		name  string
		value int64
	}{
		{"limits.connections", int64(c.Limits.Connections)}, {"limits.per_address", int64(c.Limits.PerAddress)},
		{"limits.header_bytes", int64(c.Limits.HeaderBytes)}, {"limits.read_timeout", int64(c.Limits.ReadTimeout)},
		{"limits.write_timeout", int64(c.Limits.WriteTimeout)}, {"limits.idle_timeout", int64(c.Limits.IdleTimeout)},
		{"limits.drain_deadline", int64(c.Limits.DrainDeadline)},
		{"flush.every", int64(c.Flush.Every)}, {"flush.bytes", c.Flush.Bytes}, {"heartbeat", int64(c.Heartbeat)},
	} {
		if n.value <= 0 {
			bad(n.name, "is %d, it must be more than 0", n.value)
		}
	}
	if largest := int64(max(c.Limits.BatchBytes, c.Limits.BodyBytes)); c.Limits.InFlightBytes < largest {
		bad("limits.in_flight_bytes", "is %d, a single body may have %d", c.Limits.InFlightBytes, largest)
	}
	if err := c.Limits.Limits.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("limits.%w", err))
	}
	return errors.Join(errs...)
}
