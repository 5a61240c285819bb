package userpool

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// step is what a Session string holds, sealed: where a sign-in stands.
type step struct {
	ID      string `json:"i"`
	Name    string `json:"n"` // the challenge it may answer
	Sub     string `json:"s"`
	Version int64  `json:"v"` // of the password; an older step ends with a new password
	Expires int64  `json:"e"`
	Pool    string `json:"p"`
	Client  string `json:"c"`
	TOTP    []byte `json:"t,omitempty"` // a factor being enrolled
	Done    bool   `json:"d,omitempty"` // it was verified
}

func (s *Service) newStep(name string, a *app, u *store.User) step {
	return step{
		ID: wire.NewRequestID(), Name: name, Sub: u.Sub, Version: u.PasswordVersion, Pool: a.PoolID, Client: a.ID,
		Expires: s.Now().Add(authSession(a)).Unix(),
	}
}

func authSession(a *app) time.Duration {
	if a.Settings.AuthSessionSeconds <= 0 {
		return 3 * time.Minute
	}
	return seconds(a.Settings.AuthSessionSeconds)
}

func (s *Service) sealStep(st step) (string, error) {
	doc, err := json.Marshal(st)
	if err != nil {
		return "", err
	}
	return s.boxes.session.Seal(s.Rand, doc, []byte(st.Name))
}

// openStep opens a Session string of the named challenge.
func (s *Service) openStep(session, name string) (step, error) {
	var st step
	if session == "" {
		return st, missing("Session")
	}
	doc, err := s.boxes.session.Open(session, []byte(name))
	if err != nil || json.Unmarshal(doc, &st) != nil || st.Name != name {
		return st, errSession()
	}
	if s.Now().Unix() >= st.Expires {
		return st, notAuthorized("Invalid session for the user, session is expired.")
	}
	return st, nil
}

// user is whom the step belongs to, unless the password changed since.
func (st step) user(ctx context.Context, s *Service) (store.User, error) {
	u, err := s.Store.UserBySub(ctx, st.Pool, st.Sub)
	if errors.Is(err, store.ErrNotFound) || err == nil && u.PasswordVersion != st.Version {
		return u, errSession()
	}
	return u, err
}

// take marks the step as taken, in the transaction that acts on it.
func (st step) take(tx *store.Tx) error {
	err := tx.UseOnce("session", []byte(st.ID), time.Unix(st.Expires, 0))
	if isConflict(err) {
		return notAuthorized("Invalid session for the user, session can only be used once.")
	}
	return err
}
