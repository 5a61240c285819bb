package userpool

import (
	"context"
	"io"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// associateSoftwareToken makes a new TOTP secret. With an access token it waits
// in the user's record beside a verified one; with the session of an MFA_SETUP
// challenge it travels in the next session.
func (s *Service) associateSoftwareToken(ctx context.Context, in *wire.AssociateSoftwareTokenInput) (*wire.AssociateSoftwareTokenOutput, error) {
	f := factor{secret: make([]byte, totpKey)}
	if _, err := io.ReadFull(s.Rand, f.secret); err != nil {
		return nil, err
	}
	if in.Session != "" && in.AccessToken == "" {
		return s.associateInSession(ctx, in.Session, f)
	}
	b, err := s.access(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	if err := s.mayReplaceFactor(&b); err != nil {
		return nil, err
	}
	sealed, err := s.sealTOTP(&b.user, f)
	if err != nil {
		return nil, err
	}
	err = s.Store.Update(ctx, func(tx *store.Tx) error {
		return tx.ModifyUser(b.user.PoolID, b.user.Sub, func(u *store.User) error { u.TOTPPending = sealed; return nil })
	})
	return &wire.AssociateSoftwareTokenOutput{SecretCode: encodeTOTP(f.secret)}, err
}

// mayReplaceFactor refuses a session that is older than the user's factor: it
// proved the password only.
func (s *Service) mayReplaceFactor(b *bearer) error {
	if !b.user.TOTPVerified {
		return nil
	}
	f, err := s.openTOTP(&b.user, b.user.TOTPSealed)
	if err != nil {
		return err
	}
	if b.authTime.Unix() < f.enrolled {
		return notAuthorized("Sign in again with the software token before replacing it.")
	}
	return nil
}

func (s *Service) associateInSession(ctx context.Context, session string, f factor) (*wire.AssociateSoftwareTokenOutput, error) {
	st, u, err := s.setupStep(ctx, session)
	if err != nil {
		return nil, err
	}
	if st.TOTP, err = s.sealTOTP(&u, f); err != nil {
		return nil, err
	}
	next, err := s.sealStep(st)
	return &wire.AssociateSoftwareTokenOutput{SecretCode: encodeTOTP(f.secret), Session: next}, err
}

// setupStep opens the session of an MFA_SETUP challenge. Its user must not have
// a factor yet: the first factor alone does not replace the second.
func (s *Service) setupStep(ctx context.Context, session string) (step, store.User, error) {
	st, err := s.openStep(session, challengeSetup)
	if err != nil {
		return st, store.User{}, err
	}
	u, err := st.user(ctx, s)
	if err != nil {
		return st, u, err
	}
	if u.TOTPVerified || !u.Enabled {
		return st, u, errSession()
	}
	return st, u, nil
}
