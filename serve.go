package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"rollcall/server"
)

// addresses are the flags that serve and demo share.
type addresses struct {
	Listen string `env:"ROLLCALL_LISTEN" placeholder:"ADDR" help:"Address of the API (127.0.0.1:7700)."`
	Admin  string `env:"ROLLCALL_ADMIN" placeholder:"ADDR" help:"Address of health, metrics and cluster calls (127.0.0.1:7701)."`
	Raft   string `env:"ROLLCALL_RAFT" placeholder:"ADDR" help:"Address for the other members (127.0.0.1:7702)."`
}

type serveCommand struct {
	addresses
	Data   string `env:"ROLLCALL_DATA" placeholder:"DIR" help:"The data folder (rollcall-data)."`
	NodeID string `env:"ROLLCALL_NODE_ID" placeholder:"ID" help:"This node's name among the members (node-1)."`
	Join   string `env:"ROLLCALL_JOIN" placeholder:"ADDR" help:"Admin address of any member, to join its cluster."`
	Config string `env:"ROLLCALL_CONFIG" placeholder:"FILE" help:"A YAML file with the same settings; flags win over it."`
	Log    string `env:"ROLLCALL_LOG" default:"info" enum:"debug,info,warn,error" help:"How much to log: debug, info, warn or error."`
}

func (s serveCommand) Run(c *console) error {
	config, err := s.config(c.err)
	if err != nil {
		return err
	}
	node, err := server.Start(c, config)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.err, "rollcall is ready: API http://%s, admin http://%s, data in %s\n", node.Addr(), node.AdminAddr(), config.Data)
	<-c.Done()
	return stop(node)
}

// stop takes a node down in its own time, because the context of the command is over by then.
func stop(node *server.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return node.Stop(ctx)
}

// config joins the defaults, the file, the environment and the flags, each stronger than the one before.
func (s serveCommand) config(log io.Writer) (server.Config, error) {
	config := server.DefaultConfig()
	if s.Config != "" {
		f, err := os.Open(s.Config)
		if err != nil {
			return config, err
		}
		defer f.Close()
		d := yaml.NewDecoder(f)
		d.KnownFields(true)
		if err := d.Decode(&config); err != nil && !errors.Is(err, io.EOF) {
			return config, fmt.Errorf("%s: %w", s.Config, err)
		}
	}
	if err := applyEnvironment(&config, os.LookupEnv); err != nil {
		return config, err
	}
	s.addresses.apply(&config)
	set(&config.Data, s.Data)
	set(&config.NodeID, s.NodeID)
	set(&config.Join, s.Join)
	config.RootKey = strings.TrimSpace(os.Getenv("ROLLCALL_ROOT_KEY"))
	var level slog.Level
	if err := level.UnmarshalText([]byte(s.Log)); err != nil {
		return config, err
	}
	config.Logger = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: level}))
	return config, nil
}

func (a addresses) apply(config *server.Config) {
	set(&config.Listen, a.Listen)
	set(&config.Admin, a.Admin)
	set(&config.Raft, a.Raft)
}

func set(to *string, value string) {
	if value != "" {
		*to = value
	}
}
