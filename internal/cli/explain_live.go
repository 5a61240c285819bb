package cli

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gatepass/gatepass/internal/curl"
	"github.com/gatepass/gatepass/internal/explain"
	"github.com/gatepass/gatepass/sigv4"
)

// live signs a request as call does, sends it, and notes what was sent and what
// came back.
func (a *app) live(ctx context.Context, v settingValues, o explainOptions, args []string) ([]explain.Input, error) {
	ctx, cancel := limit(ctx, o.request.Transfer.MaxTime)
	defer cancel()
	r, err := a.described(ctx, v, &o, args)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	s, err := a.authorizer(ctx, v, &o.request, r)
	if err != nil {
		return nil, err
	}
	in, err := exchange(r, &o.request.Conn, s.over)
	if err != nil {
		return nil, callError(r, err)
	}
	if s.keys != nil {
		c, err := s.keys(ctx) // in hand by now
		if err != nil {
			return nil, err
		}
		in.Known.Credentials, in.Known.Expires, in.Known.IdentityID = c.Credentials, c.Expires, c.IdentityID
	}
	return []explain.Input{in}, nil
}

// pasted sends a curl command as it is.
func (a *app) pasted(ctx context.Context, v settingValues, command string) ([]explain.Input, error) {
	o := explainOptions{curl: command}
	r, err := a.described(ctx, v, &o, nil)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if o.request.SigV4 != "" {
		a.io.notef("the command is sent without a signature, because its --user is not read: for a signature use gatepass explain METHOD URL --aws-profile NAME")
	}
	in, err := exchange(r, &o.request.Conn, func(rt http.RoundTripper) http.RoundTripper { return rt })
	if err != nil {
		return nil, callError(r, err)
	}
	return []explain.Input{in}, nil
}

// limit ends ctx after a time, if there is one.
func limit(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	if most > 0 {
		return context.WithTimeout(ctx, most)
	}
	return context.WithCancel(ctx)
}

// addKnown adds what profile, session and environment say. The session is looked
// at only where a request was signed, and never renewed.
func (a *app) addKnown(ctx context.Context, v settingValues, list []explain.Input) {
	k := a.known(v)
	if slices.ContainsFunc(list, func(in explain.Input) bool { return in.Known.Credentials.AccessKeyID == "" && keyOf(in.Request) != "" }) {
		if s, err := a.session(ctx, v); err == nil { // without a session less is known
			_, c := s.Peek()
			k.Credentials, k.Expires, k.IdentityID = c.Credentials, c.Expires, c.IdentityID
		}
	}
	for i := range list {
		own := list[i].Known
		list[i].Known = k
		if own.Credentials.AccessKeyID != "" {
			list[i].Known.Credentials, list[i].Known.Expires, list[i].Known.IdentityID = own.Credentials, own.Expires, own.IdentityID
			continue
		}
		if id := a.env("AWS_ACCESS_KEY_ID"); id != "" && id == keyOf(list[i].Request) {
			list[i].Known.Expires = time.Time{}
			list[i].Known.Credentials = sigv4.Credentials{
				AccessKeyID: id, SecretAccessKey: a.env("AWS_SECRET_ACCESS_KEY"), SessionToken: a.env("AWS_SESSION_TOKEN"),
			}
		}
	}
}

// keyOf is the access key that a request names; empty if it is not signed.
func keyOf(r *explain.Request) string {
	if r == nil {
		return ""
	}
	text := r.Header.Get("Authorization")
	sep := "/"
	if _, after, ok := strings.Cut(r.URL, "X-Amz-Credential="); ok {
		text, sep = "Credential="+after, "%2F"
	}
	_, text, _ = strings.Cut(text, "Credential=")
	key, _, ok := strings.Cut(text, sep)
	if !ok {
		return ""
	}
	return key
}

// recorder keeps the last request it sent.
type recorder struct {
	base http.RoundTripper
	sent *http.Request
	at   time.Time
}

// RoundTrip sends r and keeps it.
func (t *recorder) RoundTrip(r *http.Request) (*http.Response, error) {
	t.sent, t.at = r, time.Now()
	return t.base.RoundTrip(r)
}

// exchange sends r once, through what signs it, and notes what was sent.
func exchange(r *curl.Request, conn *curl.Conn, over func(http.RoundTripper) http.RoundTripper) (explain.Input, error) {
	base, err := conn.Transport()
	if err != nil {
		return explain.Input{}, err
	}
	defer base.CloseIdleConnections()
	if _, has := r.Header["User-Agent"]; !has {
		r.Header.Set("User-Agent", "gatepass/"+readVersion().Version)
	}
	rec := &recorder{base: base}
	client := &http.Client{Transport: over(rec), CheckRedirect: noRedirect}
	resp, err := client.Do(r.Request)
	if err != nil {
		return explain.Input{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	if err != nil {
		return explain.Input{}, err
	}
	sent, err := requestOf(rec.sent, r.Payload)
	return explain.Input{
		Request: sent, Now: rec.at,
		Response: explain.Response{Status: resp.StatusCode, Header: resp.Header, Body: body},
	}, err
}

// requestOf is a request as explain wants it. A body over 16 MiB is left out:
// no API Gateway takes it.
func requestOf(r *http.Request, payload *curl.Body) (*explain.Request, error) {
	out := &explain.Request{Method: r.Method, URL: r.URL.String(), Host: r.Host, Header: r.Header}
	if payload.Size() == 0 {
		return out, nil
	}
	if payload.Size() > maxExplained {
		out.NoBody = true
		return out, nil
	}
	body, err := payload.Open()
	if err != nil {
		return nil, err
	}
	defer body.Close()
	out.Body, err = io.ReadAll(body)
	return out, err
}
