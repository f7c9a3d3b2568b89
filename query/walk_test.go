package query

import (
	"fmt"
	"strings"
	"testing"
)

func TestWalk(t *testing.T) {
	e, err := Parse("a AND (b OR NOT did(x where c AND d = 1)) AND count(x where e, 7d) > 1")
	if err != nil {
		t.Fatal(err)
	}
	visit := func(below func(Expr) bool) string {
		var seen []string
		Walk(e, func(e Expr) bool {
			seen = append(seen, strings.TrimPrefix(fmt.Sprintf("%T", e), "*query."))
			return below(e)
		})
		return strings.Join(seen, " ")
	}
	if got, want := visit(func(Expr) bool { return true }), "And Has Or Has Not Did And Has Compare Aggregate Has"; got != want {
		t.Errorf("visited %s, want %s", got, want)
	}
	got := visit(func(e Expr) bool { _, or := e.(*Or); return !or })
	if want := "And Has Or Aggregate Has"; got != want {
		t.Errorf("visited %s, want %s", got, want)
	}
	Walk(nil, func(Expr) bool { t.Error("visited nil"); return true })
}

func TestSame(t *testing.T) {
	// No two of these are the same.
	texts := []string{
		"a", "b", "account.a", "NOT a", "a = 1", "a != 1", "a = 1.0", "a = '1'", "b = 1", "a = true", "a = 'true'",
		"a IN (1)", "a IN (1, 2)", "a IN (2, 1)", "a BETWEEN 1 AND 2", "a BETWEEN 1 AND 3", "a LIKE 'x'", "a LIKE 'y'",
		"a IS NULL", "a IS NOT NULL", "a AND b", "b AND a", "a OR b", "a AND b AND c", "segment('a')", "segment('b')",
		"id IN ('a')", "id IN ('a', 'b')", "did(a)", "did(a.*)", "did(a where b)", "did(a, 7d)", "did(a, 8d)",
		"did(a, 7 calendar days)", "did(a, last 7)", "did(a, '2024-10-01'..'2024-10-02')", "did(a, '2024-10-01'..'2024-10-03')",
		"count(a) > 1", "count(a) > 2", "count(a) < 1", "count(b) > 1", "count(a) BETWEEN 1 AND 2", "count(a) BETWEEN 1 AND 3",
		"distinct_days(a) > 1", "sum(a.b) > 1", "sum(a.c) > 1", "avg(a.b) > 1",
	}
	for i, x := range texts {
		for j, y := range texts {
			a, errA := Parse(x)
			b, errB := Parse("  " + y) // other positions
			if errA != nil || errB != nil {
				t.Fatal(x, errA, y, errB)
			}
			if Same(a, b) != (i == j) {
				t.Errorf("Same(%s, %s) = %v", x, y, Same(a, b))
			}
		}
	}
	if !Same(nil, nil) || Same(nil, &Has{}) || Same(&Has{}, nil) {
		t.Error("nil is the same as nil only")
	}
}
