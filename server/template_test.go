package server_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/server"
)

const adaPassword = "Correct-horse-7"

// signedIn signs ada in to the first user pool of c, served at url.
func signedIn(t *testing.T, url string, c *server.Config) *gatepass.Session {
	t.Helper()
	client := &gatepass.Client{
		Region: "us-east-1", Endpoint: url, UserPoolID: c.UserPools[0].ID, ClientID: c.UserPools[0].Clients[0].ID, IdentityPoolID: c.IdentityPools[0].ID,
	}
	s, err := client.SignIn(context.Background(), "ada", gatepass.Password(adaPassword))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// call makes a call and gives its status and body.
func call(t *testing.T, c *http.Client, method, url, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// lambdas plays a Lambda service: it answers an event with its path and caller.
func lambdas(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var event struct {
			Path           string
			RequestContext struct {
				Identity struct{ CognitoIdentityID string }
			}
		}
		if err := json.NewDecoder(r.Body).Decode(&event); err != nil || r.URL.Path != "/2015-03-31/functions/NotesFunction/invocations" {
			http.Error(w, "no such function", http.StatusNotFound)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"statusCode": 200, "body": event.Path + " for " + event.RequestContext.Identity.CognitoIdentityID})
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestExampleTemplate serves the SAM template of examples and takes a user
// through it: what the role allows, what it does not, and what is open.
func TestExampleTemplate(t *testing.T) {
	c := &server.Config{LambdaEndpoint: lambdas(t)}
	outputs, err := c.AddTemplate("../examples/notes-sam.yaml", server.TemplateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(outputs) != 4 || outputs[1] != (server.Output{Name: "UserPoolId", Value: "us-east-1_UserPool"}) || len(c.Notes()) != 1 {
		t.Errorf("outputs %v, notes %q", outputs, c.Notes())
	}
	c.UserPools[0].Users = []server.User{{Username: "ada", Password: adaPassword, Attributes: map[string]string{"email": "ada@example.com"}}}
	url := serve(t, &server.Server{Config: c})
	s, api := signedIn(t, url, c), url+"/_aws/execute-api/notesapi/prod"
	if status, body := call(t, s.HTTPClient(), "GET", api+"/notes", ""); status != 200 || !strings.HasPrefix(body, "/notes for us-east-1:") {
		t.Errorf("what the role allows: %d %s", status, body)
	}
	if status, body := call(t, s.HTTPClient(), "GET", api+"/admin", ""); status != 403 || !strings.Contains(body, "because no identity-based policy allows") {
		t.Errorf("E17, what the role does not allow: %d %s", status, body)
	}
	if status, body := call(t, http.DefaultClient, "GET", api+"/notes", ""); status != 403 || !strings.Contains(body, "Missing Authentication Token") {
		t.Errorf("E1, nobody: %d %s", status, body)
	}
	if status, _ := call(t, http.DefaultClient, "GET", api+"/health", ""); status != 200 {
		t.Errorf("what is open: %d", status)
	}
}

// TestStackOfCDK serves a stack as the CDK makes it, whose ids are long: REST and
// HTTP API for one user.
func TestStackOfCDK(t *testing.T) {
	functions := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"statusCode":200,"body":"hello"}`)
	}))
	t.Cleanup(functions.Close)
	c := &server.Config{LambdaEndpoint: functions.URL}
	if _, err := c.AddTemplate("internal/cfn/testdata/cdk/template.json", server.TemplateOptions{}); err != nil {
		t.Fatal(err)
	}
	c.UserPools[0].Users = []server.User{{Username: "ada", Password: adaPassword, Attributes: map[string]string{"email": "ada@example.com"}}}
	url := serve(t, &server.Server{Config: c})
	s := signedIn(t, url, c)
	rest, web := url+"/_aws/execute-api/"+c.APIs[0].ID+"/prod", url+"/_aws/execute-api/"+c.APIs[1].ID
	for path, want := range map[string]int{
		rest + "/notes":   200, // the role has what grantExecute gave it
		rest + "/notes/1": 401, // of the user pool's authorizer
		web + "/notes":    403, // no policy names the HTTP API
		web + "/jwt":      401,
	} {
		if status, body := call(t, s.HTTPClient(), "GET", path, ""); status != want {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}
