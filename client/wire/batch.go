package wire

import "strings"

// Records and events come in batches of thousands and carry most bytes, so they have a decoder of their own: one pass
// over one copy of the body, texts are substrings of it. What is wrong with one item is noted in its Invalid.

// minItem is a guess at the bytes of an item, to size a batch before it is read.
const minItem = 160

// decodeBatch reads {"<field>": [items]}. faults are of items that are not to be looked into, at their places in text.
func decodeBatch[T any](text, field string, items *[]T, faults []fault, item func(*reader, *Invalid) T) error {
	r := reader{text: text}
	*items = nil
	if r.next() != '{' {
		return wrongType("an object with the field "+field, "")
	}
	r.begin()
	for r.more() {
		if name := r.name(); name != field {
			return &Error{Code: CodeUnknownField, Message: "a field that does not exist here: expected " + field, Offset: NoOffset, Path: ShortPath(name)}
		}
		if r.next() != '[' {
			return wrongType("an array", field)
		}
		*items = make([]T, 0, (len(text)-r.at)/minItem+1)
		r.begin()
		for r.more() {
			var lost *Invalid
			if len(faults) > 0 && faults[0].from == r.at {
				lost, faults = &faults[0].invalid, faults[1:]
			}
			*items = append(*items, item(&r, lost))
		}
	}
	return nil
}

// record reads one record, of one that is lost nothing.
func (r *reader) record(lost *Invalid) (rec Record) {
	from := r.at
	if rec.Invalid = r.enter(lost); rec.Invalid != nil {
		return rec
	}
	for r.more() {
		name := r.name()
		var problem *Invalid
		switch name {
		case "source":
			rec.Source, problem = r.plain(name)
		case "source_id":
			rec.SourceID, problem = r.id(name)
		case "kind":
			rec.Kind, problem = r.plain(name)
		case "tenant_id":
			rec.TenantID, problem = r.id(name)
		case "org_id":
			rec.OrgID, problem = r.id(name)
		case "updated_at":
			rec.UpdatedAt, problem = r.plain(name)
		case "identifiers":
			rec.Identifiers, problem = r.identifiers()
		case "attributes":
			rec.Attributes, problem = r.object(name)
		default:
			problem = r.unknown(name)
		}
		if problem != nil && rec.Invalid == nil {
			rec.Invalid = problem
		}
	}
	rec.Size = r.at - from
	return rec
}

// event reads one event, of one that is lost nothing.
func (r *reader) event(lost *Invalid) (ev Event) {
	from := r.at
	if ev.Invalid = r.enter(lost); ev.Invalid != nil {
		return ev
	}
	for r.more() {
		name := r.name()
		var problem *Invalid
		switch name {
		case "event_id":
			ev.EventID, problem = r.id(name)
		case "tenant_id":
			ev.TenantID, problem = r.id(name)
		case "org_id":
			ev.OrgID, problem = r.id(name)
		case "one_id":
			ev.OneID, problem = r.id(name)
		case "occurred_at":
			ev.OccurredAt, problem = r.plain(name)
		case "source":
			ev.Source, problem = r.plain(name)
		case "type":
			ev.Type, problem = r.plain(name)
		case "ip":
			ev.IP, problem = r.plain(name)
		case "ua":
			ev.UA, problem = r.plain(name)
		case "identifiers":
			ev.Identifiers, problem = r.identifiers()
		case "payload":
			ev.Payload, problem = r.object(name)
		default:
			problem = r.unknown(name)
		}
		if problem != nil && ev.Invalid == nil {
			ev.Invalid = problem
		}
	}
	ev.Size = r.at - from
	return ev
}

// enter moves to the members of an item, or behind one that has none to read.
func (r *reader) enter(lost *Invalid) *Invalid {
	if c := r.next(); lost == nil && c != '{' {
		lost = &Invalid{Code: CodeWrongType, Detail: "expected an object"}
	}
	if lost != nil {
		r.raw()
		return lost
	}
	r.begin()
	return nil
}

// plain reads a text; null is the empty text.
func (r *reader) plain(field string) (string, *Invalid) {
	switch v := r.value(); v.Kind {
	case TextValue:
		return v.Text, nil
	case NullValue:
		return "", nil
	}
	return "", &Invalid{Code: CodeWrongType, Detail: "expected a text", Field: field}
}

// id reads a text or a whole number, as its digits: vendors write ids in both ways.
func (r *reader) id(field string) (string, *Invalid) {
	switch v := r.value(); {
	case v.Kind == TextValue:
		return v.Text, nil
	case v.Kind == NullValue:
		return "", nil
	case v.Kind == IntValue, v.Kind == FloatValue && !strings.ContainsAny(v.Text, ".eE"):
		return v.Text, nil
	}
	return "", &Invalid{Code: CodeWrongType, Detail: "expected a text or a whole number", Field: field}
}

// object reads an object; null is the absent one.
func (r *reader) object(field string) (Object, *Invalid) {
	switch raw := r.raw(); raw[0] {
	case '{':
		return Object(raw), nil
	case 'n':
		return "", nil
	}
	return "", &Invalid{Code: CodeWrongType, Detail: "expected an object", Field: field}
}

// identifiers reads a map of ids; null is the absent one.
func (r *reader) identifiers() (Identifiers, *Invalid) {
	if c := r.next(); c != '{' {
		r.raw()
		if c == 'n' {
			return nil, nil
		}
		return nil, &Invalid{Code: CodeWrongType, Detail: "expected an object of texts", Field: "identifiers"}
	}
	ids := make(Identifiers)
	var problem *Invalid
	r.begin()
	for r.more() {
		name := r.name()
		text, invalid := r.id("identifiers")
		if invalid != nil && problem == nil {
			problem = invalid
			problem.Field = ShortPath("identifiers." + name)
		}
		if text != "" {
			ids[name] = text
		}
	}
	return ids, problem
}

// unknown skips the value of a field that does not exist.
func (r *reader) unknown(field string) *Invalid {
	r.raw()
	return &Invalid{Code: CodeUnknownField, Detail: "a field that does not exist here: own fields belong into attributes or payload", Field: ShortPath(field)}
}
