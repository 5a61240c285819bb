package identity

import (
	"context"
	"errors"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// getID finds the identity of the logins or makes one (API Reference, GetId). Without logins it makes a guest's
// identity each time. AccountId changes no check: identity pool ids are unique.
func (s *Service) getID(ctx context.Context, in wire.GetIdInput) (*wire.GetIdOutput, error) {
	if err := checkID("identityPoolId", in.IdentityPoolId); err != nil {
		return nil, err
	}
	pool, err := s.findPool(ctx, in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	if len(in.Logins) == 0 && !pool.AllowUnauthenticated {
		return nil, guestsOff()
	}
	logins, err := s.verifyLogins(ctx, pool, in.Logins)
	if err != nil {
		return nil, err
	}
	id, err := s.findOrCreate(ctx, pool, logins)
	if err != nil {
		return nil, err
	}
	return &wire.GetIdOutput{IdentityId: id}, nil
}

// findOrCreate writes only if something is new. Two nodes may create at once: the second then finds what the first made.
func (s *Service) findOrCreate(ctx context.Context, pool store.IdentityPool, logins []store.Login) (string, error) {
	found, err := owner(ctx, s.Store, pool.ID, logins)
	if err != nil {
		return "", err
	}
	if found.ID != "" && len(unlinked(found, logins)) == 0 {
		return found.ID, enabled(found)
	}
	id, err := s.create(ctx, pool, logins)
	if errors.Is(err, store.ErrExists) {
		id, err = s.create(ctx, pool, logins)
	}
	return id, err
}

func (s *Service) create(ctx context.Context, pool store.IdentityPool, logins []store.Login) (id string, err error) {
	err = s.Store.Update(ctx, func(tx *store.Tx) error {
		found, err := owner(ctx, tx, pool.ID, logins)
		if err != nil {
			return err
		}
		if found.ID != "" {
			id = found.ID
			return errors.Join(enabled(found), linkAll(ctx, tx, id, logins))
		}
		if id, err = s.newIdentityID(); err != nil {
			return err
		}
		return tx.CreateIdentity(store.Identity{ID: id, PoolID: pool.ID, Enabled: true, Created: s.Now(), Logins: logins})
	})
	return id, err
}

// byLogin is what a Store and a Tx have in common here.
type byLogin interface {
	IdentityByLogin(ctx context.Context, pool string, l store.Login) (store.Identity, error)
}

// owner finds the one identity that has any of the logins; the zero Identity if none has. Logins of two identities are
// refused: gatepass does not merge identities.
func owner(ctx context.Context, r byLogin, pool string, logins []store.Login) (store.Identity, error) {
	var found store.Identity
	for _, l := range logins {
		id, err := r.IdentityByLogin(ctx, pool, l)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return found, err
		}
		if found.ID != "" && found.ID != id.ID {
			return found, conflict("The logins belong to two identities, %s and %s. Sign in with one of them.", found.ID, id.ID)
		}
		found = id
	}
	return found, nil
}

func enabled(id store.Identity) error {
	if !id.Enabled {
		return forbidden(id.ID)
	}
	return nil
}
