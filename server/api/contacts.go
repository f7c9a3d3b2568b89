package api

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"rollcall/client/wire"
	"rollcall/engine"
	"rollcall/engine/command"
	"rollcall/engine/schema"
	"rollcall/query/plan"
	"rollcall/server/intake"
	"rollcall/server/privacy"
)

// read is the part that every answer of a read begins with.
func (c *call) read(root *engine.Root) wire.Read {
	c.setIndex(root.Index())
	if c.api.Node.Leads() {
		return wire.Read{Index: root.Index()}
	}
	return wire.Read{Index: root.Index(), AgeMs: max(0, c.api.Clock().UnixMilli()-root.Time())}
}

func population(root *engine.Root, entity string) plan.Population {
	if entity == "account" {
		return root.Accounts()
	}
	return root.Contacts()
}

// contactOf finds the live contact that an id in a path means: a OneID, or an id of an earlier platform (cdp_id).
func (c *call) contactOf(root *engine.Root, text string) (uint32, error) {
	if id, ok := intake.OneID(text); ok {
		if ord, ok := root.Contact(id); ok {
			return ord, nil
		}
	} else if ord, ok := root.ContactBy(intake.Alias(c.tenant.keys, text)); ok {
		return ord, nil
	}
	return 0, notFound("unknown_one_id", "there is no such contact").at("one_id")
}

func (c *call) getContact() (any, error) {
	text, err := c.param("one_id")
	if err != nil {
		return nil, err
	}
	root := c.tenant.Root()
	ord, err := c.contactOf(root, text)
	if err != nil {
		return nil, err
	}
	v, err := c.viewer(root)
	if err != nil {
		return nil, err
	}
	if v.reveal, err = c.revealed(root.ContactID(ord)); err != nil {
		return nil, err
	}
	contact, err := v.contact(ord)
	if err != nil {
		return nil, err
	}
	return wire.ContactResponse{Read: c.read(root), Contact: contact}, nil
}

func (c *call) lookupContact() (any, error) {
	var in wire.LookupContactRequest
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if len(in.Identifiers) == 0 {
		return nil, invalid("identifiers", "identifiers is empty")
	}
	identifiers, err := intake.Identifiers(c.tenant.keys, "contact", in.Identifiers)
	if err != nil {
		return nil, err
	}
	root := c.tenant.Root()
	for _, i := range identifiers {
		ord, ok := root.ContactBy(i.Key)
		if !ok {
			continue
		}
		v, err := c.viewer(root)
		if err != nil {
			return nil, err
		}
		contact, err := v.contact(ord)
		if err != nil {
			return nil, err
		}
		return wire.ContactResponse{Read: c.read(root), Contact: contact, MatchedBy: i.Type}, nil
	}
	return nil, notFound("unknown_contact", "nobody has one of these identifiers").at("identifiers")
}

// viewer shows profiles of one root as people see them: sealed texts opened, personal values masked.
type viewer struct {
	call    *call
	root    *engine.Root
	options *plan.Options // of the rules, with the clock of everything that is shown
	reveal  string        // the one identifier type that is shown in plain
	rules   map[string][]rule
}

// rule is a rule tag that is evaluated for each profile shown.
type rule struct {
	name string
	plan *plan.Plan
}

func (c *call) viewer(root *engine.Root) (*viewer, error) {
	text, err := c.argument("now")
	if err != nil {
		return nil, err
	}
	now, err := c.nowOr(text)
	if err != nil {
		return nil, err
	}
	o := c.options(now)
	o.Deadline, _ = c.context.Deadline() // a profile is many small evaluations: the call's deadline is theirs
	return c.viewerWith(root, o)
}

// viewerWith is a viewer within these options.
func (c *call) viewerWith(root *engine.Root, o *plan.Options) (*viewer, error) {
	v := &viewer{call: c, root: root, options: o, rules: make(map[string][]rule)}
	for _, t := range root.Tags() {
		if t.Kind != "rule" {
			continue
		}
		p, err := c.ruleOf(t.Name, population(root, t.Entity))
		if err != nil {
			return nil, fmt.Errorf("planning the rule of a tag: %w", err)
		}
		v.rules[t.Entity] = append(v.rules[t.Entity], rule{t.Name, p})
	}
	return v, nil
}

// expired is an error once the time of what is shown is over.
func (v *viewer) expired() error {
	if time.Now().After(v.options.Deadline) {
		return plan.ErrDeadline
	}
	return nil
}

// contact is the 360-degree view of one live contact.
func (v *viewer) contact(ord uint32) (wire.Contact, error) {
	if err := v.expired(); err != nil {
		return wire.Contact{}, err
	}
	p := v.root.Profile(ord)
	tags, err := v.tags("contact", ord, p)
	if err != nil {
		return wire.Contact{}, err
	}
	out := wire.Contact{
		OneID: intake.FormatID(p.OneID), Tags: tags,
		CreatedAt: v.time(p.CreatedAt), UpdatedAt: v.time(p.UpdatedAt),
	}
	if out.Attributes, err = v.attributes(p.Attributes); err != nil {
		return wire.Contact{}, err
	}
	if out.Identifiers, err = v.identifiers(p.Identifiers); err != nil {
		return wire.Contact{}, err
	}
	if ids := out.Identifiers[aliasType]; len(ids) > 0 {
		out.CDPID = ids[0]
	}
	if out.Sources, err = v.sources(p.Sources); err != nil {
		return wire.Contact{}, err
	}
	if p.HasAccount {
		account := v.root.AccountProfile(p.Account)
		attributes, err := v.attributes(account.Attributes)
		if err != nil {
			return wire.Contact{}, err
		}
		name, _ := attributes["name"].(string)
		out.Account = &wire.AccountLink{AccountID: intake.FormatID(account.OneID), Name: name}
	}
	count, last, any := v.root.Interactions(ord, v.options.Now)
	out.Interactions7d = count
	if any {
		out.LastInteractionAt = v.call.formatTime(last)
	}
	return out, nil
}

// time writes an instant, "" for none.
func (v *viewer) time(ms int64) string {
	if ms == 0 {
		return ""
	}
	return v.call.formatTime(ms)
}

// tags are the manual tags that are set and the rule tags that hold: true, or the value.
func (v *viewer) tags(entity string, ord uint32, p engine.Profile) (map[string]any, error) {
	out := make(map[string]any, len(p.Tags))
	for _, t := range p.Tags {
		out[t.Name] = true
		if t.Value != "" {
			out[t.Name] = t.Value
		}
	}
	for _, r := range v.rules[entity] {
		holds, err := r.plan.Contains(population(v.root, entity), *v.options, ord)
		if err != nil {
			return nil, fmt.Errorf("evaluating the rule of a tag: %w", err)
		}
		if holds {
			out[r.name] = true
		}
	}
	return out, nil
}

// attributes opens sealed texts and masks what reads like a number or an address of a person.
func (v *viewer) attributes(values []command.Value) (map[string]any, error) {
	out := make(map[string]any, len(values))
	for _, a := range values {
		value, err := v.value(a)
		if err != nil {
			return nil, err
		}
		if value != nil {
			out[a.Name] = value
		}
	}
	return out, nil
}

func (v *viewer) value(a command.Value) (any, error) {
	switch a.Kind {
	case command.Text:
		return maskText(a.Name, a.Text), nil
	case command.Token:
		text, err := v.call.tenant.keys.Text(a.Text)
		if err != nil {
			return nil, fmt.Errorf("opening attribute %s: %w", a.Name, err)
		}
		return maskText(a.Name, text), nil
	case command.Int:
		return maskNumber(a.Name, a.Int), nil
	case command.Float:
		return a.Float, nil
	case command.Bool:
		return a.Int != 0, nil
	case command.Time:
		return v.call.formatTime(a.Int), nil
	}
	return nil, nil
}

// aliasType is the identifier that is no personal value: it is the contact's id in an earlier platform.
const aliasType = "cdp_id"

// identifiers groups them by type, strongest first, masked except for the revealed type.
func (v *viewer) identifiers(list []command.Identifier) (map[string][]string, error) {
	out := make(map[string][]string, len(list))
	known := make(map[[2]string]bool, len(list))
	for _, i := range list {
		if len(i.Sealed) == 0 {
			continue // follows from another one: the hash that an ad platform knows a number by
		}
		plain, err := v.call.tenant.keys.Unseal(i.Sealed)
		if err != nil {
			return nil, fmt.Errorf("opening an identifier of type %s: %w", i.Type, err)
		}
		shown := string(plain)
		if i.Type != v.reveal && i.Type != aliasType {
			shown = privacy.Mask(i.Type, shown)
		}
		if key := [2]string{i.Type, shown}; !known[key] {
			known[key] = true
			out[i.Type] = append(out[i.Type], shown)
		}
	}
	return out, nil
}

// sources lists the records behind a profile. Records that events made by themselves are listed once for a source
// that brought no other.
func (v *viewer) sources(list []engine.Source) ([]wire.Source, error) {
	out := make([]wire.Source, 0, len(list))
	known := make(map[string]bool, len(list))
	for _, implicit := range []bool{false, true} {
		for _, s := range list {
			if (s.Kind == command.KindImplicit) != implicit || implicit && known[s.Name] {
				continue
			}
			known[s.Name] = true
			source := wire.Source{Source: s.Name, Name: schema.Sources[s.Name], Kind: kindName(s.Kind), UpdatedAt: v.time(s.UpdatedAt)}
			if len(s.SourceID) > 0 {
				id, err := v.call.tenant.keys.Unseal(s.SourceID)
				if err != nil {
					return nil, fmt.Errorf("opening a source id: %w", err)
				}
				source.SourceID = maskText("", string(id))
			}
			out = append(out, source)
		}
	}
	return out, nil
}

// revealed checks ?reveal= and writes the look down before anything is shown: who, whose, which, why, never the value.
func (c *call) revealed(id command.ID) (string, error) {
	kind, err := c.argument("reveal")
	if err != nil || kind == "" {
		return "", err
	}
	known := slices.ContainsFunc(schema.Identifiers, func(i schema.Identifier) bool {
		return i.Name == kind && i.Entity == "contact"
	})
	if !known {
		return "", invalid("reveal", "reveal names no type of identifier")
	}
	reason, err := c.argument("reason")
	if err != nil {
		return "", err
	}
	if reason == "" || len(reason) > 1024 {
		return "", problem(http.StatusUnprocessableEntity, "reason_required", "reveal needs a reason of 1 to 1024 bytes").at("reason")
	}
	c.api.Logger.Info("audit: identifier revealed", "tenant", c.tenant.ID(), "key", c.who.KeyID, "role", c.who.Role,
		"one_id", intake.FormatID(id), "identifier", kind, "reason", maskAll(reason))
	return kind, nil
}
