package explain

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/sigv4"
)

// recording is what a browser exports: a preflight that passed, a refusal, an
// answer in base64, and a request whose answer the browser hid.
const recording = `{"log":{"version":"1.2","creator":{"name":"WebInspector"},"pages":[],"entries":[
{"startedDateTime":"2026-01-15T10:20:30.500Z","time":12,"request":{"method":"OPTIONS","url":"https://api.example.com/notes","httpVersion":"h2","headers":[{"name":":authority","value":"api.example.com"},{"name":"access-control-request-method","value":"POST"}]},"response":{"status":204,"headers":[],"content":{"size":0}}},
{"startedDateTime":"2026-01-15T10:20:31.000Z","request":{"method":"POST","url":"https://api.example.com/notes?a=1","headers":[{"name":":authority","value":"api.example.com"},{"name":"authorization","value":"AWS4-HMAC-SHA256 Credential=ASIAX/20260115/us-east-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=00"},{"name":"x-amz-date","value":"20260115T102031Z"}],"postData":{"mimeType":"application/json","text":"{\"a\":1}"},"bodySize":7},"response":{"status":403,"headers":[{"name":"x-amzn-errortype","value":"MissingAuthenticationTokenException"}],"content":{"text":"{\"message\":\"Missing Authentication Token\"}"}}},
{"startedDateTime":"2026-01-15T10:20:32.000Z","request":{"method":"GET","url":"https://api.example.com/b","headers":[{"name":"Host","value":"api.example.com"}],"bodySize":9},"response":{"status":429,"headers":[],"content":{"encoding":"base64","text":"eyJtZXNzYWdlIjoiVG9vIE1hbnkgUmVxdWVzdHMifQ=="}}},
{"startedDateTime":"2026-01-15T10:20:33.000Z","request":{"method":"GET","url":"https://api.example.com/c","headers":[]},"response":{"status":0,"headers":[],"content":{},"_error":"net::ERR_FAILED"}}
]}}`

func TestReadHAR(t *testing.T) {
	all, err := ReadHAR(strings.NewReader("\ufeff" + recording))
	if err != nil {
		t.Fatal(err)
	}
	var refused []string
	for _, x := range all {
		if x.Refused() {
			r := Explain(Input{Request: &x.Request, Response: x.Response, Now: x.Started})
			refused = append(refused, x.Request.Method+" "+r.Causes[0].Name)
		}
	}
	if got := strings.Join(refused, ", "); got != "POST no-route, GET throttled, GET no-answer" {
		t.Errorf("refused: %s", got)
	}
	post := all[1]
	if string(post.Request.Body) != `{"a":1}` || post.Request.Host != "api.example.com" || post.Started.IsZero() ||
		post.Request.Header.Get("X-Amz-Date") != "20260115T102031Z" || post.Request.NoBody {
		t.Errorf("got %+v", post)
	}
	if !all[2].Request.NoBody || all[3].Failed != "net::ERR_FAILED" {
		t.Errorf("got %+v, %+v", all[2], all[3])
	}
	for _, bad := range []string{"", "{}", "[]", `{"log":{"entries":{}}}`, `{"log":`} {
		if _, err := ReadHAR(strings.NewReader(bad)); !errors.Is(err, ErrFormat) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestHARMismatch: the canonical request that the service echoes is compared with
// the recorded request.
func TestHARMismatch(t *testing.T) {
	x := got(403, "", "")
	tr, err := sigv4.TraceOf(newView(x.in).sent(), sigv4.ExecuteAPI(), sigv4.EmptyHash)
	if err != nil {
		t.Fatal(err)
	}
	echo := "The request signature we calculated does not match the signature you provided.\n\nThe Canonical String for this request should have been\n'" + strings.Replace(tr.CanonicalRequest, "/prod/", "/v1/prod/", 1) + "'\n"
	var headers []map[string]string
	for name, values := range x.in.Request.Header {
		headers = append(headers, map[string]string{"name": strings.ToLower(name), "value": values[0]})
	}
	har, err := json.Marshal(map[string]any{"log": map[string]any{"entries": []any{map[string]any{
		"request":  map[string]any{"method": "GET", "url": testURL, "headers": headers},
		"response": map[string]any{"status": 403, "content": map[string]any{"text": message(echo)}},
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	all, err := ReadHAR(bytes.NewReader(har))
	if err != nil {
		t.Fatal(err)
	}
	r := Explain(Input{Request: &all[0].Request, Response: all[0].Response})
	if len(r.Causes) != 1 || r.Causes[0].Name != "signature-path" || !strings.Contains(flat(r.Causes[0]), "base path /v1") {
		t.Errorf("%+v", r.Causes)
	}
}

// endless is a file that never ends.
type endless struct{ n int64 }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	e.n += int64(len(p))
	return len(p), nil
}

func TestReadHARIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: reads 64 MiB")
	}
	r := &endless{}
	if _, err := ReadHAR(r); !errors.Is(err, ErrFormat) || r.n > 2*maxFile {
		t.Errorf("read %d bytes, %v", r.n, err)
	}
}

func TestReadResponse(t *testing.T) {
	const body = `{"message":"Missing Authentication Token"}`
	verbose := "* Connected to api.example.com\n> POST /notes?a=1 HTTP/2\n> Host: api.example.com\n> User-Agent: curl/8\n> Content-Length: 7\n> \n} [7 bytes data]\n" +
		"< HTTP/2 403 \n< x-amzn-errortype: MissingAuthenticationTokenException\n< \n{ [42 bytes data]\n" + body
	for name, row := range map[string]struct {
		file   string
		status int
		header string // of x-amzn-errortype
		sent   string // method and URL of the request
	}{
		"curl -i":        {"HTTP/1.1 403 Forbidden\r\nX-Amzn-ErrorType: ForbiddenException\r\n\r\n" + body, 403, "ForbiddenException", ""},
		"HTTP/2":         {"HTTP/2 403 \r\nx-amzn-errortype: ForbiddenException\r\n\r\n" + body, 403, "ForbiddenException", ""},
		"line feeds":     {"HTTP/2 404\nx-amzn-errortype: A\n\n" + body, 404, "A", ""},
		"several heads":  {"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/2 403\r\nx-amzn-errortype: B\r\n\r\n" + body, 403, "B", ""},
		"body alone":     {body, 403, "", ""},
		"curl -v":        {verbose, 403, "MissingAuthenticationTokenException", "POST https://api.example.com/notes?a=1"},
		"curl -v, CRLF":  {strings.ReplaceAll(verbose, "\n", "\r\n"), 403, "MissingAuthenticationTokenException", "POST https://api.example.com/notes?a=1"},
		"byte order":     {"\ufeff" + body, 403, "", ""},
		"head only":      {"HTTP/1.1 403 Forbidden\nX-Amzn-ErrorType: C\n", 403, "C", ""},
		"curl -v, local": {strings.ReplaceAll(verbose, "api.example.com", "127.0.0.1:8787"), 403, "MissingAuthenticationTokenException", "POST http://127.0.0.1:8787/notes?a=1"},
	} {
		resp, r, err := ReadResponse([]byte(row.file))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		sent := ""
		if r != nil {
			sent = r.Method + " " + r.URL
		}
		if resp.Status != row.status || resp.Header.Get("X-Amzn-Errortype") != row.header || sent != row.sent {
			t.Errorf("%s: %+v, sent %q", name, resp, sent)
		}
		if name != "head only" && string(resp.Body) != body {
			t.Errorf("%s: body %q", name, resp.Body)
		}
	}
	for _, bad := range []string{"", " \n", "HTTP/1.1\n\n", "HTTP/1.1 abc\n\n", "HTTP/1.1 4 x\n\n", "* Closing connection\n", "curl: (6) Could not resolve host: x\n", "\n< HTTP/1.1"} {
		if _, _, err := ReadResponse([]byte(bad)); !errors.Is(err, ErrFormat) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestReadDecision(t *testing.T) {
	for header, want := range map[string]Decision{
		`Allow; kind=identity; policy="a;b=\"c\""; statement="Sid"`:                    {Result: "Allow", Policy: `a;b="c"`, Statement: "Sid"},
		`ImplicitDeny; kind=identity; nearest=notes; statement=0; fails="Condition k"`: {Result: "ImplicitDeny", Nearest: "notes", Statement: "0", Fails: "Condition k"},
		`ImplicitDeny; kind=identity`:                                                  {Result: "ImplicitDeny"},
		"x; =; ;a":                                                                     {Result: "x"},
	} {
		if got := readDecision(header); *got != want {
			t.Errorf("%s: got %+v", header, *got)
		}
	}
	if readDecision("") != nil {
		t.Error("a decision out of nothing")
	}
}

// FuzzExplain: whatever the request and the answer are, every refusal gets a
// cause, in text that is fit for a terminal.
func FuzzExplain(f *testing.F) {
	for _, c := range cases {
		if r := c.x.in.Request; r != nil {
			f.Add(r.Method, r.URL, r.Header.Get("Authorization"), c.x.in.Response.Status, c.x.in.Response.Header.Get("X-Amzn-Errortype"), string(c.x.in.Response.Body))
		}
	}
	f.Fuzz(func(t *testing.T, method, url, authorization string, status int, code, body string) {
		h := http.Header{"Authorization": {authorization}, "X-Amz-Date": {"20260115T102030Z"}}
		r := Explain(Input{
			Request: &Request{Method: method, URL: url, Header: h}, Now: testTime, Known: api,
			Response: Response{Status: status, Header: http.Header{"X-Amzn-Errortype": {code}}, Body: []byte(body)},
		})
		if r.Refused != (len(r.Causes) > 0) {
			t.Fatalf("refused %v, causes %+v", r.Refused, r.Causes)
		}
		for _, c := range r.Causes {
			if strings.ContainsAny(flat(c), "\x1b\x00\r\u009b") || c.Title == "" {
				t.Errorf("%q", flat(c))
			}
		}
		_, _, _ = ReadResponse([]byte(body))
		_, _ = ReadHAR(strings.NewReader(body))
	})
}

// TestPlaces: region and API out of every form of host name.
func TestPlaces(t *testing.T) {
	for host, want := range map[string]place{
		"abcdef1234.execute-api.us-east-1.amazonaws.com":          {"execute-api", "us-east-1", "abcdef1234", false},
		"ABC.execute-api.cn-north-1.amazonaws.com.cn:443":         {"execute-api", "cn-north-1", "abc", false},
		"abc.execute-api.eusc-de-east-1.amazonaws.eu":             {"execute-api", "eusc-de-east-1", "abc", false},
		"abc-vpce-0123.execute-api.eu-west-1.amazonaws.com":       {"execute-api", "eu-west-1", "abc", false},
		"vpce-0123-4567.execute-api.eu-west-1.vpce.amazonaws.com": {"execute-api", "eu-west-1", "", false},
		"d-abc.execute-api.eu-west-1.amazonaws.com":               {"execute-api", "eu-west-1", "", false},
		"cognito-identity.us-east-1.amazonaws.com":                {"cognito-identity", "us-east-1", "", false},
		"api.example.com": {}, "": {}, "127.0.0.1:8787": {local: true}, "[::1]:80": {local: true}, "[::1]": {local: true}, "127.evil.example": {}, "localhost": {local: true}, "x.localhost:1": {local: true},
	} {
		if got := placeOf(host); got != want {
			t.Errorf("%s: %+v", host, got)
		}
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		90 * time.Second: "1m30s", 20 * time.Minute: "20m", 61 * time.Minute: "1h1m", time.Hour: "1h", 24 * time.Hour: "1 day", 36 * time.Hour: "2 days", 72*time.Hour + time.Minute: "3 days", 1500 * time.Millisecond: "2s",
	} {
		if got := span(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}
