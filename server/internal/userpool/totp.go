package userpool

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" // RFC 6238's default, which authenticator apps use
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strconv"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

const (
	totpSeconds = 30
	totpKey     = 20 // bytes, RFC 4226 section 4
	totpKept    = 10 * time.Minute
)

// factor is a TOTP secret with the time it became the user's, in seconds since
// 1970; zero while it is being enrolled.
type factor struct {
	enrolled int64
	secret   []byte
}

// String hides the secret.
func (factor) String() string { return redacted }

// GoString hides the secret.
func (factor) GoString() string { return redacted }

// totp is RFC 6238 with SHA-1 and six digits, for one time step.
func totp(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step))
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	at := sum[19] & 15
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[at:])&0x7fffffff)%1_000_000)
}

// matchTOTP finds the time step of a code at most one step from now.
func matchTOTP(secret []byte, code string, now time.Time) (step int64, ok bool) {
	current := now.Unix() / totpSeconds
	for _, st := range []int64{current - 1, current, current + 1} {
		if hmac.Equal([]byte(totp(secret, st)), []byte(code)) {
			step, ok = st, true
		}
	}
	return step, ok
}

func (s *Service) sealTOTP(u *store.User, f factor) ([]byte, error) {
	plain := append(binary.BigEndian.AppendUint64(nil, uint64(f.enrolled)), f.secret...)
	return s.boxes.totp.SealBytes(s.Rand, plain, []byte(u.PoolID+"|"+u.Sub))
}

func (s *Service) openTOTP(u *store.User, sealed []byte) (factor, error) {
	plain, err := s.boxes.totp.OpenBytes(sealed, []byte(u.PoolID+"|"+u.Sub))
	if err != nil || len(plain) < 8 {
		return factor{}, fmt.Errorf("userpool: software token of %s: %w", u.Sub, err)
	}
	return factor{enrolled: int64(binary.BigEndian.Uint64(plain)), secret: plain[8:]}, nil
}

func encodeTOTP(secret []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
}

// spendTOTP checks a code, its attempt counted first. A code is good once: what it
// returns marks its time step, in the transaction that acts on it.
func (s *Service) spendTOTP(ctx context.Context, u *store.User, f factor, code string, wrong error) (inTx, error) {
	done, err := s.reserve(ctx, &subject{User: *u}, factorTOTP, nil)
	if err != nil {
		return nil, err
	}
	defer done()
	at, ok := matchTOTP(f.secret, code, s.Now())
	if !ok {
		return nil, wrong
	}
	id := []byte(u.PoolID + "|" + u.Sub + "|" + strconv.FormatInt(at, 10))
	return func(tx *store.Tx) error {
		err := tx.UseOnce("totp", id, s.Now().Add(totpKept))
		if isConflict(err) {
			return wire.Errorf("ExpiredCodeException", "Your software token has already been used once.")
		}
		if err != nil {
			return err
		}
		return tx.ResetAttempts(u.PoolID, u.Sub, factorTOTP)
	}, nil
}

// answerTOTP checks the code of a sign-in.
func (s *Service) answerTOTP(ctx context.Context, in answer) (*wire.AuthOutput, error) {
	code := in.responses["SOFTWARE_TOKEN_MFA_CODE"]
	if code == "" {
		return nil, missing("SOFTWARE_TOKEN_MFA_CODE")
	}
	if !in.user.TOTPVerified {
		return nil, wire.Errorf("SoftwareTokenMFANotFoundException", "Software Token MFA does not exist for the user.")
	}
	f, err := s.openTOTP(&in.user, in.user.TOTPSealed)
	if err != nil {
		return nil, err
	}
	spend, err := s.spendTOTP(ctx, &in.user, f, code, wire.Errorf("CodeMismatchException", "Invalid code received for user"))
	if err != nil {
		return nil, err
	}
	return s.signIn(ctx, in.app, &in.user, func(tx *store.Tx) error {
		if err := in.step.take(tx); err != nil {
			return err
		}
		return spend(tx)
	})
}

// answerSetup ends a sign-in of a pool that demands a second factor, after
// AssociateSoftwareToken and VerifySoftwareToken with the session.
func (s *Service) answerSetup(ctx context.Context, in answer) (*wire.AuthOutput, error) {
	if !in.step.Done {
		return nil, invalid("User has not set up software token mfa")
	}
	return s.signIn(ctx, in.app, &in.user, in.step.take)
}
