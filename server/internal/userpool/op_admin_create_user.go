package userpool

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

func (s *Service) adminCreateUser(ctx context.Context, in *wire.AdminCreateUserInput) (*wire.AdminCreateUserOutput, error) {
	p, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	if err := checkInvitation(in); err != nil {
		return nil, err
	}
	if in.MessageAction == "RESEND" {
		return s.reinvite(ctx, in)
	}
	attrs, err := attributes(in.UserAttributes, true)
	if err != nil {
		return nil, err
	}
	u, err := s.newUser(&p, in.Username, attrs)
	if err != nil {
		return nil, err
	}
	password, err := s.temporaryPassword(ctx, &p, &u, in.TemporaryPassword)
	if err != nil {
		return nil, err
	}
	invite := in.MessageAction != "SUPPRESS"
	m := s.invitation(&p, &u, password)
	err = s.create(ctx, &p, &u, func(tx *store.Tx) error {
		if !invite {
			return nil
		}
		return tx.AddMessage(m)
	})
	if err != nil {
		return nil, err
	}
	if invite {
		s.tell(ctx, m)
	}
	return &wire.AdminCreateUserOutput{User: userType(&u, everyAttribute)}, nil
}

func checkInvitation(in *wire.AdminCreateUserInput) error {
	switch {
	case in.Username == "":
		return missing("Username")
	case in.ForceAliasCreation:
		return unsupported("field", "ForceAliasCreation")
	case in.MessageAction != "" && in.MessageAction != "SUPPRESS" && in.MessageAction != "RESEND":
		return invalid("1 validation error detected: Value '%s' at 'messageAction' failed to satisfy constraint: Member must satisfy enum value set: [RESEND, SUPPRESS]", in.MessageAction)
	case slices.Contains(in.DesiredDeliveryMediums, "SMS"):
		return unsupported("value", "SMS of the field DesiredDeliveryMediums")
	}
	return nil
}

// temporaryPassword gives u a password to be changed at the first sign-in: the
// given one or a made-up one that satisfies every policy.
func (s *Service) temporaryPassword(ctx context.Context, p *store.UserPool, u *store.User, given string) (string, error) {
	if given == "" {
		made, err := s.randomPassword(max(12, p.Settings.PasswordPolicy.MinimumLength))
		if err != nil {
			return "", err
		}
		given = made
	}
	if err := s.firstPassword(ctx, p, u, given); err != nil {
		return "", errPolicyOfAdmin(err)
	}
	u.Status, u.PasswordExpires = forceChange, s.temporaryUntil(p)
	return given, nil
}

// errPolicyOfAdmin: AdminCreateUser words it differently.
func errPolicyOfAdmin(err error) error {
	var e *wire.Error
	if !errors.As(err, &e) || e.Code != "InvalidPasswordException" {
		return err
	}
	return wire.Errorf(e.Code, "%s", strings.Replace(e.Message, "with policy", "with password policy", 1))
}

func (s *Service) temporaryUntil(p *store.UserPool) time.Time {
	days := withDefaults(p.Settings.PasswordPolicy).TemporaryPasswordValidityDays
	return s.Now().Add(time.Duration(days) * 24 * time.Hour)
}

// randomPassword has one character of every kind and then any.
func (s *Service) randomPassword(n int) (string, error) {
	out := ""
	for _, kind := range []struct {
		alphabet string
		n        int
	}{{upper, 1}, {lower, 1}, {digits, 1}, {"!@#%*_.", 1}, {upper + lower + digits, n - 4}} {
		part, err := s.randomText(kind.alphabet, kind.n)
		if err != nil {
			return "", err
		}
		out += part
	}
	return out, nil
}

func (s *Service) invitation(p *store.UserPool, u *store.User, password string) store.Message {
	m := s.message(p, u, purposeInvite, "")
	m.Body = "Your username is " + m.Username + " and temporary password is " + password
	return m
}

// reinvite sends a new temporary password to a user that never signed in.
func (s *Service) reinvite(ctx context.Context, in *wire.AdminCreateUserInput) (*wire.AdminCreateUserOutput, error) {
	p, u, err := s.managed(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	if u.Status != forceChange {
		return nil, wire.Errorf("UnsupportedUserStateException", "Resend not possible. %s status is not FORCE_CHANGE_PASSWORD", u.Username)
	}
	fresh := u
	password, err := s.temporaryPassword(ctx, p, &fresh, in.TemporaryPassword)
	if err != nil {
		return nil, err
	}
	m := s.invitation(p, &u, password)
	made := newPassword{sealed: fresh.VerifierSealed, salt: fresh.Salt, version: fresh.PasswordVersion}
	err = s.Store.Update(ctx, func(tx *store.Tx) error {
		err := s.putPassword(tx, &u, made, forceChange, func(now *store.User) { now.PasswordExpires = fresh.PasswordExpires })
		if err != nil {
			return err
		}
		return tx.AddMessage(m)
	})
	if err != nil {
		return nil, err
	}
	s.tell(ctx, m)
	return &wire.AdminCreateUserOutput{User: userType(&fresh, everyAttribute)}, nil
}

func userType(u *store.User, see func(string) bool) wire.UserType {
	return wire.UserType{
		Username: u.Username, Attributes: listAttributes(u, see), Enabled: u.Enabled, UserStatus: u.Status,
		UserCreateDate: wire.Epoch{Time: u.Created}, UserLastModifiedDate: wire.Epoch{Time: u.Modified},
	}
}
