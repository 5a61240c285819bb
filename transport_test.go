package gatepass_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/sigv4"
)

// post sends a body that can be read once only.
func post(t *testing.T, c *http.Client, url, body string) (*http.Response, string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", url, io.MultiReader(strings.NewReader(body)))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if r.Header.Get("Authorization") != "" {
		t.Error("the caller's request was changed")
	}
	return resp, string(b), nil
}

func TestSkewIsCorrectedOnce(t *testing.T) {
	f := newFake(t)
	s := f.signIn()
	f.set(func() {
		f.api = newClock()
		f.api.add(47 * time.Minute)
	})
	hc := s.HTTPClient()
	for want := 2; want <= 3; want++ { // corrected once, then right from the start
		resp, body, err := post(t, hc, f.URL+"/prod/notes", "hello")
		if err != nil || resp.StatusCode != 200 || body != "hello" || f.calls("API") != want {
			t.Fatalf("%v %q, %d calls, want %d", err, body, f.calls("API"), want)
		}
	}
}

// A Date that does not help is not followed (N04).
func TestSkewBeyondReason(t *testing.T) {
	for _, off := range []time.Duration{25 * time.Hour, -3650 * 24 * time.Hour} {
		f := newFake(t)
		s := f.signIn()
		f.set(func() {
			f.api = newClock()
			f.api.add(off)
		})
		_, err := gatepass.Call[string](t.Context(), s, "GET", f.URL+"/prod/notes", nil)
		var e *gatepass.HTTPError
		if !errors.As(err, &e) || e.Status != 403 || f.calls("API") != 1 {
			t.Errorf("%v: %v, %d calls", off, err, f.calls("API"))
		}
	}
}

// Cognito's Date sets the clock before the first signature is made.
func TestDriftFromCognito(t *testing.T) {
	f := newFake(t)
	mine := newClock()
	mine.add(-3 * time.Hour)
	s := f.signIn(func(c *gatepass.Client) { c.Clock = mine.now })
	if _, err := gatepass.Call[string](t.Context(), s, "POST", f.URL+"/prod/notes", "x"); err != nil {
		t.Fatal(err)
	}
	if f.calls("API") != 1 {
		t.Errorf("%d calls, want 1", f.calls("API"))
	}
}

func TestRefusedCredentialsAreRenewedOnce(t *testing.T) {
	f := newFake(t)
	s := f.signIn()
	old, err := s.Credentials(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.set(func() { f.refused[old.AccessKeyID] = true })
	resp, body, err := post(t, s.HTTPClient(), f.URL+"/prod/notes", "hello")
	if err != nil || resp.StatusCode != 200 || body != "hello" || f.calls("GetCredentialsForIdentity") != 2 {
		t.Fatalf("%v %q", err, body)
	}
	f.set(func() { f.keys = map[string]issued{} }) // whatever is issued before now is unknown
	now, err := s.Credentials(t.Context())
	if err != nil || now.AccessKeyID == old.AccessKeyID {
		t.Fatal(err)
	}
	if _, err := gatepass.Call[string](t.Context(), s, "POST", f.URL+"/prod/notes", "x"); err != nil {
		t.Errorf("unknown key: %v", err)
	}
}

func TestRefusedForGood(t *testing.T) {
	f := newFake(t)
	s := f.signIn()
	_, err := gatepass.Call[string](t.Context(), s, "GET", f.URL+"/prod/denied", nil)
	var e *gatepass.HTTPError
	if !errors.Is(err, gatepass.ErrDenied) || !errors.As(err, &e) || e.Status != 403 || !strings.Contains(e.Message, "not authorized") || e.Cause == "" {
		t.Errorf("%#v", err)
	}
	if f.calls("API") != 1 {
		t.Errorf("%d calls", f.calls("API"))
	}
}

// N03: a redirect gets nothing, wherever it leads.
func TestRedirectsAreRefused(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("redirected with Authorization %q", r.Header.Get("Authorization"))
	}))
	defer elsewhere.Close()
	f := newFake(t)
	s := f.signIn()
	for _, to := range []string{elsewhere.URL + "/x", f.URL + "/prod/other"} {
		f.set(func() { f.redirect = to })
		before := f.calls("API")
		for _, c := range []*http.Client{s.HTTPClient(), {Transport: s.Transport()}} {
			resp, err := c.Post(f.URL+"/prod/notes", "text/plain", strings.NewReader("x"))
			if err == nil {
				resp.Body.Close()
			}
			if !errors.Is(err, gatepass.ErrRefusedHost) {
				t.Errorf("%s: %v", to, err)
			}
		}
		if f.calls("API") != before+2 {
			t.Errorf("%s was followed", to)
		}
	}
}

func TestHostsAreBound(t *testing.T) {
	f := newFake(t)
	s := f.signIn()
	if _, _, err := post(t, s.HTTPClient("api.example"), f.URL+"/prod/notes", "x"); !errors.Is(err, gatepass.ErrRefusedHost) {
		t.Errorf("another host: %v", err)
	}
	if _, _, err := post(t, s.HTTPClient(strings.TrimPrefix(f.URL, "http://")), f.URL+"/prod/notes", "x"); err != nil {
		t.Errorf("the host itself: %v", err)
	}
	if _, err := gatepass.Call[any](t.Context(), s, "GET", "/notes", nil); !errors.Is(err, gatepass.ErrRefusedHost) || !strings.Contains(err.Error(), "not a whole URL") {
		t.Errorf("a path alone: %v", err)
	}
	if _, _, err := post(t, s.HTTPClient(), "http://api.example/prod/notes", "x"); !errors.Is(err, gatepass.ErrRefusedHost) {
		t.Errorf("plain http: %v", err)
	}
	if _, err := new(gatepass.Transport).RoundTrip(httptest.NewRequest("GET", "https://api.example/", nil)); !errors.Is(err, gatepass.ErrConfig) {
		t.Errorf("no session: %v", err)
	}
}

func TestBodiesOverTheLimit(t *testing.T) {
	f := newFake(t)
	s := f.signIn()
	r, err := http.NewRequestWithContext(t.Context(), "POST", f.URL+"/prod/notes", io.LimitReader(zeros{}, 11<<20))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.HTTPClient().Do(r); err == nil || f.calls("API") != 0 {
		t.Errorf("sent: %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// A request that cannot be signed as it would be sent is not sent.
func TestUnsignable(t *testing.T) {
	f := newFake(t)
	s := f.signIn()
	r, err := http.NewRequestWithContext(t.Context(), "GET", f.URL+"/prod/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.URL.Opaque = "//elsewhere/%zz"
	if _, err := s.Transport().RoundTrip(r); !errors.Is(err, sigv4.ErrUnsignable) {
		t.Errorf("got %v", err)
	}
}

// A Transport with credentials of its own needs no session, and signs for the
// region and service it is told.
func TestTransportOfOtherCredentials(t *testing.T) {
	got := make(chan string, 2)
	n := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header.Get("Authorization")
		if n++; n == 1 {
			w.Header().Set("X-Amzn-Errortype", "ExpiredTokenException")
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"message":"The security token included in the request is expired"}`)
		}
	}))
	defer srv.Close()
	asked := 0
	tr := &gatepass.Transport{Region: "eu-west-1", Service: "lambda", Credentials: func(context.Context) (gatepass.Credentials, error) {
		asked++
		return gatepass.Credentials{Credentials: sigv4.Credentials{AccessKeyID: fmt.Sprintf("AKID%d", asked), SecretAccessKey: "secret"}}, nil
	}}
	resp, err := (&http.Client{Transport: tr}).Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	first, second := <-got, <-got
	if !strings.Contains(first, "AKID1/") || !strings.Contains(second, "AKID2/") || !strings.Contains(second, "/eu-west-1/lambda/aws4_request") {
		t.Errorf("%s, then %s", first, second)
	}
	r := httptest.NewRequest("GET", "http://example.com/", nil)
	if err := tr.Sign(r); !errors.Is(err, gatepass.ErrRefusedHost) {
		t.Errorf("signed for a host that is reached in the clear: %v", err)
	}
	r = httptest.NewRequest("GET", "https://example.com/", nil)
	if err := tr.Sign(r); err != nil || r.Header.Get("Authorization") == "" {
		t.Errorf("%v %v", err, r.Header)
	}
}

// TestSkewOfQueryService: STS refuses in XML; its clock is followed all the same, by
// what is sent and by what is presigned afterwards.
func TestSkewOfQueryService(t *testing.T) {
	ahead := time.Now().Add(47 * time.Minute)
	var calls atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		w.Header().Set("Date", ahead.UTC().Format(http.TimeFormat))
		if off(r.Header.Get("X-Amz-Date"), ahead) > 15*time.Minute {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code>`+
				`<Message>Signature expired: 20261126T000000Z is now earlier than 20261126T003200Z (20261126T004700Z - 15 min.)</Message></Error></ErrorResponse>`)
		}
	}))
	defer srv.Close()
	tr := &gatepass.Transport{Region: "us-east-1", Service: "sts", Credentials: func(context.Context) (gatepass.Credentials, error) {
		return gatepass.Credentials{Credentials: sigv4.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret"}}, nil
	}}
	resp, err := (&http.Client{Transport: tr}).Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK || calls.Load() != 2 {
		t.Errorf("%s after %d calls", resp.Status, calls.Load())
	}
	u, err := tr.Presign(httptest.NewRequest(http.MethodGet, srv.URL+"/?Action=GetCallerIdentity", nil), 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if q := u.Query(); off(q.Get("X-Amz-Date"), ahead) > 15*time.Minute || q.Get("X-Amz-Expires") != "86400" || q.Get("Action") != "GetCallerIdentity" {
		t.Error(u)
	}
}

// off is how far a time of a signature is from at.
func off(amzDate string, at time.Time) time.Duration {
	signed, _ := time.Parse("20060102T150405Z", amzDate)
	return signed.Sub(at).Abs()
}

// TestPresignRefuses: a presigned URL is made for hosts that Sign signs for, for a week at most.
func TestPresignRefuses(t *testing.T) {
	s := newFake(t).signIn()
	for _, c := range []struct {
		url     string
		expires time.Duration
		want    error
	}{
		{"https://api.example/prod", 8 * 24 * time.Hour, sigv4.ErrUnsignable},
		{"https://api.example/prod", 0, sigv4.ErrUnsignable},
		{"https://other.example/prod", time.Minute, gatepass.ErrRefusedHost},
		{"http://api.example/prod", time.Minute, gatepass.ErrRefusedHost},
		{"https://api.example/prod", 7 * 24 * time.Hour, nil},
	} {
		if _, err := s.Transport("api.example").Presign(httptest.NewRequest(http.MethodGet, c.url, nil), c.expires); !errors.Is(err, c.want) {
			t.Errorf("%s for %v: %v, want %v", c.url, c.expires, err, c.want)
		}
	}
}
