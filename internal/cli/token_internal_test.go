package cli

import (
	"slices"
	"testing"
)

// A user pool's tokens name it as AWS does, in either form and in AWS's domain for
// the region, or by the server that was asked.
func TestIssuersOf(t *testing.T) {
	got := issuersOf("http://127.0.0.1:8787", "cn-north-1_A")
	want := []string{
		"http://127.0.0.1:8787/cn-north-1_A",
		"https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_A", "https://issuer-cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_A",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
