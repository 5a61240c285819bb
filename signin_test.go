package gatepass_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/internal/wire"
)

func TestSignInBySRP(t *testing.T) {
	for _, sec := range []string{"", secret} {
		f := newFake(t)
		f.secret = sec
		s := f.signIn()
		if s.Username() != internal || s.Claims().Subject() != "sub-of-ada" || s.Claims().Strings("cognito:groups")[0] != "writers" {
			t.Errorf("secret %q: %s %v", sec, s.Username(), s.Claims())
		}
		got, err := gatepass.Call[map[string]string](t.Context(), s, "POST", f.URL+"/prod/notes", map[string]string{"a": "b"})
		if err != nil || got["a"] != "b" {
			t.Errorf("secret %q: %v, %v", sec, got, err)
		}
	}
}

func TestSignInByPassword(t *testing.T) {
	f := newFake(t)
	if _, err := f.client().SignIn(t.Context(), "ada", gatepass.Password(password), gatepass.PasswordAuth()); err != nil {
		t.Fatal(err)
	}
	if f.calls("RespondToAuthChallenge") != 0 {
		t.Error("USER_PASSWORD_AUTH asked for a proof")
	}
}

func TestSignInRefused(t *testing.T) {
	f := newFake(t)
	for name, opts := range map[string][]gatepass.SignInOption{
		"srp":      {gatepass.Password("wrong")},
		"password": {gatepass.Password("wrong"), gatepass.PasswordAuth()},
	} {
		_, err := f.client().SignIn(t.Context(), "ada", opts...)
		var e *gatepass.Error
		if !errors.Is(err, gatepass.ErrBadPassword) || errors.Is(err, gatepass.ErrLockedOut) || !errors.As(err, &e) {
			t.Fatalf("%s: %v", name, err)
		}
		if e.Status != 400 || e.Code != "NotAuthorizedException" || e.Cause == "" || e.RequestID == "" || e.Op == "" {
			t.Errorf("%s: %+v", name, e)
		}
	}
	if _, err := f.client().SignIn(t.Context(), "ada"); !errors.Is(err, gatepass.ErrConfig) {
		t.Errorf("no password: %v", err)
	}
}

// The table of conditions holds for what the server writes and for what the
// client reads, by one rule.
func TestConditions(t *testing.T) {
	for text, want := range map[string]error{
		"NotAuthorizedException: Password attempts exceeded":                                               gatepass.ErrLockedOut,
		"NotAuthorizedException: Invalid session for the user, session is expired.":                        gatepass.ErrSessionExpired,
		"NotAuthorizedException: Refresh Token has been revoked":                                           gatepass.ErrRefreshExpired,
		"NotAuthorizedException: Invalid Refresh Token.":                                                   gatepass.ErrRefreshExpired,
		"NotAuthorizedException: Access Token has expired":                                                 gatepass.ErrTokenExpired,
		"NotAuthorizedException: Unauthenticated access is not supported for this identity pool.":          gatepass.ErrIdentityForbidden,
		"NotAuthorizedException: Token is not from a supported provider of this identity pool.":            gatepass.ErrNotFromProvider,
		"UserNotConfirmedException: User is not confirmed.":                                                gatepass.ErrUserNotConfirmed,
		"PasswordResetRequiredException: Password reset required for the user":                             gatepass.ErrPasswordResetRequired,
		"InvalidSignatureException: Signature expired: 20201027T123008Z is now earlier than 2020":          gatepass.ErrClockSkew,
		"InvalidSignatureException: The request signature we calculated does not match the signature":      gatepass.ErrSignatureMismatch,
		"AccessDeniedException: User: arn is not authorized to perform: execute-api:Invoke on resource: x": gatepass.ErrDenied,
		"ExpiredTokenException: The security token included in the request is expired":                     gatepass.ErrCredentialsExpired,
		"NotAuthorizedException: Invalid login token. Token expired: 1518436004 >= 1518435610":             gatepass.ErrTokenExpired,
		"NotAuthorizedException: Access to Identity 'eu-west-1:aaaaaaaa-0000-0000-0000-000' is forbidden.": gatepass.ErrIdentityForbidden,
	} {
		code, message, _ := strings.Cut(text, ": ")
		server := wire.Errorf(code, "%s", message)
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { wire.WriteError(w, wire.JSON11, server) }))
		c := &gatepass.Client{UserPoolID: poolID, ClientID: clientID, Endpoint: srv.URL}
		err := c.ConfirmSignUp(t.Context(), "ada", "1")
		srv.Close()
		if !errors.Is(server, want) || !errors.Is(err, want) {
			t.Errorf("%s: server %v, client %v", text, errors.Is(server, want), err)
		}
	}
}

func TestChallenges(t *testing.T) {
	f := newFake(t)
	f.secret = secret
	f.challenges = []*wire.AuthOutput{
		{ChallengeName: "NEW_PASSWORD_REQUIRED", Session: "s1", ChallengeParameters: map[string]string{
			"USER_ID_FOR_SRP": internal, "requiredAttributes": `["userAttributes.name"]`, "userAttributes": `{"email":"ada@example.com","email_verified":true}`,
		}},
		{ChallengeName: "SOFTWARE_TOKEN_MFA", Session: "s2", ChallengeParameters: map[string]string{"FRIENDLY_DEVICE_NAME": "phone"}},
	}
	var asked []string
	_, err := f.client().SignIn(t.Context(), "ada@example.com", gatepass.Password(password),
		gatepass.Answer(func(_ context.Context, ch gatepass.Challenge) (gatepass.Reply, error) {
			asked = append(asked, ch.Name())
			switch ch := ch.(type) {
			case *gatepass.NewPassword:
				if ch.Missing[0] != "name" || ch.Attributes["email_verified"] != "true" {
					t.Errorf("%+v", ch)
				}
				return ch.Set("New-horse-8", map[string]string{"name": "Ada"}), nil
			case *gatepass.TOTP:
				return ch.Code("123 456"), nil
			}
			return gatepass.Reply{}, errors.New("unexpected")
		}))
	if err != nil || strings.Join(asked, " ") != "NEW_PASSWORD_REQUIRED SOFTWARE_TOKEN_MFA" {
		t.Fatalf("%v: %v", asked, err)
	}
	for i, want := range []map[string]string{
		{"USERNAME": internal, "NEW_PASSWORD": "New-horse-8", "userAttributes.name": "Ada"},
		{"USERNAME": internal, "SOFTWARE_TOKEN_MFA_CODE": "123456"},
	} {
		delete(f.answers[i], "SECRET_HASH") // the fake has checked it
		if !maps.Equal(f.answers[i], want) {
			t.Errorf("answer %d: %v, want %v", i, f.answers[i], want)
		}
	}
}

// The fields are those of RespondToAuthChallenge in the API reference.
func TestSentCodes(t *testing.T) {
	f := newFake(t)
	f.challenges = []*wire.AuthOutput{
		{ChallengeName: "SELECT_MFA_TYPE", Session: "s1", ChallengeParameters: map[string]string{"USER_ID_FOR_SRP": internal, "MFAS_CAN_CHOOSE": `["SMS_MFA","SOFTWARE_TOKEN_MFA"]`}},
		{ChallengeName: "SMS_MFA", Session: "s2", ChallengeParameters: map[string]string{"CODE_DELIVERY_DESTINATION": "+*******9876"}},
		{ChallengeName: "EMAIL_OTP", Session: "s3"},
	}
	_, err := f.client().SignIn(t.Context(), "ada", gatepass.Password(password),
		gatepass.Answer(func(_ context.Context, ch gatepass.Challenge) (gatepass.Reply, error) {
			switch ch := ch.(type) {
			case *gatepass.SelectMFA:
				return ch.Choose(ch.Kinds[0]), nil
			case *gatepass.SentCode:
				return ch.Code("12 34" + ch.Destination), nil
			}
			return gatepass.Reply{}, errors.New("unexpected")
		}))
	if err != nil || len(f.answers) != 3 {
		t.Fatalf("%v: %v", f.answers, err)
	}
	for i, want := range []map[string]string{
		{"USERNAME": internal, "ANSWER": "SMS_MFA"},
		{"USERNAME": internal, "SMS_MFA_CODE": "1234+*******9876"},
		{"USERNAME": internal, "EMAIL_OTP_CODE": "1234"},
	} {
		if !maps.Equal(f.answers[i], want) {
			t.Errorf("answer %d: %v, want %v", i, f.answers[i], want)
		}
	}
	f.challenges = []*wire.AuthOutput{{ChallengeName: "SELECT_MFA_TYPE", Session: "s"}}
	never := gatepass.Answer(func(context.Context, gatepass.Challenge) (gatepass.Reply, error) {
		return gatepass.Reply{}, errors.New("asked")
	})
	if _, err := f.client().SignIn(t.Context(), "ada", gatepass.Password(password), never); err == nil || !strings.Contains(err.Error(), "MFAS_CAN_CHOOSE") {
		t.Errorf("a choice of nothing: %v", err)
	}
}

func TestUnhandledChallenge(t *testing.T) {
	why := errors.New("no phone at hand")
	for name, answer := range map[string]gatepass.SignInOption{
		"SMS_MFA":            gatepass.Password(password),
		"SOFTWARE_TOKEN_MFA": gatepass.Password(password),
		"NEW_PASSWORD_REQUIRED": gatepass.Answer(func(context.Context, gatepass.Challenge) (gatepass.Reply, error) {
			return gatepass.Reply{}, why
		}),
	} {
		f := newFake(t)
		f.challenges = []*wire.AuthOutput{{ChallengeName: name, Session: "s"}}
		_, err := f.client().SignIn(t.Context(), "ada", gatepass.Password(password), answer)
		var e *gatepass.UnhandledChallengeError
		if !errors.Is(err, gatepass.ErrUnhandledChallenge) || !errors.As(err, &e) || e.Name != name || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		if name == "NEW_PASSWORD_REQUIRED" && !errors.Is(err, why) {
			t.Errorf("the reason is lost: %v", err)
		}
	}
}

// N02: nothing malformed becomes part of a host name.
func TestIDsAreChecked(t *testing.T) {
	never := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		t.Errorf("a connection to %s", r.URL)
		return nil, errors.New("no")
	})}
	for name, c := range map[string]*gatepass.Client{
		"nothing":        {},
		"host in region": {Region: "x@attacker.com:443/#", UserPoolID: poolID, ClientID: clientID},
		"newline":        {Region: "us-east-1\n", UserPoolID: poolID, ClientID: clientID},
		"other digits":   {UserPoolID: "us-east-１_AbC", ClientID: clientID},
		"host in pool":   {UserPoolID: "evil.com/#_AbC", ClientID: clientID},
		"no region":      {UserPoolID: "local_AbC", ClientID: clientID},
		"client":         {UserPoolID: poolID, ClientID: "a b"},
		"identity pool":  {UserPoolID: poolID, ClientID: clientID, IdentityPoolID: "eu-west-1:../x"},
		"plain http":     {UserPoolID: poolID, ClientID: clientID, Endpoint: "http://cognito.example"},
		"user info":      {UserPoolID: poolID, ClientID: clientID, Endpoint: "https://a:b@cognito.example"},
		"not a URL":      {UserPoolID: poolID, ClientID: clientID, Endpoint: "cognito.example:443"},
		"ftp":            {UserPoolID: poolID, ClientID: clientID, Endpoint: "ftp://cognito.example"},
	} {
		c.HTTPClient = never
		if _, err := c.SignIn(t.Context(), "ada", gatepass.Password("x")); !errors.Is(err, gatepass.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestEndpointVariables(t *testing.T) {
	host := func(edit func(*gatepass.Client)) string {
		var seen string
		c := &gatepass.Client{UserPoolID: poolID, ClientID: clientID}
		c.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			seen = r.URL.Scheme + "://" + r.URL.Host
			return nil, errors.New("seen")
		})}
		edit(c)
		if err := c.ConfirmSignUp(t.Context(), "ada", "1"); err == nil {
			t.Error("no error")
		}
		return seen
	}
	none := func(*gatepass.Client) {}
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"} {
		t.Setenv(name, "")
	}
	steps := []struct{ name, value, want string }{
		{"", "", "https://cognito-idp.eu-west-1.amazonaws.com"},
		{"AWS_ENDPOINT_URL", "http://127.0.0.1:1", "http://127.0.0.1:1"},
		{"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "http://localhost:2/", "http://localhost:2"},
		{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", "https://cognito-idp.eu-west-1.amazonaws.com"},
	}
	for _, s := range steps {
		if s.name != "" {
			t.Setenv(s.name, s.value)
		}
		if got := host(none); got != s.want {
			t.Errorf("%s=%s: %s, want %s", s.name, s.value, got, s.want)
		}
	}
	if got := host(func(c *gatepass.Client) { c.Endpoint = "https://auth.example" }); got != "https://auth.example" {
		t.Errorf("Client.Endpoint: %s", got)
	}
	for pool, want := range map[string]string{
		"cn-north-1_A": "https://cognito-idp.cn-north-1.amazonaws.com.cn", "eusc-de-east-1_A": "https://cognito-idp.eusc-de-east-1.amazonaws.eu",
	} {
		if got := host(func(c *gatepass.Client) { c.UserPoolID = pool }); got != want {
			t.Errorf("%s: %s, want %s", pool, got, want)
		}
	}
}

// N08: what a broken or hostile server can answer is an error, in bounded memory.
func TestBrokenServer(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"html 502":  func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusBadGateway) },
		"no json":   func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{") },
		"empty":     func(http.ResponseWriter, *http.Request) {},
		"no tokens": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"AuthenticationResult":{}}`) },
		"no jwt": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"AuthenticationResult":{"IdToken":"x","AccessToken":"y","RefreshToken":"z"}}`)
		},
		"hostile B": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SRP_B":"0","SALT":"-1f","SECRET_BLOCK":"!"}}`)
		},
		"nothing": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{}`) },
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		},
		"huge": func(w http.ResponseWriter, _ *http.Request) {
			chunk := []byte(strings.Repeat(" ", 1<<20))
			for range 12 {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		},
		"for ever": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"ChallengeName":"SOFTWARE_TOKEN_MFA"}`)
		},
	} {
		srv := httptest.NewServer(h)
		c := &gatepass.Client{UserPoolID: poolID, ClientID: clientID, Endpoint: srv.URL}
		s, err := c.SignIn(t.Context(), "ada", gatepass.Password("x"), gatepass.Answer(func(_ context.Context, ch gatepass.Challenge) (gatepass.Reply, error) {
			return ch.(*gatepass.TOTP).Code("1"), nil
		}))
		if err == nil || s != nil {
			t.Errorf("%s: accepted", name)
		}
		srv.Close()
	}
}

// Rule 4, F21: whatever is printed, logged or marshalled holds no secret.
func TestNothingPrintsSecrets(t *testing.T) {
	f := newFake(t)
	f.secret = secret
	c := f.client()
	s, err := c.SignIn(t.Context(), "ada", gatepass.Password(password))
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := s.Tokens(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	creds, err := s.Credentials(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	log := slog.New(slog.NewTextHandler(&out, nil))
	reply := new(gatepass.TOTP).Code("canary-code")
	for _, v := range []any{c, s, tokens, &tokens, creds, &creds, reply, []any{tokens, creds}, s.Transport(), struct{ s *gatepass.Session }{s}} {
		fmt.Fprintf(&out, "%v %+v %#v %s\n", v, v, v, v)
		log.Info("x", "v", v)
	}
	if b, err := json.Marshal(creds); err == nil {
		out.Write(b)
	}
	if strings.Contains(out.String(), "canary") {
		t.Errorf("a secret is printed:\n%s", out.String())
	}
}
