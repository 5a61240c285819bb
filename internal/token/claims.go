package token

import (
	"encoding/json"
	"maps"
	"strconv"
	"strings"
	"time"
)

// maxSeconds is the end of the year 9999; beyond it time.Time comparisons overflow.
const maxSeconds = 253402300799

// Claims are the claims of a token that [Verify] accepted.
type Claims struct{ claims }

// claims holds JSON values as encoding/json decodes them, with numbers as json.Number.
type claims struct{ m map[string]any }

// Has reports whether the claim is there, whatever its type.
func (c claims) Has(name string) bool {
	_, there := c.m[name]
	return there
}

// String returns a claim that is a string, and "" for every other type.
func (c claims) String(name string) string {
	s, _ := c.m[name].(string)
	return s
}

// Bool returns whether the claim is true or "true", the two forms Cognito uses.
func (c claims) Bool(name string) bool {
	return c.m[name] == true || c.m[name] == "true"
}

// Time returns a claim that is a whole number of seconds since 1970, and the zero time for everything else.
func (c claims) Time(name string) time.Time {
	n, ok := seconds(c.m[name])
	if !ok {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}

// Strings returns a claim that is a list of strings or a single string; it is nil if any member is something else.
func (c claims) Strings(name string) []string {
	switch v := c.m[name].(type) {
	case string:
		return []string{v}
	case []any:
		list := make([]string, 0, len(v))
		for _, member := range v {
			s, ok := member.(string)
			if !ok {
				return nil
			}
			list = append(list, s)
		}
		return list
	}
	return nil
}

// Raw returns a copy of the top level of the claims. Numbers are json.Number.
func (c claims) Raw() map[string]any { return maps.Clone(c.m) }

// seconds accepts the plain integers from 0 to the end of the year 9999.
func seconds(v any) (int64, bool) {
	number, ok := v.(json.Number)
	if !ok || strings.ContainsAny(number.String(), ".eE-") {
		return 0, false
	}
	n, err := strconv.ParseInt(number.String(), 10, 64)
	return n, err == nil && n <= maxSeconds
}
