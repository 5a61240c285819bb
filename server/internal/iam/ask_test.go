package iam_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
)

// TestAskBounds: names that nothing can have are refused before policies and the database are asked about them.
func TestAskBounds(t *testing.T) {
	o := newOffice(t)
	for _, tc := range []struct{ action, field, value string }{
		{"GetRole", "RoleName", "a\x00b"},
		{"GetUser", "UserName", "\xff"},
		{"GetPolicy", "PolicyArn", strings.Repeat("x", 2049)},
		{"CreateRole", "RoleName", strings.Repeat("x", 1<<20)},
		{"SimulatePrincipalPolicy", "PolicySourceArn", strings.Repeat("x", 1<<20)},
		{"GetOpenIDConnectProvider", "OpenIDConnectProviderArn", "\x00"},
	} {
		form := url.Values{"Action": {tc.action}, tc.field: {tc.value}}
		_, op, err := o.s.Op(form)
		if err != nil {
			t.Fatal(err)
		}
		_, err = o.s.Ask(t.Context(), op, policy.Principal{}, form)
		if e := wire.AsError(err); err == nil || e.Code != "ValidationError" || len(e.Message) > 200 {
			t.Errorf("%s: %.300v", tc.action, err)
		}
	}
}
