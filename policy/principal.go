package policy

import (
	"strings"
	"time"
)

// Principal is who asks, as the server established it. The zero value is
// nobody: no condition key has a value. Fields that do not apply stay empty.
type Principal struct {
	Type              string            // aws:PrincipalType: "AssumedRole", "User", "Account", "Anonymous"
	ARN               string            // of the session, user or account; empty while a web identity has no AWS identity yet
	RoleARN           string            // of the role behind an assumed-role session
	Account           string            // twelve digits
	UserID            string            // aws:userid: "AROA…:session", "AIDA…"
	Username          string            // aws:username: users only
	Tags              map[string]string // aws:PrincipalTag/key: session tags over role tags; keys must differ by more than case
	TokenIssueTime    time.Time         // of temporary credentials
	FederatedProvider string            // "cognito-identity.amazonaws.com" for identity pools
	SourceIdentity    string            // aws:SourceIdentity: who first assumed a role, as said then
	IdentityID        string            // cognito-identity.amazonaws.com:sub
	IdentityPoolID    string            // cognito-identity.amazonaws.com:aud
	AMR               []string          // cognito-identity.amazonaws.com:amr
	CognitoProvider   string            // login behind a Cognito identity; no condition key
}

// Namesake says whether p is not whom a policy was written for, but one who was
// made later under that name. Pins are the unique ids of those it was written for,
// AROA… or AIDA…, by ARN; for other ARNs, and without pins, the name counts.
func (p *Principal) Namesake(pins map[string]string) bool {
	if len(pins) == 0 {
		return false
	}
	id, _, _ := strings.Cut(p.UserID, ":")
	for _, arn := range [...]string{p.ARN, p.RoleARN} {
		if pin, pinned := pins[arn]; pinned && pin != id {
			return true
		}
	}
	return false
}

// Context gives the condition keys of the principal (IAM User Guide, "AWS global
// condition context keys", and Amazon Cognito Developer Guide, "IAM roles").
// Evaluate reads a Principal by itself: a Request needs this only to show or to
// log the keys.
func (p Principal) Context() Context {
	c := Context{}
	for own := ownUserID; own < ownKeys; own++ {
		if v := p.own(own); v != "" {
			c[ownNames[own]] = []string{v}
		}
	}
	if len(p.AMR) > 0 {
		c[ownNames[ownAMR]] = p.AMR
	}
	for k := range p.Tags {
		v, _ := p.tag(k)
		c[tagPrefix+lowerASCII(k)] = []string{v}
	}
	return c
}

// own is the value of a single-valued key, "" when it does not apply.
func (p *Principal) own(own ownKey) string {
	switch own {
	case ownUserID:
		return p.UserID
	case ownUsername:
		if p.Type == "User" {
			return p.Username
		}
	case ownPrincipalARN:
		if p.RoleARN != "" {
			return p.RoleARN
		}
		return p.ARN
	case ownPrincipalAccount:
		return p.Account
	case ownPrincipalType:
		return p.Type
	case ownTokenIssueTime:
		if !p.TokenIssueTime.IsZero() {
			return isoTime(p.TokenIssueTime)
		}
	case ownFederatedProvider:
		return p.FederatedProvider
	case ownSourceIdentity:
		return p.SourceIdentity
	case ownIdentityID:
		return p.IdentityID
	case ownIdentityPoolID:
		return p.IdentityPoolID
	}
	return ""
}

// isoTime writes whole seconds: a token issued within the second of its
// revocation counts as issued before it.
func isoTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// tag finds a tag whatever its case; of several spellings the smallest counts.
func (p *Principal) tag(key string) (value string, ok bool) {
	found := ""
	for k, v := range p.Tags {
		if len(k) == len(key) && strings.EqualFold(k, key) && (!ok || k < found) {
			found, value, ok = k, v, true
		}
	}
	return value, ok
}
