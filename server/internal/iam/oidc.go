package iam

import (
	"errors"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/store"
)

const (
	maxURL         = 255
	maxClientIDs   = 100
	maxThumbprints = 5
)

func askNewProvider(c *call) (Question, error) {
	q := Question{c.OIDCProviderARN(c.AccountID, c.in.form.Get("Url")), policy.NewContext()}
	if q.Resource == "" {
		q.Resource = c.arn("oidc-provider", "/", "")
	}
	c.requested(&q)
	return q, nil
}

func askProvider(c *call) (Question, error) {
	q := Question{c.in.form.Get("OpenIDConnectProviderArn"), policy.NewContext()}
	if q.Resource == "" {
		return askProviders(c)
	}
	p, err := c.Store.OIDCProvider(c.ctx, q.Resource)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return q, err
	}
	q.about(p.Tags, "")
	c.requested(&q)
	return q, nil
}

func askProviders(c *call) (Question, error) {
	return Question{Resource: c.arn("oidc-provider", "/", "")}, nil
}

// createProvider declares an OpenID provider, whose keys will be fetched over TLS when a token of it comes. The thumbprints
// that AWS pinned certificates by are kept and not looked at.
func (c *call) createProvider() (any, error) {
	p := store.OIDCProvider{
		Issuer: c.in.needed("Url", maxURL), ClientIDs: c.in.list("ClientIDList", maxClientIDs, maxURL),
		Thumbprints: c.in.list("ThumbprintList", maxThumbprints, 40), Tags: c.in.tags(), Created: c.Now(),
	}
	if err := c.in.done(); err != nil {
		return nil, err
	}
	if p.ARN = c.OIDCProviderARN(c.AccountID, p.Issuer); p.ARN == "" {
		return nil, wire.Errorf("ValidationError", "Invalid Open ID Connect Provider URL")
	}
	err := c.update(func(tx *store.Tx) error {
		if err := taken(tx.CreateOIDCProvider(p), "Provider with url %s already exists.", p.Issuer); err != nil {
			return err
		}
		return c.within(tx.CountOIDCProviders, "OpenIdConnectProviders", maxProviders)
	})
	return wire.CreateOIDCProviderOutput{OpenIDConnectProviderArn: p.ARN, Tags: tagShape(p.Tags)}, err
}

func noProvider(err error, arn string) error {
	return missing(err, "OpenIDConnect Provider not found for arn %s", arn)
}

// provider reads the provider a request names.
func (c *call) provider() (p store.OIDCProvider, err error) {
	arn := c.in.needed("OpenIDConnectProviderArn", maxARN)
	if err := c.in.done(); err != nil {
		return p, err
	}
	p, err = c.Store.OIDCProvider(c.ctx, arn)
	return p, noProvider(err, arn)
}

func (c *call) getProvider() (any, error) {
	p, err := c.provider()
	_, url, _ := strings.Cut(p.Issuer, "://")
	return wire.OIDCProviderOutput{
		Url: url, ClientIDList: wire.List(p.ClientIDs...), ThumbprintList: wire.List(p.Thumbprints...),
		CreateDate: wire.ISOTime(p.Created), Tags: tagShape(p.Tags),
	}, err
}

func (c *call) listProviders() (any, error) {
	if err := c.in.done(); err != nil {
		return nil, err
	}
	all, err := c.Store.OIDCProviders(c.ctx)
	out := wire.ListOIDCProvidersOutput{}
	for _, p := range all {
		out.OpenIDConnectProviderList.Member = append(out.OpenIDConnectProviderList.Member, wire.OIDCProviderARN{Arn: p.ARN})
	}
	return out, err
}

func (c *call) deleteProvider() (any, error) {
	arn := c.in.needed("OpenIDConnectProviderArn", maxARN)
	if err := c.in.done(); err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *store.Tx) error { return noProvider(tx.DeleteOIDCProvider(arn), arn) })
}

func (c *call) changeProvider(fn func(p *store.OIDCProvider) error) (any, error) {
	arn := c.in.needed("OpenIDConnectProviderArn", maxARN)
	if err := c.in.done(); err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *store.Tx) error {
		p, err := tx.OIDCProvider(c.ctx, arn)
		if err != nil {
			return noProvider(err, arn)
		}
		if err := fn(&p); err != nil {
			return err
		}
		return tx.PutOIDCProvider(p)
	})
}

func (c *call) addClientID() (any, error) {
	id := c.in.needed("ClientID", maxURL)
	return c.changeProvider(func(p *store.OIDCProvider) error {
		if slices.Contains(p.ClientIDs, id) {
			return nil
		}
		if len(p.ClientIDs) >= maxClientIDs {
			return limitExceeded("Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: %d", maxClientIDs)
		}
		p.ClientIDs = append(p.ClientIDs, id)
		return nil
	})
}

func (c *call) removeClientID() (any, error) {
	id := c.in.needed("ClientID", maxURL)
	return c.changeProvider(func(p *store.OIDCProvider) error {
		p.ClientIDs = slices.DeleteFunc(p.ClientIDs, func(have string) bool { return have == id })
		return nil
	})
}

func (c *call) updateThumbprints() (any, error) {
	prints := c.in.list("ThumbprintList", maxThumbprints, 40)
	return c.changeProvider(func(p *store.OIDCProvider) error {
		p.Thumbprints = prints
		return nil
	})
}
