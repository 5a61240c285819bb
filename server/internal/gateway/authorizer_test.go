package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

const poolARN = "arn:aws:cognito-idp:us-east-1:111122223333:userpool/us-east-1_AbCd"

// authorizedStand serves /{proxy+} behind an authorizer, and returns the stand.
func authorizedStand(t *testing.T, def apidef.Authorizer, edit func(*apidef.API)) *stand {
	t.Helper()
	s := newStand(t)
	def.Name = "auth"
	s.g.VerifyToken = func(_ context.Context, from, token string) (map[string]any, error) {
		if token == "down" {
			return nil, errors.New("the store is away")
		}
		if token == "expired" {
			return nil, fmt.Errorf("%w: the token has \"expired\"", ErrToken)
		}
		dec := json.NewDecoder(strings.NewReader(token))
		dec.UseNumber()
		var claims map[string]any
		if !json.Valid([]byte(token)) || dec.Decode(&claims) != nil || claims["iss"] != nil && claims["iss"] != from {
			return nil, ErrToken
		}
		return claims, nil
	}
	r := s.proxyRoute("")
	a := apidef.API{ID: "abc123", Stages: []apidef.Stage{{Name: "prod"}}, Authorizers: []apidef.Authorizer{def}}
	switch def.Type {
	case apidef.CognitoAuthorizer:
		r.Auth = apidef.AuthCognito
	case apidef.JWTAuthorizer:
		r.Auth, a.Protocol = apidef.AuthJWT, apidef.HTTP
	default:
		r.Auth = apidef.AuthCustom
	}
	r.Authorizer = "auth"
	a.Routes = []apidef.Route{r}
	if edit != nil {
		edit(&a)
	}
	s.serve(a)
	return s
}

func (s *stand) with(token string, headers ...string) *http.Request {
	s.t.Helper()
	r := s.request("GET", "/prod/notes", "")
	if token != "" {
		r.Header.Set("Authorization", token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

// COGNITO_USER_POOLS: an ID token, or on a route with scopes an access token
// that has one; anything else is E21.
func TestE21CognitoAuthorizer(t *testing.T) {
	cognito := apidef.Authorizer{Type: apidef.CognitoAuthorizer, ProviderARNs: []string{poolARN + "X", poolARN}}
	scoped := func(a *apidef.API) { a.Routes[0].Scopes = []string{"notes/read", "notes/write"} }
	const id = `{"token_use":"id","aud":"app","sub":"ada"}`
	const access = `{"token_use":"access","client_id":"app","scope":"openid notes/write"}`
	for name, c := range map[string]struct {
		edit       func(*apidef.API)
		token      string
		validation string
		status     int
	}{
		"ID token":                     {nil, id, "", 200},
		"with Bearer":                  {nil, "Bearer " + id, "", 200},
		"the second pool's":            {nil, `{"token_use":"id","iss":"` + poolARN + `"}`, "", 200},
		"no token":                     {nil, "", "", 401},
		"Bearer and nothing":           {nil, "Bearer", "", 401},
		"not verified":                 {nil, "nonsense", "", 401},
		"another pool's":               {nil, `{"token_use":"id","iss":"other"}`, "", 401},
		"D06 access token":             {nil, access, "", 401},
		"D06 refresh token":            {nil, `{"token_use":"refresh"}`, "", 401},
		"no use":                       {nil, `{"aud":"app"}`, "", 401},
		"access token with a scope":    {scoped, access, "", 200},
		"access token without":         {scoped, `{"token_use":"access","scope":"notes"}`, "", 401},
		"D06 ID token for scopes":      {scoped, `{"token_use":"id","scope":"notes/read"}`, "", 401},
		"aud fits":                     {nil, id, "app|web", 200},
		"aud does not fit":             {nil, id, "ap", 401},
		"aud fits a part only":         {nil, id, "app2|pp", 401},
		"access tokens have no aud":    {scoped, access, "app", 401},
		"issued in the future":         {nil, `{"token_use":"id","iat":1768472491}`, "", 401},
		"issued a minute ahead":        {nil, `{"token_use":"id","iat":1768472490}`, "", 200},
		"D08 iat is a text":            {nil, `{"token_use":"id","iat":"1"}`, "", 401},
		"a store that does not answer": {nil, "down", "", 503},
	} {
		def := cognito
		def.Validation = c.validation
		s := authorizedStand(t, def, c.edit)
		got := s.do(s.with(c.token))
		switch c.status {
		case 200:
			if sent := s.passed(name, got); c.token == id && sent.header.Get("X-Gatepass-User-Sub") != "ada" {
				t.Errorf("%s: the backend does not learn who calls", name)
			}
		case 401:
			s.refused(name, got, 401, "UnauthorizedException")
			if got.body != `{"message":"Unauthorized"}` {
				t.Errorf("%s: %s", name, got.body)
			}
		default:
			s.refused(name, got, c.status, "ServiceUnavailableException")
		}
	}
}

// Two tokens are no token, wherever they are.
func TestAuthorizerTwoTokens(t *testing.T) {
	s := authorizedStand(t, apidef.Authorizer{
		Type: apidef.CognitoAuthorizer, ProviderARNs: []string{poolARN}, IdentitySource: []string{"method.request.header.X-Token"},
	}, nil)
	r := s.with("", "X-Token", `{"token_use":"id"}`)
	s.passed("one", s.do(r))
	r.Header["X-Token"] = []string{`{"token_use":"id"}`, `{"token_use":"id"}`}
	s.refused("two", s.do(r), 401, "UnauthorizedException")
}

// With a resource policy a user pool's token is not enough: the policy must
// allow, and where it denies nobody is asked.
func TestCognitoAuthorizerResourcePolicy(t *testing.T) {
	def := apidef.Authorizer{Type: apidef.CognitoAuthorizer, ProviderARNs: []string{poolARN}}
	for doc, want := range map[string]int{
		document(statement("Allow", "execute-api:/*")):                                            200,
		document(statement("Allow", "execute-api:/prod/GET/other")):                               403,
		document(statement("Allow", "execute-api:/*"), statement("Deny", "execute-api:/*/GET/*")): 403,
	} {
		s := authorizedStand(t, def, func(a *apidef.API) { a.Policy = doc })
		if got := s.do(s.with(`{"token_use":"id"}`)); got.status != want {
			t.Errorf("%s: %d %s", doc, got.status, got.body)
		}
	}
}

func TestClaims(t *testing.T) {
	found := claims{
		"sub": "ada", "exp": json.Number("1469818373"), "auth_time": json.Number("1469814773"), "email_verified": true,
		"cognito:groups": []any{"a", "b"}, "address": map[string]any{"x": json.Number("1")},
	}
	rest := map[string]string{
		"sub": "ada", "exp": "Fri Jul 29 18:52:53 UTC 2016", "auth_time": "1469814773", "email_verified": "true",
		"cognito:groups": "a,b", "address": `{"x":1}`,
	}
	if diff := cmp.Diff(rest, restClaims(found)); diff != "" {
		t.Error(diff)
	}
	rest["exp"], rest["cognito:groups"] = "1469818373", "[a b]"
	if diff := cmp.Diff(rest, httpClaims(found)); diff != "" {
		t.Error(diff)
	}
}

// JWT, in the order of "Control access to HTTP APIs with JWT authorizers".
func TestJWTAuthorizer(t *testing.T) {
	def := apidef.Authorizer{Type: apidef.JWTAuthorizer, Issuer: "https://idp.example", Audience: []string{"app", "web"}}
	scoped := func(a *apidef.API) { a.Routes[0].Scopes = []string{"read", "write"} }
	invalidToken := func(why string) string {
		return `Bearer scope="" error="invalid_token" error_description="` + why + `"`
	}
	for name, c := range map[string]struct {
		edit      func(*apidef.API)
		token     string
		status    int
		challenge string
	}{
		"aud":                     {nil, `Bearer {"aud":"web"}`, 200, ""},
		"without Bearer":          {nil, `{"aud":["x","app"]}`, 200, ""},
		"bearer in another case":  {nil, `bearer {"aud":"app"}`, 200, ""},
		"client_id":               {nil, `{"client_id":"app"}`, 200, ""},
		"client_id beside aud":    {nil, `{"client_id":"app","aud":"other"}`, 401, invalidToken("the token does not have a valid audience")},
		"D07 aud is a part":       {nil, `{"aud":"ap"}`, 401, invalidToken("the token does not have a valid audience")},
		"no audience":             {nil, `{"sub":"ada"}`, 401, invalidToken("the token does not have a valid audience")},
		"none":                    {nil, "", 401, "Bearer"},
		"not valid":               {nil, "x.y.z", 401, invalidToken("the token is not valid")},
		"expired":                 {nil, "expired", 401, invalidToken("the token has expired")},
		"scope":                   {scoped, `{"aud":"app","scope":"openid write"}`, 200, ""},
		"scp":                     {scoped, `{"aud":"app","scp":["openid","read"]}`, 200, ""},
		"no scope":                {scoped, `{"aud":"app","scope":"rea"}`, 403, `Bearer scope="read write" error="insufficient_scope" error_description="the token does not have a required scope"`},
		"scope counts before scp": {scoped, `{"aud":"app","scope":"x","scp":["read"]}`, 403, `Bearer scope="read write" error="insufficient_scope" error_description="the token does not have a required scope"`},
		"keys that cannot be had": {nil, "down", 503, ""},
	} {
		s := authorizedStand(t, def, c.edit)
		got := s.do(s.with(c.token))
		if got.status != c.status || got.header.Get("Www-Authenticate") != c.challenge {
			t.Errorf("%s: %d %s", name, got.status, got.header.Get("Www-Authenticate"))
		}
		if c.status == 401 {
			s.answers(name, got, 401, `{"message":"Unauthorized"}`)
		}
		if c.status == 403 {
			s.answers(name, got, 403, saysForbidden)
		}
	}
}

// function is a Lambda authorizer: it answers what say returns.
type function struct {
	*httptest.Server
	mu     sync.Mutex
	events []map[string]any
	say    func(event map[string]any) string
	failed string // X-Amz-Function-Error
}

func newFunction(t *testing.T, say func(map[string]any) string) *function {
	t.Helper()
	f := &function{say: say}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var event map[string]any
		if err := json.NewDecoder(r.Body).Decode(&event); err != nil {
			t.Error(err)
		}
		f.mu.Lock()
		f.events = append(f.events, event)
		failed := f.failed
		f.mu.Unlock()
		if failed != "" {
			w.Header().Set("X-Amz-Function-Error", failed)
		}
		_, _ = io.WriteString(w, f.say(event))
	}))
	t.Cleanup(f.Close)
	return f
}

func (f *function) asked() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.events)
}

// says is an authorizer's answer with a policy of one statement.
func says(effect, resource, more string) string {
	return `{"principalId":"ada","policyDocument":` + document(`{"Effect":"`+effect+`","Action":"execute-api:Invoke","Resource":"`+resource+`"}`) + more + `}`
}

func seconds(n int) *int { return &n }

// TOKEN: the function gets the token and the method's ARN, and its policy
// decides for every method, as long as it is kept.
func TestTokenAuthorizer(t *testing.T) {
	f := newFunction(t, func(event map[string]any) string {
		switch event["authorizationToken"] {
		case "deny":
			return says("Deny", "*", "")
		case "one":
			return says("Allow", event["methodArn"].(string), "")
		}
		return says("Allow", "*", `,"context":{"text":"t","number":1.50,"yes":true,"none":null}`)
	})
	s := authorizedStand(t, apidef.Authorizer{Type: apidef.TokenAuthorizer, URI: f.URL, Validation: "[a-z]+"}, nil)
	s.passed("allow", s.do(s.with("allow")))
	want := map[string]any{
		"type": "TOKEN", "authorizationToken": "allow", "methodArn": "arn:aws:execute-api:us-east-1:111122223333:abc123/prod/GET/notes",
	}
	if diff := cmp.Diff(want, f.events[0]); diff != "" {
		t.Error(diff)
	}
	got := s.do(s.with("deny"))
	s.refused("E20 deny", got, 403, "AccessDeniedException")
	if got.body != `{"Message":"User is not authorized to access this resource with an explicit deny in an identity-based policy"}` {
		t.Error(got.body)
	}
	s.passed("this method", s.do(s.with("one")))
	other := s.with("one")
	other.Method = "DELETE"
	got = s.do(other)
	s.refused("E20 a kept policy is of all methods", got, 403, "AccessDeniedException")
	if !strings.HasPrefix(got.body, `{"Message":"User is not authorized to access this resource because no identity-based policy allows`) {
		t.Error(got.body)
	}
	if n := f.asked(); n != 3 {
		t.Errorf("asked %d times", n)
	}
	s.refused("E21 no token", s.do(s.with("")), 401, "UnauthorizedException")
	s.refused("E21 not of the form", s.do(s.with("n0")), 401, "UnauthorizedException")
	if n := f.asked(); n != 3 {
		t.Errorf("asked %d times about nobody", n)
	}
}

// An answer is kept for the TTL and not longer; with 0 not at all.
func TestLambdaAuthorizerTTL(t *testing.T) {
	f := newFunction(t, func(map[string]any) string { return says("Allow", "*", "") })
	now := testTime
	for ttl, want := range map[*int][]int{nil: {1, 1, 2}, seconds(0): {1, 2, 3}, seconds(600): {1, 1, 1}} {
		f.events = nil
		s := authorizedStand(t, apidef.Authorizer{Type: apidef.TokenAuthorizer, URI: f.URL, TTL: ttl}, nil)
		s.g.Now = func() time.Time { return now }
		for i, at := range []time.Duration{0, 299 * time.Second, 300 * time.Second} {
			now = testTime.Add(at)
			s.passed("call", s.do(s.with("x")))
			if got := f.asked(); got != want[i] {
				t.Errorf("TTL %v, after %v: asked %d times, want %d", ttl, at, got, want[i])
			}
		}
	}
}

// What a function answers and does not, E21 to E23.
func TestLambdaAuthorizerAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		failed, say, want string
	}{
		"E22 throws Unauthorized":   {"Unhandled", `{"errorMessage":"Unauthorized","errorType":"Error"}`, "401 UnauthorizedException {\"message\":\"Unauthorized\"}"},
		"E23 throws":                {"Unhandled", `{"errorMessage":"unauthorized"}`, ""},
		"E23 not JSON":              {"", `Allow`, ""},
		"E23 a text":                {"", `"Allow"`, ""},
		"E23 null":                  {"", `null`, ""},
		"E23 no principal":          {"", strings.Replace(says("Allow", "*", ""), "principalId", "PrincipalId", 1), ""},
		"E23 principal of a number": {"", strings.Replace(says("Allow", "*", ""), `"ada"`, "1", 1), ""},
		"E23 no policy":             {"", `{"principalId":"ada"}`, ""},
		"E23 a policy of nothing":   {"", `{"principalId":"ada","policyDocument":{}}`, ""},
		"E23 lower-case effect":     {"", says("allow", "*", ""), ""},
		"E23 two effects":           {"", says(`Deny","Effect":"Allow`, "*", ""), ""},
		"E23 deep context":          {"", says("Allow", "*", `,"context":{"a":["b"]}`), ""},
		"E23 context of a text":     {"", says("Allow", "*", `,"context":"a"`), ""},
		"E23 usage key of a number": {"", says("Allow", "*", `,"usageIdentifierKey":1`), ""},
		"E23 a long resource":       {"", says("Allow", "arn:aws:execute-api:*:*:*/"+strings.Repeat("a", 512), ""), ""},
	} {
		f := newFunction(t, func(map[string]any) string { return c.say })
		f.failed = c.failed
		s := authorizedStand(t, apidef.Authorizer{Type: apidef.TokenAuthorizer, URI: f.URL}, nil)
		got := s.do(s.with("x"))
		if c.want == "" {
			c.want = `500 AuthorizerConfigurationException {"message":null}`
		}
		if text := fmt.Sprintf("%d %s %s", got.status, got.header.Get("x-amzn-ErrorType"), got.body); text != c.want {
			t.Errorf("%s: %s", name, text)
		}
		s.nothingForwarded()
		s.do(s.with("x"))
		if n := f.asked(); n != 2 {
			t.Errorf("%s: a failure was kept", name)
		}
	}
	s := authorizedStand(t, apidef.Authorizer{Type: apidef.TokenAuthorizer, URI: "http://127.0.0.1:1"}, nil)
	s.refused("E23 nobody there", s.do(s.with("x")), 500, "AuthorizerConfigurationException")
}

// REQUEST on REST: the event is that of a proxy integration without a body.
func TestRequestAuthorizer(t *testing.T) {
	f := newFunction(t, func(map[string]any) string { return says("Allow", "*", `,"context":{"n":1}`) })
	def := apidef.Authorizer{
		Type: apidef.RequestAuthorizer, URI: f.URL,
		IdentitySource: []string{"method.request.header.X-Who", "method.request.querystring.q", "stageVariables.tier", "context.httpMethod"},
	}
	stage := func(a *apidef.API) { a.Stages[0].Variables = map[string]string{"tier": "gold"} }
	s := authorizedStand(t, def, stage)
	r := s.with("", "X-Who", "ada", "X-Gatepass-User-Arn", "forged")
	r.URL.RawQuery = "q=1&q=2"
	s.passed("asked", s.do(r))
	e := f.events[0]
	for path, want := range map[string]any{
		"type": "REQUEST", "methodArn": "arn:aws:execute-api:us-east-1:111122223333:abc123/prod/GET/notes",
		"httpMethod": "GET", "path": "/notes", "resource": "/{proxy+}", "headers.X-Who": "ada", "queryStringParameters.q": "2",
		"pathParameters.proxy": "notes", "stageVariables.tier": "gold", "requestContext.stage": "prod",
		"body": nil, "isBase64Encoded": nil, "headers.X-Gatepass-User-Arn": nil, "requestContext.authorizer": nil, "identitySource": nil,
	} {
		if got := dig(e, path); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
	s.passed("kept", s.do(r))
	if n := f.asked(); n != 1 {
		t.Errorf("asked %d times", n)
	}
	r.Method = "PUT" // a source, $context.httpMethod
	s.passed("another method", s.do(r))
	r.URL.RawQuery = "q=1"
	s.passed("another query", s.do(r))
	if n := f.asked(); n != 3 {
		t.Errorf("asked %d times", n)
	}
	r.Header.Del("X-Who")
	s.refused("E21 a source is missing", s.do(r), 401, "UnauthorizedException")
	def.TTL = seconds(0)
	s = authorizedStand(t, def, stage)
	s.passed("without a cache the function is asked all the same", s.do(r))
}

// dig finds a value by a path of names.
func dig(in any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		m, _ := in.(map[string]any)
		in = m[name]
	}
	return in
}

// REQUEST on HTTP APIs: both payloads, policies and simple answers.
func TestRequestAuthorizerHTTP(t *testing.T) {
	say := ""
	f := newFunction(t, func(map[string]any) string { return say })
	f.events = nil
	def := apidef.Authorizer{Type: apidef.RequestAuthorizer, URI: f.URL, IdentitySource: []string{"$request.header.X-Who", "$request.querystring.q"}, Simple: true}
	asHTTP := func(a *apidef.API) { a.Protocol = apidef.HTTP }
	s := authorizedStand(t, def, asHTTP)
	r := s.with("", "X-Who", "ada")
	r.URL.RawQuery = "q=1"
	for answer, want := range map[string]int{
		`{"isAuthorized":true,"context":{"deep":{"a":["b"]}}}`: 200,
		`{"isAuthorized":false}`:                               403,
		`{"isAuthorized":"true"}`:                              500,
		`{"isauthorized":true}`:                                500,
		`{}`:                                                   500,
	} {
		say = answer
		got := s.do(r)
		if got.status != want {
			t.Errorf("%s: %d", answer, got.status)
		}
		if want != 200 {
			s.answers(answer, got, want, map[int]string{403: saysForbidden, 500: `{"message":"Internal Server Error"}`}[want])
		}
	}
	e := f.events[0]
	if f.asked() != 5 { // no answer is kept unless a TTL says so
		t.Errorf("asked %d times", f.asked())
	}
	for path, want := range map[string]any{
		"version": "2.0", "type": "REQUEST", "routeArn": "arn:aws:execute-api:us-east-1:111122223333:abc123/prod/GET/notes",
		"routeKey": "ANY /{proxy+}", "rawPath": "/prod/notes", "headers.x-who": "ada", "requestContext.http.method": "GET", "body": nil,
	} {
		if got := dig(e, path); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
	if diff := cmp.Diff([]any{"ada", "1"}, e["identitySource"]); diff != "" {
		t.Error(diff)
	}
	r.Header.Del("X-Who")
	s.answers("no identity source", s.do(r), 401, `{"message":"Unauthorized"}`)
	def.Payload, def.Simple = "1.0", false
	s = authorizedStand(t, def, asHTTP)
	r.Header.Set("X-Who", "ada")
	f.events = nil
	for effect, want := range map[string]int{"Allow": 200, "Deny": 403} {
		say = says(effect, "*", "")
		if got := s.do(r); got.status != want {
			t.Errorf("%s: %d %s", effect, got.status, got.body)
		}
	}
	if e := f.events[0]; e["version"] != "1.0" || e["identitySource"] != "ada,1" || e["authorizationToken"] != "ada,1" || e["methodArn"] == nil {
		t.Errorf("payload 1.0: %v", e)
	}
}

// A Deny of the resource policy is not the authorizer's to lift, and it is not
// even asked; what neither allows is denied.
func TestLambdaAuthorizerResourcePolicy(t *testing.T) {
	answer := ""
	f := newFunction(t, func(map[string]any) string { return answer })
	for _, c := range []struct {
		answer, doc string
		status, ask int
	}{
		{says("Allow", "*", ""), document(statement("Deny", "execute-api:/prod/GET/notes")), 403, 0},
		{says("Allow", "*", ""), document(statement("Allow", "execute-api:/prod/GET/other")), 200, 1},
		{says("Allow", "arn:aws:execute-api:*:*:*/other", ""), document(statement("Allow", "execute-api:/*")), 200, 1},
		{says("Allow", "arn:aws:execute-api:*:*:*/other", ""), document(statement("Allow", "execute-api:/prod/GET/other")), 403, 1},
		{says("Deny", "*", ""), document(statement("Allow", "execute-api:/*")), 403, 1},
	} {
		answer, f.events = c.answer, nil
		s := authorizedStand(t, apidef.Authorizer{Type: apidef.TokenAuthorizer, URI: f.URL}, func(a *apidef.API) { a.Policy = c.doc })
		if got := s.do(s.with("x")); got.status != c.status || f.asked() != c.ask {
			t.Errorf("%s and %s: %d, asked %d times", c.answer, c.doc, got.status, f.asked())
		}
	}
}

// Many callers with one token wait for one answer, and the first may go away.
func TestLambdaAuthorizerSingleFlight(t *testing.T) {
	hold := make(chan struct{})
	asked := make(chan struct{}, 100)
	f := newFunction(t, func(map[string]any) string { asked <- struct{}{}; <-hold; return says("Allow", "*", "") })
	s := authorizedStand(t, apidef.Authorizer{Type: apidef.TokenAuthorizer, URI: f.URL}, nil)
	ctx, leave := context.WithCancel(context.Background())
	var all sync.WaitGroup
	first := make(chan struct{})
	all.Go(func() {
		defer close(first)
		r := httptest.NewRequestWithContext(ctx, "GET", "/prod/notes", nil)
		r.Host = testHost
		r.Header.Set("Authorization", "x")
		s.g.ServeHTTP(httptest.NewRecorder(), r)
	})
	<-asked
	codes := make([]int, 20)
	for i := range codes {
		all.Go(func() {
			r := httptest.NewRequest("GET", "/prod/notes", nil)
			r.Host = testHost
			r.Header.Set("Authorization", "x")
			w := httptest.NewRecorder()
			s.g.ServeHTTP(w, r)
			codes[i] = w.Code
		})
	}
	leave()
	<-first
	close(hold)
	all.Wait()
	for i, code := range codes {
		if code != 200 {
			t.Errorf("%d: %d", i, code)
		}
	}
	if n := f.asked(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// A27: what is kept is bounded.
func TestA27AnswersAreBounded(t *testing.T) {
	var a answers
	for i := range 3 * maxAnswers {
		key := fmt.Sprint(i)
		k, mine := a.claim(key, testTime)
		if !mine {
			t.Fatal("somebody else's key")
		}
		a.settle(key, k, testTime.Add(time.Hour), &answer{}, nil)
	}
	if len(a.kept) > maxAnswers {
		t.Errorf("%d answers", len(a.kept))
	}
}

// A27: and so is what is waited for: who sends many tokens to a slow function is
// throttled.
func TestA27AnswersWaitedForAreBounded(t *testing.T) {
	var a answers
	for i := range maxAnswers {
		if _, mine := a.claim(fmt.Sprint(i), testTime); !mine {
			t.Fatal("somebody else's key")
		}
	}
	if k, mine := a.claim("one more", testTime); k != nil || mine {
		t.Error("there is room for one more")
	}
	k, mine := a.claim("7", testTime)
	if k == nil || mine {
		t.Fatal("nobody waits for 7")
	}
	a.settle("7", k, testTime, nil, errors.New("no answer"))
	if k, mine := a.claim("one more", testTime); k == nil || !mine {
		t.Error("there is no room again")
	}
}

// What the function calls the caller is not for its context to say, which may
// hold claims that the caller chose.
func TestAuthorizerContextIsNotThePrincipal(t *testing.T) {
	c := &call{auth: authorized{principalID: "ada", context: map[string]any{"principalId": "root", "team": "red"}}}
	for name, want := range map[string]string{"principalId": "ada", "team": "red"} {
		if got, _ := c.contextVar("authorizer." + name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// A REQUEST authorizer that names no source may go by anything: its answers are
// nobody else's.
func TestA27AnswersWithoutASourceAreNotKept(t *testing.T) {
	f := newFunction(t, func(map[string]any) string { return says("Allow", "*", "") })
	s := authorizedStand(t, apidef.Authorizer{Type: apidef.RequestAuthorizer, URI: f.URL}, nil)
	for _, cookie := range []string{"session=ada", "session=bob"} {
		s.passed(cookie, s.do(s.with("Bearer same", "Cookie", cookie)))
	}
	if n := f.asked(); n != 2 {
		t.Errorf("asked %d times", n)
	}
}

func TestAuthorizerConfig(t *testing.T) {
	cognito := apidef.Authorizer{Name: "x", Type: apidef.CognitoAuthorizer, ProviderARNs: []string{poolARN}}
	jwt := apidef.Authorizer{Name: "x", Type: apidef.JWTAuthorizer, Issuer: "https://idp.example", Audience: []string{"a"}}
	lambda := apidef.Authorizer{Name: "x", Type: apidef.TokenAuthorizer, URI: "http://127.0.0.1:1"}
	for name, edit := range map[string]func(rest, http *apidef.API){
		"JWT on REST":           func(rest, _ *apidef.API) { rest.Authorizers = append(rest.Authorizers, jwt) },
		"pools on HTTP":         func(_, http *apidef.API) { http.Authorizers = append(http.Authorizers, cognito) },
		"TOKEN on HTTP":         func(_, http *apidef.API) { http.Authorizers = append(http.Authorizers, lambda) },
		"no pool":               func(rest, _ *apidef.API) { rest.Authorizers[0].ProviderARNs = nil },
		"not a pool":            func(rest, _ *apidef.API) { rest.Authorizers[0].ProviderARNs = []string{"us-east-1_x"} },
		"no audience":           func(_, http *apidef.API) { http.Authorizers[0].Audience = nil },
		"an issuer without TLS": func(_, http *apidef.API) { http.Authorizers[0].Issuer = "http://idp.example" },
		"a name twice":          func(rest, _ *apidef.API) { rest.Authorizers = append(rest.Authorizers, rest.Authorizers[0]) },
		"no name":               func(rest, _ *apidef.API) { rest.Authorizers[0].Name = "" },
		"unknown type":          func(rest, _ *apidef.API) { rest.Authorizers[0].Type = "SAML" },
		"bad expression":        func(rest, _ *apidef.API) { rest.Authorizers[0].Validation = "(" },
		"no function":           func(rest, _ *apidef.API) { rest.Authorizers[1].URI = "" },
		"not a function":        func(rest, _ *apidef.API) { rest.Authorizers[1].URI = "arn:aws:sns:us-east-1:1:x" },
		"metadata":              func(rest, _ *apidef.API) { rest.Authorizers[1].URI = "http://169.254.169.254/" },
		"TTL":                   func(rest, _ *apidef.API) { rest.Authorizers[1].TTL = seconds(3601) },
		"kept by nothing": func(rest, _ *apidef.API) {
			rest.Authorizers[1].Type, rest.Authorizers[1].TTL = apidef.RequestAuthorizer, seconds(60)
		},
		"bad source": func(rest, _ *apidef.API) { rest.Authorizers[1].IdentitySource = []string{"method.request.body.x"} },
		"token in a query": func(rest, _ *apidef.API) {
			rest.Authorizers[1].IdentitySource = []string{"method.request.querystring.x"}
		},
		"simple on REST": func(rest, _ *apidef.API) { rest.Authorizers[1].Simple = true },
		"eleven": func(rest, _ *apidef.API) {
			rest.Authorizers = append(rest.Authorizers, make([]apidef.Authorizer, 9)...)
		},
		"another type": func(rest, _ *apidef.API) { rest.Routes[0].Auth = apidef.AuthCustom },
		"unknown name": func(rest, _ *apidef.API) { rest.Routes[0].Authorizer = "y" },
		"none needed":  func(rest, _ *apidef.API) { rest.Routes[0].Auth = apidef.AuthIAM },
		"scopes of a Lambda": func(rest, _ *apidef.API) {
			rest.Routes[0].Auth, rest.Routes[0].Authorizer, rest.Routes[0].Scopes = apidef.AuthCustom, "fn", []string{"a"}
		},
	} {
		fn := lambda
		fn.Name = "fn"
		rest := apidef.API{ID: "a", Stages: []apidef.Stage{{Name: "prod"}}, Authorizers: []apidef.Authorizer{cognito, fn}, Routes: []apidef.Route{
			{Path: "/", Methods: []string{"GET"}, Auth: apidef.AuthCognito, Authorizer: "x", Integration: apidef.Integration{URI: "http://127.0.0.1:1"}},
		}}
		web := apidef.API{ID: "b", Protocol: apidef.HTTP, Stages: rest.Stages, Authorizers: []apidef.Authorizer{jwt}}
		if err := errors.Join(Validate(rest), Validate(web)); err != nil {
			t.Fatal(err)
		}
		edit(&rest, &web)
		if err := errors.Join(Validate(rest), Validate(web)); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: accepted", name)
		}
	}
}
