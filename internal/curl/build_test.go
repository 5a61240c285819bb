package curl

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// command fills options as gatepass call does.
func command(t *testing.T, args ...string) *Options {
	t.Helper()
	o := &Options{}
	fs := pflag.NewFlagSet("call", pflag.ContinueOnError)
	o.Flags(fs)
	if err := fs.Parse(args); err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	if fs.NArg() > 0 {
		o.URL, o.Items = fs.Arg(0), fs.Args()[1:]
	}
	return o
}

func build(t *testing.T, o *Options, stdin string) *Request {
	t.Helper()
	r, err := o.Build(context.Background(), strings.NewReader(stdin))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func bodyOf(t *testing.T, r *Request) string {
	t.Helper()
	if r.Body == nil {
		return ""
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// What curl 7.88 and 8 send, from their manual and from the wire.
func TestBuildAsCurl(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for name, text := range map[string]string{"f": "a\r\nb\x00c\nd", "h": "X-One: 1\r\n\nX-Two: 2\n", "j.json": `{"a":1}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const form = "application/x-www-form-urlencoded"
	const u = "http://h/p"
	for _, c := range []struct {
		args              string // split as by a shell
		method, uri, body string
		header            string // "Name: value", which must be there, or "Name:" which must not
	}{
		{u, "GET", "/p", "", "Accept: */*"},
		{"http://h", "GET", "/", "", "Content-Type:"},
		{u + " -d a -d b", "POST", "/p", "a&b", "Content-Type: " + form},
		{u + " -d @f -d y", "POST", "/p", "abcd&y", "Content-Type: " + form},
		{u + " --data-binary @f", "POST", "/p", "a\r\nb\x00c\nd", "Content-Type: " + form},
		{u + " --data-raw @f", "POST", "/p", "@f", "Content-Type: " + form},
		{u + " --data-urlencode 'a=b c+d é'", "POST", "/p", "a=b+c%2Bd+%C3%A9", "Content-Type: " + form},
		{u + " --data-urlencode 'a b' --data-urlencode '=c=d' --data-urlencode @f --data-urlencode n@f", "POST", "/p", "a+b&c%3Dd&a%0D%0Ab%00c%0Ad&n=a%0D%0Ab%00c%0Ad", ""},
		{u + " --json '{\"a\":' --json 1}", "POST", "/p", `{"a":1}`, "Accept: application/json"},
		{u + " --json @j.json", "POST", "/p", `{"a":1}`, "Content-Type: application/json"},
		{u + " --json 1 -H 'Content-Type: text/x'", "POST", "/p", "1", "Content-Type: text/x"},
		{u + " -d @- -d x", "POST", "/p", "stdin&x", ""},
		{u + " -d - -X PATCH", "PATCH", "/p", "-", ""},
		{u + " -XPUT -da", "PUT", "/p", "a", ""},
		{u + "?q=1#frag -G --data-urlencode 'a=b c' -d z", "GET", "/p?q=1&a=b+c&z", "", "Content-Type:"},
		{u + " -GI -d z", "HEAD", "/p?z", "", ""},
		{u + " -T f", "PUT", "/p", "a\r\nb\x00c\nd", "Content-Type:"},
		{"http://h/d/ -T j.json", "PUT", "/d/j.json", `{"a":1}`, ""},
		{u + " -T -", "PUT", "/p", "stdin", ""},
		{u + " -I", "HEAD", "/p", "", ""},
		{u + " -H 'X-E;'", "GET", "/p", "", "X-E: "},
		{u + " -H Accept:", "GET", "/p", "", "Accept:"},
		{u + " -H 'X-A: 1' -H 'X-A:  2 '", "GET", "/p", "", "X-A: 1|2"},
		{u + " -H @h", "GET", "/p", "", "X-Two: 2"},
		{u + " -A me -e http://r -b a=b -b c=d", "GET", "/p", "", "Cookie: a=b; c=d"},
		{"'" + u + "?b=2&a=1&&c&d=' --query 'e f=g&h' --url-query 'i=j k'", "GET", "/p?b=2&a=1&&c&d=&i=j+k&e%20f=g%26h", "", ""},
		{"'http://h/a b/é?x=a b\"&y=é%3d'", "GET", "/a%20b/%C3%A9?x=a%20b%22&y=%C3%A9%3d", "", ""},
		{"\"http://h/a%2fb/@connections/x%3D/:*/;=,'!\\$()~\"", "GET", "/a%2fb/@connections/x%3D/:*/;=,'!$()~", "", ""},
		{"'http://h/a%2f\"b'", "GET", "/a%2f%22b", "", ""},
		{"http://h//a/../b/./c//", "GET", "//a/../b/./c//", "", ""},
		{"'http://h/{id}/x{?q,none}' --param 'id=4/5 6' --param q=é", "GET", "/4%2F5%206/x?q=%C3%A9", "", ""},
		{`'http://h/p?f={"a":1}'`, "GET", "/p?f=%7B%22a%22:1%7D", "", ""},
		{u + " a=1 b:=2 c:='[true, null]' d==e H:v 'e=x\"y'", "POST", "/p?d=e", `{"a":"1","b":2,"c":[true,null],"e":"x\"y"}`, "Content-Type: application/json"},
		{u + " q==1 q==2", "GET", "/p?q=1&q=2", "", ""},
		{u + " @j.json 'X-E;'", "POST", "/p", `{"a":1}`, "X-E: "},
		{u + ` 'a\=b=c' 'n:=12345678901234567890'`, "POST", "/p", `{"a=b":"c","n":12345678901234567890}`, ""},
		{u + " s=@j.json o:=@j.json", "POST", "/p", `{"s":"{\"a\":1}","o":{"a":1}}`, ""},
		{u + " -r 0-499", "GET", "/p", "", "Range: bytes=0-499"},
		{u + " --compressed", "GET", "/p", "", "Accept-Encoding: deflate, gzip"},
		{u + " -d ''", "POST", "/p", "", "Content-Type: " + form},
	} {
		words, err := split(c.args)
		if err != nil {
			t.Fatal(err)
		}
		r := build(t, command(t, words...), "stdin")
		if r.Method != c.method || r.URL.RequestURI() != c.uri {
			t.Errorf("%s: %s %s, want %s %s", c.args, r.Method, r.URL.RequestURI(), c.method, c.uri)
		}
		if got := bodyOf(t, r); got != c.body || r.ContentLength != int64(len(c.body)) {
			t.Errorf("%s: body %q (length %d), want %q", c.args, got, r.ContentLength, c.body)
		}
		checkHeader(t, c.args, r.Header, c.header)
	}
}

func checkHeader(t *testing.T, args string, h http.Header, want string) {
	t.Helper()
	if want == "" {
		return
	}
	name, value, _ := strings.Cut(want, ":")
	got, has := h[name]
	if value == "" && has || value != "" && (!has || strings.Join(got, "|") != value[1:]) {
		t.Errorf("%s: header %s is %q, want %q", args, name, got, value)
	}
}

// A form is curl's, byte for byte, but for the boundary.
func TestForm(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("f.txt", []byte("a\r\nb"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := command(t, "http://h/", "-F", "a=b", "-F", `f=@f.txt;filename="q\"x;y"`, "-F", "g=@f.txt;type=text/x; charset=utf-8",
		"-F", "h=<f.txt", "--form-string", "i=@f.txt;type=x", "-F", "j=p;q", "-F", "k=v;type=text/plain")
	r := build(t, o, "")
	_, boundary, ok := strings.Cut(r.Header.Get("Content-Type"), "multipart/form-data; boundary=")
	if !ok || r.Method != "POST" {
		t.Fatalf("%s %v", r.Method, r.Header)
	}
	want := strings.ReplaceAll(`--B
Content-Disposition: form-data; name="a"

b
--B
Content-Disposition: form-data; name="f"; filename="q%22x;y"
Content-Type: text/plain

a
b
--B
Content-Disposition: form-data; name="g"; filename="f.txt"
Content-Type: text/x; charset=utf-8

a
b
--B
Content-Disposition: form-data; name="h"

a
b
--B
Content-Disposition: form-data; name="i"

@f.txt;type=x
--B
Content-Disposition: form-data; name="j"

p;q
--B
Content-Disposition: form-data; name="k"
Content-Type: text/plain

v
--B--
`, "\n", "\r\n")
	if got := strings.ReplaceAll(bodyOf(t, r), boundary, "B"); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct{ args, text string }{
		{"http://h/ -d a -F b=c", "only one of"},
		{"http://h/ -T x -I", "only one of"},
		{"http://h/ -G -F b=c", "--get is for --data only"},
		{"http://h/ -X get", "not in capital letters"},
		{"http://h/ -H nothing", "not a name and a value"},
		{"http://h/ -H 'A B: c'", "not a name and a value"},
		{"http://h/ -H 'Content-Length: 3'", "that of the body"},
		{"http://h/ -d @- -d @-", "stdin can be read only once"},
		{"http://h/ -d @missing", "missing"},
		{"http://h/ -d @.", "is a directory"},
		{"http://h/ -F a", "not name=value"},
		{"http://h/ -F a=@x,y", "several files"},
		{"http://h/ -F 'a=b;encoder=base64'", ";encoder= is not supported"},
		{"http://h/ word", "neither a method in capital letters nor an item"},
		{"http://h/ a:=nothing", "is not JSON"},
		{"http://h/ a=b -d c", "the items give a body"},
		{"http://h/ a=b @c", "c"},
		{"http://h/ a[b]=c", "nested keys"},
		{"http://h/{id}", "{id} in the URL has no value"},
		{"http://h/ --param id=1", "the URL has no {id}"},
		{"ftp://h/", "not http or https"},
		{"http://u:p@h/", "in the place of the signature"},
		{"http:///x", "names no host"},
		{"http://h/%zz", "invalid URL escape"},
		{"/notes", "not a URL"},
	} {
		words, err := split(c.args)
		if err != nil {
			t.Fatal(err)
		}
		_, err = command(t, words...).Build(context.Background(), strings.NewReader(""))
		if err == nil || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v, want %q", c.args, err, c.text)
		}
	}
}

func TestFlagsRefused(t *testing.T) {
	for args, text := range map[string]string{
		"-u a:b":            "in the place of the signature",
		"-b jar.txt":        "cookie files are not supported",
		"--limit-rate fast": "not a number of bytes",
		"-m soon":           "not a number of seconds",
		"-C x":              "not an offset",
		"-K missing":        "missing",
		"--ntlm":            "unknown flag: --ntlm",
		"-c jar":            "unknown shorthand flag: 'c'",
	} {
		o := &Options{}
		fs := pflag.NewFlagSet("call", pflag.ContinueOnError)
		o.Flags(fs)
		if err := fs.Parse(strings.Fields(args)); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v, want %q", args, err, text)
		}
	}
}

// A body can be read again, and what does not fit into memory leaves no file.
func TestSpooledBody(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	big := strings.Repeat("0123456789abcdef", 3<<16)
	r := build(t, command(t, "http://h/", "--data-binary", "@-"), big)
	left, err := os.ReadDir(tmp)
	if err != nil || len(left) > 0 {
		t.Errorf("files are left: %v %v", left, err)
	}
	for range 2 {
		again, err := r.GetBody()
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(again); err != nil || string(b) != big {
			t.Errorf("%d bytes, %v", len(b), err)
		}
	}
	if got := bodyOf(t, r); got != big {
		t.Errorf("%d bytes, want %d", len(got), len(big))
	}
}

// A file that shrinks while it is sent must not be sent as if it were whole.
func TestShrunkFile(t *testing.T) {
	f := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(f, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := build(t, command(t, "http://h/", "-T", f), "")
	_ = r.Body.Close() // another is opened
	if err := os.Truncate(f, 4); err != nil {
		t.Fatal(err)
	}
	again, err := r.GetBody()
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if _, err := io.ReadAll(again); err == nil || !strings.Contains(err.Error(), "shorter") {
		t.Errorf("%v, want an error", err)
	}
}

func TestConfigFile(t *testing.T) {
	t.Chdir(t.TempDir())
	text := "# a comment\n-X PUT\nheader = \"X-A: \\\"b\\\"\"\n--data: z\n  silent\noutput=o.txt\n"
	if err := os.WriteFile("c", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o := command(t, "-K", "c", "http://h/")
	r := build(t, o, "")
	if r.Method != "PUT" || r.Header.Get("X-A") != `"b"` || bodyOf(t, r) != "z" || !o.Output.Silent || o.Output.File != "o.txt" {
		t.Errorf("%s %v %+v", r.Method, r.Header, o.Output)
	}
}

func TestSetHeaders(t *testing.T) {
	h := http.Header{"X-A": {"old"}}
	if err := SetHeaders(h, []string{"x-a: 1", "X-A: 2", "X-B;"}); err != nil || strings.Join(h["X-A"], "|") != "1|2" || len(h["X-B"]) != 1 {
		t.Errorf("%v, %v", h, err)
	}
	for _, line := range []string{"Host: x", "nothing", "Content-Length: 1"} {
		if err := SetHeaders(h, []string{line}); err == nil {
			t.Errorf("%s: no error", line)
		}
	}
}

// The examples of RFC 6570, section 3.2, as far as they are of levels 1 to 3.
func TestTemplateOfRFC6570(t *testing.T) {
	o := &Options{Params: []string{"var=value", "hello=Hello World!", "half=50%", "path=/foo/bar", "base=http://example.com/home/", "x=1024", "y=768", "empty=", "who=fred", "escaped=a%20b", "v=6"}}
	for template, want := range map[string]string{
		"{var}": "value", "{hello}": "Hello%20World%21", "{half}": "50%25", "O{empty}X": "OX", "{x,hello,y}": "1024,Hello%20World%21,768",
		"{+var}": "value", "{+hello}": "Hello%20World!", "{+half}": "50%25", "{base}index": "http%3A%2F%2Fexample.com%2Fhome%2Findex",
		"{+base}index": "http://example.com/home/index", "{+path}/here": "/foo/bar/here", "here?ref={+path}": "here?ref=/foo/bar", "{+x,hello,y}": "1024,Hello%20World!,768",
		"{#path,x}/here": "#/foo/bar,1024/here", "X{.var}": "X.value", "X{.x,y}": "X.1024.768", "{/var,x}/here": "/value/1024/here", "{;x,y,empty}": ";x=1024;y=768;empty",
		"{?x,y}": "?x=1024&y=768", "{?x,y,empty}": "?x=1024&y=768&empty=", "{?x,undef}": "?x=1024", "?fixed=yes{&x}": "?fixed=yes&x=1024", "{&x,y,empty}": "&x=1024&y=768&empty=",
		"{+escaped}": "a%20b", "{escaped}": "a%2520b", "{?undef}": "", `{"a":1}`: `{"a":1}`, "{}": "{}", "{open": "{open",
	} {
		used := &Options{URL: template}
		for _, p := range o.Params { // one that is not used is an error
			name, _, _ := strings.Cut(p, "=")
			for _, f := range strings.FieldsFunc(template, func(r rune) bool { return strings.ContainsRune("{}+#./;?&,", r) }) {
				if f == name {
					used.Params = append(used.Params, p)
				}
			}
		}
		used.Params = slices.Compact(used.Params)
		if got, err := used.expand(); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", template, got, err, want)
		}
	}
}
