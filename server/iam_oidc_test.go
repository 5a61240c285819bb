package server_test

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/token"
	"github.com/gatepass/gatepass/server"
	"github.com/gatepass/gatepass/sigv4"
)

// openID is an OpenID provider on this machine.
func openID(t *testing.T) (address string, sign func(aud string) string) {
	t.Helper()
	key, err := token.GenerateKey("k1", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	front := httptest.NewServer(mux)
	t.Cleanup(front.Close)
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, front.URL, front.URL+"/keys")
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(token.MarshalJWKS(key)) })
	return front.URL, func(aud string) string {
		text, err := token.Sign(key, token.RS256, map[string]any{
			"iss": front.URL, "aud": aud, "sub": "ada", "iat": time.Now().Unix() - 5, "exp": time.Now().Unix() + 300,
		})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
}

// TestOpenIDProvider: a provider that IAM has is trusted by AssumeRoleWithWebIdentity, for its client ids and as long as it is
// there, in the role whose trust policy names it.
func TestOpenIDProvider(t *testing.T) {
	d := freshDesk(t)
	issuer, sign := openID(t)
	arn := iamAccount + "oidc-provider/" + strings.TrimPrefix(issuer, "http://")
	d.do("CreateRole", "RoleName=web", `AssumeRolePolicyDocument={"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"`+arn+`"},"Action":"sts:AssumeRoleWithWebIdentity"}}`)
	assume := func(aud, code string) {
		t.Helper()
		v := url.Values{
			"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"}, "RoleArn": {iamAccount + "role/web"},
			"RoleSessionName": {"ada"}, "WebIdentityToken": {sign(aud)},
		}
		status, body := query(t, d.address, sigv4.Credentials{}, v.Encode())
		if got := element(body, "Code"); got != code || (status == http.StatusOK) != (code == "") {
			t.Errorf("%s: %d %s, want %q", aud, status, body, code)
		}
	}
	assume("app", "InvalidIdentityToken") // nobody declared the provider
	d.no(400, "ValidationError", "Invalid Open ID Connect Provider URL", "CreateOpenIDConnectProvider", "Url=http://idp.example")
	if got := element(d.do("CreateOpenIDConnectProvider", "Url="+issuer, "ClientIDList.member.1=app"), "OpenIDConnectProviderArn"); got != arn {
		t.Fatalf("%s, want %s", got, arn)
	}
	d.no(409, "EntityAlreadyExists", "Provider with url "+issuer+" already exists.", "CreateOpenIDConnectProvider", "Url="+issuer)
	assume("app", "")
	assume("other", "InvalidIdentityToken")
	d.do("AddClientIDToOpenIDConnectProvider", "OpenIDConnectProviderArn="+arn, "ClientID=other")
	assume("other", "")
	for _, id := range []string{"app", "other"} {
		d.do("RemoveClientIDFromOpenIDConnectProvider", "OpenIDConnectProviderArn="+arn, "ClientID="+id)
	}
	assume("app", "InvalidIdentityToken") // no client id is not every client id
	d.do("AddClientIDToOpenIDConnectProvider", "OpenIDConnectProviderArn="+arn, "ClientID=app")
	assume("app", "")
	d.do("DeleteOpenIDConnectProvider", "OpenIDConnectProviderArn="+arn)
	assume("app", "InvalidIdentityToken")
	d.no(404, "NoSuchEntity", "OpenIDConnect Provider not found for arn "+arn, "GetOpenIDConnectProvider", "OpenIDConnectProviderArn="+arn)
}

// TestTemplateAWSPolicies: a template's role has the policies of AWS whose text is known, and a permissions boundary of them.
func TestTemplateAWSPolicies(t *testing.T) {
	file := filepath.Join(t.TempDir(), "template.yaml")
	text := `AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Reader:
    Type: AWS::IAM::Role
    Properties:
      RoleName: reader
      AssumeRolePolicyDocument: ` + trustRoot + `
      ManagedPolicyArns: ["arn:aws:iam::aws:policy/AmazonAPIGatewayInvokeFullAccess"]
      PermissionsBoundary: arn:aws:iam::aws:policy/PowerUserAccess
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c := withAdmin()
	if _, err := c.AddTemplate(file, server.TemplateOptions{}); err != nil {
		t.Fatal(err)
	}
	d := newDesk(t, &server.Server{Config: c, Handlers: server.SampleHandlers()})
	if got := d.gate(d.session("reader")); got != http.StatusOK {
		t.Errorf("the gate: %d", got)
	}
	if body := d.do("GetRole", "RoleName=reader"); element(body, "PermissionsBoundaryArn") != "arn:aws:iam::aws:policy/PowerUserAccess" {
		t.Errorf("%s", body)
	}
	if notes := fmt.Sprint(c.Notes()); strings.Contains(notes, "is not known") {
		t.Errorf("%s", notes)
	}
}
