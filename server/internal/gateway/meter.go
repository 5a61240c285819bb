package gateway

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/apidef"
)

// bucket names a token bucket: what is not part of its name is empty. Those of a
// usage plan are of one key each.
type bucket struct{ plan, key, api, stage, route string }

// buckets are all token buckets in use. The zero value has none.
type buckets struct {
	mu  sync.Mutex
	all map[bucket]*rate.Limiter
}

// take takes a token. A bucket whose limits have changed goes on with what it has.
func (b *buckets) take(name bucket, limit apidef.Throttle, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	have := b.all[name]
	if have == nil {
		if b.all == nil {
			b.all = map[bucket]*rate.Limiter{}
		}
		have = rate.NewLimiter(rate.Limit(limit.Rate), limit.Burst)
		b.all[name] = have
	}
	if have.Limit() != rate.Limit(limit.Rate) {
		have.SetLimitAt(now, rate.Limit(limit.Rate))
	}
	if have.Burst() != limit.Burst {
		have.SetBurstAt(now, limit.Burst)
	}
	return have.AllowN(now, 1)
}

// prune forgets full buckets: a new one is no different.
func (b *buckets) prune(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for name, have := range b.all {
		if have.TokensAt(now) >= float64(have.Burst()) {
			delete(b.all, name)
		}
	}
}

// meter counts a call that was admitted against what its caller's usage plan, its
// method and its stage allow, in this order (API Gateway Developer Guide,
// "Throttle requests to your REST APIs"), and last against the plan's quota.
func (c *call) meter(*admitted) error {
	var mine *membership
	if c.route.APIKeyRequired {
		if mine = c.membership(); mine == nil {
			return c.errKey()
		}
		c.auth.key = *mine.key
	}
	if !c.throttlePlan(mine) || !c.throttleStage() {
		return errThrottled()
	}
	if mine == nil || mine.plan.Quota == nil {
		return nil
	}
	return c.g.quotas.use(c, mine)
}

// membership finds the key that the caller presents among those that may call
// this stage.
func (c *call) membership() *membership {
	return c.g.current().membership(c.keyValue(), c.target)
}

func (c *call) keyValue() string {
	if c.api.APIKeySource == keyAuthorizer {
		return c.auth.usageKey
	}
	return strings.Join(c.r.Header["X-Api-Key"], ",")
}

func (c *call) throttlePlan(mine *membership) bool {
	if mine == nil {
		return true
	}
	name := bucket{plan: mine.plan.ID, key: mine.key.ID}
	if limit, route := c.forRoute(mine.stage.Throttles); limit != nil {
		per := name
		per.api, per.stage, per.route = c.target.API, c.target.Stage, route
		if !c.g.buckets.take(per, *limit, c.now) {
			return false
		}
	}
	return mine.plan.Throttle == nil || c.g.buckets.take(name, *mine.plan.Throttle, c.now)
}

func (c *call) throttleStage() bool {
	limit, route := c.forRoute(c.stage.RouteThrottles)
	if limit == nil && c.stage.Throttle != nil {
		limit, route = c.stage.Throttle, c.routeKey()
	}
	if limit != nil && !c.g.buckets.take(bucket{api: c.target.API, stage: c.target.Stage, route: route}, *limit, c.now) {
		return false
	}
	return c.g.Throttle == nil || c.g.buckets.take(bucket{}, *c.g.Throttle, c.now)
}

// forRoute finds the limit of the call's method, or of the route as declared.
func (c *call) forRoute(limits map[string]apidef.Throttle) (limit *apidef.Throttle, route string) {
	if len(limits) == 0 {
		return nil, ""
	}
	for _, name := range []string{c.r.Method + " " + c.route.Path, c.routeKey()} {
		if one, ok := limits[name]; ok {
			return &one, name
		}
	}
	return nil, ""
}

// errKey is the answer to a key that is missing, unknown, disabled or of no plan
// of the stage. Only the log says which.
func (c *call) errKey() error {
	e := errForbidden().(*wire.Error)
	if e.Err = errors.New("the API key is unknown, disabled, or in no usage plan of the stage"); c.keyValue() == "" {
		e.Err = errors.New("the route wants an API key, and there is none")
	}
	return e
}

func errThrottled() error {
	return refusal(http.StatusTooManyRequests, codeThrottled, "Too Many Requests")
}

func errQuota() error {
	return refusal(http.StatusTooManyRequests, codeQuota, "Limit Exceeded")
}

const (
	codeThrottled = "TooManyRequestsException"
	codeQuota     = "LimitExceededException"
)
