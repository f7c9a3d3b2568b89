package server

import (
	"context"
	"errors"
	"testing"

	"rollcall/cluster"
	"rollcall/server/api"
)

// What a caller is told about an error depends on its class first: whatever caused an unknown outcome, it is unknown.
func TestTranslated(t *testing.T) {
	for _, c := range []struct {
		cause error
		want  api.NodeErrorKind
	}{
		{cluster.ErrDiskLow, api.DiskLow}, {cluster.ErrTooLarge, api.TooLarge}, {cluster.ErrOverloaded, api.Overloaded},
		{cluster.ErrNotLeader, api.NotLeader}, {cluster.ErrNotReady, api.NotReady}, {cluster.ErrStopped, api.NotReady},
		{cluster.ErrQuarantined, api.NotReady}, {context.DeadlineExceeded, api.NotReady},
	} {
		check := func(err error, want api.NodeErrorKind) {
			t.Helper()
			var got *api.NodeError
			if out := translated(err); !errors.As(out, &got) || got.Kind != want || !errors.Is(out, c.cause) {
				t.Errorf("%v: %+v, want kind %d", err, got, want)
			}
		}
		check(&cluster.NotApplied{Cause: c.cause}, c.want)
		check(&cluster.Unknown{Cause: c.cause}, api.Unknown)
	}
	var led *api.NodeError
	if err := translated(&cluster.NotApplied{Cause: cluster.ErrNotLeader, Leader: "there"}); !errors.As(err, &led) || led.Leader != "there" {
		t.Errorf("the leader is lost: %+v", led)
	}
	if err := translated(nil); err != nil {
		t.Error(err)
	}
}
