package explain

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode"
)

// missingToken is for "Missing Authentication Token", which API Gateway says to
// requests without a signature and also, whoever asks, to those whose stage,
// path or method it does not have.
func missingToken(v *view) []Cause {
	if list := preflight(v); list != nil {
		return list
	}
	switch {
	case v.auth == authUnknown:
		return []Cause{v.noRoute(), v.unsigned()}
	case v.auth != authNone:
		return []Cause{v.noRoute()}
	case v.besideAPIs() || len(v.oddSegments()) > 0:
		return []Cause{v.noRoute(), v.unsigned()}
	}
	return []Cause{v.unsigned(), v.noRoute()}
}

func (v *view) unsigned() Cause {
	c := Cause{Name: "unsigned", Title: "The request is not signed", Fix: []string{v.command("call")}}
	if v.auth == authNone {
		c.Seen = []string{"It has no Authorization header and no X-Amz-Signature in the query."}
	}
	if v.Request != nil && v.auth == authNone && v.Request.Header.Get("X-Amz-Date") != "" {
		c.Seen = append(c.Seen, "It has an X-Amz-Date: a proxy, a redirect or the export took the Authorization header out.")
	}
	return c
}

// noRoute is for a stage, path or method that is not there, with what the known
// APIs say about it.
func (v *view) noRoute() Cause {
	c := Cause{Name: "no-route", Title: "The API has no such stage, path or method"}
	if v.Request == nil {
		c.Fix = []string{"Check the URL and the method: the stage (/prod) comes first, then the path."}
		return c
	}
	if v.signed() {
		c.Seen = append(c.Seen, "The request is signed; API Gateway says this to every path it does not have.")
	}
	if !v.baseTrouble(&c) {
		v.stageTrouble(&c)
	}
	c.Seen = append(c.Seen, v.oddSegments()...)
	switch v.Request.Method {
	case http.MethodHead:
		c.Seen = append(c.Seen, "The method is HEAD, which GET does not answer.")
		c.Fix = append(c.Fix, "Use GET, or give the path a method of its own for HEAD.")
	case http.MethodGet, http.MethodPost:
	default:
		c.Seen = append(c.Seen, "The method is "+clean(v.Request.Method)+".")
	}
	if len(c.Fix) == 0 {
		c.Fix = v.routeChecks()
	}
	return c
}

// baseTrouble compares the path with the base paths of the known APIs on this
// host, and reports whether one of them shows what is wrong.
func (v *view) baseTrouble(c *Cause) bool {
	for _, api := range v.hostAPIs() {
		base := segments(splitURL(api.URL).path)
		path := segments(v.target.path)
		prefix := "/" + strings.Join(base, "/")
		switch {
		case len(base) == 0:
		case !hasPrefix(path, base):
			c.Name, c.Title = "base-path", "The path does not begin with the API's base path "+prefix
			c.Seen = append(c.Seen, fmt.Sprintf("The API %s is at %s, and the path is %s.", api.Name, api.URL, clean(v.target.path)))
			for _, path := range candidates(v.behind(base)) {
				c.Fix = append(c.Fix, v.commandFor("call", v.target.base()+prefix+path))
			}
			return true
		case hasPrefix(path[len(base):], base):
			c.Name, c.Title = "base-path", "The base path "+prefix+" is in the path twice"
			c.Fix = append(c.Fix, v.commandFor("call", v.target.base()+strings.TrimPrefix(v.target.requestURI(), prefix)))
			return true
		default:
			c.Seen = append(c.Seen, "The path begins with the base path of the API "+api.Name+", "+prefix+", as it should.")
		}
	}
	return false
}

// candidates are what may have been meant to follow the base path, the likely one
// first: all that is there, or what comes after its first part, which may be a stage
// that is not there.
func candidates(behind string) []string {
	first, rest, more := strings.Cut(behind[1:], "/")
	switch {
	case !more:
		return []string{behind}
	case isStage(first):
		return []string{"/" + rest, behind}
	}
	return []string{behind, "/" + rest}
}

// behind is what of the path follows the parts that it has in common with a base
// path, and the query.
func (v *view) behind(base []string) string {
	path := v.target.path
	for _, part := range base {
		rest, ok := strings.CutPrefix(path, "/"+part)
		if !ok || rest != "" && rest[0] != '/' {
			break
		}
		path = rest
	}
	return target{path: path, query: v.target.query}.requestURI()
}

func hasPrefix(path, base []string) bool {
	if len(path) < len(base) {
		return false
	}
	for i := range base {
		if path[i] != base[i] {
			return false
		}
	}
	return true
}

// stageTrouble says how API Gateway reads a path on a host that no profile knows.
func (v *view) stageTrouble(c *Cause) {
	path := segments(v.target.path)
	switch {
	case len(v.hostAPIs()) > 0 || len(path) == 0:
	case v.place.service == "execute-api":
		c.Seen = append(c.Seen, "On this host the first part of the path, "+clean(path[0])+", is the stage.")
	case !v.place.local && v.place.service == "" && isStage(path[0]):
		c.Seen = append(c.Seen, "On a domain of your own the stage is not part of the path, and this one begins with /"+path[0]+".")
		c.Fix = append(c.Fix, v.commandFor("call", v.target.base()+strings.TrimPrefix(v.target.requestURI(), "/"+path[0])))
	}
}

func isStage(s string) bool {
	switch strings.ToLower(s) {
	case "prod", "production", "dev", "develop", "development", "stage", "staging", "test", "qa", "default":
		return true
	}
	return false
}

// oddSegments are parts of the path that are nobody's name.
func (v *view) oddSegments() []string {
	var out []string
	for _, s := range segments(v.target.path) {
		switch {
		case s == "undefined", s == "null", s == "NaN", s == "[object%20Object]", s == "None":
			out = append(out, "The path has /"+s+" in it: a variable of the program was empty.")
		case strings.HasPrefix(s, "{") || strings.HasPrefix(s, "%7B") || strings.HasPrefix(s, "<") || strings.HasPrefix(s, "%3C"):
			out = append(out, "The path has "+clean(s)+" in it: a placeholder was not filled in.")
		}
	}
	return out
}

func (v *view) routeChecks() []string {
	fix := []string{"Check path and method against the API's routes.", "Deploy the API if a route was added or changed since the last deployment."}
	if v.place.api != "" && v.place.region != "" {
		fix = append(fix,
			"aws apigateway get-stages --rest-api-id "+v.place.api+" --region "+v.place.region,
			"aws apigateway get-resources --rest-api-id "+v.place.api+" --region "+v.place.region)
	}
	return fix
}

// hostAPIs are the known APIs on the host that was called.
func (v *view) hostAPIs() []API {
	var out []API
	for _, api := range v.Known.APIs {
		if sameHost(splitURL(api.URL).host, v.target.host) {
			out = append(out, api)
		}
	}
	return out
}

// besideAPIs says whether the path is of none of the known APIs on its host.
func (v *view) besideAPIs() bool {
	apis := v.hostAPIs()
	for _, api := range apis {
		if hasPrefix(segments(v.target.path), segments(splitURL(api.URL).path)) {
			return false
		}
	}
	return len(apis) > 0
}

// strayRunes are characters that word processors, chats and shells leave in
// pasted URLs.
func strayRunes() map[rune]string {
	return map[rune]string{
		'“': "a curly quote", '”': "a curly quote", '‘': "a curly quote", '’': "a curly quote", '«': "a quote", '»': "a quote",
		'–': "a long dash", '—': "a long dash", '…': "three dots in one character", '\u00a0': "a no-break space", '\u200b': "an invisible space",
		'\ufeff': "an invisible byte order mark", '\u200e': "an invisible direction mark", '\u00ad': "an invisible soft hyphen",
		'"': "a quote", '<': "an angle bracket", '>': "an angle bracket", '`': "a back quote", '\\': "a backslash", '\r': "a carriage return", '\n': "a line end",
	}
}

// strays finds such characters, also percent-encoded, and white space at the
// ends of the URL.
func (v *view) strays() []Cause {
	if v.Request == nil {
		return nil
	}
	stray := strayRunes()
	var seen []string
	for _, part := range []string{v.Request.URL, v.target.host, v.target.path} {
		text := part
		if d, err := url.PathUnescape(part); err == nil {
			text = d
		}
		for _, r := range text {
			if what := stray[r]; what != "" {
				seen = append(seen, fmt.Sprintf("The URL has %s in it (U+%04X).", what, r))
				break
			}
		}
		if text != strings.TrimFunc(text, unicode.IsSpace) {
			seen = append(seen, "The URL ends or begins with white space.")
		}
		if len(seen) > 0 {
			break
		}
	}
	if seen == nil {
		return nil
	}
	return []Cause{{
		Name: "stray-characters", Title: "The URL has characters in it that do not belong there", Seen: seen,
		Fix: []string{"Type the URL anew instead of pasting it from a document or a chat, between plain quotes ' '."},
	}}
}

// preflight is for a browser's question before the real request, which is never
// signed.
func preflight(v *view) []Cause {
	if v.Request == nil || v.Request.Method != http.MethodOptions || v.Request.Header.Get("Access-Control-Request-Method") == "" {
		return nil
	}
	want := v.Request.Header.Get("Access-Control-Request-Headers")
	c := Cause{
		Name: "preflight", Title: "The CORS preflight was refused, so the browser sent nothing else",
		Seen: []string{
			"OPTIONS asks for leave to send " + clean(v.Request.Header.Get("Access-Control-Request-Method")) + " from " + clean(v.Request.Header.Get("Origin")) + ". Browsers never sign it.",
		},
		Fix: []string{
			"Give the path an OPTIONS method without authorization (API Gateway: Enable CORS; gatepass: cors: in gate.yaml), and deploy.",
			"Allow the headers Content-Type, X-Amz-Date, Authorization, X-Api-Key, X-Amz-Security-Token.",
		},
	}
	if want != "" {
		c.Seen = append(c.Seen, "It asks for the headers "+clean(want)+".")
	}
	return []Cause{c}
}

// command is the gatepass command that does this request right.
func (v *view) command(verb string) string {
	if v.Request == nil {
		return "gatepass " + verb + " METHOD URL"
	}
	return v.commandFor(verb, v.Request.URL)
}

func (v *view) commandFor(verb, to string) string {
	return "gatepass " + verb + " " + shellQuote(strings.ToUpper(clean(v.Request.Method))) + " " + shellQuote(withoutPresign(to))
}

func (v *view) presignCommand() string {
	if v.Request == nil {
		return "gatepass sign --presign URL"
	}
	return "gatepass sign --presign " + shellQuote(withoutPresign(v.Request.URL))
}

// withoutPresign leaves the credentials of a presigned URL out.
func withoutPresign(raw string) string {
	base, query, ok := strings.Cut(raw, "?")
	if !ok {
		return raw
	}
	var kept []string
	for p := range strings.SplitSeq(query, "&") {
		if !strings.HasPrefix(strings.ToLower(p), "x-amz-") {
			kept = append(kept, p)
		}
	}
	if len(kept) == 0 {
		return base
	}
	return base + "?" + strings.Join(kept, "&")
}

func shellQuote(s string) string {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("'\"\\$`!&|;<>()*?[]{}~#", c) >= 0 {
			return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
		}
	}
	return s
}

// printable leaves out control characters, and those that are written unseen.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
}

// clean makes text from outside fit for a terminal: no control characters, and
// not too long.
func clean(s string) string {
	s = printable(s)
	if len(s) > 300 {
		s = strings.ToValidUTF8(s[:300], "") + "…"
	}
	return s
}
