// Package gatepass takes a signed-in user through an IAM-secured API gateway: it
// signs the user in to a Cognito user pool, swaps the token for temporary
// credentials at an identity pool, signs each request with Signature Version 4
// and calls the API. It speaks to AWS and to the gatepass server alike, and links
// nothing beyond the standard library and golang.org/x.
//
// # Sign in, call
//
//	c := &gatepass.Client{UserPoolID: pool, ClientID: app, IdentityPoolID: ids}
//	s, err := c.SignIn(ctx, "ada@example.com", gatepass.Password(pw))
//	notes, err := gatepass.Call[[]Note](ctx, s, "GET", api+"/notes", nil)
//
// The password is proved by SRP and stays on this machine. From there on the
// [Session] sees to everything: tokens and credentials are renewed before they
// end, once however many goroutines ask; requests are signed again on each
// attempt; a clock that is wrong is allowed for, from the Date of the services'
// answers. [Session.HTTPClient] and [Session.Transport] do the same under any
// library that takes an [net/http.Client] or an [net/http.RoundTripper];
// package cognitocreds does it for the AWS SDK for Go.
//
// # Challenges
//
// Where the pool asks for more than a password, the function given to [Answer]
// is called with a typed value, whose methods make the legal replies:
// [TOTP.Code], [NewPassword.Set]. A challenge that nothing answers is an
// [UnhandledChallengeError], which names it.
//
// # Staying signed in
//
// A [Store] keeps the session: in memory unless Client.Store says otherwise.
// With a [FileStore] the next process finds it by [Client.CurrentUser], and
// processes that share the directory share each renewal, so that a refresh token
// that rotates is used once. [Session.SignOut] ends it. [Client.Guest] gives a
// session without a user where the identity pool takes guests.
//
// # Errors
//
// Cognito's refusals are an [*Error], an API's an [*HTTPError]; both carry the
// code and text as they came, and a likely cause in words. What a program can act
// on is found by [errors.Is]:
//
//	switch {
//	case errors.Is(err, gatepass.ErrLockedOut): // wait
//	case errors.Is(err, gatepass.ErrBadPassword): // ask again
//	case errors.Is(err, gatepass.ErrRefreshExpired): // sign in again
//	case errors.Is(err, gatepass.ErrDenied): // the signature is right, the policy says no
//	}
//
// # Where secrets go
//
// Ids are checked before any connection is made. Endpoints and APIs are reached
// over https, or over http on this machine; Client.AllowHTTP widens that. No
// redirect is followed with a signature, token or password. Tokens, credentials
// and replies print as "redacted".
//
// # Another server
//
// Client.Endpoint, or AWS_ENDPOINT_URL and its forms for cognito-identity-provider
// and cognito-identity, point the client at another server.
package gatepass
