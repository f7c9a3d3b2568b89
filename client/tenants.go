package client

import (
	"context"
	"net/http"
	"net/url"

	"rollcall/client/wire"
)

// The calls of this file need the root key.

// CreateTenant opens a tenant.
func (c *Client) CreateTenant(ctx context.Context, in wire.CreateTenantRequest) (wire.TenantResponse, error) {
	var out wire.TenantResponse
	err := c.do(ctx, request{method: http.MethodPost, path: "/v1/tenants", in: in}, &out)
	return out, err
}

// Tenants are all tenants.
func (c *Client) Tenants(ctx context.Context) (wire.TenantsResponse, error) {
	var out wire.TenantsResponse
	err := c.do(ctx, request{method: http.MethodGet, path: "/v1/tenants"}, &out)
	return out, err
}

// DeleteTenant deletes a tenant with everything that it has. Its API keys are no longer valid.
func (c *Client) DeleteTenant(ctx context.Context, id string) (wire.ChangedResponse, error) {
	var out wire.ChangedResponse
	err := c.do(ctx, request{method: http.MethodDelete, path: "/v1/tenants/" + url.PathEscape(id)}, &out)
	return out, err
}

// CreateKey makes an API key. It is shown this once.
func (c *Client) CreateKey(ctx context.Context, tenant, role string) (wire.CreateKeyResponse, error) {
	var out wire.CreateKeyResponse
	err := c.do(ctx, request{method: http.MethodPost, path: "/v1/keys", in: wire.CreateKeyRequest{Tenant: tenant, Role: role}}, &out)
	return out, err
}

// Keys are the keys of a tenant, or of all when tenant is empty.
func (c *Client) Keys(ctx context.Context, tenant string) (wire.KeysResponse, error) {
	q := url.Values{}
	set(q, "tenant", tenant)
	var out wire.KeysResponse
	err := c.do(ctx, request{method: http.MethodGet, path: "/v1/keys", query: q}, &out)
	return out, err
}

// RevokeKey revokes a key for good.
func (c *Client) RevokeKey(ctx context.Context, id string) (wire.ChangedResponse, error) {
	var out wire.ChangedResponse
	err := c.do(ctx, request{method: http.MethodDelete, path: "/v1/keys/" + url.PathEscape(id)}, &out)
	return out, err
}
