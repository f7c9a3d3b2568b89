package plan

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"rollcall/query"
)

// TestScenarios runs testdata/*.txt. Every file is a conversation: load says who there is, the other commands ask, and
// what follows ---- is expected (run with -rewrite to write what came, then read the diff).
//
//	load      adds to the scenario, a fact a line (see loader); the clock and the zone too
//	eval      an expression → the contacts that match. Every answer is also compared with brute force. of=account asks
//	          about accounts
//	page      an expression → its pages of limit=N
//	breakdown by=NAME, an expression → a value and its count a line
//	explain   an expression → the plan's nodes without their times
//	refuse    an expression → why it is refused; tag=NAME or segment=ID checks it as that definition
func TestScenarios(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		l := &loader{w: newWorld("Asia/Shanghai")}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			return l.run(t, d)
		})
	})
}

func (l *loader) run(t *testing.T, d *datadriven.TestData) string {
	if d.Cmd == "load" {
		for _, line := range strings.Split(d.Input, "\n") {
			if err := l.load(line); err != nil {
				d.Fatalf(t, "%s: %v", line, err)
			}
		}
		l.w.version++
		return ""
	}
	p := l.w.build(rand.New(rand.NewPCG(1, uint64(d.Pos[len(d.Pos)-1]))))
	group := &l.w.contacts
	var of string
	if d.MaybeScanArgs(t, "of", &of); of == "account" {
		p, group = p.account, &l.w.accounts
	}
	e, err := query.Parse(d.Input)
	if err != nil {
		return err.Error() + "\n"
	}
	if d.Cmd == "refuse" {
		return refusal(t, d, e, p)
	}
	pl, err := Compile(e, p)
	if err != nil {
		return err.Error() + "\n"
	}
	o := Options{Now: l.w.now, Cipher: reversing{}}
	switch d.Cmd {
	case "eval":
		ids := p.idsOf(must(pl.Set(p, o)))
		if want := (brute{l.w, l.w.now}).select_(e, group); !slices.Equal(ids, want) {
			d.Fatalf(t, "brute force says %v, the plan %v", want, ids)
		}
		if len(ids) == 0 {
			return "nobody\n"
		}
		return strings.Join(ids, " ") + "\n"
	case "page":
		return pages(t, d, p, pl, o)
	case "breakdown":
		return breakdown(t, d, p, pl, o)
	case "explain":
		var b strings.Builder
		writeNode(&b, must(pl.Explain(p, o)), "")
		return b.String()
	}
	d.Fatalf(t, "no such command")
	return ""
}

func refusal(t *testing.T, d *datadriven.TestData, e query.Expr, p Population) string {
	var name string
	err := Check(e, p)
	if d.MaybeScanArgs(t, "tag", &name); name != "" {
		err = CheckTag(name, e, p)
	} else if d.MaybeScanArgs(t, "segment", &name); name != "" {
		err = CheckSegment(name, e, p)
	}
	var refused *query.Error
	switch {
	case err == nil:
		return "fine\n"
	case !errors.As(err, &refused):
		d.Fatalf(t, "%T: %v", err, err)
	}
	out := fmt.Sprintf("%s at %d: %s\n", refused.Code, refused.Position, refused.Message)
	if refused.Suggestion != "" {
		out += "suggestion: " + refused.Suggestion + "\n"
	}
	return out
}

func pages(t *testing.T, d *datadriven.TestData, p *memory, pl *Plan, o Options) string {
	var limit int
	d.ScanArgs(t, "limit", &limit)
	var b strings.Builder
	for after, more := uint32(0), true; more; {
		var ords []uint32
		var err error
		if ords, after, more, err = pl.Page(p, o, after, limit); err != nil {
			return err.Error() + "\n"
		}
		for _, ord := range ords {
			i := slices.IndexFunc(p.group.all, func(x *thing) bool { return x.ord == ord })
			b.WriteString(p.group.all[i].id + " ")
		}
		fmt.Fprintf(&b, "next=%d more=%v\n", after, more)
	}
	return b.String()
}

func breakdown(t *testing.T, d *datadriven.TestData, p *memory, pl *Plan, o Options) string {
	var by string
	d.ScanArgs(t, "by", &by)
	text, ofAccount := strings.CutPrefix(by, "account.")
	buckets, err := pl.Breakdown(p, o, query.Name{Account: ofAccount, Text: text})
	if err != nil {
		return err.Error() + "\n"
	}
	var b strings.Builder
	total := uint64(0)
	for _, bucket := range buckets {
		total += bucket.Count
		if bucket.Null {
			fmt.Fprintf(&b, "NULL: %d\n", bucket.Count)
		} else {
			fmt.Fprintf(&b, "%q: %d\n", bucket.Value, bucket.Count)
		}
	}
	if n := must(pl.Count(p, o)); n != total {
		d.Fatalf(t, "the buckets add up to %d of %d", total, n)
	}
	if len(buckets) == 0 {
		return "nothing\n"
	}
	return b.String()
}

func writeNode(b *strings.Builder, n *Node, indent string) {
	fmt.Fprintf(b, "%s%s: %d rows, %d read, %d empty, %d full, %d by zone\n", indent, n.Label, n.Rows,
		n.ChunksRead, n.SkippedEmpty, n.SkippedFull, n.SkippedZone)
	for _, child := range n.Children {
		writeNode(b, child, indent+"  ")
	}
}

// loader reads the facts of a scenario:
//
//	zone Asia/Shanghai                          the tenant's time zone
//	now '2024-10-30 10:00:00'                   the current time
//	types call.outbound.ended page.view         event types
//	props answered talk_seconds agent:sealed    properties of events
//	attribute name text sealed                  text, int, float, bool or time; account.NAME is of accounts
//	computed interactions_7d call.outbound.ended
//	tag vip                                     set or not; account.NAME is of accounts
//	tag stage values                            with values
//	rule 高接通率 = EXPR                          account.NAME is of accounts
//	segment s1 = EXPR
//	static s2 zhang li                          frozen members
//	account acme industry='金融' key             attributes and tags; gone: merged away
//	contact zhang @acme city='北京' stage='商机' vip at:65536     at gives the ordinal
//	event zhang call.outbound.ended '2024-10-29 10:30:00' e1 answered=true talk_seconds=900
type loader struct {
	w    *world
	next uint32
}

func (l *loader) load(line string) error {
	word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	fields := splitFields(rest)
	arg := func(i int) string {
		if i < len(fields) {
			return fields[i]
		}
		return ""
	}
	name, ofAccount := strings.CutPrefix(arg(0), "account.")
	group := &l.w.contacts
	if ofAccount {
		group = &l.w.accounts
	}
	switch word {
	case "", "#":
	case "zone":
		zone, err := time.LoadLocation(arg(0))
		l.w.zone = zone
		return err
	case "now":
		l.w.now = l.instant(arg(0))
	case "types":
		l.w.types = append(l.w.types, fields...)
	case "props":
		for _, f := range fields {
			prop, sealed := strings.CutSuffix(f, ":sealed")
			l.w.props[prop] = sealed
		}
	case "attribute":
		kind := slices.Index([]string{Text: "text", Int: "int", Float: "float", Bool: "bool", Time: "time"}, arg(1))
		if kind < 0 {
			return fmt.Errorf("no kind %q", arg(1))
		}
		group.attrs[name] = Attribute{Kind: Kind(kind), Sealed: arg(2) == "sealed"}
	case "computed":
		kind := map[string]Kind{"interactions_7d": Int, "last_interaction_at": Time}[name]
		group.attrs[name] = Attribute{Kind: kind, Computed: Computed(name), Types: fields[1:]}
	case "tag":
		group.tags[name] = tagDef{valued: arg(1) == "values"}
	case "rule", "segment":
		_, text, _ := strings.Cut(rest, " = ")
		e, err := query.Parse(text)
		if err != nil {
			return err
		}
		if word == "rule" {
			group.tags[name] = tagDef{rule: e}
		} else {
			group.segments[name] = segmentDef{where: e}
		}
	case "static":
		members := map[string]bool{}
		for _, id := range fields[1:] {
			members[id] = true
		}
		group.segments[name] = segmentDef{members: members}
	case "account":
		t, err := l.thing(fields, &l.w.accounts)
		t.ord = uint32(len(l.w.accounts.all))
		l.w.accounts.all = append(l.w.accounts.all, t)
		return err
	case "contact":
		t, err := l.thing(fields, &l.w.contacts)
		l.w.contacts.all = append(l.w.contacts.all, t)
		return err
	case "event":
		return l.event(fields)
	default:
		return fmt.Errorf("no fact %q", word)
	}
	return nil
}

// splitFields splits at spaces outside of quotes.
func splitFields(text string) []string {
	quoted := false
	return strings.FieldsFunc(text, func(r rune) bool {
		if r == '\'' {
			quoted = !quoted
		}
		return r == ' ' && !quoted
	})
}

func (l *loader) instant(text string) int64 {
	return brute{w: l.w}.instant(strings.Trim(text, "'"))
}

func (l *loader) thing(fields []string, g *people) (*thing, error) {
	t := &thing{id: fields[0], ord: l.next, attrs: map[string]any{}, tags: map[string]string{}}
	for _, f := range fields[1:] {
		name, value, given := strings.Cut(f, "=")
		plain := strings.Trim(value, "'")
		attr, isAttr := g.attrs[name]
		var err error
		switch {
		case f == "gone":
			t.gone = true
		case strings.HasPrefix(f, "at:"):
			var ord int
			ord, err = strconv.Atoi(f[3:])
			t.ord = uint32(ord)
		case strings.HasPrefix(f, "@"):
			i := slices.IndexFunc(l.w.accounts.all, func(a *thing) bool { return a.id == f[1:] })
			t.account = l.w.accounts.all[i]
		case isAttr && attr.Kind == Text:
			t.attrs[name] = plain
		case isAttr && attr.Kind == Int:
			t.attrs[name], err = strconv.ParseInt(value, 10, 64)
		case isAttr && attr.Kind == Float:
			t.attrs[name], err = strconv.ParseFloat(value, 64)
		case isAttr && attr.Kind == Bool:
			t.attrs[name], err = strconv.ParseBool(value)
		case isAttr:
			t.attrs[name] = l.instant(plain)
		default:
			if def, ok := g.tags[name]; !ok || def.valued != given {
				err = fmt.Errorf("no such tag or attribute")
			}
			t.tags[name] = plain
		}
		if err != nil {
			return t, fmt.Errorf("%s: %w", f, err)
		}
	}
	l.next = max(l.next, t.ord+1)
	return t, nil
}

func (l *loader) event(fields []string) error {
	i := slices.IndexFunc(l.w.contacts.all, func(t *thing) bool { return t.id == fields[0] })
	if i < 0 || !slices.Contains(l.w.types, fields[1]) {
		return fmt.Errorf("no such contact or type")
	}
	h := happening{typ: fields[1], at: l.instant(fields[2]), id: fields[3], props: map[string]any{}}
	for _, f := range fields[4:] {
		name, value, _ := strings.Cut(f, "=")
		if number, err := strconv.ParseFloat(value, 64); err == nil {
			h.props[name] = number
		} else if truth, err := strconv.ParseBool(value); err == nil {
			h.props[name] = truth
		} else {
			h.props[name] = strings.Trim(value, "'")
		}
	}
	l.w.contacts.all[i].events = append(l.w.contacts.all[i].events, h)
	return nil
}
