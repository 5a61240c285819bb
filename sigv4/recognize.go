package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
)

// Recognize finds out how the signer of a request put it into canonical form,
// where that is not how it should be: it tries the usual mistakes, and two at a
// time, with the secret that the request should have been signed with. In a
// Finding, Theirs is the right form and Ours the signer's.
//
// It returns nothing for a request whose signature is right as it was sent. The
// error is an [*Error]: those of [TraceOf], and one of kind [ErrSignatureMismatch]
// if no mistake fits, so that the secret is another or the request was changed.
// Only the secret of c is used. It is for finding out, never for admitting
// anybody: [Claim.Verify] does that.
func Recognize(r *http.Request, p Profile, payload Hash, c Credentials) ([]Finding, error) {
	t, err := TraceOf(r, p, payload)
	if err != nil {
		return nil, err
	}
	right, _ := parseCanonical(t.CanonicalRequest)
	g := guess{trace: t, right: right, sent: asReceived(r), secret: c.SecretAccessKey}
	if g.fits(right.text(), c.SecretAccessKey) {
		return nil, nil
	}
	if found := g.try(); found != nil {
		return found, nil
	}
	return nil, invalid(16, ErrSignatureMismatch, mismatchText)
}

// text writes a canonical request.
func (c *canonical) text() string {
	var b strings.Builder
	for _, line := range [...]string{c.method, c.path, c.query} {
		b.WriteString(line + "\n")
	}
	for _, h := range c.headers {
		b.WriteString(h.name + ":" + h.value + "\n")
	}
	b.WriteString("\n" + c.signed + "\n" + c.payload)
	return b.String()
}

// guess is the search for a signer's mistake.
type guess struct {
	trace  Trace
	right  canonical
	sent   *http.Request
	secret string
}

// fits says whether the signature is that of a canonical request.
func (g *guess) fits(text, secret string) bool {
	scope := strings.Split(g.trace.Scope, "/")
	key := []byte("AWS4" + secret)
	for _, part := range scope {
		key = macOf(key, part)
	}
	sum := sha256.Sum256([]byte(text))
	lines := strings.Split(g.trace.StringToSign, "\n")
	lines[len(lines)-1] = hex.EncodeToString(sum[:])
	got := hex.EncodeToString(macOf(key, strings.Join(lines, "\n")))
	return hmac.Equal([]byte(got), []byte(g.trace.Signature))
}

func macOf(key []byte, text string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

// try goes through the mistakes, one at a time and then in pairs.
func (g *guess) try() []Finding {
	all := g.mistakes()
	for i := range all {
		for j := range i + 1 {
			c := g.right.clone()
			all[j].make(&c)
			if j != i {
				all[i].make(&c)
			}
			if g.fits(c.text(), g.secret) {
				d := diff{}
				d.request(g.right, c)
				return d.found
			}
		}
	}
	for _, pasted := range [...]string{g.secret + "\n", g.secret + " ", " " + g.secret, strings.TrimSpace(g.secret)} {
		if g.fits(g.trace.CanonicalRequest, pasted) {
			return []Finding{{Part: "key", Cause: "The secret access key was used with white space around it: copy it again."}}
		}
	}
	return nil
}

func (c *canonical) clone() canonical {
	out := *c
	out.headers = append([]header(nil), c.headers...)
	return out
}

// mistake changes a canonical request as a signer would that makes it.
type mistake struct{ make func(*canonical) }

func (g *guess) mistakes() []mistake {
	list := append(g.pathMistakes(), g.queryMistakes()...)
	list = append(list, g.headerMistakes()...)
	list = append(list, distinct(g.right.method, func(c *canonical, s string) { c.method = s }, "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")...)
	for _, payload := range []string{EmptyHash.String(), "UNSIGNED-PAYLOAD", HashOf([]byte("{}")).String(), HashOf([]byte("null")).String()} {
		if payload != g.right.payload {
			list = append(list, mistake{func(c *canonical) { c.payload = payload }})
		}
	}
	return list
}

// pathMistakes are a path encoded once or three times, one that was decoded,
// those that JavaScript's encodeURI makes, and a path without its first parts,
// such as the stage.
func (g *guess) pathMistakes() []mistake {
	raw, _, _ := strings.Cut(g.sent.RequestURI, "?")
	plain, err := url.PathUnescape(raw)
	if err != nil {
		plain = raw
	}
	forms := []string{"/"}
	for rest := strings.TrimPrefix(g.right.path, "/"); len(forms) < 8; {
		_, after, ok := strings.Cut(rest, "/")
		if !ok {
			break
		}
		forms, rest = append(forms, "/"+after), after
	}
	return distinct(g.right.path, func(c *canonical, s string) { c.path = s }, append(forms,
		raw, plain,
		string(appendEncoded(nil, plain, &pathSet)),
		string(appendEncoded(nil, plain, &uriSet)),
		string(appendEncoded(nil, raw, &uriSet)),
		strings.ReplaceAll(g.right.path, "%25", "%2525"),
		strings.TrimSuffix(g.right.path, "/"), g.right.path+"/",
		normalForm(g.right.path),
	)...)
}

// uriSet is what encodeURI leaves as it is.
var uriSet = byteSet(unreserved + ";,/?:@&=+$#!*'()")

// queryMistakes are the query as it was sent, in the order in which it was sent,
// and with + taken for itself.
func (g *guess) queryMistakes() []mistake {
	_, raw, _ := strings.Cut(g.sent.RequestURI, "?")
	if g.right.query == "" {
		return nil
	}
	s := new(scratch)
	s.addQuery(raw)
	var inOrder []string
	for _, p := range s.params {
		inOrder = append(inOrder, string(s.query[p.name:p.value])+"="+string(s.query[p.value:p.end]))
	}
	literal := new(scratch)
	literal.addQuery(strings.ReplaceAll(raw, "+", "%2B"))
	return distinct(g.right.query, func(c *canonical, s string) { c.query = s },
		raw, strings.Join(inOrder, "&"), string(literal.appendQuery(nil)), "",
		strings.ReplaceAll(g.right.query, "%20", "+"),
		strings.TrimSuffix(strings.ReplaceAll(g.right.query+"&", "=&", "&"), "&"),
	)
}

// headerMistakes are the host without its port or with the scheme's, a content
// type without its parameters, values as they were written, and lines that only
// the list has.
func (g *guess) headerMistakes() []mistake {
	var list []mistake
	for i, h := range g.right.headers {
		others := []string{strings.Join(g.sent.Header.Values(h.name), ",")}
		switch h.name {
		case "host":
			others = []string{stripPort(h.value), h.value + ":443", h.value + ":80", strings.ToLower(h.value)}
		case "content-type":
			kind, _, _ := strings.Cut(h.value, ";")
			others = append(others, kind, kind+"; charset=utf-8", kind+";charset=UTF-8", "application/json", "")
		}
		list = append(list, distinct(h.value, func(c *canonical, s string) { c.headers[i].value = s }, others...)...)
	}
	return list
}

// distinct makes a mistake of each form that is not the right one.
func distinct(right string, set func(*canonical, string), forms ...string) []mistake {
	var list []mistake
	for _, form := range forms {
		if form != right {
			list = append(list, mistake{func(c *canonical) { set(c, form) }})
		}
	}
	return list
}
