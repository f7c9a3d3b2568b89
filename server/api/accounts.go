package api

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"rollcall/client/wire"
	"rollcall/engine"
	"rollcall/engine/command"
	"rollcall/server/intake"
)

// What the 360 view of an account shows at most; everything beyond is found by queries.
const (
	contacts360      = 100
	events360        = 50
	opportunities360 = 100
)

func (c *call) accountOf(root *engine.Root) (uint32, error) {
	text, err := c.param("account_id")
	if err != nil {
		return 0, err
	}
	if ord, ok := root.Accounts().Ordinal(strings.ToLower(text)); ok {
		return ord, nil
	}
	return 0, notFound("unknown_account_id", "there is no such account").at("account_id")
}

func (c *call) getAccount() (any, error) {
	root := c.tenant.Root()
	ord, err := c.accountOf(root)
	if err != nil {
		return nil, err
	}
	v, err := c.viewer(root)
	if err != nil {
		return nil, err
	}
	account, err := v.account(ord)
	if err != nil {
		return nil, err
	}
	return wire.AccountResponse{Read: c.read(root), Account: account}, nil
}

// account is the golden profile of one account.
func (v *viewer) account(ord uint32) (wire.Account, error) {
	if err := v.expired(); err != nil {
		return wire.Account{}, err
	}
	p := v.root.AccountProfile(ord)
	out := wire.Account{
		AccountID: intake.FormatID(p.OneID), CreatedAt: v.time(p.CreatedAt), UpdatedAt: v.time(p.UpdatedAt),
	}
	var err error
	if out.Tags, err = v.tags("account", ord, p); err != nil {
		return wire.Account{}, err
	}
	if out.Attributes, err = v.attributes(p.Attributes); err != nil {
		return wire.Account{}, err
	}
	if out.Identifiers, err = v.identifiers(p.Identifiers); err != nil {
		return wire.Account{}, err
	}
	out.Sources, err = v.sources(p.Sources)
	return out, err
}

func (c *call) listAccounts() (any, error) {
	limit, err := c.limit(100)
	if err != nil {
		return nil, err
	}
	after, err := c.argument("after")
	if err != nil {
		return nil, err
	}
	of := c.tenant.ID() + " accounts"
	at, err := parseCursor(after, of)
	if err != nil {
		return nil, err
	}
	root := c.tenant.Root()
	v, err := c.viewer(root)
	if err != nil {
		return nil, err
	}
	out := wire.AccountsResponse{Accounts: []wire.Account{}}
	population := root.Accounts()
	live := population.Live()
	for ord := at; ord < population.Len(); ord++ {
		if !live.Contains(ord) {
			continue
		}
		if len(out.Accounts) == limit {
			out.Next = formatCursor(ord, of)
			break
		}
		account, err := v.account(ord)
		if err != nil {
			return nil, err
		}
		out.Accounts = append(out.Accounts, account)
	}
	out.Read = c.read(root)
	return out, nil
}

func (c *call) getAccount360() (any, error) {
	root := c.tenant.Root()
	ord, err := c.accountOf(root)
	if err != nil {
		return nil, err
	}
	v, err := c.viewer(root)
	if err != nil {
		return nil, err
	}
	out := wire.Account360Response{
		Contacts: []wire.Contact{}, Timeline: []wire.TimelineEvent{}, OrgChart: []wire.OrgNode{}, Opportunities: []wire.Opportunity{},
	}
	if out.Account, err = v.account(ord); err != nil {
		return nil, err
	}
	people := root.AccountContacts(ord, math.MaxInt32)
	out.ContactCount = len(people)
	people = people[:min(len(people), contacts360)]
	for _, person := range people {
		contact, err := v.contact(person)
		if err != nil {
			return nil, err
		}
		out.Contacts = append(out.Contacts, contact)
		out.OrgChart = append(out.OrgChart, orgNode(contact))
	}
	if out.Timeline, err = v.accountTimeline(people); err != nil {
		return nil, err
	}
	opportunities := root.AccountRecords(ord, command.KindOpportunity)
	slices.SortStableFunc(opportunities, func(a, b engine.SourceRecord) int { return cmp.Compare(b.UpdatedAt, a.UpdatedAt) })
	for _, r := range opportunities[:min(len(opportunities), opportunities360)] {
		if err := v.expired(); err != nil {
			return nil, err
		}
		attributes, err := v.attributes(r.Attributes)
		if err != nil {
			return nil, err
		}
		o := wire.Opportunity{Source: r.Name, UpdatedAt: v.time(r.UpdatedAt), Attributes: attributes}
		if id, err := c.tenant.keys.Unseal(r.SourceID); err == nil {
			o.SourceID = maskText("", string(id))
		}
		out.Opportunities = append(out.Opportunities, o)
	}
	out.Read = c.read(root)
	return out, nil
}

func orgNode(p wire.Contact) wire.OrgNode {
	text := func(name string) string {
		s, _ := p.Attributes[name].(string)
		return s
	}
	return wire.OrgNode{OneID: p.OneID, Name: text("name"), JobTitle: text("job_title"), ReportsTo: text("reports_to_one_id")}
}

// accountTimeline merges the newest events of the people, newest first.
func (v *viewer) accountTimeline(people []uint32) ([]wire.TimelineEvent, error) {
	type owned struct {
		ord uint32
		engine.StoredEvent
	}
	var all []owned
	for _, ord := range people {
		if err := v.expired(); err != nil {
			return nil, err
		}
		stored, err := v.root.Timeline(ord, engine.Cursor{}, events360)
		if err != nil {
			return nil, err
		}
		for _, s := range stored {
			all = append(all, owned{ord, s})
		}
	}
	slices.SortStableFunc(all, func(a, b owned) int {
		return cmp.Or(cmp.Compare(b.OccurredAt, a.OccurredAt), strings.Compare(b.EventID, a.EventID))
	})
	out := make([]wire.TimelineEvent, 0, events360)
	for _, e := range all[:min(len(all), events360)] {
		event, err := v.call.timelineEvent(v.root, e.ord, e.StoredEvent)
		if err != nil {
			return nil, err
		}
		out = append(out, event)
	}
	return out, nil
}
