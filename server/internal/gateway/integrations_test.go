package gateway

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// others are the integrations over HTTP besides HTTP proxies.
func others() map[string]func(t *testing.T) *stand {
	serve := func(protocol apidef.Protocol, in apidef.Integration) func(t *testing.T) *stand {
		return func(t *testing.T) *stand {
			s := newStand(t)
			s.serve(apidef.API{ID: "abc123", Protocol: protocol, Stages: []apidef.Stage{{Name: "prod"}}, Routes: []apidef.Route{
				{Path: "/{proxy+}", Methods: []string{"ANY"}, Auth: apidef.AuthNone, Integration: in},
			}})
			return s
		}
	}
	lambda := func(payload string) apidef.Integration {
		return apidef.Integration{Type: apidef.Lambda, URI: "BACKEND/2015-03-31/functions/notes/invocations", Payload: payload}
	}
	return map[string]func(t *testing.T) *stand{
		"REST lambda": serve(apidef.REST, lambda("")), "HTTP lambda 1.0": serve(apidef.HTTP, lambda("1.0")), "HTTP lambda 2.0": serve(apidef.HTTP, lambda("2.0")),
		"REST custom": serve(apidef.REST, apidef.Integration{Type: apidef.HTTPCustom, URI: "BACKEND/x", Method: "POST", Responses: []apidef.IntegrationResponse{{Status: 200}}}),
		"REST AWS":    serve(apidef.REST, apidef.Integration{Type: apidef.LambdaCustom, URI: "BACKEND", Responses: []apidef.IntegrationResponse{{Status: 200}}}),
		"HTTP proxy":  serve(apidef.HTTP, apidef.Integration{URI: "BACKEND"}),
	}
}

// C11: Expect is answered at the edge; a backend of any integration gets the body
// at once, and is not asked to allow it.
func TestC11ExpectOfOtherIntegrations(t *testing.T) {
	for name, start := range others() {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			s.answer = answerWith(`{"statusCode":200,"body":"ok"}`)
			conn, err := net.Dial("tcp", s.srv.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			_ = conn.SetDeadline(time.Now().Add(hangs))
			br := bufio.NewReader(conn)
			_, _ = io.WriteString(conn, "POST /prod/x HTTP/1.1\r\nHost: "+testHost+"\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n")
			if status, err := br.ReadString('\n'); err != nil || !strings.Contains(status, "100") {
				t.Fatalf("got %q, %v", status, err)
			}
			_, _ = br.ReadString('\n')
			_, _ = io.WriteString(conn, `"hi"`)
			got := s.passed(name, readReply(br, "POST"))
			if got.header.Get("Expect") != "" || !strings.Contains(string(got.body), `hi`) {
				t.Errorf("the backend saw %v %q", got.header, got.body)
			}
			if strings.Contains(strings.ToLower(string(got.body)), "100-continue") {
				t.Errorf("the event says %s", got.body)
			}
		})
	}
}

// C18: nothing on the way to a backend of any integration asks for compression,
// and what is packed arrives packed.
func TestC18CompressionOfOtherIntegrations(t *testing.T) {
	for name, start := range others() {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			lambda := strings.Contains(name, "lambda")
			s.answer = func(w http.ResponseWriter, _ *http.Request) {
				if lambda {
					_ = json.NewEncoder(w).Encode(map[string]any{
						"statusCode": 200, "body": "not really gzip", "headers": map[string]string{"Content-Encoding": "gzip"},
					})
					return
				}
				w.Header().Set("Content-Encoding", "gzip")
				_, _ = io.WriteString(w, "not really gzip")
			}
			got := s.send("GET /prod/x HTTP/1.1\r\nHost: " + testHost + "\r\n\r\n")
			if got.body != "not really gzip" {
				t.Errorf("the client got %d %q", got.status, got.body)
			}
			if seen := s.forwarded(); seen.header.Get("Accept-Encoding") != "" {
				t.Errorf("the transport added %v", seen.header)
			}
		})
	}
}

// handSigned is a GET of /prod/x signed by hand, as AWS's "Create a signed AWS API
// request" has it, with any secret.
func (s *stand) handSigned(secret string) string {
	mac := func(key []byte, text string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	sum := func(text string) string {
		h := sha256.Sum256([]byte(text))
		return hex.EncodeToString(h[:])
	}
	const scope, names = "20260115/us-east-1/execute-api/aws4_request", "host;x-amz-date;x-amz-security-token"
	canonical := "GET\n/prod/x\n\nhost:" + testHost + "\nx-amz-date:20260115T102030Z\nx-amz-security-token:" + s.creds.SessionToken + "\n\n" + names + "\n" + sum("")
	key := []byte("AWS4" + secret)
	for part := range strings.SplitSeq(scope, "/") {
		key = mac(key, part)
	}
	signature := hex.EncodeToString(mac(key, "AWS4-HMAC-SHA256\n20260115T102030Z\n"+scope+"\n"+sum(canonical)))
	return "GET /prod/x HTTP/1.1\r\nHost: " + testHost + "\r\nX-Amz-Date: 20260115T102030Z\r\nX-Amz-Security-Token: " + s.creds.SessionToken +
		"\r\nAuthorization: AWS4-HMAC-SHA256 Credential=" + s.creds.AccessKeyID + "/" + scope + ", SignedHeaders=" + names + ", Signature=" + signature + "\r\n\r\n"
}

// A08: where whoever knows keys says by mistake that a secret is empty or a stub,
// a signature that anyone can make with it is refused at the gate; so is one of an
// unknown key.
func TestA08EmptySecretAtTheGate(t *testing.T) {
	s := newStand(t)
	s.passed("the real secret", s.send(s.handSigned(secret)))
	s.refused("an empty secret, signed by it", s.send(s.handSigned("")), 403, "InvalidSignatureException")
	keys := s.g.Keys
	for _, stub := range []string{"", "fifteen bytes.."} {
		s.g.Keys = stubbed(keys, stub)
		s.refused("a stub for a secret", s.send(s.handSigned(stub)), 403, "UnrecognizedClientException")
	}
	s.g.Keys = stubbed(keys, "sixteen bytes...")
	s.passed("the shortest that counts", s.send(s.handSigned("sixteen bytes...")))
	s.g.Keys = keys
	unknown := strings.Replace(s.handSigned(""), s.creds.AccessKeyID, "ASIAEXAMPLEUNKNOWN00", 1)
	s.refused("an unknown key", s.send(unknown), 403, "UnrecognizedClientException")
}

// stubbed says of every key that it has a secret of its own choice.
func stubbed(keys func(context.Context, string, string, time.Time) (Resolved, error), secret string) func(context.Context, string, string, time.Time) (Resolved, error) {
	return func(ctx context.Context, id, token string, now time.Time) (Resolved, error) {
		who, err := keys(ctx, id, token, now)
		who.Secret = secret
		return who, err
	}
}
