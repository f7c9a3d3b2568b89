package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"rollcall/client"
	"rollcall/client/wire"
)

// importBatch is the number of items of one request.
const importBatch = 500

type importCommand struct {
	remote
	File    string `arg:"" help:"The file: .csv, .tsv, .jsonl, .xlsx or .parquet."`
	Mapping string `placeholder:"FILE" help:"A YAML file that says which column becomes what (see examples/bank.yaml). Without it, columns named like an identifier become identifiers and all others attributes."`
	Source  string `default:"IMPORT" help:"The source to write into the records when there is no mapping file."`
	Quiet   bool   `help:"No progress bar."`
}

// importer carries one run of an import.
type importer struct {
	console  *console
	client   *client.Client
	path     string
	bar      *progressBar
	rejects  *json.Encoder
	file     *os.File
	accepted int
	repeated int
	rejected int
	records  []wire.Record
	events   []wire.Event
	from     []int // the row of each record, and then of each event, of the batch
	fromRow  []int
}

// reject is one line of FILE.rejected.jsonl.
type reject struct {
	Row    int    `json:"row"`
	Code   string `json:"code"`
	Field  string `json:"field,omitempty"`
	Detail string `json:"detail"`
}

func (i importCommand) Run(c *console) (err error) {
	rows, err := openRows(i.File)
	if err != nil {
		return err
	}
	defer rows.Close()
	m, err := i.mapping(rows.Columns())
	if err != nil {
		return err
	}
	info, err := os.Stat(i.File)
	if err != nil {
		return err
	}
	remote, err := i.connect()
	if err != nil {
		return err
	}
	defer remote.Close()
	run := &importer{console: c, client: remote, path: i.File, bar: newProgressBar(c.err, info.Size(), i.Quiet)}
	defer func() {
		if run.file != nil {
			err = errors.Join(err, run.file.Close())
		}
	}()
	start := time.Now()
	for {
		r, err := rows.Next()
		var bad badRowError
		switch {
		case errors.Is(err, io.EOF):
			if err := run.send(); err != nil {
				return err
			}
			run.bar.done(run.accepted + run.repeated + run.rejected)
			fmt.Fprintf(c.out, "%d items stored, %d known already, %d rejected, in %.1f s\n",
				run.accepted, run.repeated, run.rejected, time.Since(start).Seconds())
			if run.rejected > 0 {
				return fmt.Errorf("%d rows or items were rejected: see %s", run.rejected, run.rejectPath())
			}
			return nil
		case errors.As(err, &bad):
			if err := run.reject(reject{Row: r.number, Code: "unreadable_row", Detail: bad.Error()}); err != nil {
				return err
			}
			continue
		case err != nil:
			return fmt.Errorf("%s: %w", i.File, err)
		}
		if err := run.add(m, r); err != nil {
			return err
		}
	}
}

// mapping reads the mapping file or guesses from the columns, and checks that the file has the columns.
func (i importCommand) mapping(columns []string) (*mapping, error) {
	if i.Mapping == "" {
		if columns == nil {
			return nil, usagef("a JSONL file needs --mapping: its rows may have any fields")
		}
		return guessMapping(i.Source, columns), nil
	}
	m, err := readMapping(i.Mapping)
	if err != nil {
		return nil, err
	}
	if columns != nil {
		for _, wanted := range m.columns() {
			if !slices.Contains(columns, wanted) {
				return nil, fmt.Errorf("%s: the file has no column %q; it has %s", i.Mapping, wanted, strings.Join(columns, ", "))
			}
		}
	}
	return m, nil
}

// add puts the items of one row into the batch and sends the batch when it is full.
func (run *importer) add(m *mapping, r row) error {
	records, events, err := m.items(r)
	if err != nil {
		return run.reject(reject{Row: r.number, Code: "unreadable_value", Detail: err.Error()})
	}
	for _, record := range records {
		run.records, run.from = append(run.records, record), append(run.from, r.number)
	}
	for _, event := range events {
		run.events, run.fromRow = append(run.events, event), append(run.fromRow, r.number)
	}
	if len(run.records) >= importBatch || len(run.events) >= importBatch {
		if err := run.send(); err != nil {
			return err
		}
		run.bar.at(r.offset, run.accepted+run.repeated+run.rejected)
	}
	return nil
}

// send writes the batch, records before the events that may belong to them.
func (run *importer) send() error {
	if len(run.records) > 0 {
		answer, err := run.client.PutRecords(run.console, run.records)
		if err != nil {
			return err
		}
		for i, result := range answer.Results {
			if err := run.count(result.Status, reject{run.from[i], result.Code, result.Field, result.Detail}); err != nil {
				return err
			}
		}
		run.records, run.from = run.records[:0], run.from[:0]
	}
	if len(run.events) > 0 {
		answer, err := run.client.PutEvents(run.console, run.events)
		if err != nil {
			return err
		}
		for i, result := range answer.Results {
			if err := run.count(result.Status, reject{run.fromRow[i], result.Code, result.Field, result.Detail}); err != nil {
				return err
			}
		}
		run.events, run.fromRow = run.events[:0], run.fromRow[:0]
	}
	return nil
}

func (run *importer) count(status string, r reject) error {
	switch status {
	case wire.StatusRejected:
		return run.reject(r)
	case wire.StatusDuplicate:
		run.repeated++
	default:
		run.accepted++
	}
	return nil
}

func (run *importer) rejectPath() string { return run.path + ".rejected.jsonl" }

// reject writes one line of the file of rejects, which is made with the first of them.
func (run *importer) reject(r reject) (err error) {
	run.rejected++
	if run.file == nil {
		if run.file, err = os.Create(run.rejectPath()); err != nil {
			return err
		}
		run.rejects = json.NewEncoder(run.file)
	}
	return run.rejects.Encode(r)
}

// progressBar draws how much of a file has been read, a few times a second, on a terminal or not.
type progressBar struct {
	out   *bufio.Writer
	size  int64
	quiet bool
	drawn time.Time
	start time.Time
}

func newProgressBar(out io.Writer, size int64, quiet bool) *progressBar {
	return &progressBar{out: bufio.NewWriter(out), size: max(1, size), quiet: quiet, start: time.Now()}
}

// at draws the bar. Formats that are not read in order have no offset (0) and show the number of items alone.
func (b *progressBar) at(offset int64, items int) {
	if b.quiet || time.Since(b.drawn) < 100*time.Millisecond {
		return
	}
	b.drawn = time.Now()
	rate := float64(items) / time.Since(b.start).Seconds()
	if offset == 0 {
		fmt.Fprintf(b.out, "\r%d items, %.0f/s ", items, rate)
	} else {
		const width = 40
		filled := int(min(b.size, offset) * width / b.size)
		fmt.Fprintf(b.out, "\r[%s%s] %3d %%  %d items, %.0f/s ", strings.Repeat("█", filled), strings.Repeat("░", width-filled),
			min(b.size, offset)*100/b.size, items, rate)
	}
	b.out.Flush()
}

// done draws the full bar, if there was one to be seen.
func (b *progressBar) done(items int) {
	if !b.quiet && !b.drawn.IsZero() {
		b.drawn = time.Time{}
		b.at(b.size, items)
		fmt.Fprintln(b.out)
		b.out.Flush()
	}
}
