// Package cognitocreds gives any client of aws-sdk-go-v2 the credentials of a
// gatepass session:
//
//	cfg.Credentials = aws.NewCredentialsCache(cognitocreds.New(session))
package cognitocreds

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/gatepass/gatepass"
)

// ProviderName is the Source of the credentials.
const ProviderName = "GatepassCognitoProvider"

// Provider is an [aws.CredentialsProvider] over a session; [New] makes one. It is
// safe for concurrent use. The session caches and renews by itself, so a cache in
// front is not needed, though the SDK puts one there.
type Provider struct{ session *gatepass.Session }

// New gives the provider of a session of a user or a guest.
func New(s *gatepass.Session) *Provider { return &Provider{session: s} }

// Retrieve gives credentials that are good for a while yet. Its errors are those of
// [gatepass.Session.Credentials].
func (p *Provider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	c, err := p.session.Credentials(ctx)
	if err != nil {
		return aws.Credentials{Source: ProviderName}, err
	}
	return aws.Credentials{
		AccessKeyID:     c.AccessKeyID,
		SecretAccessKey: c.SecretAccessKey,
		SessionToken:    c.SessionToken,
		Source:          ProviderName,
		CanExpire:       true,
		Expires:         c.Expires,
	}, nil
}
