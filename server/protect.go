package server

import (
	"context"
	"net/http"

	"github.com/gatepass/gatepass/server/internal/gateway"
)

// Identity is who called, in the words of $context.identity: UserARN, AccountID,
// UserID (AROA…:session or AIDA…), AccessKeyID; IdentityID, IdentityPoolID,
// AuthenticationType and AuthenticationProvider of who came through an identity
// pool, UserSub the sub of a user pool's user; and SourceIP. What does not apply
// is empty; the zero value is nobody.
type Identity = gateway.Identity

// IdentityFrom gives the caller of the request that a handler behind the gate
// serves, one of Server.Handlers or one that [Server.Protect] made; false
// elsewhere.
func IdentityFrom(ctx context.Context) (Identity, bool) { return gateway.IdentityFrom(ctx) }

// Protection says as what a handler is protected: the resource that a call needs
// a policy's Allow of execute-api:Invoke for is
//
//	arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH
//
// with the Config's region and account and the path as it was sent.
type Protection struct {
	API   string // lower-case letters and digits; need not be one of the Config
	Stage string // zero: prod
	CORS  *CORS  // nil: nothing is added and preflights are calls like others
}

// Protect puts the gate's checks before a handler in this program, without a
// proxy: signature (of headers or of a presigned URL), policies, limits, CORS.
// Refusals are the gate's, bytes and log. The handler gets a request of which
// everything was verified: the headers that were signed and those any HTTP client
// sends unsigned, the query less its presign parameters, the body after its hash
// was compared (10 MiB at most). Who called is in [IdentityFrom] and in the
// X-Gatepass-… headers. It may stream its answer.
//
// It starts the Server, whose errors it returns, as it does what is wrong with
// p. It must see the request target as it was sent: http.ServeMux and
// http.StripPrefix may stand before it, what rewrites http.Request.RequestURI may
// not.
func (s *Server) Protect(p Protection, h http.Handler) (http.Handler, error) {
	if err := s.Start(context.Background()); err != nil {
		return nil, err
	}
	stage := p.Stage
	if stage == "" {
		stage = "prod"
	}
	guard, err := s.gateway.Guard(p.API, stage, p.CORS.gateway(), h)
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = s.date.at(s.Now())
		guard.ServeHTTP(w, s.fronts.atFront(r))
	}), nil
}
