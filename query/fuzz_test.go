package query

import (
	"errors"
	"testing"
)

// checkRefusal checks that an error is an *Error that points into the input.
func checkRefusal(t *testing.T, err error, size int) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%T: %v", err, err)
	}
	if e.Message == "" || e.Code == "" || e.Position < 0 || e.Position > size {
		t.Fatalf("%#v", e)
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range valid {
		f.Add(c.text)
	}
	for _, c := range invalid {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := Parse(text)
		if err != nil {
			checkRefusal(t, err, len(text))
			return
		}
		if len(text) < MaxBytes/4 {
			roundTrip(t, e)
		}
	})
}

func FuzzParseJSON(f *testing.F) {
	for _, c := range validJSON {
		f.Add([]byte(c.json))
	}
	for _, c := range invalidJSON {
		f.Add([]byte(c.json))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := ParseJSON(data)
		if err != nil {
			checkRefusal(t, err, len(data))
			return
		}
		if len(data) < MaxBytes/4 {
			roundTrip(t, e)
		}
	})
}
