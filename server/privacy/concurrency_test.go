package privacy

import (
	"fmt"
	"sync"
	"testing"
)

// Keys are shared by all requests of a tenant.
func TestKeysAreSafeForConcurrentUse(t *testing.T) {
	k := testKeys(t, 1)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 200 {
				text := fmt.Sprint("text", i)
				if got, err := k.Text(k.Token(text)); err != nil || got != text {
					t.Errorf("token: %q, %v", got, err)
				}
				if got, err := k.Unseal(k.Seal([]byte(text))); err != nil || string(got) != text {
					t.Errorf("seal: %q, %v", got, err)
				}
				if a, b := k.Identifier("mobile", "", text), k.Identifier("mobile", "", text); a != b {
					t.Error("two hashes of one text differ")
				}
			}
		})
	}
	all.Wait()
}
