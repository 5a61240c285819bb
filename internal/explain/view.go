package explain

import (
	"net/http"
	"strings"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/sigv4"
)

// auth is how a request was authenticated.
type auth int

const (
	authUnknown auth = iota // the request is not known
	authNone
	authSigned    // SigV4 in the Authorization header
	authPresigned // SigV4 in the query
	authToken     // a bearer token or a bare JWT
	authOther
)

// view is an Input with what follows from it.
type view struct {
	Input
	code    string // the service's name of the refusal, "" if it gives none
	message string // in full
	target  target
	place   place
	auth    auth
	scope   scope
}

// scope is what the credential of a request names.
type scope struct{ key, day, region, service string }

func newView(in Input) *view {
	v := &view{Input: in}
	if v.Response.Header == nil {
		v.Response.Header = http.Header{}
	}
	v.readRefusal()
	if r := in.Request; r != nil {
		if r.Header == nil {
			v.Request = &Request{Method: r.Method, URL: r.URL, Host: r.Host, Header: http.Header{}, Body: r.Body, NoBody: r.NoBody}
		}
		v.target = splitURL(r.URL)
		if r.Host != "" {
			v.target.host = r.Host
		}
		v.place = placeOf(v.target.host)
		v.readAuth()
	}
	return v
}

// readRefusal finds code and message, in JSON as in XML; else the body is the
// message.
func (v *view) readRefusal() {
	e := wire.ReadError(v.Response.Status, v.Response.Header, v.Response.Body)
	if v.code = e.Code; v.code == http.StatusText(v.Response.Status) {
		v.code = ""
	}
	v.message = e.Message
	if v.message != "" {
		return
	}
	if code, message := readXML(v.Response.Body); code != "" || message != "" {
		v.code, v.message = code, message
		return
	}
	v.message = strings.TrimSpace(string(v.Response.Body[:min(len(v.Response.Body), 16<<10)]))
}

// readXML finds code and message in the errors of Query services and of S3. Two
// elements are all there is to find, so a decoder would be too much.
func readXML(body []byte) (code, message string) {
	text := string(body)
	if !strings.HasPrefix(text, "<") {
		return "", ""
	}
	return elementOf(text, "Code"), elementOf(text, "Message")
}

// elementOf is the text of the first element of a name.
func elementOf(text, name string) string {
	_, rest, _ := strings.Cut(text, "<"+name+">")
	value, _, ok := strings.Cut(rest, "</"+name+">")
	if !ok {
		return ""
	}
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&#34;", `"`, "&apos;", "'", "&#39;", "'", "&#xA;", "\n", "&amp;", "&").Replace(value)
}

// normalCodes are the names that Query services have for the refusals of all.
func normalCodes() map[string]string {
	return map[string]string{
		"SignatureDoesNotMatch": "InvalidSignature", "InvalidClientTokenId": "UnrecognizedClient",
		"MissingAuthenticationToken": "MissingAuthenticationToken", "InvalidAccessKeyId": "UnrecognizedClient",
	}
}

func normalCode(code string) string {
	code = strings.TrimSuffix(code, "Exception")
	if n := normalCodes()[code]; n != "" {
		return n
	}
	return code
}

func (v *view) says(text string) bool { return strings.Contains(v.message, text) }

func (v *view) requestID() string {
	for _, name := range []string{"x-amzn-RequestId", "apigw-requestid", "x-amz-request-id"} {
		if id := v.Response.Header.Get(name); id != "" {
			return id
		}
	}
	return ""
}

// refused says whether there is anything to explain.
func (v *view) refused() bool {
	s := v.Response.Status
	return s == 0 || s >= http.StatusMultipleChoices && s != http.StatusNotModified
}

// readAuth finds out how the request was authenticated and what its credential
// names.
func (v *view) readAuth() {
	h := v.Request.Header.Values("Authorization")
	credential := ""
	switch {
	case len(h) > 0 && strings.HasPrefix(h[0], "AWS4-"):
		v.auth = authSigned
		_, rest, _ := strings.Cut(h[0], "Credential=")
		credential, _, _ = strings.Cut(rest, ",")
	case len(h) > 0 && (strings.HasPrefix(strings.ToLower(h[0]), "bearer ") || strings.HasPrefix(h[0], "eyJ")):
		v.auth = authToken
	case len(h) > 0:
		v.auth = authOther
	case strings.Contains(v.target.query, "X-Amz-Signature="):
		v.auth = authPresigned
		credential = v.target.param("X-Amz-Credential")
	default:
		v.auth = authNone
	}
	if p := strings.Split(strings.TrimSpace(credential), "/"); len(p) == 5 {
		v.scope = scope{p[0], p[1], p[2], p[3]}
	}
}

func (v *view) signed() bool { return v.auth == authSigned || v.auth == authPresigned }

// token says whether the request has a session token.
func (v *view) token() bool {
	return v.Request != nil && (v.Request.Header.Get("X-Amz-Security-Token") != "" || strings.Contains(v.target.query, "X-Amz-Security-Token="))
}

// trace is what the request should have been signed over.
func (v *view) trace() (sigv4.Trace, bool) {
	if v.Request == nil || !v.signed() {
		return sigv4.Trace{}, false
	}
	t, err := sigv4.TraceOf(v.sent(), sigv4.ExecuteAPI(), v.payload())
	return t, err == nil
}

// sent is the request in net/http's form.
func (v *view) sent() *http.Request {
	return &http.Request{
		Method: strings.ToUpper(v.Request.Method), RequestURI: v.target.requestURI(), Host: v.target.host,
		Header: v.Request.Header, ContentLength: int64(len(v.Request.Body)),
	}
}

func (v *view) payload() sigv4.Hash {
	if v.Request.NoBody {
		return sigv4.Hash{}
	}
	return sigv4.HashOf(v.Request.Body)
}

// skew is how far the service's clock is ahead of the sender's; false if one of
// them is not known.
func (v *view) skew() (time.Duration, bool) {
	at := wire.DateOf(v.Response.Header)
	if at.IsZero() || v.Now.IsZero() {
		return 0, false
	}
	return at.Sub(v.Now).Round(time.Second), true
}

// signedAt is the time of the signature.
func (v *view) signedAt() time.Time {
	if v.Request == nil {
		return time.Time{}
	}
	text := v.Request.Header.Get("X-Amz-Date")
	if v.auth == authPresigned {
		text = v.target.param("X-Amz-Date")
	}
	return stampTime(text)
}

func stampTime(text string) time.Time {
	t, err := time.Parse("20060102T150405Z", text)
	if err != nil {
		return time.Time{}
	}
	return t
}

// restAPI tells a REST API from an HTTP API by the headers of its answer; false,
// false if neither.
func (v *view) restAPI() (rest, http bool) {
	h := v.Response.Header
	rest = h.Get("x-amzn-ErrorType") != "" || h.Get("x-amz-apigw-id") != ""
	return rest, !rest && h.Get("apigw-requestid") != ""
}

// firstLine is the first line of a message, without what it quotes of an
// Authorization header: older services repeat the whole of it.
func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	if i := strings.Index(s, "' not a valid key=value pair"); i >= 0 {
		s = "'(withheld)" + s[i:]
	}
	for _, quote := range []string{"in Authorization header: '", " Authorization="} {
		if i := strings.Index(s, quote); i >= 0 {
			s = s[:i+len(quote)] + "(withheld)"
		}
	}
	if len(s) > 500 {
		s = strings.ToValidUTF8(s[:500], "") + "…"
	}
	return s
}
