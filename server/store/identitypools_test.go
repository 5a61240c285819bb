package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gatepass/gatepass/server/store"
)

func TestIdentityPools(t *testing.T) {
	pool := store.IdentityPool{
		ID: "us-east-1:b", Name: "b", LoginProviders: map[string]string{"accounts.google.com": "c"}, OIDCProviders: []string{"arn"},
		DeveloperProvider: "login.example", Tags: map[string]string{"team": "x"}, Created: noon,
		RoleMappings:  map[string]store.RoleMapping{"p:c": {Type: "Rules", Ambiguous: "Deny", Rules: []store.MappingRule{{Claim: "a", Match: "Equals", Value: "b", RoleARN: "arn"}}}},
		PrincipalTags: map[string]store.PrincipalTagMap{"p": {UseDefaults: true, Tags: map[string]string{"username": "sub"}}},
	}
	oidc := store.OIDCProvider{ARN: "arn:oidc", Issuer: "https://idp.example", ClientIDs: []string{"c"}, Created: noon}
	guest := store.Identity{ID: "i1", PoolID: pool.ID, Enabled: true, Created: noon, Logins: []store.Login{{Provider: "p", Subject: "ada"}}}
	each(t, func(t *testing.T, s *store.Store) {
		update(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.PutIdentityPool(pool), tx.PutIdentityPool(store.IdentityPool{ID: "us-east-1:a"}), tx.PutOIDCProvider(oidc), tx.CreateIdentity(guest))
		})
		check(t, pool)(s.IdentityPool(background, pool.ID))
		check(t, oidc)(s.OIDCProvider(background, oidc.ARN))
		first, err := s.ListIdentityPools(background, "", 1)
		if err != nil || len(first) != 1 || first[0].ID != "us-east-1:a" {
			t.Errorf("%v, %v", first, err)
		}
		check(t, []store.IdentityPool{pool})(s.ListIdentityPools(background, "us-east-1:a", 5))
		update(t, s, func(tx *store.Tx) error { return tx.DeleteIdentityPool(pool.ID) })
		refused(t, s, store.ErrNotFound, func(tx *store.Tx) error { return tx.DeleteIdentityPool(pool.ID) })
		if _, err := s.Identity(background, guest.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an identity outlived its pool: %v", err)
		}
		if _, err := s.IdentityByLogin(background, pool.ID, guest.Logins[0]); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a login outlived its pool: %v", err)
		}
	})
}

func TestIdentityChanges(t *testing.T) {
	later, latest := noon.Add(time.Hour), noon.Add(2*time.Hour)
	one, two := store.Login{Provider: "p", Subject: "ada"}, store.Login{Provider: "q", Subject: "ada"}
	each(t, func(t *testing.T, s *store.Store) {
		update(t, s, func(tx *store.Tx) error {
			var err error
			for i := range 3 {
				err = errors.Join(err, tx.CreateIdentity(store.Identity{ID: fmt.Sprint("i", i), PoolID: "ip", Created: noon}))
			}
			return errors.Join(err, tx.CreateIdentity(store.Identity{ID: "j", PoolID: "other", Created: noon}),
				tx.LinkLogin("ip", "i0", one, noon), tx.LinkLogin("ip", "i2", two, noon))
		})
		refused(t, s, store.ErrNotFound, func(tx *store.Tx) error { return tx.UnlinkLogin("ip", "i1", one, noon) })
		refused(t, s, store.ErrNotFound, func(tx *store.Tx) error { return tx.UnlinkLogin("other", "i0", one, noon) })
		update(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.MoveLogins("ip", "i0", "i2", later), tx.DisableIdentity("i0", later))
		})
		disabled := store.Identity{ID: "i0", PoolID: "ip", Created: noon, Modified: later}
		guest := store.Identity{ID: "i1", PoolID: "ip", Enabled: true, Created: noon, Modified: noon}
		both := store.Identity{ID: "i2", PoolID: "ip", Enabled: true, Created: noon, Modified: later, Logins: []store.Login{one, two}}
		check(t, []store.Identity{disabled, guest, both})(s.ListIdentities(background, "ip", "", 9, false))
		check(t, []store.Identity{guest, both})(s.ListIdentities(background, "ip", "", 9, true))
		check(t, []store.Identity{disabled, guest})(s.ListIdentities(background, "ip", "", 2, false))
		check(t, []store.Identity{both})(s.ListIdentities(background, "ip", "i1", 2, false))
		update(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.UnlinkLogin("ip", "i2", one, latest), tx.DeleteIdentity("i1"), tx.DeleteIdentity("i1"))
		})
		both.Logins, both.Modified = []store.Login{two}, latest
		check(t, []store.Identity{disabled, both})(s.ListIdentities(background, "ip", "", 9, false))
	})
}
