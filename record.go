package gatepass

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// record is what a store keeps of a session. Times are the services' and not
// this machine's.
type record struct {
	User          string    `json:"user,omitempty"` // the pool's own name; "" is a guest
	ID            string    `json:"idToken,omitempty"`
	Access        string    `json:"accessToken,omitempty"`
	Refresh       string    `json:"refreshToken,omitempty"`
	TokensRefresh time.Time `json:"tokensRefresh,omitzero"` // when new tokens are due
	TokensExpire  time.Time `json:"tokensExpire,omitzero"`

	IdentityID   string    `json:"identityId,omitempty"`
	AccessKeyID  string    `json:"accessKeyId,omitempty"`
	SecretKey    string    `json:"secretAccessKey,omitempty"`
	SessionToken string    `json:"sessionToken,omitempty"`
	KeysRefresh  time.Time `json:"credentialsRefresh,omitzero"`
	KeysExpire   time.Time `json:"credentialsExpire,omitzero"`
}

func (r record) tokens() Tokens {
	return Tokens{ID: r.ID, Access: r.Access, Refresh: r.Refresh, Expires: r.TokensExpire}
}

func (r record) credentials() Credentials {
	var c Credentials
	c.AccessKeyID, c.SecretAccessKey, c.SessionToken = r.AccessKeyID, r.SecretKey, r.SessionToken
	c.Expires, c.IdentityID = r.KeysExpire, r.IdentityID
	return c
}

// key is where a store keeps the user's session, or the guest's identity. The
// endpoints are part of it: two servers may use the same ids.
func (c *Client) key(guest bool) string {
	if guest {
		return "guest/" + c.hosts.identity + "/" + c.IdentityPoolID + "/" + c.Profile
	}
	return "user/" + c.hosts.idp + "/" + c.UserPoolID + "/" + c.ClientID + "/" + c.IdentityPoolID + "/" + c.Profile
}

// load reads the record; [ErrNotSignedIn] if there is none.
func (c *Client) load(ctx context.Context, key string) (record, error) {
	var r record
	b, err := c.store.Load(ctx, key)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(b, &r); err != nil {
		return r, fmt.Errorf("the stored session cannot be read; sign in again: %w", err)
	}
	return r, nil
}

func (c *Client) save(ctx context.Context, key string, r record) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return c.store.Save(ctx, key, b)
}

// reload takes in what another process or session stored for the same user; the
// caller holds the store's lock. Owned says that the stored session is this one,
// or that there is none: only then may it be written.
func (s *Session) reload(ctx context.Context) (owned bool, err error) {
	stored, err := s.c.load(ctx, s.key)
	if errors.Is(err, ErrNotSignedIn) {
		return s.signedOutElsewhere()
	}
	if err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if stored.User != s.rec.User {
		return false, nil // somebody else signed in since; our session goes on, unstored
	}
	if stored.TokensExpire.After(s.rec.TokensExpire) {
		s.rec.User, s.rec.ID, s.rec.Access, s.rec.Refresh = stored.User, stored.ID, stored.Access, stored.Refresh
		s.rec.TokensRefresh, s.rec.TokensExpire = stored.TokensRefresh, stored.TokensExpire
	}
	if stored.KeysExpire.After(s.rec.KeysExpire) {
		s.adoptCredentials(stored)
	}
	return true, nil
}

func (s *Session) adoptCredentials(r record) {
	s.rec.IdentityID, s.rec.AccessKeyID, s.rec.SecretKey = r.IdentityID, r.AccessKeyID, r.SecretKey
	s.rec.SessionToken, s.rec.KeysRefresh, s.rec.KeysExpire = r.SessionToken, r.KeysRefresh, r.KeysExpire
}

// signedOutElsewhere decides what an empty store means: for a guest that nothing
// was stored yet, for a user that another process signed out.
func (s *Session) signedOutElsewhere() (bool, error) {
	if s.guest {
		return true, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	*s.rec = record{}
	return false, ErrNotSignedIn
}
