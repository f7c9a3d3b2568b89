package server

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func TestDefaultConfigIsSound(t *testing.T) {
	c := DefaultConfig()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
}

func TestValidateNamesTheSetting(t *testing.T) {
	check := func(part string, change func(*Config)) {
		t.Helper()
		c := DefaultConfig()
		change(&c)
		err := c.Validate()
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not name %q", err, part)
		}
	}
	check("data", func(c *Config) { c.Data = "" })
	check("listen", func(c *Config) { c.Listen = "7700" })
	check("admin", func(c *Config) { c.Admin = "" })
	check("raft", func(c *Config) { c.Raft = "x:y:z" })
	check("node_id", func(c *Config) { c.NodeID = "a b" })
	check("join", func(c *Config) { c.Join = "127.0.0.1:7701" })
	check("root key", func(c *Config) { c.RootKey = "short" })
	check("limits.connections", func(c *Config) { c.Limits.Connections = 0 })
	check("limits.read_timeout", func(c *Config) { c.Limits.ReadTimeout = -1 })
	check("limits.batch_bytes", func(c *Config) { c.Limits.BatchBytes = 0 })
	check("limits.in_flight_bytes", func(c *Config) { c.Limits.InFlightBytes = int64(c.Limits.BatchBytes) - 1 })
	check("limits.exports", func(c *Config) { c.Limits.Exports = 0 })
	check("limits.query_wait", func(c *Config) { c.Limits.QueryWait = 0 })
	check("flush.every", func(c *Config) { c.Flush.Every = 0 })
	check("heartbeat", func(c *Config) { c.Heartbeat = 0 })
	c := DefaultConfig()
	c.Data, c.NodeID = "", ""
	if err := c.Validate(); !strings.Contains(err.Error(), "data") || !strings.Contains(err.Error(), "node_id") {
		t.Errorf("only one of two mistakes is named: %v", err)
	}
}

func TestConfigReadsYAML(t *testing.T) {
	c := DefaultConfig()
	d := yaml.NewDecoder(strings.NewReader("data: /d\nlimits:\n  batch_items: 7\n  per_address: 9\n  read_timeout: 3s\nflush:\n  every: 1m\n"))
	d.KnownFields(true)
	if err := d.Decode(&c); err != nil {
		t.Fatal(err)
	}
	if c.Data != "/d" || c.Limits.BatchItems != 7 || c.Limits.PerAddress != 9 || c.Limits.ReadTimeout.Seconds() != 3 || c.Flush.Every.Minutes() != 1 {
		t.Errorf("read as %+v", c)
	}
	if c.Limits.Connections != DefaultConfig().Limits.Connections {
		t.Error("what the file does not name lost its default")
	}
}
