package main

import (
	"strings"
	"testing"
	"time"

	"rollcall/server"
)

func TestEnvironment(t *testing.T) {
	variables := map[string]string{
		"ROLLCALL_LISTEN": "127.0.0.1:1", "ROLLCALL_NODE_ID": "7", "ROLLCALL_FLUSH_EVERY": "7s", "ROLLCALL_LIMITS_BATCH_BYTES": "12345",
		"ROLLCALL_LIMITS_CONNECTIONS": "17",
	}
	lookup := func(name string) (string, bool) { text, ok := variables[name]; return text, ok }
	c, plain := server.DefaultConfig(), server.DefaultConfig()
	if err := applyEnvironment(&c, lookup); err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:1" || c.NodeID != "7" || c.Flush.Every != 7*time.Second || c.Limits.BatchBytes != 12345 || c.Limits.Connections != 17 {
		t.Errorf("%+v", c)
	}
	if c.Admin != plain.Admin || c.Limits.BodyBytes != plain.Limits.BodyBytes {
		t.Errorf("a setting without a variable has changed: %+v", c)
	}
	variables["ROLLCALL_FLUSH_EVERY"] = "soon"
	if err := applyEnvironment(&c, lookup); err == nil || !strings.Contains(err.Error(), "ROLLCALL_FLUSH_EVERY") {
		t.Errorf("a wrong duration: %v", err)
	}
}
