package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/internal/wire"
)

// TestExitCodes provokes the errors of the network for real and takes the rest
// as the client gives them.
func TestExitCodes(t *testing.T) {
	silent := httptest.NewUnstartedServer(nil)
	defer silent.Listener.Close()
	encrypted := httptest.NewUnstartedServer(http.NotFoundHandler())
	encrypted.Config.ErrorLog = log.New(io.Discard, "", 0)
	encrypted.StartTLS()
	defer encrypted.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()

	for _, c := range []struct {
		name string
		err  error
		want int
	}{
		{"none", nil, 0},
		{"other", errors.New("other"), 1},
		{"usage", fmt.Errorf("wrapped: %w", usageErrorf("x")), 2},
		{"configuration", gatepass.ErrConfig, 2},
		{"not signed in", fmt.Errorf("Get: %w", gatepass.ErrNotSignedIn), 4},
		{"refresh token over", refusedWith("NotAuthorizedException", "Refresh Token has expired"), 4},
		{"bad password", refusedWith("NotAuthorizedException", "Incorrect username or password."), 5},
		{"locked out", refusedWith("NotAuthorizedException", "Password attempts exceeded"), 5},
		{"challenge", &gatepass.UnhandledChallengeError{Name: "SMS_MFA"}, 5},
		{"host name", &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}, 6},
		{"nothing listens", get("http://127.0.0.1:1/"), 7},
		{"refused by the API", &statusError{status: "403 Forbidden", err: gatepass.ErrDenied}, 22},
		{"stdout", &writeError{io.ErrClosedPipe}, 23},
		{"silence", getWithin(50*time.Millisecond, "http://"+silent.Listener.Addr().String()), 28},
		{"plain server", get("https://" + plain.Listener.Addr().String()), 35},
		{"unknown certificate", get(encrypted.URL), 60},
		{"interrupted in a challenge", errors.Join(gatepass.ErrUnhandledChallenge, context.Canceled), 130},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("%s: exit code %d, want %d: %v", c.name, got, c.want, c.err)
		}
	}
}

func refusedWith(code, message string) error {
	return fmt.Errorf("InitiateAuth: %w", wire.Errorf(code, "%s", message))
}

// get is the error of a request that is given plenty of time.
func get(url string) error { return getWithin(time.Minute, url) }

func getWithin(d time.Duration, url string) error {
	resp, err := (&http.Client{Timeout: d, Transport: &http.Transport{DisableKeepAlives: true}}).Get(url)
	if err == nil {
		_ = resp.Body.Close()
	}
	return err
}
