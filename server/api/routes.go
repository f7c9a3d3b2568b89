package api

import (
	"net/http"
	"strings"

	"rollcall/client/wire"
	"rollcall/server/auth"
)

// route is one call of the contract. name is its operationId and unique; in and out are zero values of the structs of
// client/wire that are its body and its answer (nil: none).
type route struct {
	method, path string
	name         string
	summary      string
	right        auth.Right
	batch        bool // takes the large body
	arguments    []argument
	in, out      any
	media        string // of an answer that is no struct
	status       int    // of a success; 0 means 200
	handle       func(*call) (any, error)
}

// argument is one parameter of the query string.
type argument struct{ name, about string }

// bodyLimit is how many bytes of body the route takes.
func (r *route) bodyLimit(l Limits) int {
	if r.batch {
		return l.BatchBytes
	}
	return l.BodyBytes
}

// matches tells whether a path, as sent, fits the pattern of a route.
func matches(pattern, path string) bool {
	for {
		p, patternRest, more := strings.Cut(pattern, "/")
		s, pathRest, moreToo := strings.Cut(path, "/")
		if more != moreToo || p != s && !(strings.HasPrefix(p, "{") && s != "") {
			return false
		}
		if !more {
			return true
		}
		pattern, path = patternRest, pathRest
	}
}

var (
	argLimit  = argument{"limit", "items of the page, at most 1000"}
	argAfter  = argument{"after", "the next of the page before"}
	argNow    = argument{"now", "sets the clock of windows and rule tags to this instant (RFC 3339)"}
	argFields = argument{"fields", "attributes, identifiers and tags to show, separated by commas"}
)

// routes is the table of everything that the API serves. Rights, limits, the OpenAPI document and the tests that walk
// all routes are built from it; a path that is not here does not exist.
func routes() []route {
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	return []route{
		{method: get, path: "/openapi.json", name: "openapi", summary: "This document.", right: auth.Public,
			media: "application/json", handle: (*call).openAPI},

		{method: post, path: "/v1/tenants", name: "createTenant", summary: "Open a tenant.", right: auth.Root,
			in: wire.CreateTenantRequest{}, out: wire.TenantResponse{}, handle: (*call).createTenant},
		{method: get, path: "/v1/tenants", name: "listTenants", summary: "List the tenants.", right: auth.Root,
			out: wire.TenantsResponse{}, handle: (*call).listTenants},
		{method: del, path: "/v1/tenants/{id}", name: "deleteTenant", summary: "Delete a tenant with everything that it has.", right: auth.Root,
			out: wire.ChangedResponse{}, handle: (*call).deleteTenant},
		{method: post, path: "/v1/keys", name: "createKey", summary: "Make an API key; it is shown this once.", right: auth.Root,
			in: wire.CreateKeyRequest{}, out: wire.CreateKeyResponse{}, handle: (*call).createKey},
		{method: get, path: "/v1/keys", name: "listKeys", summary: "List API keys, without their secrets.", right: auth.Root,
			arguments: []argument{{"tenant", "only the keys of this tenant"}},
			out:       wire.KeysResponse{}, handle: (*call).listKeys},
		{method: del, path: "/v1/keys/{id}", name: "revokeKey", summary: "Revoke an API key for good.", right: auth.Root,
			out: wire.ChangedResponse{}, handle: (*call).revokeKey},

		{method: post, path: "/v1/records", name: "putRecords", summary: "Take in source records: contacts, accounts, leads, opportunities.",
			right: auth.Ingest, batch: true, in: wire.PutRecordsRequest{}, out: wire.PutRecordsResponse{}, handle: (*call).putRecords},
		{method: post, path: "/v1/records/lookup", name: "lookupRecords", summary: "Who each source record belongs to now.",
			right: auth.Use, batch: true, in: wire.LookupRecordsRequest{}, out: wire.LookupRecordsResponse{}, handle: (*call).lookupRecords},
		{method: post, path: "/v1/events", name: "putEvents", summary: "Take in events, each once.",
			right: auth.Ingest, batch: true, in: wire.PutEventsRequest{}, out: wire.PutEventsResponse{}, handle: (*call).putEvents},

		{method: get, path: "/v1/contacts/{one_id}", name: "getContact", summary: "The golden profile of a contact.", right: auth.Use,
			arguments: []argument{argNow, {"reveal", "shows the plain values of this identifier; the look is audited"}, {"reason", "why the value must be seen; needed with reveal"}},
			out:       wire.ContactResponse{}, handle: (*call).getContact},
		{method: post, path: "/v1/contacts/lookup", name: "lookupContact", summary: "The contact that has one of these identifiers.", right: auth.Use,
			arguments: []argument{argNow}, in: wire.LookupContactRequest{}, out: wire.ContactResponse{}, handle: (*call).lookupContact},
		{method: get, path: "/v1/contacts/{one_id}/events", name: "listContactEvents", summary: "The timeline of a contact, newest first.", right: auth.Use,
			arguments: []argument{argLimit, {"before", "the next of the page before, or an instant (RFC 3339)"}},
			out:       wire.EventsResponse{}, handle: (*call).listContactEvents},

		{method: get, path: "/v1/accounts", name: "listAccounts", summary: "All accounts, page by page.", right: auth.Use,
			arguments: []argument{argLimit, argAfter, argNow}, out: wire.AccountsResponse{}, handle: (*call).listAccounts},
		{method: get, path: "/v1/accounts/{account_id}", name: "getAccount", summary: "The golden profile of an account.", right: auth.Use,
			arguments: []argument{argNow}, out: wire.AccountResponse{}, handle: (*call).getAccount},
		{method: get, path: "/v1/accounts/{account_id}/360", name: "getAccount360", summary: "An account with its people, their events and its opportunities.",
			right: auth.Use, arguments: []argument{argNow}, out: wire.Account360Response{}, handle: (*call).getAccount360},

		{method: put, path: "/v1/tags/{name}", name: "putTag", summary: "Create or change a tag.", right: auth.Use,
			in: wire.PutTagRequest{}, out: wire.PutTagResponse{}, handle: (*call).putTag},
		{method: get, path: "/v1/tags", name: "listTags", summary: "All tags with their coverage.", right: auth.Use,
			arguments: []argument{argNow}, out: wire.TagsResponse{}, handle: (*call).listTags},
		{method: get, path: "/v1/tags/{name}", name: "getTag", summary: "A tag with its coverage and last change.", right: auth.Use,
			arguments: []argument{argNow}, out: wire.TagResponse{}, handle: (*call).getTag},
		{method: del, path: "/v1/tags/{name}", name: "deleteTag", summary: "Remove a tag and its members.", right: auth.Use,
			out: wire.ChangedResponse{}, handle: (*call).deleteTag},
		{method: post, path: "/v1/tags/{name}/members", name: "changeTagMembers", summary: "Add and remove members of a manual tag.", right: auth.Use,
			batch: true, in: wire.TagMembersRequest{}, out: wire.TagMembersResponse{}, handle: (*call).changeTagMembers},

		{method: post, path: "/v1/query/count", name: "count", summary: "How many match the expression.", right: auth.Use,
			in: wire.CountRequest{}, out: wire.CountResponse{}, handle: (*call).count},
		{method: post, path: "/v1/query/contacts", name: "queryContacts", summary: "Who matches the expression, page by page.", right: auth.Use,
			in: wire.QueryContactsRequest{}, out: wire.QueryContactsResponse{}, handle: (*call).queryContacts},
		{method: post, path: "/v1/query/breakdown", name: "breakdown", summary: "How many match, by the value of a tag or attribute.", right: auth.Use,
			in: wire.BreakdownRequest{}, out: wire.BreakdownResponse{}, handle: (*call).breakdown},
		{method: post, path: "/v1/query/explain", name: "explain", summary: "What each part of the expression costs and matches.", right: auth.Use,
			in: wire.ExplainRequest{}, out: wire.ExplainResponse{}, handle: (*call).explain},
		{method: post, path: "/v1/query/parse", name: "parse", summary: "An expression in its text and JSON forms.", right: auth.Use,
			in: wire.ParseRequest{}, out: wire.ParseResponse{}, handle: (*call).parse},

		{method: put, path: "/v1/segments/{id}", name: "putSegment", summary: "Save a segment.", right: auth.Use,
			in: wire.PutSegmentRequest{}, out: wire.PutSegmentResponse{}, handle: (*call).putSegment},
		{method: get, path: "/v1/segments", name: "listSegments", summary: "All segments with their counts.", right: auth.Use,
			out: wire.SegmentsResponse{}, handle: (*call).listSegments},
		{method: get, path: "/v1/segments/{id}", name: "getSegment", summary: "A segment with its count.", right: auth.Use,
			out: wire.SegmentResponse{}, handle: (*call).getSegment},
		{method: del, path: "/v1/segments/{id}", name: "deleteSegment", summary: "Remove a segment.", right: auth.Use,
			out: wire.ChangedResponse{}, handle: (*call).deleteSegment},
		{method: get, path: "/v1/segments/{id}/members", name: "listSegmentMembers", summary: "The members of a segment, page by page.", right: auth.Use,
			arguments: []argument{argLimit, argAfter, argFields, argNow}, out: wire.QueryContactsResponse{}, handle: (*call).listSegmentMembers},
		{method: get, path: "/v1/segments/{id}/export", name: "exportSegment", summary: "All members of a segment as a file.", right: auth.Use,
			arguments: []argument{{"format", "csv"}, argFields, argNow}, media: "text/csv", handle: (*call).exportSegment},

		{method: get, path: "/v1/schema", name: "getSchema", summary: "Every name that records, events and expressions may use.", right: auth.Use,
			out: wire.SchemaResponse{}, handle: (*call).getSchema},
		{method: put, path: "/v1/schema/attributes/{name}", name: "putAttribute", summary: "Declare the kind of an attribute.", right: auth.Use,
			in: wire.PutAttributeRequest{}, out: wire.ChangedResponse{}, handle: (*call).putAttribute},
	}
}
