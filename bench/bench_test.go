package bench

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestSegment counts every query of the contract beside Roaring (Segment itself refuses two different counts), over
// an odd number of contacts that ends inside a chunk.
func TestSegment(t *testing.T) {
	r, err := Segment(SegmentConfig{Contacts: 200_001, Tags: 40, Seed: 7, Cores: 1, Rounds: 3})
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := WriteJSON(&text, r); err != nil {
		t.Fatal(err)
	}
	var read struct {
		Queries []struct {
			Name  string  `json:"name"`
			Count uint64  `json:"count"`
			P50   float64 `json:"p50_us"`
			P99   float64 `json:"p99_us"`
		} `json:"queries"`
	}
	if err := json.Unmarshal(text.Bytes(), &read); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, q := range read.Queries {
		names = append(names, q.Name)
		if q.P50 <= 0 || q.P99 < q.P50 {
			t.Errorf("%s: p50 %v us, p99 %v us", q.Name, q.P50, q.P99)
		}
	}
	if got := strings.Join(names, " "); got != "and3 ornot mixed5 or10 page" {
		t.Errorf("queries %s", got)
	}
	if and3 := float64(read.Queries[0].Count); and3 < 240 || and3 > 360 { // 0.15 % of 200,001 is 300
		t.Errorf("A and B and C counts %v of 200,001", and3)
	}
	text.Reset()
	r.Write(&text)
	if !strings.Contains(text.String(), "mixed5") {
		t.Errorf("the table lacks a query:\n%s", text.String())
	}
}

func TestSegmentRefusesWrongSizes(t *testing.T) {
	for _, c := range []SegmentConfig{{Contacts: 10, Tags: 15, Rounds: 1}, {Contacts: 0, Tags: 16, Rounds: 1}, {Contacts: -1, Tags: 16, Rounds: 1}} {
		if _, err := Segment(c); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}

func TestLookupFindsEverything(t *testing.T) {
	r, err := Lookup(LookupConfig{Contacts: 5000, PerEach: 3, Seed: 1, Lookups: 2000})
	if err != nil {
		t.Fatal(err)
	}
	if r.Identifiers != 15000 || r.TableBytes < 20 {
		t.Errorf("%d identifiers at %.1f bytes", r.Identifiers, r.TableBytes)
	}
}

func TestPopulationIsReproducible(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	a, b := Population{Seed: 3, Contacts: 400, Now: now}, Population{Seed: 3, Contacts: 400, Now: now}
	other := Population{Seed: 4, Contacts: 400, Now: now}
	same := 0
	mobiles, eventIDs := map[string]bool{}, map[string]bool{}
	for i := range a.Contacts {
		c := a.Contact(i)
		if !reflect.DeepEqual(c, b.Contact(i)) {
			t.Fatalf("contact %d differs between two runs of one seed", i)
		}
		if reflect.DeepEqual(c, other.Contact(i)) {
			same++
		}
		number := c.Records[0].Identifiers["mobile"]
		if mobiles[number] || len(number) != 11 {
			t.Errorf("contact %d has the number %s, which is taken or not a mobile", i, number)
		}
		mobiles[number] = true
		for _, e := range c.Events {
			if eventIDs[e.Source+e.EventID] {
				t.Errorf("event %s %s twice", e.Source, e.EventID)
			}
			eventIDs[e.Source+e.EventID] = true
			if at, err := time.Parse(time.RFC3339, e.OccurredAt); err != nil || at.After(now) {
				t.Errorf("event at %s: %v", e.OccurredAt, err)
			}
		}
	}
	if same > 0 {
		t.Errorf("%d contacts are the same under another seed", same)
	}
}

// TestCreditCodes checks generated codes against the two check digits, computed as the standard writes them.
func TestCreditCodes(t *testing.T) {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	seen := map[string]bool{}
	for i := range 2000 {
		code := creditCode(i)
		sum := 0
		for k, w := range []int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28} {
			sum += strings.IndexByte(alphabet, code[k]) * w
		}
		if len(code) != 18 || code[17] != alphabet[(31-sum%31)%31] || seen[code] {
			t.Fatalf("company %d: %s", i, code)
		}
		seen[code] = true
	}
}
