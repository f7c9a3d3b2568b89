package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/client"
	"rollcall/client/wire"
	"rollcall/server"
)

func config(dir string) server.Config {
	c := server.DefaultConfig()
	c.Data, c.Listen, c.Admin, c.Raft = dir, "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	c.Heartbeat = 50 * time.Millisecond
	return c
}

func start(t *testing.T, c server.Config) *server.Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	s, err := server.Start(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *server.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// tenant opens a tenant and returns a client of it.
func tenant(t *testing.T, s *server.Server, id string) *client.Client {
	t.Helper()
	root := dial(t, s, s.RootKey())
	if _, err := root.CreateTenant(t.Context(), wire.CreateTenantRequest{ID: id}); err != nil {
		t.Fatal(err)
	}
	key, err := root.CreateKey(t.Context(), id, "admin")
	if err != nil {
		t.Fatal(err)
	}
	return dial(t, s, key.Key)
}

func dial(t *testing.T, s *server.Server, key string) *client.Client {
	t.Helper()
	c, err := client.New(client.Options{Addr: s.Addr(), Key: key})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func get(t *testing.T, s *server.Server, path, key string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, "http://"+s.AdminAddr()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestAdminPages(t *testing.T) {
	s := start(t, config(t.TempDir()))
	c := tenant(t, s, "t001")
	if _, err := c.Tags(t.Context()); err != nil {
		t.Fatal(err)
	}
	for path, part := range map[string]string{
		"/healthz": "ok", "/readyz": "ready", "/metrics": `rollcall_http_requests_total{method="GET",route="/v1/tags",status="200"} 1`,
		"/cluster/status": `"state":"leader"`,
	} {
		if status, body := get(t, s, path, s.RootKey()); status != 200 || !strings.Contains(body, part) {
			t.Errorf("%s: %d %.2000s, want %s", path, status, body, part)
		}
	}
	if _, metrics := get(t, s, "/metrics", ""); !strings.Contains(metrics, "rollcall_tenants 1") || !strings.Contains(metrics, "rollcall_ready 1") {
		t.Error("the metrics do not count the tenant")
	}
}

func TestSecondStartIsRefused(t *testing.T) {
	dir := t.TempDir()
	start(t, config(dir))
	if _, err := server.Start(t.Context(), config(dir)); !errors.Is(err, server.ErrFolderInUse) {
		t.Errorf("a second node on the folder: %v", err)
	}
}

func TestWrongRootKeyIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := start(t, config(dir))
	tenant(t, s, "t001")
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop(t, s)
	c := config(dir)
	c.RootKey = "the key of another folder"
	if _, err := server.Start(t.Context(), c); err == nil || !strings.Contains(err.Error(), "root key") {
		t.Errorf("the key of another folder: %v", err)
	}
	start(t, config(dir))
}

// TestStopLosesNothing stops a node while writers write: what was acknowledged is there after the restart, and what
// was refused says so.
func TestStopLosesNothing(t *testing.T) {
	dir := t.TempDir()
	s := start(t, config(dir))
	tenant(t, s, "t001")
	key := adminKey(t, s)
	var mu sync.Mutex
	acknowledged := 0
	var wg sync.WaitGroup
	started := make(chan struct{}, 100)
	for w := range 4 {
		wg.Go(func() {
			for i := 0; ; i++ {
				once, err := client.New(client.Options{Addr: s.Addr(), Key: key, Attempts: 1})
				if err != nil {
					return
				}
				out, err := once.PutEvents(context.Background(), []wire.Event{{
					EventID: fmt.Sprint(w, "-", i), Source: "WEB", Type: "page.view", OccurredAt: "2024-10-29T10:00:00+08:00",
					Identifiers: wire.Identifiers{"mobile": fmt.Sprintf("1380013%04d", 1000*w+i)},
				}})
				once.Close()
				if err != nil {
					return
				}
				mu.Lock()
				if out.Results[0].Status == wire.StatusAccepted {
					acknowledged++
				}
				mu.Unlock()
				select {
				case started <- struct{}{}:
				default:
				}
			}
		})
	}
	for range 20 {
		<-started
	}
	stop(t, s)
	wg.Wait()
	s = start(t, config(dir))
	c := dial(t, s, key)
	got, err := c.Count(t.Context(), client.Where("count(page.view) = 1"))
	if err != nil {
		t.Fatal(err)
	}
	if int(got.Count) < acknowledged || acknowledged < 20 {
		t.Errorf("%d events are there after the restart, %d were acknowledged", got.Count, acknowledged)
	}
}

func adminKey(t *testing.T, s *server.Server) string {
	t.Helper()
	key, err := dial(t, s, s.RootKey()).CreateKey(t.Context(), "t001", "admin")
	if err != nil {
		t.Fatal(err)
	}
	return key.Key
}

// TestNoPlainPersonalData writes marked values and looks for them in everything that the node leaves behind (I18).
func TestNoPlainPersonalData(t *testing.T) {
	var log lockedBuffer
	dir := t.TempDir()
	c := config(dir)
	c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s := start(t, c)
	cl := tenant(t, s, "t001")
	const mobile, name, mail, note = "13987654321", "卡娜莉王", "canary-person@example.org", "canary-payload-text"
	put, err := cl.PutRecords(t.Context(), []wire.Record{{
		Source: "CRM", SourceID: "canary-source-id", Kind: "contact", Identifiers: wire.Identifiers{"mobile": mobile, "email": mail},
		Attributes: wire.MustObject(map[string]any{"name": name, "nickname": "canary-nickname"}),
	}})
	if err != nil || put.Results[0].Status != wire.StatusOK {
		t.Fatal(put, err)
	}
	if _, err := cl.PutEvents(t.Context(), []wire.Event{{
		EventID: "e1", Source: "CRM", Type: "page.view", OccurredAt: "2024-10-29T10:00:00+08:00", OneID: put.Results[0].OneID,
		Payload: wire.MustObject(map[string]any{"note": note, "callee": mobile}),
	}}); err != nil {
		t.Fatal(err)
	}
	if _, err := cl.Count(t.Context(), client.Where("name = '"+name+"'")); err != nil {
		t.Fatal(err)
	}
	_, err = cl.Contact(t.Context(), put.Results[0].OneID, client.View{Reveal: "mobile", Reason: "asked for by " + mobile})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = cl.Count(t.Context(), client.Where("nobody = '"+name+"'"))
	_, metrics := get(t, s, "/metrics", "")
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop(t, s)

	look := func(where, text string) {
		for _, canary := range []string{mobile, name, mail, note, "canary-source-id", "canary-nickname"} {
			if strings.Contains(text, canary) {
				t.Errorf("%q stands in %s", canary, where)
			}
		}
	}
	look("the log", log.String())
	look("the metrics", metrics)
	if !strings.Contains(log.String(), "audit") {
		t.Error("the look at a plain value left no line")
	}
	files := 0
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		look(path, string(b))
		files++
		return err
	})
	if err != nil || files < 4 {
		t.Fatalf("%d files were looked at, %v", files, err)
	}
}

// lockedBuffer is a log that many may write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
