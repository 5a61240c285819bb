package userpool

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/gatepass/gatepass/server/store"

	"github.com/google/uuid"
)

// The statuses of users.
const (
	unconfirmed = "UNCONFIRMED"
	confirmed   = "CONFIRMED"
	forceChange = "FORCE_CHANGE_PASSWORD"
	mustReset   = "RESET_REQUIRED"
)

// subject is who a request is about. For a name nobody has it is a decoy with the
// same shape: a stable made-up user on whom the same work is done and who never
// proves anything.
type subject struct {
	store.User
	decoy bool
}

// fold makes the one form of a user name that names are written and read in: A-Z
// become a-z and nothing else changes, because Unicode folding lets different
// names meet.
func fold(p *store.UserPool, name string) string {
	if p.Settings.CaseSensitive {
		return name
	}
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

// subject finds the user a request names, or the decoy of that name.
func (s *Service) subject(ctx context.Context, p *store.UserPool, name string) (subject, error) {
	u, err := s.Store.UserByName(ctx, p.ID, fold(p, name))
	if errors.Is(err, store.ErrNotFound) {
		return s.decoy(p, name), nil
	}
	if err == nil && len(u.Salt) == 0 { // created without a password
		u.Salt = s.decoySalt(p, u.Username)
	}
	return subject{User: u}, err
}

// named is the subject of a flow that begins with USERNAME.
func (s *Service) named(ctx context.Context, a *app, params map[string]string) (*subject, error) {
	return s.claimed(ctx, a, params["USERNAME"], "USERNAME", params["SECRET_HASH"], errNoUser())
}

// claimed checks the secret hash, which is over the name as given, and finds the
// subject. unknown is for clients that show which users exist.
func (s *Service) claimed(ctx context.Context, a *app, name, field, hash string, unknown error) (*subject, error) {
	if name == "" {
		return nil, missing(field)
	}
	if len(name) > maxUsername {
		return nil, invalid("1 validation error detected: Value at 'username' failed to satisfy constraint: Member must have length less than or equal to %d", maxUsername)
	}
	if err := a.checkSecretHash(name, hash); err != nil {
		return nil, err
	}
	u, err := s.subject(ctx, &a.pool, name)
	if err != nil {
		return nil, err
	}
	if u.decoy && !a.hidesUsers() {
		return nil, unknown
	}
	return &u, nil
}

const maxUsername = 128 // bytes here, characters in the API reference

// decoy depends on the pool, the name and the root key, and on nothing in the
// store: it is the same on every node and before and after a user comes or goes.
func (s *Service) decoy(p *store.UserPool, name string) subject {
	name = fold(p, name)
	sum := s.boxes.id.MAC([]byte("sub"), []byte(p.ID), []byte(name))
	id, err := uuid.FromBytes(sum[:16])
	if err != nil {
		panic(err) // sixteen bytes are a UUID
	}
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	u := store.User{PoolID: p.ID, Sub: id.String(), Username: id.String(), PasswordVersion: 1, Status: confirmed}
	// Where a user name is shown as it was typed, a UUID would give the decoy away.
	if len(p.Settings.UsernameAttributes) == 0 && !strings.Contains(name, "@") {
		u.Username = name
	}
	u.Salt = s.decoySalt(p, name)
	return subject{User: u, decoy: true}
}

// decoySalt has the form of srp.NewSalt.
func (s *Service) decoySalt(p *store.UserPool, name string) []byte {
	salt := s.boxes.id.MAC([]byte("salt"), []byte(p.ID), []byte(name))
	salt[0] = max(salt[0]&0x7f, 1)
	return salt[:16]
}

// decoyVerifier is a number below N that nobody knows a password for.
func (s *Service) decoyVerifier(u *store.User) []byte {
	v := make([]byte, 0, 384)
	for i := range byte(12) {
		sum := s.boxes.id.MAC([]byte("verifier"), []byte(u.PoolID), []byte(u.Sub), []byte{i})
		v = append(v, sum[:]...)
	}
	v[0] &= 0x7f
	return v
}

// managed finds the user an administrator names: by user name, alias or sub.
func (s *Service) managed(ctx context.Context, poolID, name string) (*store.UserPool, store.User, error) {
	p, err := s.pool(ctx, poolID)
	if err != nil {
		return nil, store.User{}, err
	}
	if name == "" {
		return nil, store.User{}, missing("Username")
	}
	u, err := s.Store.UserByName(ctx, p.ID, fold(&p, name))
	if errors.Is(err, store.ErrNotFound) {
		u, err = s.Store.UserBySub(ctx, p.ID, name)
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil, store.User{}, errNoUser()
	}
	return &p, u, err
}

// signInNames are the names of a user. An alias counts once it is verified; a
// user name attribute from the start, so that two sign-ups cannot share it.
func signInNames(p *store.UserPool, u *store.User) []store.Name {
	names := []store.Name{{Kind: "username", Value: fold(p, u.Username)}}
	email := u.Attributes["email"]
	byEmail := slices.Contains(p.Settings.UsernameAttributes, "email")
	aliased := slices.Contains(p.Settings.AliasAttributes, "email") && u.Attributes["email_verified"] == "true"
	if email != "" && (byEmail || aliased) {
		names = append(names, store.Name{Kind: "email", Value: fold(p, email)})
	}
	if n := u.Attributes["preferred_username"]; n != "" && u.Status != unconfirmed && slices.Contains(p.Settings.AliasAttributes, "preferred_username") {
		names = append(names, store.Name{Kind: "preferred_username", Value: fold(p, n)})
	}
	return names
}

func poolName(poolID string) string {
	_, name, _ := strings.Cut(poolID, "_")
	return name
}

// minimalHex prints a number as Cognito does, without leading zeros.
func minimalHex(b []byte) string { return strings.TrimLeft(hex.EncodeToString(b), "0") }

func (s *Service) newUUID() (string, error) {
	id, err := uuid.NewRandomFromReader(s.Rand)
	return id.String(), err
}

// randomText draws n letters of an alphabet of at most 256, without bias.
func (s *Service) randomText(alphabet string, n int) (string, error) {
	limit := 256 - 256%len(alphabet)
	out := make([]byte, 0, n)
	var b [64]byte
	for len(out) < n {
		if _, err := io.ReadFull(s.Rand, b[:]); err != nil {
			return "", err
		}
		for _, x := range b {
			if int(x) < limit && len(out) < n {
				out = append(out, alphabet[int(x)%len(alphabet)])
			}
		}
	}
	return string(out), nil
}

// unprintable is everything outside the letters, marks, symbols, numbers and
// punctuation that Cognito allows in user names.
func unprintable(r rune) bool {
	return !unicode.In(r, unicode.L, unicode.M, unicode.S, unicode.N, unicode.P)
}
