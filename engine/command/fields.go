package command

// The fields of every struct in the order in which they are encoded. The order and the number of fields are part of
// the format: a changed struct is a new Version, and the old one stays readable for ever. Only a result, which is kept
// for a day, may have a field more behind the others, if it stays away where it is empty.

func (e *Envelope) fields(c *coder) {
	c.structure(6)
	octet(c, &e.Version)
	octet(c, &e.Type)
	c.integer(&e.Time)
	c.text(&e.Tenant)
	pointer(c, &e.Idempotency, (*Idempotency).fields)
	c.bytes(&e.Body)
}

func (i *Idempotency) fields(c *coder) {
	c.structure(2)
	c.hash((*[16]byte)(&i.Key))
	c.hash((*[16]byte)(&i.Request))
}

func (t *CreateTenant) fields(c *coder) {
	c.structure(4)
	c.text(&t.ID)
	c.text(&t.Name)
	c.text(&t.Timezone)
	c.bytes(&t.Keys)
}

func (t *DeleteTenant) fields(c *coder) {
	c.structure(1)
	c.text(&t.ID)
}

func (k *PutKey) fields(c *coder) {
	c.structure(4)
	c.text(&k.ID)
	c.text(&k.Role)
	c.bytes(&k.Hash)
	c.truth(&k.Revoked)
}

func (i *Identifier) fields(c *coder) {
	c.structure(3)
	c.text(&i.Type)
	c.hash((*[16]byte)(&i.Key))
	c.bytes(&i.Sealed)
}

func (v *Value) fields(c *coder) {
	c.structure(5)
	c.text(&v.Name)
	octet(c, &v.Kind)
	c.text(&v.Text)
	c.integer(&v.Int)
	c.float(&v.Float)
}

// The fewest bytes that one element of a list can take.
const (
	leastIdentifier   = 1 + 1 + 18 + 1
	leastValue        = 1 + 1 + 1 + 1 + 1 + 9
	leastRecord       = 1 + 18 + 18 + 8
	leastEvent        = 1 + 18 + 18 + 18 + 4 + 18 + 4
	leastID           = 18
	leastRecordResult = 1 + 1 + 18 + 18 + 1 + 1 + 9 + 3
	leastEventResult  = 1 + 1 + 18 + 2
)

func (a *AccountRef) fields(c *coder) {
	c.structure(3)
	c.hash((*[16]byte)(&a.NewID))
	c.text(&a.Name)
	list(c, &a.Identifiers, leastIdentifier, &c.idents, (*Identifier).fields)
}

func (r *Record) fields(c *coder) {
	c.structure(10)
	c.hash((*[16]byte)(&r.NewID))
	c.hash((*[16]byte)(&r.Key))
	c.text(&r.Source)
	c.bytes(&r.SourceID)
	octet(c, &r.Kind)
	c.text(&r.Org)
	c.integer(&r.UpdatedAt)
	list(c, &r.Identifiers, leastIdentifier, &c.idents, (*Identifier).fields)
	list(c, &r.Attributes, leastValue, &c.values, (*Value).fields)
	pointer(c, &r.Account, (*AccountRef).fields)
}

func (p *PutRecords) fields(c *coder) {
	c.structure(1)
	list(c, &p.Records, leastRecord, nil, (*Record).fields)
}

func (e *Event) fields(c *coder) {
	c.structure(13)
	c.hash((*[16]byte)(&e.NewID))
	c.hash((*[16]byte)(&e.Key))
	c.hash((*[16]byte)(&e.RecordKey))
	c.text(&e.EventID)
	c.text(&e.Source)
	c.text(&e.Org)
	c.text(&e.Type)
	c.integer(&e.OccurredAt)
	c.hash((*[16]byte)(&e.OneID))
	list(c, &e.Identifiers, leastIdentifier, &c.idents, (*Identifier).fields)
	list(c, &e.Props, leastValue, &c.values, (*Value).fields)
	c.bytes(&e.Sealed)
	c.truth(&e.Future)
}

func (p *PutEvents) fields(c *coder) {
	c.structure(1)
	list(c, &p.Events, leastEvent, nil, (*Event).fields)
}

func (t *PutTag) fields(c *coder) {
	c.structure(6)
	c.text(&t.Name)
	c.text(&t.Entity)
	c.text(&t.Kind)
	c.truth(&t.Valued)
	c.text(&t.Rule)
	c.text(&t.Description)
}

func (t *DeleteTag) fields(c *coder) {
	c.structure(1)
	c.text(&t.Name)
}

func (t *TagMembers) fields(c *coder) {
	c.structure(4)
	c.text(&t.Name)
	c.text(&t.Value)
	list(c, &t.Add, leastID, nil, (*ID).fields)
	list(c, &t.Remove, leastID, nil, (*ID).fields)
}

func (id *ID) fields(c *coder) { c.hash((*[16]byte)(id)) }

func (s *PutSegment) fields(c *coder) {
	c.structure(5)
	c.text(&s.ID)
	c.text(&s.Name)
	c.text(&s.Where)
	c.text(&s.Mode)
	c.bytes(&s.Members)
}

func (s *DeleteSegment) fields(c *coder) {
	c.structure(1)
	c.text(&s.ID)
}

func (a *PutAttribute) fields(c *coder) {
	c.structure(3)
	c.text(&a.Entity)
	c.text(&a.Name)
	octet(c, &a.Kind)
}

func (r *Result) fields(c *coder) {
	c.structure(7)
	c.long(&r.Index)
	c.text(&r.Code)
	c.text(&r.Detail)
	list(c, &r.Records, leastRecordResult, nil, (*RecordResult).fields)
	list(c, &r.Events, leastEventResult, nil, (*EventResult).fields)
	c.word(&r.Changed)
	list(c, &r.Unknown, leastID, nil, (*ID).fields)
}

func (r *RecordResult) fields(c *coder) {
	c.structure(9)
	octet(c, &r.Status)
	c.hash((*[16]byte)(&r.OneID))
	c.hash((*[16]byte)(&r.AccountID))
	c.truth(&r.Created)
	c.text(&r.MatchedBy)
	c.float(&r.Confidence)
	c.text(&r.Code)
	c.text(&r.Detail)
	c.text(&r.Field)
}

func (r *EventResult) fields(c *coder) {
	more := c.extended(4, r.Field != "")
	octet(c, &r.Status)
	c.hash((*[16]byte)(&r.OneID))
	c.text(&r.Code)
	c.text(&r.Detail)
	if more {
		c.text(&r.Field)
	}
}
