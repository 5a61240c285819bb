package gateway

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// contextOf calls a stand and reads variables when the call is over.
func contextOf(t *testing.T, s *stand, r *http.Request) func(string) string {
	t.Helper()
	wired, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text(t, r))))
	if err != nil {
		t.Fatal(err)
	}
	wired.RemoteAddr = "192.0.2.7:4711"
	s.g.prepare()
	target, _ := s.g.Locate(wired.Host, wired.RequestURI)
	c := s.g.newCall(httptest.NewRecorder(), wired, target)
	if err := c.serve(); err != nil {
		c.refuse(err)
	}
	return func(name string) string {
		t.Helper()
		v, ok := c.contextVar(name)
		if !ok {
			t.Errorf("%s is unknown", name)
		}
		return v
	}
}

func TestContextVariablesOfSignedCall(t *testing.T) {
	s := newStand(t)
	route := s.proxyRoute(apidef.AuthIAM)
	route.Path, route.Methods, route.OperationName = "/notes/{id}", []string{"GET"}, "GetNote"
	s.serve(apidef.API{ID: "abc123", Stages: []apidef.Stage{{Name: "prod", Deployment: "d1"}}, Routes: []apidef.Route{route}})
	get := contextOf(t, s, s.signed("GET", "/prod/notes/42?q=1", ""))
	for name, want := range map[string]string{
		"accountId": "111122223333", "apiId": "abc123", "stage": "prod", "httpMethod": "GET", "protocol": "HTTP/1.1",
		"path": "/prod/notes/42", "resourcePath": "/notes/{id}", "routeKey": "GET /notes/{id}", "operationName": "GetNote",
		"domainName": testHost, "domainPrefix": "abc123", "deploymentId": "d1",
		"requestTime": "15/Jan/2026:10:20:30 +0000", "requestTimeEpoch": "1768472430000",
		"identity.sourceIp": "192.0.2.7", "identity.userAgent": "test", "identity.accessKey": "ASIAEXAMPLEACCESSKEY",
		"identity.userArn":                   "arn:aws:sts::111122223333:assumed-role/NotesRole/CognitoIdentityCredentials",
		"identity.user":                      "AROAEXAMPLE:CognitoIdentityCredentials",
		"identity.caller":                    "AROAEXAMPLE:CognitoIdentityCredentials",
		"identity.cognitoIdentityId":         "us-east-1:7b2c",
		"identity.cognitoAuthenticationType": "authenticated",
		"status":                             "200", "integration.status": "200", "integrationStatus": "200", "responseLength": "2",
		"authenticate.status": "200", "authorize.status": "200", "error.message": "", "error.responseType": "",
	} {
		if got := get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if id, extended := get("requestId"), get("extendedRequestId"); len(id) != 36 || id == extended || extended == "" {
		t.Errorf("requestId %q, extendedRequestId %q", id, extended)
	}
}

func TestContextVariablesOfRefusal(t *testing.T) {
	s := newStand(t)
	s.policy = strings.Replace(allowAll, "Allow", "Deny", 1)
	get := contextOf(t, s, s.signed("GET", "/prod/x", ""))
	for name, want := range map[string]string{
		"status": "403", "error.responseType": "ACCESS_DENIED", "authenticate.status": "200", "authorize.status": "403", "integration.status": "",
	} {
		if got := get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if m := get("error.message"); !strings.HasPrefix(m, "User: arn:aws:sts:") || get("error.messageString") != `"`+m+`"` {
		t.Errorf("messages %q, %q", m, get("error.messageString"))
	}
}

func TestContextPathOfPathForm(t *testing.T) {
	s := newStand(t, s0(apidef.AuthNone))
	get := contextOf(t, s, func() *http.Request {
		r := s.request("GET", "/_aws/execute-api/abc123/prod/a/b", "")
		r.Host = "127.0.0.1"
		return r
	}())
	if got := get("path"); got != "/prod/a/b" {
		t.Errorf("path %q", got)
	}
}

// s0 is a proxy route to the recording backend.
func s0(auth apidef.Auth) apidef.Route { return (*stand)(nil).proxyRoute(auth) }

func TestUnknownContextVariables(t *testing.T) {
	for _, name := range []string{"", "nothing", "identity.nobody", "error.", "authorizer.", "integration.x", "requestid", "identity", "waf.x", "authorize.x"} {
		if knownContext(name) {
			t.Errorf("%q is known", name)
		}
	}
	for _, name := range []string{"identity.sourceIp", "authorizer.claims.sub", "authorizer.anything", "waf.status", "customDomain.basePathMatched", "connectionId"} {
		if !knownContext(name) {
			t.Errorf("%q is unknown", name)
		}
	}
}

func TestContextVariableOfAnyError(t *testing.T) {
	c := &call{g: &Gateway{}, r: (&http.Request{}).WithContext(context.Background()), out: &response{}}
	c.event.Err = refused{errors.New("boom")}
	if m, _ := c.contextVar("error.message"); m != "Internal server error" {
		t.Errorf("message %q: the cause is nobody's business", m)
	}
}

func TestContextVariablesOfIntegration(t *testing.T) {
	s := newStand(t, s0(apidef.AuthNone))
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amzn-RequestId", "of-the-backend")
		w.WriteHeader(http.StatusTeapot)
	}
	get := contextOf(t, s, s.request("GET", "/prod/x", ""))
	if get("integration.requestId") != "of-the-backend" || get("awsEndpointRequestId") != "of-the-backend" || get("integrationStatus") != "418" || get("integrationErrorMessage") != "" {
		t.Errorf("%q %q %q", get("integration.requestId"), get("integrationStatus"), get("integrationErrorMessage"))
	}
	s.backend.Close()
	get = contextOf(t, s, s.request("GET", "/prod/x", ""))
	if e := get("integration.error"); !strings.Contains(e, "refused") || get("integrationErrorMessage") != e || get("error.message") != "Internal server error" {
		t.Errorf("error %q, message %q", e, get("error.message"))
	}
}
