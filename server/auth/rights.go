package auth

import (
	"slices"

	"rollcall/engine/schema"
)

// RoleRoot is the role of the root key. No API key can have it.
const RoleRoot = "root"

// RoleSource is the role of a data source: it writes records and events and reads nothing.
const RoleSource = "source"

// Right is what a route asks of its caller.
type Right uint8

// The rights. There is deliberately no zero right: a route that forgets to declare one is refused at start.
const (
	Public Right = iota + 1 // no key needed
	Root                    // the root key: tenants, keys, the cluster
	Ingest                  // records and events: every role of a tenant
	Use                     // everything else within a tenant: every role but source
)

// String names the right as the OpenAPI document shows it.
func (r Right) String() string {
	switch r {
	case Public:
		return "public"
	case Root:
		return "root"
	case Ingest:
		return "ingest"
	case Use:
		return "use"
	}
	return "none"
}

// May tells whether the principal has the right. Unknown roles and rights are refused.
func (p Principal) May(r Right) bool {
	switch r {
	case Public:
		return true
	case Root:
		return p.Root
	case Ingest:
		return !p.Root && p.Tenant != "" && slices.Contains(schema.Roles, p.Role)
	case Use:
		return p.May(Ingest) && p.Role != RoleSource
	}
	return false
}
