package sigv4

import (
	"net/http"
	"slices"
	"strings"
)

const timeCause = "The time is not the one that was signed: an old signature was sent again (a retry, a redirect, a pasted command). Sign each attempt anew."

// scopeCauses are the elements of a scope after the access key id.
var scopeCauses = [...]struct{ part, cause string }{
	{"day", "The day of the scope is not the day of the signature's time: take both from one clock, in UTC."},
	{"region", "The request was signed for another region: sign for the region in the API's host name."},
	{"service", "The request was signed for another service: API Gateway is execute-api."},
	{"terminator", "The scope must end with aws4_request."},
}

func keyCause(rebuilt bool) string {
	if rebuilt {
		return "What the service computed is what this request should be signed over. So the request was changed after it was signed (its body, its path), or the secret access key is another one than this access key id's, or the signer put the request in another form before it signed: encoding of the path, the order of the query, white space."
	}
	return "Both sides signed the same text, so the secret access key differs: it was mistyped, or belongs to another access key id."
}

func methodCause(theirs, ours string) string {
	if ours == http.MethodPost && theirs == http.MethodGet {
		return "The POST arrived as a GET: a redirect was followed (http to https, a slash at the end). Call the address it leads to."
	}
	return "The request was sent with another method than was signed; a redirect, a method override or a proxy changed it."
}

func pathCause(theirs, ours string) string {
	switch {
	case strings.ReplaceAll(theirs, "%25", "%") == ours:
		return "The signer encoded the path once; this service wants the path as sent to be encoded once more (Profile.EncodePath)."
	case theirs == strings.ReplaceAll(ours, "%25", "%"):
		return "The signer encoded the path twice; this service encodes it once (Profile.EncodePath)."
	case strings.TrimRight(theirs, "/") == strings.TrimRight(ours, "/"):
		return "Only a slash at the end differs: sign the path exactly as it is sent."
	case normalForm(ours) == theirs, normalForm(theirs) == ours:
		return "One side resolved dot segments or double slashes and the other not: send the path in normal form (Profile.Normalize)."
	}
	if decoded(theirs) == decoded(ours) {
		return escapeCause(theirs, ours)
	}
	if prefix, ok := movedBase(theirs, ours); ok {
		return "The base path " + prefix + " was added or taken away between signer and service, by a base-path mapping or a proxy: sign the path that reaches the service."
	}
	return "The path was changed after signing, by a proxy or a rewrite: sign the path that reaches the service."
}

func escapeCause(theirs, ours string) string {
	if strings.EqualFold(theirs, ours) {
		return "Only the case of percent-escapes differs: a hop respelled them. Write them in upper case, and sign what is sent."
	}
	if strings.Contains(theirs, "%2B") != strings.Contains(ours, "%2B") {
		return "A + in the path was taken for a space or a space for a +: in a path + stands for itself; send a space as %20."
	}
	return "The path is the same once decoded, but was percent-encoded otherwise: in canonical form everything but letters, digits and - . _ ~ / is encoded (encodeURI leaves : @ = + , and more as they are), and what is sent must not be encoded anew after signing."
}

// normalForm is the path without dot segments and double slashes; empty if it
// has none.
func normalForm(path string) string {
	n, _ := normalizePath(path)
	return n
}

// decoded undoes every percent-encoding, however often it was applied.
func decoded(s string) string {
	for range 4 {
		if badEscape(s) != "" {
			break
		}
		next := strings.ReplaceAll(unescape(strings.ReplaceAll(s, "+", "%2B")), "+", " ")
		if next == s {
			break
		}
		s = next
	}
	return s
}

// movedBase finds the segments in front that only one of two paths has.
func movedBase(a, b string) (prefix string, ok bool) {
	if len(a) < len(b) {
		a, b = b, a
	}
	prefix, ok = strings.CutSuffix(a, b)
	return prefix, ok && len(prefix) > 1 && prefix[0] == '/' && b != "/"
}

func queryCause(theirs, ours string) string {
	a, b := params(theirs), params(ours)
	missing, added := without(b, a), without(a, b)
	switch {
	case len(missing) == 0 && len(added) == 0:
		return "The parameters are the same in another order: sort by encoded name, then by encoded value, as bytes."
	case plusAsSpace(theirs) == plusAsSpace(ours):
		return "A + stands for a space on one side and for itself on the other: send %20 or %2B."
	case slices.Equal(decodedParams(a), decodedParams(b)):
		return "The parameters are the same once decoded, but were percent-encoded otherwise: in canonical form everything but letters, digits and - . _ ~ is encoded, in upper case, and a name without a value gets a =."
	case len(missing) == 0:
		return "The service saw " + nameList(added) + " in the query, which was not signed: something added it after signing (tracking, caching, a proxy)."
	case len(added) == 0:
		return "The signer signed " + nameList(missing) + " in the query, which did not reach the service: a proxy or a rewrite dropped it."
	case slices.Equal(paramNames(missing), paramNames(added)):
		return "The value of " + nameList(missing) + " in the query was changed after signing."
	}
	return "The query was changed after signing: " + nameList(missing) + " became " + nameList(added) + "."
}

func params(query string) []string {
	if query == "" {
		return nil
	}
	return strings.Split(query, "&")
}

// without gives the parameters of a that b does not have, repeats counted.
func without(a, b []string) []string {
	count := map[string]int{}
	for _, p := range b {
		count[p]++
	}
	var out []string
	for _, p := range a {
		if count[p]--; count[p] < 0 {
			out = append(out, p)
		}
	}
	return out
}

func plusAsSpace(query string) string {
	sorted := params(strings.NewReplacer("%2B", "%20", "+", "%20").Replace(query))
	slices.Sort(sorted)
	return strings.Join(sorted, "&")
}

func decodedParams(list []string) []string {
	out := make([]string, len(list))
	for i, p := range list {
		name, value, _ := strings.Cut(p, "=")
		out[i] = decoded(name) + "=" + decoded(value)
	}
	slices.Sort(out)
	return out
}

func paramNames(list []string) []string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i], _, _ = strings.Cut(p, "=")
	}
	slices.Sort(out)
	return out
}

// nameList names parameters, without their values.
func nameList(list []string) string {
	names := slices.Compact(paramNames(list))
	for i, n := range names {
		if names[i] = unescape(n); n == "" {
			names[i] = "a parameter without a name"
		}
	}
	if len(names) > 5 {
		names = append(names[:5], "…")
	}
	return strings.Join(names, ", ")
}

func signedCause(theirs, ours string) string {
	a, b := strings.Split(theirs, ";"), strings.Split(ours, ";")
	missing, added := without(b, a), without(a, b)
	switch {
	case len(missing) == 0 && len(added) == 0:
		return "The signed headers are the same in another order: sort the names, in lower case."
	case len(added) == 0:
		return "Signed and not listed in the Authorization header: " + strings.Join(missing, ", ") + ". The header that was sent is not the one that was made."
	case len(missing) == 0:
		return "Listed in the Authorization header and not signed: " + strings.Join(added, ", ") + ". Something between signed the request again, or the header was put together by hand."
	}
	return "The Authorization header that was sent lists other headers than were signed: the request was signed a second time."
}

func payloadCause(theirs, ours string) string {
	switch empty := EmptyHash.String(); {
	case len(ours) != 64:
		return "The service hashes the body itself: sign the body's SHA-256 and not " + ours + "."
	case ours == empty:
		return "No body was signed but one was sent: give the signer the body."
	case theirs == empty:
		return "A body was signed but none arrived: it was read before it was sent, a redirect dropped it, or the client sends none with this method."
	}
	return "The body was changed after signing, or was encoded anew: sign the bytes that are sent (JSON written twice, line ends, a charset, compression)."
}
