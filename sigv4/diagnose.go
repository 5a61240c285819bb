package sigv4

import (
	"encoding/json"
	"slices"
	"strings"
)

// A Finding is one difference between what a service computed and what was
// signed.
type Finding struct {
	// Part is what differs: "method", "path", "query", "header NAME", "signed
	// headers", "payload", "algorithm", "time", "day", "region", "service",
	// "terminator", "canonical request" or "key".
	Part string
	// Theirs is the service's value, Ours the signer's. Session tokens are withheld.
	Theirs, Ours string
	// Cause says in words what usually makes this difference, and what to do.
	Cause string
}

// Diagnose compares a service's refusal of a signature with the [Trace] of what
// was signed, line by line, and names the likely causes, in the order of the
// canonical request. Message is the error's text, or the JSON or XML body it
// came in. Where everything agrees the secret must be wrong, or, if the trace
// was rebuilt, the signer. It returns nil if the text holds no "Canonical String
// for this request should have been": some services leave it out.
func Diagnose(message string, t Trace) []Finding {
	canon, sts, ok := echoed(message)
	if !ok {
		return nil
	}
	theirs, ok := parseCanonical(canon)
	if !ok {
		return nil
	}
	ours, ok := parseCanonical(t.CanonicalRequest)
	if !ok {
		return nil
	}
	d := diff{}
	d.request(theirs, ours)
	d.stringToSign(strings.Split(sts, "\n"), strings.Split(t.StringToSign, "\n"))
	if len(d.found) == 0 {
		d.found = append(d.found, Finding{Part: "key", Cause: keyCause(t.Rebuilt)})
	}
	return d.found
}

// echoed finds the canonical request and the string to sign in a refusal. The
// second is empty where the text breaks off before it.
func echoed(message string) (canonical, stringToSign string, ok bool) {
	const (
		first  = "The Canonical String for this request should have been\n'"
		second = "The String-to-Sign should have been\n'"
	)
	_, rest, ok := strings.Cut(plainText(message), first)
	if !ok {
		return "", "", false
	}
	canonical, stringToSign, _ = strings.Cut(rest, second)
	return unquoted(canonical), unquoted(stringToSign), true
}

// unquoted cuts off the closing quote, which is the last: header values may have
// quotes in them too.
func unquoted(s string) string {
	if end := strings.LastIndexByte(s, '\''); end >= 0 {
		return s[:end]
	}
	return strings.TrimRight(s, "\n")
}

// plainText takes the message out of the body it came in.
func plainText(s string) string {
	var body struct{ Message string } // encoding/json matches "message" too
	switch trimmed := strings.TrimSpace(s); {
	case strings.HasPrefix(trimmed, "{") && json.Unmarshal([]byte(s), &body) == nil && body.Message != "":
		s = body.Message
	case strings.HasPrefix(trimmed, "<"):
		s = strings.NewReplacer("&apos;", "'", "&#39;", "'", "&#xA;", "\n", "&#10;", "\n", "&quot;", `"`, "&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
	case strings.Contains(s, `should have been\n'`): // a JSON string without its braces
		s = strings.NewReplacer(`\n`, "\n", `\u0026`, "&", `\u003c`, "<", `\u003e`, ">", `\u0027`, "'", `\"`, `"`, `\/`, "/", `\\`, `\`).Replace(s)
	}
	return strings.ReplaceAll(s, "\r\n", "\n")
}

// canonical is a canonical request in its parts.
type canonical struct {
	method, path, query string
	headers             []header
	signed, payload     string
}

type header struct{ name, value string }

// parseCanonical takes a canonical request apart: three lines, the headers, an
// empty line, the signed headers, the payload.
func parseCanonical(s string) (c canonical, ok bool) {
	lines := strings.Split(s, "\n")
	n := len(lines)
	if n < 6 {
		return c, false
	}
	c.method, c.path, c.query, c.signed, c.payload = lines[0], lines[1], lines[2], lines[n-2], lines[n-1]
	for _, line := range lines[3 : n-2] {
		if line != "" {
			name, value, _ := strings.Cut(line, ":")
			c.headers = append(c.headers, header{name, value})
		}
	}
	return c, true
}

func (c *canonical) header(name string) (string, bool) {
	i := slices.IndexFunc(c.headers, func(h header) bool { return h.name == name })
	if i < 0 {
		return "", false
	}
	return c.headers[i].value, true
}

// diff collects what differs.
type diff struct{ found []Finding }

func (d *diff) add(part, theirs, ours, cause string) {
	d.found = append(d.found, Finding{part, redactText(theirs), redactText(ours), cause})
}

func (d *diff) request(theirs, ours canonical) {
	if theirs.method != ours.method {
		d.add("method", theirs.method, ours.method, methodCause(theirs.method, ours.method))
	}
	if theirs.path != ours.path {
		d.add("path", theirs.path, ours.path, pathCause(theirs.path, ours.path))
	}
	if theirs.query != ours.query {
		d.add("query", theirs.query, ours.query, queryCause(theirs.query, ours.query))
	}
	for _, h := range ours.headers {
		if value, both := theirs.header(h.name); both && value != h.value {
			d.add("header "+h.name, line(h.name, value), line(h.name, h.value), headerCause(h.name, value, h.value))
		}
	}
	if theirs.signed != ours.signed {
		d.add("signed headers", theirs.signed, ours.signed, signedCause(theirs.signed, ours.signed))
	} else {
		d.strays(theirs, ours)
	}
	if theirs.payload != ours.payload && ours.payload != unknownPayload {
		d.add("payload", theirs.payload, ours.payload, payloadCause(theirs.payload, ours.payload))
	}
}

// strays are headers that one side has and the other not although both list the
// same names: whoever wrote one of the two left a line out.
func (d *diff) strays(theirs, ours canonical) {
	for _, h := range theirs.headers {
		if _, both := ours.header(h.name); !both {
			d.add("header "+h.name, line(h.name, h.value), "", "The service has a line for this header and the signer none: the signer lists it among SignedHeaders but leaves it out of the canonical headers.")
		}
	}
	for _, h := range ours.headers {
		if _, both := theirs.header(h.name); !both {
			d.add("header "+h.name, "", line(h.name, h.value), lostCause(h.name))
		}
	}
}

func line(name, value string) string {
	if name == strings.ToLower(headerToken) {
		value = redacted
	}
	return name + ":" + value
}

// stringToSign compares algorithm, time and scope. The fourth line is the hash
// of the canonical request, which says nothing where that differs already.
func (d *diff) stringToSign(theirs, ours []string) {
	if len(theirs) != 4 || len(ours) != 4 {
		return
	}
	if theirs[0] != ours[0] {
		d.add("algorithm", theirs[0], ours[0], "The algorithms differ: this service speaks "+theirs[0]+".")
	}
	if theirs[1] != ours[1] && !d.has("header x-amz-date") && !d.has("query") {
		d.add("time", theirs[1], ours[1], timeCause)
	}
	d.scope(strings.Split(theirs[2], "/"), strings.Split(ours[2], "/"))
	if theirs[3] != ours[3] && len(d.found) == 0 {
		d.add("canonical request", theirs[3], ours[3], "The canonical requests are the same, and their hashes are not: the signer hashed another text, for instance one with CRLF line ends or with a line end at the end.")
	}
}

func (d *diff) scope(theirs, ours []string) {
	if len(theirs) != 4 || len(ours) != 4 {
		return
	}
	for i, row := range scopeCauses {
		if theirs[i] != ours[i] {
			d.add(row.part, theirs[i], ours[i], row.cause)
		}
	}
}

func (d *diff) has(part string) bool {
	return slices.ContainsFunc(d.found, func(f Finding) bool { return f.Part == part })
}

// redactText withholds session tokens in a query. Headers are redacted by name.
func redactText(s string) string {
	const name = "X-Amz-Security-Token="
	if !strings.Contains(s, name) {
		return s
	}
	list := strings.Split(s, "&")
	for i, p := range list {
		if at := strings.Index(p, name); at >= 0 {
			list[i] = p[:at+len(name)] + redacted
		}
	}
	return strings.Join(list, "&")
}
