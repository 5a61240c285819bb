package cli_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/gatepasstest"
	"github.com/gatepass/gatepass/internal/curl/corpus"
	"github.com/gatepass/gatepass/server"
)

// awkward is a gate that takes every path and method, and a user who is signed in
// to it.
type awkward struct {
	t    *testing.T
	rec  *corpus.Recorder
	base string // of the API
	path string // of base
	dir  string
	env  []string
}

func newAwkward(t *testing.T) *awkward {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: starts a process for each of the awkward requests")
	}
	st := gatepasstest.New(t, func(s *server.Server) {
		c := server.Sample("")
		c.Roles[0].Policies["all"] = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*"}}`
		c.APIs[0].CORS = nil
		c.APIs[0].Routes = []server.Route{{
			Path: "/{proxy+}", Methods: []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}, Auth: "AWS_IAM", Handler: "any",
		}}
		s.Config = c
		s.Handlers = map[string]http.Handler{"any": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			fmt.Fprintln(w, "ok")
		})}
	})
	st.AddUser("ada")
	a := &awkward{t: t, rec: &corpus.Recorder{Next: st}, dir: t.TempDir()}
	front := httptest.NewServer(a.rec)
	t.Cleanup(front.Close)
	a.path = strings.TrimPrefix(st.API, st.URL)
	a.base = front.URL + a.path
	a.env = append(os.Environ(), "HOME="+a.dir, "GATEPASS_HOME="+a.dir, "GATEPASS_KEYRING=off", "GATEPASS_ENDPOINT="+st.URL, "GATEPASS_REGION=us-east-1",
		"GATEPASS_USER_POOL_ID="+server.SampleUserPool, "GATEPASS_CLIENT_ID="+server.SampleClient, "GATEPASS_IDENTITY_POOL_ID="+server.SampleIdentityPool)
	a.run(gatepasstest.Password, "gatepass", "login", "--password-stdin", "ada")
	a.rec.Take()
	return a
}

// run runs a program and gives what it prints.
func (a *awkward) run(stdin, name string, args ...string) []byte {
	a.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env, cmd.Stdin = a.env, strings.NewReader(stdin)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		a.t.Fatalf("%s %.300q: %v\n%s%s", name, args, err, out, errs.Bytes())
	}
	return out
}

// each runs send for every case and wants the gate to have taken one request, as
// the case says.
func (a *awkward) each(send func(*awkward, corpus.Case, []string) (status []byte)) {
	for _, c := range corpus.Cases() {
		a.t.Run(c.Name, func(t *testing.T) {
			a := &awkward{t, a.rec, a.base, a.path, a.dir, a.env}
			if c.Host == "[::1]" {
				a.onIPv6()
			}
			a.rec.Take()
			args, err := c.Arguments(a.base, a.dir)
			if err != nil {
				t.Fatal(err)
			}
			status := send(a, c, args)
			got := a.rec.Take()
			if len(got) != 1 {
				t.Fatalf("%d requests arrived", len(got))
			}
			if err := c.Check(got[0], a.path); err != nil {
				t.Error(err)
			}
			if string(status) != strconv.Itoa(c.Gate) {
				t.Errorf("the gate answered %s, want %d", status, c.Gate)
			}
		})
	}
}

// onIPv6 moves to the same gate on the IPv6 loopback.
func (a *awkward) onIPv6() {
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		if os.Getenv("GATEPASS_REQUIRE") == "all" {
			a.t.Fatal(err)
		}
		a.t.Skipf("no IPv6 here: give the loopback interface ::1 to enable this test: %v", err)
	}
	front := &httptest.Server{Listener: l, Config: &http.Server{Handler: a.rec}}
	front.Start()
	a.t.Cleanup(front.Close)
	a.base = strings.Replace(front.URL, "[::1]", "127.0.0.1", 1) + a.path
}

// TestCorpusCall sends every awkward request by call; the gate verifies it.
func TestCorpusCall(t *testing.T) {
	newAwkward(t).each(func(a *awkward, c corpus.Case, args []string) []byte {
		return a.run(c.Stdin, "gatepass", append([]string{"call", "-s", "-o", os.DevNull, "-w", "%{http_code}"}, args...)...)
	})
}

// TestCorpusSign sends every awkward request by curl, as sign --as curl prints it.
func TestCorpusSign(t *testing.T) {
	for _, tool := range []string{"sh", "curl"} {
		if _, err := exec.LookPath(tool); err != nil && os.Getenv("GATEPASS_REQUIRE") != "all" {
			t.Skipf("%s is not installed: install it to enable this test", tool)
		}
	}
	newAwkward(t).each(func(a *awkward, c corpus.Case, args []string) []byte {
		printed := a.run(c.Stdin, "gatepass", append([]string{"sign", "--as", "curl"}, args...)...)
		if got := a.rec.Take(); len(got) > 0 {
			a.t.Errorf("sign sent %v", got)
		}
		return a.run("curl() { command curl -qsS --noproxy '*' -o /dev/null -w '%{http_code}' \"$@\"; }\n"+string(printed), "sh")
	})
}

// TestCorpusSize holds that the corpus is not cut down.
func TestCorpusSize(t *testing.T) {
	names := map[string]bool{}
	for _, c := range corpus.Cases() {
		names[c.Name+c.Target] = true
	}
	if len(names) < 60 {
		t.Errorf("%d requests, want 60 or more", len(names))
	}
}
