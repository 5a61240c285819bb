package identity

import (
	"net/url"
	"regexp"
	"strings"
	"sync"
)

// cognitoIssuer is the issuer of identity pools' own tokens and the login key of developer identities.
const cognitoIssuer = "https://cognito-identity.amazonaws.com"

// awsProvider is a user pool as a provider or, after https://, as an issuer, in its original and its updated form.
var awsProvider = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\A(?:issuer-)?(cognito-idp\.[a-z0-9-]+\.amazonaws\.com/[\w-]+_[0-9a-zA-Z]+)\z`)
})

var poolForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\A[\w-]+_[0-9a-zA-Z]+\z`) })

// canonical gives a user pool the one name identities are stored under, cognito-idp.REGION.amazonaws.com/POOL, so that a
// user has one identity whichever name the client knows the pool by. Other names are not a user pool.
func (s *Service) canonical(provider string) (name string, isUserPool bool) {
	if m := awsProvider().FindStringSubmatch(provider); m != nil {
		return m[1], true
	}
	host, pool, _ := strings.Cut(provider, "/")
	if host != "" && host == s.endpointHost() && poolForm().MatchString(pool) {
		return "cognito-idp." + s.Region + ".amazonaws.com/" + pool, true
	}
	return provider, false
}

// issuerProvider is the canonical provider an iss belongs to; empty for issuers that are no user pool.
func (s *Service) issuerProvider(iss string) string {
	provider, isHTTPS := strings.CutPrefix(iss, "https://")
	if isHTTPS && awsProvider().MatchString(provider) {
		name, _ := s.canonical(provider)
		return name
	}
	if s.Endpoint == nil {
		return ""
	}
	pool, ours := strings.CutPrefix(iss, strings.TrimSuffix(s.Endpoint(), "/")+"/")
	if !ours || !poolForm().MatchString(pool) {
		return ""
	}
	return "cognito-idp." + s.Region + ".amazonaws.com/" + pool
}

func (s *Service) endpointHost() string {
	if s.Endpoint == nil {
		return ""
	}
	u, err := url.Parse(s.Endpoint())
	if err != nil {
		return ""
	}
	return u.Host
}
