package index

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestLoadEvents loads rows of several parts, the later ones with columns that the first ones do not have, and goes on
// behind them.
func TestLoadEvents(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var twin []Event
	one := func(types int) Event {
		ev := Event{Ord: uint32(r.IntN(3000)), Type: uint32(1 + r.IntN(types)), Time: int64(r.IntN(50)), Seq: uint64(len(twin)),
			ID: fmt.Sprint(r.IntN(30000)), Source: uint32(r.IntN(2))}
		if len(twin) > 3*loadedRows {
			ev.Props = append(ev.Props, Prop{Name: 1, Kind: Num, Num: float64(r.IntN(100))}, Prop{Name: 3, Kind: Code, Code: 7})
		}
		if r.IntN(3000) == 0 {
			ev.Props = append(ev.Props, Prop{Name: 2, Kind: Bool, Bool: true})
		}
		twin = append(twin, ev)
		return ev
	}
	loaders := []*EventsLoader{{}, {}}
	for i := range 2 * sortSlots {
		ev := one(1)
		loaders[i/100%2].Append(&ev)
	}
	events := LoadEvents(loaders...)
	if rows := events.Rows(0, 1); rows.Base() != uint32(rows.Len()) {
		t.Fatalf("%d of %d loaded rows are folded", rows.Base(), rows.Len())
	}
	checkRows(t, events.Rows(0, 1), twin)
	before, edit := slices.Clone(twin), events.Edit()
	for range 3000 {
		edit.Append(one(2))
	}
	checkRows(t, edit.Publish().Rows(0, 1), slices.DeleteFunc(slices.Clone(twin), func(ev Event) bool { return ev.Type != 1 }))
	checkRows(t, events.Rows(0, 1), before)
	if again := LoadEvents(loaders...); again.Len() != 0 || again.Chunks() != 0 {
		t.Errorf("the loaders still have %d events", again.Len())
	}
}
