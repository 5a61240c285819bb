package interop

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/awslabs/aws-lambda-go-api-proxy/core"
	"github.com/awslabs/aws-lambda-go-api-proxy/httpadapter"

	"github.com/gatepass/gatepass/gatepasstest"
	"github.com/gatepass/gatepass/server"
)

// lambdaApp is a web application as it runs in Lambda: it sees a request that the
// adapter made of an event, and the event's context.
func lambdaApp(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	who := ""
	if x, ok := core.GetAPIGatewayContextFromContext(r.Context()); ok {
		who = x.Identity.CognitoIdentityID
	}
	if x, ok := core.GetAPIGatewayV2ContextFromContext(r.Context()); ok && x.Authorizer != nil && x.Authorizer.IAM != nil {
		who = x.Authorizer.IAM.CognitoIdentity.IdentityID
	}
	http.SetCookie(w, &http.Cookie{Name: "one", Value: "1"})
	http.SetCookie(w, &http.Cookie{Name: "two", Value: "2"})
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, "%s %s?%s %q %v", r.Method, r.URL.EscapedPath(), r.URL.Query().Encode(), body, strings.HasPrefix(who, "us-east-1:"))
}

// runtime is a Lambda service whose functions are the application behind the
// adapter of AWS Labs.
func runtime(t *testing.T) *httptest.Server {
	t.Helper()
	v1, v2 := httpadapter.New(http.HandlerFunc(lambdaApp)), httpadapter.NewV2(http.HandlerFunc(lambdaApp))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var version struct{ Version string }
		raw, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(raw, &version)
		}
		var answer any
		if version.Version == "2.0" {
			var e events.APIGatewayV2HTTPRequest
			if err = json.Unmarshal(raw, &e); err == nil {
				answer, err = v2.ProxyWithContext(r.Context(), e)
			}
		} else {
			var e events.APIGatewayProxyRequest
			if err = json.Unmarshal(raw, &e); err == nil {
				answer, err = v1.ProxyWithContext(r.Context(), e)
			}
		}
		if err != nil {
			t.Errorf("%s: %v", raw, err)
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(srv.Close)
	return srv
}

// TestLambdaAdapter calls an application in Lambda, signed, through both kinds of
// API and all payload versions.
func TestLambdaAdapter(t *testing.T) {
	endpoint := runtime(t)
	st := gatepasstest.New(t, func(s *server.Server) {
		c := server.Sample("")
		c.LambdaEndpoint = endpoint.URL
		c.Roles[0].Policies["app"] = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*"}}`
		for id, payload := range map[string]string{"restapi": "1.0", "httpone": "1.0", "httptwo": "2.0"} {
			protocol := "HTTP"
			if id == "restapi" {
				protocol = "REST"
			}
			c.APIs = append(c.APIs, server.API{
				ID: id, Protocol: protocol, Stages: []server.Stage{{Name: "prod"}},
				Routes: []server.Route{{Path: "/{proxy+}", Methods: []string{"ANY"}, Auth: "AWS_IAM", Integration: &server.Integration{
					Type: "AWS_PROXY", URI: "app", Payload: payload,
				}}},
			})
		}
		s.Config = c
	})
	client := st.SignedIn("ada").HTTPClient()
	for _, id := range []string{"restapi", "httpone", "httptwo"} {
		req, err := http.NewRequest(http.MethodPut, st.URL+"/_aws/execute-api/"+id+"/prod/a%20b/c?x=1&y=%2F+z", strings.NewReader("héllo\x00"))
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		path := "/prod/a%20b/c"
		if id == "restapi" {
			path = "/a%20b/c"
		}
		want := "PUT " + path + "?x=1&y=%2F+z \"héllo\\x00\" true"
		if res.StatusCode != http.StatusCreated || string(body) != want || len(res.Header["Set-Cookie"]) != 2 {
			t.Errorf("%s: %d %s, want %s; %v", id, res.StatusCode, body, want, res.Header)
		}
	}
}
