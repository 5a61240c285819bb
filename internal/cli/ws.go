package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
	"github.com/spf13/cobra"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/internal/curl"
	"github.com/gatepass/gatepass/internal/loopback"
	"github.com/gatepass/gatepass/sigv4"
)

const (
	// maxMessage is the longest message in bytes; API Gateway has 128 KiB.
	maxMessage = 16 << 20
	// presignedFor is how long a signed URL may take to be opened.
	presignedFor = 5 * time.Minute
	// goodbye is how long the server may take to answer the end of a connection.
	goodbye = 2 * time.Second
)

type wsOptions struct {
	target, service, awsProfile string

	headers         []string
	binary, presign bool
	ping            time.Duration
	count           int
}

func newWS(a *app) *cobra.Command {
	var o wsOptions
	cmd := &cobra.Command{
		Use: "ws API:/path|URL",
		Long: `Open a WebSocket with a signed handshake, such as that of
wss://abc.execute-api.eu-west-1.amazonaws.com/prod. Each line of stdin is sent
as a message; each message that comes is a line on stdout. The end of stdin leaves
the connection open for what is still to come: --count ends it after so many
messages, the server when it likes, Ctrl-C at once. How it was closed is on
stderr; the exit code is 0 for a normal end (1000, 1001).`,
		Args: arguments(cobra.ExactArgs(1)),
	}
	f := cmd.Flags()
	f.StringArrayVarP(&o.headers, "header", "H", nil, "a `\"Name: value\"` of the handshake")
	withoutVariables(f, nil)
	read := a.settingsOf(cmd, clientFlags()...)
	f.StringVar(&o.service, "service", "", "`SERVICE` to sign for; empty: that of the host, else execute-api")
	f.StringVar(&o.awsProfile, "aws-profile", "", "sign with the keys of this `PROFILE` of the AWS CLI, or env")
	f.BoolVar(&o.presign, "presign", false, "sign in the query and not in headers")
	f.BoolVar(&o.binary, "binary", false, "send lines as binary messages")
	text := f.Bool("text", false, "send lines as text messages, which is the default")
	f.DurationVar(&o.ping, "ping", time.Minute, "`TIME` between pings, which keep the connection; 0: none")
	f.IntVar(&o.count, "count", 0, "end after so many `messages`; 0: when the server ends")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		v, err := read()
		if err != nil {
			return err
		}
		if o.target = args[0]; *text && o.binary {
			return usageErrorf("--text and --binary exclude each other")
		}
		return a.ws(cmd.Context(), v, o)
	}
	return cmd
}

func (a *app) ws(ctx context.Context, v settingValues, o wsOptions) error {
	t, keys, region, err := a.signingTransport(ctx, v, o.awsProfile)
	if err != nil {
		return err
	}
	v.region = cmp.Or(v.region, region)
	r, err := o.handshake(ctx, v, t)
	if err != nil {
		return err
	}
	if _, err := keys(ctx); err != nil {
		return err
	}
	client, err := o.signing(r, t)
	if err != nil {
		return err
	}
	conn, err := a.dial(r, client)
	if err != nil {
		return err
	}
	defer conn.CloseNow()
	a.io.notef("connected to %s", r.URL.Host)
	return a.talk(ctx, conn, o)
}

// handshake makes the request that opens the socket, and says what t signs for.
func (o wsOptions) handshake(ctx context.Context, v settingValues, t *gatepass.Transport) (*http.Request, error) {
	target, api, err := v.apiURL(o.target)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(target)
	if err != nil {
		return nil, &usageError{err}
	}
	switch u.Scheme {
	case "wss", "https":
		u.Scheme = "https"
	case "ws", "http":
		u.Scheme = "http"
		if !loopback.Is(u.Hostname()) {
			return nil, hintf(usageErrorf("credentials are not sent to %s, where the network can read them", target), "use wss")
		}
	default:
		return nil, hintf(usageErrorf("%s is not the URL of a WebSocket", target), "for example wss://abc.execute-api.eu-west-1.amazonaws.com/prod")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, &usageError{err}
	}
	r.Header.Set("User-Agent", "gatepass/"+readVersion().Version)
	if err := curl.SetHeaders(r.Header, o.headers); err != nil {
		return nil, curlError(err)
	}
	region, service := sigv4.ScopeOf(u.Hostname())
	if region = cmp.Or(api.Region, region, v.regionAt(target)); region == "" {
		return nil, hintf(usageErrorf("the region is not known: the name %s does not say it", u.Hostname()), "--region, or the region of the API in the profile, says it")
	}
	t.Region, t.Service = region, cmp.Or(o.service, api.Service, service, "execute-api")
	return r, nil
}

// signing is what sends the handshake: it signs each try, as call does, or the URL
// is signed already.
func (o wsOptions) signing(r *http.Request, t *gatepass.Transport) (*http.Client, error) {
	client := httpClient(0)
	if !o.presign {
		t.Base, client.Transport = client.Transport, t
		return client, nil
	}
	u, err := t.Presign(r, presignedFor)
	if err == nil {
		r.URL = u
	}
	return client, err
}

// dial opens the socket. A handshake that is refused is an answer like that of any
// call: its body goes to stdout.
func (a *app) dial(r *http.Request, client *http.Client) (*websocket.Conn, error) {
	limit, cancel := context.WithTimeout(r.Context(), time.Minute)
	defer cancel()
	conn, resp, err := websocket.Dial(limit, r.URL.String(), &websocket.DialOptions{
		HTTPHeader: r.Header,
		HTTPClient: client,
	})
	if err == nil {
		conn.SetReadLimit(maxMessage)
		return conn, nil
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		return nil, e.Err // the URL may be signed
	}
	if resp == nil || resp.StatusCode < http.StatusMultipleChoices {
		return nil, err
	}
	head, readErr := io.ReadAll(resp.Body) // the library keeps the beginning
	if readErr != nil {
		return nil, readErr
	}
	shown := head
	if a.io.outIsTerminal() {
		shown = []byte(plain(string(head)))
	}
	if _, err := a.io.Out.Write(shown); err != nil {
		return nil, &writeError{err}
	}
	if resp.StatusCode < http.StatusBadRequest {
		return nil, hintf(&statusError{status: resp.Status}, "the API redirects to %s; signed requests do not follow", resp.Header.Get("Location"))
	}
	return nil, refusal(resp, head)
}

// talk copies both ways until the server ends, enough has come, or ctx ends.
func (a *app) talk(ctx context.Context, conn *websocket.Conn, o wsOptions) error {
	work, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	context.AfterFunc(ctx, func() { // Ctrl-C: say goodbye, then go
		_ = conn.Close(websocket.StatusNormalClosure, "")
		stop(context.Canceled)
	})
	go func() {
		if err := a.sendLines(work, conn, o); err != nil {
			stop(err)
		}
	}()
	if o.ping > 0 {
		go keepAlive(work, conn, o.ping, stop)
	}
	err := a.receive(work, conn, o.count)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if cause := context.Cause(work); cause != nil {
		return cause
	}
	return a.closed(err)
}

// sendLines sends the lines of stdin.
func (a *app) sendLines(ctx context.Context, conn *websocket.Conn, o wsOptions) error {
	kind := websocket.MessageText
	if o.binary {
		kind = websocket.MessageBinary
	}
	in := bufio.NewScanner(a.io.In)
	in.Buffer(nil, maxMessage)
	for in.Scan() {
		if kind == websocket.MessageText && !utf8.Valid(in.Bytes()) {
			return hintf(usageErrorf("a line of stdin is not UTF-8"), "--binary sends any bytes")
		}
		if err := conn.Write(ctx, kind, in.Bytes()); err != nil {
			return nil // receiving says why
		}
	}
	if err := in.Err(); err != nil {
		return fmt.Errorf("reading stdin: %w", err)
	}
	return nil
}

// errEnough is the end of --count.
var errEnough = errors.New("enough messages have come")

// receive writes what comes, until an error.
func (a *app) receive(ctx context.Context, conn *websocket.Conn, count int) error {
	for n := 1; ; n++ {
		kind, message, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		if kind == websocket.MessageBinary && a.io.outIsTerminal() && !utf8.Valid(message) {
			a.io.notef("a binary message of %d bytes, which is not written to a terminal", len(message))
		} else if _, err := a.io.Out.Write(messageLine(message, a.io.outIsTerminal())); err != nil {
			return &writeError{err}
		}
		if n == count {
			_ = conn.Close(websocket.StatusNormalClosure, "")
			return errEnough
		}
	}
}

// messageLine is a message as it is written; on a terminal it is no command to it.
func messageLine(message []byte, terminal bool) []byte {
	if terminal {
		message = []byte(plain(string(message)))
	}
	return append(message, '\n')
}

// closed says how the connection ended.
func (a *app) closed(err error) error {
	if errors.Is(err, errEnough) {
		return nil
	}
	e, ok := errors.AsType[websocket.CloseError](err)
	if !ok {
		return fmt.Errorf("the connection broke off: %w", err)
	}
	text := fmt.Sprintf("the server closed the connection: %d %s", e.Code, cmp.Or(strings.TrimSpace(e.Reason), strings.TrimPrefix(e.Code.String(), "Status")))
	switch e.Code {
	case websocket.StatusNormalClosure, websocket.StatusGoingAway, websocket.StatusNoStatusRcvd:
		a.io.notef("%s", text)
		return nil
	}
	return errors.New(text)
}

// keepAlive pings, and ends the connection when nobody answers.
func keepAlive(ctx context.Context, conn *websocket.Conn, every time.Duration, stop context.CancelCauseFunc) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		limit, cancel := context.WithTimeout(ctx, max(every, goodbye))
		err := conn.Ping(limit)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			stop(fmt.Errorf("the server does not answer pings: %w", err))
			return
		}
	}
}
