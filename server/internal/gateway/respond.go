package gateway

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// integrationAnswer is a backend's answer, or that of a mock.
type integrationAnswer struct {
	status int
	header http.Header
	body   []byte
}

// responder is an integration response: the answers that it is for and what it
// makes of them.
type responder struct {
	status    int
	matches   *regexp.Regexp // of the whole status or errorMessage; nil: what no other matches
	headers   changes
	templates map[string]*template
	handling  string
}

func newResponders(list []apidef.IntegrationResponse, st *apidef.Stage) ([]responder, error) {
	var out []responder
	defaults := 0
	for _, r := range list {
		one, err := newResponder(r, st)
		if err != nil {
			return nil, err
		}
		if one.matches == nil {
			defaults++
		}
		out = append(out, one)
	}
	if defaults > 1 {
		return nil, invalid("Integration.Responses", "more than one has no Selection; only one can be the default")
	}
	return out, nil
}

func newResponder(r apidef.IntegrationResponse, st *apidef.Stage) (responder, error) {
	const field = "Integration.Responses"
	out := responder{status: r.Status, handling: r.ContentHandling}
	if r.Status < 200 || r.Status > 599 {
		return out, invalid(field+".Status", "%d is not 200 to 599", r.Status)
	}
	if err := checkHandling(field+".ContentHandling", r.ContentHandling); err != nil {
		return out, err
	}
	if r.Selection != "" {
		re, err := regexp.Compile("^(?:" + r.Selection + ")$")
		if err != nil {
			return out, invalid(field+".Selection", "%v", err)
		}
		out.matches = re
	}
	var err error
	if out.headers, err = parseResponseREST(r.Parameters, st); err != nil {
		return out, err
	}
	out.templates, err = parseTemplates(field+".Templates", r.Templates)
	return out, err
}

// choose gives the responder for an answer: the first whose pattern matches, or
// the default.
func (x *custom) choose(back *integrationAnswer) *responder {
	about := x.selects(back)
	var fallback *responder
	for i := range x.responders {
		r := &x.responders[i]
		if r.matches == nil {
			fallback = r
		} else if r.matches.MatchString(about) {
			return r
		}
	}
	return fallback
}

// respond answers the caller with what the responder makes of the answer. Of its
// headers only mapped ones go on.
func (x *custom) respond(ctx context.Context, c *call, back *integrationAnswer, in *templateInput) error {
	r := x.choose(back)
	if r == nil {
		return errBackend(misconfigured(fmt.Sprintf("no integration response is for %.200q, and none is the default", x.selects(back))))
	}
	body, err := convert(back.body, c.api.isBinary(back.header.Get("Content-Type")), c.api.wantsBinary(c.r.Header), r.handling)
	if err != nil {
		return err
	}
	if t := r.template(c.r.Header); t != nil {
		in.body = body
		text, err := t.render(ctx, in)
		if err != nil {
			return templateFault(err)
		}
		body = []byte(text)
	}
	h := http.Header{"Content-Type": {"application/json"}}
	if _, err := r.headers.changeAnswer(&mapInput{c: c, header: back.header, body: back.body, answer: true}, h, r.status); err != nil {
		return err
	}
	status, err := overrideAnswer(in.overrides, h, r.status)
	if err != nil {
		return errBackend(err)
	}
	return c.writeAnswer(status, h, body)
}

// overrideAnswer makes the changes that templates asked for. A status that is
// none is passed over, as by API Gateway.
func overrideAnswer(overrides map[string][]string, h http.Header, status int) (int, error) {
	for _, text := range overrides["responseOverride.status"] {
		if n, err := readStatus(text); err == nil {
			status = n
		}
	}
	for _, name := range sortedKeys(overrides) {
		if header, ok := strings.CutPrefix(name, "responseOverride.header."); ok {
			h.Del(header)
			if err := addHeader(h, header, overrides[name]); err != nil {
				return status, err
			}
		}
	}
	return status, nil
}

// template is the one for what the caller accepts, for JSON, or the first.
func (r *responder) template(h http.Header) *template {
	for accepted := range strings.SplitSeq(h.Get("Accept"), ",") {
		if t := r.templates[mediaType(accepted)]; t != nil {
			return t
		}
	}
	if t := r.templates["application/json"]; t != nil {
		return t
	}
	for _, key := range sortedKeys(r.templates) {
		return r.templates[key]
	}
	return nil
}

// convert is the table of "Content type conversions in API Gateway": a binary
// body becomes text for who does not want it, text becomes binary for who does.
func convert(body []byte, isBinary, wantsBinary bool, handling string) ([]byte, error) {
	switch {
	case len(body) == 0:
		return body, nil
	case isBinary && (handling == toText || handling == "" && !wantsBinary):
		return encode64(body), nil
	case !isBinary && (handling == toBinary || handling == "" && wantsBinary):
		out, err := decode64(bytes.Trim(body, `"`)) // in quotes as a function returns a text
		if err != nil {
			return nil, errBackend(misconfigured("a body to be made binary is not base64"))
		}
		return out, nil
	}
	return body, nil
}

// misconfigured is a fault of the API's definition, which a call brought out.
type misconfigured string

// Error is the fault.
func (m misconfigured) Error() string { return string(m) }

// writeAnswer writes a whole answer.
func (c *call) writeAnswer(status int, h http.Header, body []byte) error {
	c.out.header = h
	c.out.WriteHeader(status)
	if isBodyless(status) || c.r.Method == http.MethodHead {
		return nil
	}
	_, _ = c.out.Write(body) // a client that has gone needs no answer
	return nil
}

// isBodyless tells the statuses whose answers have no body (RFC 9110 sections
// 15.3.5 and 15.4.5).
func isBodyless(status int) bool {
	return status == http.StatusNoContent || status == http.StatusNotModified
}

// mockAnswer is what a request template made for a mock: its statusCode.
func mockAnswer(body []byte) (*integrationAnswer, error) {
	status, ok := mockStatus(body)
	if !ok {
		return nil, errBackend(misconfigured("the mock's request template has no statusCode"))
	}
	return &integrationAnswer{status: status, header: http.Header{}}, nil
}

// mockStatus reads {"statusCode": 200}; API Gateway also takes the key without
// quotes.
func mockStatus(body []byte) (int, bool) {
	text := strings.TrimSpace(string(body))
	if v, err := decodeJSON(body); err == nil {
		o, _ := v.(*jsonObject)
		text = "{statusCode:" + fmt.Sprint(o.get("statusCode")) + "}"
	}
	_, after, found := strings.Cut(text, "statusCode")
	rest, colon := strings.CutPrefix(strings.TrimLeft(after, " \t\r\n\"'"), ":")
	rest = strings.TrimLeft(rest, " \t\r\n")
	end := strings.IndexFunc(rest, func(c rune) bool { return c < '0' || c > '9' })
	if !found || !colon || end <= 0 || text[0] != '{' {
		return 0, false
	}
	n, err := strconv.Atoi(rest[:end])
	return n, err == nil
}
