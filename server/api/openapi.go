package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"rollcall/client/wire"
	"rollcall/server/auth"
)

// openAPI answers GET /openapi.json.
func (c *call) openAPI() (any, error) {
	c.raw = true
	c.ctx.Response.Header.SetContentType("application/json")
	c.ctx.Response.SetBodyRaw(c.api.document)
	return nil, nil
}

// object is a JSON object of the document.
type object = map[string]any

// openAPI builds the OpenAPI 3.1 document from the table of routes and the structs of client/wire, so that it cannot
// say anything else than what is served.
func openAPI(table []route, version string) ([]byte, error) {
	s := &schemas{components: object{}, names: map[schemaKey]string{}}
	paths := object{}
	for i := range table {
		r := &table[i]
		item, ok := paths[r.path].(object)
		if !ok {
			item = object{}
			paths[r.path] = item
		}
		item[strings.ToLower(r.method)] = s.operation(r)
	}
	document := object{
		"openapi": "3.1.0",
		"info": object{
			"title": "Rollcall", "version": version,
			"description": "Customer data platform: profiles, tags and segments, exact and at once. Every body is JSON or msgpack, by Content-Type and Accept.",
		},
		"paths": paths,
		"components": object{
			"schemas": s.components,
			"securitySchemes": object{
				"bearer": object{"type": "http", "scheme": "bearer"},
				"basic":  object{"type": "http", "scheme": "basic", "description": "the key is the user name"},
			},
		},
	}
	b, err := json.MarshalIndent(document, "", " ")
	if err != nil {
		return nil, fmt.Errorf("writing the OpenAPI document: %w", err)
	}
	return b, nil
}

// statuses are the failures that any call may answer.
var statuses = []int{400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503, 507}

var pathParameter = regexp.MustCompile(`\{([a-z0-9_]+)\}`)

func (s *schemas) operation(r *route) object {
	o := object{"operationId": r.name, "summary": r.summary, "x-right": r.right.String()}
	o["security"] = []object{{"bearer": []string{}}, {"basic": []string{}}}
	if r.right == auth.Public {
		o["security"] = []object{}
	}
	if p := s.parameters(r); len(p) > 0 {
		o["parameters"] = p
	}
	if r.in != nil {
		o["requestBody"] = object{"required": true, "content": s.content(reflect.TypeOf(r.in), true)}
	}
	good := object{"description": "done", "headers": object{
		headerEpoch: object{"schema": object{"type": "string"}, "description": "the data's history; a restore changes it"},
		headerIndex: object{"schema": object{"type": "string"}, "description": "the state that answered; send it back as " + headerMinIndex},
	}}
	if r.out != nil {
		good["content"] = s.content(reflect.TypeOf(r.out), false)
	} else {
		good["content"] = object{r.media: object{}}
	}
	problem := object{}
	for _, media := range []string{typeProblemJSON, typeProblemMsgpack} {
		problem[media] = object{"schema": s.of(reflect.TypeOf(wire.Problem{}), false)}
	}
	responses := object{strconv.Itoa(max(r.status, http.StatusOK)): good}
	for _, status := range statuses {
		responses[strconv.Itoa(status)] = object{"description": http.StatusText(status), "content": problem}
	}
	o["responses"] = responses
	return o
}

func (s *schemas) parameters(r *route) []object {
	var out []object
	text := object{"type": "string"}
	for _, m := range pathParameter.FindAllStringSubmatch(r.path, -1) {
		out = append(out, object{"name": m[1], "in": "path", "required": true, "schema": text})
	}
	for _, a := range r.arguments {
		schema := text
		if a == argLimit {
			schema = object{"type": "integer", "minimum": 1, "maximum": 1000}
		}
		out = append(out, object{"name": a.name, "in": "query", "schema": schema, "description": a.about})
	}
	header := func(name, about string) {
		out = append(out, object{"name": name, "in": "header", "schema": text, "description": about})
	}
	if r.right == auth.Ingest || r.right == auth.Use {
		header(headerMinIndex, "wait until the node has applied this index")
		out = append(out, object{"name": "consistency", "in": "query", "description": "how fresh the answer must be",
			"schema": object{"type": "string", "enum": []string{"session", "local", "bounded", "linearizable", "strict"}}})
	}
	if r.method == http.MethodPost {
		header(headerIdempotency, "makes the call safe to repeat: the same key gives the same answer for 24 hours")
	}
	return out
}

func (s *schemas) content(t reflect.Type, in bool) object {
	schema := s.of(t, in)
	return object{wire.JSON.ContentType(): object{"schema": schema}, wire.Msgpack.ContentType(): object{"schema": schema}}
}

// schemas collects the structs that the document refers to.
type schemas struct {
	components object
	names      map[schemaKey]string
}

// schemaKey tells a struct as a request from the same struct as an answer: an answer has all its fields.
type schemaKey struct {
	t  reflect.Type
	in bool
}

// of gives the schema of a type.
func (s *schemas) of(t reflect.Type, in bool) object {
	switch t {
	case reflect.TypeFor[wire.Object]():
		return object{"type": "object", "description": "names and values as the user chose them"}
	case reflect.TypeFor[wire.Expression]():
		return object{"type": []string{"string", "object"}, "description": "an expression: its text or its JSON form"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem(), in)
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float32, reflect.Float64:
		return object{"type": "number"}
	case reflect.Slice:
		return object{"type": "array", "items": s.of(t.Elem(), in)}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": s.of(t.Elem(), in)}
	case reflect.Struct:
		return object{"$ref": "#/components/schemas/" + s.component(t, in)}
	case reflect.Interface:
		return object{}
	}
	return object{"type": "integer"}
}

// component describes a struct once and returns its name.
func (s *schemas) component(t reflect.Type, in bool) string {
	key := schemaKey{t, in}
	if name, ok := s.names[key]; ok {
		return name
	}
	name := t.Name()
	if _, taken := s.names[schemaKey{t, !in}]; taken {
		name += map[bool]string{true: "Input", false: "Output"}[in]
	}
	s.names[key] = name
	properties := object{}
	required := []string{}
	s.fields(t, in, properties, &required)
	component := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		slices.Sort(required)
		component["required"] = required
	}
	s.components[name] = component
	return name
}

// fields adds the fields of a struct, those of embedded structs included. What an answer always has is required.
func (s *schemas) fields(t reflect.Type, in bool, properties object, required *[]string) {
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" || !f.IsExported() && !f.Anonymous:
			continue
		case f.Anonymous && name == "":
			s.fields(f.Type, in, properties, required)
			continue
		case name == "":
			name = f.Name
		}
		properties[name] = s.of(f.Type, in)
		if !in && !strings.Contains(options, "omitempty") && !strings.Contains(options, "omitzero") {
			*required = append(*required, name)
		}
	}
}
