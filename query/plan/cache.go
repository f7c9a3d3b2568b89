package plan

import (
	"container/list"
	"sync"

	"rollcall/query"
)

// Cache keeps the plans that were used last. One Cache serves one tenant: plans are kept under their canonical text,
// the population's name and its Version. It may be used from any goroutine.
type Cache struct {
	size int
	mu   struct {
		sync.Mutex
		plans map[cacheKey]*list.Element // of *cacheEntry
		used  list.List                  // the one used last in front
	}
}

type cacheKey struct {
	text, population string
	version          uint64
}

type cacheEntry struct {
	key  cacheKey
	plan *Plan
}

// NewCache makes a cache of up to n plans.
func NewCache(n int) *Cache {
	c := &Cache{size: max(1, n)}
	c.mu.plans = make(map[cacheKey]*list.Element)
	return c
}

// Plan parses text, checks it against p and plans it, or returns the plan made before. Every error is a *query.Error.
func (c *Cache) Plan(text string, p Population) (*Plan, error) {
	// A canonical text is the only one that prints as itself, so a text that is a key needs no parsing.
	if pl := c.get(cacheKey{text, p.Name(), p.Version()}); pl != nil {
		return pl, nil
	}
	e, err := query.Parse(text)
	if err != nil {
		return nil, err
	}
	return c.PlanExpr(e, p)
}

// PlanExpr is Plan for an expression that is parsed already.
func (c *Cache) PlanExpr(e query.Expr, p Population) (*Plan, error) {
	key := cacheKey{query.Print(e), p.Name(), p.Version()}
	if pl := c.get(key); pl != nil {
		return pl, nil
	}
	pl, err := Compile(e, p)
	if err != nil {
		return nil, err
	}
	c.put(key, pl)
	return pl, nil
}

// Len returns the number of plans that are kept.
func (c *Cache) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.used.Len()
}

func (c *Cache) get(key cacheKey) *Plan {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.mu.plans[key]
	if e == nil {
		return nil
	}
	c.mu.used.MoveToFront(e)
	return e.Value.(*cacheEntry).plan
}

func (c *Cache) put(key cacheKey, pl *Plan) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.plans[key] != nil {
		return
	}
	c.mu.plans[key] = c.mu.used.PushFront(&cacheEntry{key, pl})
	for c.mu.used.Len() > c.size {
		oldest := c.mu.used.Back()
		c.mu.used.Remove(oldest)
		delete(c.mu.plans, oldest.Value.(*cacheEntry).key)
	}
}
