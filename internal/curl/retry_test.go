package curl

import (
	"net/http"
	"testing"
	"time"
)

// A server cannot have a try wait for longer than curl's six hours, nor for ever.
func TestRetryAfterBound(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for v, want := range map[string]time.Duration{
		"5": 5 * time.Second, "100000": 6 * time.Hour, "9223372037": 6 * time.Hour, "9223372036854775807": 6 * time.Hour,
		"Thu, 01 Jan 2026 00:01:00 GMT": time.Minute, "Fri, 01 Jan 2999 00:00:00 GMT": 6 * time.Hour,
		"-5": 0, "Wed, 01 Jan 2020 00:00:00 GMT": 0, "soon": 0,
	} {
		a := &Answer{Response: &http.Response{Header: http.Header{"Retry-After": {v}}}}
		if got := retryAfter(a, now); got != want {
			t.Errorf("%s: %s, want %s", v, got, want)
		}
	}
}

// What names a secret is withheld where it is shown, and where another host is.
func TestRedactNames(t *testing.T) {
	for key, secret := range map[string]bool{
		"Authorization": true, "proxy-authorization": true, "X-Original-Authorization": true, "Cookie": true, "X-Api-Key": true, "Api-Key": true,
		"X-ApiKey": true, "X-Amz-Security-Token": true, "X-Auth-Key": true, "Ocp-Apim-Subscription-Key": true, "X-Client-Secret": true,
		"X-Password": true, "X-Csrf-Token": true, "X-Session-Id": true, "X-Credential": true, "X-Hub-Signature": true,
		"Content-Type": false, "Accept": false, "X-Amz-Date": false, "X-Amz-Content-Sha256": false, "Access-Control-Allow-Credentials": false, "Idempotency-Key": false, "X-Request-Id": false, "Author": false, "Keep-Alive": false,
	} {
		if got := Redact(key, "value"); (got != "value") != secret {
			t.Errorf("%s: %s", key, got)
		}
	}
}
