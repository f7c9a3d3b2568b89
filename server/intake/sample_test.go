package intake

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"testing"
)

// The phone numbers of the OneID sample are written as people write them. What is no identifier there is a local number
// without its area code, or a number with a digit too few or too many.
func TestPhonesOfTheSample(t *testing.T) {
	f, err := os.Open("../../../shared/data/oneid/cn_sample.jsonl.gz")
	if err != nil {
		t.Skip("the shared OneID sample is not there")
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(z)
	all, read := 0, 0
	codes := map[string]int{}
	for lines.Scan() {
		var record struct{ Phone string }
		if err := json.Unmarshal(lines.Bytes(), &record); err != nil {
			t.Fatal(err)
		}
		if record.Phone == "" {
			continue
		}
		all++
		found, problem := normalise("phone", record.Phone)
		if len(found) > 0 {
			read++
		}
		if problem != nil {
			codes[problem.Code]++
		}
		for _, n := range found {
			codes[n.Type]++
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d of %d read: %v", read, all, codes)
	if all < 10000 || read*1000 < all*990 {
		t.Errorf("%d of %d phone texts were read", read, all)
	}
}
