package gateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// eval follows a reference. What is not there is null, and so is everything that
// is asked of it.
func (ref *reference) eval(r *run) (any, error) {
	if err := r.work(1 + len(ref.steps)); err != nil {
		return nil, err
	}
	v, rest, err := ref.begin(r)
	for _, s := range rest {
		if err != nil || v == nil {
			return nil, err
		}
		v, err = s.follow(r, v)
	}
	return v, err
}

// begin gives the value of the variable, and the steps still to go.
func (ref *reference) begin(r *run) (any, []step, error) {
	switch ref.name {
	case "context":
		name, n := contextName(ref.steps)
		return r.contextValue(name), ref.steps[n:], nil
	case "stageVariables":
		return r.stageVariables(), ref.steps, nil
	case "null":
		return nil, nil, nil
	case "velocityCount":
		return r.loopValue("count"), ref.steps, nil
	case "foreach":
		return r.loopValue(ref.steps[0].name), ref.steps[1:], nil
	case "input", "util":
		args, err := evalAll(r, ref.steps[0].args)
		if err != nil {
			return nil, nil, err
		}
		v, err := r.builtin(ref.name, ref.steps[0].name, args)
		return v, ref.steps[1:], err
	}
	if block, ok := r.vars[ref.name].(defined); ok {
		v, err := block.eval(r)
		return v, ref.steps, err
	}
	return r.vars[ref.name], ref.steps, nil
}

func evalAll(r *run, list []expression) ([]any, error) {
	out := make([]any, len(list))
	for i, e := range list {
		var err error
		if out[i], err = e.eval(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (r *run) contextValue(name string) any {
	if values, set := r.in.overrides[name]; set {
		return values[len(values)-1]
	}
	switch {
	case isOverride(name):
		return nil
	case name == "identity":
		return r.in.c.identityObject()
	case name == "authorizer":
		return r.in.c.authorizerObject()
	case name == "authorizer.claims":
		return sortedObject(r.in.c.auth.claims)
	}
	if v, _ := r.in.c.contextVar(name); v != "" {
		return v
	}
	return nil
}

// identityNames are what $context.identity has as a whole.
var identityNames = []string{
	"accessKey", "accountId", "apiKey", "apiKeyId", "caller", "cognitoAuthenticationProvider", "cognitoAuthenticationType",
	"cognitoIdentityId", "cognitoIdentityPoolId", "principalOrgId", "sourceIp", "user", "userAgent", "userArn",
}

func (c *call) identityObject() *jsonObject {
	out := newObject()
	for _, name := range identityNames {
		v, _ := c.contextVar("identity." + name)
		out.put(name, v)
	}
	return out
}

// authorizerObject is what the authorizer found, as a whole.
func (c *call) authorizerObject() *jsonObject {
	out := newObject()
	for _, name := range sortedKeys(c.auth.context) {
		v, _ := c.contextVar("authorizer." + name)
		out.put(name, v)
	}
	if c.auth.principalID != "" {
		out.put("principalId", c.auth.principalID)
	}
	if c.auth.claims != nil {
		out.put("claims", sortedObject(c.auth.claims))
	}
	return out
}

func (r *run) stageVariables() *jsonObject { return sortedObject(r.in.c.stage.Variables) }

func sortedObject(values map[string]string) *jsonObject {
	out := newObject()
	for _, name := range sortedKeys(values) {
		out.put(name, values[name])
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func (r *run) loopValue(name string) any {
	if len(r.loops) == 0 {
		return nil
	}
	at := r.loops[len(r.loops)-1]
	switch name {
	case "index":
		return json.Number(strconv.Itoa(at.index))
	case "count":
		return json.Number(strconv.Itoa(at.index + 1))
	case "hasNext":
		return !at.last
	case "first":
		return at.index == 0
	}
	return at.last
}

// builtin calls what $input and $util have.
func (r *run) builtin(name, method string, args []any) (any, error) {
	if name == "util" {
		return r.utility(method, args[0])
	}
	switch method {
	case "body":
		if len(r.in.body) == 0 {
			return "{}", nil
		}
		return r.text(string(r.in.body))
	case "params":
		return r.params(args)
	}
	text, err := r.plain(args[0])
	if err != nil {
		return nil, err
	}
	path, err := parsePath(text)
	if err != nil {
		return nil, err
	}
	if path.spreads() { // which walks over all there is
		if err := r.work(len(r.in.body) / 1024); err != nil {
			return nil, err
		}
	}
	found, there := path.find(r.in.json())
	if method == "path" {
		return found, r.work(len(path))
	}
	if !there || found == nil && len(path) == 0 {
		return `""`, nil
	}
	var out strings.Builder
	if err := writeJSON(&out, found, maxPayload, 0); err != nil {
		return nil, err
	}
	return r.text(out.String())
}

// json is the body as JSON: without a body an empty object, and null for one that
// is no JSON, in which nothing is found.
func (in *templateInput) json() any {
	if in.decoded {
		return in.value
	}
	in.decoded = true
	if len(bytes.TrimSpace(in.body)) == 0 {
		in.value = newObject()
		return in.value
	}
	v, err := decodeJSON(in.body)
	if err == nil {
		in.value = v
	}
	return in.value
}

// params are the parameters of the request: all of them, or the first of a name
// in path, query and headers.
func (r *run) params(args []any) (any, error) {
	all := r.in.params()
	if len(args) == 0 {
		return all, nil
	}
	name, err := r.plain(args[0])
	if err != nil {
		return nil, err
	}
	for _, place := range all.keys {
		from := all.values[place].(*jsonObject) // params makes no other
		for _, key := range from.keys {
			if key == name || place == "header" && strings.EqualFold(key, name) {
				return from.values[key], nil
			}
		}
	}
	return "", nil
}

// utilities are the functions of $util by how many arguments they take.
var utilities = map[string]int{
	"escapeJavaScript": 1, "urlEncode": 1, "urlDecode": 1, "base64Encode": 1, "base64Decode": 1, "parseJson": 1,
}

func (r *run) utility(name string, arg any) (any, error) {
	if arg == nil {
		return nil, nil
	}
	s, err := r.plain(arg)
	if err != nil {
		return nil, err
	}
	switch name {
	case "urlEncode":
		s = strings.NewReplacer("%2A", "*", "~", "%7E").Replace(url.QueryEscape(s))
	case "urlDecode":
		s, err = url.QueryUnescape(s)
	case "base64Encode":
		s = base64.StdEncoding.EncodeToString([]byte(s))
	case "base64Decode":
		var out []byte
		out, err = decode64([]byte(s))
		s = string(out)
	case "parseJson":
		if err := r.work(len(s) / 16); err != nil {
			return nil, err
		}
		return decodeJSON([]byte(s))
	default:
		s = escapeJavaScript(s)
	}
	if err != nil {
		return nil, err
	}
	return r.text(s)
}

// escapeJavaScript escapes what ends a JavaScript text, and what is not ASCII.
func escapeJavaScript(s string) string {
	var out strings.Builder
	for _, c := range s {
		switch {
		case c == '\'' || c == '"' || c == '\\':
			out.WriteByte('\\')
			out.WriteRune(c)
		case c == '\n':
			out.WriteString(`\n`)
		case c == '\r':
			out.WriteString(`\r`)
		case c == '\t':
			out.WriteString(`\t`)
		case c == '\b':
			out.WriteString(`\b`)
		case c == '\f':
			out.WriteString(`\f`)
		case c >= ' ' && c < 0x7f:
			out.WriteRune(c)
		case c > 0xffff:
			hi, lo := utf16.EncodeRune(c)
			fmt.Fprintf(&out, `\u%04X\u%04X`, hi, lo)
		default:
			fmt.Fprintf(&out, `\u%04X`, c)
		}
	}
	return out.String()
}

// follow takes one step from a value.
func (s step) follow(r *run, v any) (any, error) {
	if s.call {
		args, err := evalAll(r, s.args)
		if err != nil {
			return nil, err
		}
		return r.method(v, s.name, args)
	}
	key, err := s.key(r)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case *jsonObject:
		return v.get(key), nil
	case *jsonList:
		i, err := strconv.Atoi(key)
		if err != nil {
			return nil, nil
		}
		found, _ := pathStep{kind: '[', index: i}.take(v)
		return found, nil
	}
	return nil, nil
}

// expand replaces what a pattern matches, $1 and \$ in the replacement as Java
// has them.
func (r *run) expand(s, pattern, with string, all bool) (any, error) {
	re, err := r.regexp(pattern, len(s))
	if err != nil {
		return nil, err
	}
	var out strings.Builder
	last := 0
	most := 1
	if all { // one more than fit
		most += maxPayload / max(1, len(with)-2*strings.Count(with, "$")-strings.Count(with, `\`))
	}
	for _, m := range re.FindAllStringSubmatchIndex(s, most) {
		out.WriteString(s[last:m[0]])
		replacement(&out, s, m, with)
		last = m[1]
		if out.Len() > maxPayload {
			return nil, errTemplateSize
		}
	}
	return r.text(out.String() + s[last:])
}

func replacement(out *strings.Builder, s string, m []int, with string) {
	for i := 0; i < len(with); i++ {
		c := with[i]
		switch {
		case c == '\\' && i+1 < len(with):
			i++
			out.WriteByte(with[i])
		case c == '$' && i+1 < len(with) && with[i+1] >= '0' && with[i+1] <= '9':
			i++
			if g := int(with[i]-'0') * 2; g+1 < len(m) && m[g] >= 0 {
				out.WriteString(s[m[g]:m[g+1]])
			}
		default:
			out.WriteByte(c)
		}
	}
}

// regexp compiles a pattern; it and its work on n bytes are counted.
func (r *run) regexp(pattern string, n int) (*regexp.Regexp, error) {
	if len(pattern) > 1000 {
		return nil, errTemplateSize
	}
	if err := r.work(100 + n/16*(1+len(pattern)/16)); err != nil {
		return nil, err
	}
	return regexp.Compile(pattern)
}

func runes(s string) int { return utf8.RuneCountInString(s) }
