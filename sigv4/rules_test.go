package sigv4

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

func setAuth(r *http.Request, old, replacement string) {
	r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, replacement, 1))
}

// rule is one way to spoil a valid request, and the refusal it must get. The
// ids are those of the order of checks and of the attack table.
type rule struct {
	id    string
	spoil func(r *http.Request)
	after time.Duration // how much later the verifier's clock is
	code  string
	rule  int
	kind  error
	text  string // a part of the message, or all of it if it begins with ^
}

const longDetail = "(Hashed with SHA-256 and encoded with Base64) Authorization="

var headerRules = []rule{
	{"1 escape", func(r *http.Request) { r.RequestURI = "/prod/%zz" }, 0, codeBad, 1, ErrMalformed, "Illegal hex character in escape % pattern: %zz"},
	{"1 absolute", func(r *http.Request) { r.RequestURI = "http://evil/" }, 0, codeBad, 1, ErrMalformed, ""},
	{"1 above root", func(r *http.Request) { r.RequestURI = "/../x" }, 0, codeBad, 1, ErrMalformed, "root"},
	{"1 empty", func(r *http.Request) { r.RequestURI = "" }, 0, codeBad, 1, ErrMalformed, ""},
	{"A22 method", func(r *http.Request) { r.Method = "get" }, 0, codeBad, 2, ErrMalformed, ""},
	{"4 trailing", func(r *http.Request) { r.RequestURI = "/prod?a=%4" }, 0, codeBad, 4, ErrMalformed, "^Incomplete trailing escape % sequence"},
	{"A18 no name", func(r *http.Request) { r.RequestURI = "/prod?=b" }, 0, codeBad, 4, ErrMalformed, ""},
	{"A18 params", func(r *http.Request) { r.RequestURI = "/prod?" + strings.Repeat("a=b&", 1001) }, 0, codeBad, 4, ErrMalformed, "1000"},
	{"E1", func(r *http.Request) { r.Header.Del("Authorization") }, 0, codeMissing, 5, ErrMissing, "^Missing Authentication Token"},
	{"A07 query", func(r *http.Request) { r.RequestURI += "&X-Amz-Algorithm=AWS4-HMAC-SHA256" }, 0, codeInvalid, 5, ErrMalformed, "^Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."},
	{"A07 escaped name", func(r *http.Request) { r.RequestURI += "&%58-amz-signature=1" }, 0, codeInvalid, 5, ErrMalformed, "X-Amz-Signature"},
	{"A07 two", func(r *http.Request) { r.Header.Add("Authorization", "Bearer x") }, 0, codeInvalid, 5, ErrMalformed, ""},
	{"E2", func(r *http.Request) { r.Header.Set("Authorization", "Bearer abc") }, 0, codeIncomplete, 6, ErrIncomplete, "^Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '" + hash64("Bearer abc") + "'."},
	{"E3 bare token", func(r *http.Request) { r.Header.Set("Authorization", "eyJ") }, 0, codeIncomplete, 6, ErrIncomplete, "^Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. " + longDetail + hash64("eyJ")},
	{"E3 date", func(r *http.Request) { r.Header.Del("X-Amz-Date") }, 0, codeIncomplete, 6, ErrIncomplete, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "},
	{"E3 one", func(r *http.Request) { setAuth(r, "Signature=", "Xignature=") }, 0, codeIncomplete, 6, ErrIncomplete, "Authorization header requires 'Signature' parameter. "},
	{"6 equal-sign", func(r *http.Request) { setAuth(r, "AWS4-HMAC-SHA256 ", "") }, 0, codeIncomplete, 6, ErrIncomplete, "must begin with the algorithm name"},
	{"E4", func(r *http.Request) { setAuth(r, "SHA256", "SHA1") }, 0, codeIncomplete, 6, ErrIncomplete, "^Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1'."},
	{"A13 lower case", func(r *http.Request) { setAuth(r, "AWS4-HMAC", "aws4-hmac") }, 0, codeIncomplete, 6, ErrIncomplete, "Unsupported AWS 'algorithm'"},
	{"A14 extra part", func(r *http.Request) { setAuth(r, ", Signature", ", X=y, Signature") }, 0, codeIncomplete, 6, ErrIncomplete, ""},
	{"A14 commas", func(r *http.Request) { setAuth(r, ", Signature", ",,,, Signature") }, 0, codeIncomplete, 6, ErrIncomplete, "missing equal-sign"},
	{"A03 unsorted", func(r *http.Request) { setAuth(r, "host;x-amz-date", "x-amz-date;host") }, 0, codeInvalid, 7, ErrIncomplete, "sorted"},
	{"A03 twice", func(r *http.Request) { setAuth(r, "host;", "host;host;") }, 0, codeInvalid, 7, ErrIncomplete, "sorted"},
	{"A03 upper case", func(r *http.Request) { setAuth(r, "=host;", "=Host;") }, 0, codeInvalid, 7, ErrIncomplete, "sorted"},
	{"A03 absent", func(r *http.Request) { setAuth(r, "=host;", "=connection;host;") }, 0, codeIncomplete, 7, ErrIncomplete, "^'connection' is named as a SignedHeader, but it does not exist in the HTTP request."},
	{"E6", func(r *http.Request) { setAuth(r, "=host;", "=") }, time.Hour, codeInvalid, 8, ErrIncomplete, "^'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."},
	{"A03 empty", func(r *http.Request) { setAuth(r, "host;x-amz-date;x-amz-security-token", "") }, 0, codeInvalid, 8, ErrIncomplete, ""},
	{"E7", func(r *http.Request) { r.Header.Set("X-Amz-Date", "2026-01-15") }, 0, codeIncomplete, 9, ErrIncomplete, "^Date must be in ISO-8601 'basic format'. Got '2026-01-15'. See http://en.wikipedia.org/wiki/ISO_8601"},
	{"A12 no such day", func(r *http.Request) { r.Header.Set("X-Amz-Date", "20260230T000000Z") }, 0, codeIncomplete, 9, ErrIncomplete, ""},
	{"E8", func(r *http.Request) { setAuth(r, "Signature=", "Signature=0") }, 301 * time.Second, codeInvalid, 10, ErrExpired, "^Signature expired: 20260115T102030Z is now earlier than 20260115T102031Z (20260115T102531Z - 5 min.)"},
	{"E9", func(*http.Request) {}, -301 * time.Second, codeInvalid, 11, ErrNotYetCurrent, "^Signature not yet current: 20260115T102030Z is still later than 20260115T102029Z (20260115T101529Z + 5 min.)"},
	{"E5", func(r *http.Request) { setAuth(r, "/aws4_request", "") }, 0, codeIncomplete, 12, ErrIncomplete, "^Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKIDEXAMPLE/20260115/us-east-1/execute-api'"},
	{"E10", func(r *http.Request) { setAuth(r, "us-east-1", "eu-west-1") }, 0, codeInvalid, 13, ErrScope, "^Credential should be scoped to a valid region, not 'eu-west-1'. "},
	{"E11", func(r *http.Request) { setAuth(r, "us-east-1/execute-api", "x/s3") }, 0, codeInvalid, 13, ErrScope, "^Credential should be scoped to a valid region, not 'x'. Credential should be scoped to correct service: 'execute-api'. "},
	{"E12", func(r *http.Request) { setAuth(r, "/aws4_request", "/e") }, 0, codeInvalid, 13, ErrScope, "^Credential should be scoped with a valid terminator: 'aws4_request', not 'e'. "},
	{"E13", func(r *http.Request) { setAuth(r, "/20260115/", "/20260114/") }, 0, codeInvalid, 13, ErrScope, "^Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260114' != '20260115', from '20260115T102030Z'. "},
	{"A02", func(r *http.Request) { r.Header.Set("X-Amz-Foo", "bar") }, 0, codeInvalid, 0, ErrIncomplete, "There were headers present in the request which were not signed"},
	{"A02 date", func(r *http.Request) { setAuth(r, "x-amz-date;", "") }, 0, codeInvalid, 0, ErrIncomplete, "x-amz-date"},
	{"A12 two dates", func(r *http.Request) { r.Header.Add("X-Amz-Date", "20260115T102030Z") }, 0, codeInvalid, 5, ErrMalformed, "more than one"},
	{"A15 upper case", func(r *http.Request) {
		a := r.Header.Get("Authorization")
		i := len(a) - 64
		r.Header.Set("Authorization", a[:i]+"A"+a[i+1:])
	}, 0, codeInvalid, 16, ErrSignatureMismatch, "^" + mismatchText},
	{"A15 63", func(r *http.Request) { a := r.Header.Get("Authorization"); r.Header.Set("Authorization", a[:len(a)-1]) }, 0, codeInvalid, 16, ErrSignatureMismatch, ""},
	{"A20 host", func(r *http.Request) { r.Host = "other" }, 0, codeInvalid, 16, ErrSignatureMismatch, ""},
}

func (row *rule) run(t *testing.T, r *http.Request) {
	t.Helper()
	row.spoil(r)
	err := verifyOnce(apiVerifier(), r, testCreds, testTime.Add(row.after))
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *Error", err)
	}
	if e.Code != row.code || e.Rule != row.rule || !errors.Is(err, row.kind) {
		t.Errorf("got %s, rule %d (%v)\nwant %s, rule %d (%v)", e.Code, e.Rule, err, row.code, row.rule, row.kind)
	}
	if e.Status != 403 && e.Status != 400 {
		t.Errorf("status %d", e.Status)
	}
	exact, want := strings.CutPrefix(row.text, "^")
	if want && e.Message != exact || !strings.Contains(e.Message, exact) {
		t.Errorf("message\n got %q\nwant %q", e.Message, exact)
	}
}

func TestOrderOfChecks(t *testing.T) {
	for _, row := range headerRules {
		t.Run(row.id, func(t *testing.T) { row.run(t, signed(t, "GET", "/prod/notes?a=1", "")) })
	}
}

// add appends to the query; swap replaces in it.
func add(s string) func(*http.Request) { return func(r *http.Request) { r.RequestURI += s } }

func swap(old, replacement string) func(*http.Request) {
	return func(r *http.Request) { r.RequestURI = strings.Replace(r.RequestURI, old, replacement, 1) }
}

func expires(value string) rule {
	return rule{"B01 " + value, swap("X-Amz-Expires=60", "X-Amz-Expires="+value), 0, codeIncomplete, 7, ErrIncomplete, "X-Amz-Expires"}
}

var queryRules = []rule{
	expires("0"),
	expires("-1"), expires("604801"), expires("1e3"), expires("%2060"), expires("060"), expires(""),
	{"B01 missing", swap("&X-Amz-Expires=60", ""), 0, codeIncomplete, 7, ErrIncomplete, "AWS query-string parameters must include 'X-Amz-Expires'. Re-examine the query-string parameters."},
	{"7d", swap("X-Amz-Credential", "Y-Amz-Credential"), 0, codeIncomplete, 7, ErrIncomplete, "^AWS query-string parameters must include 'X-Amz-Credential'. Re-examine the query-string parameters."},
	{"A13 query", swap("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256%20"), 0, codeIncomplete, 7, ErrIncomplete, "Unsupported AWS 'algorithm'"},
	{"B02 expired", func(*http.Request) {}, 61 * time.Second, codeInvalid, 10, ErrExpired, "(20260115T102131Z - 1 min.)"},
	{"B02 future", func(*http.Request) {}, -301 * time.Second, codeInvalid, 11, ErrNotYetCurrent, ""},
	{"B03", func(r *http.Request) { r.Method = "PUT" }, 0, codeInvalid, 16, ErrSignatureMismatch, ""},
	{"B04 added", add("&x=1"), 0, codeInvalid, 16, ErrSignatureMismatch, ""},
	{"B04 removed", swap("a=1&", ""), 0, codeInvalid, 16, ErrSignatureMismatch, ""},
	{"B05 header", func(r *http.Request) { r.Header.Set("X-Amz-Foo", "1") }, 0, codeInvalid, 0, ErrIncomplete, "not signed"},
	{"B05 authorization", func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, 0, codeInvalid, 5, ErrMalformed, ""},
	{"B06 case", add("&x-amz-credential=a"), 0, codeInvalid, 5, ErrMalformed, ""},
	{"B06 twice", add("&X-Amz-Date=20260115T102030Z"), 0, codeInvalid, 5, ErrMalformed, ""},
	{"B10 token after", add(""), 0, "", 0, nil, ""},
	{"A07 date", func(r *http.Request) { r.Header.Set("X-Amz-Date", "20260115T102031Z") }, 0, codeInvalid, 5, ErrMalformed, ""},
	{"A07 token", func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "x") }, 0, codeInvalid, 5, ErrMalformed, ""},
}

func TestPresignedChecks(t *testing.T) {
	for _, row := range queryRules {
		t.Run(row.id, func(t *testing.T) {
			r := presigned(t, "/prod/notes?a=1", time.Minute)
			if row.kind == nil { // B10: the token moved out of the signature
				tokenAfter(t)
				return
			}
			row.run(t, r)
		})
	}
	t.Run("B04 reordered", func(t *testing.T) {
		r := presigned(t, "/prod/notes?a=1", time.Minute)
		path, query, _ := strings.Cut(r.RequestURI, "?")
		first, rest, _ := strings.Cut(query, "&")
		r.RequestURI = path + "?" + rest + "&" + first
		if err := verifyOnce(apiVerifier(), r, testCreds, testTime.Add(time.Minute)); err != nil {
			t.Error(err)
		}
	})
}

func tokenAfter(t *testing.T) {
	t.Helper()
	s := apiSigner()
	s.Profile.Token = TokenAfter
	r := newRequest(t, "GET", "/prod/notes", "")
	u, err := s.Presign(r, testCreds, EmptyHash, time.Minute, testTime)
	if err != nil {
		t.Fatal(err)
	}
	r.URL = u
	if err := verifyOnce(apiVerifier(), received(r), testCreds, testTime); !errors.Is(err, ErrSignatureMismatch) {
		t.Errorf("an unsigned token in the query: %v", err)
	}
}
