package gatepass

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Claims are what the ID token says of the user, as received from the user pool
// over the connection it was asked on; their signature is not checked here. See
// "Understanding the identity (ID) token" in the Amazon Cognito developer guide.
type Claims map[string]any

// Claims gives what the latest ID token says; nil for a guest. It never connects.
func (s *Session) Claims() Claims {
	c, err := parseClaims(s.snapshot().ID)
	if err != nil {
		return nil
	}
	return c
}

// Subject is the claim sub: the id of the user that never changes.
func (c Claims) Subject() string { return c.String("sub") }

// String is the text of a claim; "" if it is missing or not a text.
func (c Claims) String(name string) string {
	s, _ := c[name].(string)
	return s
}

// Strings are the texts of a claim that is a list, such as cognito:groups; nil
// if it is missing.
func (c Claims) Strings(name string) []string {
	list, _ := c[name].([]any)
	var out []string
	for _, v := range list {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// Time is a claim in seconds since 1970; the zero time if it is missing.
func (c Claims) Time(name string) time.Time {
	f, ok := c[name].(float64)
	if !ok || f < 0 || f > 1e11 {
		return time.Time{}
	}
	return time.Unix(int64(f), 0)
}

func parseClaims(token string) (Claims, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("the ID token is not a JSON Web Token")
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, fmt.Errorf("the ID token cannot be read: %w", err)
	}
	var c Claims
	if err := json.Unmarshal(b, &c); err != nil {
		return nil, fmt.Errorf("the ID token cannot be read: %w", err)
	}
	return c, nil
}
