package identity

import (
	"context"
	"slices"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

func (s *Service) describeIdentity(ctx context.Context, in wire.IdentityInput) (*wire.IdentityDescription, error) {
	id, err := s.findIdentity(ctx, in.IdentityId)
	if err != nil {
		return nil, err
	}
	out := describe(id)
	return &out, nil
}

// describe names each provider once.
func describe(id store.Identity) wire.IdentityDescription {
	out := wire.IdentityDescription{IdentityId: id.ID, CreationDate: wire.Epoch{Time: id.Created}, LastModifiedDate: wire.Epoch{Time: id.Modified}}
	for _, l := range id.Logins {
		if !slices.Contains(out.Logins, l.Provider) {
			out.Logins = append(out.Logins, l.Provider)
		}
	}
	return out
}
