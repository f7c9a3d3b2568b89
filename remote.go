package main

import (
	"fmt"
	"os"
	"strings"

	"rollcall/client"
)

// remote are the flags of the subcommands that talk to a node.
type remote struct {
	Addr string `env:"ROLLCALL_ADDR" default:"http://127.0.0.1:7700" help:"The node's API."`
	Key  string `env:"ROLLCALL_KEY" placeholder:"KEY" help:"An API key of the tenant; ROLLCALL_KEY keeps it out of the process list."`
}

func (r remote) connect() (*client.Client, error) {
	if r.Key == "" {
		return nil, usagef("no API key: give --key, or set ROLLCALL_KEY")
	}
	return client.New(client.Options{Addr: r.Addr, Key: r.Key})
}

// rootKey is where the root key comes from: the environment or a file, never a flag, which the process list would show.
type rootKey struct {
	RootKeyFile string `env:"ROLLCALL_ROOT_KEY_FILE" placeholder:"FILE" help:"The file that holds the root key, such as DIR/root.key; or set ROLLCALL_ROOT_KEY."`
}

func (k rootKey) read() (string, error) {
	if key := strings.TrimSpace(os.Getenv("ROLLCALL_ROOT_KEY")); key != "" {
		return key, nil
	}
	if k.RootKeyFile == "" {
		return "", usagef("no root key: give --root-key-file DIR/root.key, or set ROLLCALL_ROOT_KEY")
	}
	text, err := os.ReadFile(k.RootKeyFile)
	if err != nil {
		return "", fmt.Errorf("reading the root key: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}
