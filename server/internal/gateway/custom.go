package gateway

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// custom is the HTTP integration with mappings, with a function the AWS and without
// a backend the MOCK integration: what goes to the backend and what comes back is
// made by templates and mappings ("Set up HTTP integrations", "Set up mock
// integrations").
type custom struct {
	at          *backend
	handler     http.Handler
	mock        bool
	function    string // ARN or URL, of a Lambda custom integration
	method      string
	request     changes
	templates   map[string]*template
	passthrough string
	handling    string
	responders  []responder
}

// Values of Integration.Passthrough and ContentHandling.
const (
	passNoMatch     = "WHEN_NO_MATCH"
	passNoTemplates = "WHEN_NO_TEMPLATES"
	passNever       = "NEVER"
	toBinary        = "CONVERT_TO_BINARY"
	toText          = "CONVERT_TO_TEXT"
)

func newCustom(a *api, r *route, in apidef.Integration, st *apidef.Stage) (*custom, error) {
	if a.isHTTP() {
		return nil, invalid("Integration.Type", "HTTP APIs have no %s integrations", in.Type)
	}
	x := &custom{
		mock: in.Type == apidef.Mock, handler: in.Handler, passthrough: cmp.Or(in.Passthrough, passNoMatch), handling: in.ContentHandling,
	}
	if in.Method != methodAny {
		x.method = in.Method
	}
	if err := x.check(&in); err != nil {
		return nil, err
	}
	var err error
	if x.request, err = parseRequestREST(in.Parameters, st); err != nil {
		return nil, err
	}
	if x.templates, err = parseTemplates("Integration.Templates", in.Templates); err != nil {
		return nil, err
	}
	if x.responders, err = newResponders(in.Responses, st); err != nil {
		return nil, err
	}
	if in.Type == apidef.LambdaCustom {
		return x, x.callFunction(a, &in)
	}
	x.at, err = newBackend(in.URI, append(x.request.pathNames(), r.names...))
	return x, err
}

func (x *custom) check(in *apidef.Integration) error {
	switch {
	case !slices.Contains([]string{passNoMatch, passNoTemplates, passNever}, x.passthrough):
		return invalid("Integration.Passthrough", "%q is not WHEN_NO_MATCH, WHEN_NO_TEMPLATES or NEVER", in.Passthrough)
	case len(in.ResponseParameters) > 0:
		return invalid("Integration.ResponseParameters", "only HTTP APIs have them")
	}
	return checkHandling("Integration.ContentHandling", in.ContentHandling)
}

func checkHandling(field, handling string) error {
	if handling != "" && handling != toBinary && handling != toText {
		return invalid(field, "%q is not CONVERT_TO_BINARY or CONVERT_TO_TEXT", handling)
	}
	return nil
}

func parseTemplates(field string, texts map[string]string) (map[string]*template, error) {
	out := map[string]*template{}
	for key, text := range texts {
		t, err := parseTemplate(text)
		if err != nil {
			return nil, invalid(field+"."+key, "%v", err)
		}
		out[strings.ToLower(key)] = t
	}
	return out, nil
}

func (x *custom) send(c *call, a *admitted) error {
	ctx, cancel := c.limited()
	defer cancel()
	c.addHeaders(a.header)
	if !x.mock && x.function == "" {
		if err := c.sayIdentity(a); err != nil {
			return err
		}
	}
	params := c.templateParams(a)
	o, overrides, err := x.build(ctx, c, a, params)
	if err != nil {
		return err
	}
	back, err := x.ask(ctx, c, o)
	if err != nil {
		return err
	}
	return x.respond(ctx, c, back, &templateInput{c: c, body: back.body, params: params, overrides: overrides})
}

// build makes the request to the backend: nothing of the caller's is in it but
// what templates and mappings put there.
func (x *custom) build(ctx context.Context, c *call, a *admitted, params func() *jsonObject) (*outgoing, map[string][]string, error) {
	overrides := map[string][]string{}
	body, err := x.body(ctx, a, &templateInput{c: c, params: params, overrides: overrides})
	if err != nil {
		return nil, nil, err
	}
	mapped := c.outgoing(a, true)
	mapped.header = a.header.Clone()
	if err := x.request.apply(c, mapped); err != nil {
		return nil, nil, err
	}
	o := &outgoing{admitted: admitted{method: cmp.Or(x.method, a.method), path: a.path, header: x.headers(c, a, body), body: body}, vars: mapped.vars}
	x.keep(o, mapped)
	if o.method == http.MethodGet || o.method == http.MethodHead || o.method == http.MethodOptions {
		if !x.mock {
			o.body = nil
			delete(o.header, "Content-Type")
		}
	}
	return o, overrides, o.override(overrides)
}

// keep takes what was mapped, and nothing else.
func (x *custom) keep(o, mapped *outgoing) {
	for _, ch := range x.request {
		switch ch.in {
		case inHeader:
			key := http.CanonicalHeaderKey(ch.name)
			if v := mapped.header[key]; len(v) > 0 {
				o.header[key] = v
			}
		case inQuery:
			for param := range strings.SplitSeq(mapped.query, "&") {
				if name, _, _ := strings.Cut(param, "="); unescape(strings.ReplaceAll(name, "+", " ")) == ch.name {
					o.query = joinQuery(o.query, param)
				}
			}
		}
	}
}

// headers are those that every request of a custom integration has.
func (x *custom) headers(c *call, a *admitted, body []byte) http.Header {
	if x.function != "" {
		return http.Header{}
	}
	h := http.Header{"Accept": {"application/json"}, "User-Agent": {c.userAgent()}}
	c.addHeaders(h)
	if token := a.header[headerIdentity]; token != nil {
		h[headerIdentity] = token
	}
	if len(body) > 0 {
		h["Content-Type"] = []string{cmp.Or(a.header.Get("Content-Type"), "application/json")}
	}
	return h
}

// override makes the changes that a template asked for.
func (o *outgoing) override(overrides map[string][]string) error {
	for _, name := range sortedKeys(overrides) {
		rest, ok := strings.CutPrefix(name, "requestOverride.")
		if !ok {
			continue
		}
		in, key, _ := strings.Cut(rest, ".")
		ch := change{in: mapPlace(in), name: key}
		ch.clear(o.header, &o.query)
		if err := ch.set(o, overrides[name]); err != nil {
			return err
		}
	}
	return nil
}

// body is the request's body for the backend: what the template for its type
// makes of it, or as it is where that may pass.
func (x *custom) body(ctx context.Context, a *admitted, in *templateInput) ([]byte, error) {
	binary := in.c.api.isBinary(a.header.Get("Content-Type"))
	body, err := convert(a.body, binary, binary, x.handling)
	if err != nil {
		return nil, err
	}
	t := x.template(a.header.Get("Content-Type"))
	if t == nil {
		if x.passthrough == passNever || x.passthrough == passNoTemplates && len(x.templates) > 0 {
			return nil, refusal(http.StatusUnsupportedMediaType, "BadRequestException", "Unsupported Media Type")
		}
		return body, nil
	}
	in.body = body
	text, err := t.render(ctx, in)
	if err != nil {
		return nil, templateFault(err)
	}
	return []byte(text), nil
}

// template is that of a media type; a request without one is JSON.
func (x *custom) template(contentType string) *template {
	t := x.templates[mediaType(cmp.Or(contentType, "application/json"))]
	if t == nil {
		t = x.templates["$default"]
	}
	return t
}

// templateFault tells what a caller may see of a template that failed: nothing.
func templateFault(err error) error {
	if errors.Is(err, context.Canceled) {
		panic(http.ErrAbortHandler) // the client has gone
	}
	return errBackend(err)
}

// ask gives the answer of what is behind the integration.
func (x *custom) ask(ctx context.Context, c *call, o *outgoing) (*integrationAnswer, error) {
	switch {
	case x.mock:
		return mockAnswer(o.body)
	case x.function != "":
		return x.askFunction(ctx, c, o)
	}
	return x.askBackend(ctx, c, o)
}

// askBackend sends the request to the backend and takes its whole answer.
func (x *custom) askBackend(ctx context.Context, c *call, o *outgoing) (*integrationAnswer, error) {
	out, err := o.request(ctx, c, x.at)
	if err != nil {
		return nil, err
	}
	if x.handler != nil {
		return c.askHandler(x.handler, out)
	}
	res, err := c.callBackend(out)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // what was read was checked
	body, err := readWhole(res)
	if err != nil && ctx.Err() != nil {
		return nil, c.backendFault(ctx.Err())
	}
	return &integrationAnswer{status: res.StatusCode, header: res.Header, body: body}, err
}

// templateParams are what $input.params() has: the last value of each name.
func (c *call) templateParams(a *admitted) func() *jsonObject {
	header, query := a.header.Clone(), a.query
	return sync.OnceValue(func() *jsonObject {
		all := newObject()
		all.put("path", sortedObject(c.pathParams()))
		last := map[string]string{}
		for name, values := range parseQuery(query) {
			last[name] = pick(values, false)
		}
		all.put("querystring", sortedObject(last))
		last = map[string]string{"Host": c.r.Host}
		for name, values := range header {
			if !strings.HasPrefix(name, identityPrefix) {
				last[name] = pick(values, false)
			}
		}
		headers := sortedObject(last)
		headers.fold = true
		all.put("header", headers)
		return all
	})
}
