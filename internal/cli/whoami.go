package cli

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatepass/gatepass"
)

// whoami is what gatepass knows of the signed-in user. Nothing in it is secret.
type whoami struct {
	Username           string    `json:"username"`
	Subject            string    `json:"sub"`
	Email              string    `json:"email,omitempty"`
	Groups             []string  `json:"groups,omitempty"`
	UserPoolID         string    `json:"userPoolId"`
	TokensExpire       time.Time `json:"tokensExpire"`
	IdentityID         string    `json:"identityId,omitempty"`
	AccessKeyID        string    `json:"accessKeyId,omitempty"`
	CredentialsExpires time.Time `json:"credentialsExpire,omitzero"`
}

func newWhoami(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "whoami", Short: "say who is signed in",
		Long: `Say who is signed in, and as what: user, identity and credentials. Tokens and
credentials that have run out are renewed. No secret is shown.`,
		Args: arguments(cobra.NoArgs),
	}
	read := a.settingsOf(cmd, clientFlags()...)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		v, err := read()
		if err != nil {
			return err
		}
		c, err := a.client(v)
		if err != nil {
			return err
		}
		w, err := lookUp(cmd.Context(), c)
		if err != nil {
			return err
		}
		if asJSON {
			return a.printJSON(w)
		}
		return a.printWhoami(w)
	}
	return cmd
}

func lookUp(ctx context.Context, c *gatepass.Client) (whoami, error) {
	s, err := c.CurrentUser(ctx)
	if err != nil {
		return whoami{}, err
	}
	tokens, err := s.Tokens(ctx)
	if err != nil {
		return whoami{}, err
	}
	claims := s.Claims()
	w := whoami{
		Username: s.Username(), Subject: claims.Subject(), Email: claims.String("email"),
		Groups: claims.Strings("cognito:groups"), UserPoolID: c.UserPoolID, TokensExpire: tokens.Expires,
	}
	if c.IdentityPoolID == "" {
		return w, nil
	}
	creds, err := s.Credentials(ctx)
	if err != nil {
		return whoami{}, err
	}
	w.IdentityID, w.AccessKeyID, w.CredentialsExpires = creds.IdentityID, creds.AccessKeyID, creds.Expires
	return w, nil
}

func (a *app) printWhoami(w whoami) error {
	t := tabwriter.NewWriter(a.io.Out, 0, 0, 3, ' ', 0)
	for _, row := range [][2]string{
		{"user", w.Username},
		{"sub", w.Subject},
		{"email", w.Email},
		{"groups", strings.Join(w.Groups, ", ")},
		{"user pool", w.UserPoolID},
		{"tokens", until(w.TokensExpire)},
		{"identity", w.IdentityID},
		{"access key", w.AccessKeyID},
		{"credentials", until(w.CredentialsExpires)},
	} {
		if row[1] != "" {
			fmt.Fprintf(t, "%s\t%s\n", row[0], row[1])
		}
	}
	if err := t.Flush(); err != nil {
		return &writeError{err}
	}
	return nil
}

func until(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return "until " + t.Local().Format("2006-01-02 15:04:05 MST")
}
