package userpool

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
	"github.com/gatepass/gatepass/srp"
)

const maxPassword = 256 // characters

// withDefaults fills in what Cognito uses where a pool says nothing.
func withDefaults(p store.PasswordPolicy) store.PasswordPolicy {
	if p == (store.PasswordPolicy{}) {
		p.RequireUppercase, p.RequireLowercase, p.RequireNumbers, p.RequireSymbols = true, true, true, true
	}
	if p.MinimumLength == 0 {
		p.MinimumLength = 8
	}
	if p.TemporaryPasswordValidityDays == 0 {
		p.TemporaryPasswordValidityDays = 7
	}
	return p
}

const (
	upper   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lower   = "abcdefghijklmnopqrstuvwxyz"
	digits  = "0123456789"
	symbols = "^$*.[]{}()?-\"!@#%&/\\,><':;|_~`+= "
)

// checkPolicy names one violation at a time, as AWS does. Length counts
// characters; the password itself is used byte for byte.
func checkPolicy(p *store.UserPool, password string) error {
	policy := p.Settings.PasswordPolicy
	n := utf8.RuneCountInString(password)
	switch {
	case n == 0 || n > maxPassword || strings.TrimSpace(password) != password:
		return invalid("1 validation error detected: Value at 'password' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[\\S]+.*[\\S]+$")
	case n < 6:
		return invalid("1 validation error detected: Value at 'password' failed to satisfy constraint: Member must have length greater than or equal to 6")
	case n < policy.MinimumLength:
		return violation("Password not long enough")
	case policy.RequireUppercase && !strings.ContainsAny(password, upper):
		return violation("Password must have uppercase characters")
	case policy.RequireLowercase && !strings.ContainsAny(password, lower):
		return violation("Password must have lowercase characters")
	case policy.RequireNumbers && !strings.ContainsAny(password, digits):
		return violation("Password must have numeric characters")
	case policy.RequireSymbols && !strings.ContainsAny(password, symbols):
		return violation("Password must have symbol characters")
	}
	return nil
}

func violation(text string) error {
	return wire.Errorf("InvalidPasswordException", "Password did not conform with policy: %s", text)
}

// newPassword is what replaces a user's password in the store.
type newPassword struct {
	sealed, salt []byte
	version      int64
}

// put refuses when another new password came first: the seal is bound to the
// version.
func (p newPassword) put(u *store.User) error {
	if u.PasswordVersion != p.version-1 {
		return wire.Errorf("ConcurrentModificationException", "The password was changed at the same time. Try again.")
	}
	u.VerifierSealed, u.Salt, u.PasswordVersion = p.sealed, p.salt, p.version
	u.PasswordExpires = time.Time{}
	return nil
}

func verifierBinding(u *store.User, version int64) []byte {
	return []byte(u.PoolID + "|" + u.Sub + "|" + strconv.FormatInt(version, 10))
}

// makePassword computes and seals the verifier of a new password for u.
func (s *Service) makePassword(ctx context.Context, u *store.User, password string) (newPassword, error) {
	p := newPassword{version: u.PasswordVersion + 1}
	err := s.Admit.do(ctx, func() error {
		var err error
		if p.salt, err = srp.NewSalt(s.Rand); err != nil {
			return err
		}
		v, err := srp.Verifier(poolName(u.PoolID), u.Username, password, p.salt)
		if err != nil {
			return err
		}
		p.sealed, err = s.boxes.verifier.SealBytes(s.Rand, v, verifierBinding(u, p.version))
		return err
	})
	return p, err
}

// verifier opens a user's verifier. Decoys and users without a password get one
// that no password matches.
func (s *Service) verifier(u *subject) ([]byte, error) {
	if u.decoy || len(u.VerifierSealed) == 0 {
		return s.decoyVerifier(&u.User), nil
	}
	return s.boxes.verifier.OpenBytes(u.VerifierSealed, verifierBinding(&u.User, u.PasswordVersion))
}

// checkPassword counts the attempt, then compares.
func (s *Service) checkPassword(ctx context.Context, u *subject, password string) error {
	return s.compare(ctx, u, nil, func() error {
		right, err := s.match(u, password)
		if err == nil && !right {
			err = errIncorrect()
		}
		return err
	})
}

// matches compares without counting.
func (s *Service) matches(ctx context.Context, u *subject, password string) (right bool, err error) {
	err = s.Admit.do(ctx, func() error {
		right, err = s.match(u, password)
		return err
	})
	return right, err
}

func (s *Service) match(u *subject, password string) (bool, error) {
	v, err := s.verifier(u)
	if err != nil {
		return false, err
	}
	salt := u.Salt
	if len(salt) == 0 {
		salt = v[:16] // a user without a password costs as much as one with
	}
	return srp.CheckPassword(v, salt, poolName(u.PoolID), u.Username, password) && !u.decoy, nil
}

// putPassword replaces the password and ends every session that began with the
// old one. PasswordExpires is left to change.
func (s *Service) putPassword(tx *store.Tx, u *store.User, made newPassword, status string, change ...func(*store.User)) error {
	if err := s.endSessions(tx, u); err != nil {
		return err
	}
	if err := tx.ResetAttempts(u.PoolID, u.Sub, factorPassword); err != nil {
		return err
	}
	return tx.ModifyUser(u.PoolID, u.Sub, func(now *store.User) error {
		if err := made.put(now); err != nil {
			return err
		}
		now.Status, now.Modified = status, s.Now()
		for _, fn := range change {
			fn(now)
		}
		return nil
	})
}

// endSessions makes every token of a user worthless: by family, and by time for
// the clients whose access tokens do not name theirs.
func (s *Service) endSessions(tx *store.Tx, u *store.User) error {
	if err := tx.RevokeUser(u.PoolID, u.Sub); err != nil {
		return err
	}
	return tx.ModifyUser(u.PoolID, u.Sub, func(now *store.User) error {
		now.SignedOut = s.Now()
		return nil
	})
}
