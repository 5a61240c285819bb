package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// sample is a request to be signed: the material of the mutations.
type sample struct {
	path, query, meta, kind, body string
}

func (s sample) request(t testing.TB) *http.Request {
	target := s.path
	if s.query != "" {
		target += "?" + s.query
	}
	r := newRequest(t, "POST", target, s.body)
	r.Header.Set("X-Amz-Meta", s.meta)
	r.Header.Set("Content-Type", s.kind)
	return r
}

// signed gives the request as a server receives it, and how it was signed.
func (s sample) signed(t testing.TB) (*http.Request, Trace) {
	t.Helper()
	r := s.request(t)
	tr, err := apiSigner().Explain(r, testCreds, HashOf([]byte(s.body)), testTime)
	if err != nil {
		t.Fatal(err)
	}
	if err := apiSigner().Sign(r, testCreds, HashOf([]byte(s.body)), testTime); err != nil {
		t.Fatal(err)
	}
	return received(r), tr
}

// refusalOf is what the service says about a request, with AWS's echo.
func refusalOf(t testing.TB, in *http.Request, c Credentials) string {
	t.Helper()
	v := apiVerifier()
	v.EchoCanonical = true
	var refusal *Error
	if err := verifyOnce(v, in, c, testTime); !errors.As(err, &refusal) || !errors.Is(err, ErrSignatureMismatch) {
		t.Fatalf("refused with %v", err)
	}
	return refusal.Message
}

func setBody(r *http.Request, body string) {
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
}

// mutation is what happens to a request between signer and service, or what a
// signer does wrong, and how it must be named.
type mutation struct {
	name   string
	wire   func(*http.Request)     // of the request on its way
	signer func(*canonical) string // of what the signer put into canonical form
	sts    func(string) string     // of the string to sign
	part   string
	says   string // in the cause
}

var mutations = []mutation{
	{name: "method", wire: func(r *http.Request) { r.Method = "PUT" }, part: "method", says: "another method"},
	{name: "redirect", wire: func(r *http.Request) { r.Method = "GET" }, part: "method", says: "redirect was followed"},
	{name: "path", wire: func(r *http.Request) { r.RequestURI = strings.Replace(r.RequestURI, "/notes", "/nodes", 1) }, part: "path", says: "changed after signing"},
	{name: "base path added", wire: func(r *http.Request) { r.RequestURI = "/v1" + r.RequestURI }, part: "path", says: "base path /v1"},
	{name: "base path dropped", wire: func(r *http.Request) { r.RequestURI = strings.TrimPrefix(r.RequestURI, "/prod") }, part: "path", says: "base path /prod"},
	{name: "slash", wire: func(r *http.Request) { p, q, _ := strings.Cut(r.RequestURI, "?"); r.RequestURI = p + "/?" + q }, part: "path", says: "slash at the end"},
	{name: "escapes respelled", wire: func(r *http.Request) { r.RequestURI = strings.Replace(r.RequestURI, "%2F", "%2f", 1) }, part: "path", says: "case of percent-escapes"},
	{name: "path decoded", wire: func(r *http.Request) { r.RequestURI = strings.Replace(r.RequestURI, "%40", "@", 1) }, part: "path", says: "encoded otherwise"},
	{name: "parameter added", wire: func(r *http.Request) { r.RequestURI += "&utm_source=x" }, part: "query", says: "saw utm_source in the query"},
	{name: "parameter dropped", wire: func(r *http.Request) { r.RequestURI = strings.Replace(r.RequestURI, "limit=10&", "", 1) }, part: "query", says: "signed limit in the query"},
	{name: "parameter changed", wire: func(r *http.Request) { r.RequestURI = strings.Replace(r.RequestURI, "limit=10", "limit=11", 1) }, part: "query", says: "value of limit"},
	{name: "parameter renamed", wire: func(r *http.Request) { r.RequestURI = strings.Replace(r.RequestURI, "limit=10", "size=10", 1) }, part: "query", says: "limit became size"},
	{name: "port", wire: func(r *http.Request) { r.Host += ":8443" }, part: "header host", says: "has the port"},
	{name: "host", wire: func(r *http.Request) { r.Host = "internal" }, part: "header host", says: "under another host"},
	{name: "charset", wire: func(r *http.Request) { r.Header["Content-Type"][0] += "; charset=utf-8" }, part: "header content-type", says: "charset"},
	{name: "header", wire: func(r *http.Request) { r.Header["X-Amz-Meta"][0] = "other" }, part: "header x-amz-meta", says: "changed after signing"},
	{name: "header doubled", wire: func(r *http.Request) { r.Header.Add("X-Amz-Meta", "second") }, part: "header x-amz-meta", says: "second value"},
	{name: "header emptied", wire: func(r *http.Request) { r.Header["X-Amz-Meta"] = []string{""} }, part: "header x-amz-meta", says: "did not reach"},
	{name: "date", wire: func(r *http.Request) { r.Header.Set("X-Amz-Date", "20260115T102031Z") }, part: "header x-amz-date", says: "old signature"},
	{name: "token", wire: func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "other") }, part: "header x-amz-security-token", says: "key and token"},
	{name: "list", wire: func(r *http.Request) { setAuth(r, "content-type;", "") }, part: "signed headers", says: "not listed in the Authorization header: content-type"},
	{name: "body", wire: func(r *http.Request) { setBody(r, "another body") }, part: "payload", says: "changed after signing"},
	{name: "body lost", wire: func(r *http.Request) { setBody(r, "") }, part: "payload", says: "none arrived"},

	{name: "encoded once", signer: func(c *canonical) string { c.path = strings.ReplaceAll(c.path, "%25", "%"); return c.text() }, part: "path", says: "encoded the path once"},
	{name: "encoded twice", signer: func(c *canonical) string { c.path = strings.ReplaceAll(c.path, "%25", "%2525"); return c.text() }, part: "path", says: "encoded the path twice"},
	{name: "encodeURI", signer: func(c *canonical) string { c.path = strings.ReplaceAll(c.path, "%3A", ":"); return c.text() }, part: "path", says: "encodeURI"},
	{name: "plus in the path", signer: func(c *canonical) string { c.path = strings.Replace(c.path, "%2520", "%2B", 1); return c.text() }, part: "path", says: "+ in the path"},
	{name: "order", signer: func(c *canonical) string {
		p := params(c.query)
		slices.Reverse(p)
		c.query = strings.Join(p, "&")
		return c.text()
	}, part: "query", says: "another order"},
	{name: "plus", signer: func(c *canonical) string { c.query = strings.Replace(c.query, "%20", "%2B", 1); return c.text() }, part: "query", says: "+ stands for a space"},
	{name: "raw plus", signer: func(c *canonical) string { c.query = strings.Replace(c.query, "%20", "+", 1); return c.text() }, part: "query", says: "+ stands for a space"},
	{name: "lower-case escapes", signer: func(c *canonical) string { c.query = strings.Replace(c.query, "%2F", "%2f", 1); return c.text() }, part: "query", says: "same once decoded"},
	{name: "no equals sign", signer: func(c *canonical) string { c.query = strings.Replace(c.query, "flag=", "flag", 1); return c.text() }, part: "query", says: "name without a value"},
	{name: "folding", signer: func(c *canonical) string {
		c.headers[2].value = strings.Replace(c.headers[2].value, "-date", " ", 1) + " "
		return c.text()
	}, part: "header x-amz-date", says: "old signature"},
	{name: "host without line", signer: func(c *canonical) string { c.headers = c.headers[:1]; return c.text() }, part: "header host", says: "leaves it out"},
	{name: "unsigned payload", signer: func(c *canonical) string { c.payload = "UNSIGNED-PAYLOAD"; return c.text() }, part: "payload", says: "not UNSIGNED-PAYLOAD"},
	{name: "no payload", signer: func(c *canonical) string { c.payload = EmptyHash.String(); return c.text() }, part: "payload", says: "No body was signed"},
	{name: "algorithm", sts: func(s string) string { return strings.Replace(s, "SHA256", "SHA1", 1) }, part: "algorithm", says: "AWS4-HMAC-SHA256"},
	{name: "time", sts: func(s string) string { return strings.Replace(s, "T102030Z", "T102031Z", 1) }, part: "time", says: "not the one that was signed"},
	{name: "day", sts: func(s string) string { return strings.Replace(s, "\n20260115/", "\n20260114/", 1) }, part: "day", says: "UTC"},
	{name: "region", sts: func(s string) string { return strings.Replace(s, "us-east-1", "eu-west-1", 1) }, part: "region", says: "another region"},
	{name: "service", sts: func(s string) string { return strings.Replace(s, "execute-api", "apigateway", 1) }, part: "service", says: "execute-api"},
	{name: "terminator", sts: func(s string) string { return strings.Replace(s, "aws4_request", "aws4", 1) }, part: "terminator", says: "aws4_request"},
	{name: "hash", sts: func(s string) string { return s[:len(s)-64] + EmptyHash.String() }, part: "canonical request", says: "CRLF"},
	{name: "secret", part: "key", says: "secret access key"},
}

// diagnose lets a mutation happen and gives what is found.
func (m *mutation) diagnose(t testing.TB, s sample) []Finding {
	t.Helper()
	in, tr := s.signed(t)
	if m.wire != nil {
		m.wire(in)
	}
	other := testCreds
	other.SecretAccessKey = strings.Repeat("x", 40)
	message := refusalOf(t, in, other) // the service has another key, so that it refuses in any case
	if m.signer != nil {
		c, ok := parseCanonical(tr.CanonicalRequest)
		if !ok {
			t.Fatal("no canonical request")
		}
		tr.CanonicalRequest = m.signer(&c)
		sum := sha256.Sum256([]byte(tr.CanonicalRequest))
		tr.StringToSign = tr.StringToSign[:len(tr.StringToSign)-64] + hex.EncodeToString(sum[:])
	}
	if m.sts != nil {
		tr.StringToSign = m.sts(tr.StringToSign)
	}
	return Diagnose(message, tr)
}

var plain = sample{"/prod/notes/a%20b%2Fc%40d:e", "limit=10&z=a%20b&q=%2Fx&flag", "value", "application/json", `{"a":1}`}

// TestDiagnose: every mutation is named, and nothing besides.
func TestDiagnose(t *testing.T) {
	for i := range mutations {
		m := &mutations[i]
		t.Run(m.name, func(t *testing.T) {
			found := m.diagnose(t, plain)
			if len(found) == 0 || found[0].Part != m.part || !strings.Contains(found[0].Cause, m.says) {
				t.Fatalf("found %q, want %s: …%s…", found, m.part, m.says)
			}
			if m.name != "host without line" && len(found) != 1 {
				t.Errorf("found also %q", found[1:])
			}
		})
	}
}

// TestDiagnoseProperty: of whatever request, a mutation is named as its part.
func TestDiagnoseProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seg := rapid.StringMatching(`(%20|%2F|%40|@|:|~|'|[a-z0-9]){0,6}`)
		s := plain
		s.path = "/prod/notes/" + seg.Draw(rt, "path") + "%20%2F%40:"
		s.query = "limit=10&z=" + seg.Draw(rt, "value") + "%20&y=a%20b&q=%2F&flag"
		s.meta = rapid.StringMatching(`[a-z' ]{0,8}x`).Draw(rt, "meta")
		s.body = rapid.StringMatching(`[a-z{}'\n]{1,20}`).Draw(rt, "body")
		m := rapid.SampledFrom(mutations).Draw(rt, "mutation")
		found := m.diagnose(t, s)
		if len(found) == 0 || found[0].Part != m.part {
			rt.Fatalf("%s: found %q, want %s", m.name, found, m.part)
		}
	})
}

// TestDiagnoseForms: the refusal is found in whatever it came in.
func TestDiagnoseForms(t *testing.T) {
	in, tr := plain.signed(t)
	in.Header["X-Amz-Meta"][0] = "it's 'quoted'"
	message := refusalOf(t, in, testCreds)
	asJSON, err := json.Marshal(map[string]string{"message": message})
	if err != nil {
		t.Fatal(err)
	}
	var asXML strings.Builder
	if err := xml.EscapeText(&asXML, []byte(message)); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"text": message, "json": string(asJSON), "pasted": string(asJSON[1 : len(asJSON)-1]),
		"xml":  "<ErrorResponse><Error><Message>" + asXML.String() + "</Message></Error></ErrorResponse>",
		"crlf": strings.ReplaceAll(message, "\n", "\r\n"), "no string to sign": strings.Split(message, "\n\nThe String-to-Sign")[0],
	} {
		found := Diagnose(text, tr)
		if len(found) != 1 || found[0].Part != "header x-amz-meta" || found[0].Theirs != "x-amz-meta:it's 'quoted'" {
			t.Errorf("%s: found %q", name, found)
		}
	}
	for _, text := range []string{"", "{}", mismatchText, "The Canonical String for this request should have been\n'x'"} {
		if found := Diagnose(text, tr); found != nil {
			t.Errorf("%q: found %q", text, found)
		}
	}
}

// TestHops: headers that something on the way changes are put down to it.
func TestHops(t *testing.T) {
	for name, want := range map[string]string{
		"connection": "one connection", "x-forwarded-for": "load balancers and reverse proxies", "x-amzn-trace-id": "tracing",
		"traceparent": "tracing", "cache-control": "caches", "user-agent": "browsers", "accept-encoding": "browsers",
		"sec-fetch-mode": "browsers", "content-length": "buffer", "proxy-authorization": "one connection", "x-amz-meta": "by a proxy or by the client",
	} {
		if got := headerCause(name, "a", "b"); !strings.Contains(got, want) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestTraceOf: from the request alone comes what the signer signed.
func TestTraceOf(t *testing.T) {
	in, want := plain.signed(t)
	out := plain.request(t)
	if err := apiSigner().Sign(out, testCreds, HashOf([]byte(plain.body)), testTime); err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]*http.Request{"received": in, "to be sent": out} {
		got, err := TraceOf(r, ExecuteAPI(), HashOf([]byte(plain.body)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got.CanonicalRequest != want.CanonicalRequest || got.StringToSign != want.StringToSign || got.Signature != want.Signature ||
			got.AccessKeyID != "AKIDEXAMPLE" || !got.Rebuilt || got.Scope != want.Scope || !slices.Equal(got.SignedHeaders, want.SignedHeaders) {
			t.Errorf("%s: got %#v\n%s\nwant %s", name, got, got.CanonicalRequest, want.CanonicalRequest)
		}
	}
	if in.Header.Get("Authorization") == "" || out.RequestURI != "" {
		t.Error("the request was changed")
	}
	url := presigned(t, "/prod/notes?a=1", time.Minute)
	tr, err := TraceOf(url, ExecuteAPI(), EmptyHash)
	if err != nil {
		t.Fatal(err)
	}
	if found := Diagnose(refusalOf(t, url, Credentials{"AKIDEXAMPLE", strings.Repeat("x", 40), ""}), tr); len(found) != 1 || found[0].Part != "key" || !strings.Contains(found[0].Cause, "or the signer") {
		t.Errorf("presigned: %q", found)
	}
}

// TestTraceOfAwkward: what the verifier would refuse is still taken apart, as
// far as that goes.
func TestTraceOfAwkward(t *testing.T) {
	in, _ := plain.signed(t)
	setAuth(in, "content-type;", "connection;content-type;") // signed, and lost on the way
	tr, err := TraceOf(in, ExecuteAPI(), Hash{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(tr.CanonicalRequest, "\nconnection:\n") || !strings.HasSuffix(tr.CanonicalRequest, unknownPayload) {
		t.Errorf("got %s", tr.CanonicalRequest)
	}
	in.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
	setAuth(in, "x-amz-date", "x-amz-content-sha256;x-amz-date")
	if tr, err = TraceOf(in, ExecuteAPI(), EmptyHash); err != nil || !strings.HasSuffix(tr.CanonicalRequest, "\nUNSIGNED-PAYLOAD") {
		t.Errorf("got %s, %v", tr.CanonicalRequest, err)
	}
	in.Header.Set("X-Amz-Date", "2026-01-15")
	if _, err := TraceOf(in, ExecuteAPI(), EmptyHash); !errors.Is(err, ErrIncomplete) {
		t.Errorf("a date that is none: %v", err)
	}
	in.Header.Del("Authorization")
	if _, err := TraceOf(in, ExecuteAPI(), EmptyHash); !errors.Is(err, ErrMissing) {
		t.Errorf("unsigned: %v", err)
	}
}

// FuzzDiagnose: whatever a service says, the answer is bounded, hides the
// session token and never claims a difference between equals.
func FuzzDiagnose(f *testing.F) {
	in, tr := plain.signed(f)
	in.RequestURI += "&X-Amz-Security-Tokenx=1"
	message := refusalOf(f, in, testCreds)
	f.Add(message, tr.CanonicalRequest, tr.StringToSign)
	f.Add("{\"message\":\"The Canonical String for this request should have been\\n'\"}", "", "")
	f.Add("The Canonical String for this request should have been\n'\n\n\n\n\n'", "GET\n/%\nX-Amz-Security-Token=a&%zz\n\nhost\nx", "a\nb\n1/2/3/4\nc")
	f.Fuzz(func(t *testing.T, message, canonicalRequest, stringToSign string) {
		found := Diagnose(message, Trace{CanonicalRequest: canonicalRequest, StringToSign: stringToSign})
		for _, d := range found {
			if d.Cause == "" || d.Part == "" || d.Part != "key" && d.Theirs == d.Ours && !strings.Contains(d.Theirs, redacted) {
				t.Errorf("found %q", d)
			}
		}
		for _, d := range Diagnose("The Canonical String for this request should have been\n'"+canonicalRequest+"'\n", Trace{CanonicalRequest: canonicalRequest}) {
			if d.Part != "key" && !strings.Contains(canonicalRequest, "\r") && !strings.Contains(canonicalRequest, `\n'`) {
				t.Errorf("between equals: %q", d)
			}
		}
		if _, err := TraceOf(&http.Request{Method: "GET", RequestURI: message, Host: "h", Header: http.Header{"Authorization": {canonicalRequest}, "X-Amz-Date": {stringToSign}}}, ExecuteAPI(), Hash{}); err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}
