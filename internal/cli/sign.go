package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatepass/gatepass/internal/curl"
	"github.com/gatepass/gatepass/sigv4"
)

// signForms are the ways a signed request is printed; the first is the default,
// the last that of presigned ones.
var signForms = []string{"headers", "curl", "http", "json", "url"}

// signOptions are the flags of gatepass sign.
type signOptions struct {
	callOptions
	as      string
	presign bool
	expires time.Duration
}

func newSign(a *app) *cobra.Command {
	var o signOptions
	cmd := &cobra.Command{
		Use: "sign [METHOD] URL|PATH|API:/path [item...]",
		Long: `Sign a request as gatepass call does, send nothing, and print the signature:

  headers   the headers to add, one a line: what curl -H @- reads (the default)
  curl      a curl command that sends the request
  http      the request as HTTP/1.1 sends it
  json      method, URL and headers, for programs
  url       a URL that carries the signature (with --presign, and its default)

What is printed is good for 5 minutes, a presigned URL for --expires seconds,
for everybody who has it. A body is part of the signature.`,
		Example: `  gatepass sign /notes | curl -H @- "$GATEPASS_API/notes"
  gatepass sign POST /notes --json '{"content": "tea"}' --as curl | sh
  curl "$(gatepass sign /notes --presign --expires 300)"`,
		Args: arguments(cobra.ArbitraryArgs), ValidArgsFunction: a.completeTargets,
	}
	read := a.settingsOf(cmd, append(clientFlags(), "api")...)
	f := cmd.Flags()
	addRequestFlags(f, &o.Options)
	o.auth.flags(cmd)
	f.StringVar(&o.apiKey, "api-key", "", "`key` to send as X-Api-Key (GATEPASS_API_KEY)")
	f.StringVar(&o.as, "as", "", "one of "+strings.Join(signForms, ", "))
	f.BoolVar(&o.presign, "presign", false, "sign in the URL instead of in headers")
	f.Var(secondsFlag{&o.expires}, "expires", "how long a presigned URL is good, in seconds (300)")
	_ = cmd.RegisterFlagCompletionFunc("as", cobra.FixedCompletions(signForms, cobra.ShellCompDirectiveNoFileComp))
	cmd.SetFlagErrorFunc(flagError)
	cmd.RunE = o.after(read, func(ctx context.Context, v settingValues) error {
		if err := o.check(f.Changed("expires")); err != nil {
			return err
		}
		return a.signOnly(ctx, v, &o)
	})
	return cmd
}

// secondsFlag is a time in whole seconds.
type secondsFlag struct{ d *time.Duration }

func (s secondsFlag) String() string { return "" }

func (s secondsFlag) Type() string { return "seconds" }

func (s secondsFlag) Set(v string) error {
	d, err := time.ParseDuration(strings.TrimSuffix(v, "s") + "s")
	if err != nil || d < time.Second {
		return fmt.Errorf("want a number of seconds, 1 or more")
	}
	*s.d = d
	return nil
}

// defaultExpires is the life of a presigned URL.
const defaultExpires = 5 * time.Minute

func (o *signOptions) check(hasExpires bool) error {
	switch {
	case o.as == "" && o.presign:
		o.as = "url"
	case o.as == "":
		o.as = signForms[0]
	case !slices.Contains(signForms, o.as):
		return hintf(usageErrorf("--as %s is not known", o.as), "one of %s", strings.Join(signForms, ", "))
	case o.as == "url" && !o.presign:
		return hintf(usageErrorf("a URL carries a signature only when it is presigned"), "--presign")
	case o.as == "headers" && o.presign:
		return hintf(usageErrorf("a presigned URL needs no headers"), "--as url")
	}
	if hasExpires && !o.presign {
		return hintf(usageErrorf("--expires is for presigned URLs"), "--presign")
	}
	if o.auth.mode != authModes[0] && (o.presign || o.auth.mode == "none") {
		return usageErrorf("--auth %s leaves nothing to sign", o.auth.mode)
	}
	return nil
}

func (a *app) signOnly(ctx context.Context, v settingValues, o *signOptions) error {
	r, err := o.build(ctx, a)
	if err != nil {
		return err
	}
	defer r.Close()
	s, err := a.authorizer(ctx, v, &o.callOptions, r)
	if err != nil {
		return err
	}
	if o.presign {
		err = presign(s, r, cmp.Or(o.expires, defaultExpires))
	} else {
		err = s.sign(r.Request)
	}
	if err != nil {
		return callError(r, err)
	}
	text, err := o.text(r)
	if err != nil {
		return curlError(err)
	}
	return a.print(text)
}

// presign puts the signature into the URL of r.
func presign(s *authorizer, r *curl.Request, expires time.Duration) error {
	u, err := s.presign(r.Request, expires)
	if errors.Is(err, sigv4.ErrUnsignable) {
		return &usageError{err}
	}
	if err == nil {
		r.URL = u
	}
	return err
}

func (o *signOptions) text(r *curl.Request) (string, error) {
	switch o.as {
	case "url":
		return r.URL.String() + "\n", nil
	case "curl":
		text, err := r.Print(true)
		return text + "\n", err
	case "http":
		return httpText(r, true)
	case "json":
		return signJSON(r)
	}
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(r.Header)) {
		if isSignature(key) || key == "Content-Type" {
			for _, v := range r.Header[key] {
				fmt.Fprintf(&b, "%s: %s\n", key, v)
			}
		}
	}
	return b.String(), nil
}

// isSignature says whether a header is part of the signature, so that it must be
// sent as it is.
func isSignature(key string) bool {
	return key == "Authorization" || key == "X-Api-Key" || strings.HasPrefix(key, "X-Amz-")
}

// signJSON is the signed request for programs.
func signJSON(r *curl.Request) (string, error) {
	h := r.Header.Clone()
	h.Set("Host", cmp.Or(r.Host, r.URL.Host))
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(struct {
		Method  string      `json:"method"`
		URL     string      `json:"url"`
		Headers http.Header `json:"headers"`
	}{r.Method, r.URL.String(), h})
	return b.String(), err
}
