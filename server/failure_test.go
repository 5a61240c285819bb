package server

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestFailureIsLogged: why a call failed is in the log, and not in the answer.
func TestFailureIsLogged(t *testing.T) {
	var log bytes.Buffer
	s := node(t, nil, &log)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for target, body := range map[string]string{
		"AWSCognitoIdentityProviderService.InitiateAuth": `{"AuthFlow":"USER_SRP_AUTH","ClientId":"x","AuthParameters":{"USERNAME":"ada","SRP_A":"1"}}`,
		"AWSCognitoIdentityService.GetId":                `{"IdentityPoolId":"us-east-1:11111111-2222-4333-8444-555555555555"}`,
	} {
		log.Reset()
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("X-Amz-Target", target)
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != 503 || strings.Contains(w.Body.String(), "closed") {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
		if line := log.String(); !strings.Contains(line, "level=ERROR msg=request") || !strings.Contains(line, "closed") {
			t.Errorf("%s: the log does not say why: %s", target, line)
		}
	}
}
