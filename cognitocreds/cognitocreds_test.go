package cognitocreds_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/cognitocreds"
	"github.com/gatepass/gatepass/internal/wire"
)

var _ aws.CredentialsProvider = (*cognitocreds.Provider)(nil)

const pool = "eu-west-1:11111111-2222-3333-4444-555555555555"

// guest is a guest of an identity pool that answers by fn.
func guest(t *testing.T, fn func(op string) (any, error)) *gatepass.Session {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out, err := fn(r.Header.Get("X-Amz-Target"))
		if err != nil {
			wire.WriteError(w, wire.JSON11, err)
			return
		}
		wire.WriteJSON(w, out)
	}))
	t.Cleanup(srv.Close)
	s, err := (&gatepass.Client{IdentityPoolID: pool, Endpoint: srv.URL}).Guest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRetrieve(t *testing.T) {
	end := time.Now().Add(time.Hour).Truncate(time.Second)
	s := guest(t, func(op string) (any, error) {
		if op == wire.TargetIdentity+".GetId" {
			return wire.GetIdOutput{IdentityId: pool}, nil
		}
		return wire.GetCredentialsForIdentityOutput{IdentityId: pool, Credentials: wire.Credentials{
			AccessKeyId: "ASIAEXAMPLE", SecretKey: "s", SessionToken: "t", Expiration: wire.Epoch{Time: end},
		}}, nil
	})
	c, err := aws.NewCredentialsCache(cognitocreds.New(s)).Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if c.AccessKeyID != "ASIAEXAMPLE" || c.SecretAccessKey != "s" || c.SessionToken != "t" || !c.CanExpire || !c.Expires.Equal(end) || c.Source != cognitocreds.ProviderName {
		t.Errorf("%+v", c)
	}
}

func TestRetrieveRefused(t *testing.T) {
	s := guest(t, func(string) (any, error) {
		return nil, wire.Errorf("NotAuthorizedException", "Unauthenticated access is not supported for this identity pool.")
	})
	if _, err := cognitocreds.New(s).Retrieve(t.Context()); !errors.Is(err, gatepass.ErrIdentityForbidden) {
		t.Errorf("got %v", err)
	}
}
