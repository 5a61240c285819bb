package cli

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/internal/vault"
)

// openVault gives the store of the sessions, one for the whole process.
func (a *app) openVault(v settingValues) (*vault.Vault, error) {
	if a.vault != nil {
		return a.vault, nil
	}
	dir, err := homeDir(v.home)
	if err != nil {
		return nil, err
	}
	if v.keyring != "" && v.keyring != "off" {
		return nil, usageErrorf("GATEPASS_KEYRING is %q: it may be off, or not set", v.keyring)
	}
	a.vault = &vault.Vault{
		Dir: filepath.Join(dir, "sessions"), Passphrase: v.passphrase, NoKeyring: v.keyring == "off", SignIn: a.signsIn,
	}
	return a.vault, nil
}

// session is the signed-in user's, or that of the guest whom login --guest let in.
func (a *app) session(ctx context.Context, v settingValues) (*gatepass.Session, error) {
	c, err := a.clientOfAnyone(v)
	if err != nil {
		return nil, err
	}
	err = gatepass.ErrNotSignedIn
	if c.UserPoolID != "" {
		var s *gatepass.Session
		if s, err = c.CurrentUser(ctx); !errors.Is(err, gatepass.ErrNotSignedIn) {
			return s, err
		}
	}
	if c.IdentityPoolID == "" {
		return nil, err
	}
	if s, failed := c.Guest(ctx); failed == nil && isGuest(s) {
		return s, nil
	}
	return nil, err
}

// clientOfAnyone needs a user pool unless there is an identity pool alone, which
// has guests.
func (a *app) clientOfAnyone(v settingValues) (*gatepass.Client, error) {
	if v.userPool == "" && v.client == "" && v.identityPool != "" {
		return a.guestClient(v)
	}
	return a.client(v)
}

// isGuest says whether a guest's session was used before.
func isGuest(s *gatepass.Session) bool {
	_, c := s.Peek()
	return s.Username() == "" && c.IdentityID != ""
}
