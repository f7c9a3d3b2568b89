package api

import (
	"errors"
	"net/http"

	"rollcall/client/wire"
	"rollcall/engine"
	"rollcall/engine/command"
	"rollcall/query/plan"
	"rollcall/server/intake"
)

// checkBatch refuses an empty batch and one with too many items.
func (c *call) checkBatch(field string, n int) error {
	if n == 0 {
		return invalid(field, "%s is empty", field)
	}
	if n > c.api.Limits.BatchItems {
		return problem(http.StatusRequestEntityTooLarge, "batch_too_large", "%s has %d items, at most %d are taken at a time",
			field, n, c.api.Limits.BatchItems).at(field)
	}
	return nil
}

// intakeTenant is the caller's tenant as intake needs it.
func (c *call) intakeTenant() intake.Tenant {
	root := c.tenant.Root()
	return intake.Tenant{
		ID: c.tenant.ID(), Zone: c.tenant.Zone(), Keys: c.tenant.keys,
		KindOf: func(entity, name string) (command.ValueKind, bool) { return kindOf(root, entity, name) },
	}
}

// kindOf is the kind of a stored attribute as commands write it.
func kindOf(root *engine.Root, entity, name string) (command.ValueKind, bool) {
	find := population(root, entity).Attribute
	if entity == "opportunity" {
		find = root.Deal
	}
	a, ok := find(name)
	if !ok {
		return 0, false
	}
	switch a.Kind {
	case plan.Int:
		return command.Int, true
	case plan.Float:
		return command.Float, true
	case plan.Bool:
		return command.Bool, true
	case plan.Time:
		return command.Time, true
	}
	if a.Sealed {
		return command.Token, true
	}
	return command.Text, true
}

// proposeAll writes the commands of one batch in their order, so that items about the same person apply in the order
// of the request. part is the number of the first among the commands of the request. It returns the results and the
// newest index; of an empty batch the index of the state.
func proposeAll[B any, P interface {
	*B
	command.Body
}](c *call, commands []B, part int) ([]*command.Result, uint64, error) {
	index := c.tenant.Root().Index()
	results := make([]*command.Result, len(commands))
	for i := range commands {
		r, err := c.proposePart(c.who.Tenant, P(&commands[i]), part+i)
		if n := (*NodeError)(nil); part+i > 0 && errors.As(err, &n) {
			// Earlier parts are applied: "not applied" would be wrong of the batch.
			return nil, 0, &NodeError{Kind: Unknown, Err: err}
		}
		if err != nil {
			return nil, 0, err
		}
		results[i], index = r, r.Index
	}
	return results, index, nil
}

func (c *call) putRecords() (any, error) {
	var in wire.PutRecordsRequest
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := c.checkBatch("records", len(in.Records)); err != nil {
		return nil, err
	}
	batch := intake.Records(c.intakeTenant(), c.api.Clock(), in.Records)
	results, index, err := proposeAll(c, batch.Commands, 0)
	if err != nil {
		return nil, err
	}
	out := wire.PutRecordsResponse{Written: wire.Written{Index: index}, Results: batch.Merge(results)}
	rejected := 0
	for i := range out.Results {
		if out.Results[i].Status == wire.StatusRejected {
			rejected++
		}
	}
	c.api.Observe.Ingest("records", "ok", len(out.Results)-rejected)
	c.api.Observe.Ingest("records", "rejected", rejected)
	return out, nil
}

func (c *call) putEvents() (any, error) {
	var in wire.PutEventsRequest
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := c.checkBatch("events", len(in.Events)); err != nil {
		return nil, err
	}
	batch := intake.Events(c.intakeTenant(), c.api.Clock(), in.Events)
	results, index, err := proposeAll(c, batch.Commands, 0)
	if err != nil {
		return nil, err
	}
	if records := batch.Records(results); len(records) > 0 {
		var followed []*command.Result
		if followed, index, err = proposeAll(c, records, len(batch.Commands)); err != nil {
			return nil, err
		}
		batch.Followed(followed)
	}
	out := wire.PutEventsResponse{Written: wire.Written{Index: index}, Results: batch.Merge(results)}
	outcomes := make(map[string]int, 3)
	for i := range out.Results {
		outcomes[out.Results[i].Status]++
	}
	c.api.Observe.Ingest("events", "ok", outcomes[wire.StatusAccepted])
	c.api.Observe.Ingest("events", "duplicate", outcomes[wire.StatusDuplicate])
	c.api.Observe.Ingest("events", "rejected", outcomes[wire.StatusRejected])
	return out, nil
}

func (c *call) lookupRecords() (any, error) {
	var in wire.LookupRecordsRequest
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := c.checkBatch("records", len(in.Records)); err != nil {
		return nil, err
	}
	root := c.tenant.Root()
	out := wire.LookupRecordsResponse{Read: c.read(root), Results: make([]wire.RecordOwner, len(in.Records))}
	for i, r := range in.Records {
		id, kind, ok := root.RecordOwner(c.tenant.keys.Record(r.Source, r.SourceID))
		switch {
		case !ok:
			out.Results[i].Code = "not_found"
		case kind == command.KindAccount:
			out.Results[i] = wire.RecordOwner{AccountID: intake.FormatID(id), Kind: kindName(kind)}
		default:
			out.Results[i] = wire.RecordOwner{OneID: intake.FormatID(id), Kind: kindName(kind)}
		}
	}
	return out, nil
}

// kindName is how the contract writes a kind of record.
func kindName(k command.Kind) string {
	switch k {
	case command.KindAccount:
		return "account"
	case command.KindLead:
		return "lead"
	case command.KindOpportunity:
		return "opportunity"
	case command.KindImplicit:
		return "implicit"
	}
	return "contact"
}
