package sigv4_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gatepass/gatepass/sigv4"
)

// TestZeroVerifier: a verifier without region and service verifies nothing, also
// what claims to be signed for neither.
func TestZeroVerifier(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	v := new(sigv4.Verifier)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("X-Amz-Date", "20260102T030405Z")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102///aws4_request, SignedHeaders=host;x-amz-date, Signature=0000000000000000000000000000000000000000000000000000000000000000")
	claim, err := v.Parse(r, now)
	if err != nil {
		t.Fatal(err)
	}
	var keys sigv4.KeyCache
	if _, err := claim.Verify(keys.Key("AKIDEXAMPLE", "a secret that is long enough", claim)); !errors.Is(err, sigv4.ErrUnknownKey) {
		t.Errorf("%v, want %v", err, sigv4.ErrUnknownKey)
	}
}
