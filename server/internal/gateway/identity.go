package gateway

import "context"

// Identity is who called, as $context.identity has it. What does not apply is
// empty; on a route without authentication everything but SourceIP is.
type Identity struct {
	UserARN                string
	AccountID              string
	UserID                 string // AROA…:session or AIDA…
	AccessKeyID            string
	IdentityID             string
	IdentityPoolID         string
	AuthenticationType     string // "authenticated" or "unauthenticated"; empty unless the caller came through an identity pool
	AuthenticationProvider string
	UserSub                string // sub of the user pool user
	SourceIP               string
}

type identityKey struct{}

// IdentityFrom gives the caller of the request that an Integration.Handler
// serves; false outside of one.
func IdentityFrom(ctx context.Context) (Identity, bool) {
	id, ok := ctx.Value(identityKey{}).(Identity)
	return id, ok
}
