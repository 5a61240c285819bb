package sigv4

import "time"

// TokenRule says how a service treats the session token of temporary
// credentials. The zero value is [TokenSigned].
type TokenRule int

const (
	// TokenSigned means that the token is part of what is signed; a verifier
	// refuses a token that is not.
	TokenSigned TokenRule = iota
	// TokenEither signs the token but lets a verifier accept an
	// X-Amz-Security-Token header that was added after signing, as API Gateway
	// does. A token in the query must still be signed.
	TokenEither
	// TokenAfter adds the token after signing, as AWS IoT wants it, in the
	// header and in the query.
	TokenAfter
)

// A Profile holds what differs between the services that speak Signature
// Version 4. Use [ExecuteAPI] or [Generic] and change what is needed. The zero
// value encodes the path once, does not normalise it and has no service name,
// with which nothing can be signed.
type Profile struct {
	// Service is the third element of the credential scope, e.g. "execute-api".
	Service string
	// EncodePath encodes the path as sent once more for the canonical request,
	// as every service but S3 does.
	EncodePath bool
	// Normalize resolves "." and ".." and collapses "//" in the path. A signer
	// sends the normalised path; a verifier tries the path as sent first.
	Normalize bool
	// Token says whether the session token is signed.
	Token TokenRule
	// Window is how far a signature's time may lie from the verifier's, both
	// ways, inclusive. Zero means 15 minutes.
	Window time.Duration
	// MaxExpires caps the life of a presigned request, whatever its
	// X-Amz-Expires says. Zero means seven days.
	MaxExpires time.Duration
	// MaxBody is the longest body in bytes that a verifier reads. Zero means
	// 10 MiB.
	MaxBody int64
}

const (
	week           = 7 * 24 * time.Hour
	defaultWindow  = 15 * time.Minute
	defaultMaxBody = 10 << 20
)

// ExecuteAPI is the profile of IAM-authorised REST APIs of API Gateway: the
// path is encoded once more and normalised, the body is always hashed, the
// session token need not be signed, the window is 5 minutes.
func ExecuteAPI() Profile {
	return Profile{
		Service: "execute-api", EncodePath: true, Normalize: true, Token: TokenEither,
		Window: 5 * time.Minute, MaxExpires: week, MaxBody: defaultMaxBody,
	}
}

// Generic is the profile of most other services, among them sts, cognito-idp
// and cognito-identity: the session token must be signed, the window is 15
// minutes, and a presigned request lives no longer than the window.
func Generic(service string) Profile {
	return Profile{
		Service: service, EncodePath: true, Normalize: true, Token: TokenSigned,
		Window: defaultWindow, MaxExpires: defaultWindow, MaxBody: 1 << 20,
	}
}

// ProfileFor is the profile of a service by its signing name: that of [ExecuteAPI]
// for execute-api, of [Generic] for every other.
func ProfileFor(service string) Profile {
	if p := ExecuteAPI(); service == p.Service {
		return p
	}
	return Generic(service)
}

func (p *Profile) window() time.Duration {
	if p.Window > 0 {
		return p.Window
	}
	return defaultWindow
}

func (p *Profile) maxExpires() time.Duration {
	if p.MaxExpires > 0 {
		return min(p.MaxExpires, week)
	}
	return week
}

func (p *Profile) maxBody() int64 {
	if p.MaxBody > 0 {
		return p.MaxBody
	}
	return defaultMaxBody
}
