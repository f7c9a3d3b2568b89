package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
	"github.com/xuri/excelize/v2"
)

// maxLine is the longest line of a JSONL file, in bytes: an item may have 64 KiB, the rest is room for its escapes.
const maxLine = 1 << 20

// row is one line of a file: its number (the first line of data is 1), its values by column, and how far the reader
// has come in the file, in bytes.
type row struct {
	number int
	values map[string]any
	offset int64
}

// badRowError marks a row that cannot be read while the rows after it can.
type badRowError struct{ err error }

func (e badRowError) Error() string { return e.err.Error() }
func (e badRowError) Unwrap() error { return e.err }

// rowReader reads the rows of a file one after another. Next returns io.EOF at the end and a badRowError for a row
// that has to be skipped.
type rowReader interface {
	Columns() []string // in the order of the file; nil when each row has its own
	Next() (row, error)
	Close() error
}

// openRows opens a file by its ending: .csv, .tsv, .jsonl, .xlsx or .parquet.
func openRows(path string) (rowReader, error) {
	switch ending := strings.ToLower(filepath.Ext(path)); ending {
	case ".csv", ".tsv":
		return openCSV(path)
	case ".jsonl", ".ndjson":
		return openJSONL(path)
	case ".xlsx":
		return openExcel(path)
	case ".parquet":
		return openParquet(path)
	default:
		return nil, fmt.Errorf("%s: the ending %q is unknown; use .csv, .tsv, .jsonl, .xlsx or .parquet", path, ending)
	}
}

type csvRows struct {
	file    *os.File
	reader  *csv.Reader
	columns []string
	number  int
}

// openCSV opens a file of separated values. The separator is the one that its header line has most of: comma,
// semicolon or tab.
func openCSV(path string) (rowReader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	buffered := bufio.NewReaderSize(f, 1<<16)
	if mark, err := buffered.Peek(3); err == nil && bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = buffered.Discard(3)
	}
	header, _ := buffered.Peek(buffered.Size())
	header, _, _ = bytes.Cut(header, []byte("\n"))
	r := csv.NewReader(buffered)
	for _, separator := range []byte(";\t") {
		if bytes.Count(header, []byte{separator}) > bytes.Count(header, []byte{byte(r.Comma)}) {
			r.Comma = rune(separator)
		}
	}
	r.ReuseRecord = true
	columns, err := r.Read()
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: reading the header line: %w", path, err)
	}
	return &csvRows{file: f, reader: r, columns: append([]string(nil), columns...)}, nil
}

func (r *csvRows) Columns() []string { return r.columns }
func (r *csvRows) Close() error      { return r.file.Close() }

func (r *csvRows) Next() (row, error) {
	r.number++
	fields, err := r.reader.Read()
	at := row{number: r.number, offset: r.reader.InputOffset()}
	if err == nil {
		at.values = make(map[string]any, len(fields))
		for i, field := range fields {
			at.values[r.columns[i]] = field
		}
		return at, nil
	}
	if errors.Is(err, csv.ErrFieldCount) {
		return at, badRowError{fmt.Errorf("%d fields where the header has %d", len(fields), len(r.columns))}
	}
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return at, badRowError{err}
	}
	return at, err
}

type jsonRows struct {
	file    *os.File
	scanner *bufio.Scanner
	number  int
	offset  int64
}

func openJSONL(path string) (rowReader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	s := bufio.NewScanner(f)
	s.Buffer(make([]byte, 1<<16), maxLine)
	return &jsonRows{file: f, scanner: s}, nil
}

func (r *jsonRows) Columns() []string { return nil }
func (r *jsonRows) Close() error      { return r.file.Close() }

func (r *jsonRows) Next() (row, error) {
	for r.scanner.Scan() {
		line := r.scanner.Bytes()
		r.number++
		r.offset += int64(len(line)) + 1
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		at := row{number: r.number, offset: r.offset}
		d := json.NewDecoder(bytes.NewReader(line))
		d.UseNumber()
		if err := d.Decode(&at.values); err != nil {
			return at, badRowError{err}
		}
		return at, nil
	}
	if err := r.scanner.Err(); err != nil {
		return row{number: r.number + 1}, fmt.Errorf("line %d: %w (lines may have %d bytes)", r.number+1, err, maxLine)
	}
	return row{}, io.EOF
}

type excelRows struct {
	file    *excelize.File
	rows    *excelize.Rows
	columns []string
	number  int
}

func openExcel(path string) (rowReader, error) {
	f, err := excelize.OpenFile(path, excelize.Options{UnzipSizeLimit: 1 << 30, RawCellValue: true})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	rows, err := f.Rows(f.GetSheetName(0))
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if !rows.Next() {
		f.Close()
		return nil, fmt.Errorf("%s: the first sheet is empty", path)
	}
	header, err := rows.Columns()
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: reading the header row: %w", path, err)
	}
	return &excelRows{file: f, rows: rows, columns: header}, nil
}

func (r *excelRows) Columns() []string { return r.columns }

func (r *excelRows) Close() error {
	return errors.Join(r.rows.Close(), r.file.Close())
}

func (r *excelRows) Next() (row, error) {
	if !r.rows.Next() {
		if err := r.rows.Error(); err != nil {
			return row{}, err
		}
		return row{}, io.EOF
	}
	r.number++
	at := row{number: r.number}
	cells, err := r.rows.Columns()
	if err != nil {
		return at, badRowError{err}
	}
	at.values = make(map[string]any, len(cells))
	for i, cell := range cells {
		if i < len(r.columns) {
			at.values[r.columns[i]] = cell
		}
	}
	return at, nil
}

// parquetRows reads the flat columns of a Parquet file, row group after row group.
type parquetRows struct {
	file    *os.File
	opened  *parquet.File
	columns []string
	leaves  []parquet.Type // by column index; nil for columns that are nested or repeated
	group   int
	rows    parquet.Rows
	buffer  [128]parquet.Row
	read    []parquet.Row
	number  int
}

func openParquet(path string) (rowReader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	opened, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r := &parquetRows{file: f, opened: opened}
	for _, column := range opened.Root().Columns() {
		for column.Index() >= len(r.leaves) {
			r.leaves, r.columns = append(r.leaves, nil), append(r.columns, "")
		}
		if column.Leaf() && !column.Repeated() {
			r.leaves[column.Index()], r.columns[column.Index()] = column.Type(), column.Name()
		}
	}
	return r, nil
}

func (r *parquetRows) Columns() []string { return r.columns }

func (r *parquetRows) Close() error {
	var err error
	if r.rows != nil {
		err = r.rows.Close()
	}
	return errors.Join(err, r.file.Close())
}

func (r *parquetRows) Next() (row, error) {
	for len(r.read) == 0 {
		if r.rows == nil {
			groups := r.opened.RowGroups()
			if r.group == len(groups) {
				return row{}, io.EOF
			}
			r.rows = groups[r.group].Rows()
			r.group++
		}
		n, err := r.rows.ReadRows(r.buffer[:])
		r.read = r.buffer[:n]
		if n == 0 && errors.Is(err, io.EOF) {
			err = r.rows.Close()
			r.rows = nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return row{}, err
		}
	}
	r.number++
	at := row{number: r.number, values: make(map[string]any, len(r.columns))}
	for _, v := range r.read[0] {
		if c := v.Column(); c < len(r.leaves) && r.leaves[c] != nil && !v.IsNull() {
			at.values[r.columns[c]] = parquetValue(v, r.leaves[c])
		}
	}
	r.read = r.read[1:]
	return at, nil
}

// parquetValue gives a value as Go has it; dates and timestamps as time.Time.
func parquetValue(v parquet.Value, t parquet.Type) any {
	if logical := t.LogicalType(); logical != nil {
		switch kind := logical.Value.(type) {
		case *format.DateType:
			return time.Unix(int64(v.Int32())*86400, 0).UTC().Format(time.DateOnly)
		case *format.TimestampType:
			unit := int64(kind.Unit.Value.Duration())
			return time.Unix(0, 0).Add(time.Duration(v.Int64() * unit)).UTC()
		}
	}
	switch v.Kind() {
	case parquet.Boolean:
		return v.Boolean()
	case parquet.Int32:
		return int64(v.Int32())
	case parquet.Int64:
		return v.Int64()
	case parquet.Float:
		return float64(v.Float())
	case parquet.Double:
		return v.Double()
	default:
		return string(v.ByteArray())
	}
}
