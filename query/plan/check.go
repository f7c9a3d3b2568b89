package plan

import (
	"fmt"
	"slices"
	"strings"

	"rollcall/query"
)

// CodeCycle is the code of the error for a segment or a rule tag that is defined by itself.
const CodeCycle = "definition_cycle"

// maxNodes bounds a plan with all its segments and rule tags inlined: definitions that use others twice each would
// otherwise grow without bound.
const maxNodes = 10_000

// Check tells whether e can be evaluated over p. Every error is a *query.Error with its position and the nearest name.
func Check(e query.Expr, p Population) error {
	_, err := Compile(e, p)
	return err
}

// CheckTag checks e as the rule of the tag of this name, which need not exist yet: a rule that comes back to the tag
// itself, through other tags or segments, is an error.
func CheckTag(name string, e query.Expr, p Population) error {
	return checkDefinition(definition{tagDefinition, p.Name(), name}, e, p)
}

// CheckSegment checks e as the definition of the segment of this id, like CheckTag.
func CheckSegment(id string, e query.Expr, p Population) error {
	return checkDefinition(definition{segmentDefinition, p.Name(), id}, e, p)
}

func checkDefinition(d definition, e query.Expr, p Population) error {
	c := compiler{p: p, total: new(int), inside: []definition{d}}
	_, err := c.compile(e)
	return err
}

// definition names something whose expression is inlined where it is used.
type definition struct{ kind, population, name string }

const (
	tagDefinition     = "tag"
	segmentDefinition = "segment"
)

func (d definition) String() string { return d.kind + " " + d.name }

// fail makes the error for something at pos. Within an inlined definition the position is that of its use, the only
// one that the reader of the expression can see.
func (c *compiler) fail(code string, pos int, suggestion, format string, args ...any) error {
	message := fmt.Sprintf(format, args...)
	if c.used != nil {
		message = fmt.Sprintf("in the definition of %s: %s", c.inside[len(c.inside)-1], message)
		pos, suggestion = *c.used, ""
	}
	return &query.Error{Code: code, Message: message, Position: pos, Suggestion: suggestion}
}

func (c *compiler) mismatch(pos int, suggestion, format string, args ...any) error {
	return c.fail(query.CodeTypeMismatch, pos, suggestion, format, args...)
}

// unknown makes the error for a name that does not exist.
func (c *compiler) unknown(pos int, what, name string, names []string) error {
	nearest := query.Nearest(name, names)
	hint := ""
	if nearest != "" {
		hint = fmt.Sprintf("; did you mean %s?", nearest)
	}
	return c.fail(query.CodeUnknownName, pos, nearest, "there is no %s %s%s", what, name, hint)
}

// field is what a name of a population means: a tag, or an attribute.
type field struct {
	name  string
	shown string // with account. where that stands in front
	isTag bool
	tag   Tag
	attr  Attribute
}

// valued tells that a tag has values.
func (f field) valued() bool { return f.isTag && f.tag.Values != nil }

// flag tells that the field is a tag that is set or not, or a rule.
func (f field) flag() bool { return f.isTag && f.tag.Values == nil }

// text tells that the field's values are codes of texts.
func (f field) text() bool { return f.valued() || !f.isTag && f.attr.Kind == Text }

var kindNames = [...]string{Text: "a text", Int: "a whole number", Float: "a number", Bool: "true or false", Time: "a time"}

var literalNames = [...]string{query.Text: "a text", query.Number: "a number", query.Bool: "true or false"}

// resolve finds a name that stands at pos in the population, tags first: a tag and an attribute never share a name.
func (c *compiler) resolve(name query.Name, pos int) (field, error) {
	if tag, ok := c.p.Tag(name.Text); ok {
		return field{name: name.Text, shown: c.prefix + name.Text, isTag: true, tag: tag}, nil
	}
	if attr, ok := c.p.Attribute(name.Text); ok {
		return field{name: name.Text, shown: c.prefix + name.Text, attr: attr}, nil
	}
	if accounts, _ := c.p.Account(); accounts != nil {
		_, isTag := accounts.Tag(name.Text)
		if _, isAttr := accounts.Attribute(name.Text); isTag || isAttr {
			way := "account." + name.Text
			return field{}, c.fail(query.CodeUnknownName, pos, way,
				"%s is of accounts, not of contacts: write %s", name.Text, way)
		}
	}
	names := c.p.Names()
	if c.prefix != "" {
		names = slices.Clone(names)
		for i := range names {
			names[i] = c.prefix + names[i]
		}
	}
	return field{}, c.unknown(pos, "tag or attribute", c.prefix+name.Text, names)
}

// accounts finds the population that account.name is looked up in.
func (c *compiler) accounts(name query.Name, pos int) (Population, error) {
	accounts, _ := c.p.Account()
	if accounts == nil {
		return nil, c.mismatch(pos, name.Text, "this is asked about accounts: write %s without account", name.Text)
	}
	return accounts, nil
}

// needLiteral demands a literal of one kind for the field.
func (c *compiler) needLiteral(f field, l query.Literal, want query.LiteralKind) error {
	if l.Kind == want {
		return nil
	}
	kind := "a tag with values"
	if !f.isTag {
		kind = kindNames[f.attr.Kind]
	}
	suggestion := ""
	if want == query.Text {
		suggestion = "'" + strings.ReplaceAll(l.Text, "'", "''") + "'"
	} else if want == query.Number {
		if _, ok := parseDecimal(l.Text); ok {
			suggestion = l.Text
		}
	}
	way := map[query.LiteralKind]string{
		query.Text: "write a text in single quotes", query.Number: "write a number without quotes",
		query.Bool: "write true or false",
	}[want]
	return c.mismatch(int(l.At), suggestion, "%s is %s and cannot be compared with %s: %s",
		f.shown, kind, literalNames[l.Kind], way)
}

// cycle reports that d is defined by itself.
func (c *compiler) cycle(d definition, pos int) error {
	from := slices.Index(c.inside, d)
	if from < 0 {
		return nil
	}
	var path []string
	for _, step := range c.inside[from:] {
		path = append(path, step.String())
	}
	path = append(path, d.String())
	return c.fail(CodeCycle, pos, "", "%s is defined by itself (%s): take one of them out",
		d, strings.Join(path, " -> "))
}

// comparable refuses a comparison with a field that has no values to compare.
func (c *compiler) comparable(f field, pos int) error {
	if f.flag() {
		return c.mismatch(pos, "", "%s is a tag without values: write just %s, or NOT %s", f.shown, f.shown, f.shown)
	}
	return nil
}
