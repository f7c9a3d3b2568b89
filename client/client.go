// Package client is the Go client of the HTTP interface: typed, pooled, and safe to retry.
//
// A Client keeps connections open and may be used from any number of goroutines. It repeats a call only when nothing
// can happen twice: when the server said that nothing was applied, or when the call is a read, replaces a whole
// object, or carries an Idempotency-Key, which every POST gets by itself. Reads see what the same Client wrote before,
// on whichever node they land (session consistency).
package client

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"rollcall/client/wire"
)

// Options tells whom to talk to and how. Addr and Key are required, the rest has defaults.
type Options struct {
	Addr        string        // http://host:7700, or host:7700
	Key         string        // an API key, or the root key for tenants and keys
	JSON        bool          // speak JSON instead of msgpack
	Timeout     time.Duration // of one attempt; default 30 s
	Attempts    int           // how often a call is tried at most; default 4, 1 never repeats
	Connections int           // open connections at most; default 64
	NoSession   bool          // do not wait on reads for what this client wrote
}

// Client talks to one node or to the address in front of several.
type Client struct {
	options Options
	format  wire.Format
	base    string
	http    *fasthttp.HostClient
	session session
}

// New returns a client. It does not connect yet.
func New(o Options) (*Client, error) {
	text := o.Addr
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%q is no address such as http://127.0.0.1:7700", o.Addr)
	}
	if o.Key == "" {
		return nil, errors.New("no API key: set Options.Key")
	}
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Attempts <= 0 {
		o.Attempts = 4
	}
	if o.Connections <= 0 {
		o.Connections = 64
	}
	c := &Client{options: o, base: u.Scheme + "://" + u.Host + strings.TrimRight(u.Path, "/")}
	if !o.JSON {
		c.format = wire.Msgpack
	}
	c.http = &fasthttp.HostClient{
		Addr: addPort(u), IsTLS: u.Scheme == "https", Name: "rollcall-go",
		MaxConns: o.Connections, MaxConnWaitTimeout: o.Timeout, MaxIdleConnDuration: 30 * time.Second,
		ReadTimeout: o.Timeout, WriteTimeout: o.Timeout,
		// What may be repeated is decided here, by what the server said, and not by the HTTP method.
		MaxIdemponentCallAttempts: 1, RetryIfErr: func(*fasthttp.Request, int, error) (bool, bool) { return false, false },
		NoDefaultUserAgentHeader: true, DisablePathNormalizing: true,
	}
	return c, nil
}

func addPort(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Host
	case u.Scheme == "https":
		return u.Host + ":443"
	}
	return u.Host + ":80"
}

// Close gives up the idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// session remembers the newest index that this client has seen, and of which epoch it is.
type session struct {
	mu    sync.Mutex
	epoch string
	index uint64
}

func (s *session) get() (epoch string, index uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.epoch, s.index
}

func (s *session) saw(epoch string, index uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if epoch != s.epoch {
		s.epoch, s.index = epoch, 0
	}
	s.index = max(s.index, index)
}

func (s *session) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epoch, s.index = "", 0
}

// request is one call before it is sent.
type request struct {
	method, path string // path is escaped
	query        url.Values
	in           any // nil: no body
	key          string
}

// do sends a call, repeats it where that is safe, and decodes the answer into out (nil: none).
func (c *Client) do(ctx context.Context, r request, out any) error {
	if r.method == http.MethodPost && r.key == "" {
		r.key = newKey()
	}
	var body []byte
	if r.in != nil {
		var err error
		if body, err = c.format.Append(nil, r.in); err != nil {
			return err
		}
	}
	for attempt := 1; ; attempt++ {
		err := c.try(ctx, r, body, out)
		if err == nil || attempt >= c.options.Attempts || ctx.Err() != nil || !mayRepeat(r, err) {
			return err
		}
		if wait(ctx, pause(attempt, err)) != nil {
			return err
		}
	}
}

// newKey makes an Idempotency-Key that nobody else uses: 128 random bits.
func newKey() string {
	var b [16]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// exchange is one request on its way and its answer.
type exchange struct {
	request  *fasthttp.Request
	response *fasthttp.Response
}

func newExchange() exchange {
	return exchange{fasthttp.AcquireRequest(), fasthttp.AcquireResponse()}
}

func (x exchange) release() {
	fasthttp.ReleaseRequest(x.request)
	fasthttp.ReleaseResponse(x.response)
}

// try sends a call once.
func (c *Client) try(ctx context.Context, r request, body []byte, out any) error {
	x := newExchange()
	c.prepare(x.request, r, body)
	if err := c.send(ctx, x); err != nil {
		return err
	}
	defer x.release()
	h := &x.response.Header
	if index, err := strconv.ParseUint(string(h.Peek("Rollcall-Index")), 10, 64); err == nil {
		c.session.saw(string(h.Peek("Rollcall-Epoch")), index)
	}
	if status := x.response.StatusCode(); status >= 300 {
		err := problemOf(x.response)
		if err.Code == "epoch_changed" {
			c.session.forget()
		}
		return err
	}
	switch out := out.(type) {
	case nil:
		return nil
	case *[]byte:
		*out = append((*out)[:0], x.response.Body()...)
		return nil
	}
	format, _ := wire.FormatOf(string(h.ContentType()))
	if err := format.DecodeLoose(x.response.Body(), out, wire.ResponseLimits); err != nil {
		return fmt.Errorf("reading the answer of %s %s: %w", r.method, r.path, err)
	}
	return nil
}

func (c *Client) prepare(req *fasthttp.Request, r request, body []byte) {
	uri := c.base + r.path
	if len(r.query) > 0 {
		uri += "?" + r.query.Encode()
	}
	req.SetRequestURI(uri)
	req.URI().DisablePathNormalizing = true
	h := &req.Header
	h.SetMethod(r.method)
	h.Set("Authorization", "Bearer "+c.options.Key)
	h.Set("Accept", c.format.ContentType())
	if body != nil {
		h.SetContentType(c.format.ContentType())
		req.SetBodyRaw(body)
	}
	if r.key != "" {
		h.Set("Idempotency-Key", r.key)
	}
	if epoch, index := c.session.get(); index > 0 && !c.options.NoSession {
		h.Set("Rollcall-Min-Index", strconv.FormatUint(index, 10))
		h.Set("Rollcall-Epoch", epoch)
	}
}

// send waits for the answer or for the end of ctx, whichever comes first. On error it has released the exchange, or
// leaves that to the attempt that still runs.
func (c *Client) send(ctx context.Context, x exchange) error {
	deadline, ofContext := time.Now().Add(c.options.Timeout), false
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline, ofContext = d, true
	}
	if err := ctx.Err(); err != nil {
		x.release()
		return err
	}
	done := make(chan error, 1)
	go func() { done <- c.http.DoDeadline(x.request, x.response, deadline) }()
	select {
	case err := <-done:
		if err != nil {
			x.release()
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case ofContext && errors.Is(err, fasthttp.ErrTimeout):
				return context.DeadlineExceeded // its timer was a moment faster than the context's
			}
			return &networkError{err}
		}
		return nil
	case <-ctx.Done():
		// fasthttp cannot be cancelled: the attempt ends by its deadline and is thrown away.
		go func() {
			<-done
			x.release()
		}()
		return ctx.Err()
	}
}
