package sigv4

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// knownAnswer is a request to execute-api whose signature other
// implementations agree on (reference values V1 to V11).
type knownAnswer struct {
	id, method, target, host, body, accept, token, names, signature string
	lenient                                                         bool
}

var knownAnswers = []knownAnswer{
	{id: "V1", target: "/prod/notes", names: "host;x-amz-date", signature: "313ae55d984a2ccca1417448f06324ef3e6d6a3b3a4af13f01970b94de61ea0d"},
	{id: "V2", method: "POST", target: "/prod/notes", body: `{"content":"hello world"}`, token: testToken, names: "content-length;content-type;host;x-amz-date;x-amz-security-token", signature: "dbcf375cd77a33f6ae07387b7ec9ba52d8db50f82b2a2c8e399b6d289bb37c15"},
	{id: "V3", target: "/prod/notes/a%20b%2Fc", token: testToken, names: "host;x-amz-date;x-amz-security-token", signature: "54d15eeccf3eb00e47a30034200b6a95146f7d1be689501aef7a953e06d716f7"},
	{id: "V4", target: "/prod/notes?b=2&a=1&a=%20x&c=%2F%2B&d", token: testToken, names: "host;x-amz-date;x-amz-security-token", signature: "e6cb62abc5d8e8c61e76cf550b45fad2aa5f1d36bfe686d2c4b066fc0d1c766e"},
	{id: "V5", target: "/prod/notes/us-east-1%3A11112222-3333-4444-5555-666677778888", token: testToken, names: "host;x-amz-date;x-amz-security-token", signature: "033988b385b955f25ccad2274c23550908ce05780d95cefe670558d2c9344bee"},
	{id: "V7", target: "/prod/notes", accept: "application/json", names: "accept;host;x-amz-date", signature: "8d5b8dff210a0d6c2fa6a371dc2ec1797aa1ec638d3e11fce315b43f7e633a47"},
	{id: "V8", method: "POST", target: "/prod/notes", body: `{"content":"hello world"}`, accept: "application/json", names: "accept;content-type;host;x-amz-date", signature: "ace3514e4644e2f472a8ceb6678587e6de43bcb08e9d1e510fa4b87969c70cd9"},
	{id: "V9", target: "/prod/notes", host: "localhost:4566", accept: "application/json", names: "accept;host;x-amz-date", signature: "126c30c6530f0666586cda67d7f71aa7b604ddfef378dc1b59ad9a90bfaf49c7", lenient: true},
	{id: "V9 strict", target: "/prod/notes", host: "localhost:4566", accept: "application/json", names: "accept;host;x-amz-date", signature: "bb73b88c6bc803210d36432df070b0efe3cac897a808da812c411b46e105a075"},
	{id: "V10", target: "/prod/notes/a%20b", accept: "application/json", names: "accept;host;x-amz-date", signature: "ed3ef3c26d8e465bcbf3edde548754f3b04303a3047990c697871ac344f0cc2e", lenient: true},
	{id: "V11", target: "/prod/notes?B=2&q=a%20b%2Fc&z=1", accept: "application/json", names: "accept;host;x-amz-date", signature: "91161a8c1049fea23b4f9d1c9d4d889a64cbea78a0f8a8ed804afc2b52902a11"},
}

// request is the known answer as a server receives it.
func (k *knownAnswer) request() *http.Request {
	method, host := k.method, k.host
	if method == "" {
		method = "GET"
	}
	if host == "" {
		host = testHost
	}
	r := httptest.NewRequest(method, k.target, strings.NewReader(k.body))
	r.Host = host
	if k.body != "" {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Content-Length", "25")
	}
	if k.accept != "" {
		r.Header.Set("Accept", k.accept)
		r.Header.Set("X-Amz-Security-Token", testToken) // put on after signing
	}
	if k.token != "" {
		r.Header.Set("X-Amz-Security-Token", k.token)
	}
	r.Header.Set("X-Amz-Date", "20260115T102030Z")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260115/us-east-1/execute-api/aws4_request, SignedHeaders="+k.names+", Signature="+k.signature)
	return r
}

func TestKnownAnswersVerify(t *testing.T) {
	for _, k := range knownAnswers {
		t.Run(k.id, func(t *testing.T) {
			v := apiVerifier()
			err := verifyOnce(v, k.request(), testCreds, testTime)
			if k.lenient {
				if !errors.Is(err, ErrSignatureMismatch) {
					t.Errorf("strict: got %v, want a mismatch", err)
				}
				v.Lenient = true
				err = verifyOnce(v, k.request(), testCreds, testTime)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestKnownAnswersSign(t *testing.T) {
	for _, k := range knownAnswers {
		if k.lenient {
			continue
		}
		t.Run(k.id, func(t *testing.T) {
			want := k.request()
			host := want.Host
			r := newRequest(t, want.Method, "http://"+host+k.target, k.body)
			r.Header = want.Header.Clone()
			s := apiSigner()
			s.SignHeaders = []string{"Accept"}
			if k.id == "V2" {
				s.SignHeaders = append(s.SignHeaders, "Content-Length")
			}
			c := Credentials{"AKIDEXAMPLE", testSecret, k.token}
			if k.accept != "" {
				s.Profile.Token, c.SessionToken = TokenAfter, testToken
			}
			if err := s.Sign(r, c, HashOf([]byte(k.body)), testTime); err != nil {
				t.Fatal(err)
			}
			if got, want := r.Header.Get("Authorization"), want.Header.Get("Authorization"); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if got := r.Header.Get("X-Amz-Security-Token"); got != c.SessionToken {
				t.Errorf("token %q", got)
			}
		})
	}
}

// TestKnownAnswerPresign is V6.
func TestKnownAnswerPresign(t *testing.T) {
	r := newRequest(t, "GET", "/prod/notes", "")
	c := Credentials{"ASIAEXAMPLEACCESSKEY", testSecret, testToken}
	u, err := apiSigner().Presign(r, c, EmptyHash, time.Minute, testTime)
	if err != nil {
		t.Fatal(err)
	}
	if got := u.Query().Get("X-Amz-Signature"); got != "5d2ec54ea4df123c04cfa6cd412d0ccc44cdba2112bfe04035e8e41076d32a51" {
		t.Errorf("V6: signature %s", got)
	}
	in := httptest.NewRequest("GET", u.RequestURI(), nil)
	in.Host = u.Host
	if err := verifyOnce(apiVerifier(), in, c, testTime.Add(time.Minute)); err != nil {
		t.Error(err)
	}
}

// TestLenientGuard: with %25 in the path a signature over the path as sent
// would also be one over another resource.
func TestLenientGuard(t *testing.T) {
	v := apiVerifier()
	v.Lenient = true
	standard := signed(t, "GET", "/prod/a%20b", "")
	standard.RequestURI = "/prod/a%2520b"
	if err := verifyOnce(v, standard, testCreds, testTime); !errors.Is(err, ErrSignatureMismatch) {
		t.Errorf("one signature opened two paths: %v", err)
	}
}
