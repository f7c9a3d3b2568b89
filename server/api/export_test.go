package api

import "rollcall/server/auth"

// Route is a route as the tests that walk the table see it.
type Route struct {
	Method, Path, Name string
	Right              auth.Right
	Batch, Body        bool
}

// Table is the table of routes.
func Table() []Route {
	var out []Route
	for _, r := range routes() {
		out = append(out, Route{r.method, r.path, r.name, r.right, r.batch, r.in != nil})
	}
	return out
}

// Matches is how a path is matched with a route's pattern.
var Matches = matches
