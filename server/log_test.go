package server_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/server"
)

const loggedConfig = `
functions: {Down: "http://127.0.0.1:1/"}
apis:
  - id: notes
    stages: [prod]
    authorizers: [{name: door, type: TOKEN, function: Down}]
    routes:
      - {path: /iam, methods: [GET], auth: AWS_IAM, handler: notes}
      - {path: /keyed, methods: [GET], auth: NONE, api_key_required: true, handler: notes}
      - {path: /door, methods: [GET], authorizer: door, handler: notes}
`

// TestRefusalsAreLogged: where the answer says little, the log says why a call
// was refused, and quotes nothing of the request.
func TestRefusalsAreLogged(t *testing.T) {
	config, err := server.ParseConfig("gate.yaml", []byte(loggedConfig))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, header, value, want string }{
		{"/prod/keyed", "", "", "ForbiddenException: Forbidden: the route wants an API key, and there is none"},
		{"/prod/keyed", "X-Api-Key", "sesame-sesame-sesame", "ForbiddenException: Forbidden: the API key is unknown, disabled, or in no usage plan of the stage"},
		{"/beta/keyed", "", "", "ForbiddenException: Forbidden: no stage is served at this address"},
		{"/prod/door", "Authorization", "sesame-sesame-sesame", `AuthorizerConfigurationException: the authorizer \"door\": dial tcp 127.0.0.1:1: `},
		{"/prod/iam", "", "", "MissingAuthenticationTokenException: sigv4: no credentials in the request"},
		{"/prod/iam", "Authorization", "AWS4-HMAC-SHA256 sesame-sesame-sesame", "IncompleteSignatureException: sigv4: incomplete authentication"},
	} {
		var log strings.Builder
		s := &server.Server{Config: config, Handlers: server.SampleHandlers(), Logger: slog.New(slog.NewTextHandler(&log, nil))}
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/_aws/execute-api/notes"+c.path, nil)
		r.RequestURI = r.URL.Path
		if c.header != "" {
			r.Header.Set(c.header, c.value)
		}
		s.ServeHTTP(httptest.NewRecorder(), r)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(log.String(), c.want) || strings.Contains(log.String(), "sesame") {
			t.Errorf("%s %q: want %s in\n%s", c.path, c.header, c.want, log.String())
		}
	}
}

// TestAnsweredAreLoggedWithoutError: a line of an operation that was answered has
// no error.
func TestAnsweredAreLoggedWithoutError(t *testing.T) {
	var log strings.Builder
	s := &server.Server{Config: withAdmin(), Handlers: server.SampleHandlers(), Logger: slog.New(slog.NewTextHandler(&log, nil))}
	front := httptest.NewServer(s)
	query(t, front.URL, adminCredentials, "Action=GetCallerIdentity&Version=2011-06-15")
	front.Close()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if text := log.String(); !strings.Contains(text, "operation=GetCallerIdentity status=200 took=") || !strings.Contains(text, " source_ip=127.0.0.1 ") {
		t.Error(text)
	}
}
