package wire

// CreateTenantRequest is the body of POST /v1/tenants. Timezone is an IANA name, Asia/Shanghai when empty.
type CreateTenantRequest struct {
	ID       string `json:"id" msgpack:"id"`
	Name     string `json:"name,omitempty" msgpack:"name,omitempty"`
	Timezone string `json:"timezone,omitempty" msgpack:"timezone,omitempty"`
}

// TenantResponse answers POST /v1/tenants.
type TenantResponse struct {
	Written  `msgpack:",inline"`
	ID       string `json:"id" msgpack:"id"`
	Name     string `json:"name,omitempty" msgpack:"name,omitempty"`
	Timezone string `json:"timezone" msgpack:"timezone"`
}

// CreateKeyRequest is the body of POST /v1/keys.
type CreateKeyRequest struct {
	Tenant string `json:"tenant" msgpack:"tenant"`
	Role   string `json:"role" msgpack:"role"`
}

// CreateKeyResponse answers POST /v1/keys. Key is shown this once.
type CreateKeyResponse struct {
	Written `msgpack:",inline"`
	Key     string `json:"key" msgpack:"key"`
	ID      string `json:"id" msgpack:"id"`
	Tenant  string `json:"tenant" msgpack:"tenant"`
	Role    string `json:"role" msgpack:"role"`
}
