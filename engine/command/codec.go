package command

import (
	"errors"
	"fmt"
)

// ErrUnknownCommand says that a command's version or type is not known to this build. A node that meets one in its
// log must stop before its index moves: a newer build wrote it.
var ErrUnknownCommand = errors.New("unknown command")

// ErrMalformed says that bytes are no encoding of a command or result.
var ErrMalformed = errors.New("malformed command")

// Body is a pointer to one of the command structs: CreateTenant, DeleteTenant, PutKey, PutRecords, PutEvents, PutTag, DeleteTag,
// TagMembers, PutSegment, DeleteSegment, PutAttribute.
type Body interface {
	commandType() Type
	fields(c *coder)
}

// Encode encodes a whole command: Version, Type and Body of the envelope follow from body. Equal commands have equal
// encodings.
func Encode(e Envelope, body Body) []byte {
	e.Version, e.Type = Version, body.commandType()
	inner := encoder()
	body.fields(inner)
	e.Body = inner.b
	outer := encoder()
	e.fields(outer)
	return outer.b
}

// Decode decodes a whole command. Strings and byte slices of the result are views of b, which must not be written
// afterwards. Errors wrap ErrUnknownCommand or ErrMalformed. It allocates at most a fixed multiple of len(b).
func Decode(b []byte) (Envelope, Body, error) {
	e, err := DecodeEnvelope(b)
	if err != nil {
		return Envelope{}, nil, err
	}
	body, err := DecodeBody(e.Type, e.Body)
	return e, body, err
}

// DecodeEnvelope decodes the envelope alone; its Body stays encoded (DecodeBody).
func DecodeEnvelope(b []byte) (Envelope, error) {
	// The version is looked at first: what follows it may have another shape in another version.
	version := decoder(b)
	if n, ok := version.arrayHeader(); version.err == nil && (!ok || n == 0) {
		version.fail("an envelope is an array")
	}
	var v uint8
	octet(version, &v)
	if version.err != nil {
		return Envelope{}, version.err
	}
	if v != Version {
		return Envelope{}, fmt.Errorf("%w: version %d, this build knows version %d: start a newer build", ErrUnknownCommand, v, Version)
	}
	var e Envelope
	c := decoder(b)
	e.fields(c)
	if err := c.end(); err != nil {
		return Envelope{}, err
	}
	if newBody(e.Type) == nil {
		return Envelope{}, fmt.Errorf("%w: type %d: start a newer build", ErrUnknownCommand, e.Type)
	}
	return e, nil
}

// DecodeBody decodes the body of a command of type t.
func DecodeBody(t Type, b []byte) (Body, error) {
	body := newBody(t)
	if body == nil {
		return nil, fmt.Errorf("%w: type %d: start a newer build", ErrUnknownCommand, t)
	}
	c := decoder(b)
	body.fields(c)
	if err := c.end(); err != nil {
		return nil, fmt.Errorf("body of type %d: %w", t, err)
	}
	return body, nil
}

// EncodeResult encodes a result for the store of idempotency keys. Replayed is not part of it.
func EncodeResult(r *Result) []byte {
	c := encoder()
	r.fields(c)
	return c.b
}

// DecodeResult is the inverse of EncodeResult. Strings are views of b.
func DecodeResult(b []byte) (*Result, error) {
	r := new(Result)
	c := decoder(b)
	r.fields(c)
	if err := c.end(); err != nil {
		return nil, fmt.Errorf("result: %w", err)
	}
	return r, nil
}

// newBody returns an empty body of type t, or nil for an unknown type.
func newBody(t Type) Body {
	switch t {
	case TypeCreateTenant:
		return new(CreateTenant)
	case TypePutKey:
		return new(PutKey)
	case TypePutRecords:
		return new(PutRecords)
	case TypePutEvents:
		return new(PutEvents)
	case TypePutTag:
		return new(PutTag)
	case TypeDeleteTag:
		return new(DeleteTag)
	case TypeTagMembers:
		return new(TagMembers)
	case TypePutSegment:
		return new(PutSegment)
	case TypeDeleteSegment:
		return new(DeleteSegment)
	case TypePutAttribute:
		return new(PutAttribute)
	case TypeDeleteTenant:
		return new(DeleteTenant)
	}
	return nil
}

func (*CreateTenant) commandType() Type  { return TypeCreateTenant }
func (*PutKey) commandType() Type        { return TypePutKey }
func (*PutRecords) commandType() Type    { return TypePutRecords }
func (*PutEvents) commandType() Type     { return TypePutEvents }
func (*PutTag) commandType() Type        { return TypePutTag }
func (*DeleteTag) commandType() Type     { return TypeDeleteTag }
func (*TagMembers) commandType() Type    { return TypeTagMembers }
func (*PutSegment) commandType() Type    { return TypePutSegment }
func (*DeleteSegment) commandType() Type { return TypeDeleteSegment }
func (*PutAttribute) commandType() Type  { return TypePutAttribute }
func (*DeleteTenant) commandType() Type  { return TypeDeleteTenant }
