package intake

import (
	"strings"
	"unicode"
)

// scopedType is the identifier that means somebody only together with the system that gave it out: two systems count
// their people from 1.
const scopedType = "crm_id"

// crmScope is the scope of the tenant's CRM.
const crmScope = "CRM"

// channels are the sources that have no people of their own: what they give as crm_id is the key of the tenant's CRM.
var channels = map[string]bool{"CALLCENTER": true, "WEWORK": true, "WECOM": true, "AD": true, "ADS": true, "WEB": true}

// scopeOf is the scope of the ids that a source gives without saying so. Case does not count, nor which character other
// than a letter or digit stands in a name. Without a source it is the CRM's.
func scopeOf(source string) string {
	scope := strings.Map(func(r rune) rune {
		if inScope(r) {
			return r
		}
		return '_'
	}, strings.ToUpper(source))
	if scope == "" || channels[scope] {
		return crmScope
	}
	return scope
}

func inScope(r rune) bool {
	return r == '_' || r == '-' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

// cutScope tells an explicit scope from the id, as in CRM2:1001.
func cutScope(text string) (scope, id string, found bool) {
	scope, id, found = strings.Cut(text, ":")
	if !found || scope == "" || strings.ContainsFunc(scope, func(r rune) bool { return !inScope(r) }) {
		return "", text, false
	}
	return strings.ToUpper(scope), id, true
}

// scoped takes the id of a system, with the scope if there is one.
func scoped(text string) ([]Normalised, *Error) {
	text, err := opaque(text)
	if err != nil {
		return nil, err
	}
	scope, id, found := cutScope(text)
	if found {
		if placeholder(id) && strings.TrimSpace(id) != "" {
			return nil, &Error{Code: codeEmpty, Detail: "is empty"}
		}
		if id, err = opaque(id); err != nil {
			return nil, err
		}
	}
	return []Normalised{{Type: scopedType, Text: id, Scope: scope}}, nil
}

// shown is the text that an identifier is shown as: given back without a source, it means the same one.
func (n Normalised) shown() string {
	text := n.identity()
	if n.Scope == "" {
		return text
	}
	if _, _, explicit := cutScope(text); n.Scope == crmScope && !explicit {
		return text
	}
	return n.Scope + ":" + text
}
