package cli_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gatepass/gatepass/internal/wire"
)

// totp enrols an authenticator app for the signed-in user, and writes the next
// code, as typed at a terminal after the password, to tty.txt.
func totp(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(ts.Exec("gatepass", "token", "access"))
	access := strings.TrimSpace(ts.ReadFile("stdout"))
	call := func(op string, in, out any) {
		ts.Check(wire.Caller{}.Call(context.Background(), ts.Getenv("GATEPASS_ENDPOINT"), wire.TargetIDP, op, in, out))
	}
	var secret wire.AssociateSoftwareTokenOutput
	call("AssociateSoftwareToken", wire.AssociateSoftwareTokenInput{AccessToken: access}, &secret)
	now := time.Now()
	first, err := code(secret.SecretCode, now)
	ts.Check(err)
	next, err := code(secret.SecretCode, now.Add(30*time.Second))
	ts.Check(err)
	call("VerifySoftwareToken", wire.VerifySoftwareTokenInput{AccessToken: access, UserCode: first}, new(wire.VerifySoftwareTokenOutput))
	call("SetUserMFAPreference", map[string]any{
		"AccessToken": access, "SoftwareTokenMfaSettings": map[string]bool{"Enabled": true, "PreferredMfa": true},
	}, new(struct{}))
	// A code is taken once, so the sign-in needs that of the next half minute.
	typed := ts.Getenv("PASSWORD") + "\n" + next + "\n"
	ts.Check(os.WriteFile(ts.MkAbs("tty.txt"), []byte(typed), 0o600))
}

// temporary FILE puts the temporary password of an invitation in $TEMPORARY.
func temporary(ts *testscript.TestScript, _ bool, args []string) {
	var messages []struct{ Body string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &messages))
	if len(messages) != 1 {
		ts.Fatalf("%d messages", len(messages))
	}
	_, password, ok := strings.Cut(messages[0].Body, "temporary password is ")
	if !ok {
		ts.Fatalf("no password in %q", messages[0].Body)
	}
	ts.Setenv("TEMPORARY", password)
}

// code is RFC 6238 with SHA-1, six digits and steps of 30 seconds.
func code(secret string, at time.Time) (string, error) {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	mac := hmac.New(sha1.New, key)
	_ = binary.Write(mac, binary.BigEndian, at.Unix()/30)
	sum := mac.Sum(nil)
	i := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[i:])&0x7fffffff%1000000), err
}
