package gateway

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// The formats that the API Gateway console offers ("Set up CloudWatch API logging").
const (
	formatCLF  = `$context.identity.sourceIp $context.identity.caller $context.identity.user [$context.requestTime] "$context.httpMethod $context.resourcePath $context.protocol" $context.status $context.responseLength $context.requestId`
	formatJSON = `{ "requestId":"$context.requestId", "ip": "$context.identity.sourceIp", "caller":"$context.identity.caller", "agent":"$context.identity.userAgent", "requestTime":"$context.requestTime", "httpMethod":"$context.httpMethod","resourcePath":"$context.resourcePath", "path":"$context.path", "status":"$context.status","responseLength":"$context.responseLength" }`
	formatXML  = `<request id="$context.requestId"> <ip>$context.identity.sourceIp</ip> <caller>$context.identity.caller</caller> <agent>$context.identity.userAgent</agent> <status>$context.status</status> </request>`
	formatCSV  = `$context.identity.sourceIp,$context.identity.caller,$context.identity.userAgent,$context.requestTime,$context.httpMethod,$context.resourcePath,$context.protocol,$context.status,$context.responseLength,$context.requestId`
)

// logStand is a stand whose stage prod has an access log; the lines come over
// the channel.
func logStand(t *testing.T, auth apidef.Auth, access apidef.AccessLog) (*stand, chan string) {
	t.Helper()
	s := newStand(t, s0(auth))
	lines := make(chan string, 8)
	s.g.AccessLog = func(_ context.Context, line string, err error) {
		if err != nil {
			line = "ERROR " + line
		}
		lines <- line
	}
	s.serve(apidef.API{ID: "abc123", Stages: []apidef.Stage{{Name: "prod", AccessLog: &access}, {Name: "dev"}}, Routes: []apidef.Route{s.proxyRoute(auth)}})
	return s, lines
}

func TestAccessLogCommonFormat(t *testing.T) {
	s, lines := logStand(t, apidef.AuthIAM, apidef.AccessLog{Format: formatCLF})
	s.do(s.signed("GET", "/dev/notes/1", "")) // a stage without a log
	s.do(s.signed("GET", "/prod/notes/1", ""))
	want := regexp.MustCompile(`^127\.0\.0\.1 AROAEXAMPLE:CognitoIdentityCredentials AROAEXAMPLE:CognitoIdentityCredentials ` +
		`\[15/Jan/2026:10:20:30 \+0000\] "GET /\{proxy\+\} HTTP/1\.1" 200 2 [0-9a-f-]{36}$`)
	if got := <-lines; !want.MatchString(got) {
		t.Errorf("got %s", got)
	}
	s.do(s.request("GET", "/prod/notes/1", ""))
	if got := <-lines; !strings.Contains(got, `127.0.0.1 - - [`) || !strings.Contains(got, " 403 ") {
		t.Errorf("refused call: %s", got)
	}
}

// hostile is a User-Agent that ends strings, elements and fields. Line breaks
// cannot come by HTTP; TestAccessLogL08 has them.
const hostile = `x", "status":"999" } </agent><status>999</status> a,b 'c' \`

func TestAccessLogL08HostileValuesStayValues(t *testing.T) {
	s, lines := logStand(t, apidef.AuthNone, apidef.AccessLog{Format: formatJSON})
	for name, check := range map[string]func(line string) (agent, status string, err error){
		formatJSON: func(line string) (string, string, error) {
			var v struct{ Agent, Status string }
			err := json.Unmarshal([]byte(line), &v)
			return v.Agent, v.Status, err
		},
		formatXML: func(line string) (string, string, error) {
			var v struct {
				Agent  string   `xml:"agent"`
				Status []string `xml:"status"`
			}
			err := xml.Unmarshal([]byte(line), &v)
			return v.Agent, strings.Join(v.Status, " "), err
		},
		formatCSV: func(line string) (string, string, error) {
			v, err := csv.NewReader(strings.NewReader(line)).Read()
			if err != nil || len(v) != 10 {
				return "", "", errors.Join(err, errors.New("not ten fields"))
			}
			return v[2], v[7], nil
		},
	} {
		s.serve(apidef.API{
			ID: "abc123", Stages: []apidef.Stage{{Name: "prod", AccessLog: &apidef.AccessLog{Format: name}}},
			Routes: []apidef.Route{s.proxyRoute(apidef.AuthNone)},
		})
		r := s.request("GET", "/prod/x", "")
		r.Header.Set("User-Agent", hostile)
		s.do(r)
		line := <-lines
		agent, status, err := check(line)
		if err != nil || agent != hostile || status != "200" {
			t.Errorf("%s\nagent %q, status %q, %v", line, agent, status, err)
		}
	}
}

func TestAccessLogL08LineBreaks(t *testing.T) {
	for _, escape := range []func(string) string{escapeJSON, jsonValue, escapeXML, escapeWord, escapeCSV} {
		if got := escape("a\r\nb\x00\x1b[2J"); strings.ContainsAny(got, "\r\n\x00\x1b") {
			t.Errorf("got %q", got)
		}
	}
}

func TestAccessLogJSONWithoutQuotes(t *testing.T) {
	const format = `{"id":"$context.requestId","status":$context.status,"latency":$context.integrationLatency,"error":$context.error.messageString,"quoted":"$context.error.messageString","path":$context.path}`
	s, lines := logStand(t, apidef.AuthIAM, apidef.AccessLog{Format: format})
	for _, r := range []string{"signed", "unsigned"} {
		if r == "signed" {
			s.do(s.signed("GET", `/prod/x`, ""))
		} else {
			s.do(s.request("GET", `/prod/x`, ""))
		}
		line := <-lines
		var v struct {
			Status  int
			Latency *int
			Error   *string
			Quoted  string
			Path    string
		}
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if r == "signed" && (v.Status != 200 || v.Latency == nil || v.Error != nil || v.Quoted != "-" || v.Path != "/prod/x") {
			t.Errorf("signed: %s", line)
		}
		if r == "unsigned" && (v.Status != 403 || v.Latency != nil || v.Error == nil || *v.Error != "Missing Authentication Token" || v.Quoted != *v.Error) {
			t.Errorf("unsigned: %s", line)
		}
	}
}

// The text of a mismatch quotes the canonical request, and with it the session
// token; the log has neither.
func TestAccessLogHoldsNoToken(t *testing.T) {
	s, lines := logStand(t, apidef.AuthIAM, apidef.AccessLog{
		Format: `{"id":"$context.requestId","m":"$context.error.message","s":$context.error.messageString,"a":"$context.authenticate.error","p":"$context.path"}`,
	})
	r := s.signed("GET", "/prod/x?a=1", "")
	r.URL.RawQuery = "a=2"
	got := s.do(r)
	if !strings.Contains(got.body, "Canonical String") {
		t.Fatalf("answer %s", got.body)
	}
	line := <-lines
	if !strings.Contains(line, "The request signature we calculated does not match") {
		t.Errorf("line %s", line)
	}
	for _, never := range []string{sessionTok, "Canonical", "a=2", "Signature="} {
		if strings.Contains(line, never) {
			t.Errorf("line has %s: %s", never, line)
		}
	}
}

func TestAccessLogMasksAPIKeys(t *testing.T) {
	c := &call{g: &Gateway{}}
	c.auth.key.Value = "abcdefghijklmnopqrstuvwxyz"
	if got := c.logValue("identity.apiKey"); got != "**********************wxyz" {
		t.Errorf("got %s", got)
	}
}

func TestAccessLogFormatsRefused(t *testing.T) {
	for format, says := range map[string]string{
		`$context.requestId $context.nothing`:             "no variable $context.nothing",
		`$context.requestId $input.body`:                  `"$input.body" is not a $context variable`,
		`$context.requestId $context.`:                    "no variable $context.",
		"$context.requestId\n$context.status":             "line breaks",
		`$context.status`:                                 "lacks $context.requestId",
		`$context.requestId` + strings.Repeat("x", 3<<10): "longer than 3 KB",
		``: "lacks $context.requestId",
	} {
		err := Validate(apidef.API{
			ID: "abc123", Stages: []apidef.Stage{{Name: "prod", AccessLog: &apidef.AccessLog{Format: format}}},
			Routes: []apidef.Route{s0(apidef.AuthNone)},
		})
		if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", format, err)
		}
	}
	for _, format := range []string{formatCLF, formatJSON, formatXML, formatCSV, "$context.requestId\n"} {
		if _, err := compileLog(format); err != nil {
			t.Errorf("%s: %v", format, err)
		}
	}
}

func TestAccessLogFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "access.log")
	s, lines := logStand(t, apidef.AuthNone, apidef.AccessLog{Format: "$context.requestId $context.path", File: path})
	logged := func(target string) {
		t.Helper()
		s.do(s.request("GET", target, ""))
		s.settle()
		if text, err := os.ReadFile(path); err != nil || !strings.HasSuffix(string(text), " "+target+"\n") {
			t.Fatalf("%s: %q, %v", target, text, err)
		}
	}
	logged("/prod/one")
	logged("/prod/two")
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	logged("/prod/three")
	old, err := os.ReadFile(path + ".1")
	if err != nil || strings.Count(string(old), "\n") != 2 {
		t.Errorf("the file that was moved: %q, %v", old, err)
	}
	// A file that can no longer be written leaves its lines to the server's log.
	if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o700)); err != nil {
		t.Fatal(err)
	}
	s.do(s.request("GET", "/prod/four", ""))
	if line := <-lines; !strings.HasPrefix(line, "ERROR ") || !strings.HasSuffix(line, " /prod/four") {
		t.Errorf("line %s", line)
	}
}

func TestAccessLogFileMustOpen(t *testing.T) {
	s := newStand(t)
	err := s.g.Serve(apidef.Catalog{APIs: []apidef.API{{
		ID:     "abc123",
		Stages: []apidef.Stage{{Name: "prod", AccessLog: &apidef.AccessLog{Format: "$context.requestId", File: filepath.Join(t.TempDir(), "no", "log")}}},
	}}})
	if !errors.Is(err, ErrConfig) {
		t.Errorf("got %v", err)
	}
	s.passed("the configuration before", s.do(s.signed("GET", "/prod/x", "")))
}
