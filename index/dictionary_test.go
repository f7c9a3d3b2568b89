package index

import (
	"fmt"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func TestDictionaryAgainstMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, codes, texts := NewDictionary(), map[string]uint32{}, []string{}
		type version struct {
			view DictView
			len  int
		}
		views := []version{{d.View(), 0}}
		text := rapid.OneOf(rapid.StringN(0, 3, -1), rapid.String(), rapid.StringMatching(`a{0,3}\x00{0,2}`))
		t.Repeat(map[string]func(*rapid.T){
			"Add": func(t *rapid.T) {
				s := text.Draw(t, "text")
				want, ok := codes[s]
				if !ok {
					texts = append(texts, s)
					want = uint32(len(texts))
					codes[s] = want
				}
				if got := d.Add(s); got != want {
					t.Fatalf("Add(%q) = %d, want %d", s, got, want)
				}
			},
			"Code": func(t *rapid.T) {
				s := text.Draw(t, "text")
				want, ok := codes[s]
				if got, found := d.Code(s); got != want || found != ok {
					t.Fatalf("Code(%q) = %d %v, want %d %v", s, got, found, want, ok)
				}
			},
			"View": func(*rapid.T) { views = append(views, version{d.View(), len(texts)}) },
			"": func(t *rapid.T) {
				for _, v := range views {
					if int(v.view.Len()) != v.len || v.view.Text(0) != "" || v.view.Text(uint32(v.len)+1) != "" {
						t.Fatalf("a view of %d texts has %d", v.len, v.view.Len())
					}
					if now := d.View(); !now.Extends(v.view) || v.view.Extends(now) != (v.len == len(texts)) {
						t.Fatalf("a view of %d texts and one of %d extend each other wrongly", v.len, len(texts))
					}
					for s, want := range codes {
						if code, ok := v.view.Code(s); ok != (int(want) <= v.len) || ok && code != want {
							t.Fatalf("in a view of %d texts %q has code %d %v, want %d", v.len, s, code, ok, want)
						}
					}
					for i, s := range texts[:v.len] {
						if got := v.view.Text(uint32(i) + 1); got != s {
							t.Fatalf("text %d is %q, want %q", i+1, got, s)
						}
					}
				}
			},
		})
	})
}

func TestDictionaryOfManyPages(t *testing.T) {
	d := NewDictionary()
	const n = 3*textsPerPage + 5
	text := func(i int) string { return fmt.Sprintf("token %d of many", i) }
	for i := range n {
		if code := d.Add(text(i)); int(code) != i+1 {
			t.Fatalf("text %d has code %d", i, code)
		}
	}
	early := d.View()
	for i := range n {
		if code, ok := d.Code(text(i)); !ok || int(code) != i+1 || d.Add(text(i)) != code || early.Text(code) != text(i) {
			t.Fatalf("text %d has code %d %v and text %q", i, code, ok, early.Text(code))
		}
	}
	if d.View().Len() != n {
		t.Errorf("%d texts of %d", d.View().Len(), n)
	}
	var zero DictView
	if _, ok := zero.Code(text(0)); ok || zero.Len() != 0 || zero.Text(1) != "" || !early.Extends(zero) || zero.Extends(early) {
		t.Error("the zero view is not empty")
	}
	if NewDictionary().View().Extends(early) {
		t.Error("a dictionary extends another one")
	}
}

func TestDictionaryConcurrently(t *testing.T) {
	d := NewDictionary()
	const n = 3 * textsPerPage
	var readers sync.WaitGroup
	for range 3 {
		readers.Add(1)
		go func() {
			defer readers.Done()
			for {
				v := d.View()
				for _, code := range []uint32{1, v.Len()/2 + 1, v.Len()} {
					if code == 0 || code > v.Len() {
						continue
					}
					if s := v.Text(code); s != fmt.Sprint("text ", code) {
						t.Errorf("text %d is %q", code, s)
						return
					} else if got, ok := d.Code(s); !ok || got != code {
						t.Errorf("%q has code %d %v", s, got, ok)
						return
					}
				}
				if v.Len() == n {
					return
				}
			}
		}()
	}
	for i := range n {
		d.Add(fmt.Sprint("text ", i+1))
	}
	readers.Wait()
}
