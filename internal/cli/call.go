package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/internal/curl"
	"github.com/gatepass/gatepass/internal/profile"
)

// maxRefusal is how much of an answer is kept to explain a refusal, in bytes.
const maxRefusal = 64 << 10

// callOptions are the request as the user gave it, and how it is signed.
type callOptions struct {
	curl.Options
	auth      authOptions
	apiKey    string
	printCurl string // how; "": the request is sent
	offline   bool
	api       profile.API // that the target belongs to
}

func newCall(a *app) *cobra.Command {
	var o callOptions
	cmd := &cobra.Command{
		Use: "call [METHOD] URL|PATH|API:/path [item...]",
		Long: `Sign a request with the credentials of the signed-in user and send it. A PATH
belongs to the API of GATEPASS_API, API:/path to one of the profile, a URL
stands for itself. The flags are curl's and mean what they mean there: paste a
curl command and change its first word. Items are HTTPie's: name=text and name:=json
make a JSON body, name==value goes to the query, Name:value is a header, @file
is the body.

The body of the answer goes to stdout as it is, on a terminal laid out; all else
goes to stderr. As with curl the exit code is 0 whatever the status, and 22 for
400 and more with --fail or --fail-with-body.

Region and service are taken from the host where it is one of AWS's, else from
the API or the profile. Each try and each redirect is signed anew; another host
than the first is sent no credentials.`,
		Example: `  gatepass call GET /notes
  gatepass call POST /notes --json '{"content": "buy milk"}'
  gatepass call /notes content=tea
  gatepass call POST /notes --json @note.json
  gatepass call '/notes{?from}' --param from=2026-01-01 --jq '.[].content'
  echo '{"content": "tea"}' | gatepass call POST /notes -d @- -f
  gatepass call /notes --print-curl`,
		Args: arguments(cobra.ArbitraryArgs), ValidArgsFunction: a.completeTargets,
	}
	f := cmd.Flags()
	f.SortFlags = false
	o.auth.flags(cmd)
	f.StringVar(&o.apiKey, "api-key", "", "`key` to send as X-Api-Key (GATEPASS_API_KEY)")
	f.StringVar(&o.printCurl, "print-curl", "", "print the signed request as a curl command and send nothing; `with-secrets` to run it")
	f.Lookup("print-curl").NoOptDefVal = redacted
	f.BoolVar(&o.offline, "offline", false, "print the signed request and send nothing")
	own := namesOf(f)
	o.Flags(f)
	withoutVariables(f, own)
	read := a.settingsOf(cmd, append(clientFlags(), "api")...)
	cmd.SetFlagErrorFunc(flagError)
	cmd.RunE = o.after(read, func(ctx context.Context, v settingValues) error {
		a.quiet = o.Output.Silent && !o.Output.ShowError
		return a.call(ctx, v, &o)
	})
	return cmd
}

// after is a command that reads its settings and its target, and then runs.
func (o *callOptions) after(read func() (settingValues, error), run func(context.Context, settingValues) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		v, err := read()
		if err != nil {
			return err
		}
		o.auth.regionGiven = cmd.Flags().Changed("region")
		if o.api, err = o.take(v, args); err != nil {
			return usageOf(cmd, err)
		}
		return run(cmd.Context(), v)
	}
}

// completeTargets proposes the APIs of the profile, in front of a path.
func (a *app) completeTargets(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 && !isMethod(args[0]) {
		return nil, cobra.ShellCompDirectiveDefault // an item may name a file
	}
	names, _ := a.completeAPIs(cmd, nil, typed)
	for i := range names {
		names[i] += ":/"
	}
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// flagError is the error of a wrong flag: with its own next step, if it has one.
func flagError(cmd *cobra.Command, err error) error {
	if e, ok := errors.AsType[*curl.Error](err); ok && e.Hint != "" {
		return curlError(e)
	}
	return usage(cmd, err)
}

// usageOf points to the help where there are no arguments at all.
func usageOf(cmd *cobra.Command, err error) error {
	if errors.Is(err, errNoTarget) {
		return usage(cmd, err)
	}
	return err
}

var errNoTarget = errors.New("the URL is missing")

// take reads [METHOD] URL [item...].
func (o *callOptions) take(v settingValues, args []string) (profile.API, error) {
	if len(args) > 0 && isMethod(args[0]) {
		o.Method, args = args[0], args[1:]
	}
	if len(args) > 0 && o.URL == "" {
		o.URL, args = args[0], args[1:]
	}
	if o.URL == "" {
		return profile.API{}, errNoTarget
	}
	o.Items = args
	target, api, err := v.apiURL(o.URL)
	o.URL = target
	return api, err
}

// isMethod says whether a first word is a method: capital letters only.
func isMethod(s string) bool {
	return s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

func (a *app) call(ctx context.Context, v settingValues, o *callOptions) error {
	r, err := o.build(ctx, a)
	if err != nil {
		return err
	}
	defer r.Close()
	s, err := a.authorizer(ctx, v, o, r)
	if err != nil {
		return err
	}
	if o.printCurl != "" || o.offline {
		return a.printCall(s, r, o)
	}
	return a.transfer(s, r, o)
}

// build makes the request, before anything is sent.
func (o *callOptions) build(ctx context.Context, a *app) (*curl.Request, error) {
	r, err := o.Build(ctx, a.io.In)
	if err != nil {
		return nil, curlError(err)
	}
	if o.apiKey != "" && r.Header["X-Api-Key"] == nil { // a variable may have set it, and the header was typed
		r.Header.Set("X-Api-Key", o.apiKey)
	}
	return r, nil
}

// transfer sends the request and writes the answer.
func (a *app) transfer(s *authorizer, r *curl.Request, o *callOptions) error {
	base, err := o.Conn.Transport()
	if err != nil {
		return curlError(err)
	}
	defer base.CloseIdleConnections()
	if _, has := r.Header["User-Agent"]; !has {
		r.Header.Set("User-Agent", "gatepass/"+readVersion().Version)
	}
	c := &curl.Client{Options: &o.Options, Note: func(string, ...any) {}}
	if !o.Output.Silent {
		c.Note = a.io.notef
	}
	if o.Output.Verbose {
		c.Trace = a.io.Err
	}
	if a.io.errIsTerminal() && !o.Output.Silent && !o.Output.NoMeter {
		c.Meter = curl.NewMeter(a.io.Err)
	}
	wire := c.Wire(base)
	c.Plain, c.Send = wire.RoundTrip, s.over(wire).RoundTrip
	return a.exchange(c, r, o)
}

func (a *app) exchange(c *curl.Client, r *curl.Request, o *callOptions) error {
	s := curl.Streams{Out: a.io.Out, Err: a.io.Err, Terminal: a.io.outIsTerminal(), Color: a.color(a.io.Out)}
	c.ExitCode = func(err error) int { return exitCode(callError(r, err)) }
	answer, err := c.Do(r)
	if err != nil {
		_ = c.Failed(r, err, s) // the first error is the one to tell
		return callError(r, err)
	}
	d, err := c.Deliver(answer, s)
	if err != nil {
		return callError(r, err)
	}
	return a.judge(answer, d, o)
}

// judge says what the status means: an error with --fail, else a note.
func (a *app) judge(answer *curl.Answer, d *curl.Delivery, o *callOptions) error {
	if to := answer.RedirectURL(); to != nil && !o.Output.Silent {
		a.io.notef("%s: the API redirects to %s; -L follows", answer.Status, curl.RedactURL(to))
	}
	if answer.StatusCode < http.StatusBadRequest {
		return nil
	}
	err := refusal(answer.Response, d.Head)
	if o.Transfer.Fail || o.Transfer.FailWithBody {
		return err
	}
	if !a.io.errIsTerminal() && !o.Output.Silent {
		a.io.notef("gatepass: %s", textOf(err))
	} else if !o.Output.Silent {
		a.report(err)
	}
	return nil
}

// callError gives the next step for what can go wrong under way.
func callError(r *curl.Request, err error) error {
	if w, ok := errors.AsType[*curl.WriteError](err); ok {
		if e, ok := errors.AsType[*curl.Error](w.Err); ok {
			return hintf(&writeError{err}, "%s", e.Hint)
		}
		return &writeError{err}
	}
	if errors.Is(err, gatepass.ErrRefusedHost) {
		return hintf(usageErrorf("credentials are not sent to %s://%s, where the network can read them", r.URL.Scheme, r.URL.Host), "use https")
	}
	if e, ok := errors.AsType[*gatepass.Error](err); ok {
		return fmt.Errorf("getting credentials: %w", e)
	}
	return curlError(err)
}
