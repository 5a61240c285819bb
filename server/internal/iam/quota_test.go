package iam_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/gatepass/gatepass/server/store"
)

// TestQuotas: an account has so many roles, users, policies and providers, and no more; a name that is taken is said first.
func TestQuotas(t *testing.T) {
	for quota, c := range map[string]struct {
		most   int
		action string
		fill   func(tx *store.Tx, name string) error
		pairs  func(name string) []string
	}{
		"RolesPerAccount": {
			1000, "CreateRole", func(tx *store.Tx, n string) error { return tx.CreateRole(store.Role{Name: n, ARN: n}) },
			func(n string) []string { return []string{"RoleName=" + n, "AssumeRolePolicyDocument=" + trust} },
		},
		"UsersPerAccount": {
			5000, "CreateUser", func(tx *store.Tx, n string) error { return tx.CreateIAMUser(store.IAMUser{Name: n, ARN: n}) },
			func(n string) []string { return []string{"UserName=" + n} },
		},
		"PoliciesPerAccount": {
			1500, "CreatePolicy", func(tx *store.Tx, n string) error { return tx.CreatePolicy(store.ManagedPolicy{Name: n, ARN: n}) },
			func(n string) []string {
				return []string{"PolicyName=" + n, "PolicyDocument=" + statement("Allow", "a:b", "*")}
			},
		},
		"OpenIdConnectProvidersPerAccount": {
			100, "CreateOpenIDConnectProvider", func(tx *store.Tx, n string) error {
				return tx.CreateOIDCProvider(store.OIDCProvider{ARN: arns + "oidc-provider/" + n})
			},
			func(n string) []string { return []string{"Url=" + n} },
		},
	} {
		t.Run(quota, func(t *testing.T) {
			o := newOffice(t)
			err := o.s.Store.Update(t.Context(), func(tx *store.Tx) error {
				var errs []error
				for i := range c.most - 1 {
					errs = append(errs, c.fill(tx, fmt.Sprint("n", i)))
				}
				return errors.Join(errs...)
			})
			if err != nil {
				t.Fatal(err)
			}
			o.do(c.action, c.pairs("last")...)
			o.no("EntityAlreadyExists", "", c.action, c.pairs("last")...)
			o.no("LimitExceeded", fmt.Sprintf("Cannot exceed quota for %s: %d", quota, c.most), c.action, c.pairs("more")...)
		})
	}
}
