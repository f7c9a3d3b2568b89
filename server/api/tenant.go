package api

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"rollcall/engine"
	"rollcall/query/plan"
	"rollcall/server/auth"
	"rollcall/server/privacy"
)

// tenant is a tenant as calls need it: its state, its opened keys, and the plans of its expressions.
type tenant struct {
	*engine.Tenant
	keys     *privacy.Keys
	plans    *plan.Cache
	defining chan struct{} // one element while a tag or segment is checked and written; see call.define
}

// plansOfTenant is how many plans are kept for one tenant.
const plansOfTenant = 1024

// tenants opens each tenant once. The zero value needs engine and master. It is safe for concurrent use.
type tenants struct {
	engine *engine.Engine
	master *privacy.Master
	opened sync.Map // id to *tenant
}

// open returns the tenant with this id. A tenant that was deleted between the check of its key and now is no more
// authorised than one deleted before.
func (t *tenants) open(id string) (*tenant, error) {
	state, ok := t.engine.Tenant(id)
	if !ok {
		t.close(id)
		return nil, problem(http.StatusUnauthorized, "unauthorized", "%s", auth.ErrBadKey)
	}
	known, ok := t.opened.Load(id)
	if ok && known.(*tenant).Tenant == state {
		return known.(*tenant), nil
	}
	if ok {
		t.opened.CompareAndDelete(id, known)
	}
	keys, err := t.master.Open(state.WrappedKeys())
	if err != nil {
		return nil, fmt.Errorf("opening the keys of tenant %s: %w", id, err)
	}
	fresh := &tenant{Tenant: state, keys: keys, plans: plan.NewCache(plansOfTenant), defining: make(chan struct{}, 1)}
	if first, found := t.opened.LoadOrStore(id, fresh); found && first.(*tenant).Tenant == state {
		return first.(*tenant), nil // somebody else opened it meanwhile: there is one of each
	}
	return fresh, nil
}

// close forgets an opened tenant.
func (t *tenants) close(id string) { t.opened.Delete(id) }

// define lets one call at a time change what expressions name: each is checked against all others as they are, and two
// that pass the check at once may not stand together (a tag's end and its use, two segments of each other). The caller
// ends it by calling done.
func (c *call) define() (done func(), err error) {
	select {
	case c.tenant.defining <- struct{}{}:
		return func() { <-c.tenant.defining }, nil
	case <-c.context.Done():
		return nil, problem(http.StatusServiceUnavailable, "overloaded", "not applied: other definitions are being written").after(time.Second)
	}
}
