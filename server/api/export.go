package api

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// exportPage is how many people are read and written at a time.
const exportPage = 1000

func (c *call) exportSegment() (any, error) {
	format, err := c.argument("format")
	if err != nil {
		return nil, err
	}
	if format != "" && format != "csv" {
		return nil, problem(http.StatusUnprocessableEntity, "format_unsupported", "format is csv; other formats are not served yet").at("format")
	}
	fields, err := c.argumentFields()
	if err != nil {
		return nil, err
	}
	giveBack, err := c.takeExport()
	if err != nil {
		return nil, err
	}
	taken := false
	defer func() {
		if !taken {
			giveBack()
		}
	}()
	return c.members("export", func(e *evaluation) (any, error) {
		columns, err := e.columns(fields)
		if err != nil {
			return nil, err
		}
		header := make([]string, len(columns))
		for i, col := range columns {
			header[i] = cell(col.name)
		}
		conn := c.ctx.Conn()
		x := &export{evaluation: e, columns: columns, giveBack: giveBack, extend: func() error {
			return conn.SetWriteDeadline(time.Now().Add(exportPatience))
		}}
		x.csv = csv.NewWriter(&x.buffer)
		if err := x.csv.Write(header); err != nil {
			return nil, err
		}
		c.read(e.root)
		c.raw = true
		h := &c.ctx.Response.Header
		h.SetContentType("text/csv; charset=utf-8")
		h.Set("Content-Disposition", `attachment; filename="segment.csv"`)
		c.ctx.SetBodyStream(x, -1)
		taken = true
		return nil, nil
	})
}

// takeExport takes one of the places of exports under way: they hold a root and a page of rows for as long as their
// readers take, and they evaluate outside of the turns of queries. The caller gives it back, once or more often.
func (c *call) takeExport() (giveBack func(), err error) {
	a := c.api
	select {
	case a.exports <- struct{}{}:
		return sync.OnceFunc(func() { <-a.exports }), nil
	default:
		return nil, problem(http.StatusTooManyRequests, "too_many_exports", "%d exports are under way, as many as this node writes at a time", a.Limits.Exports).after(5 * time.Second)
	}
}

// exportPatience is how long one page of an export may take to reach its reader: a slow one is cut, not waited for.
const exportPatience = 10 * time.Second

// export writes everybody who matches, page by page, from one root: whoever reads it sees one point in time. It is
// read by the connection after the handler has returned, and an error cuts the connection, so that a part is never
// taken for the whole.
type export struct {
	evaluation *evaluation
	columns    []column
	extend     func() error
	giveBack   func()
	buffer     bytes.Buffer
	csv        *csv.Writer
	after      uint32
	done       bool
}

// Read fills p with the next bytes of the file.
func (x *export) Read(p []byte) (n int, err error) {
	defer func() {
		// Outside every handler: without this a panic would end the process.
		if r := recover(); r != nil {
			x.evaluation.call.api.Logger.Error("export panicked", "kind", fmt.Sprintf("%T", r), "stack", string(debug.Stack()))
			err = errExport
		}
	}()
	for x.buffer.Len() == 0 {
		if x.done {
			return 0, io.EOF
		}
		if err := x.page(); err != nil {
			x.evaluation.call.api.Logger.Error("export failed", "error", err)
			return 0, errExport
		}
	}
	return x.buffer.Read(p)
}

// Close ends the export, however far it came.
func (x *export) Close() error {
	x.giveBack()
	return nil
}

var errExport = errors.New("the export was cut short")

func (x *export) page() error {
	if err := x.extend(); err != nil {
		return err
	}
	e := x.evaluation
	// The call is over by now and its deadline with it: each page has one of its own, the columns included.
	e.options.Deadline = time.Now().Add(e.call.api.Limits.QueryTime)
	ords, next, more, err := e.plan.Page(e.population, *e.options, x.after, exportPage)
	if err != nil {
		return err
	}
	row := make([]string, len(x.columns))
	for _, ord := range ords {
		for i, col := range x.columns {
			value, err := col.value(ord)
			if err != nil {
				return err
			}
			row[i] = cell(value)
		}
		if err := x.csv.Write(row); err != nil {
			return err
		}
	}
	x.after, x.done = next, !more
	x.csv.Flush()
	return x.csv.Error()
}

// cell writes a value as a spreadsheet takes it. Text that a spreadsheet would run as a formula gets a quote in front.
func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		if v != "" && strings.ContainsRune("=+-@\t\r", rune(v[0])) {
			return "'" + v
		}
		return v
	case []string:
		return cell(strings.Join(v, ", "))
	case map[string]any: // tags: their names, and the values of those that have one
		names := slices.Sorted(maps.Keys(v))
		for i, name := range names {
			if value, ok := v[name].(string); ok {
				names[i] += "=" + value
			}
		}
		return cell(names)
	case bool:
		return strconv.FormatBool(v)
	}
	return fmt.Sprint(v)
}
