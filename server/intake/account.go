package intake

import (
	"strings"

	"rollcall/engine/command"
)

// accountRef names the account that a contact, lead or opportunity belongs to: by what identifies a company, and by its
// name as the source writes it. It is nil if the record names none.
func (it *item) accountRef(company string) *command.AccountRef {
	company = strings.TrimSpace(company)
	if key, err := companyKey(company); err == nil {
		it.account.put(Normalised{Type: "account_name", Text: key})
	} else {
		company = ""
	}
	if len(it.account.found) == 0 {
		return nil
	}
	return &command.AccountRef{NewID: it.ids.next(), Name: company, Identifiers: it.account.seal(it.tenant.Keys)}
}

// accountIdentifier adds one identifier of an account. An attribute that does not hold what its name says is kept as
// an attribute and not used for matching; as an identifier it rejects the item.
func (it *item) accountIdentifier(field, typ, text string, strict bool) *Error {
	found, err := normalise(typ, text)
	for _, n := range found {
		it.account.put(n)
	}
	switch {
	case err == nil || placeholder(text):
	case err.Code == codeFreeMail || err.Code == codeMasked || err.Code == codeEmpty:
		it.note(field, err.Code, err.Detail+": left out")
	case strict:
		return err.within(field)
	default:
		it.note(field, codeUnmatchable, err.Detail)
	}
	return nil
}
