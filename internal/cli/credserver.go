package cli

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"net"
	"net/http"
	"time"

	"github.com/gatepass/gatepass"
)

// credentialServer gives credentials to whoever knows its token, as the ECS
// agent does: "Container credential provider" in the AWS SDKs and Tools reference
// guide. It listens on loopback.
type credentialServer struct {
	http  *http.Server
	addr  string
	token string
	fresh func(context.Context) (gatepass.Credentials, error)
	failf func(format string, args ...any)
}

// serveCredentials starts the server on a free port.
func (a *app) serveCredentials(ctx context.Context, v settingValues) (*credentialServer, error) {
	session, err := a.session(ctx, v)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &credentialServer{
		addr: l.Addr().String(), token: rand.Text() + rand.Text(), failf: a.io.notef,
		fresh: func(ctx context.Context) (gatepass.Credentials, error) { return session.CredentialsFor(ctx, sdkWindow) },
	}
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10}
	go func() { _ = s.http.Serve(l) }() // it ends with Close
	return s, nil
}

// Close ends the server.
func (s *credentialServer) Close() { _ = s.http.Close() }

func (s *credentialServer) environment() [][2]string {
	return [][2]string{
		{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://" + s.addr + "/"},
		{"AWS_CONTAINER_AUTHORIZATION_TOKEN", s.token},
	}
}

// ServeHTTP answers only to its own address, which keeps the pages of a browser
// out whatever names they resolve to it, and only to its own token.
func (s *credentialServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	given := []byte(r.Header.Get("Authorization"))
	switch {
	case r.Host != s.addr:
		refuse(w, http.StatusForbidden, "the Host is not this server")
		return
	case subtle.ConstantTimeCompare(given, []byte(s.token)) != 1:
		refuse(w, http.StatusUnauthorized, "the Authorization is not AWS_CONTAINER_AUTHORIZATION_TOKEN")
		return
	case r.Method != http.MethodGet || r.URL.Path != "/":
		refuse(w, http.StatusNotFound, "there is nothing here but GET /")
		return
	}
	c, err := s.fresh(r.Context())
	if err != nil {
		s.failf("gatepass: %s", textOf(err))
		refuse(w, http.StatusInternalServerError, textOf(err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(map[string]string{ // who went away needs no answer
		"AccessKeyId": c.AccessKeyID, "SecretAccessKey": c.SecretAccessKey, "Token": c.SessionToken, "Expiration": stamp(c.Expires),
	})
}

// refuse answers as the AWS SDKs read it.
func refuse(w http.ResponseWriter, status int, why string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"code": http.StatusText(status), "message": why})
}
