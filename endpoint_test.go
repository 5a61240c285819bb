package gatepass

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

// TestForms holds the scanners against patterns that say the same.
func TestForms(t *testing.T) {
	for _, f := range []struct {
		is      func(string) bool
		pattern string
		like    string // what is drawn
	}{
		{isUserPool, `\A([a-z0-9-]{1,40})_[0-9A-Za-z]{1,55}\z`, `[a-zA-Z0-9-]{0,42}[_:]{0,2}[0-9A-Za-zé]{0,57}`},
		{isClient, `\A[0-9A-Za-z_+]{1,128}\z`, `[0-9A-Za-z_+]{0,130}[/ \n]?`},
		{isIdentityPool, `\A([a-z0-9-]{1,40}):[0-9a-f-]{1,55}\z`, `[a-z0-9-]{0,42}[_:]{0,2}[0-9a-g-]{0,57}`},
	} {
		want := regexp.MustCompile(f.pattern)
		rapid.Check(t, func(t *rapid.T) {
			s := rapid.StringMatching(f.like).Draw(t, "s")
			if f.is(s) != want.MatchString(s) {
				t.Fatalf("%q: %v, %s says %v", s, f.is(s), f.pattern, want.MatchString(s))
			}
		})
	}
}
