package profile

import (
	"net/url"
	"strings"

	"github.com/gatepass/gatepass/sigv4"
)

// isUserPool says whether s may be the id of a user pool, of AWS or of another
// server: a place, an underscore and a name.
func isUserPool(s string) bool {
	place, name, ok := strings.Cut(s, "_")
	return ok && isPlace(place) && isName(name, 55, isAlnum)
}

// isIdentityPool says the same of an identity pool: a place, a colon and a UUID.
func isIdentityPool(s string) bool {
	place, id, ok := strings.Cut(s, ":")
	return ok && isPlace(place) && isName(id, 55, func(c byte) bool { return isDigit(c) || 'a' <= c && c <= 'f' || c == '-' })
}

// isClient says whether s may be the id of an app client.
func isClient(s string) bool {
	return isName(s, 128, func(c byte) bool { return isAlnum(c) || c == '_' || c == '+' })
}

func isPlace(s string) bool {
	return isName(s, 40, func(c byte) bool { return isLower(c) || isDigit(c) || c == '-' })
}

func isName(s string, most int, of func(byte) bool) bool {
	return s != "" && len(s) <= most && span(s, of) == len(s)
}

// isAPIName says whether "name:/path" can mean the API of that name.
func isAPIName(s string) bool {
	return ValidName(s) && isAlnum(s[0]) && !strings.Contains(" http https ws wss ", " "+strings.ToLower(s)+" ")
}

// The ids as AWS makes them. By these a value is known whatever its name is.

func isAWSUserPool(s string) bool {
	return isUserPool(s) && sigv4.IsRegion(placeOf(s)) && len(s)-len(placeOf(s)) > 6
}

func isAWSIdentityPool(s string) bool {
	return isIdentityPool(s) && sigv4.IsRegion(placeOf(s)) && len(s)-len(placeOf(s)) == 37
}

func isAWSClient(s string) bool {
	return len(s) == 26 && isName(s, 26, func(c byte) bool { return isLower(c) || isDigit(c) })
}

// placeOf is what the id of a pool begins with: its region, on AWS.
func placeOf(id string) string {
	if i := strings.IndexAny(id, "_:"); i >= 0 {
		return id[:i]
	}
	return ""
}

// isPlaceholder says whether s stands for a value that somebody was to fill in.
func isPlaceholder(s string) bool {
	if strings.ContainsAny(s, "<>[]{}$* ") {
		return true
	}
	upper := strings.ToUpper(s)
	for _, w := range []string{"YOUR_", "YOUR-", "XXXX", "REPLACE", "CHANGE_ME", "CHANGEME", "_HERE", "-HERE", "POOL_ID", "CLIENT_ID", "POOL-ID", "CLIENT-ID"} {
		if strings.Contains(upper, w) {
			return true
		}
	}
	return strings.HasPrefix(s, "YOUR") || strings.HasPrefix(s, "...")
}

// baseURL reads a base URL: absolute, with a host, without query or user, in
// ASCII as it goes over the wire.
func baseURL(s string) (*url.URL, bool) {
	if span(s, func(c byte) bool { return ' ' < c && c < 0x7f }) != len(s) {
		return nil, false
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Opaque != "" {
		return nil, false
	}
	switch u.Scheme {
	case "http", "https", "ws", "wss":
		return u, true
	}
	return nil, false
}
