package api

import (
	"errors"
	"fmt"
	"sync"

	"rollcall/engine"
	"rollcall/query/plan"
	"rollcall/server/privacy"
)

// errNoTenant says that a key outlived its tenant; it cannot happen while tenants are never removed.
var errNoTenant = errors.New("the key's tenant does not exist")

// tenant is a tenant as calls need it: its state, its opened keys, and the plans of its expressions.
type tenant struct {
	*engine.Tenant
	keys  *privacy.Keys
	plans *plan.Cache
}

// plansOfTenant is how many plans are kept for one tenant.
const plansOfTenant = 1024

// tenants opens each tenant once. The zero value needs engine and master. It is safe for concurrent use.
type tenants struct {
	engine *engine.Engine
	master *privacy.Master
	opened sync.Map // id to *tenant
}

// open returns the tenant with this id; errNoTenant if there is none.
func (t *tenants) open(id string) (*tenant, error) {
	if known, ok := t.opened.Load(id); ok {
		return known.(*tenant), nil
	}
	state, ok := t.engine.Tenant(id)
	if !ok {
		return nil, errNoTenant
	}
	keys, err := t.master.Open(state.WrappedKeys())
	if err != nil {
		return nil, fmt.Errorf("opening the keys of tenant %s: %w", id, err)
	}
	known, _ := t.opened.LoadOrStore(id, &tenant{Tenant: state, keys: keys, plans: plan.NewCache(plansOfTenant)})
	return known.(*tenant), nil
}
