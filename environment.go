package main

import (
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// applyEnvironment sets every field of a configuration (a pointer to a struct) whose variable is set. The name of a
// variable is ROLLCALL_ and the yaml names on the way to the field, in upper case: ROLLCALL_FLUSH_EVERY.
func applyEnvironment(config any, lookup func(name string) (string, bool)) error {
	return applyVariables(reflect.ValueOf(config).Elem(), "ROLLCALL_", lookup)
}

func applyVariables(v reflect.Value, prefix string, lookup func(name string) (string, bool)) error {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if name == "-" || !field.IsExported() {
			continue
		}
		variable := prefix + strings.ToUpper(name)
		if field.Type.Kind() == reflect.Struct {
			if options != "inline" {
				variable += "_"
			}
			if err := applyVariables(v.Field(i), variable, lookup); err != nil {
				return err
			}
			continue
		}
		if text, ok := lookup(variable); ok {
			if err := yaml.Unmarshal([]byte(text), v.Field(i).Addr().Interface()); err != nil {
				return fmt.Errorf("the variable %s: %w", variable, err)
			}
		}
	}
	return nil
}
