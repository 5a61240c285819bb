package curl

import (
	"bytes"
	"io"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// sortedLines is text of which the order of lines does not matter: net/http does
// not keep that of headers, nor the letter case of a scheme.
func sortedLines(text string) string {
	lines := strings.Split(strings.ToLower(text), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// What a script reads when a call fails or is redirected is what curl prints.
func TestFailuresAsCurl(t *testing.T) {
	needCurl(t)
	u := serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		switch r.URL.Path {
		case "/from":
			w.Header().Set("Location", "/to")
			w.WriteHeader(302)
		case "/loop":
			w.Header().Set("Location", "/loop")
			w.WriteHeader(302)
		case "/none":
			w.WriteHeader(404)
		}
		_, _ = io.WriteString(w, r.URL.Path+"\n")
	})
	status := []string{"-w", "%{http_code} %{response_code} %{exitcode} %{size_download} %{num_redirects}\n"}
	for _, args := range [][]string{
		{"http://127.0.0.1:1/"},
		{u + "/none", "-f"},
		{u + "/none", "--fail-with-body"},
		{u + "/none", "-f", "-w", "%{onerror}%{http_code}\n"},
		{u + "/none", "-f", "-i"},
		{u + "/none", "-f", "-I"},
		{u + "/from", "-L", "-i"},
		{u + "/from", "-L", "-I"},
		{u + "/from", "-L", "-D", "-"},
		{u + "/from", "-L", "-f", "-s"},
		{u + "/from", "-i"},
		{u + "/loop", "-L", "--max-redirs", "2", "-w", "%{http_code} %{num_redirects}\n"},
	} {
		args = append(slices.Clone(status), args...)
		theirs, _ := exec.Command("curl", slices.Concat([]string{"-q", "-s", "--noproxy", "*"}, args)...).Output()
		ours := stdoutOf(t, args...)
		if got, want := sortedLines(ours), sortedLines(string(theirs)); got != want {
			t.Errorf("%q\ngot  %q\nwant %q", args, got, want)
		}
		if len(theirs) == 0 {
			t.Errorf("%q: curl prints nothing", args)
		}
	}
}

// stdoutOf is what a call writes to stdout, whether it fails or not.
func stdoutOf(t *testing.T, args ...string) string {
	t.Helper()
	o := command(t, args...)
	c, _ := client(t, o)
	c.ExitCode = func(error) int { return 7 }
	var out bytes.Buffer
	s := Streams{Out: &out, Err: io.Discard}
	r := build(t, o, "")
	a, err := c.Do(r)
	if err != nil {
		if werr := c.Failed(r, err, s); werr != nil {
			t.Fatal(werr)
		}
		return out.String()
	}
	if _, err := c.Deliver(a, s); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
