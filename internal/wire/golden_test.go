package wire_test

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
)

// raw is what stands on the connection, byte for byte, but for the Date.
func raw(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		h(w, r)
	}))
	defer srv.Close()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprint(conn, "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(bufio.NewReader(conn))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const id = "d4666f1b-0000-4000-8000-000000000000"

func TestOnTheConnection(t *testing.T) {
	for name, c := range map[string]struct {
		protocol wire.Protocol
		err      *wire.Error
		want     string
	}{
		"JSON 1.1": {
			wire.JSON11, wire.Errorf("NotAuthorizedException", "Logins don't match. <&>"),
			"HTTP/1.1 400 Bad Request\r\nContent-Length: LEN\r\nContent-Type: application/x-amz-json-1.1\r\n" +
				"X-Amzn-Errormessage: Logins don't match. <&>\r\nX-Amzn-Errortype: NotAuthorizedException:\r\nX-Amzn-Requestid: " + id + "\r\n" +
				"Connection: close\r\n\r\n" + `{"__type":"NotAuthorizedException","message":"Logins don't match. <&>"}`,
		},
		"Query": {
			wire.Query, &wire.Error{Code: "AccessDenied", Message: "a <b>", Status: http.StatusForbidden},
			"HTTP/1.1 403 Forbidden\r\nContent-Length: LEN\r\nContent-Type: text/xml\r\nX-Amzn-Requestid: " + id + "\r\nConnection: close\r\n\r\n" +
				"<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <Error>\n    <Type>Sender</Type>\n    <Code>AccessDenied</Code>\n" +
				"    <Message>a &lt;b&gt;</Message>\n  </Error>\n  <RequestId>" + id + "</RequestId>\n</ErrorResponse>\n",
		},
	} {
		got := raw(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("x-amzn-RequestId", id)
			wire.WriteError(w, c.protocol, c.err)
		})
		_, body, _ := strings.Cut(c.want, "\r\n\r\n")
		want := strings.Replace(c.want, "LEN", strconv.Itoa(len(body)), 1)
		if got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}

// What went wrong inside stays inside.
func TestInternalErrorsSayNothing(t *testing.T) {
	for _, p := range []wire.Protocol{wire.JSON11, wire.Query, wire.RESTGateway} {
		for err, status := range map[error]int{
			fmt.Errorf("canary: pq: password=hunter2"):                   http.StatusInternalServerError,
			fmt.Errorf("canary: database gone: %w", wire.ErrUnavailable): http.StatusServiceUnavailable,
		} {
			w := httptest.NewRecorder()
			wire.WriteError(w, p, err)
			if w.Code != status || strings.Contains(w.Body.String()+fmt.Sprint(w.Header()), "canary") {
				t.Errorf("%v: %d %v %s", err, w.Code, w.Header(), w.Body)
			}
		}
	}
}

// F21: no shape prints what it carries.
func TestShapesPrintNoSecrets(t *testing.T) {
	var out strings.Builder
	log := slog.New(slog.NewJSONHandler(&out, nil))
	const canary = "canary"
	p := map[string]string{"PASSWORD": canary}
	for _, v := range []any{
		wire.InitiateAuthInput{AuthParameters: p},
		&wire.RespondToAuthChallengeInput{ChallengeResponses: p},
		wire.AuthOutput{Session: canary, AuthenticationResult: &wire.AuthenticationResult{IdToken: canary}},
		wire.AuthenticationResult{RefreshToken: canary},
		wire.SignUpInput{Password: canary},
		wire.CreateUserPoolClientOutput{UserPoolClient: wire.UserPoolClientType{ClientSecret: canary}},
		wire.GetCredentialsForIdentityOutput{Credentials: wire.Credentials{SecretKey: canary, SessionToken: canary}},
		wire.GetIdInput{Logins: p},
		wire.AssumeRoleResult{Credentials: wire.STSCredentials{SecretAccessKey: canary, SessionToken: canary}},
		[]any{wire.GetOpenIdTokenOutput{Token: canary}},
	} {
		fmt.Fprintf(&out, "%v %+v %#v %s %q\n", v, v, v, v, v)
		log.Info("x", "v", fmt.Sprint(v))
	}
	if strings.Contains(out.String(), canary) {
		t.Errorf("a secret is printed:\n%s", out.String())
	}
}

// A caller reads no more than it must and follows no redirect.
func TestCallerIsCareful(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	defer elsewhere.Close()
	chunk := []byte(strings.Repeat(" ", 1<<20))
	for name, h := range map[string]http.HandlerFunc{
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		},
		"endless": func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		},
	} {
		srv := httptest.NewServer(h)
		var seen time.Time
		c := wire.Caller{Seen: func(h http.Header) { seen = wire.DateOf(h) }}
		err := c.Call(t.Context(), srv.URL, wire.TargetIDP, "SignUp", wire.SignUpInput{Password: "x"}, new(wire.SignUpOutput))
		if err == nil || seen.IsZero() {
			t.Errorf("%s: %v, date %v", name, err, seen)
		}
		srv.Close()
	}
}
