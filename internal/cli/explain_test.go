package cli_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gatepass/gatepass/sigv4"
)

// signedCurl FILE METHOD PATH [change...] writes a curl command that calls the
// API as somebody's signer would, with the key of AWS_ACCESS_KEY_ID, into FILE.
// Changes, in the order in which they are made:
//
//	at=DURATION region=R service=S key=ID secret=S token=T   what it is signed with
//	before=Name:Value                                        a header that is signed
//	body=TEXT                                                the body that is signed
//	canonical=OLD:NEW                                        in the canonical request (a signer's mistake)
//	auth=OLD:NEW                                             in the Authorization header
//	after=Name:Value, drop=Name, method=M, path=P, send=TEXT what is sent instead
func signedCurl(ts *testscript.TestScript, _ bool, args []string) {
	c := curlCommand{ts: ts, method: args[1], path: args[2], now: time.Now(), region: "us-east-1", service: "execute-api"}
	c.creds = sigv4.Credentials{AccessKeyID: ts.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: ts.Getenv("AWS_SECRET_ACCESS_KEY")}
	c.header = http.Header{}
	signed := false
	for _, arg := range args[3:] {
		name, value, _ := strings.Cut(arg, "=")
		if !signed && strings.Contains(" auth after drop method path send canonical ", " "+name+" ") {
			c.sign()
			signed = true
		}
		c.change(name, value)
	}
	if !signed {
		c.sign()
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(c.String()), 0o600))
}

type curlCommand struct {
	ts                            *testscript.TestScript
	method, path, region, service string
	body                          string
	creds                         sigv4.Credentials
	header                        http.Header
	now                           time.Time
}

func (c *curlCommand) change(name, value string) {
	first, rest, _ := strings.Cut(value, ":")
	switch name {
	case "at":
		d, err := time.ParseDuration(value)
		c.ts.Check(err)
		c.now = c.now.Add(d)
	case "region":
		c.region = value
	case "service":
		c.service = value
	case "key":
		c.creds.AccessKeyID = value
	case "secret":
		c.creds.SecretAccessKey = value
	case "token":
		c.creds.SessionToken = value
	case "before", "after":
		c.header.Add(first, rest)
	case "drop":
		c.header.Del(value)
	case "auth":
		c.header.Set("Authorization", strings.Replace(c.header.Get("Authorization"), first, rest, 1))
	case "body", "send":
		c.body = value
	case "method":
		c.method = value
	case "path":
		c.path = value
	case "canonical":
		c.resign(first, rest)
	default:
		c.ts.Fatalf("signedcurl: no change is called %s", name)
	}
}

func (c *curlCommand) request() *http.Request {
	r, err := http.NewRequest(c.method, c.ts.Getenv("GATEPASS_API")+c.path, strings.NewReader(c.body))
	c.ts.Check(err)
	r.Header = c.header
	return r
}

func (c *curlCommand) signer() *sigv4.Signer {
	s := &sigv4.Signer{Region: c.region, Profile: sigv4.ExecuteAPI()}
	s.Profile.Service = c.service
	for name := range c.header {
		if name == "X-Forwarded-Proto" { // as others sign it
			continue
		}
		s.SignHeaders = append(s.SignHeaders, name)
	}
	return s
}

func (c *curlCommand) sign() {
	c.ts.Check(c.signer().Sign(c.request(), c.creds, sigv4.HashOf([]byte(c.body)), c.now))
}

// resign makes the signature that a signer gets from another canonical request.
func (c *curlCommand) resign(old, replacement string) {
	t, err := sigv4.TraceOf(c.request(), sigv4.ExecuteAPI(), sigv4.HashOf([]byte(c.body)))
	c.ts.Check(err)
	wrong := strings.Replace(t.CanonicalRequest, old, replacement, 1)
	if wrong == t.CanonicalRequest {
		c.ts.Fatalf("signedcurl: %q is not in\n%s", old, wrong)
	}
	c.change("auth", t.Signature+":"+signatureOf(t, wrong, c.creds.SecretAccessKey))
}

func (c *curlCommand) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "curl -X %s '%s%s'", c.method, c.ts.Getenv("GATEPASS_API"), c.path)
	for name, values := range c.header {
		for _, v := range values {
			fmt.Fprintf(&b, " -H '%s: %s'", name, v)
		}
	}
	if c.body != "" {
		fmt.Fprintf(&b, " --data-raw '%s'", c.body)
	}
	return b.String()
}

// signatureOf signs a canonical request in place of that of a trace.
func signatureOf(t sigv4.Trace, canonical, secret string) string {
	lines := strings.Split(t.StringToSign, "\n")
	lines[3] = hexSHA256(canonical)
	key := []byte("AWS4" + secret)
	for part := range strings.SplitSeq(t.Scope, "/") {
		key = hmacSHA256(key, part)
	}
	return fmt.Sprintf("%x", hmacSHA256(key, strings.Join(lines, "\n")))
}

func hexSHA256(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(s))) }

func hmacSHA256(key []byte, text string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

// explains CAUSE curl COMMAND, explains CAUSE signed METHOD PATH [change...] and
// explains CAUSE live ARGUMENT... want gatepass explain to end with 22, to name
// that cause first, and to show no secret.
func explains(ts *testscript.TestScript, _ bool, args []string) {
	cause, kind, rest := args[0], args[1], args[2:]
	run := []string{"explain", "--format", "json"}
	switch kind {
	case "curl":
		run = append(run, "--curl", rest[0])
	case "signed":
		signedCurl(ts, false, append([]string{"signed.txt"}, rest...))
		run = append(run, "--curl", ts.ReadFile("signed.txt"))
	case "live":
		run = append(run, rest...)
	default:
		ts.Fatalf("explains: no kind is called %s", kind)
	}
	exits(ts, false, append([]string{"22", "gatepass"}, run...))
	out := ts.ReadFile("stdout")
	var reports []struct {
		Causes []struct{ Name string }
	}
	ts.Check(json.Unmarshal([]byte(out), &reports))
	if len(reports) != 1 || len(reports[0].Causes) == 0 || reports[0].Causes[0].Name != cause {
		ts.Fatalf("not explained as %s", cause)
	}
	for _, secret := range []string{ts.Getenv("AWS_SECRET_ACCESS_KEY"), "session-token-secret", "bearer-secret"} {
		if secret != "" && strings.Contains(out, secret) {
			ts.Fatalf("%s is shown", secret)
		}
	}
	if signatureShown.MatchString(out) {
		ts.Fatalf("a signature is shown")
	}
}

var signatureShown = regexp.MustCompile(`Signature=[0-9a-f]{8}`)
