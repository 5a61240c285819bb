package userpool

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

func (s *Service) verifySoftwareToken(ctx context.Context, in *wire.VerifySoftwareTokenInput) (*wire.VerifySoftwareTokenOutput, error) {
	if in.Session != "" && in.AccessToken == "" {
		return s.verifyInSession(ctx, in.Session, in.UserCode)
	}
	b, err := s.access(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	if err := s.mayReplaceFactor(&b); err != nil {
		return nil, err
	}
	return s.enrol(ctx, &b.user, b.user.TOTPPending, in.UserCode)
}

func (s *Service) verifyInSession(ctx context.Context, session, code string) (*wire.VerifySoftwareTokenOutput, error) {
	st, u, err := s.setupStep(ctx, session)
	if err != nil {
		return nil, err
	}
	out, err := s.enrol(ctx, &u, st.TOTP, code)
	if err != nil {
		return nil, err
	}
	st.Done = true
	out.Session, err = s.sealStep(st)
	return out, err
}

// enrol makes a pending secret the user's factor once a code proves that an
// authenticator has it.
func (s *Service) enrol(ctx context.Context, u *store.User, pending []byte, code string) (*wire.VerifySoftwareTokenOutput, error) {
	if len(pending) == 0 {
		return nil, wire.Errorf("SoftwareTokenMFANotFoundException", "Software Token MFA does not exist for the user.")
	}
	f, err := s.openTOTP(u, pending)
	if err != nil {
		return nil, err
	}
	spend, err := s.spendTOTP(ctx, u, f, code, wire.Errorf("EnableSoftwareTokenMFAException", "Code mismatch"))
	if err != nil {
		return nil, err
	}
	f.enrolled = s.Now().Unix()
	sealed, err := s.sealTOTP(u, f)
	if err != nil {
		return nil, err
	}
	err = s.Store.Update(ctx, func(tx *store.Tx) error {
		if err := spend(tx); err != nil {
			return err
		}
		return tx.ModifyUser(u.PoolID, u.Sub, func(now *store.User) error {
			now.TOTPSealed, now.TOTPPending, now.TOTPVerified = sealed, nil, true
			return nil
		})
	})
	return &wire.VerifySoftwareTokenOutput{Status: "SUCCESS"}, err
}
