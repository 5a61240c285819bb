package identity_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"
)

// H06: AssumeRoleWithWebIdentity has no secret that tries would find, and is not
// signed: what many tries may cost is bounded. A provider is asked once a pause
// for keys, whatever keys the tokens name; a token of any other issuer asks
// nobody; and a token too long to be one is refused before it is read.
func TestH06_ManyWebTokens(t *testing.T) {
	w := newWorld(t)
	p := newIDP(t, w)
	w.trusts(p.arn, `"StringLike":{"`+p.key+`:sub":"*"}`)
	if _, err := w.assumeWeb("oidc", p.token()); err != nil {
		t.Fatal(err)
	}
	asked := p.asked.Load()
	parts := strings.Split(p.token(), ".")
	for i := range 200 {
		head := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"alg":"RS256","kid":"guess-%d"}`, i))
		_, err := w.assumeWeb("oidc", head+"."+parts[1]+"."+parts[2])
		refused(t, "a key nobody has", err, 400, "InvalidIdentityToken", "")
	}
	if n := p.asked.Load() - asked; n > 1 {
		t.Errorf("200 tokens had the provider asked %d times", n)
	}
	if _, err := w.assumeWeb("oidc", p.token()); err != nil {
		t.Errorf("a right token after wrong ones: %v", err)
	}
	_, err := w.assumeWeb("oidc", strings.Repeat("a", 20001))
	refused(t, "a token too long", err, 400, "ValidationError", "")
	w.now = w.now.Add(30 * time.Second)
	if _, err := w.assumeWeb("oidc", p.token()); err != nil {
		t.Errorf("after the pause: %v", err)
	}
}
