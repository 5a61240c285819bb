package identity

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

const maxTags = 50

const (
	poolNamePattern = `[\w\s+=,.@-]+`
	clientIDPattern = `[\w_]+`
)

var (
	poolNameForm  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\A[\w\s+=,.@-]{1,128}\z`) })
	developerForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\A[\w.-]{1,128}\z`) })
	clientIDForm  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\A\w{1,128}\z`) })
)

// configure sets what CreateIdentityPool and UpdateIdentityPool set. A provider that gatepass cannot verify is refused,
// not kept and ignored.
func (s *Service) configure(ctx context.Context, tx *store.Tx, p *store.IdentityPool, in wire.IdentityPoolSettings) error {
	switch {
	case !poolNameForm().MatchString(in.IdentityPoolName):
		return badPattern("identityPoolName", poolNamePattern)
	case len(in.SamlProviderARNs) > 0:
		return invalidParameter("gatepass does not support SAML providers: leave SamlProviderARNs out.")
	}
	providers, err := s.userPools(in.CognitoIdentityProviders)
	if err != nil {
		return err
	}
	if err := checkPublic(in.SupportedLoginProviders); err != nil {
		return err
	}
	if err := checkOIDC(ctx, tx, in.OpenIdConnectProviderARNs); err != nil {
		return err
	}
	if err := checkDeveloper(*p, in); err != nil {
		return err
	}
	if in.DeveloperProviderName != "" {
		p.DeveloperProvider = in.DeveloperProviderName
	}
	if in.IdentityPoolTags != nil {
		if err := checkTags(in.IdentityPoolTags); err != nil {
			return err
		}
		p.Tags = in.IdentityPoolTags
	}
	p.LoginProviders, p.OIDCProviders = in.SupportedLoginProviders, in.OpenIdConnectProviderARNs
	p.Name, p.AllowUnauthenticated, p.AllowClassic, p.Providers = in.IdentityPoolName, in.AllowUnauthenticatedIdentities, in.AllowClassicFlow, providers
	return nil
}

func (s *Service) userPools(in []wire.CognitoIdentityProvider) ([]store.IdentityProvider, error) {
	var all []store.IdentityProvider
	for _, pr := range in {
		name, isUserPool := s.canonical(pr.ProviderName)
		if !isUserPool {
			return nil, invalidParameter("Invalid Cognito Identity Provider: %s", pr.ProviderName)
		}
		if !clientIDForm().MatchString(pr.ClientId) {
			return nil, badPattern("cognitoIdentityProviders.clientId", clientIDPattern)
		}
		same := func(have store.IdentityProvider) bool {
			return have.ProviderName == name && have.ClientID == pr.ClientId
		}
		if slices.ContainsFunc(all, same) {
			return nil, invalidParameter("%s with the client %s is named twice in CognitoIdentityProviders.", pr.ProviderName, pr.ClientId)
		}
		all = append(all, store.IdentityProvider{ProviderName: name, ClientID: pr.ClientId, ServerSideTokenCheck: pr.ServerSideTokenCheck})
	}
	return all, nil
}

// checkDeveloper keeps the name of the developer provider for good, and apart from those of other providers: a login of
// one must never count as one of another.
func checkDeveloper(p store.IdentityPool, in wire.IdentityPoolSettings) error {
	name := in.DeveloperProviderName
	if name == "" {
		name = p.DeveloperProvider
	}
	_, public := in.SupportedLoginProviders[name]
	switch {
	case name == "":
		return nil
	case !developerForm().MatchString(name):
		return badPattern("developerProviderName", `[\w._-]+`)
	case p.DeveloperProvider != "" && name != p.DeveloperProvider:
		return invalidParameter("The developer provider name cannot be changed once it is set.")
	case public || publicIssuer(name) != "" || "https://"+name == cognitoIssuer || slices.ContainsFunc(in.OpenIdConnectProviderARNs, func(arn string) bool { return strings.HasSuffix(arn, ":oidc-provider/"+name) }):
		return invalidParameter("The developer provider name %s is that of another provider.", name)
	}
	return nil
}

// checkPublic lets those public providers through whose ID tokens can be verified: Facebook, Login with Amazon and Twitter
// give out opaque tokens, which only they can check.
func checkPublic(providers map[string]string) error {
	for name, clients := range providers {
		if publicIssuer(name) == "" {
			return invalidParameter("gatepass does not support the login provider %s: it supports accounts.google.com and appleid.apple.com.", name)
		}
		if clients == "" || len(clients) > 128 {
			return badLength("supportedLoginProviders."+name, 1, 128)
		}
	}
	return nil
}

// checkOIDC wants every provider declared: no other is ever asked for its keys.
func checkOIDC(ctx context.Context, tx *store.Tx, arns []string) error {
	for i, arn := range arns {
		if slices.Contains(arns[:i], arn) {
			return invalidParameter("%s is named twice in OpenIdConnectProviderARNs.", arn)
		}
		_, err := tx.OIDCProvider(ctx, arn)
		if errors.Is(err, store.ErrNotFound) {
			return invalidParameter("The OpenID Connect provider %s does not exist.", arn)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func checkTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return badLength("tags", 0, maxTags)
	}
	for key, value := range tags {
		if key == "" || utf8.RuneCountInString(key) > 128 || utf8.RuneCountInString(value) > 256 {
			return invalidParameter("The tag '%s' is too long: keys have 1 to 128 characters, values at most 256.", key)
		}
	}
	return nil
}
