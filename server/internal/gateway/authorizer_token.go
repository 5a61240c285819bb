package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
)

// maxAhead is how far in the future a token may say it was issued.
const maxAhead = time.Minute

// claims are those of a verified token. Numbers are json.Number.
type claims map[string]any

// text is a claim that is a text, and empty for any other.
func (c claims) text(name string) string {
	s, _ := c[name].(string)
	return s
}

// list is a claim that is a list of texts, or one text.
func (c claims) list(name string) []string {
	switch v := c[name].(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, one := range v {
			if s, ok := one.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// scopes are those of scope, words of one text, or of scp, a text or a list.
func (c claims) scopes() []string {
	name := "scope"
	if _, ok := c[name]; !ok {
		name = "scp"
	}
	var out []string
	for _, words := range c.list(name) {
		out = append(out, strings.Fields(words)...)
	}
	return out
}

// early tells a token that says it was issued in the future. Issuers that are
// not asked about leave the claim to us.
func (c claims) early(now time.Time) bool {
	number, ok := c["iat"].(json.Number)
	if !ok {
		_, is := c["iat"]
		return is
	}
	at, err := strconv.ParseFloat(number.String(), 64)
	return err != nil || at > float64(now.Add(maxAhead).Unix())
}

// verifyToken checks a token by any of the given pools or issuers. A fault is
// not a refusal, and decides nothing.
func (c *call) verifyToken(from []string, raw string) (claims, error) {
	if c.g.VerifyToken == nil {
		return nil, errUnavailable(errors.New("gateway: VerifyToken is not set"))
	}
	refused := error(ErrToken)
	for _, one := range from {
		found, err := c.g.VerifyToken(c.r.Context(), one, raw)
		switch {
		case err == nil && claims(found).early(c.now):
			return nil, refusedToken("the token was issued in the future")
		case err == nil:
			return found, nil
		case !errors.Is(err, ErrToken):
			return nil, errUnavailable(err)
		}
		refused = err
	}
	return nil, refused
}

func refusedToken(why string) error { return fmt.Errorf("%w: %s", ErrToken, why) }

// askUserPool is COGNITO_USER_POOLS: an ID token, or where the route asks for
// scopes an access token that has one of them (API Gateway Developer Guide,
// "Control access to REST APIs using Amazon Cognito user pools as an authorizer").
func (c *call) askUserPool(a *authorizer) error {
	raw := a.bearer(c)
	if raw == "" {
		return errUnauthorized()
	}
	found, err := c.verifyToken(a.ProviderARNs, raw)
	if errors.Is(err, ErrToken) {
		return because(errUnauthorized(), err)
	}
	if err != nil {
		return err
	}
	if why := c.misfit(a, found); why != "" {
		return because(errUnauthorized(), errors.New(why))
	}
	c.auth.claims = restClaims(found)
	if err := c.permitAnyone(); err != nil {
		return err
	}
	c.identity.UserSub = found.text("sub") // for the backend
	return nil
}

// misfit says why a valid token of a user pool is not the one the route wants.
func (c *call) misfit(a *authorizer, found claims) string {
	use := "id"
	if len(c.route.Scopes) > 0 {
		use = "access"
	}
	switch {
	case found.text("token_use") != use:
		return "the route wants an " + use + " token"
	case a.refusesText(found.text("aud")):
		return "the aud of the token is not what the authorizer wants"
	case use == "access" && !overlap(c.route.Scopes, found.scopes()):
		return "the token has none of the scopes of the route"
	}
	return ""
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// because keeps the reason for a refusal for the log.
func because(refused, why error) error {
	if e := (*wire.Error)(nil); errors.As(refused, &e) {
		e.Err = why
	}
	return refused
}

// askIssuer is JWT: a token of the issuer for one of the audiences, with one of
// the route's scopes if it names some (API Gateway Developer Guide, "Control
// access to HTTP APIs with JWT authorizers").
func (c *call) askIssuer(a *authorizer) error {
	raw := a.bearer(c)
	if raw == "" {
		return &challenge{errUnauthorized().(*wire.Error), "Bearer"}
	}
	found, err := c.verifyToken([]string{a.Issuer}, raw)
	if errors.Is(err, ErrToken) {
		return c.badToken(http.StatusUnauthorized, "invalid_token", reason(err), err)
	}
	if err != nil {
		return err
	}
	audience := found.list("aud")
	if _, ok := found["aud"]; !ok {
		audience = found.list("client_id")
	}
	if !overlap(a.Audience, audience) {
		return c.badToken(http.StatusUnauthorized, "invalid_token", "the token does not have a valid audience", nil)
	}
	if len(c.route.Scopes) > 0 {
		if c.auth.scopes = found.scopes(); !overlap(c.route.Scopes, c.auth.scopes) {
			return c.badToken(http.StatusForbidden, "insufficient_scope", "the token does not have a required scope", nil)
		}
	}
	c.auth.claims = httpClaims(found)
	return nil
}

// badToken is the refusal of a token with WWW-Authenticate (RFC 6750 section 3).
func (c *call) badToken(status int, code, description string, cause error) error {
	e := refusal(status, "UnauthorizedException", "Unauthorized")
	if status == http.StatusForbidden {
		e = errForbidden().(*wire.Error)
	}
	if e.Err = cause; cause == nil {
		e.Err = errors.New(description)
	}
	return &challenge{e, `Bearer scope="` + strings.Join(c.route.Scopes, " ") + `" error="` + code + `" error_description="` + description + `"`}
}

// reason is what VerifyToken says of a token, fit for a quoted string.
func reason(err error) string {
	text := strings.TrimPrefix(strings.TrimPrefix(err.Error(), ErrToken.Error()), ": ")
	if text == "" {
		return "the token is not valid"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, text)
}

// restClaims are claims as $context.authorizer.claims of a REST API has them:
// lists joined, times of the token in words.
func restClaims(found claims) map[string]string {
	out := map[string]string{}
	for name, value := range found {
		out[name] = claimText(value, ",", "", "")
		if at, ok := value.(json.Number); ok && (name == "iat" || name == "exp") {
			if sec, err := at.Int64(); err == nil {
				out[name] = time.Unix(sec, 0).UTC().Format("Mon Jan 02 15:04:05 MST 2006")
			}
		}
	}
	return out
}

// httpClaims are claims as an HTTP API has them: lists in brackets.
func httpClaims(found claims) map[string]string {
	out := map[string]string{}
	for name, value := range found {
		out[name] = claimText(value, " ", "[", "]")
	}
	return out
}

func claimText(value any, between, open, end string) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case []any:
		var all []string
		for _, one := range v {
			all = append(all, claimText(one, between, open, end))
		}
		return open + strings.Join(all, between) + end
	}
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(text)
}
