package api_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"rollcall/server"
)

// TestContract goes the way of the contract from a new node to segments, once in each format and with a restart in
// the middle. Every answer on the way is checked against the OpenAPI document.
func TestContract(t *testing.T) {
	for _, format := range []struct {
		name    string
		options []option
	}{{"json", nil}, {"msgpack", []option{binary}}} {
		t.Run(format.name, func(t *testing.T) {
			n := startNode(t, nil)
			f := &flow{n, "", format.options, map[string]string{}}
			f.tenants()
			f.records()
			f.events()
			f.profiles()
			f.tags()
			f.queries()
			f.segments()
			f.schema()
			before := n.digest("t001")
			n.restart()
			if after := n.digest("t001"); after != before {
				t.Errorf("the digest is %s after the restart, %s before", after, before)
			}
			f.profiles()
			f.queries()
		})
	}
}

type flow struct {
	*node
	admin   string
	options []option
	ids     map[string]string
}

func (f *flow) do(status int, method, path string, body any, more ...option) map[string]any {
	f.t.Helper()
	return f.want(status, method, path, f.admin, body, slices.Concat(f.options, more)...)
}

func (f *flow) root(status int, method, path string, body any) map[string]any {
	f.t.Helper()
	return f.want(status, method, path, rootKey, body, f.options...)
}

func (f *flow) tenants() {
	t := f.t
	made := f.root(200, "POST", "/v1/tenants", object{"id": "t001", "name": "XX金融", "timezone": "Asia/Shanghai"})
	wantAt(t, made, "t001", "id")
	if number(t, made["index"]) < 1 {
		t.Errorf("a write answers index %v", made["index"])
	}
	wantAt(t, f.root(409, "POST", "/v1/tenants", object{"id": "t001"}), "tenant_exists", "code")
	wantAt(t, f.root(200, "GET", "/v1/tenants", nil), "Asia/Shanghai", "tenants", 0, "timezone")
	f.root(422, "POST", "/v1/tenants", object{"id": "a b"})
	f.root(422, "POST", "/v1/tenants", object{"id": "x", "timezone": "Mars/Olympus"})

	f.admin = f.root(200, "POST", "/v1/keys", object{"tenant": "t001", "role": "admin"})["key"].(string)
	if !strings.HasPrefix(f.admin, "rc_t001_") {
		t.Errorf("a key reads %.8s…", f.admin)
	}
	f.root(422, "POST", "/v1/keys", object{"tenant": "t001", "role": "root"})
	f.root(404, "POST", "/v1/keys", object{"tenant": "t002", "role": "admin"})
	extra := f.root(200, "POST", "/v1/keys", object{"tenant": "t001", "role": "analyst"})
	if keys := at(t, f.root(200, "GET", "/v1/keys?tenant=t001", nil), "keys").([]any); len(keys) != 2 {
		t.Errorf("%d keys are listed", len(keys))
	}
	f.want(200, "GET", "/v1/tags", extra["key"].(string), nil)
	f.root(200, "DELETE", "/v1/keys/"+extra["id"].(string), nil)
	wantAt(t, f.want(401, "GET", "/v1/tags", extra["key"].(string), nil), "unauthorized", "code")
	f.root(404, "DELETE", "/v1/keys/nobody", nil)
}

func (f *flow) records() {
	t := f.t
	record := func(source, id, mobile, cdp, name, title, updated string) object {
		identifiers := object{"mobile": mobile}
		if cdp != "" {
			identifiers["cdp_id"] = cdp
		}
		return object{
			"source": source, "source_id": id, "kind": "contact", "updated_at": updated, "identifiers": identifiers,
			"attributes": object{"name": name, "company": "XX金融公司", "job_title": title, "intent": "高"},
		}
	}
	out := f.do(200, "POST", "/v1/records", object{"records": list{
		record("CALLCENTER", "c-1", "13800138001", "CDP_001", "张三", "CFO", "2024-10-29T10:30:00+08:00"),
		record("WEWORK", "w-1", "+86 138-0013-8001", "", "张三", "CFO", "2024-10-29T11:00:00+08:00"),
		record("CALLCENTER", "c-2", "13800138002", "CDP_002", "李四", "财务经理", "2024-10-29T10:30:00+08:00"),
		object{"source": "CALLCENTER", "kind": "contact", "identifiers": object{"mobile": "13800138003"}},
	}})
	wantAt(t, out, "ok", "results", 0, "status")
	wantAt(t, out, "true", "results", 0, "created")
	wantAt(t, out, "false", "results", 1, "created")
	wantAt(t, out, "mobile", "results", 1, "matched_by")
	wantAt(t, out, "rejected", "results", 3, "status")
	f.ids["张三"], f.ids["李四"] = at(t, out, "results", 0, "one_id").(string), at(t, out, "results", 2, "one_id").(string)
	wantAt(t, out, f.ids["张三"], "results", 1, "one_id")
	f.ids["account"] = at(t, out, "results", 0, "account_id").(string)

	f.do(200, "POST", "/v1/records", object{"records": list{
		object{"source": "CRM", "source_id": "a-1", "kind": "account", "attributes": object{"name": "XX金融公司", "industry": "金融", "annual_value": 150000}},
		object{"source": "CRM", "source_id": "o-1", "kind": "opportunity", "updated_at": "2024-10-28T09:00:00+08:00", "identifiers": object{"mobile": "13800138001"},
			"attributes": object{"name": "XX金融公司 2025", "stage": "商机", "company": "XX金融公司"}},
	}})
	found := f.do(200, "POST", "/v1/records/lookup", object{"records": list{
		object{"source": "WEWORK", "source_id": "w-1"}, object{"source": "CRM", "source_id": "nobody"},
	}})
	wantAt(t, found, f.ids["张三"], "results", 0, "one_id")
	wantAt(t, found, "not_found", "results", 1, "code")
}

func (f *flow) events() {
	t := f.t
	event := func(id, kind, when string, payload object) object {
		return object{"event_id": id, "source": "CALLCENTER", "type": kind, "occurred_at": when, "identifiers": object{"mobile": "13800138001"}, "payload": payload}
	}
	batch := object{"events": list{
		event("e1", "call.outbound.ended", "2024-10-29T10:30:00+08:00", object{"answered": true, "talk_seconds": 900, "note": "callback at 13912345678"}),
		event("e2", "wecom.message.received", "2024-10-29T14:20:00+08:00", object{"content": "咨询价格"}),
		event("e3", "call.outbound.ended", "2024-10-28T16:00:00+08:00", object{"answered": true, "talk_seconds": 300}),
		event("e1", "call.outbound.ended", "2024-10-29T10:30:00+08:00", object{"answered": true}),
		object{"event_id": "e4", "source": "CALLCENTER", "type": "call.outbound.ended", "occurred_at": "soon", "one_id": f.ids["李四"]},
	}}
	out := f.do(200, "POST", "/v1/events", batch)
	for i, status := range []string{"accepted", "accepted", "accepted", "duplicate", "rejected"} {
		wantAt(t, out, status, "results", i, "status")
	}
	wantAt(t, out, f.ids["张三"], "results", 0, "one_id")
	again := f.do(200, "POST", "/v1/events", batch)
	for i, status := range []string{"duplicate", "duplicate", "duplicate", "duplicate", "rejected"} {
		wantAt(t, again, status, "results", i, "status")
	}
}

func (f *flow) profiles() {
	t := f.t
	for _, id := range []string{f.ids["张三"], "CDP_001"} {
		p := f.do(200, "GET", "/v1/contacts/"+id, nil)
		wantAt(t, p, f.ids["张三"], "one_id")
		wantAt(t, p, "CDP_001", "cdp_id")
		wantAt(t, p, "张三", "attributes", "name")
		wantAt(t, p, "138****8001", "identifiers", "mobile", 0)
		wantAt(t, p, "XX金融公司", "account", "name")
		wantAt(t, p, "3", "interactions_7d")
		wantAt(t, p, "2024-10-29T14:20:00+08:00", "last_interaction_at")
		if sources := p["sources"].([]any); len(sources) < 2 {
			t.Errorf("the profile has %d sources", len(sources))
		}
	}
	found := f.do(200, "POST", "/v1/contacts/lookup", object{"identifiers": object{"mobile": "138 0013 8001"}})
	wantAt(t, found, f.ids["张三"], "one_id")
	wantAt(t, found, "mobile", "matched_by")
	f.do(404, "POST", "/v1/contacts/lookup", object{"identifiers": object{"mobile": "13900000000"}})
	f.do(404, "GET", "/v1/contacts/0192d9a0-0000-7000-8000-000000000000", nil)

	plain := f.do(200, "GET", "/v1/contacts/CDP_001?reveal=mobile&reason=callback", nil)
	wantAt(t, plain, "13800138001", "identifiers", "mobile", 0)
	wantAt(t, f.do(422, "GET", "/v1/contacts/CDP_001?reveal=mobile", nil), "reason_required", "code")
	f.do(422, "GET", "/v1/contacts/CDP_001?reveal=shoe_size&reason=x", nil)

	first := f.do(200, "GET", "/v1/contacts/CDP_001/events?limit=2", nil)
	wantAt(t, first, "e2", "events", 0, "event_id")
	wantAt(t, first, "e1", "events", 1, "event_id")
	wantAt(t, first, "900", "events", 1, "payload", "talk_seconds")
	wantAt(t, first, "callback at 139****5678", "events", 1, "payload", "note")
	rest := f.do(200, "GET", "/v1/contacts/CDP_001/events?limit=2&before="+url.QueryEscape(first["next"].(string)), nil)
	wantAt(t, rest, "e3", "events", 0, "event_id")
	if rest["next"] != nil {
		t.Errorf("there is a page after the last: %v", rest["next"])
	}
	f.do(200, "POST", "/v1/events", object{"events": list{object{"event_id": "ms", "source": "WEB", "type": "lead.created",
		"occurred_at": "2024-10-27T16:00:00.25Z", "identifiers": object{"mobile": "13800138002"}}}})
	wantAt(t, f.do(200, "GET", "/v1/contacts/CDP_002/events", nil), "2024-10-27T16:00:00.25Z", "events", 0, "occurred_at")
	day := f.do(200, "GET", "/v1/contacts/CDP_001/events?before=2024-10-29T00:00:00%2B08:00", nil)
	wantAt(t, day, "e3", "events", 0, "event_id")
	f.do(422, "GET", "/v1/contacts/CDP_001/events?before=yesterday", nil)
	f.do(422, "GET", "/v1/contacts/CDP_001/events?limit=0x", nil)
	f.do(422, "GET", "/v1/contacts/CDP_001/events?limit=1001", nil)

	account := f.do(200, "GET", "/v1/accounts/"+f.ids["account"], nil)
	wantAt(t, account, "XX金融公司", "attributes", "name")
	wantAt(t, account, "金融", "attributes", "industry")
	all := f.do(200, "GET", "/v1/accounts/"+f.ids["account"]+"/360", nil)
	wantAt(t, all, "2", "contact_count")
	wantAt(t, all, "e2", "timeline", 0, "event_id")
	wantAt(t, all, "商机", "opportunities", 0, "attributes", "stage")
	f.do(404, "GET", "/v1/accounts/nobody", nil)
	wantAt(t, f.do(200, "GET", "/v1/accounts?limit=1", nil), f.ids["account"], "accounts", 0, "account_id")
}

func (f *flow) tags() {
	t := f.t
	name := "/v1/tags/" + url.PathEscape("高意向客户")
	f.do(200, "PUT", name, object{"entity": "contact", "kind": "manual"})
	out := f.do(200, "POST", name+"/members", object{"add": list{"CDP_001", f.ids["李四"], "CDP_999"}})
	wantAt(t, out, "2", "changed")
	wantAt(t, out, `["CDP_999"]`, "unknown")
	wantAt(t, f.do(200, "POST", name+"/members", object{"remove": list{f.ids["李四"]}}), "1", "changed")
	tag := f.do(200, "GET", name, nil)
	wantAt(t, tag, "1", "count")
	wantAt(t, tag, "0.5", "coverage")

	rule := object{"entity": "contact", "kind": "rule", "rule": "rate(call.outbound.ended where answered = true, last 30) > 0.7"}
	made := f.do(200, "PUT", "/v1/tags/"+url.PathEscape("高接通率"), rule)
	wantAt(t, made, "1", "count")
	f.do(200, "PUT", "/v1/tags/level", object{"kind": "manual", "valued": true})
	f.do(200, "POST", "/v1/tags/level/members", object{"add": list{"CDP_001"}, "value": "CXO"})
	f.do(422, "POST", "/v1/tags/level/members", object{"add": list{"CDP_001"}})
	f.do(422, "POST", name+"/members", object{"add": list{"CDP_001"}, "value": "x"})
	f.do(422, "POST", name+"/members", object{})
	both := f.do(422, "POST", name+"/members", object{"add": list{f.ids["李四"], "CDP_001"}, "remove": list{"CDP_001"}})
	wantAt(t, both, "invalid_value", "code")
	wantAt(t, both, "remove", "field")
	wantAt(t, f.do(409, "POST", "/v1/tags/"+url.PathEscape("高接通率")+"/members", object{"add": list{"CDP_001"}}), "tag_kind", "code")
	missing := f.do(404, "GET", "/v1/tags/"+url.PathEscape("高意向客"), nil)
	wantAt(t, missing, "unknown_tag", "code")
	wantAt(t, missing, "高意向客户", "suggestion")
	f.do(404, "POST", "/v1/tags/nobody/members", object{"add": list{"CDP_001"}})
	bad := f.do(422, "PUT", "/v1/tags/bad", object{"kind": "rule", "rule": "高意向客 and intent = '高'"})
	wantAt(t, bad, "unknown_name", "code")
	wantAt(t, bad, "rule", "field")
	wantAt(t, bad, "0", "position")
	f.do(422, "PUT", "/v1/tags/bad", object{"kind": "rule"})
	f.do(422, "PUT", "/v1/tags/bad", object{"kind": "wish"})
	f.do(422, "PUT", "/v1/tags/bad", object{"kind": "manual", "entity": "house"})
	if tags := f.do(200, "GET", "/v1/tags", nil)["tags"].([]any); len(tags) != 3 {
		t.Errorf("%d tags are listed", len(tags))
	}
	p := f.do(200, "GET", "/v1/contacts/CDP_001", nil)
	wantAt(t, p, `{"level":"CXO","高意向客户":true,"高接通率":true}`, "tags")

	slash := "/v1/tags/" + url.PathEscape("A/B 测试%")
	f.do(200, "PUT", slash, object{"kind": "manual"})
	wantAt(t, f.do(200, "GET", slash, nil), "A/B 测试%", "name")
	f.do(200, "DELETE", slash, nil)
	f.do(404, "DELETE", slash, nil)
}

func (f *flow) queries() {
	t := f.t
	count := func(where any, want string) {
		t.Helper()
		wantAt(t, f.do(200, "POST", "/v1/query/count", object{"where": where}), want, "count")
	}
	count("高接通率 and 高意向客户", "1")
	count(object{"and": list{object{"tag": "高意向客户"}, object{"attr": "job_title", "in": list{"CFO"}}}}, "1")
	count("name = '张三'", "1")
	count("name like '李%'", "1")
	count("account.industry = '金融'", "2")
	count("did(call.outbound.ended where talk_seconds >= 900, 7d)", "1")
	count("id in ('CDP_001', 'CDP_404')", "1")
	count("not 高意向客户", "1")
	count("interactions_7d = 3", "1")
	answered := f.do(200, "POST", "/v1/query/count", object{"where": "did(*, 7d)", "now": "2024-11-29T00:00:00+08:00"})
	wantAt(t, answered, "0", "count")
	wantAt(t, f.do(200, "POST", "/v1/query/count", object{"where": "industry = '金融'", "entity": "account"}), "1", "count")
	wantAt(t, f.do(422, "POST", "/v1/query/count", object{"where": "高意向客户", "as_of": "2024-10-29T00:00:00Z"}), "as_of_unsupported", "code")

	unknown := f.do(422, "POST", "/v1/query/count", object{"where": "job_title = 'CFO' and job_titel = 'CFO'"})
	wantAt(t, unknown, "unknown_name", "code")
	wantAt(t, unknown, "22", "position")
	wantAt(t, unknown, "job_title", "suggestion")
	for _, body := range []object{
		{"where": ""}, {}, {"where": "a = "}, {"where": "高意向客户", "entity": "house"}, {"where": "高意向客户", "now": "late"},
		{"where": "高意向客户", "purpose": "marketing"},
	} {
		f.do(422, "POST", "/v1/query/count", body)
	}

	page := f.do(200, "POST", "/v1/query/contacts", object{"where": "intent = '高'", "limit": 1,
		"fields": list{"name", "mobile", "高意向客户", "level", "account.industry", "interactions_7d", "last_interaction_at", "created_at"}})
	wantAt(t, page, f.ids["张三"], "contacts", 0, "one_id")
	wantAt(t, page, "张三", "contacts", 0, "name")
	wantAt(t, page, "138****8001", "contacts", 0, "mobile")
	wantAt(t, page, "true", "contacts", 0, "高意向客户")
	wantAt(t, page, "CXO", "contacts", 0, "level")
	wantAt(t, page, "金融", "contacts", 0, "account.industry")
	wantAt(t, page, "3", "contacts", 0, "interactions_7d")
	next := f.do(200, "POST", "/v1/query/contacts", object{"where": "intent = '高'", "limit": 1, "after": page["next"]})
	wantAt(t, next, f.ids["李四"], "contacts", 0, "one_id")
	if next["next"] != nil {
		t.Error("there is a page after the last")
	}
	wantAt(t, f.do(422, "POST", "/v1/query/contacts", object{"where": "高意向客户", "after": page["next"]}), "invalid_cursor", "code")
	f.do(422, "POST", "/v1/query/contacts", object{"where": "高意向客户", "limit": 1001})
	wrong := f.do(422, "POST", "/v1/query/contacts", object{"where": "高意向客户", "fields": list{"mobil"}})
	wantAt(t, wrong, "fields", "field")
	accounts := f.do(200, "POST", "/v1/query/contacts", object{"where": "annual_value > 100000", "entity": "account", "fields": list{"name"}})
	wantAt(t, accounts, f.ids["account"], "contacts", 0, "account_id")

	by := f.do(200, "POST", "/v1/query/breakdown", object{"where": "intent = '高'", "by": "job_title"})
	if buckets := by["buckets"].([]any); len(buckets) != 2 {
		t.Errorf("%d buckets", len(buckets))
	}
	wantAt(t, f.do(200, "POST", "/v1/query/breakdown", object{"where": "intent = '高'", "by": "account.industry"}), "2", "buckets", 0, "count")
	wantAt(t, f.do(422, "POST", "/v1/query/breakdown", object{"where": "intent = '高'", "by": "job_titel"}), "by", "field")
	for by, want := range map[string]any{"interactions_7d": 3., "高意向客户": true, "高接通率": true, "account.annual_value": 150000., "updated_at": "2024-10-29"} {
		first := at(t, f.do(200, "POST", "/v1/query/breakdown", object{"where": "高意向客户", "by": by, "now": "2024-10-30T10:00:00+08:00"}), "buckets", 0, "value")
		switch first.(type) {
		case string, bool:
		default:
			first = float64(number(t, first))
		}
		if first != want {
			t.Errorf("by %s: %v, want %v", by, first, want)
		}
	}

	plan := f.do(200, "POST", "/v1/query/explain", object{"where": "高接通率 and 高意向客户"})
	wantAt(t, plan, "1", "count")
	parsed := f.do(200, "POST", "/v1/query/parse", object{"where": "高接通率 AND job_title in ('CFO')"})
	back := f.do(200, "POST", "/v1/query/parse", object{"where": parsed["json"]})
	wantAt(t, back, parsed["text"].(string), "text")
	f.do(422, "POST", "/v1/query/parse", object{"where": "nobody_knows", "check": true})
}

func (f *flow) segments() {
	t := f.t
	put := f.do(200, "PUT", "/v1/segments/vip", object{"name": "重点", "where": "高接通率 and 高意向客户"})
	wantAt(t, put, "1", "count")
	wantAt(t, put, "realtime", "mode")
	f.do(200, "PUT", "/v1/segments/frozen", object{"where": "高意向客户", "mode": "static"})
	tag := "/v1/tags/" + url.PathEscape("高意向客户")
	f.do(200, "POST", tag+"/members", object{"add": list{"CDP_002"}})
	wantAt(t, f.do(200, "GET", "/v1/segments/frozen", nil), "1", "count")
	wantAt(t, f.do(200, "POST", "/v1/query/count", object{"where": "segment('frozen') and 高意向客户"}), "1", "count")
	f.do(200, "POST", tag+"/members", object{"remove": list{"CDP_002"}})

	members := f.do(200, "GET", "/v1/segments/vip/members?fields=name,mobile", nil)
	wantAt(t, members, "张三", "contacts", 0, "name")
	file := f.call("GET", "/v1/segments/vip/export?format=csv&fields=name,mobile", f.admin, nil)
	if want := "one_id,name,mobile\n" + f.ids["张三"] + ",张三,138****8001\n"; string(file.raw) != want || file.status != 200 {
		t.Errorf("the export is %d %q, want %q", file.status, file.raw, want)
	}
	if kind := file.header.Get("Content-Type"); !strings.HasPrefix(kind, "text/csv") {
		t.Errorf("the export is %s", kind)
	}
	wantAt(t, f.do(422, "GET", "/v1/segments/vip/export?format=xlsx", nil), "format_unsupported", "code")
	if all := f.do(200, "GET", "/v1/segments", nil)["segments"].([]any); len(all) != 2 {
		t.Errorf("%d segments are listed", len(all))
	}
	wantAt(t, f.do(409, "DELETE", tag, nil), "tag_in_use", "code")
	f.do(422, "PUT", "/v1/segments/vip", object{"where": "segment('vip')"})
	f.do(422, "PUT", "/v1/segments/x", object{"where": "高意向客户", "mode": "sometimes"})
	f.do(404, "GET", "/v1/segments/nobody", nil)
	f.do(404, "GET", "/v1/segments/nobody/members", nil)
	f.do(200, "PUT", "/v1/segments/upper", object{"where": "segment('frozen')"})
	wantAt(t, f.do(409, "DELETE", "/v1/segments/frozen", nil), "segment_in_use", "code")
	f.do(200, "DELETE", "/v1/segments/upper", nil)
	f.do(200, "DELETE", "/v1/segments/frozen", nil)
	f.do(404, "DELETE", "/v1/segments/frozen", nil)
}

func (f *flow) schema() {
	t := f.t
	f.do(200, "PUT", "/v1/schema/attributes/score", object{"kind": "float"})
	f.do(200, "PUT", "/v1/schema/attributes/score", object{"kind": "float"})
	wantAt(t, f.do(409, "PUT", "/v1/schema/attributes/score", object{"kind": "bool"}), "incompatible_change", "code")
	f.do(422, "PUT", "/v1/schema/attributes/x", object{"kind": "blob"})
	all := f.do(200, "GET", "/v1/schema", nil)
	found := slices.ContainsFunc(all["contact"].([]any), func(a any) bool {
		return at(t, a, "name") == "score" && at(t, a, "kind") == "float"
	})
	if !found {
		t.Errorf("the schema lacks the declared attribute")
	}
}

// TestConsistency covers the headers that tie reads to writes.
func TestConsistency(t *testing.T) {
	n := startNode(t, func(c *server.Config) { c.Limits.MinIndexWait = 50_000_000 })
	key := n.tenant("t001", "admin")
	a := n.call("PUT", "/v1/tags/a", key, object{"kind": "manual"})
	index, epoch := a.header.Get("Rollcall-Index"), a.header.Get("Rollcall-Epoch")
	if index == "" || index != number2text(a.body["index"]) || epoch == "" {
		t.Fatalf("a write answers index %q, epoch %q, body %v", index, epoch, a.body["index"])
	}
	n.want(200, "GET", "/v1/tags", key, nil, header("Rollcall-Min-Index", index), header("Rollcall-Epoch", epoch))
	n.want(422, "GET", "/v1/tags", key, nil, header("Rollcall-Min-Index", "-1"))
	wantAt(t, n.want(409, "GET", "/v1/tags", key, nil, header("Rollcall-Epoch", "another")), "epoch_changed", "code")
	late := n.call("GET", "/v1/tags", key, nil, header("Rollcall-Min-Index", "999999999"))
	if late.status != http.StatusServiceUnavailable || late.header.Get("Retry-After") == "" {
		t.Errorf("an index of the future: %d, Retry-After %q", late.status, late.header.Get("Retry-After"))
	}
	for _, level := range []string{"session", "local", "bounded", "linearizable", "strict"} {
		n.want(200, "GET", "/v1/tags?consistency="+level, key, nil)
	}
	n.want(422, "GET", "/v1/tags?consistency=eventual", key, nil)
}
