package cluster

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/hashicorp/go-hclog"
)

var quiet = slog.New(slog.DiscardHandler)

func TestRaftLogger(t *testing.T) {
	var out bytes.Buffer
	noTime := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	l := newRaftLogger(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelWarn, ReplaceAttr: noTime})))
	l.Info("not shown", "a", 1)
	l.Warn("shown", "servers", hclog.Fmt("%d of %s", 3, "many"), "b", 2)
	l.Named("net").With("peer", "n2").Error("also shown")
	want := "level=WARN msg=shown component=raft servers=\"3 of many\" b=2\nlevel=ERROR msg=\"also shown\" component=raft peer=n2\n"
	if out.String() != want {
		t.Errorf("logged\n%swant\n%s", out.String(), want)
	}
	if l.IsInfo() || !l.IsWarn() || l.GetLevel() != hclog.Warn || l.Named("net").Name() != "raft.net" {
		t.Error("the levels or names are wrong")
	}
}
