package identity

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// lookupDeveloperIdentity finds the identity of a developer's user, or the users of an identity, or checks that the two
// belong together (API Reference, LookupDeveloperIdentity). Users are listed by name.
func (s *Service) lookupDeveloperIdentity(ctx context.Context, in wire.LookupDeveloperIdentityInput) (*wire.LookupDeveloperIdentityOutput, error) {
	pool, err := s.findPool(ctx, in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	if pool.DeveloperProvider == "" {
		return nil, invalidParameter("This identity pool has no developer provider.")
	}
	if in.MaxResults == 0 {
		in.MaxResults = maxPage
	}
	after, err := s.openPage(in.MaxResults, in.NextToken, "users of "+pool.ID)
	if err != nil {
		return nil, err
	}
	id, err := s.lookUp(ctx, pool, in.IdentityId, in.DeveloperUserIdentifier)
	if err != nil {
		return nil, err
	}
	out := &wire.LookupDeveloperIdentityOutput{IdentityId: id.ID, DeveloperUserIdentifierList: []string{}}
	for _, l := range id.Logins {
		if l.Provider != pool.DeveloperProvider || l.Subject <= after {
			continue
		}
		if len(out.DeveloperUserIdentifierList) == in.MaxResults {
			out.NextToken, err = s.nextPage(out.DeveloperUserIdentifierList[in.MaxResults-1], "users of "+pool.ID)
			break
		}
		out.DeveloperUserIdentifierList = append(out.DeveloperUserIdentifierList, l.Subject)
	}
	return out, err
}

func (s *Service) lookUp(ctx context.Context, pool store.IdentityPool, identity, user string) (store.Identity, error) {
	if user != "" {
		id, err := ofDeveloperUser(ctx, s.Store, pool, user)
		if err == nil && identity != "" && id.ID != identity {
			err = conflict("The developer user belongs to another identity.")
		}
		return id, err
	}
	if identity == "" {
		return store.Identity{}, invalidParameter("Either IdentityId or DeveloperUserIdentifier is needed.")
	}
	id, err := s.findIdentity(ctx, identity)
	if err == nil && id.PoolID != pool.ID {
		err = identityNotFound(identity)
	}
	return id, err
}
