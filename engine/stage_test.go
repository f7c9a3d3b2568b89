package engine

import (
	"fmt"
	"log/slog"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rollcall/engine/command"
	"rollcall/engine/schema"
)

// stage is the record that an event makes; who is the contact, at a time after start.
func stage(to string, at int64, who command.ID, account *command.AccountRef) command.Record {
	return command.Record{
		NewID: who, Key: hash("stage of", int(at)), Kind: command.KindStage, Source: "CRM", UpdatedAt: start + at,
		Attributes: []command.Value{text("stage", to)}, Account: account,
	}
}

func company(n int) *command.AccountRef {
	return &command.AccountRef{NewID: accountID(n), Name: fmt.Sprint("公司 ", n), Identifiers: ids(identifier("account_name", n))}
}

func ofCompany(n, of int) command.Record {
	r := contact("CRM", n, start, ids(identifier("mobile", n)))
	r.Account = company(of)
	return r
}

func (n *node) stage(account int) string {
	n.t.Helper()
	ord, ok := n.root().Account(accountID(account))
	if !ok {
		n.t.Fatal("there is no such account")
	}
	for _, v := range n.root().AccountProfile(ord).Attributes {
		if v.Name == "stage" {
			return v.Text
		}
	}
	return ""
}

func TestStage(t *testing.T) {
	n := newNode(t)
	who := n.record(ofCompany(1, 1)).OneID
	said := func(to string, at int64) {
		t.Helper()
		n.record(command.Record{NewID: accountID(50), Key: hash("account record", 1), Kind: command.KindAccount, Source: "ERP", UpdatedAt: start + at,
			Identifiers: ids(identifier("account_name", 1)), Attributes: []command.Value{text("stage", to)}})
	}
	want := func(what, want string) {
		t.Helper()
		same(t, what, n.stage(1), want)
	}
	want("before any event", "")
	got := n.record(stage("线索", 10, who, nil))
	same(t, "the result", got, command.RecordResult{Status: command.OK, AccountID: accountID(1)})
	want("a lead", "线索")
	n.record(stage("商机", 20, who, nil))
	want("an opportunity", "商机")
	n.record(stage("线索", 30, who, nil))
	want("a later lead", "商机")
	n.record(stage("成交", 15, who, nil))
	want("a win that is told late", "成交")
	n.record(stage("商机", 40, who, nil))
	want("a later opportunity", "成交")
	said("商机", 14)
	want("an older record", "成交")
	said("商机", 50)
	want("a record may set anything", "商机")
	n.record(stage("成交", 45, who, nil))
	want("an older win", "商机")
	n.record(stage("成交", 60, who, nil))
	want("a newer win", "成交")
	said("流失", 70)
	n.record(stage("商机", 80, who, nil))
	want("an opportunity after a win, after a record", "流失")
	same(t, "sources", len(n.root().AccountProfile(0).Sources), 1)
	same(t, "as a column", n.count("account.stage = '流失'"), uint64(1))

	// Whose account: the one that is named, if it is known; the contact's; a new one.
	n.record(ofCompany(2, 2))
	n.record(stage("成交", 10, who, company(2)))
	same(t, "a named account", n.stage(2), "成交")
	n.record(stage("成交", 90, who, company(3)))
	want("an account that nobody knows: the contact's", "成交")
	other := n.record(ofCompany(5, 5)).OneID
	n.record(command.Record{NewID: accountID(51), Key: hash("account record", 5), Kind: command.KindAccount, Source: "ERP", UpdatedAt: start + 10,
		Identifiers: ids(identifier("account_name", 5)), Attributes: []command.Value{text("stage", "成交")}})
	n.record(stage("商机", 20, other, nil))
	same(t, "an opportunity after a record of a win", n.stage(5), "成交")
	alone := n.record(contact("CRM", 4, start, ids(identifier("mobile", 4)))).OneID
	same(t, "nobody's account", n.record(stage("成交", 10, alone, nil)), command.RecordResult{Status: command.OK})
	same(t, "a new account", n.record(stage("成交", 10, alone, company(4))).AccountID, accountID(4))
	same(t, "its stage", n.stage(4), "成交")

	for what, r := range map[string]command.Record{
		"no stage":        {Kind: command.KindStage, NewID: who},
		"unknown stage":   stage("丢失", 10, who, nil),
		"other attribute": {Kind: command.KindStage, NewID: who, Attributes: []command.Value{text("city", "商机")}},
	} {
		same(t, what, n.record(r).Code, "bad_record")
	}
	digest := n.root().Digest()
	n.flush()
	n.restart()
	same(t, "the digest after a restart", n.root().Digest(), digest)
}

// TestStageOrder puts events, records and merges of accounts in another order: every stage is the same.
func TestStageOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(n int, what string) int { return rapid.IntRange(0, n-1).Draw(rt, what) }
		var records []command.Record
		for i := range 1 + draw(12, "records") {
			account := 1 + draw(2, "account")
			if at := int64(draw(10, "at")); draw(3, "kind") > 0 {
				r := stage(schema.Stages[draw(3, "stage")], at, oneID(account), nil)
				records = append(records, r)
			} else {
				records = append(records, command.Record{NewID: accountID(100 + i), Key: hash("account record", i), Kind: command.KindAccount, Source: "ERP",
					UpdatedAt: start + at, Identifiers: ids(identifier("account_name", account)), Attributes: []command.Value{text("stage", append(schema.Stages, "流失")[draw(4, "said")])}})
			}
		}
		if draw(2, "merge") == 0 {
			// Two accounts with one credit code are one.
			for account := 1; account <= 2; account++ {
				records = append(records, command.Record{NewID: accountID(200 + account), Key: hash("code record", account), Kind: command.KindAccount, Source: "ERP", UpdatedAt: start,
					Identifiers: ids(identifier("credit_code", 1), identifier("account_name", account))})
			}
		}
		play := func(records []command.Record, forget bool) []string {
			n := &node{t: rt, pages: newMemoryPages(rt), clock: start}
			e, err := Open(n.pages, slog.New(slog.DiscardHandler))
			if err != nil {
				rt.Fatal(err)
			}
			n.engine = e
			n.must(&command.CreateTenant{ID: tenantID})
			n.record(ofCompany(1, 1))
			n.record(ofCompany(2, 2))
			for _, r := range records {
				n.record(r)
				if forget {
					n.flush()
					n.restart()
				}
			}
			return []string{n.stage(1), n.stage(2)}
		}
		want := play(records, false)
		if got := play(records, true); !slices.Equal(got, want) {
			rt.Fatalf("stages %v with restarts, %v without", got, want)
		}
		if got := play(rapid.Permutation(records).Draw(rt, "order"), false); !slices.Equal(got, want) {
			rt.Fatalf("stages %v in another order, %v before", got, want)
		}
	})
}
