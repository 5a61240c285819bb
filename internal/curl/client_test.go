package curl

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestMain takes away what would lead calls elsewhere than to the servers of the tests.
func TestMain(m *testing.M) {
	for _, name := range []string{BundleVariable, "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"} {
		_, _ = os.Unsetenv(name), os.Unsetenv(strings.ToLower(name))
	}
	os.Exit(m.Run())
}

// client sends without signing; its clock stands still but for what it sleeps.
func client(t *testing.T, o *Options) (c *Client, slept *[]time.Duration) {
	t.Helper()
	transport, err := o.Conn.Transport()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	var mu sync.Mutex
	now := time.Date(2026, 1, 15, 10, 20, 30, 0, time.UTC)
	slept = new([]time.Duration)
	c = &Client{Options: o, Note: t.Logf, clock: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}}
	c.sleep = func(_ context.Context, d time.Duration) error {
		mu.Lock()
		defer mu.Unlock()
		*slept = append(*slept, d)
		now = now.Add(d)
		return nil
	}
	base := c.Wire(transport)
	c.Send = func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AK/scope, SignedHeaders=host, Signature=feed")
		return base.RoundTrip(r)
	}
	c.Plain = base.RoundTrip
	return c, slept
}

// fetch sends a request and delivers the answer.
func fetch(t *testing.T, s Streams, args ...string) (out string, d *Delivery, err error) {
	t.Helper()
	o := command(t, args...)
	c, _ := client(t, o)
	var buf, errs bytes.Buffer
	s.Out, s.Err = &buf, &errs
	a, err := c.Do(build(t, o, ""))
	if err != nil {
		return "", nil, err
	}
	d, err = c.Deliver(a, s)
	return buf.String(), d, err
}

func serveFunc(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func TestRetry(t *testing.T) {
	for _, c := range []struct {
		args  string
		codes []int
		after string
		slept string
		final int
	}{
		{"--retry 3", []int{503, 429, 200}, "", "1s 2s", 200},
		{"--retry 1", []int{503, 503, 200}, "", "1s", 503},
		{"--retry 3", []int{503, 200}, "7", "7s", 200},
		{"--retry 3 --retry-delay 0.5", []int{500, 502, 200}, "7", "500ms 500ms", 200},
		{"--retry 9 --retry-max-time 4", []int{500, 500, 500, 500}, "", "1s 2s", 500},
		{"--retry 3", []int{404, 200}, "", "", 404},
		{"--retry 3 --retry-all-errors -f", []int{404, 200}, "", "1s", 200},
		{"", []int{503, 200}, "", "", 503},
	} {
		n := 0
		u := serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
			if b, _ := io.ReadAll(r.Body); string(b) != "x" {
				t.Errorf("%s: body %q", c.args, b)
			}
			if c.after != "" {
				w.Header().Set("Retry-After", c.after)
			}
			w.WriteHeader(c.codes[n])
			n++
		})
		o := command(t, append(strings.Fields(c.args), u, "-d", "x")...)
		cl, slept := client(t, o)
		a, err := cl.Do(build(t, o, ""))
		if err != nil {
			t.Fatalf("%s: %v", c.args, err)
		}
		_ = a.Body.Close()
		got := strings.Trim(fmt.Sprint(*slept), "[]")
		if got != c.slept || a.StatusCode != c.final || a.Retries != len(*slept) {
			t.Errorf("%s: slept %q, want %q; %d, want %d", c.args, got, c.slept, a.StatusCode, c.final)
		}
	}
}

func TestRetryRefusedConnection(t *testing.T) {
	for args, tries := range map[string]int{"--retry 2": 0, "--retry 2 --retry-connrefused": 2, "--retry 2 --retry-all-errors": 2} {
		o := command(t, append(strings.Fields(args), "http://127.0.0.1:1/")...)
		c, slept := client(t, o)
		if _, err := c.Do(build(t, o, "")); err == nil || len(*slept) != tries {
			t.Errorf("%s: %v after %d more tries, want %d", args, err, len(*slept), tries)
		}
	}
}

// redirects answers /CODE with a redirect to what the query says, else what came.
func redirects(t *testing.T) string {
	t.Helper()
	return serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
		if code, err := strconv.Atoi(r.URL.Path[1:]); err == nil {
			http.Redirect(w, r, r.URL.RawQuery, code)
			return
		}
		b, _ := io.ReadAll(r.Body)
		auth := r.Header.Get("Authorization") != ""
		fmt.Fprintf(w, "%s %s %q auth=%v cookie=%q", r.Method, r.URL.Path, b, auth, r.Header.Get("Cookie"))
	})
}

func TestRedirects(t *testing.T) {
	u, other := redirects(t), redirects(t)
	for _, c := range []struct{ args, want string }{
		{"-L " + u + "/302?/a", `GET /a "" auth=true cookie=""`},
		{"-L -d x " + u + "/302?/a", `GET /a "" auth=true cookie=""`},
		{"-L -d x " + u + "/307?/a", `POST /a "x" auth=true cookie=""`},
		{"-L -X PUT -d x " + u + "/303?/a", `PUT /a "" auth=true cookie=""`},
		{"-L -b c=d " + u + "/302?" + other + "/a", `GET /a "" auth=false cookie=""`},
		{"-L -b c=d " + u + "/302?" + other + "/302?" + u + "/a", `GET /a "" auth=true cookie=""`},
	} {
		out, _, err := fetch(t, Streams{}, strings.Fields(c.args)...)
		if err != nil || out != c.want {
			t.Errorf("%s: %q, %v, want %q", c.args, out, err, c.want)
		}
	}
	if _, _, err := fetch(t, Streams{}, "-L", "--max-redirs", "2", u+"/302?/302?/302?/302?/a"); err == nil || !strings.Contains(err.Error(), "more than 2") {
		t.Errorf("%v, want an end of redirects", err)
	}
	if out, _, err := fetch(t, Streams{}, "-L", u+"/302?file:///etc/passwd"); err == nil {
		t.Errorf("followed to a file: %q", out)
	}
}

const jsonBody = `{"a":[1,12345678901234567890,"x\"y",null,true],"b":{},"a":2}`

func TestDeliver(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	u := serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		w.Header().Set("Content-Type", "text/plain")
		switch r.URL.Path {
		case "/json":
			io.WriteString(w, jsonBody)
		case "/binary":
			w.Write([]byte("a\x00b"))
		case "/404":
			w.WriteHeader(404)
			io.WriteString(w, `{"message":"no"}`)
		case "/escapes":
			io.WriteString(w, `{"a":"x\u001b[2J\u009b1m\n\ty", "b\u0007": ["\u001b"]}`)
		case "/raw":
			io.WriteString(w, "x\x1b[2J\u009b1m\x7f\r\n\t\u00e9")
		case "/raw.json":
			io.WriteString(w, "[\"\u009b1m\x7f\u00e9\"]")
		case "/not.json":
			io.WriteString(w, "{\x1b[2J")
		case "/headers":
			w.Header().Set("X-A", "\u009b1m\u00e9")
		default:
			io.WriteString(w, "text")
		}
	})
	pretty := "{\n  \"a\": [\n    1,\n    12345678901234567890,\n    \"x\\\"y\",\n    null,\n    true\n  ],\n  \"b\": {},\n  \"a\": 2\n}\n"
	screen := Streams{Terminal: true}
	for _, c := range []struct {
		s          Streams
		args, want string
		file       string // "name=content"
	}{
		{Streams{}, "/json", jsonBody, ""},
		{Streams{}, "/binary", "a\x00b", ""},
		{screen, "/json", pretty, ""},
		{screen, "/text", "text\n", ""},
		{screen, "/binary -o -", "a\x00b", ""},
		{Streams{}, "/text -i", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Type: text/plain\r\n\r\ntext", ""},
		{Streams{}, "/text -I", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Type: text/plain\r\n\r\n", ""},
		{Streams{}, "/text -D -", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Type: text/plain\r\n\r\ntext", ""},
		{screen, "/binary -o f1", "", "f1=a\x00b"},
		{Streams{}, "/text?x -O --output-dir sub --create-dirs", "", "sub/text=text"},
		{Streams{}, "/404 -f", "", ""},
		{Streams{}, "/404 --fail-with-body", `{"message":"no"}`, ""},
		{Streams{}, "/404 --jq .a", `{"message":"no"}`, ""},
		{Streams{}, "/json --jq .a", "2\n", ""},
		{Streams{}, "/json --jq .b,\"x\\(1)\"", "{}\nx1\n", ""},
		{Streams{}, "/json -w %{http_code}|%{size_download}|%{content_type}|%header{content-length}|%%|\\n", jsonBody + "200|" + strconv.Itoa(len(jsonBody)) + "|text/plain|" + strconv.Itoa(len(jsonBody)) + "|%|\n", ""},
		{Streams{}, "/json --template {{.a}}", "2", ""},
		{Streams{}, "/escapes --jq .a", "x\x1b[2J\u009b1m\n\ty\n", ""},
		{screen, "/escapes --jq .a", "x?[2J?1m\n\ty\n", ""},
		{screen, "/escapes --jq keys[]", "a\nb?\n", ""},
		{screen, "/escapes --template {{.a}}", "x?[2J?1m\n\ty", ""},
		{Streams{}, "/raw", "x\x1b[2J\u009b1m\x7f\r\n\t\u00e9", ""},
		{screen, "/raw", "x?[2J?1m?\r\n\t\u00e9\n", ""},
		{screen, "/raw -o -", "x\x1b[2J\u009b1m\x7f\r\n\t\u00e9", ""},
		{screen, "/raw.json", "[\n  \"?1m?\u00e9\"\n]\n", ""},
		{Streams{Terminal: true, Color: true}, "/raw.json", "[\n  \x1b[32m\"?1m?\u00e9\"\x1b[0m\n]\n", ""},
		{screen, "/not.json", "{?[2J\n", ""},
		{screen, "/headers -I", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-A: ?1m\u00e9\r\n\r\n", ""},
		{screen, "/headers -D -", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Type: text/plain\r\nX-A: ?1m\u00e9\r\n\r\n", ""},
		{screen, "/headers -w %header{x-a}\x1b", "?1m\u00e9\x1b", ""},
	} {
		args := strings.Fields(c.args)
		out, _, err := fetch(t, c.s, append(args[1:], u+args[0])...)
		if err != nil || out != c.want {
			t.Errorf("%s: %q, %v, want %q", c.args, out, err, c.want)
		}
		name, content, ok := strings.Cut(c.file, "=")
		if b, err := os.ReadFile(name); ok && (err != nil || string(b) != content) {
			t.Errorf("%s: %s is %q, %v, want %q", c.args, name, b, err, content)
		}
	}
	_, d, err := fetch(t, screen, u+"/binary")
	var w *WriteError
	if !errors.As(err, &w) || !strings.Contains(err.Error(), "binary") {
		t.Errorf("%v (%v), want a refusal", err, d)
	}
	for _, args := range []string{u + "/ -O", u + " -O", u + "/.. -O", u + "/text --jq .a", u + "/json --jq .[", u + "/json --template {{.a.b}}"} {
		if out, _, err := fetch(t, Streams{}, strings.Fields(args)...); err == nil {
			t.Errorf("%s: %q, want an error", args, out)
		}
	}
}

func TestColoredJSON(t *testing.T) {
	got, ok := prettyJSON([]byte(`{"k":["s",1,{}]}`), Streams{Color: true})
	want := "{\n  \x1b[34;1m\"k\"\x1b[0m: [\n    \x1b[32m\"s\"\x1b[0m,\n    \x1b[33m1\x1b[0m,\n    {}\n  ]\n}\n"
	if !ok || string(got) != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestCompressed(t *testing.T) {
	u := serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
		var packer io.WriteCloser
		switch enc := r.URL.Path[1:]; enc {
		case "gzip":
			packer = gzip.NewWriter(w)
		case "deflate":
			packer = zlib.NewWriter(w)
		}
		w.Header().Set("Content-Encoding", r.URL.Path[1:])
		if packer == nil {
			return
		}
		io.WriteString(packer, "text "+r.Header.Get("Accept-Encoding"))
		packer.Close()
	})
	for _, enc := range []string{"gzip", "deflate"} {
		if out, _, err := fetch(t, Streams{}, "--compressed", u+"/"+enc); err != nil || out != "text deflate, gzip" {
			t.Errorf("%s: %q, %v", enc, out, err)
		}
		if out, _, err := fetch(t, Streams{}, u+"/"+enc); err != nil || strings.HasPrefix(out, "text") {
			t.Errorf("%s was unpacked without --compressed: %q, %v", enc, out, err)
		}
	}
	if _, _, err := fetch(t, Streams{}, "--compressed", u+"/br"); err == nil {
		t.Error("br was taken for a body that is not packed")
	}
}

func TestResume(t *testing.T) {
	t.Chdir(t.TempDir())
	const whole = "0123456789"
	ranges := true
	u := serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
		if !ranges {
			r.Header.Del("Range")
		}
		http.ServeContent(w, r, "f", time.Time{}, strings.NewReader(whole))
	})
	for _, have := range []string{"", "01234", whole} {
		if err := os.WriteFile("f", []byte(have), 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, err := fetch(t, Streams{}, "-C", "-", "-o", "f", u+"/f")
		if b, _ := os.ReadFile("f"); err != nil || string(b) != whole {
			t.Errorf("from %q: %q, %v", have, b, err)
		}
	}
	ranges = false
	if err := os.WriteFile("f", []byte("01"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := fetch(t, Streams{}, "-C", "-", "-o", "f", u+"/f"); err == nil {
		t.Error("a server without ranges was taken for one that continues")
	}
	if b, _ := os.ReadFile("f"); string(b) != "01" {
		t.Errorf("the file was spoilt: %q", b)
	}
}

func TestVerboseRedacts(t *testing.T) {
	u := serveFunc(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Set-Cookie", "c=secret2") })
	o := command(t, u+"/p?q=1", "-H", "X-Api-Key: secret1", "-d", "x")
	c, _ := client(t, o)
	var trace bytes.Buffer
	c.Trace = &trace
	a, err := c.Do(build(t, o, ""))
	if err != nil {
		t.Fatal(err)
	}
	_ = a.Body.Close()
	text := trace.String()
	for _, want := range []string{"> POST /p?q=1\n", "> Authorization: AWS4-HMAC-SHA256 Credential=AK/scope, SignedHeaders=host, Signature=REDACTED\n", "> Content-Length: 1\n", "< HTTP/1.1 200 OK\n", "< Set-Cookie: REDACTED\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
	for _, secret := range []string{"secret", "feed"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in %s", secret, text)
		}
	}
}

// A server cannot write to the terminal of who reads what it says; net/http has
// seen to the headers.
func TestVerboseIsPlain(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = http.ReadRequest(bufio.NewReader(c))
		_, _ = io.WriteString(c, "HTTP/1.1 503 \x1b[31mno\r\nX-A: é\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	}()
	o := command(t, "http://"+l.Addr().String())
	c, _ := client(t, o)
	var trace bytes.Buffer
	c.Trace = &trace
	a, err := c.Do(build(t, o, ""))
	if err != nil {
		t.Fatal(err)
	}
	_ = a.Body.Close()
	if text := trace.String() + a.Status; strings.ContainsAny(text, "\x1b\x07") || !strings.Contains(text, "503 ?[31mno") {
		t.Errorf("%q", text)
	}
}

func TestLimitRate(t *testing.T) {
	u := serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, strings.Repeat("x", int(n)))
	})
	o := command(t, "--limit-rate", "10K", u, "-d", strings.Repeat("y", 20<<10))
	c, slept := client(t, o)
	a, err := c.Do(build(t, o, ""))
	if err != nil {
		t.Fatal(err)
	}
	if d, err := c.Deliver(a, Streams{Out: io.Discard}); err != nil || d.Size != 20<<10 {
		t.Fatalf("%v, %v", d, err)
	}
	var total time.Duration
	for _, d := range *slept {
		total += d
	}
	if total < 3*time.Second || total > 5*time.Second {
		t.Errorf("40 KiB at 10 KiB/s took %s", total)
	}
}

func TestConnections(t *testing.T) {
	u := serveFunc(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Host) })
	port := u[strings.LastIndexByte(u, ':')+1:]
	for _, c := range []struct{ args, want string }{
		{"http://api.example:" + port + " --resolve api.example:" + port + ":127.0.0.1", "api.example:" + port},
		{"http://api.example:" + port + " --resolve *:" + port + ":127.0.0.1", "api.example:" + port},
		{"http://api.example --connect-to ::127.0.0.1:" + port, "api.example"},
		{"http://api.example --connect-to api.example:80:127.0.0.1:" + port, "api.example"},
		{"http://api.example/ -x " + u, "api.example"},
		{"http://127.0.0.1:" + port + " -x http://127.0.0.1:1 --noproxy 127.0.0.1", "127.0.0.1:" + port},
	} {
		if out, _, err := fetch(t, Streams{}, strings.Fields(c.args)...); err != nil || out != c.want {
			t.Errorf("%s: %q, %v, want %q", c.args, out, err, c.want)
		}
	}
	for _, args := range []string{"--resolve x", "--connect-to a:b", "-4 -6", "--cacert missing", "--cert missing", "-x ftp://x"} {
		o := command(t, append(strings.Fields(args), "http://h")...)
		if _, err := o.Conn.Transport(); err == nil {
			t.Errorf("%s: no error", args)
		}
	}
}

// The meter stays within 80 columns and shows nothing of what is over at once.
func TestMeter(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(0, 0)
	m := NewMeter(&out)
	m.clock = func() time.Time { return now }
	show := m.download(10<<30, 1<<20)
	show(1 << 10)
	if out.Len() > 0 {
		t.Errorf("shown at once: %q", out.String())
	}
	for range 5 {
		now = now.Add(time.Second)
		show(5 << 30)
	}
	m.end()
	lines := strings.Split(out.String(), "\r\x1b[K")
	if len(lines) < 5 || lines[len(lines)-1] != "" {
		t.Errorf("%q", lines)
	}
	for _, l := range lines {
		if len(l) > 79 {
			t.Errorf("%d columns: %q", len(l), l)
		}
	}
	if !strings.Contains(lines[1], " 50% ############............ ") {
		t.Errorf("%q", lines[1])
	}
}

// The line of an upload is gone when the answer is written to the same terminal.
func TestMeterBeforeBody(t *testing.T) {
	u := serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		io.WriteString(w, "text")
	})
	o := command(t, u, "--limit-rate", "10K", "-d", strings.Repeat("y", 20<<10))
	c, _ := client(t, o)
	var screen bytes.Buffer
	c.Meter = NewMeter(&screen)
	c.Meter.clock = c.clock
	a, err := c.Do(build(t, o, ""))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Deliver(a, Streams{Out: &screen, Err: &screen, Terminal: true}); err != nil {
		t.Fatal(err)
	}
	if got := screen.String(); !strings.Contains(got, "up    50%") || !strings.HasSuffix(got, "\r\x1b[Ktext\n") {
		t.Errorf("%q", got)
	}
}

// What --write-out prints is what curl prints.
func TestWriteOutAsCurl(t *testing.T) {
	needCurl(t)
	u := serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("X-A", "b")
		w.WriteHeader(404)
		io.WriteString(w, "text")
	})
	format := `%{http_code} %{response_code} %{http_version} %{method} %{url} %{url_effective} %{scheme} %{content_type} %{num_redirects} %{size_download} %{size_upload} %header{x-a} [%header{none}] %{remote_ip} %{redirect_url} %{num_headers} %{filename_effective} %{exitcode} %{errormsg} %% \t\n%{nothing}|`
	args := []string{u + "/a?b=c", "-d", "xy", "-w", format}
	ours, _, err := fetch(t, Streams{}, args...)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := exec.Command("curl", slices.Concat([]string{"-q", "-s", "--noproxy", "*"}, args)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	got, want := strings.ReplaceAll(ours, "http ", "HTTP "), strings.ReplaceAll(string(theirs), "http ", "HTTP ")
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
