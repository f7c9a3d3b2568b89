package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"rollcall/client/wire"
	"rollcall/engine/schema"
)

// mapping tells how the rows of a file become records and events. Texts such as source_id are templates: {column}
// stands for the value of that column, {#} for the number of the row.
type mapping struct {
	Source  string         `yaml:"source"`
	Zone    string         `yaml:"timezone"` // of times without an offset; IANA name, Asia/Shanghai by default
	Records *recordMapping `yaml:"record"`
	Events  []eventMapping `yaml:"events"`

	location *time.Location
}

type recordMapping struct {
	Kind        string           `yaml:"kind"`
	SourceID    string           `yaml:"source_id"`
	UpdatedAt   *field           `yaml:"updated_at"`
	Identifiers map[string]field `yaml:"identifiers"`
	Attributes  map[string]field `yaml:"attributes"`
}

type eventMapping struct {
	Type        string           `yaml:"type"`
	EventID     string           `yaml:"event_id"`
	OccurredAt  *field           `yaml:"occurred_at"`
	Identifiers map[string]field `yaml:"identifiers"`
	Payload     map[string]field `yaml:"payload"`
}

// field tells how one value comes out of a row. In the file it is a column's name, or these keys.
type field struct {
	From   string         `yaml:"from"`
	Type   string         `yaml:"type"`   // text (the default), int, float, bool or time
	Format string         `yaml:"format"` // of a time, as Go writes layouts; RFC 3339 and 2006-01-02 15:04:05 need none
	Empty  []string       `yaml:"empty"`  // values that mean "no value"
	Map    map[string]any `yaml:"map"`    // value in the file → value to store
	Value  any            `yaml:"value"`  // the same for every row, in place of from
}

func (f *field) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		f.From = node.Value
		return nil
	}
	type plain field
	return node.Decode((*plain)(f))
}

// readMapping reads a mapping file. A key that it does not know is an error with its line.
func readMapping(path string) (*mapping, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m := &mapping{Zone: "Asia/Shanghai"}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(m); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

func (m *mapping) check() (err error) {
	if m.location, err = time.LoadLocation(m.Zone); err != nil {
		return fmt.Errorf("timezone: %w", err)
	}
	if m.Source == "" {
		return errors.New("source is missing: name where the file comes from, such as CRM")
	}
	if m.Records == nil && len(m.Events) == 0 {
		return errors.New("neither record nor events is given: nothing would be imported")
	}
	if r := m.Records; r != nil {
		if r.Kind == "" {
			r.Kind = "contact"
		}
		if r.SourceID == "" {
			return errors.New("record.source_id is missing: name the column that tells the rows apart, such as \"{id}\", or \"{#}\" for the row's number")
		}
		if err := checkTemplate(r.SourceID); err != nil {
			return fmt.Errorf("record.source_id: %w", err)
		}
	}
	for i, e := range m.Events {
		switch {
		case e.Type == "":
			return fmt.Errorf("events[%d].type is missing", i)
		case e.EventID == "":
			return fmt.Errorf("events[%d].event_id is missing: the same id twice is the same event", i)
		case e.OccurredAt == nil:
			return fmt.Errorf("events[%d].occurred_at is missing", i)
		}
		if err := checkTemplate(e.EventID); err != nil {
			return fmt.Errorf("events[%d].event_id: %w", i, err)
		}
	}
	return nil
}

// checkTemplate refuses a template with a brace that is not closed: its text would be taken for a column.
func checkTemplate(template string) error {
	for _, part := range strings.Split(template, "{")[1:] {
		if !strings.Contains(part, "}") {
			return fmt.Errorf("%q has a { without its }", template)
		}
	}
	return nil
}

// guessMapping maps the columns that have the name of an identifier to it, and all others to attributes.
func guessMapping(source string, columns []string) *mapping {
	r := &recordMapping{Kind: "contact", SourceID: "{#}", Identifiers: map[string]field{}, Attributes: map[string]field{}}
	for _, column := range columns {
		switch {
		case column == "": // a nested column of a Parquet file, or one without a header
		case column == "id" || column == "source_id":
			r.SourceID = "{" + column + "}"
		case column == "phone" || slices.ContainsFunc(schema.Identifiers, func(i schema.Identifier) bool { return i.Name == column }):
			r.Identifiers[column] = field{From: column}
		default:
			r.Attributes[column] = field{From: column}
		}
	}
	return &mapping{Source: source, Zone: "Asia/Shanghai", Records: r, location: time.FixedZone("+08:00", 8*3600)}
}

// columns lists the columns that the mapping reads.
func (m *mapping) columns() []string {
	var names []string
	template := func(text string) {
		for _, part := range strings.Split(text, "{")[1:] {
			if name, _, ok := strings.Cut(part, "}"); ok && name != "#" {
				names = append(names, name)
			}
		}
	}
	fields := func(all map[string]field) {
		for _, f := range all {
			if f.From != "" {
				names = append(names, f.From)
			}
		}
	}
	one := func(f *field) {
		if f != nil && f.From != "" {
			names = append(names, f.From)
		}
	}
	if r := m.Records; r != nil {
		template(r.SourceID)
		one(r.UpdatedAt)
		fields(r.Identifiers)
		fields(r.Attributes)
	}
	for _, e := range m.Events {
		template(e.EventID)
		one(e.OccurredAt)
		fields(e.Identifiers)
		fields(e.Payload)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// items turns one row into at most one record and its events.
func (m *mapping) items(r row) (records []wire.Record, events []wire.Event, err error) {
	if m.Records != nil {
		record := wire.Record{Source: m.Source, SourceID: fill(m.Records.SourceID, r), Kind: m.Records.Kind}
		if record.UpdatedAt, err = m.text("record.updated_at", m.Records.UpdatedAt, r); err != nil {
			return nil, nil, err
		}
		if record.Identifiers, err = m.texts("record.identifiers.", m.Records.Identifiers, r); err != nil {
			return nil, nil, err
		}
		if record.Attributes, err = m.object("record.attributes.", m.Records.Attributes, r); err != nil {
			return nil, nil, err
		}
		records = append(records, record)
	}
	for i, e := range m.Events {
		at := fmt.Sprintf("events[%d].", i)
		event := wire.Event{Source: m.Source, EventID: fill(e.EventID, r), Type: e.Type}
		if event.OccurredAt, err = m.text(at+"occurred_at", e.OccurredAt, r); err != nil {
			return nil, nil, err
		}
		if event.OccurredAt == "" {
			continue
		}
		if event.Identifiers, err = m.texts(at+"identifiers.", e.Identifiers, r); err != nil {
			return nil, nil, err
		}
		if event.Payload, err = m.object(at+"payload.", e.Payload, r); err != nil {
			return nil, nil, err
		}
		events = append(events, event)
	}
	return records, events, nil
}

// fill puts the row's values into a template.
func fill(template string, r row) string {
	if !strings.Contains(template, "{") {
		return template
	}
	var out strings.Builder
	for rest := template; rest != ""; {
		before, after, found := strings.Cut(rest, "{")
		out.WriteString(before)
		if !found {
			break
		}
		name, tail, _ := strings.Cut(after, "}")
		if name == "#" {
			out.WriteString(strconv.Itoa(r.number))
		} else {
			out.WriteString(textOf(r.values[name]))
		}
		rest = tail
	}
	return out.String()
}

// text is the value of a time field, in RFC 3339, or "".
func (m *mapping) text(name string, f *field, r row) (string, error) {
	if f == nil {
		return "", nil
	}
	timed := *f
	timed.Type = "time"
	v, err := m.value(name, timed, r)
	if v == nil || err != nil {
		return "", err
	}
	return textOf(v), nil
}

func (m *mapping) texts(at string, fields map[string]field, r row) (map[string]string, error) {
	out := make(map[string]string, len(fields))
	for name, f := range fields {
		v, err := m.value(at+name, f, r)
		if err != nil {
			return nil, err
		}
		if v != nil {
			out[name] = textOf(v)
		}
	}
	return out, nil
}

func (m *mapping) object(at string, fields map[string]field, r row) (wire.Object, error) {
	out := make(map[string]any, len(fields))
	for name, f := range fields {
		v, err := m.value(at+name, f, r)
		if err != nil {
			return "", err
		}
		if v != nil {
			out[name] = v
		}
	}
	return wire.MakeObject(out)
}

// value takes one value out of a row; nil when there is none.
func (m *mapping) value(name string, f field, r row) (any, error) {
	if f.Value != nil {
		return f.Value, nil
	}
	v := r.values[f.From]
	if v == nil {
		return nil, nil
	}
	text := strings.TrimSpace(textOf(v))
	if text == "" || slices.Contains(f.Empty, text) {
		return nil, nil
	}
	if mapped, ok := f.Map[text]; ok {
		return mapped, nil
	}
	wrong := func(kind string) error {
		return fmt.Errorf("%s: column %s holds a value that is no %s", name, f.From, kind)
	}
	switch f.Type {
	case "", "text":
		if f.Type == "" {
			switch v.(type) {
			case json.Number, bool, int64, float64, int32:
				return v, nil
			}
		}
		return text, nil
	case "int":
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, wrong("whole number")
		}
		return n, nil
	case "float":
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, wrong("number")
		}
		return n, nil
	case "bool":
		switch strings.ToLower(text) {
		case "true", "yes", "y", "1", "是":
			return true, nil
		case "false", "no", "n", "0", "否":
			return false, nil
		}
		return nil, wrong("yes or no")
	case "time":
		return m.time(text, f.Format, wrong)
	default:
		return nil, fmt.Errorf("%s: the type %q is unknown; use text, int, float, bool or time", name, f.Type)
	}
}

func (m *mapping) time(text, format string, wrong func(string) error) (any, error) {
	layouts := []string{time.RFC3339Nano, "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02", "2006/1/2 15:04:05", "2006/1/2 15:04", "2006/1/2"}
	if format != "" {
		layouts = []string{format}
	}
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, text, m.location); err == nil {
			return t.Format(time.RFC3339Nano), nil
		}
	}
	return nil, wrong("time (give its format, such as 02.01.2006 15:04)")
}

// textOf writes a value as text.
func textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case time.Time:
		return v.Format(time.RFC3339Nano)
	default:
		return fmt.Sprint(v)
	}
}
