package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"rollcall/client"
	"rollcall/client/wire"
	"rollcall/server"
)

// node starts a node of its own for an example and opens a tenant in it.
func node() (addr, key string, stop func()) {
	dir, err := os.MkdirTemp("", "rollcall-example")
	if err != nil {
		log.Fatal(err)
	}
	config := server.DefaultConfig()
	config.Data, config.Listen, config.Admin, config.Raft = dir, "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	config.Clock = func() time.Time { return time.Date(2024, 10, 29, 7, 0, 0, 0, time.UTC) }
	s, err := server.Start(context.Background(), config)
	if err != nil {
		log.Fatal(err)
	}
	root, err := client.New(client.Options{Addr: s.Addr(), Key: s.RootKey()})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := root.CreateTenant(context.Background(), wire.CreateTenantRequest{ID: "t001", Name: "XX金融"}); err != nil {
		log.Fatal(err)
	}
	made, err := root.CreateKey(context.Background(), "t001", "admin")
	if err != nil {
		log.Fatal(err)
	}
	return s.Addr(), made.Key, func() {
		_ = s.Stop(context.Background())
		_ = os.RemoveAll(dir)
	}
}

func Example() {
	addr, key, stop := node()
	defer stop()
	ctx := context.Background()

	c, err := client.New(client.Options{Addr: addr, Key: key})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	// A source says who somebody is.
	put, err := c.PutRecords(ctx, []wire.Record{{
		Source: "CALLCENTER", SourceID: "c-1", Kind: "contact",
		Identifiers: wire.Identifiers{"mobile": "138 0013 8001"},
		Attributes:  wire.MustObject(map[string]any{"name": "张三", "job_title": "CFO", "intent": "高"}),
	}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(put.Results[0].Status, put.Results[0].Created)

	// Another one says what they did; the same mobile is the same person.
	if _, err := c.PutEvents(ctx, []wire.Event{{
		EventID: "e1", Source: "CALLCENTER", Type: "call.outbound.ended", OccurredAt: "2024-10-29T10:30:00+08:00",
		Identifiers: wire.Identifiers{"mobile": "+86 13800138001"},
		Payload:     wire.MustObject(map[string]any{"answered": true, "talk_seconds": 900}),
	}}); err != nil {
		log.Fatal(err)
	}

	// The answer includes both writes, at once.
	who := client.Where("intent = '高' and did(call.outbound.ended where answered = true, 7d)")
	count, err := c.Count(ctx, who)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(count.Count, "contact")
	for row, err := range c.Contacts(ctx, who, "name", "job_title", "mobile") {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(row["name"], row["job_title"], row["mobile"])
	}

	// A wrong name says where it stands and what was meant.
	_, err = c.Count(ctx, client.Where("job_titel = 'CFO'"))
	var problem *client.Error
	if errors.As(err, &problem) {
		fmt.Println(problem.Code, problem.Position, problem.Suggestion)
	}
	// Output:
	// ok true
	// 1 contact
	// 张三 CFO 138****8001
	// unknown_name 0 job_title
}
