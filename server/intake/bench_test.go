package intake

import (
	"fmt"
	"testing"

	"rollcall/client/wire"
)

// Run with: go test -run '^$' -bench . -benchmem ./server/intake; ns/item is the cost of one event or record, from the
// bytes of a batch of 500 to its commands.
func BenchmarkIntake(b *testing.B) {
	tenant := testTenant(b)
	var events, records []byte
	for i := range 500 {
		events = fmt.Appendf(events, `%c{"event_id":"CALLCENTER:c-%08d","source":"CALLCENTER","type":"call.outbound.ended","occurred_at":"2024-10-29T10:30:00+08:00","org_id":"org_1","identifiers":{"mobile":"138%08d"},"payload":{"call_id":"c-%08d","answered":true,"ring_seconds":12,"talk_seconds":%d,"agent_id":"a-17","disposition":"connected","intent":"高"}}`,
			"[,"[min(i, 1)], i, i, i, i%900)
		records = fmt.Appendf(records, `%c{"source":"CALLCENTER","source_id":"c-%d","kind":"contact","updated_at":"2024-10-29T10:30:00+08:00","identifiers":{"mobile":"138%08d","email":"user%d@example.com"},"attributes":{"name":"张三%d","company":"XX金融公司%d","job_title":"CFO","city":"上海","value":%d}}`,
			"[,"[min(i, 1)], i, i, i, i, i%50, i)
	}
	events = []byte(`{"events":` + string(events) + `]}`)
	records = []byte(`{"records":` + string(records) + `]}`)
	b.Run("items=events", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var in wire.PutEventsRequest
			if err := wire.JSON.Decode(events, &in, wire.BatchLimits); err != nil {
				b.Fatal(err)
			}
			if batch := Events(tenant, testNow, in.Events); len(batch.Commands) != 1 || len(batch.Commands[0].Events) != 500 {
				b.Fatal("not all events were taken in")
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/500, "ns/item")
	})
	b.Run("items=records", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var in wire.PutRecordsRequest
			if err := wire.JSON.Decode(records, &in, wire.BatchLimits); err != nil {
				b.Fatal(err)
			}
			n := 0
			for _, c := range Records(tenant, testNow, in.Records).Commands {
				n += len(c.Records)
			}
			if n != 500 {
				b.Fatal("not all records were taken in")
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/500, "ns/item")
	})
}
