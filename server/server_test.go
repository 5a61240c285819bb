package server_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/server"
)

func post(t *testing.T, url, target, body string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequest("POST", url+"/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", target)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(text)
}

func serve(t *testing.T, s *server.Server) string {
	t.Helper()
	front := httptest.NewServer(s)
	t.Cleanup(func() {
		front.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return front.URL
}

func TestZeroValue(t *testing.T) {
	url := serve(t, &server.Server{})
	resp, err := http.Get(url + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != 200 {
		t.Errorf("healthz: %d", resp.StatusCode)
	}
	status, h, body := post(t, url, "AWSCognitoIdentityProviderService.InitiateAuth", `{"AuthFlow":"USER_SRP_AUTH","ClientId":"x"}`)
	if status != 400 || h.Get("x-amzn-errortype") != "ResourceNotFoundException:" || !strings.Contains(body, "User pool client x does not exist.") {
		t.Errorf("%d %v %s", status, h, body)
	}
}

// F17 and F20: what no service knows, and what needs a signature.
func TestF17F20(t *testing.T) {
	url := serve(t, &server.Server{Config: server.Sample(""), Handlers: server.SampleHandlers()})
	for name, c := range map[string]struct{ target, body, code string }{
		"unknown operation": {"AWSCognitoIdentityProviderService.Nothing", `{}`, "UnknownOperationException:"},
		"unknown service":   {"Foo.SignUp", `{}`, "UnknownOperationException:"},
		"wrong case":        {"awscognitoidentityproviderservice.SignUp", `{}`, "UnknownOperationException:"},
		"unsigned admin":    {"AWSCognitoIdentityProviderService.AdminGetUser", `{}`, "MissingAuthenticationTokenException:"},
		"body null":         {"AWSCognitoIdentityProviderService.SignUp", `null`, "SerializationException:"},
		"unknown flow":      {"AWSCognitoIdentityProviderService.InitiateAuth", `{"AuthFlow":"CUSTOM_AUTH","ClientId":"` + server.SampleClient + `","AuthParameters":{"USERNAME":"a"}}`, "InvalidParameterException:"},
	} {
		status, h, body := post(t, url, c.target, c.body)
		if status != 400 || h.Get("x-amzn-errortype") != c.code {
			t.Errorf("%s: %d %s %s", name, status, h.Get("x-amzn-errortype"), body)
		}
	}
	big := bytes.Repeat([]byte("a"), 1<<20+1)
	if status, _, _ := post(t, url, "AWSCognitoIdentityProviderService.SignUp", string(big)); status != 413 {
		t.Errorf("1 MiB and a byte: %d", status)
	}
}

// What the endpoints of user pools, identity pools and STS answer to a browser:
// recorded from theirs in us-east-1, 2020 (preflights) and 2023 (an answer).
func TestBrowsers(t *testing.T) {
	url := serve(t, &server.Server{})
	const exposed = "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"
	asked := "Content-Type,X-Amz-Target,user-agent,content-length,host,Authorization,amz-sdk-invocation-id,amz-sdk-request,x-amz-security-token"
	preflight := map[string]string{
		"Origin": "https://foo.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": asked,
	}
	status, h := ask(t, "OPTIONS", url, preflight)
	want := map[string]string{
		"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": asked, "Access-Control-Allow-Methods": "POST",
		"Access-Control-Expose-Headers": exposed, "Access-Control-Max-Age": "172800",
	}
	if got := corsOf(h); status != 200 || !maps.Equal(got, want) {
		t.Errorf("preflight: %d %v", status, got)
	}
	for name, call := range map[string]map[string]string{
		"user pools":     {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AWSCognitoIdentityProviderService.SignUp"},
		"identity pools": {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AWSCognitoIdentityService.GetId"},
		"STS":            {"Content-Type": "application/x-www-form-urlencoded"},
	} {
		call["Origin"] = "https://foo.example"
		status, h := ask(t, "POST", url, call)
		want := map[string]string{"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": exposed}
		if got := corsOf(h); status != 400 || !maps.Equal(got, want) {
			t.Errorf("a refusal of %s: %d %v", name, status, got)
		}
	}
}

// ask sends an empty request with headers.
func ask(t *testing.T, method, url string, headers map[string]string) (int, http.Header) {
	t.Helper()
	r, err := http.NewRequest(method, url+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode, resp.Header
}

// corsOf are the headers that browsers go by.
func corsOf(h http.Header) map[string]string {
	found := map[string]string{}
	for name := range h {
		if strings.HasPrefix(name, "Access-Control-") {
			found[name] = h.Get(name)
		}
	}
	return found
}

// M02: a database without its key is refused; a key is never made over it.
func TestM02(t *testing.T) {
	dsn := filepath.Join(t.TempDir(), "gate.db")
	first := &server.Server{DSN: dsn, Config: server.Sample("Correct-horse-7"), Handlers: server.SampleHandlers()}
	if err := first.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(dsn + ".key")
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	again := &server.Server{DSN: dsn, Config: server.Sample("Correct-horse-7"), Handlers: server.SampleHandlers()}
	if err := again.Start(context.Background()); err != nil {
		t.Fatalf("applying the same configuration again: %v", err)
	}
	if again.Fresh() {
		t.Error("an existing database counts as fresh")
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dsn+".key", dsn+".away"); err != nil {
		t.Fatal(err)
	}
	if err := (&server.Server{DSN: dsn}).Start(context.Background()); !errors.Is(err, server.ErrRootKey) {
		t.Errorf("without its key: %v", err)
	}
	if err := os.WriteFile(dsn+".key", []byte("c2hvcnQ=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (&server.Server{DSN: dsn}).Start(context.Background()); !errors.Is(err, server.ErrRootKey) {
		t.Errorf("with a short key: %v", err)
	}
	if err := os.Chmod(dsn+".key", 0o644); err != nil {
		t.Fatal(err)
	}
	if err := (&server.Server{DSN: dsn}).Start(context.Background()); !errors.Is(err, server.ErrRootKey) {
		t.Errorf("M01 with a loose key file: %v", err)
	}
}
