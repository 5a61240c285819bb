package userpool

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

func (s *Service) signUp(ctx context.Context, in *wire.SignUpInput) (*wire.SignUpOutput, error) {
	a, err := s.app(ctx, in.ClientId)
	if err != nil {
		return nil, err
	}
	if in.Username == "" {
		return nil, missing("Username")
	}
	if err := a.checkSecretHash(in.Username, in.SecretHash); err != nil {
		return nil, err
	}
	if a.pool.Settings.AdminCreateUserOnly {
		return nil, notAuthorized("SignUp is not permitted for this user pool")
	}
	attrs, err := attributes(in.UserAttributes, false)
	if err != nil {
		return nil, err
	}
	if err := a.checkWritable(attrs); err != nil {
		return nil, err
	}
	u, err := s.newUser(&a.pool, in.Username, attrs)
	if err != nil {
		return nil, err
	}
	u.Status = unconfirmed
	if err := s.firstPassword(ctx, &a.pool, &u, in.Password); err != nil {
		return nil, err
	}
	if err := s.create(ctx, &a.pool, &u, nil); err != nil {
		return nil, err
	}
	out := &wire.SignUpOutput{UserSub: u.Sub}
	if verifiesEmail(&a.pool, &u) {
		target := &subject{User: u}
		out.CodeDeliveryDetails = s.deliveryTo(target, "")
		err = s.sendCode(ctx, &a.pool, target, purposeSignUp)
	}
	return out, err
}

func verifiesEmail(p *store.UserPool, u *store.User) bool {
	return slices.Contains(p.Settings.AutoVerifiedAttributes, "email") && u.Attributes["email"] != ""
}

// newUser makes the record of a user, without a password, from what a sign-up or
// an administrator calls it.
func (s *Service) newUser(p *store.UserPool, username string, attrs map[string]string) (store.User, error) {
	u := store.User{PoolID: p.ID, Username: username, Attributes: attrs, Enabled: true, Created: s.Now(), Modified: s.Now()}
	if err := checkUsername(p, username); err != nil {
		return u, err
	}
	var err error
	if u.Sub, err = s.newUUID(); err != nil {
		return u, err
	}
	if slices.Contains(p.Settings.UsernameAttributes, "email") {
		if given, ok := attrs["email"]; ok && given != username {
			return u, invalid("Username and the attribute email must be the same")
		}
		u.Username, attrs["email"] = u.Sub, username
	}
	return u, nil
}

// checkUsername refuses names that print alike or not at all: one user name has
// one spelling.
func checkUsername(p *store.UserPool, username string) error {
	byEmail := slices.Contains(p.Settings.UsernameAttributes, "email")
	switch {
	case len(username) > maxUsername || strings.ContainsFunc(username, unprintable):
		return invalid("1 validation error detected: Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+")
	case byEmail && !isEmail(username):
		return invalid("Username should be an email.")
	case !byEmail && slices.Contains(p.Settings.AliasAttributes, "email") && isEmail(username):
		return invalid("Username cannot be of email format, since user pool is configured for email alias.")
	}
	return nil
}

// firstPassword gives a user that is not stored yet its password.
func (s *Service) firstPassword(ctx context.Context, p *store.UserPool, u *store.User, password string) error {
	if password == "" {
		return missing("Password")
	}
	if err := checkPolicy(p, password); err != nil {
		return err
	}
	made, err := s.makePassword(ctx, u, password)
	if err != nil {
		return err
	}
	return made.put(u)
}

// create keeps a new user with its names; more runs in the same transaction.
func (s *Service) create(ctx context.Context, p *store.UserPool, u *store.User, more inTx) error {
	err := s.Store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.CreateUser(*u, signInNames(p, u)...); err != nil || more == nil {
			return err
		}
		return more(tx)
	})
	if !errors.Is(err, store.ErrExists) {
		return err
	}
	if len(p.Settings.UsernameAttributes) > 0 {
		return wire.Errorf("UsernameExistsException", "An account with the given email already exists.")
	}
	_, err = s.Store.UserByName(ctx, p.ID, fold(p, u.Username))
	if errors.Is(err, store.ErrNotFound) {
		_, err = s.Store.UserBySub(ctx, p.ID, fold(p, u.Username))
	}
	if errors.Is(err, store.ErrNotFound) {
		return errAlias("email")
	}
	return wire.Errorf("UsernameExistsException", "User already exists")
}

func errAlias(kind string) error {
	return wire.Errorf("AliasExistsException", "An account with the %s already exists.", kind)
}
