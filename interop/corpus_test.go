package interop

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/internal/curl/corpus"
	"github.com/gatepass/gatepass/proxy"
	"github.com/gatepass/gatepass/sigv4"
)

// corpusEnv gives the program the keys of the test and nothing else.
func corpusEnv(dir string) []string {
	return append(clean(os.Environ()), "HOME="+dir, "GATEPASS_HOME="+dir, "GATEPASS_KEYRING=off", "GATEPASS_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID="+diffKeys.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+diffKeys.SecretAccessKey, "AWS_SESSION_TOKEN="+diffKeys.SessionToken)
}

// taker is an API that takes everything, under IPv4 and IPv6.
type taker struct {
	rec      *corpus.Recorder
	url, six string // six is "" where there is no IPv6
}

func newTaker(t *testing.T, wrap func(url string) http.Handler) *taker {
	t.Helper()
	k := &taker{rec: &corpus.Recorder{Next: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}}
	back := httptest.NewServer(k.rec)
	t.Cleanup(back.Close)
	front := back
	if wrap != nil {
		front = httptest.NewServer(wrap(back.URL))
		t.Cleanup(front.Close)
	}
	k.url = front.URL
	if l, err := net.Listen("tcp", "[::1]:0"); err == nil {
		six := &httptest.Server{Listener: l, Config: &http.Server{Handler: front.Config.Handler}}
		six.Start()
		t.Cleanup(six.Close)
		k.six = strings.Replace(six.URL, "[::1]", "127.0.0.1", 1)
	}
	return k
}

// send runs a command for every case and gives what arrived.
func (k *taker) send(t *testing.T, dir string, check func(corpus.Case, corpus.Wire) error, command func(args []string) *exec.Cmd) (names []string, wires []corpus.Wire) {
	t.Helper()
	for _, c := range corpus.Cases() {
		base := k.url + "/prod"
		if c.Host == "[::1]" {
			if base = k.six + "/prod"; k.six == "" {
				continue
			}
		}
		args, err := c.Arguments(base, dir)
		if err != nil {
			t.Fatal(err)
		}
		cmd := command(args)
		cmd.Env, cmd.Stdin = corpusEnv(dir), strings.NewReader(c.Stdin)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%.500s", c.Name, err, out)
		}
		got := k.rec.Take()
		if len(got) != 1 {
			t.Errorf("%s: %d requests arrived", c.Name, len(got))
			continue
		}
		if err := check(c, got[0]); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
		names, wires = append(names, c.Name+" "+c.Sent), append(wires, got[0])
	}
	return names, wires
}

var signedParts = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=([^/]+)/\d{8}/us-east-1/execute-api/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$`)

// bySDK signs what arrived with aws-sdk-go-v2 and compares.
func bySDK(w corpus.Wire) error {
	m := signedParts.FindStringSubmatch(w.Header.Get("Authorization"))
	if m == nil {
		return fmt.Errorf("it is not signed as it should be: %q", w.Header.Get("Authorization"))
	}
	at, err := time.Parse("20060102T150405Z", w.Header.Get("X-Amz-Date"))
	if err != nil {
		return err
	}
	r, err := http.NewRequest(w.Method, "http://"+w.Host+w.Target, nil)
	if err != nil {
		return err
	}
	for name := range strings.SplitSeq(m[2], ";") {
		if key := http.CanonicalHeaderKey(name); key != "Host" && key != "X-Amz-Date" && key != "X-Amz-Security-Token" {
			r.Header[key] = w.Header[key]
		}
	}
	sum := sigv4.HashOf(w.Body)
	keys := aws.Credentials{AccessKeyID: diffKeys.AccessKeyID, SecretAccessKey: diffKeys.SecretAccessKey, SessionToken: w.Header.Get("X-Amz-Security-Token")}
	if err := v4.NewSigner().SignHTTP(context.Background(), keys, r, hex.EncodeToString(sum[:]), "execute-api", "us-east-1", at); err != nil {
		return err
	}
	if got, want := w.Header.Get("Authorization"), r.Header.Get("Authorization"); got != want {
		return fmt.Errorf("signed as %s\nthe SDK signs %s", got, want)
	}
	return nil
}

// disagreements are the requests that the SDK and botocore sign otherwise, and how.
func disagreements(t *testing.T, names []string, wires []corpus.Wire) (sdk, botocore map[string]string) {
	t.Helper()
	if len(wires) < 60 {
		t.Errorf("only %d requests arrived, want 60 or more", len(wires))
	}
	type entry struct {
		Name, Method, URL, Authorization, Date string
		Headers                                [][2]string
		Body                                   []byte
	}
	var list []entry
	sdk, botocore = map[string]string{}, map[string]string{}
	for i, w := range wires {
		if err := bySDK(w); err != nil {
			sdk[names[i]] = err.Error()
		}
		e := entry{Name: names[i], Method: w.Method, URL: "http://" + w.Host + w.Target, Authorization: w.Header.Get("Authorization"), Date: w.Header.Get("X-Amz-Date"), Body: w.Body}
		w.Header.Set("Host", w.Host)
		if m := signedParts.FindStringSubmatch(e.Authorization); m != nil {
			for name := range strings.SplitSeq(m[2], ";") {
				for _, v := range w.Header[http.CanonicalHeaderKey(name)] {
					e.Headers = append(e.Headers, [2]string{name, v})
				}
			}
		}
		list = append(list, e)
	}
	doc, err := json.Marshal(map[string]any{"key": diffKeys.AccessKeyID, "secret": diffKeys.SecretAccessKey, "requests": list})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(boto3(t), filepath.Join("py", "corpus.py"))
	cmd.Env, cmd.Stdin = clean(os.Environ()), bytes.NewReader(doc)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := json.Unmarshal(out, &botocore); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%d requests", len(wires))
	return sdk, botocore
}

// verify wants both to sign every request as it was signed.
func verify(t *testing.T, names []string, wires []corpus.Wire) {
	t.Helper()
	sdk, botocore := disagreements(t, names, wires)
	for name, how := range sdk {
		if !strings.HasPrefix(name, "tab within") { // the SDK folds blanks only, botocore tabs too
			t.Errorf("%.80s: %s", name, how)
		}
	}
	for name, how := range botocore {
		t.Errorf("%.80s: botocore signs\n%s", name, how)
	}
}

// program builds gatepass.
func program(t *testing.T) (path, dir string) {
	t.Helper()
	dir = t.TempDir()
	path = filepath.Join(dir, "gatepass")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", path, "./cmd/gatepass")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return path, dir
}

// TestCorpus: what gatepass call signs, foreign signers sign the same.
func TestCorpus(t *testing.T) {
	path, dir := program(t)
	names, wires := newTaker(t, nil).send(t, dir, asSaid, func(args []string) *exec.Cmd {
		return exec.Command(path, append([]string{"call", "-s", "--aws-profile", "env"}, args...)...)
	})
	verify(t, names, wires)
}

func asSaid(c corpus.Case, w corpus.Wire) error { return c.Check(w, "/prod") }

// TestCorpusProxy: a proxy changes neither target nor body, and what it signs a
// foreign signer signs the same. Targets of which receivers make different things
// (a plus, dot segments) pass as they are: one of the two must agree.
func TestCorpusProxy(t *testing.T) {
	path, dir := program(t)
	near := &corpus.Recorder{}
	k := newTaker(t, func(back string) http.Handler {
		p := &proxy.Proxy{
			Upstream: proxy.Upstream{URL: back, Region: "us-east-1"}, Hosts: []string{"*"},
			Credentials: func(context.Context) (gatepass.Credentials, error) {
				return gatepass.Credentials{Credentials: diffKeys}, nil
			},
		}
		t.Cleanup(func() { _ = p.Close() })
		near.Next = p
		return near
	})
	unchanged := func(_ corpus.Case, far corpus.Wire) error {
		w := near.Take()[0]
		if w.Method != far.Method || w.Target != far.Target || !bytes.Equal(w.Body, far.Body) {
			return fmt.Errorf("%s %s went in, %s %s came out", w.Method, w.Target, far.Method, far.Target)
		}
		return nil
	}
	names, wires := k.send(t, dir, unchanged, func(args []string) *exec.Cmd {
		return exec.Command(path, append([]string{"call", "-s", "--auth", "none"}, args...)...)
	})
	sdk, botocore := disagreements(t, names, wires)
	for name, how := range sdk {
		if other, ok := botocore[name]; ok {
			t.Errorf("%.80s: %s\nbotocore signs\n%s", name, how, other)
		}
	}
}

// TestCorpusCurl: what gatepass sign prints as a curl command is signed when curl
// has sent it.
func TestCorpusCurl(t *testing.T) {
	need(t, "apt-get install curl", "curl", "sh")
	path, dir := program(t)
	names, wires := newTaker(t, nil).send(t, dir, asSaid, func(args []string) *exec.Cmd {
		sign := exec.Command(path, append([]string{"sign", "--as", "curl", "--aws-profile", "env"}, args...)...)
		sign.Env = corpusEnv(dir)
		sign.Stdin = strings.NewReader(stdinOf(args))
		var errs bytes.Buffer
		sign.Stderr = &errs
		printed, err := sign.Output()
		if err != nil {
			t.Errorf("%.200q: %v\n%s", args, err, errs.Bytes())
		}
		script := filepath.Join(dir, "script")
		if err := os.WriteFile(script, append([]byte("curl() { command curl -qsS --noproxy '*' \"$@\"; }\n"), printed...), 0o600); err != nil {
			t.Fatal(err)
		}
		return exec.Command("sh", script)
	})
	verify(t, names, wires)
}

// stdinOf finds what a case wants on stdin by its arguments.
func stdinOf(args []string) string {
	for _, c := range corpus.Cases() {
		if c.Stdin != "" && len(c.Args) == len(args)-1 && strings.Join(c.Args, "\x00") == strings.Join(args[1:], "\x00") {
			return c.Stdin
		}
	}
	return ""
}
