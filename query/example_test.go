package query_test

import (
	"errors"
	"fmt"

	"rollcall/query"
)

func ExampleParse() {
	e, err := query.Parse("高接通率 and not (city in ('北京','上海'))")
	if err != nil {
		fmt.Println(err)
		return
	}
	data, _ := query.PrintJSON(e)
	fmt.Println(query.Print(e))
	fmt.Println(string(data))
	// Output:
	// 高接通率 AND NOT (city IN ('北京', '上海'))
	// {"and":[{"tag":"高接通率"},{"not":{"attr":"city","in":["北京","上海"]}}]}
}

func ExampleError() {
	_, err := query.Parse("annual_value > 10万")
	var refusal *query.Error
	if errors.As(err, &refusal) {
		fmt.Println(refusal.Code, refusal.Position, refusal.Message)
		fmt.Println("write:", refusal.Suggestion)
	}
	// Output:
	// invalid_expression 15 a number is written in digits
	// write: 100000
}
