package identity

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// createIdentityPool makes a pool without roles: SetIdentityPoolRoles gives it some.
func (s *Service) createIdentityPool(ctx context.Context, in wire.CreateIdentityPoolInput) (*wire.IdentityPool, error) {
	id, err := s.newIdentityID() // of the same form
	if err != nil {
		return nil, err
	}
	p := store.IdentityPool{ID: id, Created: s.Now()}
	err = s.Store.Update(ctx, func(tx *store.Tx) error {
		if err := s.configure(ctx, tx, &p, in); err != nil {
			return err
		}
		return tx.PutIdentityPool(p)
	})
	if err != nil {
		return nil, err
	}
	return s.describePool(p), nil
}

func (s *Service) describePool(p store.IdentityPool) *wire.IdentityPool {
	out := &wire.IdentityPool{
		IdentityPoolId: p.ID, IdentityPoolName: p.Name, AllowUnauthenticatedIdentities: p.AllowUnauthenticated,
		AllowClassicFlow: p.AllowClassic, SupportedLoginProviders: p.LoginProviders, DeveloperProviderName: p.DeveloperProvider,
		OpenIdConnectProviderARNs: p.OIDCProviders, IdentityPoolTags: p.Tags,
	}
	for _, pr := range p.Providers {
		out.CognitoIdentityProviders = append(out.CognitoIdentityProviders, wire.CognitoIdentityProvider{
			ProviderName: pr.ProviderName, ClientId: pr.ClientID, ServerSideTokenCheck: pr.ServerSideTokenCheck,
		})
	}
	return out
}
