package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/doc"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "rollcall"

// rooms is the whole import order of the project, lowest floor first: a room may import the project's rooms that its
// line names, and nothing else of the project. ARCHITECTURE.md draws the same picture.
var rooms = []struct {
	room, may string
}{
	{"client/wire", ""},
	{"engine/command", ""},
	{"engine/schema", ""},
	{"query", ""},
	{"index", ""},

	{"wal", ""},
	{"query/plan", "query index"},
	{"engine/oneid", "engine/command engine/schema index"},

	{"cluster", "wal"},
	{"engine", "engine/command engine/schema engine/oneid index query query/plan"},

	{"client", "client/wire"},
	{"server/privacy", "engine/command engine/schema"},
	{"server/intake", "client/wire engine/command engine/schema query server/privacy"},
	{"server/auth", "engine engine/command engine/schema"},

	{"server/api", "client/wire engine/command engine/schema query index query/plan engine server/privacy server/intake server/auth"},
	{"server/admin", "engine cluster wal server/auth"},

	{"server", "client/wire engine/command engine/schema query index query/plan wal engine cluster server/privacy server/intake server/auth server/api server/admin"},
	{"bench", "client client/wire index query query/plan wal"},

	{"", "client client/wire server bench engine/schema"},
}

// libraries lists the outside packages that only some rooms may see, with the reason.
var libraries = []struct {
	prefix, rooms, reason string
}{
	{"github.com/valyala/fasthttp", "client server server/api", "HTTP ends at the door"},
	{"github.com/fasthttp/router", "server server/api", "HTTP ends at the door"},
	{"github.com/cockroachdb/pebble", "wal", "all that is on disk is in wal"},
	{"github.com/hashicorp/raft", "wal cluster", "only cluster drives Raft, only wal stores for it"},
	{"github.com/vmihailenco/msgpack", "client/wire engine/command engine wal cluster client server/api", "encodings are kept where they are versioned"},
}

type goPackage struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
}

// listPackages asks the go command for every package of the module (files without tests).
func listPackages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

func room(importPath string) (string, bool) {
	if importPath == module {
		return "", true
	}
	return strings.CutPrefix(importPath, module+"/")
}

func TestImportsPointDown(t *testing.T) {
	may := map[string][]string{}
	for _, r := range rooms {
		may[r.room] = strings.Fields(r.may)
	}
	for i, r := range rooms {
		for _, below := range strings.Fields(r.may) {
			at := slices.IndexFunc(rooms, func(o struct{ room, may string }) bool { return o.room == below })
			if at < 0 || at >= i {
				t.Errorf("the table lets %q import %q, which does not stand below it", r.room, below)
			}
		}
	}
	seen := map[string]bool{}
	for _, p := range listPackages(t) {
		here, ok := room(p.ImportPath)
		if !ok {
			t.Errorf("%s is outside the module %s", p.ImportPath, module)
			continue
		}
		allowed, known := may[here]
		if !known {
			t.Errorf("%s is no room of the table: say in house_test.go and ARCHITECTURE.md what it is and what it may import", p.ImportPath)
			continue
		}
		seen[here] = true
		for _, imported := range p.Imports {
			if there, ours := room(imported); ours && !slices.Contains(allowed, there) {
				t.Errorf("%s imports %s; its line allows %v", p.ImportPath, imported, allowed)
			}
			for _, l := range libraries {
				if strings.HasPrefix(imported, l.prefix) && !slices.Contains(strings.Fields(l.rooms), here) {
					t.Errorf("%s imports %s, which only %s may: %s", p.ImportPath, imported, l.rooms, l.reason)
				}
			}
		}
	}
	for name := range maps.Keys(may) {
		if !seen[name] {
			t.Errorf("the table names the room %q, which has no package", name)
		}
	}
}

// TestRoomsSayWhatTheyHold holds every package comment's first sentence to its line in ARCHITECTURE.md.
func TestRoomsSayWhatTheyHold(t *testing.T) {
	architecture, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range listPackages(t) {
		sentence := packageSentence(t, p)
		if sentence == "" {
			t.Errorf("%s has no package comment", p.ImportPath)
			continue
		}
		name, _ := room(p.ImportPath)
		if name == "" {
			name = "main.go"
		}
		text := strings.Join(strings.Fields(sentence)[2:], " ") // without "Package name"
		line := fmt.Sprintf("| `%s` | %s |", name, text)
		if !strings.Contains(string(architecture), line) {
			t.Errorf("ARCHITECTURE.md lacks the line of %s:\n%s", p.ImportPath, line)
		}
	}
}

// packageSentence returns the first sentence of the package comment, on one line.
func packageSentence(t *testing.T, p goPackage) string {
	t.Helper()
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if f.Doc != nil {
			return new(doc.Package).Synopsis(f.Doc.Text())
		}
	}
	return ""
}

// TestDocumentsAreThere keeps the documents that README's map points to.
func TestDocumentsAreThere(t *testing.T) {
	for _, readme := range []string{"README.md", "README.zh-CN.md"} {
		text, err := os.ReadFile(readme)
		if err != nil {
			t.Fatal(err)
		}
		for rest := string(text); ; {
			_, after, found := strings.Cut(rest, "](")
			if !found {
				break
			}
			link, tail, _ := strings.Cut(after, ")")
			rest = tail
			link, _, _ = strings.Cut(link, "#")
			if link == "" || strings.Contains(link, "://") {
				continue
			}
			if _, err := os.Stat(link); err != nil {
				t.Errorf("%s points to %s: %v", readme, link, err)
			}
		}
	}
}
