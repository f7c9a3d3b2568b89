package api

import (
	"context"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"rollcall/server/auth"
)

func loadDocument(t *testing.T) *openapi3.T {
	t.Helper()
	text, err := openAPI(routes(), "test")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestDocumentIsSound(t *testing.T) {
	doc := loadDocument(t)
	if err := doc.Validate(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// TestDocumentIsTheTable holds the document to the routes: nothing is missing, nothing is added.
func TestDocumentIsTheTable(t *testing.T) {
	doc := loadDocument(t)
	served := 0
	for _, r := range routes() {
		item := doc.Paths.Value(r.path)
		if item == nil || item.GetOperation(r.method) == nil {
			t.Errorf("%s %s is not in the document", r.method, r.path)
			continue
		}
		served++
		o := item.GetOperation(r.method)
		if o.OperationID != r.name || o.Extensions["x-right"] != r.right.String() {
			t.Errorf("%s %s is described as %s with right %v", r.method, r.path, o.OperationID, o.Extensions["x-right"])
		}
		if open := o.Security != nil && len(*o.Security) == 0; open != (r.right == auth.Public) {
			t.Errorf("%s %s: the document's security does not fit the right %v", r.method, r.path, r.right)
		}
		if strings.Count(r.path, "{") != len(pathParameter.FindAllString(r.path, -1)) {
			t.Errorf("%s: a parameter of the path is not described", r.path)
		}
	}
	described := 0
	for _, item := range doc.Paths.Map() {
		described += len(item.Operations())
	}
	if described != served {
		t.Errorf("the document has %d operations, the table %d", described, served)
	}
}

func TestMatches(t *testing.T) {
	check := func(pattern, path string, want bool) {
		t.Helper()
		if matches(pattern, path) != want {
			t.Errorf("matches(%q, %q) = %v", pattern, path, !want)
		}
	}
	check("/v1/events", "/v1/events", true)
	check("/v1/events", "/v1/events/", false)
	check("/v1/events", "/v1/event", false)
	check("/v1/tags/{name}/members", "/v1/tags/x/members", true)
	check("/v1/tags/{name}/members", "/v1/tags/%E9%AB%98/members", true)
	check("/v1/tags/{name}/members", "/v1/tags//members", false)
	check("/v1/tags/{name}/members", "/v1/tags/x", false)
	check("/v1/tags/{name}", "/v1/tags/x/members", false)
	check("/v1/tags/{name}", "", false)
}
