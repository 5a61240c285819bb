package cli

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/internal/token"
	"github.com/gatepass/gatepass/sigv4"
)

func newToken(a *app) *cobra.Command {
	var header, claims bool
	cmd := &cobra.Command{
		Use: "token [id|access|refresh]",
		Long: `Print the ID token (the default), the access token or the refresh token of the
signed-in user on one line, for scripts. A token that has run out is renewed.
--claims prints what the token says, after its signature was verified with the
keys the user pool publishes.`,
		Example: `  curl -H "$(gatepass token --header)" "$GATEPASS_API/public"
  gatepass token id --claims`,
		Args:      arguments(cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs)),
		ValidArgs: []string{"id", "access", "refresh"},
	}
	read := a.settingsOf(cmd, clientFlags()...)
	cmd.Flags().BoolVar(&header, "header", false, "print it as an Authorization header")
	cmd.Flags().BoolVar(&claims, "claims", false, "verify it and print its claims as JSON")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		use := append(args, "id")[0]
		if header && claims {
			return usageErrorf("--header and --claims exclude each other")
		}
		if use == "refresh" && (header || claims) {
			return usageErrorf("a refresh token is for the user pool alone: it has no claims and belongs in no header")
		}
		v, err := read()
		if err != nil {
			return err
		}
		c, err := a.client(v)
		if err != nil {
			return err
		}
		if claims {
			return a.printClaims(cmd.Context(), c, use)
		}
		text, err := tokenOf(cmd.Context(), c, use)
		if err == nil && header {
			text = "Authorization: Bearer " + text
		}
		if err != nil {
			return err
		}
		return a.print(text + "\n")
	}
	return cmd
}

// print writes what was asked for to stdout.
func (a *app) print(text string) error {
	if _, err := fmt.Fprint(a.io.Out, text); err != nil {
		return &writeError{err}
	}
	return nil
}

func tokenOf(ctx context.Context, c *gatepass.Client, use string) (string, error) {
	s, err := c.CurrentUser(ctx)
	if err != nil {
		return "", err
	}
	t, err := s.Tokens(ctx)
	if err != nil {
		return "", err
	}
	return map[string]string{"id": t.ID, "access": t.Access, "refresh": t.Refresh}[use], nil
}

func (a *app) printClaims(ctx context.Context, c *gatepass.Client, use string) error {
	raw, err := tokenOf(ctx, c, use)
	if err != nil {
		return err
	}
	base, _, err := c.Endpoints()
	if err != nil {
		return err
	}
	base = strings.TrimSuffix(base, "/")
	from := base + "/" + c.UserPoolID + "/.well-known/jwks.json"
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return err
	}
	document, err := answerOf(httpClient(answerTime), r)
	if err != nil {
		return hintf(fmt.Errorf("the keys of the user pool: %w", err), "they should be at %s", from)
	}
	keys, err := token.ParseJWKS(document)
	if err != nil {
		return err
	}
	want := token.Expect{Issuers: issuersOf(base, c.UserPoolID), TokenUse: use, Now: time.Now(), Leeway: token.MaxLeeway}
	if use == "id" {
		want.Audience = c.ClientID
	} else {
		want.ClientID = c.ClientID
	}
	verified, err := token.Verify(raw, keys, want)
	if err != nil {
		return fmt.Errorf("the %s token is not to be trusted: %w", use, err)
	}
	return a.printJSON(verified.Raw())
}

// issuersOf are what the user pool is called in its tokens: by AWS in one of two
// ways, wherever it is asked ("Verifying JSON web tokens" in the Amazon Cognito
// developer guide), or by where it is asked.
func issuersOf(base, pool string) []string {
	region, _, _ := strings.Cut(pool, "_")
	host := sigv4.HostOf("cognito-idp", region) + "/" + pool
	return []string{base + "/" + pool, "https://" + host, "https://issuer-" + host}
}
