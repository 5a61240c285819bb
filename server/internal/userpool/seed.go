package userpool

import (
	"context"
	"errors"
	"maps"

	"github.com/gatepass/gatepass/server/store"
)

// Seed is a user that configuration declares.
type Seed struct {
	PoolID, Username string
	// Password becomes permanent. Empty: a temporary one is made and sent, once.
	Password   string
	Attributes map[string]string // email_verified may be among them
	Groups     []string
}

// EnsureUser creates a declared user, confirmed, unless the pool has one of that
// name, and adds it to its groups. An existing user keeps password and
// attributes, so that applying a configuration again changes nothing. It returns
// the user's sub; the errors are those of AdminCreateUser.
func (s *Service) EnsureUser(ctx context.Context, seed Seed) (sub string, err error) {
	s.setup()
	p, err := s.pool(ctx, seed.PoolID)
	if err != nil {
		return "", err
	}
	u, err := s.Store.UserByName(ctx, p.ID, fold(&p, seed.Username))
	if errors.Is(err, store.ErrNotFound) {
		u, err = s.plant(ctx, &p, seed)
	}
	if err != nil {
		return "", outward(err)
	}
	err = s.Store.Update(ctx, func(tx *store.Tx) error {
		for _, g := range seed.Groups {
			if err := tx.AddToGroup(p.ID, u.Sub, g); err != nil {
				return err
			}
		}
		return nil
	})
	return u.Sub, outward(err)
}

func (s *Service) plant(ctx context.Context, p *store.UserPool, seed Seed) (store.User, error) {
	attrs := maps.Clone(seed.Attributes)
	if attrs == nil {
		attrs = map[string]string{}
	}
	for name, value := range attrs {
		if err := checkAttribute(name, value, true); err != nil {
			return store.User{}, err
		}
	}
	u, err := s.newUser(p, seed.Username, attrs)
	if err != nil {
		return u, err
	}
	if seed.Password != "" {
		if err := s.firstPassword(ctx, p, &u, seed.Password); err != nil {
			return u, err
		}
		u.Status = confirmed
		return u, s.create(ctx, p, &u, nil)
	}
	password, err := s.temporaryPassword(ctx, p, &u, "")
	if err != nil {
		return u, err
	}
	m := s.invitation(p, &u, password)
	if err := s.create(ctx, p, &u, func(tx *store.Tx) error { return tx.AddMessage(m) }); err != nil {
		return u, err
	}
	s.tell(ctx, m)
	return u, nil
}
