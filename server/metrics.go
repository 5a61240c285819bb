package server

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gatepass/gatepass/internal/admin"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/gateway"
	"github.com/gatepass/gatepass/sigv4"
)

// service is what a request was for, as far as metrics tell.
type service int

const (
	toOther service = iota // health, keys, the outbox, what nobody answers
	toUserPool
	toIdentity
	toSTS
	toIAM
	toControl
	toGateway
	toSocket // events of WebSocket APIs
	serviceCount
)

var serviceNames = [serviceCount]string{"other", "userpool", "identity", "sts", "iam", "control", "gateway", "websocket"}

// scopes are the services by their name in a credential scope.
var scopes = map[string]service{serviceIDP: toUserPool, serviceIdentity: toIdentity, serviceSTS: toSTS, serviceIAM: toIAM, serviceAPIGateway: toControl}

// reasons are the codes of the gateway's refusals. A label is one of these: what
// it will be is never up to a client.
var reasons = [...]string{
	"other", "AccessDeniedException", "AuthorizerConfigurationException", "BadRequestException", "ExpiredTokenException", "ForbiddenException",
	"GoneException", "IncompleteSignatureException", "InternalServerErrorException", "InternalServerException", "InvalidSignatureException",
	"LimitExceededException", "MethodNotAllowedException", "MissingAuthenticationTokenException", "NotFoundException",
	"NotImplementedException", "PayloadTooLargeException", "RequestHeaderFieldsTooLargeException", "RequestTooLargeException",
	"RequestUriTooLongException", "ServiceUnavailableException", "TooManyRequestsException", "UnauthorizedException",
	"UnrecognizedClientException", "UpgradeRequiredException",
	// What InvalidSignatureException hides: a wrong key, and two sides of a wrong clock.
	reasonMismatch, reasonExpired, reasonEarly,
}

const (
	reasonMismatch = "SignatureDoesNotMatch"
	reasonExpired  = "SignatureExpired"
	reasonEarly    = "SignatureNotYetCurrent"
)

// Outcomes of sign-ins.
const (
	signedIn = iota
	signInChallenged
	signInRefused
	signInLocked
	signInBusy
	signInFailed
	outcomeCount
)

var outcomeNames = [outcomeCount]string{"ok", "challenge", "refused", "locked", "busy", "error"}

// metrics are what the Server counts. No count takes a lock.
type metrics struct {
	requests [serviceCount][6]atomic.Uint64 // by the first digit of the status; 0: given up
	took     [serviceCount]admin.Durations
	refusals [len(reasons)]atomic.Uint64
	signIns  [outcomeCount]atomic.Uint64
	ahead    [2]atomic.Uint64 // sessions issued in this node's future: taken, refused
	furthest atomic.Int64     // of them, in nanoseconds
}

func (m *metrics) request(to service, status int, took time.Duration) {
	m.requests[to][min(max(status, 0)/100, 5)].Add(1)
	m.took[to].Observe(took)
}

func (m *metrics) call(e *gateway.Event) {
	to := toGateway
	if e.Kind != "" {
		to = toSocket
	}
	m.request(to, e.Status, e.Duration)
	if e.Err != nil {
		m.refusals[max(slices.Index(reasons[:], reasonOf(e.Err)), 0)].Add(1)
	}
}

// reasonOf is the code of a refusal.
func reasonOf(err error) string {
	if e := (*sigv4.Error)(nil); errors.As(err, &e) {
		switch {
		case errors.Is(e, sigv4.ErrSignatureMismatch):
			return reasonMismatch
		case errors.Is(e, sigv4.ErrExpired):
			return reasonExpired
		case errors.Is(e, sigv4.ErrNotYetCurrent):
			return reasonEarly
		}
		return e.Code
	}
	if e := (*wire.Error)(nil); errors.As(err, &e) {
		return e.Code
	}
	return reasons[0]
}

// signIn counts what a step of a sign-in came to.
func (m *metrics) signIn(out any, err error) { m.signIns[outcomeOf(out, err)].Add(1) }

func outcomeOf(out any, err error) int {
	answer, _ := out.(*wire.AuthOutput)
	switch {
	case err == nil && answer != nil && answer.ChallengeName != "":
		return signInChallenged
	case err == nil:
		return signedIn
	case errors.Is(err, wire.ErrLockedOut):
		return signInLocked
	case errors.Is(err, wire.ErrThrottled):
		return signInBusy
	case wire.AsError(err).Status >= 500:
		return signInFailed
	}
	return signInRefused
}

// clockNoise is how far the clocks of nodes that keep time may be apart.
const clockNoise = time.Second

// sessionAhead counts a session that another node issued in this one's future.
func (m *metrics) sessionAhead(by time.Duration, refused bool) {
	if by <= clockNoise {
		return
	}
	if refused {
		m.ahead[1].Add(1)
	} else {
		m.ahead[0].Add(1)
	}
	for old := m.furthest.Load(); old < int64(by) && !m.furthest.CompareAndSwap(old, int64(by)); {
		old = m.furthest.Load()
	}
}

// names of the metrics.
const metricPrefix = "gatepass_server_"

func (s *Server) writeMetrics(t *admin.Text) {
	s.metrics.writeRequests(t)
	s.metrics.writeRefusals(t)
	s.metrics.writeClock(t)
	if s.Start(context.Background()) == nil {
		t.One(metricPrefix+"admission_refusals_total", "counter", "Requests refused because the queue of expensive work was full.", s.users.Admit.Refused())
		t.One(metricPrefix+"store_errors_total", "counter", "Reads and updates that the database did not answer or commit.", s.store.Faults())
		t.One(metricPrefix+"websockets", "gauge", "WebSocket connections open.", s.gateway.Connections())
	}
	version, goVersion := buildVersion()
	t.Head(metricPrefix+"build_info", "gauge", "1, of the version that runs.")
	t.Sample(metricPrefix+"build_info", 1, "version", version, "goversion", goVersion)
}

func (m *metrics) writeRequests(t *admin.Text) {
	const total, took = metricPrefix + "requests_total", metricPrefix + "request_duration_seconds"
	t.Head(total, "counter", "Requests answered, by service and class of status; 0xx was given up.")
	for to, name := range serviceNames {
		for class := range m.requests[to] {
			t.Sample(total, m.requests[to][class].Load(), "service", name, "status", strconv.Itoa(class)+"xx")
		}
	}
	t.Head(took, "histogram", "Time from a request to the end of its answer.")
	for to, name := range serviceNames {
		t.Durations(took, &m.took[to], "service", name)
	}
}

func (m *metrics) writeRefusals(t *admin.Text) {
	const refusals, signIns = metricPrefix + "gateway_refusals_total", metricPrefix + "sign_ins_total"
	t.Head(refusals, "counter", "API calls that did not end with a backend's answer, by why.")
	for i, reason := range reasons {
		t.Sample(refusals, m.refusals[i].Load(), "reason", reason)
	}
	t.Head(signIns, "counter", "Steps of sign-ins, by what they came to.")
	for i, outcome := range outcomeNames {
		t.Sample(signIns, m.signIns[i].Load(), "outcome", outcome)
	}
}

func (m *metrics) writeClock(t *admin.Text) {
	const skew = metricPrefix + "clock_skew_total"
	t.Head(skew, "counter", "Sessions that another node issued over a second in this one's future, by what became of them.")
	for i, outcome := range [...]string{"taken", "refused"} {
		t.Sample(skew, m.ahead[i].Load(), "outcome", outcome)
	}
	t.One(metricPrefix+"clock_ahead_seconds", "gauge", "How far in this node's future a session was issued, at most, since the start.", time.Duration(m.furthest.Load()).Seconds())
}
