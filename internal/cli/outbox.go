package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatepass/gatepass/sigv4"
)

func newOutbox(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use: "outbox [USER]",
		Long: `Print the messages a gatepass server sent, newest first, as a JSON array: it has
no mail, so codes and invitations wait there. The request is signed with an
administrator's key from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, whose
policy allows gatepass:ListMessages.`,
		Args: arguments(cobra.MaximumNArgs(1)),
	}
	read := a.settingsOf(cmd, "endpoint", "region")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		v, err := read()
		if err != nil {
			return err
		}
		user := ""
		if len(args) > 0 {
			user = args[0]
		}
		return a.outbox(cmd.Context(), v, user)
	}
	return cmd
}

func (a *app) outbox(ctx context.Context, v settingValues, user string) error {
	region, _, _ := strings.Cut(v.userPool, "_")
	region = cmp.Or(v.region, region, a.env("AWS_REGION"))
	creds := sigv4.Credentials{
		AccessKeyID: a.env("AWS_ACCESS_KEY_ID"), SecretAccessKey: a.env("AWS_SECRET_ACCESS_KEY"), SessionToken: a.env("AWS_SESSION_TOKEN"),
	}
	if err := needed(map[string]string{
		"GATEPASS_ENDPOINT": v.endpoint, "GATEPASS_REGION": region,
		"AWS_ACCESS_KEY_ID": creds.AccessKeyID, "AWS_SECRET_ACCESS_KEY": creds.SecretAccessKey,
	}); err != nil {
		return err
	}
	target := strings.TrimSuffix(v.endpoint, "/") + "/_gatepass/messages"
	if user != "" {
		target += "?" + url.Values{"username": {user}}.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return &usageError{err}
	}
	signer := &sigv4.Signer{Region: region, Profile: sigv4.Generic("gatepass")}
	if err := signer.Sign(r, creds, sigv4.EmptyHash, time.Now()); err != nil {
		return err
	}
	return a.printAnswer(r)
}

// printAnswer sends r and prints the JSON of the answer.
func (a *app) printAnswer(r *http.Request) error {
	body, err := answerOf(httpClient(answerTime), r)
	if err != nil {
		return err
	}
	if !json.Valid(body) {
		return hintf(fmt.Errorf("the answer of %s is not JSON", r.URL.Host), "is GATEPASS_ENDPOINT a gatepass server?")
	}
	return a.printJSON(json.RawMessage(body))
}
