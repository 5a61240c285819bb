package gateway

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// requestRules are those of a method, ready to be checked ("Use request
// validation for REST APIs").
type requestRules struct {
	required []parameter
	models   map[string]*model // by media type; only if bodies are checked
}

// parameter is where a required parameter is, and its name.
type parameter struct{ in, name string }

// newRules reads the request rules of a route; nil if it has none that is
// checked.
func (a *api) newRules(r *apidef.RequestRules) (*requestRules, error) {
	if r == nil || !r.CheckParameters && !r.CheckBody {
		return nil, nil
	}
	if a.Protocol != "" && a.Protocol != apidef.REST {
		return nil, invalid("Request", "only REST APIs check requests")
	}
	out := &requestRules{models: map[string]*model{}}
	for _, key := range sortedKeys(r.Parameters) { // the order API Gateway lists them in
		rest, ok := strings.CutPrefix(key, "method.request.")
		in, name, _ := strings.Cut(rest, ".")
		if !ok || name == "" || !slices.Contains([]string{"header", "querystring", "path"}, in) {
			return nil, invalid("Request.Parameters", "%q is not method.request.header.NAME, .querystring.NAME or .path.NAME", key)
		}
		if r.CheckParameters && r.Parameters[key] {
			out.required = append(out.required, parameter{in, name})
		}
	}
	if !r.CheckBody {
		return out, nil
	}
	for contentType, name := range r.Models {
		var err error
		if out.models[strings.ToLower(contentType)], err = a.model(name); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// checkRequest holds an admitted request against its method's request rules
// (E24): first the parameters, all that are missing at once, then the body.
func (c *call) checkRequest(a *admitted) error {
	rules := c.route.rules
	if rules == nil {
		return nil
	}
	if missing := c.missing(a, rules.required); len(missing) > 0 {
		return badRequest("Missing required request parameters: [" + strings.Join(missing, ", ") + "]")
	}
	m := rules.models[mediaType(cmp.Or(a.header.Get("Content-Type"), "application/json"))]
	if m == nil {
		return nil
	}
	if err := m.validate(c.r.Context(), a.body); err != nil {
		c.validation = shortened(err.Error())
		return badRequest("Invalid request body")
	}
	return nil
}

// maxValidation is how much is told of what is wrong with a body, in bytes: each
// of its values may be.
const maxValidation = 4 << 10

func shortened(text string) string {
	if len(text) <= maxValidation {
		return text
	}
	return strings.ToValidUTF8(text[:maxValidation], "") + "…"
}

// missing lists the required parameters that are not there, or blank.
func (c *call) missing(a *admitted, required []parameter) []string {
	var out []string
	var query map[string][]string
	path := c.pathParams()
	for _, p := range required {
		var value string
		switch p.in {
		case "header":
			value = pick(a.header[http.CanonicalHeaderKey(p.name)], true)
			if strings.EqualFold(p.name, "Host") {
				value = c.r.Host
			}
		case "querystring":
			if query == nil {
				query = parseQuery(a.query)
			}
			value = pick(query[p.name], true)
		case "path":
			value = path[p.name]
		}
		if strings.TrimSpace(value) == "" {
			out = append(out, p.name)
		}
	}
	return out
}
