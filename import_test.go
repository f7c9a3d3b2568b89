package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/xuri/excelize/v2"
)

// readAll reads every row of a file: the values, and the numbers of the rows that had to be skipped.
func readAll(t *testing.T, path string) (rows []map[string]any, bad []int) {
	t.Helper()
	r, err := openRows(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		row, err := r.Next()
		var skipped badRowError
		switch {
		case errors.Is(err, io.EOF):
			return rows, bad
		case errors.As(err, &skipped):
			bad = append(bad, row.number)
		case err != nil:
			t.Fatal(err)
		default:
			rows = append(rows, row.values)
		}
	}
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadCSV(t *testing.T) {
	for name, text := range map[string]string{
		"comma":     "name,city\n张三,上海\n",
		"semicolon": "name;city\n张三;上海\n",
		"tab":       "name\tcity\n张三\t上海\n",
		"mark":      "\xef\xbb\xbfname,city\r\n张三,上海\r\n",
		"quoted":    "\"name\",\"city\"\n\"张三\",\"上海\"\n",
	} {
		rows, bad := readAll(t, write(t, "file.csv", text))
		if want := []map[string]any{{"name": "张三", "city": "上海"}}; !reflect.DeepEqual(rows, want) || bad != nil {
			t.Errorf("%s: %v, bad rows %v", name, rows, bad)
		}
	}
	rows, bad := readAll(t, write(t, "file.csv", "a,b\n1,2\n1,2,3\n\"x\"y,4\n5,6\n"))
	if len(rows) != 2 || rows[1]["a"] != "5" || !reflect.DeepEqual(bad, []int{2, 3}) {
		t.Errorf("rows %v, bad rows %v", rows, bad)
	}
}

func TestReadJSONL(t *testing.T) {
	rows, bad := readAll(t, write(t, "file.jsonl", "{\"a\":1.50}\n\nnot json\n[1]\n{\"a\":12345678901234567890}\n"))
	if len(rows) != 2 || fmt.Sprint(rows[0]["a"]) != "1.50" || fmt.Sprint(rows[1]["a"]) != "12345678901234567890" || !reflect.DeepEqual(bad, []int{3, 4}) {
		t.Errorf("rows %v, bad rows %v", rows, bad)
	}
}

func TestReadExcel(t *testing.T) {
	f := excelize.NewFile()
	sheet := f.GetSheetName(0)
	for i, line := range [][]any{{"name", "mobile", "age"}, {"张三", "13800138001", 33}, {"李四", "13800138002"}} {
		if err := f.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &line); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "file.xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	rows, _ := readAll(t, path)
	want := []map[string]any{{"name": "张三", "mobile": "13800138001", "age": "33"}, {"name": "李四", "mobile": "13800138002"}}
	if !reflect.DeepEqual(rows, want) {
		t.Errorf("%v", rows)
	}
}

func TestReadParquet(t *testing.T) {
	type person struct {
		Name   string    `parquet:"name"`
		Age    int32     `parquet:"age"`
		Value  float64   `parquet:"value"`
		VIP    bool      `parquet:"vip"`
		City   *string   `parquet:"city,optional"`
		Joined time.Time `parquet:"joined,timestamp(millisecond)"`
		Tags   []string  `parquet:"tags,list"`
	}
	joined := time.Date(2024, 10, 29, 2, 30, 0, 0, time.UTC)
	city := "上海"
	people := []person{{"张三", 33, 1.5, true, &city, joined, []string{"a"}}, {"李四", 41, 0, false, nil, joined, nil}}
	for range 300 {
		people = append(people, people[1])
	}
	path := filepath.Join(t.TempDir(), "file.parquet")
	if err := parquet.WriteFile(path, people); err != nil {
		t.Fatal(err)
	}
	rows, _ := readAll(t, path)
	want := map[string]any{"name": "张三", "age": int64(33), "value": 1.5, "vip": true, "city": "上海", "joined": joined}
	if len(rows) != len(people) || !reflect.DeepEqual(rows[0], want) {
		t.Errorf("%d rows, the first %v", len(rows), rows[0])
	}
	if _, ok := rows[1]["city"]; ok || rows[301]["name"] != "李四" {
		t.Errorf("%v, %v", rows[1], rows[301])
	}
}

func TestOpenRowsRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"empty.csv": "", "empty.xlsx": "", "text.xlsx": "name,city", "empty.parquet": "", "text.parquet": "PAR1 this is no footer PAR1", "x.doc": "",
	} {
		if r, err := openRows(write(t, name, text)); err == nil {
			r.Close()
			t.Errorf("%s was opened", name)
		}
	}
}

// TestMappingValues takes one value out of a row by each kind of field.
func TestMappingValues(t *testing.T) {
	m := &mapping{location: time.FixedZone("+08:00", 8*3600)}
	values := map[string]any{"n": "12", "d": "1.5", "yes": "是", "at": "2024-10-29 10:30:00", "day": "29.10.2024", "none": "unknown", "spaces": "  ", "grade": "A"}
	ok := func(f field, want any) {
		t.Helper()
		if got, err := m.value("x", f, row{values: values}); err != nil || got != want {
			t.Errorf("%+v: %v, %v; want %v", f, got, err, want)
		}
	}
	ok(field{From: "n"}, "12")
	ok(field{From: "n", Type: "int"}, int64(12))
	ok(field{From: "d", Type: "float"}, 1.5)
	ok(field{From: "yes", Type: "bool"}, true)
	ok(field{From: "at", Type: "time"}, "2024-10-29T10:30:00+08:00")
	ok(field{From: "day", Type: "time", Format: "02.01.2006"}, "2024-10-29T00:00:00+08:00")
	ok(field{From: "none", Empty: []string{"unknown"}}, nil)
	ok(field{From: "spaces"}, nil)
	ok(field{From: "missing", Type: "int"}, nil)
	ok(field{From: "grade", Map: map[string]any{"A": "高"}}, "高")
	ok(field{Value: "fixed"}, "fixed")
	for _, f := range []field{{From: "d", Type: "int"}, {From: "grade", Type: "float"}, {From: "grade", Type: "bool"}, {From: "grade", Type: "time"}, {From: "n", Type: "nonsense"}} {
		if _, err := m.value("record.attributes.x", f, row{values: values}); err == nil || !strings.HasPrefix(err.Error(), "record.attributes.x: ") {
			t.Errorf("%+v: %v", f, err)
		}
	}
	if got := fill("{n}-{#}-{missing}", row{number: 7, values: values}); got != "12-7-" {
		t.Errorf("template: %s", got)
	}
}
