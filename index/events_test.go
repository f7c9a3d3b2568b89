package index

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

// version is a published version beside the events that it has to show.
type version struct {
	events *Events
	twin   []Event
}

// TestEventsAgainstSlice appends random events in random batches, from the newest version or from an older one, drops
// some edits, folds early, reads in between, and compares every version, also the old ones, with a plain slice.
func TestEventsAgainstSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var seq uint64
		first := version{}
		loaders := make([]*EventsLoader, rapid.IntRange(0, 2).Draw(t, "loaders"))
		for i := range loaders {
			loaders[i] = new(EventsLoader)
			for range rapid.IntRange(0, 25).Draw(t, "loaded") {
				seq++
				ev := drawEvent(t, seq)
				loaders[i].Append(&ev)
				first.twin = append(first.twin, ev)
			}
		}
		first.events = LoadEvents(loaders...)
		first.events.fold = uint32(rapid.IntRange(1, 12).Draw(t, "fold"))
		versions := []version{first}
		edit, from := versions[0].events.Edit(), versions[0]
		for range rapid.IntRange(1, 12).Draw(t, "batches") {
			if rapid.IntRange(0, 3).Draw(t, "edit") == 0 { // the old edit is dropped, with what it may hold
				from = rapid.SampledFrom(versions).Draw(t, "from")
				edit = from.events.Edit()
			}
			twin := slices.Clone(from.twin)
			for range rapid.IntRange(0, 25).Draw(t, "events") {
				seq++
				ev := drawEvent(t, seq)
				edit.Append(ev)
				twin = append(twin, ev)
			}
			if rapid.IntRange(0, 5).Draw(t, "drop") == 0 {
				edit = from.events.Edit()
				continue
			}
			from = version{edit.Publish(), twin}
			versions = append(versions, from)
			if rapid.Bool().Draw(t, "read") {
				checkVersion(t, from)
			}
		}
		for _, v := range versions {
			checkVersion(t, v)
		}
	})
}

// drawEvent makes few distinct slots, times and ids, so that ties of all of them are common, and now and then an
// event that has props which no other has.
func drawEvent(t *rapid.T, seq uint64) Event {
	ev := Event{
		Ord:    rapid.SampledFrom([]uint32{0, 1, 2, 63, 64, 65535, 65536, 65537, 3<<16 + 7}).Draw(t, "ord"),
		Type:   rapid.SampledFrom([]uint32{1, 2, 900}).Draw(t, "type"),
		Time:   rapid.SampledFrom([]int64{math.MinInt64, -1, 0, 1, 2, 3, 1730000000000, math.MaxInt64}).Draw(t, "time"),
		ID:     rapid.SampledFrom([]string{"", "a", "b", "ab", "事件", "\xff"}).Draw(t, "id"),
		Source: rapid.Uint32Range(1, 2).Draw(t, "source"),
		Seq:    seq,
	}
	for range rapid.IntRange(0, 3).Draw(t, "props") {
		p := Prop{Name: rapid.Uint32Range(1, 4).Draw(t, "name"), Kind: PropKind(rapid.IntRange(1, 3).Draw(t, "kind"))}
		switch p.Kind {
		case Num:
			p.Num = rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1, -5, 0.5, math.MaxInt32, math.MinInt32,
				math.MinInt32 + 1, 1e18, math.Inf(1), math.NaN()}).Draw(t, "num")
		case Code:
			p.Code = rapid.Uint32Range(0, 3).Draw(t, "code")
		case Bool:
			p.Bool = rapid.Bool().Draw(t, "bool")
		}
		ev.Props = append(ev.Props, p)
	}
	return ev
}

// inOrder is the order of §1 of the definitions: time, then id bytewise; seq where both are equal.
func inOrder(a, b Event) int {
	return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Seq, b.Seq))
}

type failer interface {
	Fatalf(string, ...any)
}

func checkVersion(t failer, v version) {
	type place struct {
		chunk int
		typ   uint32
	}
	byPlace, byContact, chunks := map[place][]Event{}, map[uint32][]Event{}, 0
	for _, ev := range v.twin {
		chunks = max(chunks, int(ev.Ord>>16)+1)
		p := place{int(ev.Ord >> 16), ev.Type}
		byPlace[p] = append(byPlace[p], ev)
		byContact[ev.Ord] = append(byContact[ev.Ord], ev)
	}
	if v.events.Len() != uint64(len(v.twin)) || v.events.Chunks() != chunks {
		t.Fatalf("%d events in %d chunks, want %d in %d", v.events.Len(), v.events.Chunks(), len(v.twin), chunks)
	}
	for chunk := range chunks + 1 {
		var all []*Rows
		var ofChunk []Event
		for _, typ := range []uint32{0, 1, 2, 3, 900} {
			r, want := v.events.Rows(chunk, typ), byPlace[place{chunk, typ}]
			if (r == nil) != (len(want) == 0) || slices.Contains(v.events.Types(chunk), typ) != (r != nil) {
				t.Fatalf("chunk %d type %d: rows %v, want %d", chunk, typ, r, len(want))
			}
			if r != nil {
				checkRows(t, r, want)
			}
			all, ofChunk = append(all, r), append(ofChunk, want...)
		}
		checkGroupsOf(t, all, ofChunk)
	}
	for ord := range byContact {
		checkContact(t, v.events, ord, byContact[ord])
	}
	if got := v.events.Of(9 << 16); got != nil {
		t.Fatalf("groups of a contact beyond the last chunk: %v", got)
	}
}

func checkRows(t failer, r *Rows, want []Event) {
	if r.Len() != len(want) {
		t.Fatalf("%d rows, want %d", r.Len(), len(want))
	}
	first, last := slices.MinFunc(want, inOrder).Time, slices.MaxFunc(want, inOrder).Time
	if lo, hi := r.Span(); lo != first || hi != last {
		t.Fatalf("span %d..%d, want %d..%d", lo, hi, first, last)
	}
	bySeq := map[uint64]Event{}
	bySlot := map[uint16][]Event{}
	for _, ev := range want {
		bySeq[ev.Seq] = ev
		bySlot[uint16(ev.Ord)] = append(bySlot[uint16(ev.Ord)], ev)
	}
	nums, codes, bools := map[uint32]NumColumn{}, map[uint32]CodeColumn{}, map[uint32]BoolColumn{}
	for name := range uint32(6) {
		nums[name], codes[name], bools[name] = r.Num(name), r.Code(name), r.Bool(name)
	}
	for row := range uint32(r.Len()) {
		checkRow(t, r, row, bySeq[r.Seq(row)], nums, codes, bools)
	}
	slot := -1
	r.Groups(func(s uint16, lo, hi uint32, tail []uint32) {
		if int(s) <= slot {
			t.Fatalf("slot %d after slot %d", s, slot)
		}
		slot = int(s)
		g := Group{r, lo, hi, tail}
		checkGroup(t, g, bySlot[s])
		if found := r.Find(s); found.Lo != lo || found.Hi != hi || !slices.Equal(found.Tail, tail) {
			t.Fatalf("found %v, want %v", found, g)
		}
		delete(bySlot, s)
	})
	if len(bySlot) != 0 {
		t.Fatalf("slots %v were not visited", bySlot)
	}
	if g := r.Find(12345); g.Len() != 0 {
		t.Fatalf("found %v for a slot without rows", g)
	}
	edges := []int64{math.MinInt64, -1, 1, 2, 1730000000000, math.MaxInt64}
	for _, lo := range edges {
		for _, hi := range edges {
			var got, twin Mask
			got.Set(77)
			twin.Set(77)
			r.MarkWindow(lo, hi, &got)
			for _, ev := range want {
				if lo <= ev.Time && ev.Time <= hi {
					twin.Set(uint16(ev.Ord))
				}
			}
			if got != twin {
				t.Fatalf("window %d..%d marks %d slots, want %d", lo, hi, got.Count(), twin.Count())
			}
		}
	}
}

// checkRow compares all that one row tells.
func checkRow(t failer, r *Rows, row uint32, want Event, nums map[uint32]NumColumn, codes map[uint32]CodeColumn, bools map[uint32]BoolColumn) {
	got := Event{uint32(want.Ord)&^0xffff | uint32(r.Slot(row)), r.Type(), r.Time(row), r.Seq(row), r.ID(row), r.Source(row), nil}
	type key struct {
		name uint32
		kind PropKind
	}
	props := map[key]Prop{}
	for _, p := range want.Props {
		switch {
		case p.Kind == Num && math.IsNaN(p.Num), p.Kind == Code && p.Code == 0:
		default:
			props[key{p.Name, p.Kind}] = p
		}
	}
	want.Props = nil
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("row %d is %+v, want %+v", row, got, want)
	}
	for name := range uint32(6) {
		n, hasNum := get(nums[name].Get, row)
		c, hasCode := get(codes[name].Get, row)
		b, hasBool := get(bools[name].Get, row)
		num, wantNum := props[key{name, Num}]
		code, wantCode := props[key{name, Code}]
		boolean, wantBool := props[key{name, Bool}]
		if hasNum != wantNum || wantNum && math.Float64bits(n) != math.Float64bits(num.Num) {
			t.Fatalf("row %d property %d: number %v %v, want %v %v", row, name, n, hasNum, num.Num, wantNum)
		}
		if hasCode != wantCode || wantCode && c != code.Code {
			t.Fatalf("row %d property %d: code %v %v, want %v %v", row, name, c, hasCode, code.Code, wantCode)
		}
		if hasBool != wantBool || wantBool && b != boolean.Bool {
			t.Fatalf("row %d property %d: bool %v %v, want %v %v", row, name, b, hasBool, boolean.Bool, wantBool)
		}
	}
	ev := r.Event(row)
	if len(ev.Props) != len(props) {
		t.Fatalf("row %d gives props %v, want %v", row, ev.Props, props)
	}
	for _, p := range ev.Props {
		if props[key{p.Name, p.Kind}] != p {
			t.Fatalf("row %d gives props %v, want %v", row, ev.Props, props)
		}
	}
	if ev.Props = nil; !reflect.DeepEqual(ev, want) {
		t.Fatalf("row %d gives %+v, want %+v", row, ev, want)
	}
}

func get[T any](f func(uint32) (T, bool), row uint32) (T, bool) { return f(row) }

// checkGroup compares the orders in which a group's rows can be visited.
func checkGroup(t failer, g Group, want []Event) {
	want = slices.SortedFunc(slices.Values(want), inOrder)
	var got []uint64
	g.Rows.Ordered(g.Lo, g.Hi, g.Tail, func(row uint32) bool {
		got = append(got, g.Rows.Seq(row))
		return true
	})
	if !slices.Equal(got, seqsOf(want)) || g.Len() != len(want) {
		t.Fatalf("ordered %v, want %v", got, seqsOf(want))
	}
	for _, until := range []int64{math.MinInt64, 0, 2, math.MaxInt64} {
		for _, n := range []int{0, 1, 3, math.MaxInt} {
			got = nil
			g.Rows.Newest(g.Lo, g.Hi, g.Tail, n, until, func(row uint32) bool {
				got = append(got, g.Rows.Seq(row))
				return len(got) < 7
			})
			if wanted := newestSeqs(want, min(n, 7), until); !slices.Equal(got, wanted) {
				t.Fatalf("newest %d until %d: %v, want %v", n, until, got, wanted)
			}
		}
	}
}

func seqsOf(events []Event) []uint64 {
	var seqs []uint64
	for _, ev := range events {
		seqs = append(seqs, ev.Seq)
	}
	return seqs
}

func newestSeqs(sorted []Event, n int, until int64) []uint64 {
	var seqs []uint64
	for _, ev := range slices.Backward(sorted) {
		if ev.Time <= until && len(seqs) < n {
			seqs = append(seqs, ev.Seq)
		}
	}
	return seqs
}

// checkGroupsOf compares the walk over several types at once.
func checkGroupsOf(t failer, rows []*Rows, want []Event) {
	bySlot := map[uint16][]Event{}
	for _, ev := range want {
		bySlot[uint16(ev.Ord)] = append(bySlot[uint16(ev.Ord)], ev)
	}
	slots := []int{-1}
	GroupsOf(rows, func(slot uint16, groups []Group) bool {
		if int(slot) <= slots[len(slots)-1] {
			t.Fatalf("slot %d after %v", slot, slots)
		}
		slots = append(slots, int(slot))
		checkNewestOf(t, groups, bySlot[slot])
		return true
	})
	if len(slots)-1 != len(bySlot) {
		t.Fatalf("visited slots %v of %d", slots[1:], len(bySlot))
	}
	calls := 0
	GroupsOf(rows, func(uint16, []Group) bool {
		calls++
		return false
	})
	if calls != min(1, len(bySlot)) {
		t.Fatalf("%d calls after the first one returned false", calls)
	}
}

func checkNewestOf(t failer, groups []Group, want []Event) {
	want = slices.SortedFunc(slices.Values(want), inOrder)
	for _, until := range []int64{-1, 2, math.MaxInt64} {
		for _, n := range []int{0, 2, math.MaxInt} {
			var got []uint64
			NewestOf(groups, n, until, func(r *Rows, row uint32) bool {
				got = append(got, r.Seq(row))
				return len(got) < 9
			})
			if wanted := newestSeqs(want, min(n, 9), until); !slices.Equal(got, wanted) {
				t.Fatalf("newest %d until %d: %v, want %v", n, until, got, wanted)
			}
		}
	}
}

func checkContact(t failer, e *Events, ord uint32, want []Event) {
	checkNewestOf(t, e.Of(ord), want)
	var got []uint64
	e.Contact(ord, func(typ uint32, r *Rows, row uint32) {
		if r.Type() != typ || r.Slot(row) != uint16(ord) {
			t.Fatalf("contact %d: a row of slot %d and type %d", ord, r.Slot(row), typ)
		}
		got = append(got, r.Seq(row))
	})
	sorted := slices.SortedFunc(slices.Values(want), func(a, b Event) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), inOrder(a, b))
	})
	if !slices.Equal(got, seqsOf(sorted)) {
		t.Fatalf("contact %d: %v, want %v", ord, got, seqsOf(sorted))
	}
}

func TestEventsOfNothing(t *testing.T) {
	var none *Events
	if none.Len() != 0 || none.Chunks() != 0 || none.Bytes() != 0 || none.Rows(0, 1) != nil || none.Of(0) != nil || none.Types(0) != nil {
		t.Fatal("nil holds events")
	}
	edit := none.Edit()
	edit.Append(Event{Ord: 5, Type: 1, Time: 9, Seq: 1, ID: "e"})
	if e := edit.Publish(); e.Len() != 1 || e.Rows(0, 1).ID(0) != "e" || e.Rows(-1, 1) != nil || e.Rows(1, 1) != nil {
		t.Fatal("the first event is not there")
	}
	if e := edit.Publish(); e.Len() != 1 {
		t.Fatal("publishing nothing changes the count")
	}
	defer func() {
		if recover() == nil {
			t.Fatal("a row beyond the end was read")
		}
	}()
	edit.Publish().Rows(0, 1).Time(1)
}

// TestEventsShareTails holds the promise that publishing costs what changed: the next version goes on in the arrays of
// the last one, and only an edit of an older version has to copy them.
func TestEventsShareTails(t *testing.T) {
	add := func(edit *EventsEdit, seq uint64) *Rows {
		edit.Append(Event{Type: 1, Seq: seq})
		return edit.Publish().Rows(0, 1)
	}
	edit := (&Events{}).Edit()
	add(edit, 1)
	first := edit.Publish()
	second := add(edit, 2)
	third := add(edit.Publish().Edit(), 3)
	if &second.tail.slots[0] != &third.tail.slots[0] || second.shared != third.shared {
		t.Fatal("the next version copied the tail")
	}
	other := add(first.Edit(), 4)
	if &other.tail.slots[0] == &third.tail.slots[0] || other.shared == third.shared {
		t.Fatal("two versions write in the same arrays")
	}
	if one, again := third.order(), third.order(); &one[0] != &again[0] {
		t.Fatal("the order of a tail was made twice")
	}
}

// TestEventsLoad appends many rows in any order before the one Publish, with enough of them to take the ways that are
// for many rows only, then a long tail.
func TestEventsLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and one goroutine: the full run has it")
	}
	r := rand.New(rand.NewPCG(1, 2))
	var twin []Event
	more := func(edit *EventsEdit, n int) {
		for range n {
			ev := Event{Ord: uint32(r.IntN(3000)), Type: 1, Time: int64(r.IntN(50)), Seq: uint64(len(twin)),
				ID: fmt.Sprint(r.IntN(3)), Source: 4}
			if r.IntN(10) == 0 {
				ev.Props = []Prop{{Name: 1, Kind: Num, Num: float64(r.IntN(100))}, {Name: 2, Kind: Bool, Bool: true}}
			}
			edit.Append(ev)
			twin = append(twin, ev)
		}
	}
	edit := (&Events{}).Edit()
	more(edit, 2*sortSlots)
	loaded := version{edit.Publish(), slices.Clone(twin)}
	if rows := loaded.events.Rows(0, 1); rows.Base() != uint32(rows.Len()) {
		t.Fatalf("%d of %d loaded rows are folded", rows.Base(), rows.Len())
	}
	more(edit, scanRows+1000)
	tailed := version{edit.Publish(), slices.Clone(twin)}
	if rows := tailed.events.Rows(0, 1); rows.Base() == uint32(rows.Len()) {
		t.Fatal("a short tail was folded")
	}
	checkRows(t, loaded.events.Rows(0, 1), loaded.twin)
	for _, ord := range []uint32{0, 17, 2999} {
		of := slices.DeleteFunc(slices.Clone(tailed.twin), func(ev Event) bool { return ev.Ord != ord })
		checkContact(t, tailed.events, ord, of)
	}
	checkRows(t, tailed.events.Rows(0, 1), tailed.twin)
}

// TestEventsWhileWriting lets readers take published versions and check them, each in full, while the writer goes on
// behind them in the same arrays. It is made for the race detector.
func TestEventsWhileWriting(t *testing.T) {
	var root atomic.Pointer[version]
	root.Store(&version{events: &Events{fold: 40}})
	var readers sync.WaitGroup
	var done atomic.Bool
	var checks atomic.Uint64
	for range 3 {
		readers.Go(func() {
			for checked := 0; checked == 0 || !done.Load(); checked++ {
				checkVersion(t, *root.Load())
				checks.Add(1)
			}
		})
	}
	r := rand.New(rand.NewPCG(3, 4))
	edit, twin := root.Load().events.Edit(), []Event(nil)
	events := uint64(1500)
	if testing.Short() {
		events = 600
	}
	for seq := range events {
		for checks.Load() < seq/3 && !t.Failed() { // so that reading and writing overlap all the way
			runtime.Gosched()
		}
		ev := Event{Ord: uint32(r.IntN(9)) << 13, Type: uint32(1 + r.IntN(2)), Time: int64(r.IntN(9)), Seq: seq, ID: fmt.Sprint(r.IntN(4))}
		for range r.IntN(3) {
			ev.Props = append(ev.Props, Prop{Name: uint32(1 + r.IntN(2+int(seq)/500)), Kind: Num, Num: float64(r.IntN(9)) / 2})
		}
		edit.Append(ev)
		twin = append(twin, ev)
		if r.IntN(4) == 0 {
			root.Store(&version{edit.Publish(), slices.Clone(twin)})
		}
	}
	done.Store(true)
	readers.Wait()
}
