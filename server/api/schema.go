package api

import (
	"net/http"

	"rollcall/client/wire"
	"rollcall/engine"
	"rollcall/engine/command"
	"rollcall/engine/schema"
)

func (c *call) getSchema() (any, error) {
	root := c.tenant.Root()
	contacts := root.Contacts()
	out := wire.SchemaResponse{
		Read: c.read(root), Contact: attributesOf(root, "contact"), Account: attributesOf(root, "account"),
		EventTypes: append([]string{}, contacts.EventTypes()...), Properties: append([]string{}, contacts.PropNames()...),
	}
	for _, i := range schema.Identifiers {
		out.Identifiers = append(out.Identifiers, wire.IdentifierType{
			Name: i.Name, Entity: i.Entity, Priority: i.Priority, Confidence: i.Confidence, Weak: i.Weak,
		})
	}
	return out, nil
}

func attributesOf(root *engine.Root, entity string) []wire.Attribute {
	out := []wire.Attribute{}
	for _, a := range root.Attributes(entity) {
		out = append(out, wire.Attribute{Name: a.Name, Kind: a.Kind, Personal: a.Personal, Computed: a.Computed})
	}
	return out
}

// kinds are the kinds of attribute as the contract writes them. A text that was never classified is personal, so it
// is declared as a sealed one.
var kinds = map[schema.Kind]command.ValueKind{
	schema.Text: command.Token, schema.Int: command.Int, schema.Float: command.Float, schema.Bool: command.Bool, schema.Time: command.Time,
}

func (c *call) putAttribute() (any, error) {
	name, err := c.newName("name")
	if err != nil {
		return nil, err
	}
	var in wire.PutAttributeRequest
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.Entity == "" {
		in.Entity = "contact"
	}
	if in.Entity != "contact" && in.Entity != "account" {
		return nil, invalid("entity", "entity is contact or account")
	}
	kind, ok := kinds[schema.Kind(in.Kind)]
	if !ok {
		return nil, invalid("kind", "kind is text, int, float, bool or time")
	}
	root := c.tenant.Root()
	for _, a := range root.Attributes(in.Entity) {
		if a.Name != name {
			continue
		}
		if a.Kind != in.Kind {
			return nil, problem(http.StatusConflict, "incompatible_change", "the attribute is of kind %s: values and expressions rest on it", a.Kind).at("kind")
		}
		return wire.ChangedResponse{Written: wire.Written{Index: root.Index()}}, nil
	}
	r, err := c.propose(&command.PutAttribute{Entity: in.Entity, Name: name, Kind: kind})
	if err != nil {
		return nil, err
	}
	return wire.ChangedResponse{Written: wire.Written{Index: r.Index}}, nil
}
