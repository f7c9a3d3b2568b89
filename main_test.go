package main

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"rollcall/client"
	"rollcall/client/wire"
	"rollcall/server"
)

// asProgram makes the test binary behave as rollcall itself, for tests that need a process to kill.
const asProgram = "ROLLCALL_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	testscript.Main(m, map[string]func(){"rollcall": main})
}

// TestScripts runs the program as a user's shell would (testdata/script). The command "node" starts a node with one
// tenant and sets ROLLCALL_ADDR, ROLLCALL_ADMIN_ADDR, ROLLCALL_ROOT_KEY and ROLLCALL_KEY for it.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"node": func(ts *testscript.TestScript, neg bool, args []string) {
				node, key, err := startNode(ts.MkAbs("data"))
				ts.Check(err)
				ts.Defer(func() { _ = stop(node) })
				ts.Setenv("ROLLCALL_ADDR", "http://"+node.Addr())
				ts.Setenv("ROLLCALL_ADMIN_ADDR", "http://"+node.AdminAddr())
				ts.Setenv("ROLLCALL_ROOT_KEY", node.RootKey())
				ts.Setenv("ROLLCALL_KEY", key)
			},
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			return nil
		},
	})
}

// startNode starts a node on free ports with the tenant "t001" and returns an admin key of it.
func startNode(dir string) (*server.Server, string, error) {
	ctx := context.Background()
	config := server.DefaultConfig()
	config.Data, config.Listen, config.Admin, config.Raft = dir, "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	node, err := server.Start(ctx, config)
	if err != nil {
		return nil, "", err
	}
	root, err := client.New(client.Options{Addr: node.Addr(), Key: node.RootKey()})
	if err != nil {
		return nil, "", err
	}
	defer root.Close()
	if _, err := root.CreateTenant(ctx, wire.CreateTenantRequest{ID: "t001"}); err != nil {
		return nil, "", fmt.Errorf("creating the tenant: %w", err)
	}
	made, err := root.CreateKey(ctx, "t001", "admin")
	return node, made.Key, err
}
