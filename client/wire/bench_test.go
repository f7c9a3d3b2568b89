package wire

import (
	"fmt"
	"strings"
	"testing"
)

// eventBatch is a body of n events of about 300 bytes each.
func eventBatch(n int) []byte {
	var b strings.Builder
	b.WriteString(`{"events":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"event_id":"CALLCENTER:c-%08d","source":"CALLCENTER","type":"call.outbound.ended","occurred_at":"2024-10-29T10:30:00+08:00","org_id":"org_1","identifiers":{"mobile":"138%08d"},"payload":{"call_id":"c-%08d","answered":true,"ring_seconds":12,"talk_seconds":%d,"agent_id":"a-17","disposition":"connected","intent":"高"}}`,
			i, i, i, i%900)
	}
	b.WriteString(`]}`)
	return []byte(b.String())
}

// Run with: go test -run '^$' -bench . -benchmem ./client/wire; ns/op divided by 500 is the cost of an event.
func BenchmarkDecodeEvents(b *testing.B) {
	body := eventBatch(500)
	var packed PutEventsRequest
	if err := JSON.Decode(body, &packed, BatchLimits); err != nil {
		b.Fatal(err)
	}
	binary, err := Msgpack.Append(nil, packed)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		format Format
		body   []byte
	}{{"format=json", JSON, body}, {"format=msgpack", Msgpack, binary}} {
		b.Run("work=scan/"+c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.body)))
			b.ReportAllocs()
			for b.Loop() {
				if err := c.format.Scan(c.body, BatchLimits); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("work=decode/"+c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.body)))
			b.ReportAllocs()
			for b.Loop() {
				var got PutEventsRequest
				if err := c.format.Decode(c.body, &got, BatchLimits); err != nil || len(got.Events) != 500 {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEncodeEvents(b *testing.B) {
	var in PutEventsRequest
	if err := JSON.Decode(eventBatch(500), &in, BatchLimits); err != nil {
		b.Fatal(err)
	}
	for name, f := range map[string]Format{"format=json": JSON, "format=msgpack": Msgpack} {
		b.Run(name, func(b *testing.B) {
			var buffer []byte
			b.ReportAllocs()
			for b.Loop() {
				var err error
				if buffer, err = f.Append(buffer[:0], in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEncodeResults(b *testing.B) {
	answer := PutEventsResponse{Results: make([]EventResult, 500)}
	for i := range answer.Results {
		answer.Results[i] = EventResult{Status: StatusAccepted, OneID: "01924b1e-0000-7000-8000-0000000000ff"}
	}
	var buffer []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if buffer, err = JSON.Append(buffer[:0], answer); err != nil {
			b.Fatal(err)
		}
	}
}
