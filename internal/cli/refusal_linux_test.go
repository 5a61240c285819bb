package cli

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestRefusalHint: a person at a terminal reads why an API answered 403 and what
// to do; a log gets the first of the two lines.
func TestRefusalHint(t *testing.T) {
	u, err := url.Parse("https://abc.execute-api.us-east-1.amazonaws.com/prod/notes")
	if err != nil {
		t.Fatal(err)
	}
	signed := http.Header{"Authorization": {"AWS4-HMAC-SHA256 Credential=ASIAX/20260115/us-east-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=00"}, "X-Amz-Security-Token": {"t"}}
	for _, row := range []struct{ code, body, first, second string }{
		{"MissingAuthenticationTokenException", "Missing Authentication Token", "hint: the API has no such stage, path or method", "hint: check path and method"},
		{"UnrecognizedClientException", "The security token included in the request is invalid.", "hint: the service does not know these credentials", "hint: gatepass login"},
		{"AccessDeniedException", "User: arn:aws:sts::1:assumed-role/R/S is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:********0001:abc/prod/GET/notes", "hint: no policy allows the role R to call this path", "hint: gatepass explain GET https://abc.execute-api.us-east-1.amazonaws.com/prod/notes says more"},
		{"", "no", "hint: the API itself answered 403 Forbidden", "hint: see the API's own documentation"},
	} {
		resp := &http.Response{Status: "403 Forbidden", StatusCode: 403, Header: http.Header{"X-Amzn-Errortype": {row.code}}, Request: &http.Request{Method: "GET", URL: u, Header: signed}}
		refused := refusal(resp, fmt.Appendf(nil, `{"message":%q}`, row.body))

		var log bytes.Buffer
		(&app{io: IOStreams{Err: &log}}).report(refused)
		if lines := strings.Split(strings.TrimSpace(log.String()), "\n"); len(lines) != 2 || !strings.HasPrefix(lines[1], row.first) {
			t.Errorf("%s: a log gets %q", row.code, lines)
		}
		master, slave := PseudoTerminal(t)
		(&app{io: IOStreams{Err: slave}}).report(refused)
		_ = slave.Close() // what is missing is then an end, and nothing to wait for
		in := bufio.NewScanner(master)
		for i, want := range []string{"gatepass: 403 Forbidden", row.first, row.second} {
			if !in.Scan() || !strings.HasPrefix(in.Text(), want) {
				t.Errorf("%s: line %d is %q, want %q", row.code, i, in.Text(), want)
			}
			if len(in.Text()) > columns && !strings.Contains(in.Text(), "://") {
				t.Errorf("%s: %d columns: %s", row.code, len(in.Text()), in.Text())
			}
		}
	}
}
