package gateway

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

const (
	keyAda = "ada-0123456789-0123456789"
	keyBob = "bob-0123456789-0123456789"
)

// meteredStand serves GET /open without and everything else with an API key.
func meteredStand(t *testing.T, edit func(*apidef.Catalog)) *stand {
	t.Helper()
	s := newStand(t)
	keyed, open := s.proxyRoute(apidef.AuthNone), s.proxyRoute(apidef.AuthNone)
	keyed.APIKeyRequired, open.Path = true, "/open"
	keyed.Integration.URI, open.Integration.URI = s.backend.URL, s.backend.URL
	c := apidef.Catalog{
		APIs: []apidef.API{{ID: "abc123", Stages: []apidef.Stage{{Name: "prod"}, {Name: "dev"}}, Routes: []apidef.Route{keyed, open}}},
		Keys: []apidef.APIKey{{ID: "a", Value: keyAda, Enabled: true}, {ID: "b", Value: keyBob, Enabled: true}},
		Plans: []apidef.UsagePlan{{ID: "p", Keys: []string{"a", "b", "gone"}, Stages: []apidef.PlanStage{
			{API: "abc123", Stage: "prod"}, {API: "gone", Stage: "prod"},
		}}},
	}
	if edit != nil {
		edit(&c)
	}
	if err := s.g.Serve(c); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stand) keyed(method, target, key string) reply {
	s.t.Helper()
	r := s.request(method, target, "")
	if key != "" {
		r.Header.Set("X-Api-Key", key)
	}
	return s.do(r)
}

// E19: a key that is missing, unknown, disabled, or of no plan of the stage.
func TestE19APIKeys(t *testing.T) {
	s := meteredStand(t, func(c *apidef.Catalog) {
		c.Keys = append(c.Keys,
			apidef.APIKey{ID: "off", Value: "off-0123456789-0123456789"},
			apidef.APIKey{ID: "alone", Value: "alone-0123456789-0123456789", Enabled: true})
		c.Plans[0].Keys = append(c.Plans[0].Keys, "off")
	})
	s.passed("a key", s.keyed("GET", "/prod/x", keyAda))
	s.passed("a route that wants none", s.keyed("GET", "/prod/open", ""))
	for name, call := range map[string][2]string{
		"missing": {"/prod/x", ""}, "unknown": {"/prod/x", keyAda + "0"}, "a part": {"/prod/x", keyAda[:len(keyAda)-1]},
		"disabled": {"/prod/x", "off-0123456789-0123456789"}, "of no plan": {"/prod/x", "alone-0123456789-0123456789"}, "another stage": {"/dev/x", keyAda},
	} {
		got := s.keyed("GET", call[0], call[1])
		s.refused(name, got, 403, "ForbiddenException")
		if got.body != `{"message":"Forbidden"}` {
			t.Errorf("%s: %s", name, got.body)
		}
	}
	r := s.request("GET", "/prod/x", "")
	r.Header["X-Api-Key"] = []string{keyAda, keyAda}
	s.refused("two keys", s.do(r), 403, "ForbiddenException")
}

// The key comes after the signature and the policies.
func TestAPIKeyAfterIAM(t *testing.T) {
	s := meteredStand(t, func(c *apidef.Catalog) { c.APIs[0].Routes[0].Auth = apidef.AuthIAM })
	s.refused("unsigned", s.keyed("GET", "/prod/x", ""), 403, "MissingAuthenticationTokenException")
	s.refused("signed, no key", s.do(s.signed("GET", "/prod/x", "")), 403, "ForbiddenException")
	r := s.request("GET", "/prod/x", "")
	r.Header.Set("X-Api-Key", keyAda)
	s.passed("both", s.do(s.sign(r, "")))
}

// A key named by a Lambda authorizer, in place of the header.
func TestAPIKeyOfAuthorizer(t *testing.T) {
	f := newFunction(t, func(event map[string]any) string {
		return says("Allow", "*", `,"usageIdentifierKey":"`+event["authorizationToken"].(string)+`"`)
	})
	s := meteredStand(t, func(c *apidef.Catalog) {
		a := &c.APIs[0]
		a.APIKeySource, a.Authorizers = keyAuthorizer, []apidef.Authorizer{{Name: "auth", Type: apidef.TokenAuthorizer, URI: f.URL}}
		a.Routes[0].Auth, a.Routes[0].Authorizer = apidef.AuthCustom, "auth"
	})
	s.passed("named", s.do(s.with(keyAda)))
	s.refused("E19 another is named", s.do(s.with("x", "X-Api-Key", keyAda)), 403, "ForbiddenException")
}

// E28: the narrower limit counts first, and what it refuses costs the wider
// nothing.
func TestE28Throttles(t *testing.T) {
	now := testTime
	one, two := apidef.Throttle{Rate: 1, Burst: 1}, apidef.Throttle{Rate: 1, Burst: 2}
	for name, c := range map[string]struct {
		edit func(*apidef.Catalog)
		// what passes of GET /x by ada twice, GET /x by bob, PUT /x by ada, GET /open twice
		want string
	}{
		"a plan's method": {func(c *apidef.Catalog) {
			c.Plans[0].Stages[0].Throttles = map[string]apidef.Throttle{"GET /{proxy+}": one}
		}, "y-yyyy"},
		"a plan": {func(c *apidef.Catalog) { c.Plans[0].Throttle = &one }, "y-y-yy"},
		"both": {func(c *apidef.Catalog) {
			c.Plans[0].Throttle, c.Plans[0].Stages[0].Throttles = &two, map[string]apidef.Throttle{"GET /{proxy+}": one}
		}, "y-yyyy"},
		"a stage's method": {func(c *apidef.Catalog) {
			c.APIs[0].Stages[0].RouteThrottles = map[string]apidef.Throttle{"GET /{proxy+}": one}
		}, "y--yyy"},
		"a stage's route": {func(c *apidef.Catalog) {
			c.APIs[0].Stages[0].RouteThrottles = map[string]apidef.Throttle{"ANY /{proxy+}": one}
		}, "y---yy"},
		"a stage":         {func(c *apidef.Catalog) { c.APIs[0].Stages[0].Throttle = &one }, "y---y-"},
		"nothing passes":  {func(c *apidef.Catalog) { c.APIs[0].Stages[0].Throttle = &apidef.Throttle{} }, "------"},
		"another stage's": {func(c *apidef.Catalog) { c.APIs[0].Stages[1].Throttle = &one }, "yyyyyy"},
		"a method's, not the stage's": {func(c *apidef.Catalog) {
			c.APIs[0].Stages[0].Throttle, c.APIs[0].Stages[0].RouteThrottles = &apidef.Throttle{}, map[string]apidef.Throttle{"GET /open": two}
		}, "----yy"},
	} {
		s := meteredStand(t, c.edit)
		s.g.Now = func() time.Time { return now }
		calls := []func() reply{
			func() reply { return s.keyed("GET", "/prod/x", keyAda) }, func() reply { return s.keyed("GET", "/prod/y", keyAda) },
			func() reply { return s.keyed("GET", "/prod/x", keyBob) }, func() reply { return s.keyed("PUT", "/prod/x", keyAda) },
			func() reply { return s.keyed("GET", "/prod/open", "") }, func() reply { return s.keyed("GET", "/prod/open", "") },
		}
		got := ""
		for _, call := range calls {
			out := call()
			switch {
			case out.status == 200:
				got += "y"
			case out.status == 429 && out.header.Get("x-amzn-ErrorType") == "TooManyRequestsException" && out.body == `{"message":"Too Many Requests"}`:
				got += "-"
			default:
				t.Errorf("%s: %d %s", name, out.status, out.body)
			}
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// A bucket fills at its rate, and not anew when the catalog is served again.
func TestThrottleRefills(t *testing.T) {
	now := testTime
	limit := &apidef.Throttle{Rate: 2, Burst: 1}
	var catalog apidef.Catalog
	s := meteredStand(t, func(c *apidef.Catalog) { c.APIs[0].Stages[0].Throttle = limit; catalog = *c })
	s.g.Now = func() time.Time { return now }
	try := func(want int) {
		t.Helper()
		if got := s.keyed("GET", "/prod/open", ""); got.status != want {
			t.Errorf("%d, want %d", got.status, want)
		}
	}
	try(200)
	if err := s.g.Serve(catalog); err != nil {
		t.Fatal(err)
	}
	try(429)
	now = now.Add(499 * time.Millisecond)
	try(429)
	now = now.Add(time.Millisecond)
	try(200)
	limit.Burst = 3 // in the catalog that is served
	now = now.Add(10 * time.Second)
	if err := s.g.Serve(catalog); err != nil {
		t.Fatal(err)
	}
	try(200)
	try(200)
	try(200)
	try(429)
}

func TestAccountThrottle(t *testing.T) {
	s := meteredStand(t, nil)
	s.g.Throttle = &apidef.Throttle{Rate: 1, Burst: 2}
	for i, want := range []int{200, 200, 429} {
		if got := s.keyed("GET", "/prod/open", ""); got.status != want {
			t.Errorf("%d: %d", i, got.status)
		}
	}
}

// E28: a quota is of each key and of a period, and what is throttled does not
// count.
func TestE28Quota(t *testing.T) {
	now := testTime
	s := meteredStand(t, func(c *apidef.Catalog) { c.Plans[0].Quota = &apidef.Quota{Limit: 2, Period: "DAY"} })
	s.g.Now = func() time.Time { return now }
	for i, want := range []int{200, 200, 429, 429} {
		got := s.keyed("GET", "/prod/x", keyAda)
		if got.status != want || want == 429 && (got.header.Get("x-amzn-ErrorType") != "LimitExceededException" || got.body != `{"message":"Limit Exceeded"}`) {
			t.Errorf("%d: %d %s", i, got.status, got.body)
		}
	}
	if got := s.keyed("GET", "/prod/x", keyBob); got.status != 200 {
		t.Errorf("another key: %d", got.status)
	}
	now = time.Date(2026, 1, 16, 0, 0, 0, 0, time.UTC)
	if got := s.keyed("GET", "/prod/x", keyAda); got.status != 200 {
		t.Errorf("the next day: %d", got.status)
	}
}

func TestQuotaPeriods(t *testing.T) {
	at := time.Date(2026, 3, 1, 1, 0, 0, 0, time.FixedZone("", 2*3600)) // Saturday, 28 February in UTC
	for name, want := range map[string]string{"DAY": "2026-02-28 2026-03-01", "WEEK": "2026-02-22 2026-03-01", "MONTH": "2026-02-01 2026-03-01"} {
		begin, end := (&apidef.Quota{Period: name}).At(at)
		if got := begin.Format(time.DateOnly) + " " + end.Format(time.DateOnly); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// Nodes share a quota: together they let no more through, whatever they take at
// once; and a count that cannot be had is not a pass.
func TestQuotaShared(t *testing.T) {
	const limit = 250
	var mu sync.Mutex
	left, asked := limit, 0
	reserve := func(_ context.Context, counter string, want, max int, end time.Time) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		asked++
		if max != limit || !strings.HasPrefix(counter, "p/a/MONTH/2026-01-01") || !end.Equal(time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%s, %d until %v", counter, max, end)
		}
		got := min(want, left)
		left -= got
		return got, nil
	}
	var passed atomic.Int64
	var all sync.WaitGroup
	for range 2 {
		s := meteredStand(t, func(c *apidef.Catalog) { c.Plans[0].Quota = &apidef.Quota{Limit: limit, Period: "MONTH"} })
		s.g.ReserveQuota = reserve
		for range 4 {
			all.Go(func() {
				for range 50 {
					if s.keyed("GET", "/prod/x", keyAda).status == http.StatusOK {
						passed.Add(1)
					}
				}
			})
		}
	}
	all.Wait()
	if n := passed.Load(); n != limit {
		t.Errorf("%d passed, want %d", n, limit)
	}
	if asked > limit/2+2 {
		t.Errorf("asked %d times", asked)
	}
	s := meteredStand(t, func(c *apidef.Catalog) { c.Plans[0].Quota = &apidef.Quota{Limit: 9, Period: "DAY"} })
	s.g.ReserveQuota = func(context.Context, string, int, int, time.Time) (int, error) { return 0, errors.New("away") }
	s.refused("no account", s.keyed("GET", "/prod/x", keyAda), 503, "ServiceUnavailableException")
}

func TestPlanConfig(t *testing.T) {
	for name, edit := range map[string]func(*apidef.Catalog){
		"a short key":     func(c *apidef.Catalog) { c.Keys[0].Value = "short" },
		"a value twice":   func(c *apidef.Catalog) { c.Keys[0].Value = c.Keys[1].Value },
		"an id twice":     func(c *apidef.Catalog) { c.Keys[0].ID = c.Keys[1].ID },
		"two plans":       func(c *apidef.Catalog) { c.Plans = append(c.Plans, c.Plans[0]) },
		"period":          func(c *apidef.Catalog) { c.Plans[0].Quota = &apidef.Quota{Limit: 1, Period: "HOUR"} },
		"offset":          func(c *apidef.Catalog) { c.Plans[0].Quota = &apidef.Quota{Limit: 1, Offset: 1, Period: "DAY"} },
		"negative rate":   func(c *apidef.Catalog) { c.Plans[0].Throttle = &apidef.Throttle{Rate: -1} },
		"no rate":         func(c *apidef.Catalog) { c.Plans[0].Throttle = &apidef.Throttle{Rate: math.NaN()} },
		"negative burst":  func(c *apidef.Catalog) { c.APIs[0].Stages[0].Throttle = &apidef.Throttle{Burst: -1} },
		"unknown source":  func(c *apidef.Catalog) { c.APIs[0].APIKeySource = "QUERY" },
		"key of HTTP API": func(c *apidef.Catalog) { c.APIs[0].Protocol = apidef.HTTP },
	} {
		s := newStand(t)
		r := s.proxyRoute(apidef.AuthNone)
		r.APIKeyRequired, r.Integration.URI = true, s.backend.URL
		catalog := func() apidef.Catalog {
			return apidef.Catalog{
				APIs:  []apidef.API{{ID: "abc123", Stages: []apidef.Stage{{Name: "prod"}}, Routes: []apidef.Route{r}}},
				Keys:  []apidef.APIKey{{ID: "a", Value: keyAda, Enabled: true}, {ID: "b", Value: keyBob, Enabled: true}},
				Plans: []apidef.UsagePlan{{ID: "p", Keys: []string{"a"}, Stages: []apidef.PlanStage{{API: "abc123", Stage: "prod"}}}},
			}
		}
		if err := s.g.Serve(catalog()); err != nil {
			t.Fatal(err)
		}
		c := catalog()
		if edit(&c); !errors.Is(s.g.Serve(c), ErrConfig) {
			t.Errorf("%s: accepted", name)
		}
	}
}
