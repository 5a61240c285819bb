package identity

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

const maxTagClaim = 256

// setPrincipalTagAttributeMap says which claims of a provider's tokens become session tags (developer guide, "Using
// attributes for access control").
func (s *Service) setPrincipalTagAttributeMap(ctx context.Context, in wire.PrincipalTagAttributeMap) (*wire.PrincipalTagAttributeMap, error) {
	if !in.UseDefaults {
		if err := checkTagClaims(in.PrincipalTags); err != nil {
			return nil, err
		}
	}
	m := store.PrincipalTagMap{UseDefaults: in.UseDefaults, Tags: in.PrincipalTags}
	if in.UseDefaults {
		m.Tags = map[string]string{"username": "sub", "client": "aud"}
	}
	err := s.changePool(ctx, in.IdentityPoolId, func(p *store.IdentityPool) error {
		key, found := s.tagProvider(*p, in.IdentityProviderName)
		if !found {
			return noTagProvider(in.IdentityProviderName)
		}
		if p.PrincipalTags == nil {
			p.PrincipalTags = map[string]store.PrincipalTagMap{}
		}
		p.PrincipalTags[key] = m
		return nil
	})
	if err != nil {
		return nil, err
	}
	in.PrincipalTags = m.Tags
	return &in, nil
}

func noTagProvider(name string) error {
	return invalidParameter("%s is not a configured provider of this identity pool.", name)
}

// tagProvider is the key of a provider's map: a user pool has one, whatever the client.
func (s *Service) tagProvider(p store.IdentityPool, name string) (string, bool) {
	if provider, isUserPool := s.canonical(name); isUserPool {
		return provider, slices.ContainsFunc(p.Providers, func(pr store.IdentityProvider) bool {
			known, _ := s.canonical(pr.ProviderName)
			return known == provider
		})
	}
	_, public := p.LoginProviders[name]
	return name, public || slices.Contains(p.OIDCProviders, name)
}

func checkTagClaims(tags map[string]string) error {
	keys := map[string]string{}
	for key, claim := range tags {
		keys[key] = "x"
		if claim == "" || utf8.RuneCountInString(claim) > maxTagClaim {
			return badLength("principalTags."+key, 1, maxTagClaim)
		}
	}
	return checkPrincipalTags(keys)
}

// checkPrincipalTags holds tags to what STS takes as session tags.
func checkPrincipalTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return badLength("principalTags", 0, maxTags)
	}
	seen := map[string]bool{}
	for key, value := range tags {
		folded := strings.ToLower(key)
		switch {
		case key == "" || utf8.RuneCountInString(key) > 128 || !tagText(key) || strings.HasPrefix(folded, "aws:"):
			return invalidParameter("'%s' is not the key of a session tag.", key)
		case seen[folded]:
			return invalidParameter("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		case !tagValue(value):
			return invalidParameter("The value of the tag '%s' is not that of a session tag.", key)
		}
		seen[folded] = true
	}
	return nil
}
