package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatepass/gatepass"
)

// sdkWindow is how long before their end the AWS SDKs ask for new credentials.
const sdkWindow = 15 * time.Minute

// formats are the ways credentials are printed; the first is the default.
var formats = []string{"process", "json", "env", "export-env", "powershell", "fish", "ini"}

// credentialsOptions are the flags of gatepass credentials.
type credentialsOptions struct {
	format, awsProfile string
	minTTL             time.Duration
	hasTTL             bool
}

func newCredentials(a *app) *cobra.Command {
	var o credentialsOptions
	cmd := &cobra.Command{
		Use: "credentials",
		Long: `Print temporary AWS credentials of the signed-in user, from the cache while they
last. As credential_process they make the AWS CLI, the SDKs, Terraform and Bruno
clients of gatepass; --write-aws-profile sets that up. It never asks anything.

Formats: process (what credential_process wants), json, env (for env files),
export-env, powershell, fish (for the shells), ini (for ~/.aws/credentials).`,
		Example: `  gatepass credentials --write-aws-profile notes
  aws sts get-caller-identity --profile notes
  eval "$(gatepass credentials --format export-env)" && terraform plan
  gatepass credentials --format env > notes.env`,
		Args: arguments(cobra.NoArgs),
	}
	read := a.settingsOf(cmd, clientFlags()...)
	cmd.Flags().StringVar(&o.format, "format", formats[0], "`FORMAT`: one of "+strings.Join(formats, ", "))
	cmd.Flags().DurationVar(&o.minTTL, "min-ttl", sdkWindow, "renew what ends sooner than this `DURATION` from now; given: fail when there are none")
	cmd.Flags().StringVar(&o.awsProfile, "write-aws-profile", "", "write a profile of this `NAME` that uses gatepass into the AWS config file, and print nothing")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		o.hasTTL = cmd.Flags().Changed("min-ttl")
		if !slices.Contains(formats, o.format) {
			return hintf(usageErrorf("--format %s is not known", o.format), "one of %s", strings.Join(formats, ", "))
		}
		v, err := read()
		if err != nil {
			return err
		}
		if o.awsProfile != "" {
			return a.writeAWSProfile(v, o.awsProfile)
		}
		return a.credentials(cmd.Context(), v, o)
	}
	return cmd
}

func (a *app) credentials(ctx context.Context, v settingValues, o credentialsOptions) error {
	c, err := a.lasting(ctx, v, o.minTTL)
	if err != nil {
		return err
	}
	if left := time.Until(c.Expires); o.hasTTL && left < o.minTTL {
		return fmt.Errorf("the identity pool's credentials last %s, not %s", left.Round(time.Second), o.minTTL)
	}
	text, err := formatCredentials(o.format, c, regionFor(v), v.profile)
	if err != nil {
		return err
	}
	return a.print(text)
}

// lasting gives credentials that last for a while, if the pool gives such.
func (a *app) lasting(ctx context.Context, v settingValues, life time.Duration) (gatepass.Credentials, error) {
	if err := needed(map[string]string{"GATEPASS_IDENTITY_POOL_ID": v.identityPool}); err != nil {
		return gatepass.Credentials{}, err
	}
	s, err := a.session(ctx, v)
	if err != nil {
		return gatepass.Credentials{}, err
	}
	return s.CredentialsFor(ctx, life)
}

func formatCredentials(format string, c gatepass.Credentials, region, profile string) (string, error) {
	switch format {
	case "process":
		b, err := json.Marshal(processCredentials(c))
		return string(b) + "\n", err
	case "json":
		b, err := json.MarshalIndent(struct {
			awsCredentials
			IdentityID string `json:"IdentityId"`
		}{awsCredentialsOf(c), c.IdentityID}, "", "  ")
		return string(b) + "\n", err
	case "ini":
		return iniCredentials(c, region, profile), nil
	}
	var b strings.Builder
	for _, kv := range credentialsEnv(c, region) {
		line, err := assign(format, kv[0], kv[1])
		if err != nil {
			return "", err
		}
		b.WriteString(line + "\n")
	}
	return b.String(), nil
}

// awsCredentials are named as in "Sourcing credentials with an external process"
// in the AWS SDKs and Tools reference guide.
type awsCredentials struct {
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string `json:"SecretAccessKey"`
	SessionToken    string `json:"SessionToken,omitempty"`
	Expiration      string `json:"Expiration"`
}

func awsCredentialsOf(c gatepass.Credentials) awsCredentials {
	return awsCredentials{c.AccessKeyID, c.SecretAccessKey, c.SessionToken, stamp(c.Expires)}
}

// stamp is a time in ISO 8601.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func processCredentials(c gatepass.Credentials) any {
	return struct {
		Version int `json:"Version"`
		awsCredentials
	}{1, awsCredentialsOf(c)}
}

// credentialsEnv is what the AWS tools read from the environment; boto3 wants
// AWS_DEFAULT_REGION where the others want AWS_REGION.
func credentialsEnv(c gatepass.Credentials, region string) [][2]string {
	return [][2]string{
		{"AWS_ACCESS_KEY_ID", c.AccessKeyID},
		{"AWS_SECRET_ACCESS_KEY", c.SecretAccessKey},
		{"AWS_SESSION_TOKEN", c.SessionToken},
		{"AWS_CREDENTIAL_EXPIRATION", stamp(c.Expires)},
		{"AWS_REGION", region},
		{"AWS_DEFAULT_REGION", region},
	}
}

func iniCredentials(c gatepass.Credentials, region, profile string) string {
	if profile == "" {
		profile = "default"
	}
	return fmt.Sprintf("[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\naws_session_token = %s\nregion = %s\n",
		profile, c.AccessKeyID, c.SecretAccessKey, c.SessionToken, region)
}

// assign sets a variable in the language of a shell, or of an env file, whose
// values are taken as they are.
func assign(format, name, value string) (string, error) {
	switch format {
	case "export-env":
		return "export " + name + "='" + strings.ReplaceAll(value, "'", `'\''`) + "'", nil
	case "fish":
		return "set -gx " + name + " '" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value) + "'", nil
	case "powershell": // it takes the typographic quotes for quotes too
		return "$env:" + name + " = '" + strings.NewReplacer(`'`, `''`, "‘", "‘‘", "’", "’’", "‚", "‚‚", "‛", "‛‛").Replace(value) + "'", nil
	}
	if strings.ContainsAny(value, "\r\n") {
		return "", fmt.Errorf("%s has a line end, which an env file cannot hold", name)
	}
	return name + "=" + value, nil
}
