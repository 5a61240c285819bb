package userpool

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// The purposes of codes, how long they live and how many guesses they allow
// (developer guide, "Quotas in Amazon Cognito").
const (
	purposeSignUp = "signup"
	purposeForgot = "forgot"
	purposeInvite = "invite"
	maxCodeTries  = 15
)

func codeLife(purpose string) time.Duration {
	if purpose == purposeForgot {
		return time.Hour
	}
	return 24 * time.Hour
}

// newCode draws a code and its MAC, which is what is kept of it.
func (s *Service) newCode(u *store.User, purpose string) (code string, mac []byte, err error) {
	if code, err = s.randomText(digits, 6); err != nil {
		return "", nil, err
	}
	sum := s.boxes.code.MAC([]byte(u.PoolID), []byte(u.Sub), []byte(purpose), []byte(code))
	return code, sum[:], nil
}

// sendCode keeps a new code and sends it to the user's address; for a decoy it
// keeps one that nobody is sent. How often is bounded by a counter of its own.
func (s *Service) sendCode(ctx context.Context, p *store.UserPool, u *subject, purpose string) error {
	done, err := s.reserve(ctx, u, factorSend+" "+purpose, nil)
	if errors.Is(err, errLocked()) {
		return errLimit()
	}
	if err != nil {
		return err
	}
	done()
	code, mac, err := s.newCode(&u.User, purpose)
	if err != nil {
		return err
	}
	now := s.Now()
	m := s.message(p, &u.User, purpose, "Your confirmation code is "+code)
	err = s.Store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.PutCode(u.PoolID, u.Sub, purpose, mac, now, now.Add(codeLife(purpose))); err != nil {
			return err
		}
		if u.decoy { // as much work as the message would be
			return tx.UseOnce("decoy message", mac, now.Add(time.Minute))
		}
		return tx.AddMessage(m)
	})
	if err == nil && !u.decoy {
		s.tell(ctx, m)
	}
	return err
}

// message is under the name the user signs in with.
func (s *Service) message(p *store.UserPool, u *store.User, kind, body string) store.Message {
	name := u.Username
	if len(p.Settings.UsernameAttributes) > 0 && u.Attributes["email"] != "" {
		name = u.Attributes["email"]
	}
	return store.Message{
		PoolID: u.PoolID, Sub: u.Sub, Username: name, Destination: u.Attributes["email"], Medium: "EMAIL",
		Kind: kind, Body: body, Created: s.Now(),
	}
}

func (s *Service) tell(ctx context.Context, m store.Message) {
	if s.Sink != nil {
		s.Sink(ctx, m)
	}
}

func delivery(destination string) *wire.CodeDeliveryDetails {
	return &wire.CodeDeliveryDetails{AttributeName: "email", DeliveryMedium: "EMAIL", Destination: destination}
}

// deliveryTo is where a code for u went, or seems to have gone: for a decoy, to
// the address that was typed or to one made up from the name.
func (s *Service) deliveryTo(u *subject, typed string) *wire.CodeDeliveryDetails {
	switch email := u.Attributes["email"]; {
	case !u.decoy && email != "":
		return delivery(mask(email))
	case strings.Contains(typed, "@"):
		return delivery(mask(typed))
	}
	sum := s.boxes.id.MAC([]byte("address"), []byte(u.PoolID), []byte(u.Sub))
	return delivery(mask(string(lower[int(sum[0])%26]) + "@" + string(lower[int(sum[1])%26])))
}

// mask shows an address as AWS does: a***@e***.
func mask(email string) string {
	local, domain, _ := strings.Cut(email, "@")
	first := func(s string) string {
		for _, r := range s {
			return string(r)
		}
		return ""
	}
	return first(local) + "***@" + first(domain) + "***"
}

// useCode checks a code, counting the guess first, and runs then in the same
// transaction as the code's end. A client that hides its users cannot tell a
// wrong code from a code never asked for.
func (s *Service) useCode(ctx context.Context, a *app, u *subject, purpose, code string, then inTx) error {
	var kept store.Code
	err := s.Store.Update(ctx, func(tx *store.Tx) error {
		var err error
		kept, err = tx.ReserveCodeTry(u.PoolID, u.Sub, purpose, maxCodeTries)
		return err
	})
	right := s.boxes.code.CheckMAC(kept.MAC, []byte(u.PoolID), []byte(u.Sub), []byte(purpose), []byte(code))
	switch {
	case errors.Is(err, store.ErrNotFound) && a.hidesUsers():
		return errCode()
	case errors.Is(err, store.ErrNotFound):
		return errExpiredCode()
	case isConflict(err):
		return errLimit()
	case err != nil:
		return err
	case !s.Now().Before(kept.Expires):
		return errExpiredCode()
	case !right || u.decoy:
		return errCode()
	}
	return s.Store.Update(ctx, func(tx *store.Tx) error {
		err := tx.TakeCode(u.PoolID, u.Sub, purpose, kept.MAC) // of several right answers one counts
		if isConflict(err) {
			return errExpiredCode()
		}
		if err != nil {
			return err
		}
		return then(tx)
	})
}
