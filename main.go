// Command rollcall is the customer data platform in one program: a node, its demo, its command line and its benchmarks.
//
// Each subcommand stands in a file of its own: it takes flags, then calls server.Start, the client or bench.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// Exit codes of the contract.
const (
	exitFailed = 1
	exitUsage  = 2
)

// commandLine is every subcommand with its flags.
type commandLine struct {
	Demo   demoCommand   `cmd:"" help:"Start a node with the Quick Start scenario and a generated call centre, and say what to try."`
	Serve  serveCommand  `cmd:"" help:"Start a node."`
	Query  queryCommand  `cmd:"" help:"Count the contacts that an expression selects, and show the first of them."`
	Import importCommand `cmd:"" help:"Bring in a CSV, Excel, JSONL or Parquet file."`
	Admin  adminCommand  `cmd:"" help:"Tenants and keys, and the state of the node."`
	Bench  benchCommand  `cmd:"" help:"The capacity-planning suite: segment, lookup, ingest, restart."`
	Help   helpCommand   `cmd:"" help:"Explain each command with an example."`
}

// console is where a subcommand reads and writes.
type console struct {
	context.Context
	out, err io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run parses the arguments and runs one subcommand. It returns the exit code: 0 done, 1 failed, 2 wrong usage.
func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	var line commandLine
	exit := -1
	parser, err := kong.New(&line,
		kong.Name("rollcall"),
		kong.Description("Rollcall: who, how many, which ones and why, over all your contacts, as of the last acknowledged write."),
		kong.UsageOnError(),
		kong.Writers(out, errOut),
		kong.Exit(func(code int) { exit = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		fmt.Fprintln(errOut, "rollcall:", err)
		return exitFailed
	}
	if len(args) == 0 {
		args = []string{"help"}
	}
	parsed, err := parser.Parse(args)
	if exit >= 0 { // --help was asked for and printed
		return exit
	}
	if err != nil {
		fmt.Fprintf(errOut, "rollcall: %v\nTry: rollcall help\n", err)
		return exitUsage
	}
	err = parsed.Run(&console{Context: ctx, out: out, err: errOut})
	var usage *usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		fmt.Fprintln(errOut, "rollcall:", err)
		return exitUsage
	default:
		fmt.Fprintln(errOut, "rollcall:", err)
		return exitFailed
	}
}

// usageError is a mistake in how the program was called, found after the flags were parsed.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }
