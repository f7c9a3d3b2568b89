package admin

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Gauges are the figures that are read when metrics are collected. Sums go over all tenants: a label per tenant
// would tell one tenant's size to whoever may read metrics, and grow without bound.
type Gauges struct {
	Tenants, Contacts, Accounts, Events, Records, Identifiers int64
	MemoryBytes                                               int64
	AppliedIndex                                              uint64
	Ready                                                     bool
}

// Metrics counts what the node does. It is safe for concurrent use. Labels are routes and outcomes, never ids.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	queries  *prometheus.HistogramVec
	items    *prometheus.CounterVec
	refused  *prometheus.CounterVec
}

// NewMetrics returns metrics in a registry of their own; read is called at each collection.
func NewMetrics(read func() Gauges) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rollcall_http_requests_total", Help: "Requests answered by the API.",
		}, []string{"route", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "rollcall_http_request_seconds", Help: "Time from the last byte of a request to its answer.",
			Buckets: prometheus.ExponentialBuckets(50e-6, 2.5, 14),
		}, []string{"route"}),
		queries: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "rollcall_query_seconds", Help: "Time spent in evaluating one expression.",
			Buckets: prometheus.ExponentialBuckets(5e-6, 2.5, 16),
		}, []string{"kind"}),
		items: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rollcall_ingest_items_total", Help: "Records and events taken in, by outcome.",
		}, []string{"kind", "outcome"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rollcall_refused_total", Help: "Requests refused by a problem's code.",
		}, []string{"code"}),
	}
	m.registry.MustRegister(m.requests, m.seconds, m.queries, m.items, m.refused, newReader(read),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Request counts one answered request.
func (m *Metrics) Request(route, method string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(route).Observe(took.Seconds())
}

// Refused counts one request that was answered with this problem code.
func (m *Metrics) Refused(code string) { m.refused.WithLabelValues(code).Inc() }

// Query counts one evaluation; kind is "count", "contacts", "explain", "breakdown", "members" or "export".
func (m *Metrics) Query(kind string, took time.Duration) {
	m.queries.WithLabelValues(kind).Observe(took.Seconds())
}

// Ingest counts items of a kind ("records", "events") by outcome ("ok", "duplicate", "rejected").
func (m *Metrics) Ingest(kind, outcome string, n int) {
	if n > 0 {
		m.items.WithLabelValues(kind, outcome).Add(float64(n))
	}
}

// reader turns Gauges into metrics, all from one reading.
type reader struct {
	read  func() Gauges
	descs []*prometheus.Desc
}

func newReader(read func() Gauges) *reader {
	r := &reader{read: read}
	for _, d := range [][2]string{
		{"rollcall_tenants", "Tenants."},
		{"rollcall_contacts", "Live contacts of all tenants."},
		{"rollcall_accounts", "Accounts of all tenants."},
		{"rollcall_events", "Events kept of all tenants."},
		{"rollcall_records", "Source records of all tenants."},
		{"rollcall_identifiers", "Identifiers of all tenants."},
		{"rollcall_engine_bytes", "The engine's own account of its memory."},
		{"rollcall_applied_index", "Newest log index in the published roots."},
		{"rollcall_ready", "1 when the node may serve."},
	} {
		r.descs = append(r.descs, prometheus.NewDesc(d[0], d[1], nil, nil))
	}
	return r
}

// Describe sends the descriptions, as the registry asks.
func (r *reader) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range r.descs {
		ch <- d
	}
}

// Collect sends one reading.
func (r *reader) Collect(ch chan<- prometheus.Metric) {
	g := r.read()
	ready := 0.0
	if g.Ready {
		ready = 1
	}
	for i, v := range []float64{
		float64(g.Tenants), float64(g.Contacts), float64(g.Accounts), float64(g.Events), float64(g.Records),
		float64(g.Identifiers), float64(g.MemoryBytes), float64(g.AppliedIndex), ready,
	} {
		ch <- prometheus.MustNewConstMetric(r.descs[i], prometheus.GaugeValue, v)
	}
}
