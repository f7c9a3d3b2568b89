package intake

import (
	"fmt"
	"strings"
	"testing"

	"rollcall/client/wire"
	"rollcall/engine/command"
)

func TestFollowers(t *testing.T) {
	tenant := testTenant(t)
	one := func(n int) command.ID { return command.ID{0: 9, 15: byte(n)} }
	event := func(rest string) string {
		return `{"event_id":"e1","source":"ADS","occurred_at":"2024-10-29T10:30:00+08:00","org_id":"east","identifiers":{"mobile":"13800138001"},` + rest + `}`
	}
	for item, want := range map[string]string{
		event(`"type":"page.view","payload":{"company":"甲公司"}`): "",
		event(`"type":"lead.created"`):                          "lead event:e1 [] nil; stage [stage=text:线索] nil",
		event(`"type":"lead.created","payload":{"lead_id":7,"name":"张三","company":" 甲公司 ","credit_code":"91350100M000100Y43","org_id":"west","mobile":"13900139000","source_count":3}`): "lead 7 [name=token:张三 company=text:甲公司] 甲公司 credit_code account_name; " +
			"stage [stage=text:线索] 甲公司 credit_code account_name",
		event(`"type":"lead.created","payload":{"value":"much","city":{"a":1},"company":["x"],"credit_code":"123"}`): "lead event:e1 [] nil; stage [stage=text:线索] nil; notes payload.value payload.city payload.company payload.credit_code",
		event(`"type":"opportunity.won","payload":{"name":"一个项目","company":"甲公司"}`):                                  "stage [stage=text:成交] 甲公司 account_name",
		event(`"type":"opportunity.created"`):                                                       "stage [stage=text:商机] nil",
		strings.Replace(event(`"type":"opportunity.created"`), "2024-10-29", "2034-10-29", 1):       "; notes occurred_at",
		event(`"type":"lead.created","payload":{"lead_id":"` + strings.Repeat("x", MaxID+1) + `"}`): "lead event:e1 [] nil; stage [stage=text:线索] nil; notes payload.lead_id",
	} {
		b := Events(tenant, testNow, decodeEvents(t, item))
		if len(b.Commands) != 1 {
			t.Fatalf("%s: %+v", item, b.results[0])
		}
		var parts []string
		for _, c := range b.Records([]*command.Result{{Events: []command.EventResult{{Status: command.OK, OneID: one(1)}}}}) {
			for _, r := range c.Records {
				what := "stage"
				if r.Kind == command.KindLead {
					id, err := tenant.Keys.Unseal(r.SourceID)
					if err != nil || r.Key != tenant.Keys.Record("ADS", string(id)) || len(r.Identifiers) == 0 {
						t.Fatalf("%s: the record %+v, %v", item, r, err)
					}
					what = "lead " + string(id)
				}
				account := "nil"
				if r.Account != nil {
					account = r.Account.Name
					for _, id := range r.Account.Identifiers {
						account += " " + id.Type
					}
				}
				if r.NewID != one(1) || r.Source != "ADS" || r.Org != "east" || r.UpdatedAt != 1730169000000 {
					t.Errorf("%s: the record %+v", item, r)
				}
				parts = append(parts, fmt.Sprintf("%s [%s] %s", what, values(t, tenant, r.Attributes), account))
			}
		}
		got := strings.Join(parts, "; ")
		var notes []string
		for _, n := range b.results[0].Notes {
			notes = append(notes, n.Field)
		}
		if notes != nil {
			got += "; notes " + strings.Join(notes, " ")
		}
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", item, got, want)
		}
	}
}

// TestFollowersOfABatch has events of every outcome; each follower goes with its own event, and so do the notes.
func TestFollowersOfABatch(t *testing.T) {
	tenant := testTenant(t)
	var items []string
	for i := range 12 {
		item := fmt.Sprintf(`{"event_id":"e%d","source":"ADS","type":"%s","occurred_at":"2024-10-29T10:30:00+08:00","identifiers":{"mobile":"1380013800%d"},"payload":{"note":"%s"}}`,
			i, []string{"lead.created", "opportunity.won", "page.view"}[i%3], i%10, strings.Repeat("x", 15_000))
		if i == 4 {
			item = `{"event_id":"","source":"ADS","type":"lead.created"}`
		}
		items = append(items, item)
	}
	b := Events(tenant, testNow, decodeEvents(t, items...))
	var results []*command.Result
	id := byte(0)
	for _, c := range b.Commands {
		r := &command.Result{}
		for i := range c.Events {
			id++
			got := command.EventResult{Status: []command.Status{command.OK, command.Duplicate, command.Rejected}[i%3]}
			if got.Status != command.Rejected {
				got.OneID = command.ID{0: id}
			}
			r.Events = append(r.Events, got)
		}
		results = append(results, r)
	}
	merged := b.Merge(results)
	commands := b.Records(results)
	var done []*command.Result
	for _, c := range commands {
		r := &command.Result{}
		for i := range c.Records {
			got := command.RecordResult{Status: command.OK}
			if c.Records[i].Kind == command.KindLead {
				got = command.RecordResult{Status: command.Rejected, Code: "kind_conflict", Field: "kind"}
			}
			r.Records = append(r.Records, got)
		}
		done = append(done, r)
	}
	b.Followed(done)
	made := map[string]int{}
	for _, c := range commands {
		for i := range c.Records {
			made[FormatID(c.Records[i].NewID)]++
		}
	}
	for i, r := range merged {
		want, notes := 0, 0
		if r.Status != wire.StatusRejected {
			want, notes = []int{2, 1, 0}[i%3], []int{1, 0, 0}[i%3]
		}
		if r.OneID != "" && made[r.OneID] != want || len(r.Notes) != notes {
			t.Errorf("event %d %s: %d records, want %d; notes %+v", i, r.Status, made[r.OneID], want, r.Notes)
		}
	}
	if made[""] > 0 {
		t.Error("a rejected event has a record")
	}
}
