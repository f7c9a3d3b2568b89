package plan

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestTagVectors evaluates the call-centre tags of the shared vectors as expressions: analytics.md part 2.
func TestTagVectors(t *testing.T) {
	data, err := os.ReadFile(filepath.FromSlash("../../../shared/data/analytics/vectors/tags.json"))
	if err != nil {
		t.Skip("the shared test vectors (../shared/data/analytics/vectors/tags.json) are not there")
	}
	var file struct {
		Cases []struct {
			ID     string
			Given  vector
			Expect struct {
				Tag                    bool
				Calls, Answered, Count *int64
				Talk                   *int64 `json:"talk_s"`
			}
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, c := range file.Cases {
		rule, counts := c.Given.rule(c.Expect.Calls, c.Expect.Answered, c.Expect.Count, c.Expect.Talk)
		if rule == "" {
			continue
		}
		ran++
		t.Run(c.ID, func(t *testing.T) {
			w, p := c.Given.world(t)
			if got := countOf(t, rule, w, p); got != c.Expect.Tag {
				t.Errorf("%s is %v", rule, got)
			}
			for _, text := range counts {
				if !countOf(t, text, w, p) {
					t.Errorf("%s does not hold", text)
				}
			}
		})
	}
	if ran < 20 {
		t.Errorf("only %d vectors are of tags that are known here", ran)
	}
}

func countOf(t *testing.T, text string, w *world, p *memory) bool {
	t.Helper()
	pl, err := NewCache(1).Plan(text, p)
	if err != nil {
		t.Fatal(err)
	}
	return must(pl.Count(p, Options{Now: w.now})) == 1
}

type vector struct {
	Tag     string
	Now     time.Time
	TZ      string
	Window  string
	Days    int
	Last    int
	Percent int
	Minimum int `json:"min_calls"`
	Seconds int
	Calls   []struct {
		ID, Direction string
		Answered      bool
		Talk          float64 `json:"talk_s"`
		At            time.Time
	}
	Events []struct {
		ID string
		At time.Time
	}
}

// rule writes the tag as an expression, and what else is expected as expressions that hold.
func (v vector) rule(calls, answered, count, talk *int64) (rule string, holds []string) {
	equals := func(format string, n *int64) {
		if n != nil {
			holds = append(holds, fmt.Sprintf(format+" = %d", *n))
		}
	}
	switch v.Tag {
	case "connect_rate":
		window := fmt.Sprintf("last %d", v.Last)
		rule = fmt.Sprintf("rate(call.outbound.ended where answered = true, %s) > 0.%02d", window, v.Percent)
		if v.Minimum > 1 {
			rule += fmt.Sprintf(" and count(call.outbound.ended) >= %d", v.Minimum)
		}
		if calls != nil && *calls > 0 { // of no call at all the newest 30 are NULL
			equals("count(call.outbound.ended, "+window+")", calls)
			equals("count(call.outbound.ended where answered = true, "+window+")", answered)
		}
	case "avg_talk":
		rule = fmt.Sprintf("avg(call.*.talk_seconds where answered = true) > %d", v.Seconds)
		equals("count(call.* where answered = true)", answered)
		equals("sum(call.*.talk_seconds where answered = true)", talk)
	case "active":
		window := fmt.Sprintf("%dd", v.Days)
		if v.Window == "calendar" {
			window = fmt.Sprintf("%d calendar days", v.Days)
		}
		rule = fmt.Sprintf("did(meeting.held, %s)", window)
		equals("count(meeting.held, "+window+")", count)
	}
	return rule, holds
}

// world holds one contact with the calls and events. A repeated id is the same event: the first one counts, which is
// the engine's to see to.
func (v vector) world(t *testing.T) (*world, *memory) {
	zone := v.TZ
	if zone == "" {
		zone = "Asia/Shanghai"
	}
	w := newWorld(zone)
	w.now = v.Now.UnixMilli()
	w.types = []string{"call.outbound.ended", "call.inbound.ended", "meeting.held"}
	w.props = map[string]bool{"answered": false, "talk_seconds": false}
	c := &thing{id: "c"}
	w.contacts.all = []*thing{c}
	seen := map[string]bool{}
	for _, call := range v.Calls {
		if seen[call.ID] {
			continue
		}
		seen[call.ID] = true
		c.events = append(c.events, happening{typ: "call." + call.Direction + ".ended", at: call.At.UnixMilli(), id: call.ID,
			props: map[string]any{"answered": call.Answered, "talk_seconds": call.Talk}})
	}
	for _, e := range v.Events {
		c.events = append(c.events, happening{typ: "meeting.held", at: e.At.UnixMilli(), id: e.ID})
	}
	return w, w.build(rand.New(rand.NewPCG(1, 1)))
}
