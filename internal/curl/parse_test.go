package curl

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseCommand(t *testing.T) {
	for _, c := range []struct{ command, method, url, header, body string }{
		{"curl 'https://h/a?b=c' \\\n  -H 'accept: */*' \\\n  -H 'x-b: it'\\''s' \\\n  --data-raw '{\"a\":1}' \\\n  --compressed ;", "POST", "https://h/a?b=c", "X-B: it's", `{"a":1}`},
		{"curl 'https://h/' --data-raw $'{\"a\":\"it\\'s\\u0021\\n\\x41\"}'", "POST", "https://h/", "", "{\"a\":\"it's!\nA\"}"},
		{"curl ^\"https://h/a?b=c^&d=e^\" ^\n  -H ^\"x-a: b^\" ^\n  --data-raw ^\"^{^\\^\"a^\\^\":1^}^\"", "POST", "https://h/a?b=c&d=e", "X-A: b", `{"a":1}`},
		{"curl h/x", "GET", "http://h/x", "", ""},
		{"$ curl -sSL -XPUT \"https://h/\\$a\" | jq .", "PUT", "https://h/$a", "", ""},
		{"/usr/bin/curl.exe -g 'https://h/{a}[1]'", "GET", "https://h/%7Ba%7D[1]", "", ""},
		{"curl 'https://h/\\[a\\]' --no-silent", "GET", "https://h/[a]", "", ""},
		{"curl 'http://[::1]:80/a'", "GET", "http://[::1]:80/a", "", ""},
		{"curl --aws-sigv4 aws:amz:us-east-1:execute-api --user a:b https://h/", "GET", "https://h/", "", ""},
		{"curl -d a=b --url https://h/ -G", "GET", "https://h/?a=b", "", ""},
		{"curl -q -vH'X-A: b' https://h/", "GET", "https://h/", "X-A: b", ""},
		{"printf 'a\\000\\377%%\\\\' | curl https://h/ --data-binary @-", "POST", "https://h/", "", "a\x00\xff%\\"},
	} {
		o, err := ParseCommand(c.command)
		if err != nil {
			t.Errorf("%s: %v", c.command, err)
			continue
		}
		r := build(t, o, "")
		if r.Method != c.method || r.URL.String() != c.url {
			t.Errorf("%s: %s %s, want %s %s", c.command, r.Method, r.URL, c.method, c.url)
		}
		if got := bodyOf(t, r); got != c.body {
			t.Errorf("%s: body %q, want %q", c.command, got, c.body)
		}
		checkHeader(t, c.command, r.Header, c.header)
	}
}

func TestParseCommandRefuses(t *testing.T) {
	for command, text := range map[string]string{
		"":                                    "no command",
		"wget https://h/":                     "wget is not curl",
		"curl":                                "no URL",
		"curl https://h/ --ntlm":              "curl's --ntlm is not supported",
		"curl https://h/ --jq .":              "curl's --jq is not supported",
		"curl https://h/ -sc jar":             "curl's -c is not supported",
		"curl https://h/ -H":                  "-H needs a value",
		"curl https://h/ https://i/":          "one URL at a time",
		"curl https://h/ -H \"A: $TOKEN\"":    "$TOKEN",
		"curl https://h/ -H \"A: $(cat x)\"":  "only a shell can expand",
		"curl https://h/ > x":                 "not in quotes",
		"curl https://h/ ; curl https://i/":   "more than one command",
		"curl https://h/?a=1&b=2":             "more than one command",
		"curl 'https://h/":                    "is not closed",
		"curl 'https://h/{a,b}'":              "a list or a range",
		"curl -u a:b https://h/":              "in the place of the signature",
		"curl -K /missing/config https://h/":  "/missing/config",
		"curl https://h/ --data-raw $'a":      "is not closed",
		"printf '%s' | curl https://h/ -d @-": "only %% is understood",
	} {
		_, err := ParseCommand(command)
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(e.Text, text) {
			t.Errorf("%s: %v, want %q", command, err, text)
		}
	}
}

// drawOptions draws a request that is awkward to quote.
func drawOptions(t *rapid.T) *Options {
	text := rapid.StringOf(rapid.SampledFrom([]rune("ab'\"\\$`!%&;|<>()*?~#{}[] \té\u0301=:@^")))
	value := rapid.Map(text, func(s string) string { return strings.TrimSpace(s) })
	o := &Options{URL: "https://h.example:8443/" + text.Draw(t, "path"), Literal: true}
	o.URL = strings.ReplaceAll(strings.ReplaceAll(o.URL, "%", "%25"), "#", "%23")
	o.Method = rapid.SampledFrom([]string{"", "PUT", "DELETE", "PATCH", "OPTIONS"}).Draw(t, "method")
	for i, v := range rapid.SliceOfN(value, 0, 3).Draw(t, "headers") {
		o.Headers = append(o.Headers, []string{"X-A: ", "X-B: ", "Content-Type: "}[i]+v)
	}
	switch rapid.IntRange(0, 3).Draw(t, "body") {
	case 0:
		o.Data = []Data{{DataRaw, text.Draw(t, "data")}}
	case 1:
		o.Data = []Data{{DataRaw, string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))}}
	case 2:
		o.Form = []Field{{"a=" + text.Draw(t, "field"), true}}
	}
	return o
}

// What is printed is read back as the same request.
func TestPrintParse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, err := drawOptions(t).Build(context.Background(), nil)
		if err != nil {
			t.Skip(err)
		}
		printed, err := want.Print(true)
		if err != nil {
			t.Fatal(err)
		}
		o, err := ParseCommand(printed)
		if err != nil {
			t.Fatalf("%s: %v", printed, err)
		}
		got, err := o.Build(context.Background(), nil)
		if err != nil {
			t.Fatalf("%s: %v", printed, err)
		}
		if w, g := dump(want), dump(got); w != g {
			t.Fatalf("%s\ngot  %q\nwant %q", printed, g, w)
		}
	})
}

// dump is a request as it is sent.
func dump(r *Request) string {
	out := r.Clone(r.Context())
	out.Header.Del("User-Agent")
	if r.GetBody != nil {
		out.Body, _ = r.GetBody()
	}
	var b strings.Builder
	_ = out.Write(&b)
	return b.String()
}

func needCurl(t *testing.T) {
	t.Helper()
	for _, tool := range []string{"sh", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("GATEPASS_REQUIRE") == "all" {
				t.Fatal(err)
			}
			t.Skipf("%s is not installed: install it to enable this test", tool)
		}
	}
}

// received is what a server on loopback gets.
type received struct {
	method, uri, body string
	header            http.Header
}

// listen serves one request after the other and gives the raw request target.
func listen(t *testing.T) (addr string, got chan received) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	got = make(chan received, 1)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serveOne(c, got)
		}
	}()
	return l.Addr().String(), got
}

func serveOne(c net.Conn, got chan received) {
	defer c.Close()
	r, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return // a stranger: curl fails when it is not answered
	}
	if r.Header.Get("Expect") != "" {
		_, _ = io.WriteString(c, "HTTP/1.1 100 Continue\r\n\r\n")
	}
	b, _ := io.ReadAll(r.Body)
	got <- received{r.Method, r.RequestURI, string(b), r.Header}
	_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

// What is printed sends the same bytes when a real shell runs a real curl.
func TestPrintThroughShell(t *testing.T) {
	needCurl(t)
	addr, got := listen(t)
	rapid.Check(t, func(rt *rapid.T) {
		o := drawOptions(rt)
		o.URL = strings.Replace(o.URL, "https://h.example:8443", "http://"+addr, 1)
		want, err := o.Build(context.Background(), nil)
		if err != nil {
			rt.Skip(err)
		}
		printed, err := want.Print(true)
		if err != nil {
			rt.Fatal(err)
		}
		cmd := exec.Command("sh", "-c", strings.Replace(printed, "curl ", "curl -q -sS --noproxy '*' ", 1))
		if out, err := cmd.CombinedOutput(); err != nil {
			rt.Fatalf("%s: %v: %s", printed, err, out)
		}
		g, body := <-got, ""
		if want.GetBody != nil {
			r, _ := want.GetBody()
			b, _ := io.ReadAll(r)
			body = string(b)
		}
		if g.method != want.Method || g.uri != want.URL.RequestURI() || g.body != body {
			rt.Fatalf("%s\ngot %s %s %q\nwant %s %s %q", printed, g.method, g.uri, g.body, want.Method, want.URL.RequestURI(), body)
		}
		for _, key := range []string{"X-A", "X-B", "Content-Type", "Accept"} {
			if strings.Join(g.header[key], "|") != strings.Join(want.Header[key], "|") {
				rt.Fatalf("%s\n%s: got %q, want %q", printed, key, g.header[key], want.Header[key])
			}
		}
	})
}

func TestPrintRedacts(t *testing.T) {
	o := command(t, "https://h/?X-Amz-Signature=beef&X-Amz-Security-Token=tok", "-H", "Authorization: AWS4-HMAC-SHA256 Credential=AK/x, SignedHeaders=host, Signature=feed",
		"-H", "X-Amz-Security-Token: tok", "-H", "Cookie: c=secret", "-H", "X-Api-Key: key1")
	r := build(t, o, "")
	printed, err := r.Print(false)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"beef", "tok", "feed", "secret", "key1"} {
		if strings.Contains(printed, secret) {
			t.Errorf("%q is in %s", secret, printed)
		}
	}
	if !strings.Contains(printed, "Credential=AK/x, SignedHeaders=host") {
		t.Errorf("the scope is not in %s", printed)
	}
}

func FuzzParseCommand(f *testing.F) {
	f.Add("curl 'https://h/a?b=c' -H 'a: b' --data-raw $'x\\u0021'")
	f.Add("printf '\\001' | curl h -d @-")
	f.Add("curl ^\"https://h/^\" ^\n -H ^\"a: b^\"")
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ContainsAny(s, "@<") || strings.Contains(s, "-T") || strings.Contains(s, "upload") || strings.Contains(s, "K") || strings.Contains(s, "config") {
			return // files
		}
		o, err := ParseCommand(s)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("%q: %v is not an Error", s, err)
			}
			return
		}
		r, err := o.Build(context.Background(), strings.NewReader(""))
		if err != nil {
			return
		}
		printed, err := r.Print(true)
		if err != nil {
			return
		}
		again, err := ParseCommand(printed)
		if err != nil {
			t.Fatalf("%q: %q: %v", s, printed, err)
		}
		r2, err := again.Build(context.Background(), nil)
		if err != nil {
			t.Fatalf("%q: %q: %v", s, printed, err)
		}
		if a, b := dump(r), dump(r2); a != b {
			t.Fatalf("%q: %q:\n%q\n%q", s, printed, a, b)
		}
	})
}

// An item is taken apart without losing a byte.
func FuzzItem(f *testing.F) {
	for _, s := range []string{"a=b", "a:=1", "a==b", "H:v", "@f", `a\=b=c`, "H;", "a=@f", "a:=@f", "a==@f", "a:@f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		it, err := parseItem(s)
		if err != nil || strings.Contains(s, `\`) {
			return
		}
		for _, sep := range separators {
			if it.kind == sep.kind && it.file == sep.file && it.key+sep.text+it.value == s {
				return
			}
		}
		if it.key != s {
			t.Fatalf("%q: %+v", s, it)
		}
	})
}

func FuzzSplit(f *testing.F) {
	f.Add("it's", "a b")
	f.Fuzz(func(t *testing.T, a, b string) {
		got, err := split(quoteArg(a) + " " + quoteArg(b))
		if strings.Contains(a+b, "\\\r\n") {
			return // a pasted command has its line ends made Unix's
		}
		if err != nil || len(got) != 2 || got[0] != a || got[1] != b {
			t.Fatalf("%q %q: %q, %v", a, b, got, err)
		}
	})
}
