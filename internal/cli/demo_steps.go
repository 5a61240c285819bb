//go:build !client

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server"
	"github.com/gatepass/gatepass/sigv4"
)

// The demo's user and note.
const (
	demoUser  = "grace"
	demoEmail = "grace@example.com"
	demoNote  = "hello from behind the gate"
)

// demo is the state that one step leaves to the next.
type demo struct {
	srv      *server.Server
	stop     context.CancelFunc
	stopped  chan error
	base     string
	client   *gatepass.Client
	password string
	session  *gatepass.Session
	creds    gatepass.Credentials
}

func (d *demo) plan() []planned {
	return []planned{
		{"server", "start a server: user pool, identity pool, STS, API gateway", d.startServer},
		{"sign-up", "sign up a user", d.signUp},
		{"confirm", "confirm the sign-up with the code that was sent", d.confirm},
		{"sign-in", "sign in over SRP", d.signIn},
		{"credentials", "swap the ID token for temporary credentials", d.credentials},
		{"post-note", "POST /notes, signed", d.postNote},
		{"get-notes", "GET /notes, signed", d.getNotes},
		{"unsigned", "GET /notes, not signed", d.unsigned},
		{"tampered", "POST /notes, the body changed after signing", d.tampered},
		{"denied", "GET /admin, signed, but no policy allows it", d.denied},
	}
}

func (d *demo) api(path string) string {
	return apiURL(d.base, server.SampleAPI, server.SampleStage) + path
}

func (d *demo) startServer(ctx context.Context) (string, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	d.base = baseURL(ln.Addr())
	d.srv = &server.Server{Config: server.Sample(""), Handlers: server.SampleHandlers(), Endpoint: d.base}
	if err := d.srv.Start(ctx); err != nil {
		d.srv = nil
		return "", errors.Join(err, ln.Close())
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	d.stop, d.stopped = stop, make(chan error, 1)
	go func() { d.stopped <- runHTTP(run, ln, newHTTPServer(d.srv, slog.New(slog.DiscardHandler))) }()
	d.client = &gatepass.Client{
		Endpoint: d.base, UserPoolID: server.SampleUserPool, ClientID: server.SampleClient, IdentityPoolID: server.SampleIdentityPool,
	}
	return d.base + ", everything in memory", nil
}

// close stops the server, if it was started.
func (d *demo) close() error {
	if d.srv == nil {
		return nil
	}
	d.stop()
	return errors.Join(<-d.stopped, d.srv.Close())
}

func (d *demo) signUp(ctx context.Context) (string, error) {
	d.password = newUserPassword()
	confirmed, sent, err := d.client.SignUp(ctx, demoUser, d.password, map[string]string{"email": demoEmail})
	if err != nil {
		return "", err
	}
	if confirmed {
		return "", errors.New("the user was confirmed without a code")
	}
	return fmt.Sprintf("%s <%s>; a code is on its way to %s", demoUser, demoEmail, sent.Destination), nil
}

func (d *demo) confirm(ctx context.Context) (string, error) {
	messages, err := d.srv.Messages(ctx, demoUser)
	if err != nil {
		return "", err
	}
	if len(messages) == 0 || len(messages[0].Body) < 6 {
		return "", errors.New("no code in the server's outbox")
	}
	body := messages[0].Body
	code := body[len(body)-6:]
	return "code " + code + ", from the server's outbox", d.client.ConfirmSignUp(ctx, demoUser, code)
}

func (d *demo) signIn(ctx context.Context) (string, error) {
	var err error
	if d.session, err = d.client.SignIn(ctx, demoUser, gatepass.Password(d.password)); err != nil {
		return "", err
	}
	tokens, err := d.session.Tokens(ctx)
	return fmt.Sprintf("the password was proved and never sent; %s has tokens for %s (the time includes making the pool's RSA keys)",
		d.session.Username(), life(tokens.Expires)), err
}

func (d *demo) credentials(ctx context.Context) (string, error) {
	var err error
	if d.creds, err = d.session.Credentials(ctx); err != nil {
		return "", err
	}
	return fmt.Sprintf("key %s for %s; identity %s", d.creds.AccessKeyID, life(d.creds.Expires), d.creds.IdentityID), nil
}

type demoNoteBody struct {
	Content string `json:"content"`
}

func (d *demo) postNote(ctx context.Context) (string, error) {
	got, err := gatepass.Call[demoNoteBody](ctx, d.session, http.MethodPost, d.api("/notes"), demoNoteBody{demoNote})
	if err != nil {
		return "", err
	}
	if got.Content != demoNote {
		return "", fmt.Errorf("the API kept %q", got.Content)
	}
	return fmt.Sprintf("signature and policy checked; kept %q", got.Content), nil
}

func (d *demo) getNotes(ctx context.Context) (string, error) {
	got, err := gatepass.Call[[]demoNoteBody](ctx, d.session, http.MethodGet, d.api("/notes"), nil)
	if err != nil {
		return "", err
	}
	if len(got) != 1 || got[0].Content != demoNote {
		return "", fmt.Errorf("the API returned %d notes instead of the one that was posted", len(got))
	}
	return fmt.Sprintf("one note: %q", got[0].Content), nil
}

func (d *demo) unsigned(ctx context.Context) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.api("/notes"), nil)
	if err != nil {
		return "", err
	}
	return refused(r, "MissingAuthenticationTokenException")
}

// tampered signs one note and sends another of the same length.
func (d *demo) tampered(ctx context.Context) (string, error) {
	signed, sent := []byte(`{"content":"pay 10"}`), []byte(`{"content":"pay 99"}`)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.api("/notes"), bytes.NewReader(sent))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/json")
	if err := d.sign(r, signed); err != nil {
		return "", err
	}
	return refused(r, "InvalidSignatureException")
}

func (d *demo) denied(ctx context.Context) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.api("/admin"), nil)
	if err != nil {
		return "", err
	}
	if err := d.sign(r, nil); err != nil {
		return "", err
	}
	return refused(r, "AccessDeniedException")
}

// sign signs r as if its body were body.
func (d *demo) sign(r *http.Request, body []byte) error {
	region, _, _ := strings.Cut(server.SampleUserPool, "_")
	s := &sigv4.Signer{Region: region, Profile: sigv4.ExecuteAPI()}
	return s.Sign(r, d.creds.Credentials, sigv4.HashOf(body), time.Now())
}

// refused sends r and wants it refused with 403 and the code; anything else
// means that the gate is open.
func refused(r *http.Request, code string) (string, error) {
	resp, err := httpClient(time.Minute).Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	if err != nil {
		return "", err
	}
	e := wire.ReadError(resp.StatusCode, resp.Header, body)
	if e.Status != http.StatusForbidden || e.Code != code {
		return "", fmt.Errorf("the gate answered %s %s; it should have refused with 403 %s", resp.Status, e.Code, code)
	}
	if !json.Valid(body) {
		return "", errors.New("the refusal is not JSON")
	}
	first, _, _ := strings.Cut(e.Message, ". ")
	return fmt.Sprintf("403: %s", first), nil
}

// life is the time that is left, in whole minutes.
func life(expires time.Time) string {
	return fmt.Sprintf("%d min", int(time.Until(expires).Round(time.Minute).Minutes()))
}
