package userpool

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

func (s *Service) setUserMFAPreference(ctx context.Context, in *wire.SetUserMFAPreferenceInput) (*wire.SetUserMFAPreferenceOutput, error) {
	b, err := s.access(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	for name, other := range map[string]*wire.MFASettings{"SMSMfaSettings": in.SMSMfaSettings, "EmailMfaSettings": in.EmailMfaSettings} {
		if other != nil && (other.Enabled || other.PreferredMfa) {
			return nil, unsupported("field", name)
		}
	}
	out, set := &wire.SetUserMFAPreferenceOutput{}, in.SoftwareTokenMfaSettings
	if set == nil {
		return out, nil
	}
	if set.Enabled && !b.user.TOTPVerified {
		return nil, invalid("User has not set up software token mfa")
	}
	if set.PreferredMfa && !set.Enabled {
		return nil, invalid("PreferredMfa needs Enabled")
	}
	return out, s.Store.Update(ctx, func(tx *store.Tx) error {
		return tx.ModifyUser(b.user.PoolID, b.user.Sub, func(u *store.User) error {
			u.MFAPreferred = ""
			if set.Enabled {
				u.MFAPreferred = challengeTOTP
			}
			return nil
		})
	})
}

// mfaSettings is what GetUser and AdminGetUser say of factors.
func mfaSettings(u *store.User) (preferred string, list []string) {
	if u.MFAPreferred == "" {
		return "", nil
	}
	return u.MFAPreferred, []string{u.MFAPreferred}
}
