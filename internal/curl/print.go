package curl

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const (
	// maxInline is the longest body that is written into a command, in bytes.
	maxInline = 1 << 20
	// maxWord is the longest word of a command that systems take, with some room.
	maxWord = 100 << 10
	// withheld stands in the place of a secret.
	withheld = "REDACTED"
)

// Print writes the request as a curl command that sends the same bytes. Secrets
// (the signature, tokens, cookies, keys) are replaced by REDACTED unless they are
// asked for. A body that is in no file must not be over 1 MiB.
func (r *Request) Print(secrets bool) (string, error) {
	p := &printer{secrets: secrets}
	if err := p.body(r); err != nil {
		return "", err
	}
	head := r.Header.Clone()
	p.method(r)
	u := r.URL
	if !secrets {
		u = RedactURL(u)
	}
	target := u.String()
	if strings.ContainsAny(u.EscapedPath()+"?"+u.RawQuery, "[]{}") {
		p.args = append([]string{"--globoff"}, p.args...)
	}
	if strings.Contains(u.EscapedPath(), "/.") {
		p.args = append([]string{"--path-as-is"}, p.args...)
	}
	p.headers(r, head)
	args := append([]string{quoteArg(target)}, append(p.args, p.data...)...)
	return p.before + "curl " + strings.Join(args, " \\\n  "), nil
}

type printer struct {
	secrets bool
	before  string // a command that pipes the body in
	data    []string
	args    []string
}

func (p *printer) body(r *Request) error {
	if r.Payload.Size() == 0 {
		if r.Body != nil && r.Method != http.MethodGet && r.Method != http.MethodDelete {
			p.data = []string{"--data-raw ''"}
		}
		return nil
	}
	if name := r.Payload.File(); name != "" {
		p.data = []string{"--data-binary " + quoteArg("@"+name)}
		return nil
	}
	b, err := r.Payload.all(maxInline)
	if err != nil {
		return &Error{Text: "the body is too long for a command", Hint: "put it into a file: --data-binary @file"}
	}
	if printable(b) && len(b) <= maxWord {
		p.data = []string{"--data-raw " + quoteArg(string(b))}
		return nil
	}
	p.before = "printf " + printfArg(b) + " | "
	p.data = []string{"--data-binary @-"}
	return nil
}

// method names the method where curl would not infer it.
func (p *printer) method(r *Request) {
	infers := http.MethodGet
	if len(p.data) > 0 {
		infers = http.MethodPost
	}
	switch {
	case r.Method == http.MethodHead && len(p.data) == 0:
		p.args = append(p.args, "--head")
	case r.Method != infers:
		p.args = append(p.args, "-X "+quoteArg(r.Method))
	}
}

func (p *printer) headers(r *Request, h http.Header) {
	add := func(line string) { p.args = append(p.args, "-H "+quoteArg(line)) }
	if r.Host != "" && r.Host != r.URL.Host {
		add("Host: " + r.Host)
	}
	for _, key := range []string{"Accept", "Content-Type"} {
		_, has := h[key]
		if !has && (key == "Accept" || len(p.data) > 0) {
			add(key + ":")
		}
	}
	for _, key := range slices.Sorted(maps.Keys(h)) {
		for _, v := range h[key] {
			switch v = strings.Trim(v, " \t"); {
			case key == "Accept" && v == "*/*" && len(h[key]) == 1:
			case key == "User-Agent" && v == "":
				add(key + ":")
			case v == "":
				add(key + ";")
			case p.secrets:
				add(key + ": " + v)
			default:
				add(key + ": " + Redact(key, v))
			}
		}
	}
}

// Redact gives a header's value without what is secret in it.
func Redact(key, value string) string {
	switch http.CanonicalHeaderKey(key) {
	case "Authorization", "Proxy-Authorization":
		return redactAuthorization(value)
	}
	if name := strings.ToLower(key); !strings.HasPrefix(name, "access-control-") && slices.ContainsFunc(secretWords, func(w string) bool { return strings.Contains(name, w) }) {
		return withheld
	}
	return value
}

// secretWords are in the names of headers that hold secrets.
var secretWords = []string{
	"token", "cookie", "secret", "password", "authorization", "credential", "signature", "session",
	"api-key", "apikey", "auth-key", "access-key", "subscription-key",
}

// redactAuthorization keeps what helps to understand a signature: who, for what
// and over which headers.
func redactAuthorization(v string) string {
	if head, _, ok := strings.Cut(v, "Signature="); ok && strings.HasPrefix(v, "AWS4-") {
		return head + "Signature=" + withheld
	}
	if scheme, _, ok := strings.Cut(v, " "); ok && token(scheme) {
		return scheme + " " + withheld
	}
	return withheld
}

// RedactURL gives u without the secrets of a presigned URL.
func RedactURL(u *url.URL) *url.URL {
	out := *u
	if !strings.Contains(strings.ToLower(u.RawQuery), "x-amz-") {
		return &out
	}
	pairs := strings.Split(u.RawQuery, "&")
	for i, pair := range pairs {
		name, _, _ := strings.Cut(pair, "=")
		switch strings.ToLower(name) {
		case "x-amz-signature", "x-amz-security-token":
			pairs[i] = name + "=" + withheld
		}
	}
	out.RawQuery = strings.Join(pairs, "&")
	return &out
}
