// Package schema holds the canonical names: identifiers with their matching rules, attributes with their kinds and
// classes, event types, sources and roles.
package schema

// Identifier is one type of identifier. Priority orders exact matching (1 first), Confidence is reported for a match.
// A weak identifier associates an event with a contact and never makes two contacts one; an account's name is weak
// because two enterprises with credit codes of their own may share it. Entity is "contact" or "account".
type Identifier struct {
	Name       string
	Entity     string
	Priority   int
	Confidence float64
	Weak       bool
}

// Identifiers lists the identifiers in the order in which they are tried. "phone" is no stored type: intake tells it
// apart into mobile and landline. cdp_id is an id of an earlier platform, taken over as an alias of the OneID.
//
// crm_id is scoped by the system that gave it out: CRM and CRM2 with the same key are two people. The scope is the
// record's or event's own source, case folded; the channels CALLCENTER, WEWORK, WECOM, AD, ADS and WEB carry the key of
// the tenant's CRM, which has the scope CRM, as has a lookup, which has no source. "SCOPE:id" (letters, digits, _ and -
// before the colon) names another scope than that.
var Identifiers = []Identifier{
	{"mobile", "contact", 1, 1.0, false},
	{"email", "contact", 2, 0.9, false},
	{"wecom_unionid", "contact", 3, 0.95, false},
	{"wecom_external_userid", "contact", 4, 0.95, false},
	{"wecom_userid", "contact", 5, 0.95, false},
	{"crm_id", "contact", 6, 0.95, false},
	{"user_id", "contact", 7, 0.9, false},
	{"cdp_id", "contact", 8, 1.0, false},
	{"mobile_sha256", "contact", 9, 1.0, false},
	{"mobile_md5", "contact", 10, 1.0, false},
	{"landline", "contact", 20, 0.5, true},
	{"anonymous_id", "contact", 21, 0.3, true},
	{"device_id", "contact", 22, 0.3, true},
	{"cookie_id", "contact", 23, 0.3, true},
	{"ad_id", "contact", 24, 0.3, true},
	{"credit_code", "account", 1, 1.0, false},
	{"domain", "account", 2, 0.9, false},
	{"wecom_corp_id", "account", 3, 0.95, false},
	{"account_name", "account", 4, 0.9, true},
}

// Kind is the kind of an attribute's column.
type Kind string

// The kinds of attribute.
const (
	Text  Kind = "text"
	Int   Kind = "int"
	Float Kind = "float"
	Bool  Kind = "bool"
	Time  Kind = "time"
)

// Attribute is one canonical attribute. A personal text is sealed (a deterministic token) before it is replicated.
// Text attributes that stand in no list are personal until they are classified.
type Attribute struct {
	Name     string
	Kind     Kind
	Personal bool
}

// ContactAttributes lists the canonical attributes of a contact.
var ContactAttributes = []Attribute{
	{"name", Text, true},
	{"company", Text, false},
	{"job_title", Text, false},
	{"gender", Text, false},
	{"city", Text, false},
	{"province", Text, false},
	{"source", Text, false},
	{"intent", Text, false},
	{"wecom_status", Text, false},
	{"owner", Text, true},
	{"value", Float, false},
	{"created_at", Time, false},
	{"updated_at", Time, false},
	{"org_id", Text, false},
}

// AccountAttributes lists the canonical attributes of an account.
var AccountAttributes = []Attribute{
	{"name", Text, false},
	{"credit_code", Text, false},
	{"industry", Text, false},
	{"domain", Text, false},
	{"wecom_corp_id", Text, false},
	{"annual_value", Float, false},
	{"stage", Text, false},
	{"city", Text, false},
	{"size", Text, false},
	{"created_at", Time, false},
	{"updated_at", Time, false},
	{"org_id", Text, false},
}

// OpportunityAttributes lists what an opportunity has beside the attributes of contacts and accounts, or otherwise. Its
// name is personal, because deals are often named after people.
var OpportunityAttributes = []Attribute{
	{"name", Text, true},
	{"amount", Float, false},
	{"currency", Text, false},
}

// Stages are the stages of an account (its attribute stage) in their order: events only move an account forward.
var Stages = []string{"线索", "商机", "成交"}

// StageOf is the stage that an event of a type brings the account of its contact to.
var StageOf = map[string]string{"lead.created": "线索", "opportunity.created": "商机", "opportunity.won": "成交"}

// OrgID is the attribute and event property that the org_id of a record or event becomes.
const OrgID = "org_id"

// ComputedAttributes are columns of a contact that follow from its events and records; a record cannot set them.
var ComputedAttributes = []Attribute{
	{"interactions_7d", Int, false},
	{"last_interaction_at", Time, false},
	{"source_count", Int, false},
}

// PlainProps are the text properties of events that are no personal data and stay readable in expressions, explain
// and breakdowns without unsealing. Other short texts become tokens.
var PlainProps = []string{
	"answered", "disposition", "intent", "agent_id", "channel", "direction", "stage", "currency", "call_mode",
	"campaign_id", "queue", "result", "product", "plan", "poutcome", "contact", "month", "day_of_week",
	"org_id", "device",
}

// UnindexedProps are properties that expressions cannot use, because each event has another value or the text is
// long: they are kept, sealed, and shown on the timeline.
var UnindexedProps = []string{"call_id", "recording_url", "url", "content", "message", "note", "text"}

// EventTypes are the canonical event types. Interactions are those that count as the contact's own activity.
var EventTypes = []string{
	"call.outbound.started", "call.outbound.ended", "call.outbound.failed", "call.inbound.received",
	"call.inbound.ended", "lead.created", "opportunity.created", "opportunity.stage_changed", "opportunity.won",
	"opportunity.lost", "wecom.contact.added", "wecom.contact.removed", "wecom.message.received",
	"wecom.message.sent", "wecom.member.joined", "wecom.dept.updated", "meeting.held", "page.view", "button.click",
	"form.submitted",
}

// Interactions are the event types that count as interactions of the contact (近7天互动): calls that ended, messages
// received, meetings, page views, clicks, forms and WeCom additions; not what we sent, not calls that never rang.
var Interactions = []string{
	"call.outbound.ended", "call.inbound.received", "call.inbound.ended", "wecom.contact.added",
	"wecom.message.received", "meeting.held", "page.view", "button.click", "form.submitted",
}

// Sources names the sources of the documents as people know them.
var Sources = map[string]string{
	"CALLCENTER": "呼叫中心", "WEWORK": "企业微信", "WECOM": "企业微信", "CRM": "CRM", "ADS": "广告", "WEB": "网站",
}

// Roles are the roles that a key may have.
var Roles = []string{"admin", "engineer", "analyst", "sales", "agent", "operator", "auditor", "source"}
