package api

import (
	"fmt"
	"net/http"
	"regexp"
	"runtime"
	"strings"
	"time"

	"rollcall/client/wire"
	"rollcall/engine"
	"rollcall/query"
	"rollcall/query/plan"
	"rollcall/server/intake"
)

// evaluation is a planned expression over one root, with its turn among the running evaluations.
type evaluation struct {
	call       *call
	kind       string
	root       *engine.Root
	entity     string
	population plan.Population
	plan       *plan.Plan
	options    *plan.Options // shared with what shows its fields: an export moves the deadline
	began      time.Time
}

// options bound one evaluation of this call, with the clock set to now (milliseconds since 1970).
func (c *call) options(now int64) *plan.Options {
	deadline, _ := c.context.Deadline()
	if d := time.Now().Add(c.api.Limits.QueryTime); d.Before(deadline) {
		deadline = d
	}
	return &plan.Options{Now: now, Cipher: c.tenant.keys, Deadline: deadline, Workers: runtime.GOMAXPROCS(0)}
}

// takeTurn waits a moment for one of the places of running evaluations; the caller gives it back.
func (c *call) takeTurn() (giveBack func(), err error) {
	a := c.api
	select {
	case a.turns <- struct{}{}:
	default:
		wait := time.NewTimer(a.Limits.QueryWait)
		defer wait.Stop()
		select {
		case a.turns <- struct{}{}:
		case <-wait.C:
			return nil, problem(http.StatusTooManyRequests, "too_many_queries", "%d queries are running, as many as this node runs at a time", a.Limits.Queries).after(time.Second)
		}
	}
	return func() { <-a.turns }, nil
}

// evaluate plans a query and runs use with it, within a turn.
func (c *call) evaluate(kind string, q wire.Query, use func(*evaluation) (any, error)) (any, error) {
	if q.Entity != "" && q.Entity != "contact" && q.Entity != "account" {
		return nil, invalid("entity", "entity is contact or account")
	}
	if q.AsOf != "" {
		return nil, problem(http.StatusUnprocessableEntity, "as_of_unsupported", "the state of an earlier instant is not kept yet; now moves the clock alone").at("as_of")
	}
	if q.Purpose != "" || q.Channel != "" {
		return nil, problem(http.StatusUnprocessableEntity, "consent_unsupported", "consent is not part of an evaluation yet: leave purpose and channel out")
	}
	now, err := c.nowOr(q.Now)
	if err != nil {
		return nil, err
	}
	root := c.tenant.Root()
	e := &evaluation{call: c, kind: kind, root: root, entity: q.Entity, population: population(root, q.Entity), options: c.options(now), began: time.Now()}
	if e.plan, err = c.planned(q.Where, root, e.population); err != nil {
		return nil, err
	}
	return e.run(use)
}

// run takes a turn and times what is done in it.
func (e *evaluation) run(use func(*evaluation) (any, error)) (any, error) {
	planning := time.Since(e.began)
	giveBack, err := e.call.takeTurn()
	if err != nil {
		return nil, err
	}
	defer giveBack()
	e.began = time.Now().Add(-planning)
	out, err := use(e)
	e.call.api.Observe.Query(e.kind, time.Since(e.began))
	return out, err
}

// tookUs is the time spent on planning and evaluating so far, without the wait for a turn, in microseconds.
func (e *evaluation) tookUs() int64 { return time.Since(e.began).Microseconds() }

// aliasList finds expressions that may name people by ids of an earlier platform.
var aliasList = regexp.MustCompile(`(?i)\bid\s+in\b`)

// planned parses, checks and plans an expression in either form, or takes the plan made before.
func (c *call) planned(where wire.Expression, root *engine.Root, p plan.Population) (*plan.Plan, error) {
	if !where.JSON() && !aliasList.MatchString(string(where)) {
		if strings.TrimSpace(string(where)) == "" {
			return nil, invalid("where", "where is empty")
		}
		return c.tenant.plans.Plan(string(where), p)
	}
	e, err := c.parsed(where, root)
	if err != nil {
		return nil, err
	}
	return c.tenant.plans.PlanExpr(e, p)
}

// parsed reads an expression in either form. Ids of an earlier platform (cdp_id) become the OneIDs that they mean.
func (c *call) parsed(where wire.Expression, root *engine.Root) (query.Expr, error) {
	var e query.Expr
	var err error
	switch {
	case strings.TrimSpace(string(where)) == "":
		return nil, invalid("where", "where is empty")
	case where.JSON():
		e, err = query.ParseJSON([]byte(where))
	default:
		e, err = query.Parse(string(where))
	}
	if err != nil {
		return nil, err
	}
	query.Walk(e, func(e query.Expr) bool {
		ids, ok := e.(*query.IDs)
		if !ok {
			return true
		}
		for i, text := range ids.Values {
			if _, isID := intake.OneID(text); isID {
				continue
			}
			if ord, known := root.ContactBy(intake.Alias(c.tenant.keys, text)); known {
				ids.Values[i] = intake.FormatID(root.ContactID(ord))
			}
		}
		return true
	})
	return e, nil
}

// kept is an expression over p as it goes into the log: with its personal texts sealed (I18). field is where it was sent.
func (c *call) kept(field string, e query.Expr, p plan.Population) (string, error) {
	text := query.Print(plan.Seal(e, p, c.tenant.keys))
	if _, err := query.Parse(text); err != nil {
		// Sealed texts are longer than plain ones.
		return "", problem(http.StatusUnprocessableEntity, query.CodeTooLarge,
			"sealed, as it is kept, the expression is too long (%d bytes of %d, or an id of more than %d): shorten its lists of texts",
			len(text), query.MaxBytes, query.MaxNameBytes).at(field)
	}
	return text, nil
}

// shown is an expression that was kept, as it was sent.
func (c *call) shown(kept string) (string, error) {
	e, err := query.Parse(kept)
	if err != nil {
		return "", fmt.Errorf("reading a definition: %w", err)
	}
	return query.Print(plan.Reveal(e, c.tenant.keys)), nil
}
