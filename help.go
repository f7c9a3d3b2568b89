package main

import "fmt"

type helpCommand struct{}

const helpText = `rollcall answers who, how many, which ones and why, over all your contacts.

  rollcall demo                       one node with the Quick Start scenario and 100,000 generated contacts
      rollcall demo --contacts 20000 --exit

  rollcall serve                      a node; the first start writes the root key to DIR/root.key
      rollcall serve --data ./data --listen 127.0.0.1:7700

  rollcall admin                      tenants, keys, and the node's state; takes the root key
      rollcall admin tenant t001 --name 'XX金融' --root-key-file ./data/root.key
      rollcall admin key t001 --role admin --root-key-file ./data/root.key
      rollcall admin status --root-key-file ./data/root.key

  rollcall query EXPR                 the count, then the first contacts
      rollcall query --key $KEY "intent = '高' and did(call.*, 7d)"

  rollcall import FILE                CSV, TSV, Excel, JSONL or Parquet; rejects go to FILE.rejected.jsonl
      rollcall import --key $KEY --mapping examples/bank.yaml bank_marketing_train.csv

  rollcall bench segment|lookup|ingest|restart
      rollcall bench segment --contacts 10000000 --tags 40 --seed 1 --json

Keys, addresses and every setting of serve are also read from the environment: ROLLCALL_KEY, ROLLCALL_ADDR,
ROLLCALL_ROOT_KEY, ROLLCALL_DATA, ROLLCALL_FLUSH_EVERY and so on. A flag wins over it, and it wins over the file.
"rollcall COMMAND --help" lists the flags. Exit codes: 0 done, 1 failed, 2 wrong usage.
`

func (helpCommand) Run(c *console) error {
	_, err := fmt.Fprint(c.out, helpText)
	return err
}
