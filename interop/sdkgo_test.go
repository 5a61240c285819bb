package interop

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/gatepass/gatepass/gatepasstest"
	"github.com/gatepass/gatepass/server"
)

func sign(t *testing.T, r *http.Request, body []byte, key, secret, service string) {
	t.Helper()
	sum := sha256.Sum256(body)
	c := aws.Credentials{AccessKeyID: key, SecretAccessKey: secret}
	if err := v4.NewSigner().SignHTTP(context.Background(), c, r, hex.EncodeToString(sum[:]), service, "us-east-1", time.Now()); err != nil {
		t.Fatal(err)
	}
}

func configFor(st *gatepasstest.Stand, key, secret, token string) aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(st.URL), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(key, secret, token),
	}
}

// TestSDKGo provisions a pool of its own with the AWS SDK for Go, signs a user in
// and walks the chain.
func TestSDKGo(t *testing.T) {
	st, ctx := stand(t), context.Background()
	admin := idp.NewFromConfig(configFor(st, adminKey, adminSecret, ""))
	pool, err := admin.CreateUserPool(ctx, &idp.CreateUserPoolInput{PoolName: aws.String("go"), AutoVerifiedAttributes: []types.VerifiedAttributeType{"email"}})
	if err != nil {
		t.Fatal(err)
	}
	client, err := admin.CreateUserPoolClient(ctx, &idp.CreateUserPoolClientInput{
		UserPoolId: pool.UserPool.Id, ClientName: aws.String("web"), GenerateSecret: true,
		ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"},
	})
	if err != nil || aws.ToString(client.UserPoolClient.ClientSecret) == "" {
		t.Fatalf("%+v, %v", client, err)
	}
	if _, err := admin.DescribeUserPool(ctx, &idp.DescribeUserPoolInput{UserPoolId: pool.UserPool.Id}); err != nil {
		t.Error(err)
	}
	clerk := idp.NewFromConfig(configFor(st, clerkKey, adminSecret, ""))
	_, err = clerk.CreateUserPool(ctx, &idp.CreateUserPoolInput{PoolName: aws.String("mine")})
	if err == nil || !strings.Contains(err.Error(), "AccessDeniedException") {
		t.Errorf("F20: the clerk created a pool: %v", err)
	}
	_, err = idp.NewFromConfig(configFor(st, adminKey, "wrong-secret-wrong-secret-wrong-secret-0", "")).ListUserPools(ctx, &idp.ListUserPoolsInput{MaxResults: aws.Int32(1)})
	if err == nil || !strings.Contains(err.Error(), "InvalidSignatureException") {
		t.Errorf("a wrong secret: %v", err)
	}
	anonymous := idp.NewFromConfig(configFor(st, "AKIAANYTHINGATALL001", "x", ""))
	_, err = anonymous.InitiateAuth(ctx, &idp.InitiateAuthInput{
		AuthFlow: "USER_PASSWORD_AUTH", ClientId: aws.String(server.SampleClient),
		AuthParameters: map[string]string{"USERNAME": "nobody", "PASSWORD": gatepasstest.Password},
	})
	var refused *types.NotAuthorizedException
	if !errors.As(err, &refused) || refused.ErrorMessage() != "Incorrect username or password." {
		t.Errorf("an unknown user: %v", err)
	}
	chain(t, st, anonymous)
}

func chain(t *testing.T, st *gatepasstest.Stand, anonymous *idp.Client) {
	t.Helper()
	ctx := context.Background()
	auth, err := anonymous.InitiateAuth(ctx, &idp.InitiateAuthInput{
		AuthFlow: "USER_PASSWORD_AUTH", ClientId: aws.String(server.SampleClient),
		AuthParameters: map[string]string{"USERNAME": "ada@example.com", "PASSWORD": gatepasstest.Password},
	})
	if err != nil {
		t.Fatal(err)
	}
	ids := cognitoidentity.NewFromConfig(configFor(st, "AKIAANYTHINGATALL001", "x", ""))
	logins := map[string]string{"cognito-idp.us-east-1.amazonaws.com/" + server.SampleUserPool: *auth.AuthenticationResult.IdToken}
	id, err := ids.GetId(ctx, &cognitoidentity.GetIdInput{IdentityPoolId: aws.String(server.SampleIdentityPool), Logins: logins})
	if err != nil {
		t.Fatal(err)
	}
	got, err := ids.GetCredentialsForIdentity(ctx, &cognitoidentity.GetCredentialsForIdentityInput{IdentityId: id.IdentityId, Logins: logins})
	if err != nil {
		t.Fatal(err)
	}
	c := got.Credentials
	if left := time.Until(*c.Expiration); left < 55*time.Minute || left > 65*time.Minute {
		t.Errorf("the credentials live for %v", left)
	}
	caller, err := sts.NewFromConfig(configFor(st, *c.AccessKeyId, *c.SecretKey, *c.SessionToken)).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil || !strings.HasSuffix(*caller.Arn, "/CognitoIdentityCredentials") {
		t.Errorf("%+v, %v", caller, err)
	}
	call(t, st, aws.Credentials{AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretKey, SessionToken: *c.SessionToken})
}

func call(t *testing.T, st *gatepasstest.Stand, c aws.Credentials) {
	t.Helper()
	body := []byte(`{"content":"from aws-sdk-go-v2"}`)
	for _, tc := range []struct {
		name string
		send []byte
		want int
	}{{"as signed", body, 201}, {"another body", []byte(`{"content":"from someone else..."}`), 403}} {
		r, err := http.NewRequest("POST", st.API+"/notes", bytes.NewReader(tc.send))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		sum := sha256.Sum256(body)
		r.ContentLength = int64(len(tc.send))
		if err := v4.NewSigner().SignHTTP(context.Background(), c, r, hex.EncodeToString(sum[:]), "execute-api", "us-east-1", time.Now()); err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != tc.want {
			t.Errorf("%s: %d, want %d", tc.name, resp.StatusCode, tc.want)
		}
	}
}
