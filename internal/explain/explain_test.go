package explain

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/sigv4"
)

const (
	testURL  = "https://abcdef1234.execute-api.us-east-1.amazonaws.com/prod/notes"
	sts      = "arn:aws:sts::111122223333:assumed-role/NotesUser/CognitoIdentityCredentials"
	resource = "arn:aws:execute-api:us-east-1:********3333:abcdef1234/prod/GET/notes"
)

var testTime = time.Date(2026, 1, 15, 10, 20, 30, 0, time.UTC)

// exchange is an Input in the making.
type exchange struct {
	in Input
}

// got begins with a signed GET of testURL and a REST API's refusal.
func got(status int, errorType, body string) *exchange {
	x := &exchange{Input{Now: testTime, Request: &Request{Method: "GET", URL: testURL, Header: http.Header{}}}}
	x.in.Response = Response{Status: status, Header: http.Header{"Date": {testTime.Format(http.TimeFormat)}}, Body: []byte(body)}
	if errorType != "" {
		x.in.Response.Header.Set("x-amzn-ErrorType", errorType)
	}
	return x.sign("ASIAEXAMPLEACCESSKEY", "us-east-1", "execute-api", testTime)
}

func message(text string) string {
	b, err := json.Marshal(map[string]string{"message": text})
	if err != nil {
		panic(err)
	}
	return string(b)
}

// sign signs the request as it is now, as a client would.
func (x *exchange) sign(key, region, service string, at time.Time) *exchange {
	r, err := http.NewRequest(x.in.Request.Method, x.in.Request.URL, nil)
	if err != nil {
		panic(err)
	}
	r.Header = x.in.Request.Header
	p := sigv4.ExecuteAPI()
	p.Service = service
	s := &sigv4.Signer{Region: region, Profile: p}
	c := sigv4.Credentials{AccessKeyID: key, SecretAccessKey: strings.Repeat("s", 40), SessionToken: "session-token-secret"}
	if err := s.Sign(r, c, sigv4.EmptyHash, at); err != nil {
		panic(err)
	}
	return x
}

func (x *exchange) unsigned() *exchange { x.in.Request.Header = http.Header{}; return x }

func (x *exchange) header(name, value string) *exchange {
	x.in.Request.Header.Set(name, value)
	return x
}

func (x *exchange) body(text string) *exchange { x.in.Request.Body = []byte(text); return x }

func (x *exchange) without(name string) *exchange { x.in.Request.Header.Del(name); return x }

func (x *exchange) answer(name, value string) *exchange {
	x.in.Response.Header.Set(name, value)
	return x
}

func (x *exchange) to(method, url string) *exchange {
	x.in.Request.Method, x.in.Request.URL = method, url
	return x
}

func (x *exchange) knows(k Known) *exchange { x.in.Known = k; return x }

func (x *exchange) alone() *exchange { x.in.Request = nil; return x }

func (x *exchange) at(t time.Time) *exchange { x.in.Now = t; return x }

const denial = "User: " + sts + " is not authorized to perform: execute-api:Invoke on resource: " + resource

var api = Known{Profile: "notes", APIs: []API{{Name: "notes", URL: "https://abcdef1234.execute-api.us-east-1.amazonaws.com/prod"}}}

// expired is a refusal of a signature, with the service's clock at testTime.
const expired = "Signature expired: 20260115T100030Z is now earlier than 20260115T101530Z (20260115T102030Z - 5 min.)"

// cases are every text of the references, provoked as it is there, with the
// cause that must come first and what must be said.
var cases = []struct {
	name  string
	x     *exchange
	cause string
	says  string // in the first cause
}{
	{"signed, no such path", got(403, "MissingAuthenticationTokenException", message("Missing Authentication Token")), "no-route", "first part of the path, prod, is the stage"},
	{"signed, path of a known API", got(403, "MissingAuthenticationTokenException", message("Missing Authentication Token")).knows(api), "no-route", "base path of the API notes, /prod, as it should"},
	{"stage forgotten", got(403, "MissingAuthenticationTokenException", message("Missing Authentication Token")).to("GET", "https://abcdef1234.execute-api.us-east-1.amazonaws.com/notes?a=1").knows(api), "base-path", "gatepass call GET 'https://abcdef1234.execute-api.us-east-1.amazonaws.com/prod/notes?a=1'"},
	{"stage twice", got(403, "MissingAuthenticationTokenException", message("Missing Authentication Token")).to("GET", "https://abcdef1234.execute-api.us-east-1.amazonaws.com/prod/prod/notes").knows(api), "base-path", "gatepass call GET https://abcdef1234.execute-api.us-east-1.amazonaws.com/prod/notes"},
	{"stage on a custom domain", got(403, "MissingAuthenticationTokenException", message("Missing Authentication Token")).to("GET", "https://api.example.com/prod/notes"), "no-route", "https://api.example.com/notes"},
	{"empty variable", got(403, "", message("Missing Authentication Token")).to("GET", testURL+"/undefined"), "no-route", "variable of the program was empty"},
	{"placeholder", got(403, "", message("Missing Authentication Token")).to("GET", testURL+"/{id}"), "no-route", "placeholder"},
	{"HEAD", got(403, "", message("Missing Authentication Token")).to("HEAD", testURL), "no-route", "GET does not answer"},
	{"unsigned", got(403, "MissingAuthenticationTokenException", message("Missing Authentication Token")).unsigned(), "unsigned", "gatepass call GET " + testURL},
	{"unsigned beside the API", got(403, "", message("Missing Authentication Token")).unsigned().to("GET", "https://abcdef1234.execute-api.us-east-1.amazonaws.com/notes").knows(api), "base-path", "/prod"},
	{"header taken out", got(403, "", message("Missing Authentication Token")).without("Authorization"), "unsigned", "took the Authorization header out"},
	{"body alone", got(403, "", message("Missing Authentication Token")).alone(), "no-route", "stage"},
	{"preflight", got(403, "", message("Missing Authentication Token")).unsigned().to("OPTIONS", testURL).header("Access-Control-Request-Method", "POST").header("Origin", "https://app.example"), "preflight", "OPTIONS method without authorization"},
	{"smart quote", got(403, "", message("Missing Authentication Token")).to("GET", testURL+"%E2%80%9D"), "stray-characters", "U+201D"},
	{"smart quote raw", got(403, "", message("Forbidden")).to("GET", "“"+testURL), "stray-characters", "U+201C"},
	{"space at the end", got(403, "", message("Missing Authentication Token")).to("GET", testURL+"%20"), "stray-characters", "white space"},

	{"bearer, now", got(403, "IncompleteSignatureException", message("Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): 'AAAA'.")).unsigned().header("Authorization", "Bearer secret-token"), "token-for-iam", "bearer token"},
	{"bearer, then", got(403, "IncompleteSignatureException", message("'secret-token' not a valid key=value pair (missing equal-sign) in Authorization header: 'Bearer secret-token'.")).unsigned().header("Authorization", "Bearer secret-token"), "token-for-iam", "AWS_IAM"},
	{"bare token", got(403, "IncompleteSignatureException", message("Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization=eyJsecret-token")).unsigned().header("Authorization", "eyJsecret-token"), "token-for-iam", "bearer token or a JWT"},
	{"basic", got(403, "IncompleteSignatureException", message("'x' not a valid key=value pair (missing equal-sign) in Authorization header: 'Basic x'.")).unsigned().header("Authorization", "Basic secret-token"), "token-for-iam", "another scheme"},
	{"broken header", got(403, "IncompleteSignatureException", message("'x' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256 x'.")), "token-for-iam", "line break"},
	{"parts missing", got(403, "IncompleteSignatureException", message("Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256 Credential=secret-token")), "incomplete", "It lacks Signature, SignedHeaders."},
	{"no date", got(403, "IncompleteSignatureException", message("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=secret-token")), "no-date", "X-Amz-Date"},
	{"presigned in parts", got(403, "IncompleteSignatureException", message("AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters.")), "incomplete", "X-Amz-Signature, X-Amz-Date"},
	{"algorithm", got(403, "IncompleteSignatureException", message("Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1'.")), "algorithm", "AWS4-HMAC-SHA1"},
	{"no algorithm", got(403, "IncompleteSignatureException", message("Authorization header must begin with the algorithm name, which cannot include an equal-sign. (Hashed with SHA-256 and encoded with Base64) Authorization=AAAA")), "algorithm", "AWS4-HMAC-SHA256"},
	{"credential", got(403, "IncompleteSignatureException", message("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'a/b'")), "credential-form", "KEYID/DAY/REGION"},
	{"host unsigned", got(403, "InvalidSignatureException", message("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")), "host-unsigned", "Host"},
	{"host unsigned, then", got(403, "InvalidSignatureException", message("'Host' must be a 'SignedHeader' in the AWS Authorization.")), "host-unsigned", "Host"},
	{"date form", got(403, "IncompleteSignatureException", message("Date must be in ISO-8601 'basic format'. Got '2026-01-15'. See http://en.wikipedia.org/wiki/ISO_8601")), "date-form", "'2026-01-15'"},
	{"header lost", got(403, "IncompleteSignatureException", message("'connection' is named as a SignedHeader, but it does not exist in the HTTP request.")), "header-lost", "every proxy takes it out"},
	{"header unsigned", got(403, "InvalidSignatureException", message("There were headers present in the request which were not signed: x-amz-meta")), "header-unsigned", "x-amz-meta"},
	{"two ways", got(400, "InvalidSignatureException", message("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")), "signed-twice", "sign once"},

	{"two headers", got(400, "InvalidSignatureException", message("Found more than one 'Authorization' HTTP header.")), "signed-twice", "sign once"},

	{"old signature", got(403, "InvalidSignatureException", message(expired)), "signature-old", "20m later"},
	{"old URL", got(403, "InvalidSignatureException", message(expired)).unsigned().to("GET", testURL+"?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ASIAEXAMPLEACCESSKEY%2F20260115%2Fus-east-1%2Fexecute-api%2Faws4_request&X-Amz-Date=20260115T100030Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=00"), "url-expired", "for 60 s, and opened 20m later"},
	{"clock behind", got(403, "InvalidSignatureException", message(expired)).at(testTime.Add(-20 * time.Minute)), "clock", "20m behind"},
	{"clock ahead", got(403, "InvalidSignatureException", message("Signature not yet current: 20260115T104030Z is still later than 20260115T102530Z (20260115T102030Z + 5 min.)")).at(testTime.Add(20 * time.Minute)), "clock", "20m ahead"},
	{"clock ahead, body alone", got(403, "", message("Signature not yet current: 20260115T104030Z is still later than 20260115T102530Z (20260115T102030Z + 5 min.)")).at(time.Time{}).alone(), "clock", "10:40:30"},
	{"region", got(403, "InvalidSignatureException", message("Credential should be scoped to a valid region, not 'eu-west-1'. ")).sign("ASIAEXAMPLEACCESSKEY", "eu-west-1", "execute-api", testTime), "region", "gatepass call --region us-east-1 GET"},
	{"region, now", got(403, "InvalidSignatureException", message("Credential should be scoped to a valid region. ")).sign("ASIAEXAMPLEACCESSKEY", "eu-west-1", "execute-api", testTime), "region", "signed for eu-west-1"},
	{"region of a custom domain", got(403, "InvalidSignatureException", message("Credential should be scoped to a valid region, not 'us-east-1'. ")).to("GET", "https://api.example.com/notes"), "region", "dig +short CNAME api.example.com"},
	{"region in the profile", got(403, "InvalidSignatureException", message("Credential should be scoped to a valid region, not 'us-east-1'. ")).to("GET", "https://api.example.com/notes").knows(Known{APIs: []API{{"notes", "https://api.example.com", "eu-north-1"}}}), "region", "--region eu-north-1"},
	{"region of the pool", got(403, "InvalidSignatureException", message("Credential should be scoped to a valid region, not 'us-east-1'. ")).to("GET", "http://127.0.0.1:8787/_aws/execute-api/notes/prod/notes").knows(Known{UserPoolID: "eu-west-1_Abc"}), "region", "gatepass call --region eu-west-1 GET"},
	{"service", got(403, "InvalidSignatureException", message("Credential should be scoped to correct service: 'execute-api'. ")).sign("ASIAEXAMPLEACCESSKEY", "us-east-1", "apigateway", testTime), "service", "signed for apigateway"},
	{"terminator", got(403, "InvalidSignatureException", message("Credential should be scoped with a valid terminator: 'aws4_request', not 'e'. ")), "scope", "aws4_request"},
	{"scope day", got(403, "InvalidSignatureException", message("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20200101' != '20200102', from '20200102T000000Z'. ")), "day", "UTC"},

	{"no session token", got(403, "UnrecognizedClientException", message("The security token included in the request is invalid.")).without("X-Amz-Security-Token"), "no-token", "ASIA"},
	{"another key", got(403, "UnrecognizedClientException", message("The security token included in the request is invalid.")).knows(Known{Credentials: sigv4.Credentials{AccessKeyID: "ASIAOTHER"}}), "other-key", "ASIAOTHER"},
	{"unknown key", got(403, "UnrecognizedClientException", message("The security token included in the request is invalid.")), "unknown-key", "ASIAEXAMPLEACCESSKEY, temporary"},
	{"left-over token", got(403, "UnrecognizedClientException", message("The security token included in the request is invalid.")).sign("AKIAEXAMPLE", "us-east-1", "execute-api", testTime), "unknown-key", "unset AWS_SESSION_TOKEN"},
	{"expired", got(403, "ExpiredTokenException", message("The security token included in the request is expired")).knows(Known{Expires: testTime.Add(-time.Hour)}), "expired", "09:20:30"},
	{"unknown because expired", got(403, "UnrecognizedClientException", message("The security token included in the request is invalid.")).knows(Known{Expires: testTime.Add(-time.Hour)}), "expired", "good until"},

	{"not allowed", got(403, "AccessDeniedException", `{"Message":"`+denial+` because no identity-based policy allows the execute-api:Invoke action"}`), "policy-missing", "the role NotesUser"},
	{"slash at the end", got(403, "AccessDeniedException", `{"Message":"`+denial+`/"}`), "policy-missing", "ends with a slash"},
	{"not allowed, then", got(403, "AccessDeniedException", `{"Message":"`+denial+`"}`), "policy-missing", "the role NotesUser"},
	{"denied", got(403, "AccessDeniedException", `{"Message":"`+denial+` with an explicit deny in an identity-based policy"}`), "policy-denies", "an identity-based policy"},
	{"denied, then", got(403, "AccessDeniedException", `{"Message":"`+denial+` with an explicit deny"}`), "policy-denies", "No Allow helps"},
	{"revoked", got(403, "AccessDeniedException", `{"Message":"`+denial+` with an explicit deny in an identity-based policy"}`).answer("X-Gatepass-Decision", `ExplicitDeny; kind=identity; policy="AWSRevokeOlderSessions"; statement="0"`), "session-revoked", "gatepass logout && gatepass login"},
	{"resource policy denies", got(403, "AccessDeniedException", `{"Message":"`+denial+` with an explicit deny in a resource-based policy"}`), "policy-denies", "a resource-based policy"},
	{"other account", got(403, "AccessDeniedException", `{"Message":"`+denial+` because no resource-based policy allows the execute-api:Invoke action"}`), "resource-policy", "another account"},
	{"session policy", got(403, "AccessDeniedException", `{"Message":"`+denial+` because no session policy allows the execute-api:Invoke action"}`), "policy-narrowed", "session policy"},
	{"boundary", got(403, "AccessDeniedException", `{"Message":"`+denial+` because no permissions boundary allows the execute-api:Invoke action"}`), "policy-narrowed", "permissions boundary"},
	{"anonymous", got(403, "AccessDeniedException", `{"Message":"User: anonymous is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:********3333:abcdef1234/prod/GET/"}`).unsigned(), "resource-policy", "anonymous"},
	{"authorizer", got(403, "AccessDeniedException", `{"Message":"User is not authorized to access this resource with an explicit deny"}`), "authorizer", "cached policy"},
	{"trust", got(403, "", "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>Not authorized to perform sts:AssumeRoleWithWebIdentity</Message></Error></ErrorResponse>"), "trust", "trust policy"},
	{"gatepass decision", got(403, "AccessDeniedException", `{"Message":"`+denial+`"}`).answer("X-Gatepass-Decision", `ImplicitDeny; kind=identity; nearest="notes"; statement="0"; fails="Resource"`), "policy-missing", "Nearest is statement 0 of the policy notes: its resource does not fit"},

	{"forbidden without a key", got(403, "ForbiddenException", message("Forbidden")), "api-key", "no x-api-key"},
	{"forbidden with a key", got(403, "ForbiddenException", message("Forbidden")).header("X-Api-Key", "secret-token"), "api-key", "usage plan"},
	{"forbidden on this machine", got(403, "ForbiddenException", message("Forbidden")).to("GET", "http://127.0.0.1:8787/_aws/execute-api/notes/prod/keyed"), "no-stage", "invoke URL"},
	{"forbidden at a known stage of this machine", got(403, "ForbiddenException", message("Forbidden")).to("GET", "http://127.0.0.1:8787/_aws/execute-api/notes/prod/keyed").knows(Known{APIs: []API{{Name: "notes", URL: "http://127.0.0.1:8787/_aws/execute-api/notes/prod"}}}), "api-key", "no x-api-key"},
	{"forbidden beside the API", got(403, "ForbiddenException", message("Forbidden")).to("GET", "https://abcdef1234.execute-api.us-east-1.amazonaws.com/notes").knows(api), "base-path", "/prod"},
	{"forbidden at another stage", got(403, "ForbiddenException", message("Forbidden")).to("GET", "https://abcdef1234.execute-api.us-east-1.amazonaws.com/test/notes").knows(api), "base-path", "/prod/notes"},
	{"HTTP API, unsigned", got(403, "", message("Forbidden")).answer("Apigw-Requestid", "x").unsigned(), "unsigned", "gatepass call"},
	{"HTTP API, region", got(403, "", message("Forbidden")).answer("Apigw-Requestid", "x").sign("ASIAEXAMPLEACCESSKEY", "eu-west-1", "execute-api", testTime), "region", "us-east-1"},
	{"HTTP API, service", got(403, "", message("Forbidden")).answer("Apigw-Requestid", "x").sign("ASIAEXAMPLEACCESSKEY", "us-east-1", "lambda", testTime), "service", "lambda"},
	{"HTTP API, old", got(403, "", message("Forbidden")).answer("Apigw-Requestid", "x").sign("ASIAEXAMPLEACCESSKEY", "us-east-1", "execute-api", testTime.Add(-time.Hour)), "signature-old", "1h"},
	{"HTTP API, no token", got(403, "", message("Forbidden")).answer("Apigw-Requestid", "x").without("X-Amz-Security-Token"), "no-token", "ASIA"},
	{"HTTP API, policy", got(403, "", message("Forbidden")).answer("Apigw-Requestid", "x"), "policy-missing", "HTTP API"},
	{"HTTP API, not found", got(404, "", message("Not Found")).answer("Apigw-Requestid", "x"), "not-found", "Not Found"},
	{"WAF", got(403, "", "<HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD><BODY>Request blocked.</BODY></HTML>"), "cloudfront", "WAF"},
	{"CloudFront", got(403, "", "<H1>403 ERROR</H1><H2>The request could not be satisfied.</H2>"), "cloudfront", "distribution"},
	{"preflight at the door", got(403, "ForbiddenException", message("Forbidden")).unsigned().to("OPTIONS", testURL).header("Access-Control-Request-Method", "POST"), "preflight", "never sign"},
	{"unauthorized", got(401, "UnauthorizedException", message("Unauthorized")), "token-refused", "--auth id"},
	{"throttled", got(429, "TooManyRequestsException", message("Too Many Requests")), "throttled", "--retry"},
	{"quota", got(429, "LimitExceededException", message("Limit Exceeded")), "throttled", "usage plan"},
	{"too large", got(413, "", message("Request Too Long")), "too-large", "10 MiB"},
	{"bad parameters", got(400, "BadRequestException", message("Missing required request parameters: [x]")), "bad-request", "Missing required"},
	{"long URI", got(414, "", message("Request URI too long")), "uri-too-long", "1600"},
	{"integration", got(500, "InternalServerErrorException", `{"message": "Internal server error"}`), "integration", "add-permission"},
	{"integration of a gatepass server", got(500, "InternalServerErrorException", `{"message": "Internal server error"}`).to("GET", "http://127.0.0.1:8787/_aws/execute-api/notes/prod/notes"), "integration", "gatepass serve"},
	{"authorizer failed", got(500, "AuthorizerConfigurationException", `{"message":null}`), "authorizer-failed", "principalId"},
	{"authorizer of a gatepass server", got(500, "AuthorizerConfigurationException", `{"message":null}`).to("GET", "http://127.0.0.1:8787/_aws/execute-api/notes/prod/notes"), "authorizer-failed", "gatepass serve"},
	{"bad proxy answer", got(502, "InternalServerErrorException", `{"message": "Internal server error"}`), "integration-answer", "statusCode"},
	{"timeout", got(504, "InternalServerErrorException", `{"message": "Endpoint request timed out"}`), "integration-timeout", "29 s"},
	{"unavailable", got(503, "", message("Service Unavailable")), "unavailable", "30 s"},
	{"gone", got(410, "GoneException", ""), "gone", "connection"},
	{"redirect", got(301, "", "").answer("Location", "https://other.example/notes"), "redirect", "gatepass call GET https://other.example/notes"},
	{"the API's own", got(403, "", `{"error":"not your note"}`), "api", "not your note"},
	{"hidden by the browser", got(0, "", ""), "no-answer", "CORS"},

	{"other login", got(400, "NotAuthorizedException:", message("Logins don't match. Please include at least one valid login for this identity or identity pool.")), "other-login", "gatepass logout && gatepass login"},
	{"provider", got(400, "NotAuthorizedException:", message("Token is not from a supported provider of this identity pool.")).knows(Known{IdentityPoolID: "us-east-1:1", UserPoolID: "us-east-1_P", ClientID: "c"}), "provider", "identity pool us-east-1:1"},
	{"issuer", got(400, "NotAuthorizedException:", message("Invalid login token. Issuer doesn't match providerName")), "issuer", "USER-POOL-ID"},
	{"access token", got(400, "NotAuthorizedException:", message("Invalid login token. Missing a required claim: aud")), "access-token", "gatepass token id"},
	{"ID token expired", got(400, "NotAuthorizedException:", message("Invalid login token. Token expired: 1518436004 >= 1518435610")), "token-expired", "gatepass token id"},
	{"ID token's signature", got(400, "NotAuthorizedException:", message("Invalid login token. Couldn't verify signed token.")), "token-signature", "made anew"},
	{"identity token", got(400, "NotAuthorizedException:", message("Invalid login token. Can't pass in a Cognito token.")), "wrong-token", "user pool's ID token"},
	{"pool roles", got(400, "InvalidIdentityPoolConfigurationException:", message("Invalid identity pool configuration. Check assigned IAM roles for this pool.")).knows(Known{IdentityPoolID: "us-east-1:1"}), "pool-roles", "--identity-pool-id us-east-1:1"},
	{"identity forbidden", got(400, "NotAuthorizedException:", message("Access to Identity 'us-east-1:1' is forbidden.")), "identity-forbidden", "gatepass login"},
	{"no guests", got(400, "NotAuthorizedException:", message("Unauthenticated access is not supported for this identity pool.")), "no-guests", "allow_guests"},
	{"role mapping", got(400, "NotAuthorizedException:", message("The ambiguous role mapping rules denied this request")), "role-mapping", "AuthenticatedRole"},
	{"classic", got(400, "InvalidParameterException:", message("Basic (classic) flow is not enabled, please use enhanced flow.")), "classic-flow", "GetCredentialsForIdentity"},
	{"no pool", got(400, "ResourceNotFoundException:", message("IdentityPool 'us-east-1:1' not found.")), "no-pool", "gatepass profile show"},
	{"no identity", got(400, "ResourceNotFoundException:", message("Identity 'us-east-1:1' not found.")), "no-identity", "logout"},
	{"Cognito's other words", got(400, "NotAuthorizedException:", message("Incorrect username or password.")), "refused", "password is wrong"},
	{"STS's name", got(403, "", "<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>The security token included in the request is invalid.</Message></Error></ErrorResponse>"), "unknown-key", "ASIAEXAMPLEACCESSKEY"},
	{"payload", got(403, "InvalidSignatureException", message("The provided 'x-amz-content-sha256' header does not match what was computed.")), "payload", "changed or lost"},
	{"unsigned payload", got(403, "InvalidSignatureException", message("The body is always hashed: 'X-Amz-Content-Sha256' must be its SHA-256 in lower-case hexadecimal, got 'UNSIGNED-PAYLOAD'")), "payload", "S3"},
	{"silent mismatch", got(403, "InvalidSignatureException", message("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")), "signature", "does not say where"},
	{"silent mismatch, alone", got(403, "InvalidSignatureException", message("The request signature we calculated does not match the signature you provided.")).alone(), "signature", "does not say"},
}

// TestCauses: every refusal gets its cause, in words, with a next step, and
// nothing of what is secret.
func TestCauses(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := Explain(c.x.in)
			if !r.Refused || len(r.Causes) == 0 {
				t.Fatalf("nothing is wrong: %+v", r)
			}
			first := r.Causes[0]
			text, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			if first.Name != c.cause || !strings.Contains(flat(first), c.says) {
				t.Errorf("got %s, want %s: …%s…\n%s", first.Name, c.cause, c.says, flat(first))
			}
			for _, secret := range []string{"secret-token", "session-token-secret", "Signature="} {
				if strings.Contains(strings.ReplaceAll(string(text), "SignedHeaders=…, Signature=…", ""), secret) {
					t.Errorf("%s is in the report: %s", secret, text)
				}
			}
			for _, cause := range r.Causes {
				if cause.Name == "" || cause.Title == "" || len(cause.Fix) == 0 && cause.Name != "refused" {
					t.Errorf("not a whole cause: %+v", cause)
				}
			}
		})
	}
}

// flat is everything a cause says.
func flat(c Cause) string {
	return strings.Join(append(append([]string{c.Title}, c.Seen...), c.Fix...), "\n")
}

// TestRulesAreCovered: no row of the table stands there untried.
func TestRulesAreCovered(t *testing.T) {
	tried := map[int]bool{}
	for _, c := range cases {
		v := newView(c.x.in)
		for i := range rules {
			if rules[i].fits(v) && len(rules[i].causes(v)) > 0 {
				tried[i] = true
				break
			}
		}
	}
	for i, r := range rules {
		if !tried[i] && r.code == "" { // codes are for services that say it in other words
			t.Errorf("no case for the text %q, status %d", r.text, r.status)
		}
	}
}

// TestPolicy: the statement that is missing is whole: account filled in, the
// caller's identity a variable.
func TestPolicy(t *testing.T) {
	x := got(403, "AccessDeniedException", `{"Message":"User: `+sts+` is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:********3333:abcdef1234/prod/GET/users/us-east-1:1-2/notes because no identity-based policy allows the execute-api:Invoke action"}`)
	x.in.Known.IdentityID = "us-east-1:1-2"
	p := Explain(x.in).Causes[0].Policy
	var doc struct {
		Statement []struct{ Effect, Action, Resource string }
	}
	if err := json.Unmarshal(p, &doc); err != nil {
		t.Fatalf("%v: %s", err, p)
	}
	want := struct{ Effect, Action, Resource string }{"Allow", "execute-api:Invoke", "arn:aws:execute-api:us-east-1:111122223333:abcdef1234/prod/GET/users/${cognito-identity.amazonaws.com:sub}/notes"}
	if len(doc.Statement) != 1 || doc.Statement[0] != want {
		t.Errorf("got %s", p)
	}
	http := got(403, "", message("Forbidden")).answer("Apigw-Requestid", "x")
	if p := string(Explain(http.in).Causes[0].Policy); !strings.Contains(p, `"arn:aws:execute-api:us-east-1:*:abcdef1234/prod/GET/notes"`) {
		t.Errorf("HTTP API: %s", p)
	}
	if p := Explain(got(403, "AccessDeniedException", `{"Message":"`+denial+` with an explicit deny"}`).in).Causes[0].Policy; p != nil {
		t.Errorf("a policy against a Deny: %s", p)
	}
}

// TestNothingWrong: an answer that is none of a refusal's is left alone.
func TestNothingWrong(t *testing.T) {
	for _, status := range []int{200, 201, 204, 304} {
		r := Explain(got(status, "", "[]").answer("X-Gatepass-Decision", `Allow; kind=identity; policy="notes"; statement="0"`).in)
		if r.Refused || len(r.Causes) != 0 || r.Decision == nil || r.Decision.Policy != "notes" {
			t.Errorf("%d: %+v", status, r)
		}
	}
}

// TestRecognized: with the secret at hand, another signer's mistake is found by
// its signature, whatever the service says.
func TestRecognized(t *testing.T) {
	own := Known{Credentials: sigv4.Credentials{AccessKeyID: "ASIAEXAMPLEACCESSKEY", SecretAccessKey: strings.Repeat("s", 40)}}
	const silent = "The request signature we calculated does not match the signature you provided."
	for name, row := range map[string]struct {
		x     *exchange
		cause string
	}{
		"nothing wrong":       {got(403, "", message(silent)).knows(own), "signature-changed"},
		"host without port":   {got(403, "", message(silent)).to("GET", "http://localhost/prod").sign("ASIAEXAMPLEACCESSKEY", "us-east-1", "execute-api", testTime).to("GET", "http://localhost:4566/prod").knows(own), "signature-host"},
		"no body":             {got(403, "", message(silent)).body("{}").knows(own), "signature-payload"},
		"HTTP API, no body":   {got(403, "", message("Forbidden")).answer("Apigw-Requestid", "x").body("{}").knows(own), "signature-payload"},
		"HTTP API, policy":    {got(403, "", message("Forbidden")).answer("Apigw-Requestid", "x").knows(own), "policy-missing"},
		"no mistake known":    {got(403, "", message(silent)).to("GET", testURL+"/other").knows(own), "signature"},
		"another key at hand": {got(403, "", message(silent)).body("{}").knows(Known{Credentials: sigv4.Credentials{AccessKeyID: "ASIAOTHER", SecretAccessKey: "x"}}), "signature"},
	} {
		if r := Explain(row.x.in); r.Causes[0].Name != row.cause {
			t.Errorf("%s: %+v, want %s", name, r.Causes[0], row.cause)
		}
	}
}

// TestMismatch: what the service computed is compared with what was signed,
// also where only the request as it was sent is known.
func TestMismatch(t *testing.T) {
	x := got(403, "InvalidSignatureException", "")
	r, err := http.NewRequest("GET", testURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = x.in.Request.Header
	tr, err := sigv4.TraceOf(r, sigv4.ExecuteAPI(), sigv4.EmptyHash)
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct{ old, replacement, cause string }{
		"host":   {"host:abcdef1234.execute-api.us-east-1.amazonaws.com", "host:internal", "signature-host"},
		"path":   {"/prod/notes", "/notes", "signature-path"},
		"token":  {"session-token-secret", "other-secret-token", "signature-token"},
		"date":   {"x-amz-date:20260115T102030Z", "x-amz-date:20260115T102031Z", "signature-header"},
		"secret": {"", "", "signature-key"},
	} {
		echo := strings.Replace(tr.CanonicalRequest, row.old, row.replacement, 1)
		x.in.Response.Body = []byte(message("The request signature we calculated does not match the signature you provided.\n\nThe Canonical String for this request should have been\n'" + echo + "'\n\nThe String-to-Sign should have been\n'" + tr.StringToSign + "'\n"))
		rep := Explain(x.in)
		if len(rep.Causes) != 1 || rep.Causes[0].Name != row.cause {
			t.Errorf("%s: %+v", name, rep.Causes)
		}
		if name == "secret" && !strings.Contains(flat(rep.Causes[0]), "changed after it was signed") {
			t.Errorf("a body that was changed is no cause: %+v", rep.Causes)
		}
		if text, _ := json.Marshal(rep); strings.Contains(string(text), "secret-token") {
			t.Errorf("%s: the token is in the report", name)
		}
		bare := x.in
		bare.Request = &Request{Method: "GET", URL: testURL}
		if rep := Explain(bare); rep.Causes[0].Name != "signature" || !strings.Contains(flat(rep.Causes[0]), "with sensitive data") {
			t.Errorf("%s, without its signature: %+v", name, rep.Causes)
		}
		alone := x.in
		alone.Request = nil
		if rep := Explain(alone); rep.Causes[0].Name != "signature" || !strings.Contains(flat(rep.Causes[0]), "not known") {
			t.Errorf("%s, alone: %+v", name, rep.Causes)
		}
	}
}

// A command that is shown runs nothing that a recording put into it.
func TestCommandsAreQuoted(t *testing.T) {
	x := got(http.StatusForbidden, "ForbiddenException", message("Forbidden"))
	x.in.Request.Method, x.in.Request.URL = "GET;touch${IFS}x", "https://$(id).execute-api.us-east-1.amazonaws.com/prod/`id`?a='$(id)"
	shown := 0
	for _, c := range Explain(x.in).Causes {
		for _, fix := range c.Fix {
			if strings.Contains(fix, ";TOUCH") {
				shown++
			}
			bare := ""
			for i, part := range strings.Split(strings.ReplaceAll(fix, `'\''`, ""), "'") {
				if i%2 == 0 {
					bare += part
				}
			}
			if strings.ContainsAny(bare, "$`;") {
				t.Errorf("%s", fix)
			}
		}
	}
	if shown == 0 {
		t.Error("no command was shown")
	}
}

// TestLikelyPathFirst: a first part that is named like a stage is taken for one that
// is not there; any other belongs to the path.
func TestLikelyPathFirst(t *testing.T) {
	for behind, want := range map[string]string{
		"/dev/notes?a=1": "/notes?a=1, /dev/notes?a=1",
		"/notes/1":       "/notes/1, /1",
		"/notes":         "/notes",
		"/dev":           "/dev",
		"/":              "/",
	} {
		if got := strings.Join(candidates(behind), ", "); got != want {
			t.Errorf("%s: %s, want %s", behind, got, want)
		}
	}
}
