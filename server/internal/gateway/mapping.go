package gateway

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// mapPlace is where a mapping changes something.
type mapPlace string

const (
	inHeader mapPlace = "header"
	inQuery  mapPlace = "querystring"
	inPath   mapPlace = "path" // a variable of it on REST, the whole on HTTP APIs
	inStatus mapPlace = "statuscode"
)

// change is one mapping: it puts a value into a place, beside or instead of what
// is there. Without a value it removes.
type change struct {
	in     mapPlace
	name   string
	add    bool // beside what is there
	value  mapValue
	remove bool
}

// trusts tells a value that the gateway answers for: nothing that a client sent
// may stand beside it.
func (ch *change) trusts() bool {
	for _, t := range ch.value {
		if t.from == fromContext {
			return true
		}
	}
	return false
}

// changes are the mappings of one request or answer, in the order of their keys.
type changes []change

// parseRequestREST reads integration.request.X: method.request.Y and the like
// ("Set up request and response data mappings in API Gateway").
func parseRequestREST(parameters map[string]string, st *apidef.Stage) (changes, error) {
	var out changes
	for _, key := range sortedKeys(parameters) {
		const field = "Integration.Parameters"
		rest, ok := strings.CutPrefix(key, "integration.request.")
		in, name, named := strings.Cut(rest, ".")
		switch {
		case !ok || !named || name == "" || in != string(inHeader) && in != string(inQuery) && in != string(inPath):
			return nil, invalid(field, "%q is not integration.request.header.NAME, .querystring.NAME or .path.NAME", key)
		case in == string(inHeader) && !mayMapRequest(name):
			return nil, invalid(field, "%q: the header cannot be mapped", key)
		}
		value, err := parseMapValue(field+"."+key, parameters[key], "method.request.", st)
		if err != nil {
			return nil, err
		}
		out = append(out, change{in: mapPlace(in), name: name, value: value})
	}
	return out, nil
}

// parseResponseREST reads method.response.header.X: integration.response.header.Y
// and the like.
func parseResponseREST(parameters map[string]string, st *apidef.Stage) (changes, error) {
	var out changes
	for _, key := range sortedKeys(parameters) {
		const field = "Integration.Responses.Parameters"
		name, ok := strings.CutPrefix(key, "method.response.header.")
		if !ok || !mayMapResponse(name) {
			return nil, invalid(field, "%q is not method.response.header.NAME of a header that can be mapped", key)
		}
		value, err := parseMapValue(field+"."+key, parameters[key], "integration.response.", st)
		if err != nil {
			return nil, err
		}
		out = append(out, change{in: inHeader, name: name, value: value})
	}
	return out, nil
}

// parseHTTP reads append:header.X: $request.Y and the like ("Transform API
// requests and responses for HTTP APIs"). Side is request or response.
func parseHTTP(field, side string, parameters map[string]string, st *apidef.Stage) (changes, error) {
	var out changes
	for _, key := range sortedKeys(parameters) {
		ch, err := parseTarget(field, side, key)
		if err != nil {
			return nil, err
		}
		if !ch.remove {
			if ch.value, err = parseTexts(field+"."+key, side, parameters[key], st); err != nil {
				return nil, err
			}
		}
		out = append(out, ch)
	}
	return out, nil
}

// parseTarget reads OPERATION:PLACE.NAME.
func parseTarget(field, side, key string) (change, error) {
	op, target, _ := strings.Cut(key, ":")
	in, name, _ := strings.Cut(target, ".")
	ch := change{in: mapPlace(in), name: name, add: op == "append", remove: op == "remove"}
	known := op == "append" || op == "remove" || op == "overwrite"
	switch {
	case !known:
	case ch.in == inHeader && reservedHTTP(name):
		return ch, invalid(field, "%q: the header is reserved", key)
	case ch.in == inHeader && (side == "request" && mayMapRequest(name) || side == "response" && mayMapResponse(name)):
		return ch, nil
	case ch.in == inQuery && side == "request" && name != "":
		return ch, nil
	case op == "overwrite" && name == "" && (ch.in == inPath && side == "request" || ch.in == inStatus && side == "response"):
		return ch, nil
	}
	return ch, invalid(field, "%q is not a mapping of HTTP APIs, such as overwrite:header.X", key)
}

// reservedHTTP tells headers that HTTP APIs do not map ("Reserved headers").
func reservedHTTP(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case "authorization", "connection", "content-encoding", "content-length", "content-location", "forwarded", "keep-alive",
		"origin", "proxy-authenticate", "proxy-authorization", "te", "trailers", "transfer-encoding", "upgrade",
		"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "via":
		return true
	}
	for _, prefix := range []string{"access-control-", "apigw-", "x-amz-", "x-amzn-"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// parseResponsesHTTP reads the mappings of answers by status.
func parseResponsesHTTP(parameters map[string]map[string]string, st *apidef.Stage) (map[string]changes, error) {
	out := map[string]changes{}
	for status, list := range parameters {
		if len(status) != 3 || strings.Trim(status, "0123456789") != "" {
			return nil, invalid("Integration.ResponseParameters", "%q is not a status code", status)
		}
		var err error
		if out[status], err = parseHTTP("Integration.ResponseParameters."+status, "response", list, st); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// names are the path variables that the mappings give.
func (list changes) pathNames() []string {
	var out []string
	for _, ch := range list {
		if ch.in == inPath && ch.name != "" {
			out = append(out, ch.name)
		}
	}
	return out
}

// needsBody tells whether a value comes from a body.
func (list changes) needsBody() bool {
	for _, ch := range list {
		for _, t := range ch.value {
			if t.from == fromBody {
				return true
			}
		}
	}
	return false
}

// outgoing is a request on its way to an integration.
type outgoing struct {
	admitted
	vars map[string]string // of the path, as they go into an address
	at   string            // the whole path at the backend, where a mapping gave one
}

// outgoing begins one; named tells that its path has variables in it.
func (c *call) outgoing(a *admitted, named bool) *outgoing {
	o := &outgoing{admitted: *a}
	if named {
		if o.vars = c.pathParams(); o.vars == nil {
			o.vars = map[string]string{}
		}
	}
	return o
}

// apply makes the changes. All values are taken from the request as it came;
// then what a client sent under the names goes, then the values are set.
func (list changes) apply(c *call, o *outgoing) error {
	if len(list) == 0 {
		return nil
	}
	in := &mapInput{c: c, header: o.header, host: c.r.Host, query: parseQuery(o.query), body: o.body, path: o.path}
	values := make([][]string, len(list))
	for i := range list {
		var err error
		if values[i], err = list[i].value.values(in); err != nil {
			return err
		}
	}
	for i := range list {
		list[i].clear(o.header, &o.query)
	}
	for i := range list {
		if err := list[i].set(o, values[i]); err != nil {
			return err
		}
	}
	return nil
}

// clear removes what was sent under the name.
func (ch *change) clear(h http.Header, query *string) {
	if ch.add && !ch.trusts() {
		return
	}
	switch ch.in {
	case inHeader:
		delete(h, http.CanonicalHeaderKey(ch.name))
	case inQuery:
		*query = dropParam(*query, ch.name)
	}
}

func (ch *change) set(o *outgoing, values []string) error {
	for _, v := range values {
		switch ch.in {
		case inHeader:
			if !isASCIIHeader(v) {
				return badRequest("The header " + ch.name + " cannot be made of what was sent")
			}
			key := http.CanonicalHeaderKey(ch.name)
			o.header[key] = append(o.header[key], v)
		case inQuery:
			o.query = joinQuery(o.query, queryEscape(ch.name)+"="+queryEscape(v))
		case inPath:
			if err := o.setPath(ch, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// setPath puts a value into the path: what came from a path is as it was sent,
// everything else is escaped.
func (o *outgoing) setPath(ch *change, v string) error {
	if ch.name == "" {
		if strings.Contains(v, "?") {
			return badRequest("The path cannot be made of what was sent")
		}
		o.at = "/" + strings.TrimLeft(v, "/")
		return checkTarget(o.at)
	}
	if !ch.value.isRawPath() {
		if slices.ContainsFunc(strings.Split(v, "/"), isDots) {
			return badRequest("The path cannot be made of what was sent") // for who resolves escaped slashes
		}
		v = url.PathEscape(v)
	}
	if o.vars != nil { // else the address has no variable
		o.vars[ch.name] = v
	}
	return checkPath(v)
}

func joinQuery(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "&" + b
}

// dropParam removes the parameters of a name from a raw query.
func dropParam(query, name string) string {
	var kept []string
	for param := range strings.SplitSeq(query, "&") {
		key, _, _ := strings.Cut(strings.ReplaceAll(param, "+", " "), "=")
		if unescape(key) != name {
			kept = append(kept, param)
		}
	}
	return strings.Join(kept, "&")
}

func isASCIIHeader(v string) bool {
	return !strings.ContainsFunc(v, func(c rune) bool { return c >= 0x7f || c < ' ' && c != '\t' })
}
