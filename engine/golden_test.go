package engine

import (
	"bufio"
	"encoding/hex"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cespare/xxhash/v2"
)

var newGolden = flag.Bool("new-golden", false, "write golden files that do not exist yet; existing ones are never written")

// TestGoldenPages opens pages that the first build wrote, and finds in them what it found. The file is kept for ever:
// a build that reads another format reads this one too. Its first line is the digest, then each page and its data.
func TestGoldenPages(t *testing.T) {
	const path = "testdata/golden/pages.v1.hex"
	if _, err := os.Stat(path); os.IsNotExist(err) && *newGolden {
		n := filled(t, 4)
		lines := []string{fmt.Sprintf("%s %d", n.root().Digest(), n.pages.index)}
		for _, name := range slices.Sorted(maps.Keys(n.pages.pages)) {
			lines = append(lines, hex.EncodeToString([]byte(name))+" "+hex.EncodeToString(n.pages.pages[name]))
		}
		if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	pages := newMemoryPages(t)
	pages.meta, pages.done = pageMeta, true
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	lines.Scan()
	var want string
	if _, err := fmt.Sscan(lines.Text(), &want, &pages.index); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
		name, data, _ := strings.Cut(lines.Text(), " ")
		page, err := hex.DecodeString(name)
		if err != nil {
			t.Fatal(err)
		}
		if pages.pages[string(page)], err = hex.DecodeString(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	e, err := Open(pages, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	tenant, ok := e.Tenant(tenantID)
	if !ok {
		t.Fatal("no tenant")
	}
	same(t, "digest", tenant.Root().firstDigest(t), want)
}

// firstDigest is the digest as the build that wrote the golden files defined it: with the clock, and with the rows of
// contacts that were merged away.
func (r *Root) firstDigest(t *testing.T) string {
	t.Helper()
	var now [2]uint64
	digest := r.Digest()
	if _, err := fmt.Sscanf(digest, "%16x%16x", &now[1], &now[0]); err != nil {
		t.Fatal(err)
	}
	seed := xxhash.Sum64String(r.tenant.id)
	more, less := summer{seed: seed}, summer{seed: seed}
	more.text("state").number(uint64(r.time)).number(r.seq).end()
	less.text("state").number(r.seq).end()
	everybody := *r
	edit := r.contacts.live.Edit()
	for ord := range r.contacts.ids.n {
		edit.Add(ord)
	}
	everybody.contacts.live = edit.Publish()
	for chunk := range r.events.Chunks() {
		for _, typ := range r.events.Types(chunk) {
			everybody.sumEvents(&more, r.events.Rows(chunk, typ))
			r.sumEvents(&less, r.events.Rows(chunk, typ))
		}
	}
	return fmt.Sprintf("%016x%016x", now[1]+more.high-less.high, now[0]+more.low-less.low)
}
