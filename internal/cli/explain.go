package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gatepass/gatepass/internal/curl"
	"github.com/gatepass/gatepass/internal/explain"
)

// maxExplained is the longest file with a command or a response, in bytes.
const maxExplained = 16 << 20

// explainOptions are where the exchange comes from.
type explainOptions struct {
	curl, har, response, format string
	request                     callOptions
}

func newExplain(a *app) *cobra.Command {
	var o explainOptions
	cmd := &cobra.Command{
		Use: "explain [METHOD] [URL|PATH|API:/path] [item...]",
		Long: `Say why a request was refused: the likely causes in order, what was seen, and
what to do. The request is one of

  METHOD URL           signed and sent as gatepass call does
  --curl 'curl ...'    a pasted command, sent exactly as it is
  --har FILE           a recording of a browser, nothing is sent
  --response FILE      a saved answer: curl -i, curl -v, or a body alone;
                       with a request as well, that is not sent but compared
  -                    stdin: any of the last three

Where the service says what should have been signed, that is compared with what
was, line by line. Against a gatepass server that shows its decisions
(show_decisions in gate.yaml) the statement that decided is named too.

The exit code is 0 if nothing was refused, 22 if something was, and another if
there was no answer to explain. Signatures, tokens and secrets are never shown.`,
		Example: `  gatepass explain GET /notes
  gatepass explain --curl "curl $GATEPASS_API/public"
  gatepass explain --har recording.har
  gatepass explain - <answer.txt`,
		Args: arguments(cobra.ArbitraryArgs), ValidArgsFunction: a.completeTargets,
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.curl, "curl", "", "a pasted curl `command`, in one argument")
	f.StringVar(&o.har, "har", "", "`FILE` in the HAR format; - for stdin")
	f.StringVar(&o.response, "response", "", "`FILE` with an answer; - for stdin")
	f.StringVar(&o.format, "format", "text", "`text` or json (--json is curl's: data to send)")
	o.request.auth.flags(cmd)
	f.StringVar(&o.request.apiKey, "api-key", "", "`key` to send as X-Api-Key")
	addRequestFlags(f, &o.request.Options)
	read := a.settingsOf(cmd, append(clientFlags(), "api")...)
	cmd.SetFlagErrorFunc(flagError)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		v, err := read()
		if err != nil {
			return err
		}
		o.request.auth.regionGiven = f.Changed("region")
		return a.explain(cmd.Context(), v, o, args)
	}
	return cmd
}

// shownFlags are curl's flags that the help of explain lists; the others of
// requestFlags work too, and gatepass call --help lists them.
var shownFlags = []string{"request", "header", "data", "json", "form", "get", "head", "param", "query", "insecure", "max-time"}

// requestFlags are the flags that make a request or a connection; where the
// answer goes is no question here.
func requestFlags() []string {
	return append(slices.Clone(shownFlags), "url", "url-query", "data-raw", "data-binary", "data-urlencode", "form-string", "upload-file",
		"user-agent", "referer", "cookie", "range", "compressed", "globoff", "cacert", "cert", "key", "proxy", "noproxy", "resolve", "connect-to",
		"ipv4", "ipv6", "http1.1", "http2", "http2-prior-knowledge", "tlsv1.2", "tlsv1.3", "unix-socket", "connect-timeout")
}

// addRequestFlags gives f the flags of call that say what is sent and how.
func addRequestFlags(f *pflag.FlagSet, o *curl.Options) {
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	o.Flags(all)
	withoutVariables(all, nil)
	for _, name := range requestFlags() {
		if flag := all.Lookup(name); flag != nil && f.Lookup(name) == nil {
			flag.Hidden = !slices.Contains(shownFlags, name)
			f.AddFlag(flag)
		}
	}
}

func (a *app) explain(ctx context.Context, v settingValues, o explainOptions, args []string) error {
	if o.format != "text" && o.format != "json" {
		return usageErrorf("--format is text or json, not %q", o.format)
	}
	list, err := a.exchanges(ctx, v, o, args)
	if err != nil {
		return err
	}
	a.addKnown(ctx, v, list)
	var reports []explained
	for _, in := range list {
		reports = append(reports, explained{in.Request, explain.Explain(in)})
	}
	if o.format == "json" {
		err = a.printReports(reports)
	} else {
		err = a.writeReports(reports)
	}
	if err != nil {
		return err
	}
	for _, r := range reports {
		if r.Refused {
			return &explainedError{}
		}
	}
	return nil
}

// explained is a report and what it is about.
type explained struct {
	request *explain.Request
	explain.Report
}

const sources = "gatepass explain METHOD URL, --curl 'curl ...', --har FILE, --response FILE or -"

// explainedError is a refusal that was explained: there is nothing more to say.
type explainedError struct{}

func (*explainedError) Error() string { return "the request was refused" }

// exchanges gets what is to be explained from where the user said.
func (a *app) exchanges(ctx context.Context, v settingValues, o explainOptions, args []string) ([]explain.Input, error) {
	if len(args) == 1 && args[0] == "-" {
		data, err := readExplained("stdin", a.io.In)
		if err != nil {
			return nil, err
		}
		return a.guessed(ctx, v, o, data)
	}
	switch {
	case o.curl != "" && len(args) > 0, o.har != "" && (len(args) > 0 || o.curl != "" || o.response != ""):
		return nil, usageErrorf("give one request: METHOD URL, --curl or --har")
	case o.har != "":
		return a.recorded(o.har)
	case o.response != "":
		return a.saved(ctx, v, o, args)
	case o.curl != "":
		return a.pasted(ctx, v, o.curl)
	case len(args) == 0 && o.request.URL == "":
		return nil, hintf(usageErrorf("there is nothing to explain"), sources)
	}
	return a.live(ctx, v, o, args)
}

// guessed tells by its beginning what stdin is.
func (a *app) guessed(ctx context.Context, v settingValues, o explainOptions, data []byte) ([]explain.Input, error) {
	text := strings.TrimSpace(strings.TrimPrefix(string(data), "\ufeff"))
	switch {
	case strings.HasPrefix(text, "curl ") || strings.HasPrefix(text, "curl.exe "):
		return a.pasted(ctx, v, text)
	case strings.HasPrefix(text, "{") && strings.Contains(text[:min(len(text), 4096)], `"log"`):
		return a.fromHAR(bytes.NewReader(data))
	}
	return fromResponse(data, nil)
}

// recorded explains the refusals of a recording.
func (a *app) recorded(file string) ([]explain.Input, error) {
	r, err := a.openExplained("--har", file)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return a.fromHAR(r)
}

func (a *app) fromHAR(r io.Reader) ([]explain.Input, error) {
	all, err := explain.ReadHAR(r)
	if errors.Is(err, explain.ErrFormat) {
		return nil, hintf(&usageError{err}, "export the recording from the browser's network panel, with sensitive data if signatures are to be compared")
	}
	if err != nil {
		return nil, err
	}
	var list []explain.Input
	for i := range all {
		if x := &all[i]; x.Refused() {
			list = append(list, explain.Input{Request: &x.Request, Response: x.Response, Now: x.Started})
		}
	}
	if list == nil {
		a.io.notef("none of the %d requests in the recording was refused", len(all))
	}
	return list, nil
}

// saved explains a saved answer, compared with the request if one is given.
func (a *app) saved(ctx context.Context, v settingValues, o explainOptions, args []string) ([]explain.Input, error) {
	r, err := a.openExplained("--response", o.response)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := readExplained(o.response, r)
	if err != nil {
		return nil, err
	}
	var sent *explain.Request
	if o.curl != "" || len(args) > 0 {
		req, err := a.described(ctx, v, &o, args)
		if err != nil {
			return nil, err
		}
		defer req.Close()
		if sent, err = requestOf(req.Request, req.Payload); err != nil {
			return nil, err
		}
	}
	return fromResponse(data, sent)
}

func fromResponse(data []byte, sent *explain.Request) ([]explain.Input, error) {
	resp, r, err := explain.ReadResponse(data)
	if err != nil {
		return nil, hintf(&usageError{err}, "save what curl -i or curl -v prints, or the body alone")
	}
	if sent == nil {
		sent = r
	}
	return []explain.Input{{Request: sent, Response: resp}}, nil
}

// described is the request that --curl or the arguments describe.
func (a *app) described(ctx context.Context, v settingValues, o *explainOptions, args []string) (*curl.Request, error) {
	if o.curl != "" {
		parsed, err := curl.ParseCommand(o.curl)
		if err != nil {
			return nil, curlError(err)
		}
		o.request.Options = *parsed
		r, err := parsed.Build(ctx, a.io.In)
		return r, curlError(err)
	}
	var err error
	if o.request.api, err = o.request.take(v, args); errors.Is(err, errNoTarget) {
		return nil, hintf(&usageError{err}, sources)
	} else if err != nil {
		return nil, err
	}
	return o.request.build(ctx, a)
}

// curlError makes an error of the user out of one of curl's.
func curlError(err error) error {
	e, ok := errors.AsType[*curl.Error](err)
	if !ok {
		return err
	}
	if e.Hint == "" {
		return &usageError{err}
	}
	return hintf(&usageError{err}, "%s", e.Hint)
}

// openExplained opens a file that a flag names, or stdin.
func (a *app) openExplained(flag, file string) (io.ReadCloser, error) {
	if file == "-" {
		return io.NopCloser(a.io.In), nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, &usageError{fmt.Errorf("%s: %w", flag, err)}
	}
	return f, nil
}

func readExplained(name string, r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxExplained+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if len(data) > maxExplained {
		return nil, usageErrorf("%s is larger than 16 MiB", name)
	}
	return data, nil
}

// printReports writes the reports as a JSON array.
func (a *app) printReports(reports []explained) error {
	type entry struct {
		Method string `json:"method,omitempty"`
		URL    string `json:"url,omitempty"`
		explain.Report
	}
	out := make([]entry, len(reports))
	for i, r := range reports {
		out[i].Report = r.Report
		if r.request != nil {
			out[i].Method, out[i].URL = r.request.Method, shownURL(r.request.URL)
		}
	}
	enc := json.NewEncoder(a.io.Out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false) // it goes to no page, and people read it too
	if err := enc.Encode(out); err != nil {
		return &writeError{err}
	}
	return nil
}

// known is what the profile says; the session's part is added where there is one.
func (a *app) known(v settingValues) explain.Known {
	k := explain.Known{
		Profile: v.profile, Region: v.region, UserPoolID: v.userPool, ClientID: v.client, IdentityPoolID: v.identityPool,
	}
	for name, api := range v.apis {
		k.APIs = append(k.APIs, explain.API{Name: name, URL: api.URL, Region: api.Region})
	}
	slices.SortFunc(k.APIs, func(a, b explain.API) int { return strings.Compare(a.Name, b.Name) })
	if strings.Contains(v.api, "://") {
		k.APIs = append(k.APIs, explain.API{Name: "GATEPASS_API", URL: v.api})
	}
	return k
}
