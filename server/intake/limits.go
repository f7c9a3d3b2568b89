package intake

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"rollcall/client/wire"
	"rollcall/query"
)

// The limits of one item and its fields, in bytes unless they are counts. The text limit itself (16 KiB) is the
// codec's.
const (
	MaxItem         = 64 << 10
	MaxSource       = 64
	MaxID           = 256 // source_id, event_id, org_id, one_id
	MaxIdentifier   = 512
	MaxIdentifiers  = 64 // of one item, after several numbers in one text were told apart
	MaxEventType    = 128
	MaxIndexedText  = 256 // of a payload property that expressions can use
	MaxIndexedProps = 256
	MaxAttributes   = 1000 // of one record
)

// The codes of rejections and notes.
const (
	codeMissing        = "missing_field"
	codeTooLong        = "too_long"
	codeInvalidText    = "invalid_text"
	codeInvalidName    = "invalid_name"
	codeItemTooLarge   = "item_too_large"
	codeUnknownKind    = "unknown_kind"
	codeTenantMismatch = "tenant_mismatch"
	codeInvalidType    = "invalid_event_type"
	codeInvalidTime    = "invalid_time"
	codeDateRange      = "date_out_of_range"
	codeNested         = "nested_value"
	codeTypeMismatch   = "type_mismatch"
	codeNumberRange    = "number_out_of_range"
	codeComputed       = "computed_attribute"
	codeTooMany        = "too_many_fields"
	codeNoIdentifier   = "no_identifier"

	codeUnknownIdentifier = "unknown_identifier"
	codeInvalidIdentifier = "invalid_identifier"
	codeInvalidMobile     = "invalid_mobile"
	codeInvalidPhone      = "invalid_phone"
	codeInvalidEmail      = "invalid_email"
	codeInvalidCreditCode = "invalid_credit_code"
	codeInvalidDomain     = "invalid_domain"
	codeInvalidHash       = "invalid_hash"

	// These make no identifier, and no error either: the item is kept without them.
	codeEmpty         = "empty_identifier"
	codeMasked        = "masked_value"
	codeMiddleNumber  = "middle_number"
	codeServiceNumber = "service_number"
	codeFreeMail      = "free_mail_domain"
	codeWrongEntity   = "identifier_of_another_entity"

	// Notes alone.
	codeMoved        = "moved_to_identifiers"
	codeLandline     = "landline_not_mobile"
	codeNoZone       = "tenant_zone_assumed"
	codeFutureUpdate = "updated_in_the_future"
	codeIgnored      = "identifiers_ignored"
	codeUnmatchable  = "not_used_for_matching"
	codeNotYet       = "not_yet"
)

// text checks a required or optional short text: its length, and that it has no control characters.
func checkText(field, text string, required bool, limit int) *Error {
	switch {
	case text == "" && required:
		return &Error{Code: codeMissing, Detail: "is required", Field: field}
	case len(text) > limit:
		return &Error{Code: codeTooLong, Detail: "is longer than " + strconv.Itoa(limit) + " bytes", Field: field}
	case hasControl(text):
		return &Error{Code: codeInvalidText, Detail: "holds a control character or bytes that are not UTF-8", Field: field}
	case text != "" && strings.TrimSpace(text) != text:
		return &Error{Code: codeInvalidText, Detail: "begins or ends with white space", Field: field}
	}
	return nil
}

// hasControl tells whether text holds a control character or invalid UTF-8.
func hasControl(text string) bool {
	ascii := true
	for i := range len(text) {
		c := text[i]
		if c < ' ' || c == 0x7f {
			return true
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	return !ascii && !utf8.ValidString(text)
}

// checkName checks the name of an attribute or property: it must be one that expressions can write.
func checkName(name string) *Error {
	err := query.CheckName(name)
	if err == nil {
		return nil
	}
	detail := err.Error()
	if e := (*query.Error)(nil); errors.As(err, &e) {
		detail = e.Message
	}
	return &Error{Code: codeInvalidName, Detail: detail, Field: wire.ShortPath(name)}
}

// validEventType tells whether typ is two to four dotted parts of lower-case letters, digits and underscores, each
// beginning with a letter.
func validEventType(typ string) bool {
	parts, begin := 1, true
	for i := range len(typ) {
		c := typ[i]
		switch {
		case c >= 'a' && c <= 'z':
			begin = false
		case !begin && (c == '_' || c >= '0' && c <= '9'):
		case !begin && c == '.':
			parts++
			begin = true
		default:
			return false
		}
	}
	return !begin && parts >= 2 && parts <= 4 && len(typ) <= MaxEventType
}
