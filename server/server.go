// Package server assembles one node and takes it down.
//
// It joins the rooms through the small interfaces that they declare (machine.go, node.go) and owns the listeners and
// the data folder. Tests import it: Start in a temporary folder with port 0 is a whole node.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"time"
	_ "time/tzdata" // tenants' time zones must not depend on what the machine has installed

	"github.com/valyala/fasthttp"

	"rollcall/cluster"
	"rollcall/engine"
	"rollcall/server/admin"
	"rollcall/server/api"
	"rollcall/server/auth"
	"rollcall/server/privacy"
	"rollcall/wal"
)

// Server is one running node.
type Server struct {
	config  Config
	logger  *slog.Logger
	rootKey string

	folder  *os.File // held: its lock is the node's
	store   *wal.Store
	engine  *engine.Engine
	cluster *cluster.Node
	node    node

	apiListener, adminListener net.Listener
	api                        *fasthttp.Server
	bodies                     *budget // of the API's requests
	admin                      *http.Server
}

// Start starts a node and returns when it serves: the data folder is open, the log applied, the listeners accept, and
// (unless it joins others) it leads. ctx bounds the start only. On error nothing is left running.
func Start(ctx context.Context, config Config) (*Server, error) {
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	if config.Clock == nil {
		config.Clock = time.Now
	}
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("the configuration cannot work:\n%w", err)
	}
	s := &Server{config: config, logger: config.Logger.With("node", config.NodeID)}
	if err := s.start(ctx); err != nil {
		stopping, cancel := context.WithTimeout(context.Background(), config.Limits.DrainDeadline)
		defer cancel()
		return nil, errors.Join(err, s.Stop(stopping))
	}
	return s, nil
}

func (s *Server) start(ctx context.Context) (err error) {
	if s.folder, err = lockFolder(s.config.Data); err != nil {
		return err
	}
	if s.rootKey, err = rootKey(s.config.Data, s.config.RootKey); err != nil {
		return err
	}
	authenticator, err := auth.New(s.rootKey, s.storedKey)
	if err != nil {
		return err
	}
	metrics := admin.NewMetrics(s.gauges)
	if err := s.serveAdmin(authenticator, metrics); err != nil {
		return err
	}
	if s.apiListener, err = net.Listen("tcp", s.config.Listen); err != nil {
		return fmt.Errorf("listening for the API: %w", err)
	}
	master := privacy.NewMaster([]byte(s.rootKey))
	if err := s.open(master); err != nil {
		return err
	}
	handler, err := api.New(api.Config{
		Engine: s.engine, Node: &s.node, Auth: authenticator, Master: master, Observe: metrics, Logger: s.logger,
		Clock: s.config.Clock, Limits: s.config.Limits.Limits, Version: Version,
	})
	if err != nil {
		return err
	}
	if s.config.Join == "" {
		if err := s.waitReady(ctx); err != nil {
			return err
		}
		if err := s.opensTenants(master); err != nil { // those that only the log held until now
			return err
		}
	}
	s.serveAPI(handler)
	s.logger.Info("the node serves", "api", s.Addr(), "admin", s.AdminAddr(), "applied", s.engine.Applied())
	return nil
}

// Version is the program's version, as the build recorded it.
var Version = func() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}()

// open opens the stores and the state, and starts the cluster on them.
func (s *Server) open(master *privacy.Master) (err error) {
	s.store, err = wal.Open(wal.Options{Dir: s.config.Data, Logger: s.logger, LowBytes: s.config.Disk.LowBytes})
	if err != nil {
		return fmt.Errorf("opening %s: %w", s.config.Data, err)
	}
	if s.engine, err = engine.Open(pages{s.store.Pages}, s.logger); err != nil {
		return err
	}
	if err := s.opensTenants(master); err != nil {
		return err
	}
	s.cluster, err = cluster.Start(cluster.Config{
		NodeID: s.config.NodeID, Store: s.store, Listen: s.config.Raft, Logger: s.config.Logger,
		FlushEvery: s.config.Flush.Every, FlushBytes: s.config.Flush.Bytes, Heartbeat: s.config.Heartbeat,
	}, &machine{engine: s.engine, pages: s.store.Pages})
	if err != nil {
		return err
	}
	s.node.cluster.Store(s.cluster)
	return nil
}

// opensTenants checks the root key against every tenant that is loaded.
func (s *Server) opensTenants(master *privacy.Master) error {
	for _, id := range s.engine.Tenants() {
		if t, ok := s.engine.Tenant(id); ok {
			if _, err := master.Open(t.WrappedKeys()); err != nil {
				return fmt.Errorf("the root key does not open tenant %s, is it the key of another folder? %w", id, err)
			}
		}
	}
	return nil
}

// waitReady waits until the node may serve or ctx ends.
func (s *Server) waitReady(ctx context.Context) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		err := s.cluster.Ready()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the node did not become ready in time: %w", err)
		case <-tick.C:
		}
	}
}

func (s *Server) serveAdmin(a *auth.Authenticator, m *admin.Metrics) (err error) {
	if s.adminListener, err = net.Listen("tcp", s.config.Admin); err != nil {
		return fmt.Errorf("listening for the admin pages: %w", err)
	}
	s.admin = &http.Server{
		Handler: admin.Handler(admin.Config{
			Auth: a, Ready: s.node.Ready, Metrics: m, Logger: s.logger,
			Status: func() admin.Status { return s.node.status(s.config.NodeID) }, Digest: s.digest,
		}),
		ReadHeaderTimeout: s.config.Limits.ReadTimeout, IdleTimeout: s.config.Limits.IdleTimeout,
		MaxHeaderBytes: s.config.Limits.HeaderBytes, ErrorLog: slog.NewLogLogger(s.logger.Handler(), slog.LevelDebug),
	}
	serving := s.admin
	go func() {
		if err := serving.Serve(s.adminListener); !errors.Is(err, http.ErrServerClosed) {
			s.logger.Error("the admin listener ended", "error", err)
		}
	}()
	return nil
}

func (s *Server) serveAPI(handler *api.API) {
	limits := s.config.Limits
	s.api = &fasthttp.Server{
		Handler:        handler.Handler,
		Name:           "rollcall",
		Concurrency:    limits.Connections,
		ReadBufferSize: limits.HeaderBytes,
		ReadTimeout:    limits.ReadTimeout, WriteTimeout: limits.WriteTimeout, IdleTimeout: limits.IdleTimeout,
		MaxRequestBodySize: limits.BodyBytes,
		HeaderReceived: func(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
			return fasthttp.RequestConfig{MaxRequestBodySize: handler.BodyLimit(h)}
		},
		ErrorHandler: func(ctx *fasthttp.RequestCtx, err error) {
			if c, ok := ctx.Conn().(*doorConn); ok {
				c.closeGently()
			}
			handler.Broken(ctx, err)
		},
		SecureErrorLogMessage:        true,
		DisablePreParseMultipartForm: true,
		NoDefaultContentType:         true,
		CloseOnShutdown:              true,
		Logger:                       slog.NewLogLogger(s.logger.Handler(), slog.LevelDebug),
	}
	serving := s.api
	s.bodies = &budget{limit: limits.InFlightBytes, free: limits.HeaderBytes}
	go func() {
		if err := serving.Serve(newDoor(s.apiListener, limits.PerAddress, s.bodies)); err != nil {
			s.logger.Error("the API listener ended", "error", err)
		}
	}()
}

// storedKey finds an API key for auth.
func (s *Server) storedKey(tenant, keyID string) (auth.Stored, bool) {
	if s.node.cluster.Load() == nil {
		return auth.Stored{}, false
	}
	t, ok := s.engine.Tenant(tenant)
	if !ok {
		return auth.Stored{}, false
	}
	k, ok := t.Key(keyID)
	return auth.Stored{Role: k.Role, Hash: k.Hash, Revoked: k.Revoked}, ok
}

// gauges reads the figures of all tenants.
func (s *Server) gauges() (g admin.Gauges) {
	if s.node.cluster.Load() == nil {
		return g
	}
	for _, id := range s.engine.Tenants() {
		t, ok := s.engine.Tenant(id)
		if !ok {
			continue
		}
		stats := t.Root().Stats()
		g.Tenants++
		g.Contacts += int64(stats.Contacts)
		g.Accounts += int64(stats.Accounts)
		g.Events += int64(stats.Events)
		g.Records += int64(stats.Records)
		g.Identifiers += int64(stats.Identifiers)
		g.MemoryBytes += int64(stats.Bytes)
	}
	g.AppliedIndex, g.Ready = s.engine.Applied(), s.node.Ready() == nil
	return g
}

// Addr is the address that the API listens at.
func (s *Server) Addr() string { return s.apiListener.Addr().String() }

// AdminAddr is the address that the admin pages listen at.
func (s *Server) AdminAddr() string { return s.adminListener.Addr().String() }

// RootKey is the node's root key. It is for programs that start a node and manage it, such as the demo.
func (s *Server) RootKey() string { return s.rootKey }

// Digest is the state's digest of a tenant, equal on all members and before and after a restart; ok is false when
// there is no such tenant.
func (s *Server) Digest(tenant string) (digest string, ok bool) {
	d, ok := s.digest(tenant)
	return d.Digest, ok
}

func (s *Server) digest(tenant string) (admin.Digest, bool) {
	if s.node.cluster.Load() == nil {
		return admin.Digest{}, false
	}
	t, ok := s.engine.Tenant(tenant)
	if !ok {
		return admin.Digest{}, false
	}
	root := t.Root()
	return admin.Digest{Tenant: tenant, Index: root.Index(), Digest: root.Digest()}, true
}

// Flush writes the state to the pages now, so that the next start has no log to apply.
func (s *Server) Flush(ctx context.Context) error { return s.cluster.Flush(ctx) }

// Stop takes the node down: it accepts nothing more, lets what is under way end, flushes, and closes the stores. What
// was acknowledged is safe also when ctx ends earlier. The first call stops; later calls do nothing.
func (s *Server) Stop(ctx context.Context) error {
	var errs []error
	draining, cancel := context.WithTimeout(ctx, s.config.Limits.DrainDeadline)
	defer cancel()
	served := s.api != nil
	switch {
	case s.api != nil:
		errs = append(errs, s.api.ShutdownWithContext(draining))
		s.api = nil
	case s.apiListener != nil:
		_ = s.apiListener.Close() // closed before it was served, or by the first Stop
	}
	if s.cluster != nil {
		s.node.cluster.Store(nil)
		if served {
			if err := s.cluster.Flush(ctx); err != nil {
				s.logger.Warn("the state was not flushed, the next start applies the log instead", "error", err)
			}
		}
		errs = append(errs, s.cluster.Stop(ctx))
		s.cluster = nil
	}
	if s.admin != nil {
		errs = append(errs, s.admin.Shutdown(draining))
		s.admin = nil
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
		s.store = nil
	}
	if s.folder != nil {
		errs = append(errs, s.folder.Close())
		s.folder = nil
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("stopping the node: %w", err)
	}
	return nil
}
