package token

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
)

// The errors of [Verify] and [Peek]. Details are wrapped around them.
var (
	ErrMalformed   = errors.New("token: malformed")
	ErrUnknownKey  = errors.New("token: signed by an unknown key")
	ErrSignature   = errors.New("token: signature does not verify")
	ErrExpired     = errors.New("token: expired")
	ErrNotYetValid = errors.New("token: not yet valid")
	ErrIssuer      = errors.New("token: another issuer")
	ErrAudience    = errors.New("token: another audience")
	ErrTokenUse    = errors.New("token: not for this use")
)

// MaxLeeway is the most that [Expect].Leeway counts for, and how far in the future iat and nbf may lie.
const MaxLeeway = 60 * time.Second

// segment refuses non-zero trailing bits; line breaks, which it would skip, are refused by decodeSegment.
var segment = base64.RawURLEncoding.Strict()

// Unverified is what a token says of itself. Nothing in it is proven.
type Unverified struct {
	KeyID, Alg string
	Claims     UnverifiedClaims
}

// UnverifiedClaims has the accessors of [Claims] for claims that nobody has checked.
type UnverifiedClaims struct{ claims }

// Peek takes a token apart without looking at its signature, to find the pool or the issuer it names. A token that Peek
// refuses with [ErrMalformed] is refused by [Verify] too.
func Peek(raw string) (Unverified, error) {
	parts, err := split(raw)
	if err != nil {
		return Unverified{}, err
	}
	h, err := parseHeader(parts[0])
	if err != nil {
		return Unverified{}, err
	}
	c, err := parseClaims(parts[1])
	if err != nil {
		return Unverified{}, err
	}
	return Unverified{KeyID: h.keyID, Alg: h.alg, Claims: UnverifiedClaims{c}}, nil
}

// Expect says which tokens are welcome.
type Expect struct {
	// Issuers are the accepted values of iss, compared byte by byte. It must not be empty.
	Issuers []string
	// Audience is the accepted value of aud, which must be that single string. Empty means that aud is not looked at.
	Audience string
	// ClientID is the accepted value of client_id. Empty means that client_id is not looked at.
	ClientID string
	// TokenUse is the accepted value of token_use, such as "id" or "access". Empty means that it is not looked at.
	TokenUse string
	// Now is the time of the check.
	Now time.Time
	// Leeway is added to exp. Zero means none; more than [MaxLeeway] counts as MaxLeeway.
	Leeway time.Duration
	// Alg, if it is not empty, is the algorithm the key must have. Without it the key alone decides.
	Alg string
}

// Verify checks a token completely and returns its claims. The algorithm is the key's, the key is found by the exact kid,
// and the claims are looked at only after the signature. The errors wrap the Err values of this package; the signature is
// checked before anything that is said of the claims.
func Verify(raw string, keys KeySet, want Expect) (Claims, error) {
	parts, err := split(raw)
	if err != nil {
		return Claims{}, err
	}
	h, err := parseHeader(parts[0])
	if err != nil {
		return Claims{}, err
	}
	if err := keys.verify(raw, h, want.Alg); err != nil {
		return Claims{}, err
	}
	c, err := parseClaims(parts[1])
	if err != nil {
		return Claims{}, err
	}
	if err := want.check(c); err != nil {
		return Claims{}, err
	}
	return Claims{c}, nil
}

func (want Expect) check(c claims) error {
	if err := want.checkIssuer(c); err != nil {
		return err
	}
	if want.TokenUse != "" && c.String("token_use") != want.TokenUse {
		return fmt.Errorf("%w: token_use is %q, want %q", ErrTokenUse, c.String("token_use"), want.TokenUse)
	}
	if want.Audience != "" && c.String("aud") != want.Audience {
		return fmt.Errorf("%w: aud is %q", ErrAudience, c.String("aud"))
	}
	if want.ClientID != "" && c.String("client_id") != want.ClientID {
		return fmt.Errorf("%w: client_id is %q", ErrAudience, c.String("client_id"))
	}
	return want.checkTimes(c)
}

func (want Expect) checkIssuer(c claims) error {
	iss := c.String("iss")
	for _, issuer := range want.Issuers {
		if iss == issuer && iss != "" {
			return nil
		}
	}
	return fmt.Errorf("%w: iss is %q", ErrIssuer, iss)
}

func (want Expect) checkTimes(c claims) error {
	exp := c.Time("exp")
	if exp.IsZero() {
		return fmt.Errorf("%w: exp is missing", ErrMalformed)
	}
	if !want.Now.Before(exp.Add(min(max(want.Leeway, 0), MaxLeeway))) {
		return fmt.Errorf("%w: %d >= %d", ErrExpired, want.Now.Unix(), exp.Unix())
	}
	for _, name := range []string{"nbf", "iat"} {
		if t := c.Time(name); t.After(want.Now.Add(MaxLeeway)) {
			return fmt.Errorf("%w: %s is %d, now is %d", ErrNotYetValid, name, t.Unix(), want.Now.Unix())
		}
	}
	return nil
}

func split(raw string) ([3]string, error) {
	var parts [3]string
	if len(raw) > MaxSize {
		return parts, fmt.Errorf("%w: %d bytes, at most %d", ErrMalformed, len(raw), MaxSize)
	}
	header, rest, ok := strings.Cut(raw, ".")
	payload, signature, ok2 := strings.Cut(rest, ".")
	if !ok || !ok2 || strings.Contains(signature, ".") || header == "" || payload == "" || signature == "" {
		return parts, fmt.Errorf("%w: want three parts between dots", ErrMalformed)
	}
	if _, err := decodeSegment(signature); err != nil {
		return parts, err
	}
	return [3]string{header, payload, signature}, nil
}

func decodeSegment(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, fmt.Errorf("%w: line break", ErrMalformed)
	}
	data, err := segment.DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("%w: not base64url without padding", ErrMalformed)
	}
	return data, nil
}
