package cli_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
)

// factors is a user pool that has the user choose a factor and sends a code, as
// the pages of RespondToAuthChallenge in the API reference show it.
func factors(t *testing.T) *httptest.Server {
	part := func(v any) string {
		b, _ := json.Marshal(v)
		return base64.RawURLEncoding.EncodeToString(b)
	}
	jwt := part(map[string]any{"alg": "none"}) + "." + part(map[string]any{"cognito:username": "ada", "exp": 4000000000, "iat": 3999996400}) + ".x"
	step := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Session            string
			ChallengeResponses map[string]string
		}
		_ = json.NewDecoder(r.Body).Decode(&in)
		step++
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		switch {
		case step == 1:
			fmt.Fprint(w, `{"ChallengeName":"SELECT_MFA_TYPE","Session":"one","ChallengeParameters":{"MFAS_CAN_CHOOSE":"[\"SMS_MFA\",\"EMAIL_OTP\"]"}}`)
		case step == 2 && in.ChallengeResponses["ANSWER"] == "EMAIL_OTP":
			fmt.Fprint(w, `{"ChallengeName":"EMAIL_OTP","Session":"two","ChallengeParameters":{"CODE_DELIVERY_DESTINATION":"a***@e***"}}`)
		case step == 4 && in.Session == "two" && in.ChallengeResponses["EMAIL_OTP_CODE"] == "123456":
			fmt.Fprintf(w, `{"AuthenticationResult":{"AccessToken":%q,"IdToken":%q,"RefreshToken":"r","ExpiresIn":3600,"TokenType":"Bearer"}}`, jwt, jwt)
		default:
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"__type":"CodeMismatchException","message":"step %d: %v"}`, step, in.ChallengeResponses)
		}
	}))
	t.Cleanup(srv.Close)
	return srv
}

func TestSentCodeAtTerminal(t *testing.T) {
	env := append(os.Environ(), "GATEPASS_HOME="+t.TempDir(), "GATEPASS_ENDPOINT="+factors(t).URL, "GATEPASS_KEYRING=off",
		"GATEPASS_USER_POOL_ID=us-east-1_abc", "GATEPASS_CLIENT_ID=abc")
	p := runOnTerminalWith(t, env, "login", "ada", "--password-auth")
	p.await("Password of ada: ")
	p.awaitEcho(false)
	p.write("x\n")
	p.await("  2  a code by e-mail")
	p.await("Number: ")
	p.write("3\n")
	p.await("From 1 to 2. Number: ")
	p.write("2\n")
	p.pass("Code that was sent to you (a***@e***): ")
	p.write("123457\n")
	p.await("that code is wrong; try again")
	p.await("Code that was sent to you (a***@e***): ")
	p.write("123456\n")
	p.await("signed in as ada")
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
