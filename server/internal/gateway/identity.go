package gateway

import (
	"context"
	"strings"

	"github.com/gatepass/gatepass/policy"
)

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

func identityOf(p policy.Principal, accessKeyID, sourceIP string) Identity {
	id := Identity{
		UserARN: p.ARN, AccountID: p.Account, UserID: p.UserID, AccessKeyID: accessKeyID,
		IdentityID: p.IdentityID, IdentityPoolID: p.IdentityPoolID, SourceIP: sourceIP,
	}
	if p.IdentityID == "" {
		return id
	}
	id.AuthenticationType = "unauthenticated"
	if len(p.AMR) > 0 && p.AMR[0] == "authenticated" {
		id.AuthenticationType, id.AuthenticationProvider = "authenticated", p.CognitoProvider
		id.UserSub = userSub(p.AMR[1:])
	}
	return id
}

// userSub is the sub of the first user pool's login of a list that has each
// login's provider and then PROVIDER:HOW:SUBJECT. Subjects of other providers may
// be whatever their users like, such as the text that a user pool's login has.
func userSub(logins []string) string {
	for i := 0; i+1 < len(logins); i += 2 {
		sub, ok := strings.CutPrefix(logins[i+1], logins[i]+":CognitoSignIn:")
		if ok && strings.HasPrefix(logins[i], "cognito-idp.") && strings.Contains(logins[i], "/") {
			return sub
		}
	}
	return ""
}
