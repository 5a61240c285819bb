package cli_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// onTerminal runs call without credentials and gives the exit code and what is seen.
func onTerminal(t *testing.T, until string, args ...string) (int, string) {
	t.Helper()
	env := append(os.Environ(), "TERM=xterm", "NO_COLOR=", "CLICOLOR_FORCE=", "GATEPASS_HOME="+t.TempDir())
	p := runOnTerminalWith(t, env, append([]string{"call", "--auth", "none"}, args...)...)
	p.await(until)
	code := p.exit()
	return code, strings.ReplaceAll(p.seen.String(), "\r\n", "\n")
}

// What a person sees of an answer: JSON is laid out and coloured, text ends in a
// line, binary is refused, an error has a hint.
func TestCallOnTerminal(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/json":
			io.WriteString(w, `{"a":[1,"x"]}`)
		case "/binary":
			io.WriteString(w, "a\x00b")
		case "/escapes":
			io.WriteString(w, "a\x1b[2Jb")
		case "/403":
			w.WriteHeader(http.StatusForbidden)
			io.WriteString(w, `{"message":"Forbidden"}`)
		default:
			io.WriteString(w, "text")
		}
	}))
	defer srv.Close()
	const pretty = "{\n  \x1b[34;1m\"a\"\x1b[0m: [\n    \x1b[33m1\x1b[0m,\n    \x1b[32m\"x\"\x1b[0m\n  ]\n}\n"
	for _, c := range []struct {
		path, until string
		code        int
		want        string // part of what is seen
	}{
		{"/json", "]\r\n}\r\n", 0, pretty},
		{"/text", "text\r\n", 0, "text\n"},
		{"/escapes", "b\r\n", 0, "a?[2Jb\n"},
		{"/binary", "hint: -o FILE", 23, "gatepass: writing the output: the answer is binary and would spoil the terminal\n"},
		{"/403", "hint: compare host", 0, "gatepass: 403 Forbidden\nhint: "},
	} {
		if code, seen := onTerminal(t, c.until, srv.URL+c.path); code != c.code || !strings.Contains(seen, c.want) {
			t.Errorf("%s: exit code %d, want %d; seen %q", c.path, code, c.code, seen)
		}
	}
}

// What refuses a socket cannot write to the terminal either.
func TestRefusedSocketOnTerminal(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, "no\x1b[2J\r\nhere")
	}))
	defer srv.Close()
	env := append(os.Environ(), "GATEPASS_HOME="+t.TempDir(), "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret-of-the-example")
	p := runOnTerminalWith(t, env, "ws", "--aws-profile", "env", "--region", "us-east-1", srv.URL)
	p.await("gatepass: 403 Forbidden")
	if code, seen := p.exit(), p.seen.String(); code != 22 || !strings.Contains(seen, "no?[2J") || strings.Contains(seen, "\x1b[2J") {
		t.Errorf("exit code %d, seen %q", code, seen)
	}
}

// A download shows how far it is, and Ctrl-C ends it with 130.
func TestInterruptEndsDownload(t *testing.T) {
	done := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100000000000")
		piece := make([]byte, 64<<10)
		for r.Context().Err() == nil {
			if _, err := w.Write(piece); err != nil {
				break
			}
		}
		close(done)
	}))
	defer srv.Close()
	file := filepath.Join(t.TempDir(), "big")
	env := append(os.Environ(), "GATEPASS_HOME="+t.TempDir())
	p := runOnTerminalWith(t, env, "call", "--auth", "none", "--limit-rate", "10M", "-o", file, srv.URL)
	p.await("of 93.1 GiB")
	p.write("\x03")
	p.await("gatepass: interrupted")
	if code := p.exit(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	<-done
	if !strings.Contains(p.seen.String(), "down   0% ........................ ") || !strings.Contains(p.seen.String(), "\r\x1b[K") {
		t.Errorf("no progress was seen: %.300q", p.seen.String())
	}
	if info, err := os.Stat(file); err != nil || info.Size() == 0 {
		t.Errorf("what had come is not in the file: %v", err)
	}
}
