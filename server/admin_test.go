package server

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/internal/sts"
	"github.com/gatepass/gatepass/sigv4"
)

// page is what a server's admin address answers.
func page(s *Server, path string) (int, string) {
	w := httptest.NewRecorder()
	s.Admin().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

// metric is the value of one sample, "" if it is not there.
func metric(s *Server, sample string) string {
	_, text := page(s, "/metrics")
	_, after, _ := strings.Cut("\n"+text, "\n"+metricPrefix+sample+" ")
	value, _, _ := strings.Cut(after, "\n")
	return value
}

// want holds samples to values.
func want(t *testing.T, s *Server, samples map[string]string) {
	t.Helper()
	for sample, value := range samples {
		if got := metric(s, sample); got != value {
			t.Errorf("%s is %q, want %s", sample, got, value)
		}
	}
}

// TestReadyAndNot: a node is ready while its database answers and the keys of its
// pools can be read, and says in one line why not.
func TestReadyAndNot(t *testing.T) {
	dir := t.TempDir()
	s := &Server{DSN: filepath.Join(dir, "gate.db"), Config: Sample(""), Handlers: SampleHandlers()}
	code, text := page(s, "/readyz")
	for try := 0; code != 200 && try < 100; try++ { // a machine may take longer than one answer may
		code, text = page(s, "/readyz")
	}
	if code != 200 || text != "ok\n" {
		t.Fatalf("%d %s", code, text)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before := metric(s, "store_errors_total")
	if code, text := page(s, "/readyz"); code != 503 || !strings.HasPrefix(text, "the database does not answer: ") || strings.Count(text, "\n") != 1 {
		t.Errorf("closed: %d %q", code, text)
	}
	if after := metric(s, "store_errors_total"); before == "" || after == before {
		t.Errorf("store errors: %s, then %s", before, after)
	}
	other := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))
	if err := os.WriteFile(s.DSN+".key", []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	s = &Server{DSN: s.DSN, Config: Sample(""), Handlers: SampleHandlers()}
	if code, text := page(s, "/readyz"); code != 503 || !strings.Contains(text, "sealed with another root key") {
		t.Errorf("another root key: %d %q", code, text)
	}
	if code, _ := page(s, "/healthz"); code != 200 {
		t.Errorf("it lives: %d", code)
	}
	_ = s.Close()
	s = &Server{DSN: dir}
	if code, text := page(s, "/readyz"); code != 503 || !strings.HasPrefix(text, "the server did not start: ") || strings.Contains(text, "\n\n") {
		t.Errorf("no database: %d %q", code, text)
	}
	if code, text := page(s, "/metrics"); code != 200 || !strings.Contains(text, metricPrefix+"build_info{") {
		t.Errorf("metrics of what did not start: %d %s", code, text)
	}
}

// TestMetrics: requests are counted by service and status, sign-ins by what they
// came to, refusals by why.
func TestMetrics(t *testing.T) {
	s := &Server{Config: Sample("Correct-horse-7"), Handlers: SampleHandlers()}
	t.Cleanup(func() { _ = s.Close() })
	for _, path := range []string{"public", "public", "notes", "nowhere"} {
		status(s, "/_aws/execute-api/notes/prod/"+path)
	}
	status(s, "/healthz")
	status(s, "/restapis")
	status(s, "/?Action=GetCallerIdentity&Version=2011-06-15")
	signIn(t, s)
	tell(s, "InitiateAuth", `{"AuthFlow":"USER_PASSWORD_AUTH","ClientId":"`+SampleClient+`","AuthParameters":{"USERNAME":"ada","PASSWORD":"wrong"}}`)
	tell(s, "InitiateAuth", `{"AuthFlow":"REFRESH_TOKEN_AUTH","ClientId":"`+SampleClient+`","AuthParameters":{"REFRESH_TOKEN":"wrong"}}`)
	want(t, s, map[string]string{
		`requests_total{service="gateway",status="2xx"}`:                       "2",
		`requests_total{service="gateway",status="4xx"}`:                       "2",
		`requests_total{service="other",status="2xx"}`:                         "1",
		`requests_total{service="control",status="4xx"}`:                       "1",
		`requests_total{service="sts",status="4xx"}`:                           "1",
		`requests_total{service="userpool",status="2xx"}`:                      "1",
		`requests_total{service="userpool",status="4xx"}`:                      "2",
		`requests_total{service="iam",status="5xx"}`:                           "0",
		`request_duration_seconds_count{service="gateway"}`:                    "4",
		`gateway_refusals_total{reason="MissingAuthenticationTokenException"}`: "2",
		`gateway_refusals_total{reason="other"}`:                               "0",
		`sign_ins_total{outcome="ok"}`:                                         "1",
		`sign_ins_total{outcome="refused"}`:                                    "1",
		`sign_ins_total{outcome="locked"}`:                                     "0",
		"admission_refusals_total":                                             "0",
		"store_errors_total":                                                   "0",
		"websockets":                                                           "0",
	})
}

// tell asks a user pool's operation.
func tell(s *Server, operation, body string) int {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", wire.TypeJSON11)
	r.Header.Set("X-Amz-Target", wire.TargetIDP+"."+operation)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code
}

// TestSignInOutcomes: the lock and a full queue are told from wrong passwords.
func TestSignInOutcomes(t *testing.T) {
	for want, c := range map[string]struct {
		out any
		err error
	}{
		"ok":        {&wire.AuthOutput{AuthenticationResult: &wire.AuthenticationResult{}}, nil},
		"challenge": {&wire.AuthOutput{ChallengeName: "SMS_MFA"}, nil},
		"refused":   {nil, wire.Errorf("NotAuthorizedException", "Incorrect username or password.")},
		"locked":    {nil, wire.Errorf("NotAuthorizedException", "Password attempts exceeded")},
		"busy":      {nil, wire.Errorf("TooManyRequestsException", "Too many requests")},
		"error":     {nil, fmt.Errorf("%w: gone", wire.ErrUnavailable)},
	} {
		if got := outcomeNames[outcomeOf(c.out, c.err)]; got != want {
			t.Errorf("%v, %v: %s, want %s", c.out, c.err, got, want)
		}
	}
}

// TestReasonsAreKnown: every code of a refusal that the gateway and the verifier
// have in their source is a label of its own, and no other can be one.
func TestReasonsAreKnown(t *testing.T) {
	code := regexp.MustCompile(`"([A-Z][A-Za-z]+Exception)"`)
	found := map[string]bool{}
	for _, pattern := range []string{"internal/gateway/*.go", "../sigv4/errors.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range code.FindAllStringSubmatch(string(text), -1) {
				found[m[1]] = found[m[1]] || !strings.HasSuffix(name, "_test.go")
			}
		}
	}
	for name, inSource := range found {
		if inSource && !slices.Contains(reasons[:], name) {
			t.Errorf("%s is counted as other: add it to reasons", name)
		}
	}
	if len(found) < 15 {
		t.Errorf("only %d codes were found", len(found))
	}
}

// L08: whatever clients send, no series is added.
func TestL08LabelsAreBounded(t *testing.T) {
	s := &Server{Config: Sample("Correct-horse-7"), Handlers: SampleHandlers()}
	t.Cleanup(func() { _ = s.Close() })
	series := func() string {
		_, text := page(s, "/metrics")
		return regexp.MustCompile(`(?m) [0-9.e+-]+$`).ReplaceAllString(text, "")
	}
	before := series()
	const evil = `evil"} 1`
	for i := range 20 {
		name := fmt.Sprint(evil, i)
		for _, path := range []string{"/_aws/execute-api/" + name + "/prod/x", "/" + name, "/restapis/" + name, "/?Action=" + name + "&Version=2011-06-15"} {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RequestURI, r.Host, r.Method = path, name, "GET"
			r.Header.Set("X-Api-Key", name)
			s.ServeHTTP(httptest.NewRecorder(), r)
		}
		tell(s, name, name)
		tell(s, "InitiateAuth", `{"AuthFlow":"`+fmt.Sprint("evil", i)+`"}`)
	}
	if after := series(); after != before || strings.Contains(after, "evil") {
		t.Errorf("series were added:\n%s\nto\n%s", after, before)
	}
	if got := metric(s, `requests_total{service="other",status="4xx"}`); got == "0" {
		t.Error("nothing was asked")
	}
}

// H10: a node whose clock is ahead issues sessions in the others' future. A little
// is tolerated, more is refused, and both are counted where they are seen.
func TestH10ClockAhead(t *testing.T) {
	t.Setenv("GATEPASS_ROOT_KEY", base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))))
	here := node(t, nil, io.Discard)
	t.Cleanup(func() { _ = here.Close() })
	there := node(t, here, io.Discard)
	now := time.Date(2026, 1, 15, 10, 0, 0, 0, time.UTC)
	here.sts.Now = func() time.Time { return now }
	ask := func(ahead time.Duration) error {
		there.sts.Now = func() time.Time { return now.Add(ahead) }
		c, err := there.sts.Issue(t.Context(), sts.Spec{Principal: notesUser(t, here), Duration: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		_, err = here.resolve(t.Context(), c.AccessKeyID, c.SessionToken, now)
		return err
	}
	for _, ahead := range []time.Duration{-time.Minute, 0, time.Millisecond, time.Second} {
		if err := ask(ahead); err != nil {
			t.Errorf("%s ahead: %v", ahead, err)
		}
	}
	want(t, here, map[string]string{`clock_skew_total{outcome="taken"}`: "0", "clock_ahead_seconds": "0"})
	if err := ask(5 * time.Minute); err != nil {
		t.Errorf("five minutes ahead: %v", err)
	}
	want(t, here, map[string]string{`clock_skew_total{outcome="taken"}`: "1", `clock_skew_total{outcome="refused"}`: "0", "clock_ahead_seconds": "300"})
	e := (*sigv4.Error)(nil)
	if err := ask(10 * time.Minute); !errors.As(err, &e) || e.Code != "UnrecognizedClientException" {
		t.Errorf("ten minutes ahead: %v", err)
	}
	_ = ask(time.Minute)
	want(t, here, map[string]string{`clock_skew_total{outcome="taken"}`: "2", `clock_skew_total{outcome="refused"}`: "1", "clock_ahead_seconds": "600"})
	want(t, there, map[string]string{`clock_skew_total{outcome="taken"}`: "0"})
}

// notesUser is a session of the sample's role.
func notesUser(t *testing.T, s *Server) policy.Principal {
	t.Helper()
	arn := "arn:aws:iam::" + s.account() + ":role/NotesUser"
	r, err := s.store.Role(t.Context(), arn)
	if err != nil {
		t.Fatal(err)
	}
	return policy.Principal{RoleARN: arn, UserID: r.ID + ":cli"}
}
