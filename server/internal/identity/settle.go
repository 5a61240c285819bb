package identity

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// maxLinked is how many logins an identity may have ("Quotas in Amazon Cognito").
const maxLinked = 20

// settle makes the presented logins those of one identity and gives it (developer guide, "Linking identities and
// merging"): a login that is nobody's is linked, identities that the logins prove to be one person's are merged, and a
// guest's identity becomes that of the first who signs in with it. The identity asked for survives a merger, a guest's
// does not; with asked empty the oldest does, or a new one is made. All others are disabled.
//
// It writes only if something changes. Two nodes may act at once: the second then finds what the first did.
func (s *Service) settle(ctx context.Context, pool store.IdentityPool, asked string, logins []proof) (store.Identity, error) {
	if found, err := settled(ctx, s.Store, pool.ID, asked, logins); err != nil || found.ID != "" {
		return found, err
	}
	var id store.Identity
	write := func(tx *store.Tx) (err error) {
		id, err = s.settleIn(ctx, tx, pool, asked, logins)
		return err
	}
	err := s.Store.Update(ctx, write)
	if errors.Is(err, store.ErrExists) {
		err = s.Store.Update(ctx, write)
	}
	return id, err
}

// byLogin is what a Store and a Tx have in common here.
type byLogin interface {
	Identity(ctx context.Context, id string) (store.Identity, error)
	IdentityByLogin(ctx context.Context, pool string, l store.Login) (store.Identity, error)
}

// settled finds the identity that has all the logins, if it is the one asked for or any will do.
func settled(ctx context.Context, r byLogin, pool, asked string, logins []proof) (store.Identity, error) {
	all, err := owners(ctx, r, pool, logins)
	if err != nil || len(all) != 1 || asked != "" && all[0].ID != asked || len(unlinked(all[0], logins)) > 0 {
		return store.Identity{}, err
	}
	return all[0], enabled(all[0])
}

// owners finds the identities that have any of the logins, the oldest first.
func owners(ctx context.Context, r byLogin, pool string, logins []proof) ([]store.Identity, error) {
	var all []store.Identity
	for _, l := range logins {
		id, err := r.IdentityByLogin(ctx, pool, l.Login)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(all, func(have store.Identity) bool { return have.ID == id.ID }) {
			all = append(all, id)
		}
	}
	slices.SortFunc(all, func(a, b store.Identity) int {
		if c := a.Created.Compare(b.Created); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return all, nil
}

// unlinked is what of the logins the identity does not have. A developer's login is never among them: only the
// developer's backend links it.
func unlinked(id store.Identity, logins []proof) []store.Login {
	var missing []store.Login
	for _, l := range logins {
		if !l.developer() && !slices.Contains(id.Logins, l.Login) {
			missing = append(missing, l.Login)
		}
	}
	return missing
}

// settleIn reads everything anew, inside the transaction: what was asked for may have got logins in the meantime, and who
// then presents none of them gets nothing.
func (s *Service) settleIn(ctx context.Context, tx *store.Tx, pool store.IdentityPool, asked string, logins []proof) (store.Identity, error) {
	if err := lock(ctx, tx, pool.ID, asked, logins); err != nil {
		return store.Identity{}, err
	}
	all, err := owners(ctx, tx, pool.ID, logins)
	if err != nil {
		return store.Identity{}, err
	}
	all, err = s.choose(ctx, tx, pool, asked, all)
	if err != nil {
		return store.Identity{}, err
	}
	home := all[0]
	for _, other := range all[1:] {
		if home, err = s.merge(ctx, tx, pool, home, other); err != nil {
			return home, err
		}
	}
	for _, l := range logins {
		if l.developer() && !slices.Contains(home.Logins, l.Login) {
			return home, loginsDontMatch() // unlinked in the meantime
		}
	}
	return s.link(ctx, tx, pool, home, unlinked(home, logins))
}

// lock reads the identities that a transaction is about, in the order of their ids, before it reads them for what they
// are: two transactions that merged in opposite directions would else wait for each other until one of them is broken off.
func lock(ctx context.Context, tx *store.Tx, pool, asked string, logins []proof) error {
	var ids []string
	if asked != "" {
		ids = append(ids, asked)
	}
	for _, l := range logins {
		id, err := tx.LoginOwner(ctx, pool, l.Login)
		if err == nil {
			ids = append(ids, id)
		} else if !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		if _, err := tx.Identity(ctx, id); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}

// settleAt makes the logins those of one identity, whoever had them.
func (s *Service) settleAt(ctx context.Context, tx *store.Tx, pool store.IdentityPool, home store.Identity, logins []proof) (store.Identity, error) {
	all, err := owners(ctx, tx, pool.ID, logins)
	if err != nil {
		return home, err
	}
	for _, other := range all {
		if other.ID == home.ID {
			continue
		}
		if home, err = s.merge(ctx, tx, pool, home, other); err != nil {
			return home, err
		}
	}
	return s.link(ctx, tx, pool, home, unlinked(home, logins))
}

// choose puts the identity that stays before those that are merged into it.
func (s *Service) choose(ctx context.Context, tx *store.Tx, pool store.IdentityPool, asked string, all []store.Identity) ([]store.Identity, error) {
	if asked == "" {
		if len(all) > 0 {
			return all, nil
		}
		id, err := s.create(tx, pool.ID)
		return []store.Identity{id}, err
	}
	current, err := tx.Identity(ctx, asked)
	if errors.Is(err, store.ErrNotFound) {
		return nil, identityNotFound(asked)
	}
	if err == nil {
		err = enabled(current)
	}
	if err != nil {
		return nil, err
	}
	if len(current.Logins) == 0 {
		return append(all, current), nil
	}
	at := slices.IndexFunc(all, func(id store.Identity) bool { return id.ID == asked })
	if at < 0 {
		return nil, loginsDontMatch()
	}
	return append([]store.Identity{current}, slices.Delete(all, at, at+1)...), nil
}

func (s *Service) create(tx *store.Tx, pool string) (store.Identity, error) {
	id, err := s.newIdentityID()
	if err != nil {
		return store.Identity{}, err
	}
	made := store.Identity{ID: id, PoolID: pool, Enabled: true, Created: s.Now()}
	return made, tx.CreateIdentity(made)
}

// merge gives home the logins of the other identity and disables that one.
func (s *Service) merge(ctx context.Context, tx *store.Tx, pool store.IdentityPool, home, other store.Identity) (store.Identity, error) {
	if err := errors.Join(enabled(home), enabled(other)); err != nil {
		return home, err
	}
	for _, l := range other.Logins {
		if err := fits(pool, home, l); err != nil {
			return home, err
		}
	}
	if err := tx.MoveLogins(pool.ID, other.ID, home.ID, s.Now()); err != nil {
		return home, err
	}
	if err := tx.DisableIdentity(other.ID, s.Now()); err != nil {
		return home, err
	}
	return tx.Identity(ctx, home.ID)
}

func (s *Service) link(ctx context.Context, tx *store.Tx, pool store.IdentityPool, id store.Identity, logins []store.Login) (store.Identity, error) {
	if err := enabled(id); err != nil {
		return id, err
	}
	for _, l := range logins {
		if err := fits(pool, id, l); err != nil {
			return id, err
		}
		if err := tx.LinkLogin(pool.ID, id.ID, l, s.Now()); err != nil {
			return id, err
		}
		id.Logins = append(id.Logins, l)
	}
	return id, nil
}

// fits refuses a second login of a public provider: it would be another person's.
func fits(pool store.IdentityPool, id store.Identity, l store.Login) error {
	if len(id.Logins) >= maxLinked {
		return wire.Errorf("LimitExceededException", "The identity has %d logins, which is the most it can have.", maxLinked)
	}
	if l.Provider == pool.DeveloperProvider {
		return nil
	}
	if slices.ContainsFunc(id.Logins, func(have store.Login) bool { return have.Provider == l.Provider }) {
		return conflict("The identity has another login of the provider %s already.", l.Provider)
	}
	return nil
}
