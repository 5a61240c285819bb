package sigv4

import (
	"encoding/json"
	"strings"
)

// A Finding is one difference between what a service computed and what was
// signed.
type Finding struct {
	// Part is what differs: "method", "path", "query", "header NAME", "signed
	// headers", "payload", "string to sign" or "key".
	Part string
	// Theirs is the service's value, Ours the signer's. Session tokens are withheld.
	Theirs, Ours string
	// Cause says in words what usually makes this difference, and what to do.
	Cause string
}

// Diagnose compares a service's refusal of a signature with the [Trace] of what
// was signed, line by line, and names the likely causes. Message is the error's
// text, or the JSON body it came in. Where everything agrees the secret must be
// wrong. It returns nil if the text holds no "Canonical String for this request
// should have been": some services leave it out.
func Diagnose(message string, t Trace) []Finding {
	message = messageOf(message)
	theirs, ok := quoted(message, "The Canonical String for this request should have been\n'")
	if !ok {
		return nil
	}
	found := diffCanonical(strings.Split(theirs, "\n"), strings.Split(t.CanonicalRequest, "\n"))
	if sts, ok := quoted(message, "The String-to-Sign should have been\n'"); ok {
		found = append(found, diffStringToSign(sts, t.StringToSign)...)
	}
	if len(found) == 0 {
		found = append(found, Finding{
			Part:  "key",
			Cause: "Both sides signed the same text, so the secret access key differs: it was mistyped, or belongs to another access key id.",
		})
	}
	return found
}

// messageOf takes the text out of a JSON body.
func messageOf(s string) string {
	var body struct{ Message string } // encoding/json matches "message" too
	if strings.HasPrefix(strings.TrimSpace(s), "{") && json.Unmarshal([]byte(s), &body) == nil && body.Message != "" {
		return body.Message
	}
	return s
}

func quoted(message, before string) (string, bool) {
	_, rest, ok := strings.Cut(message, before)
	if !ok {
		return "", false
	}
	if end := strings.Index(rest, "'\n"); end >= 0 {
		return rest[:end], true
	}
	return strings.TrimSuffix(rest, "'"), true
}

// diffCanonical compares the parts of two canonical requests: three lines, the
// headers, an empty line, the signed headers, the payload.
func diffCanonical(theirs, ours []string) []Finding {
	if len(theirs) < 6 || len(ours) < 6 {
		return nil
	}
	var found []Finding
	add := func(part, a, b, cause string) {
		if a != b {
			found = append(found, Finding{part, redactLine(a), redactLine(b), cause})
		}
	}
	add("method", theirs[0], ours[0], "The request was sent with another method; a redirect or a proxy may have changed it.")
	add("path", theirs[1], ours[1], pathCause(theirs[1], ours[1]))
	add("query", theirs[2], ours[2], queryCause(theirs[2], ours[2]))
	n, m := len(theirs), len(ours)
	found = append(found, diffHeaders(theirs[3:n-3], ours[3:m-3])...)
	add("signed headers", theirs[n-2], ours[m-2], "The list of signed headers differs: the Authorization header was changed after signing.")
	add("payload", theirs[n-1], ours[m-1], payloadCause(ours[m-1]))
	return found
}

func pathCause(theirs, ours string) string {
	switch {
	case strings.ReplaceAll(theirs, "%25", "%") == ours:
		return "The path was encoded once: this service wants the path as sent to be encoded once more (Profile.EncodePath)."
	case theirs == strings.ReplaceAll(ours, "%25", "%"):
		return "The path was encoded twice, but the service encodes it once (Profile.EncodePath)."
	case strings.TrimRight(theirs, "/") == strings.TrimRight(ours, "/"):
		return "Only a slash at the end differs: sign the path exactly as it is sent."
	}
	if n, ok := normalizePath(ours); ok && n == theirs {
		return "The service resolved dot segments or double slashes: send the path in normal form (Profile.Normalize)."
	}
	return "The path was changed after signing, by a proxy or a base-path rewrite: sign the path that reaches the service."
}

func queryCause(theirs, ours string) string {
	switch {
	case strings.ReplaceAll(theirs, "%20", "%2B") == ours, strings.ReplaceAll(ours, "%20", "%2B") == theirs:
		return "A + stands for a space on one side and for itself on the other: send %20 or %2B."
	case sameParams(theirs, ours):
		return "The parameters are the same in another order: sort by encoded name, then by encoded value."
	}
	return "The query was changed or encoded anew after signing."
}

func sameParams(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	count := map[string]int{}
	for p := range strings.SplitSeq(a, "&") {
		count[p]++
	}
	for p := range strings.SplitSeq(b, "&") {
		count[p]--
		if count[p] < 0 {
			return false
		}
	}
	return true
}

func diffHeaders(theirs, ours []string) []Finding {
	var found []Finding
	values := map[string]string{}
	for _, line := range ours {
		name, _, _ := strings.Cut(line, ":")
		values[name] = line
	}
	for _, line := range theirs {
		name, _, _ := strings.Cut(line, ":")
		if own, ok := values[name]; !ok || own != line {
			found = append(found, Finding{"header " + name, redactLine(line), redactLine(own), headerCause(name, line, own)})
		}
	}
	return found
}

func headerCause(name, theirs, ours string) string {
	switch {
	case name == "host" && (strings.HasPrefix(theirs, ours+":") || strings.HasPrefix(ours, theirs+":")):
		return "One side has the port and the other not: sign the Host header as it is sent."
	case name == "host":
		return "The request reached the service under another host: a proxy rewrote the Host header."
	case name == "content-type":
		return "The content type was changed after signing; clients like to append a charset."
	case name == "x-amz-date":
		return "The date is not the one that was signed: the request was signed twice, or an old signature was sent again."
	case ours == "":
		return "The service saw a header that was not signed."
	}
	return "The header was changed after signing."
}

func payloadCause(ours string) string {
	if len(ours) != 64 {
		return "The service hashes the body itself: sign the body's SHA-256 and not " + ours + "."
	}
	if ours == EmptyHash.String() {
		return "No body was signed but one was sent."
	}
	return "The body was changed after signing, or was encoded anew."
}

func diffStringToSign(theirs, ours string) []Finding {
	a, b := strings.Split(theirs, "\n"), strings.Split(ours, "\n")
	if len(a) != 4 || len(b) != 4 {
		return nil
	}
	for i, cause := range [...]string{
		"The algorithms differ.", "The times differ: correct the clock, or sign each attempt anew.",
		"The scopes differ: check day, region and service.",
	} {
		if a[i] != b[i] {
			return []Finding{{"string to sign", a[i], b[i], cause}}
		}
	}
	return nil
}
