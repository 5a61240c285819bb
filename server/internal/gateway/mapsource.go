package gateway

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// mapValue is the value of a mapping: its terms joined.
type mapValue []term

// origin is where a term comes from.
type origin int

const (
	fromText origin = iota
	fromContext
	fromHeader
	fromHeaders // all of a name
	fromQuery
	fromQueries // all of a name
	fromVar     // of the path
	fromPath    // the whole path
	fromBody
)

type term struct {
	from origin
	name string // or the text
	path jsonPath
}

// mapInput is what mappings take their values from: a request, or an answer,
// which has no query and no path.
type mapInput struct {
	c      *call
	header http.Header
	host   string
	query  map[string][]string
	path   string
	body   []byte
	answer bool // of a backend, whose body may be anything
	value  any
	failed error
	read   bool
}

// origins are the places of a request in REST mappings.
var origins = map[string]origin{
	"header": fromHeader, "multivalueheader": fromHeaders, "querystring": fromQuery, "multivaluequerystring": fromQueries, "path": fromVar,
}

// parseMapValue reads the value of a REST mapping. Own is method.request. or
// integration.response.
func parseMapValue(field, text, own string, st *apidef.Stage) (mapValue, error) {
	if len(text) >= 2 && text[0] == '\'' && text[len(text)-1] == '\'' {
		return mapValue{{name: text[1 : len(text)-1]}}, nil
	}
	if name, ok := strings.CutPrefix(text, "context."); ok && knownContext(name) {
		return mapValue{{from: fromContext, name: name}}, nil
	}
	if name, ok := strings.CutPrefix(text, "stageVariables."); ok {
		return stageSource(field, name, st)
	}
	rest, ok := strings.CutPrefix(text, own)
	in, name, named := strings.Cut(rest, ".")
	if ok && in == "body" {
		path, err := parsePath("$." + name)
		if !named {
			path, err = nil, nil
		}
		if err != nil {
			return nil, invalid(field, "%v", err)
		}
		return mapValue{{from: fromBody, path: path}}, nil
	}
	from, known := origins[in]
	if !ok || !known || name == "" || own != "method.request." && from != fromHeader && from != fromHeaders {
		return nil, invalid(field, "%q is not a value that can be mapped, such as 'text' or %sheader.NAME", text, own)
	}
	return mapValue{{from: from, name: name}}, nil
}

func stageSource(field, name string, st *apidef.Stage) (mapValue, error) {
	value, ok := st.Variables[name]
	if !ok {
		return nil, invalid(field, "the stage %q has no variable %q", st.Name, name)
	}
	return mapValue{{name: value}}, nil
}

// parseTexts reads the value of an HTTP API's mapping: text with $request.X,
// ${context.X} and the like in it.
func parseTexts(field, side, text string, st *apidef.Stage) (mapValue, error) {
	var out mapValue
	for {
		before, rest, found := strings.Cut(text, "$")
		if before != "" {
			out = append(out, term{name: before})
		}
		if !found {
			return out, nil
		}
		name, after := rest, ""
		if strings.HasPrefix(rest, "{") {
			inside, behind, closed := strings.Cut(rest[1:], "}")
			if !closed {
				return nil, invalid(field, "%q has no }", text)
			}
			name, after = inside, behind
		} else if end := strings.IndexFunc(rest, notIn("._-:[]*'\"")); end >= 0 {
			name = rest[:end]
		}
		if after == "" && !strings.HasPrefix(rest, "{") {
			name = strings.TrimRight(name, "-.:") // which end a sentence, not a name
			after = rest[len(name):]
		}
		more, err := parseVariable(field, side, name, st)
		if err != nil {
			return nil, err
		}
		out, text = append(out, more...), after
	}
}

func parseVariable(field, side, name string, st *apidef.Stage) (mapValue, error) {
	group, rest, _ := strings.Cut(name, ".")
	in, key, named := strings.Cut(rest, ".")
	switch {
	case group == "context" && knownContext(rest):
		return mapValue{{from: fromContext, name: rest}}, nil
	case group == "stageVariables":
		return stageSource(field, rest, st)
	case group != side:
	case in == "body":
		path, err := parsePath("$." + key)
		if !named {
			path, err = nil, nil
		}
		if err != nil {
			return nil, invalid(field, "%v", err)
		}
		return mapValue{{from: fromBody, path: path}}, nil
	case in == "path" && !named && side == "request":
		return mapValue{{from: fromPath}}, nil
	case in == "header" && key != "":
		return mapValue{{from: fromHeaders, name: key}}, nil
	case side == "request" && key != "" && (in == "querystring" || in == "path"):
		return mapValue{{from: map[string]origin{"querystring": fromQueries, "path": fromVar}[in], name: key}}, nil
	}
	return nil, invalid(field, "$%s is not a variable that can be mapped here", name)
}

// isRawPath tells a value that is of the path as it was sent.
func (s mapValue) isRawPath() bool {
	return len(s) == 1 && (s[0].from == fromVar || s[0].from == fromPath)
}

// values are what a value comes to; none if it is empty.
func (s mapValue) values(in *mapInput) ([]string, error) {
	if len(s) == 1 && s[0].from == fromQueries {
		return in.query[s[0].name], nil
	}
	var out strings.Builder
	for _, t := range s {
		v, err := t.value(in)
		if err != nil {
			return nil, err
		}
		out.WriteString(v)
	}
	if out.Len() == 0 {
		return nil, nil
	}
	return []string{out.String()}, nil
}

func (t term) value(in *mapInput) (string, error) {
	switch t.from {
	case fromContext:
		v, _ := in.c.contextVar(t.name)
		return v, nil
	case fromHeader, fromHeaders:
		values := in.header[http.CanonicalHeaderKey(t.name)]
		if strings.EqualFold(t.name, "Host") && in.host != "" {
			values = []string{in.host}
		}
		return pick(values, t.from == fromHeaders), nil
	case fromQuery, fromQueries:
		return pick(in.query[t.name], t.from == fromQueries), nil
	case fromVar:
		i := slices.IndexFunc(in.c.route.names, func(n string) bool { return trimGreedy(n) == t.name })
		if i < 0 {
			return "", nil
		}
		return in.c.values[i], nil
	case fromPath:
		return in.path, nil
	case fromBody:
		return t.ofBody(in)
	}
	return t.name, nil
}

// pick is the last of several values, or all of them.
func pick(values []string, all bool) string {
	if all || len(values) == 0 {
		return strings.Join(values, ",")
	}
	return values[len(values)-1]
}

func (t term) ofBody(in *mapInput) (string, error) {
	if len(t.path) == 0 {
		return string(in.body), nil
	}
	if !in.read {
		in.read = true
		if looksJSON(in.body) {
			in.value, in.failed = decodeJSON(in.body)
		}
	}
	if in.failed != nil && !in.answer {
		return "", badRequest("Invalid JSON in request body")
	}
	v, _ := t.path.find(in.value)
	return plain(v)
}

// looksJSON tells a body that API Gateway takes for JSON; in others there is
// nothing to be found.
func looksJSON(body []byte) bool {
	body = bytes.TrimSpace(body)
	return len(body) > 0 && strings.IndexByte(`{["'`, body[0]) >= 0
}

// queryEscape escapes everything that is not unreserved (RFC 3986 section 2.3).
func queryEscape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
