package wire

// TenantsResponse answers GET /v1/tenants.
type TenantsResponse struct {
	Tenants []Tenant `json:"tenants" msgpack:"tenants"`
}

// Tenant is one tenant.
type Tenant struct {
	ID       string `json:"id" msgpack:"id"`
	Name     string `json:"name,omitempty" msgpack:"name,omitempty"`
	Timezone string `json:"timezone" msgpack:"timezone"`
}

// KeysResponse answers GET /v1/keys.
type KeysResponse struct {
	Keys []Key `json:"keys" msgpack:"keys"`
}

// Key is an API key without its secret.
type Key struct {
	ID      string `json:"id" msgpack:"id"`
	Tenant  string `json:"tenant" msgpack:"tenant"`
	Role    string `json:"role" msgpack:"role"`
	Revoked bool   `json:"revoked,omitempty" msgpack:"revoked,omitempty"`
}

// AccountsResponse answers GET /v1/accounts: one page, in a stable order. Next, when not empty, is the `after` of the
// next page.
type AccountsResponse struct {
	Read     `msgpack:",inline"`
	Accounts []Account `json:"accounts" msgpack:"accounts"`
	Next     string    `json:"next,omitempty" msgpack:"next,omitempty"`
}
