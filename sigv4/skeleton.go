// Package sigv4 signs and verifies requests with AWS Signature Version 4.
package sigv4

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"
)

var errSkeleton = errors.New("sigv4: not built yet")

type Credentials struct{ AccessKeyID, SecretAccessKey, SessionToken string }

func (c Credentials) String() string       { return "sigv4.Credentials(redacted)" }
func (c Credentials) GoString() string     { return c.String() }
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

type Hash [32]byte

func HashOf(b []byte) Hash { return Hash{} }

var EmptyHash = HashOf(nil)

func HashBody(r *http.Request) (Hash, error) { return Hash{}, errSkeleton }

type TokenRule int

const (
	TokenSigned TokenRule = iota
	TokenEither
	TokenAfter
)

type Profile struct {
	Service    string
	EncodePath bool
	Normalize  bool
	Token      TokenRule
	Window     time.Duration
	MaxExpires time.Duration
	MaxBody    int64
}

func ExecuteAPI() Profile            { return Profile{} }
func Generic(service string) Profile { return Profile{} }

type Signer struct {
	Region      string
	Profile     Profile
	SignHeaders []string
}

func (s *Signer) Sign(r *http.Request, c Credentials, payload Hash, now time.Time) error {
	return errSkeleton
}

func (s *Signer) Presign(r *http.Request, c Credentials, payload Hash, expires time.Duration, now time.Time) (*url.URL, error) {
	return nil, errSkeleton
}

func (s *Signer) Explain(r *http.Request, c Credentials, payload Hash, now time.Time) (Trace, error) {
	return Trace{}, errSkeleton
}

type Trace struct {
	CanonicalRequest, StringToSign, Scope string
	SignedHeaders                         []string
}

type Verifier struct {
	Region        string
	Profile       Profile
	Lenient       bool
	EchoCanonical bool
	AllowHeaders  []string // further unsigned headers that Verified.Header carries
}

func (v *Verifier) Parse(r *http.Request, now time.Time) (*Claim, error) { return nil, errSkeleton }

// ParseInto is Parse into a Claim that is used again: no allocation.
func (v *Verifier) ParseInto(c *Claim, r *http.Request, now time.Time) error { return errSkeleton }

type Claim struct{ ok Verified }

func (c *Claim) AccessKeyID() string               { return "" }
func (c *Claim) SessionToken() string              { return "" }
func (c *Claim) Presigned() bool                   { return false }
func (c *Claim) Time() time.Time                   { return time.Time{} }
func (c *Claim) Region() string                    { return "" }
func (c *Claim) Service() string                   { return "" }
func (c *Claim) Verify(key Key) (*Verified, error) { return nil, errSkeleton }

type (
	Key      struct{ k *int }
	KeyCache struct{}
)

func (k *KeyCache) Key(accessKeyID, secret string, c *Claim) Key { return Key{} }

type Verified struct{ body []byte }

func (v *Verified) Method() string          { return "" }
func (v *Verified) RawPath() string         { return "" }
func (v *Verified) RawQuery() string        { return "" }
func (v *Verified) Host() string            { return "" }
func (v *Verified) Header() http.Header     { return nil }
func (v *Verified) Signed(name string) bool { return false }
func (v *Verified) Body() []byte            { return v.body }
func (v *Verified) AccessKeyID() string     { return "" }

type AuthMode int

const (
	None AuthMode = iota
	Header
	Presigned
)

func Mode(r *http.Request) (AuthMode, error) { return None, errSkeleton }

// Error is a refusal. Code is AWS's full name, e.g. "InvalidSignatureException".
type Error struct {
	Code, Message string
	Status        int
	Rule          int
	Time          time.Time
	kind          error
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }
func (e *Error) Unwrap() error { return e.kind }

var (
	ErrMissing           = errors.New("sigv4: the request carries no credentials")
	ErrIncomplete        = errors.New("sigv4: the authentication of the request is incomplete")
	ErrMalformed         = errors.New("sigv4: the request is malformed")
	ErrScope             = errors.New("sigv4: the credential scope is wrong")
	ErrExpired           = errors.New("sigv4: the signature has expired")
	ErrNotYetCurrent     = errors.New("sigv4: the signature is from the future")
	ErrUnknownKey        = errors.New("sigv4: the access key or session token is not valid") // E14
	ErrTokenExpired      = errors.New("sigv4: the session token has expired")                // E15
	ErrSignatureMismatch = errors.New("sigv4: the signature does not match")
	ErrBodyTooLarge      = errors.New("sigv4: the body is too large")
)

// InvalidToken is the refusal E14 (rules 14 and 15): unknown access key, or a token that is malformed, missing or of another key.
func InvalidToken() *Error { return &Error{} }

// ExpiredToken is the refusal E15: the session token has expired.
func ExpiredToken() *Error { return &Error{} }

type Finding struct{ Part, Theirs, Ours, Cause, Fix string }

// Diagnose compares the text of a mismatch answer with a Trace.
func Diagnose(message string, t Trace) []Finding { return nil }
