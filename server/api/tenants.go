package api

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"rollcall/client/wire"
	"rollcall/engine/command"
	"rollcall/engine/schema"
)

// tenantID is what a tenant's id may look like: it is part of every key of the tenant.
var tenantID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

const defaultZone = "Asia/Shanghai"

func (c *call) createTenant() (any, error) {
	var in wire.CreateTenantRequest
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if !tenantID.MatchString(in.ID) {
		return nil, invalid("id", "id must be 1 to 64 letters, digits, - or _, a letter or digit first")
	}
	if len(in.Name) > maxName || !utf8.ValidString(in.Name) || strings.ContainsRune(in.Name, 0) {
		return nil, invalid("name", "name must be text of at most %d bytes", maxName)
	}
	if in.Timezone == "" {
		in.Timezone = defaultZone
	}
	if _, err := time.LoadLocation(in.Timezone); err != nil || in.Timezone == "Local" {
		return nil, invalid("timezone", "timezone is no IANA name such as Asia/Shanghai")
	}
	keys, err := c.api.Master.NewTenantKeys()
	if err != nil {
		return nil, err
	}
	r, err := c.proposePart(in.ID, &command.CreateTenant{ID: in.ID, Name: in.Name, Timezone: in.Timezone, Keys: keys}, 0)
	if err != nil {
		return nil, err
	}
	c.api.Logger.Info("tenant created", "tenant", in.ID, "index", r.Index)
	return wire.TenantResponse{Written: wire.Written{Index: r.Index}, ID: in.ID, Name: in.Name, Timezone: in.Timezone}, nil
}

func (c *call) listTenants() (any, error) {
	out := wire.TenantsResponse{Tenants: []wire.Tenant{}}
	for _, id := range c.sortedTenants() {
		if t, ok := c.api.Engine.Tenant(id); ok {
			out.Tenants = append(out.Tenants, wire.Tenant{ID: t.ID(), Name: t.Name(), Timezone: t.Zone().String()})
		}
	}
	return out, nil
}

// deleteTenant ends a tenant: its state, its keys, and with the next flush what is on disk of it. The id can be taken
// again by another one, which begins empty and with other keys.
func (c *call) deleteTenant() (any, error) {
	id, err := c.param("id")
	if err != nil {
		return nil, err
	}
	r, err := c.proposePart(id, &command.DeleteTenant{ID: id}, 0)
	if err != nil {
		return nil, err
	}
	c.api.tenants.close(id)
	c.api.Logger.Info("tenant deleted", "tenant", id, "index", r.Index)
	return wire.ChangedResponse{Written: wire.Written{Index: r.Index}}, nil
}

func (c *call) sortedTenants() []string {
	return slices.Sorted(slices.Values(c.api.Engine.Tenants()))
}

func (c *call) createKey() (any, error) {
	var in wire.CreateKeyRequest
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if !slices.Contains(schema.Roles, in.Role) {
		return nil, invalid("role", "role is one of %s", strings.Join(schema.Roles, ", "))
	}
	t, ok := c.api.Engine.Tenant(in.Tenant)
	if !ok {
		return nil, notFound("unknown_tenant", "there is no such tenant").at("tenant")
	}
	seed, err := c.idempotencyKey()
	if err != nil {
		return nil, err
	}
	id, text, hash := c.api.Auth.Mint(in.Tenant)
	if seed != "" {
		// The tenant's own keys tell it from one of the same id that was deleted: its API keys stay invalid.
		id, text, hash = c.api.Auth.MintFrom(in.Tenant, string(t.WrappedKeys())+in.Role+" "+seed)
		if k, known := t.Key(id); known && k.Revoked {
			return nil, problem(http.StatusConflict, "key_revoked", "the key of this Idempotency-Key was revoked: use another").at(headerIdempotency)
		}
	}
	r, err := c.proposePart(in.Tenant, &command.PutKey{ID: id, Role: in.Role, Hash: hash}, 0)
	if err != nil {
		return nil, err
	}
	c.api.Logger.Info("key created", "tenant", in.Tenant, "key", id, "role", in.Role, "index", r.Index)
	return wire.CreateKeyResponse{Written: wire.Written{Index: r.Index}, Key: text, ID: id, Tenant: in.Tenant, Role: in.Role}, nil
}

func (c *call) listKeys() (any, error) {
	only, err := c.argument("tenant")
	if err != nil {
		return nil, err
	}
	ids := c.sortedTenants()
	if only != "" {
		if !slices.Contains(ids, only) {
			return nil, notFound("unknown_tenant", "there is no such tenant").at("tenant")
		}
		ids = []string{only}
	}
	out := wire.KeysResponse{Keys: []wire.Key{}}
	for _, id := range ids {
		t, ok := c.api.Engine.Tenant(id)
		if !ok {
			continue
		}
		for _, k := range t.Keys() {
			out.Keys = append(out.Keys, wire.Key{ID: k.ID, Tenant: id, Role: k.Role, Revoked: k.Revoked})
		}
	}
	return out, nil
}

func (c *call) revokeKey() (any, error) {
	id, err := c.param("id")
	if err != nil {
		return nil, err
	}
	for _, name := range c.sortedTenants() {
		t, ok := c.api.Engine.Tenant(name)
		if !ok {
			continue
		}
		k, ok := t.Key(id)
		if !ok {
			continue
		}
		r, err := c.proposePart(name, &command.PutKey{ID: k.ID, Role: k.Role, Hash: k.Hash, Revoked: true}, 0)
		if err != nil {
			return nil, err
		}
		c.api.Logger.Info("key revoked", "tenant", name, "key", id, "index", r.Index)
		return wire.ChangedResponse{Written: wire.Written{Index: r.Index}}, nil
	}
	return nil, notFound("unknown_key", "there is no such key").at("id")
}
