package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"rollcall/client"
	"rollcall/client/wire"
)

type adminCommand struct {
	Tenant tenantCommand `cmd:"" help:"Create a tenant."`
	Key    keyCommand    `cmd:"" help:"Create an API key and print it: it is shown this once."`
	Status statusCommand `cmd:"" help:"The node's state as JSON."`
}

// adminRemote are the flags of the calls that take the root key at the API's address.
type adminRemote struct {
	Addr string `env:"ROLLCALL_ADDR" default:"http://127.0.0.1:7700" help:"The node's API."`
	rootKey
}

func (a adminRemote) connect() (*client.Client, error) {
	key, err := a.read()
	if err != nil {
		return nil, err
	}
	return client.New(client.Options{Addr: a.Addr, Key: key})
}

type tenantCommand struct {
	adminRemote
	ID       string `arg:"" help:"The tenant's id, such as t001."`
	Name     string `help:"The tenant's name."`
	Timezone string `default:"Asia/Shanghai" help:"IANA name of the time zone of its calendar days."`
}

func (t tenantCommand) Run(c *console) error {
	remote, err := t.connect()
	if err != nil {
		return err
	}
	defer remote.Close()
	made, err := remote.CreateTenant(c, wire.CreateTenantRequest{ID: t.ID, Name: t.Name, Timezone: t.Timezone})
	if err != nil {
		return err
	}
	fmt.Fprintf(c.err, "tenant %s is there, its days end in %s\n", made.ID, made.Timezone)
	return nil
}

type keyCommand struct {
	adminRemote
	Tenant string `arg:"" help:"The tenant that the key belongs to."`
	Role   string `default:"admin" help:"admin, engineer, analyst, sales, agent, operator, auditor or source."`
}

func (k keyCommand) Run(c *console) error {
	remote, err := k.connect()
	if err != nil {
		return err
	}
	defer remote.Close()
	made, err := remote.CreateKey(c, k.Tenant, k.Role)
	if err != nil {
		return err
	}
	fmt.Fprintln(c.out, made.Key)
	return nil
}

type statusCommand struct {
	AdminAddr string `env:"ROLLCALL_ADMIN_ADDR" default:"http://127.0.0.1:7701" help:"The node's admin address."`
	rootKey
}

func (s statusCommand) Run(c *console) error {
	key, err := s.read()
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(c, http.MethodGet, strings.TrimRight(s.AdminAddr, "/")+"/cluster/status", nil)
	if err != nil {
		return usagef("--admin-addr %q: %v", s.AdminAddr, err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", answer.Status, body)
	}
	var status json.RawMessage = body
	out := json.NewEncoder(c.out)
	out.SetIndent("", "  ")
	return out.Encode(status)
}
