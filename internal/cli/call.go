package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatepass/gatepass"
)

// maxData is the largest request body API Gateway takes, in bytes.
const maxData = 10 << 20

// callOptions are the request as the user gave it.
type callOptions struct {
	method, target, data string
	hasData              bool
	headers              []string
}

func newCall(a *app) *cobra.Command {
	var o callOptions
	cmd := &cobra.Command{
		Use: "call METHOD PATH|URL", Short: "sign a request and send it",
		Long: `Sign a request with the credentials of the signed-in user and send it. A PATH
belongs to the API of GATEPASS_API; a URL stands for itself. The body of the
answer goes to stdout as it is. A status of 400 or more is named on stderr, with
the likely cause, and the exit code is 22. Redirects are not followed.`,
		Example: `  gatepass call GET /notes
  gatepass call POST /notes --data '{"content": "buy milk"}'
  gatepass call POST /notes --data @note.json
  echo '{"content": "tea"}' | gatepass call POST /notes --data -`,
		Args: arguments(cobra.ExactArgs(2)),
	}
	read := a.settingsOf(cmd, append(clientFlags(), "api")...)
	cmd.Flags().StringVarP(&o.data, "data", "d", "", "body: the `text` itself, @FILE, or - for stdin")
	cmd.Flags().StringArrayVarP(&o.headers, "header", "H", nil, "a `\"Name: value\"`; with --data, Content-Type is application/json if not given")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		o.method, o.target, o.hasData = strings.ToUpper(args[0]), args[1], cmd.Flags().Changed("data")
		v, err := read()
		if err != nil {
			return err
		}
		return a.call(cmd.Context(), v, o)
	}
	return cmd
}

func (a *app) call(ctx context.Context, v settingValues, o callOptions) error {
	r, err := a.request(ctx, v, o)
	if err != nil {
		return err
	}
	s, err := a.session(ctx, v)
	if err != nil {
		return err
	}
	if err := needed(map[string]string{"GATEPASS_IDENTITY_POOL_ID": v.identityPool}); err != nil {
		return err
	}
	if _, err := s.Credentials(ctx); err != nil {
		return err
	}
	return a.send(s, r)
}

// request makes the request from what the user typed, before anything is sent.
func (a *app) request(ctx context.Context, v settingValues, o callOptions) (*http.Request, error) {
	target, _, err := v.apiURL(o.target)
	if err != nil {
		return nil, err
	}
	body, err := a.body(o)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, o.method, target, body)
	if err != nil {
		return nil, hintf(&usageError{err}, "gatepass call METHOD PATH|URL")
	}
	r.Header.Set("User-Agent", "gatepass/"+readVersion().Version)
	if o.hasData {
		r.Header.Set("Content-Type", "application/json")
	}
	return r, setHeaders(r.Header, o.headers)
}

// setHeaders adds what the user gave, in place of what is there by default.
func setHeaders(h http.Header, lines []string) error {
	given := http.Header{}
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ":")
		name = strings.TrimSpace(name)
		if !ok || name == "" {
			return hintf(usageErrorf("the header %q is not a name and a value", line), `-H "Name: value"`)
		}
		if strings.EqualFold(name, "Host") {
			return usageErrorf("the header Host is that of the URL and cannot be another")
		}
		given.Add(name, strings.TrimSpace(value))
	}
	maps.Copy(h, given)
	return nil
}

// body reads the data in one piece, because it is hashed before it is sent.
func (a *app) body(o callOptions) (io.Reader, error) {
	if !o.hasData {
		return nil, nil
	}
	file, isFile := strings.CutPrefix(o.data, "@")
	switch {
	case o.data == "-", o.data == "@-":
		return limited("stdin", a.io.In)
	case isFile:
		f, err := os.Open(file)
		if err != nil {
			return nil, &usageError{fmt.Errorf("--data: %w", err)}
		}
		defer f.Close()
		return limited(file, f)
	}
	return strings.NewReader(o.data), nil
}

func limited(name string, r io.Reader) (io.Reader, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxData+1))
	if err != nil {
		return nil, fmt.Errorf("--data: reading %s: %w", name, err)
	}
	if len(b) > maxData {
		return nil, usageErrorf("--data: %s is larger than 10 MiB, which no API Gateway takes", name)
	}
	return bytes.NewReader(b), nil
}

// send sends the request and copies the answer to stdout.
func (a *app) send(s *gatepass.Session, r *http.Request) error {
	resp, err := callClient(s, r.URL.Host).Do(r)
	if errors.Is(err, gatepass.ErrRefusedHost) {
		return hintf(usageErrorf("credentials are not sent to %s://%s, where the network can read them", r.URL.Scheme, r.URL.Host), "use https")
	}
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	head, err := a.copyBody(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return refusal(resp, head)
	}
	if to := resp.Header.Get("Location"); to != "" && resp.StatusCode >= http.StatusMultipleChoices {
		a.io.notef("%s: the API redirects to %s; signed requests do not follow", resp.Status, to)
	}
	return nil
}

// callClient signs for one host. The answer must begin in time and may then take
// as long as it likes; its bytes are not unpacked.
func callClient(s *gatepass.Session, host string) *http.Client {
	base := &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, DisableCompression: true,
		TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: time.Minute,
	}
	t := s.Transport(host)
	t.Base = base
	return &http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// maxRefusal is how much of an answer is kept to explain a refusal, in bytes.
const maxRefusal = 64 << 10

// copyBody copies the body to stdout untouched and keeps its beginning. On a
// terminal the prompt begins on a line of its own.
func (a *app) copyBody(body io.Reader) (head []byte, err error) {
	buf := make([]byte, 32<<10)
	last := byte('\n')
	for {
		n, readErr := body.Read(buf)
		if n > 0 {
			last = buf[n-1]
			head = append(head, buf[:min(n, maxRefusal-len(head))]...)
			if _, err := a.io.Out.Write(buf[:n]); err != nil {
				return nil, &writeError{err}
			}
		}
		switch {
		case readErr == io.EOF && last != '\n' && a.io.outIsTerminal():
			fmt.Fprintln(a.io.Out)
			return head, nil
		case readErr == io.EOF:
			return head, nil
		case readErr != nil:
			return nil, fmt.Errorf("reading the answer: %w", readErr)
		}
	}
}
