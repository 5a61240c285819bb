package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/internal/wire"
)

// status is what gatepass knows of a session. Nothing in it is secret.
type status struct {
	Profile            string    `json:"profile,omitempty"`
	Source             string    `json:"source,omitempty"` // the file of the profile
	SignedIn           bool      `json:"signedIn"`
	Guest              bool      `json:"guest,omitempty"`
	Username           string    `json:"username,omitempty"`
	Subject            string    `json:"sub,omitempty"`
	Email              string    `json:"email,omitempty"`
	Groups             []string  `json:"groups,omitempty"`
	UserPoolID         string    `json:"userPoolId,omitempty"`
	TokensExpire       time.Time `json:"tokensExpire,omitzero"`
	IdentityID         string    `json:"identityId,omitempty"`
	Role               string    `json:"role,omitempty"`
	AccessKeyID        string    `json:"accessKeyId,omitempty"`
	CredentialsExpires time.Time `json:"credentialsExpire,omitzero"`
	Checked            bool      `json:"checked,omitempty"` // the services were asked
	Stored             string    `json:"stored,omitempty"`
	Problem            string    `json:"problem,omitempty"`
	Fix                string    `json:"fix,omitempty"`

	err error
}

func newStatus(a *app) *cobra.Command {
	var asJSON, check, all bool
	cmd := &cobra.Command{
		Use: "status",
		Long: `Say who is signed in, as what, until when, and where the secrets are kept. It
reads what is on this machine and makes no connection; --check renews what has
run out and has the services confirm it. No secret is shown. The exit code is 4
when nobody is signed in.`,
		Example: "  gatepass status\n  gatepass status --all\n  gatepass status --check --json",
		Args:    arguments(cobra.NoArgs),
	}
	read := a.settingsOf(cmd, clientFlags()...)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object, with --all a list")
	cmd.Flags().BoolVar(&check, "check", false, "have the services confirm the session")
	cmd.Flags().BoolVar(&all, "all", false, "every profile")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		list, err := a.eachProfile(read, all)
		if err != nil {
			return err
		}
		var found []*status
		for _, v := range list {
			found = append(found, a.statusOf(cmd.Context(), v, check))
		}
		return a.printStatus(found, asJSON, all)
	}
	return cmd
}

// eachProfile gives the settings, or with all those of every profile.
func (a *app) eachProfile(read func() (settingValues, error), all bool) ([]settingValues, error) {
	if !all {
		v, err := read()
		return []settingValues{v}, err
	}
	files, err := a.profileFiles(a.env("GATEPASS_HOME"))
	if err != nil {
		return nil, err
	}
	var list []settingValues
	seen := map[string]bool{}
	for _, f := range files {
		for _, name := range f.Names() {
			if seen[name] {
				continue // the project's goes before the user's
			}
			seen[name] = true
			v := settingValues{}
			for _, s := range settings(&v) {
				if s.flag == "" {
					*s.value = a.env(s.env)
				}
			}
			a.profile = name
			if err := a.addProfile(&v); err != nil {
				return nil, err
			}
			list = append(list, v)
		}
	}
	if len(list) == 0 {
		v, err := read()
		return []settingValues{v}, err
	}
	return list, nil
}

func (a *app) statusOf(ctx context.Context, v settingValues, check bool) *status {
	st := &status{Profile: v.profile, Source: v.source, UserPoolID: v.userPool}
	s, err := a.session(ctx, v)
	if a.vault != nil {
		st.Stored = a.vault.Where()
	}
	if err == nil && check {
		st.Checked = true
		st.Role, err = a.check(ctx, v, s)
	}
	if s != nil {
		st.read(s)
	}
	if err != nil {
		st.err, st.Problem, st.Fix = err, textOf(err), hintOf(err)
		if v.profile != "" { // whichever is in use
			st.Fix = strings.Replace(st.Fix, "gatepass login", "gatepass login -p "+v.profile, 1)
		}
		st.SignedIn = st.SignedIn && exitCode(err) != exitNotSignedIn
	}
	return st
}

// read takes over what the session says of itself.
func (st *status) read(s *gatepass.Session) {
	t, c := s.Peek()
	claims := s.Claims()
	st.SignedIn, st.Guest = true, s.Username() == ""
	st.Username, st.Subject, st.Email = s.Username(), claims.Subject(), claims.String("email")
	st.Groups, st.TokensExpire = claims.Strings("cognito:groups"), t.Expires
	st.IdentityID, st.AccessKeyID, st.CredentialsExpires = c.IdentityID, c.AccessKeyID, c.Expires
	if st.Role == "" {
		st.Role = claims.String("cognito:preferred_role")
	}
}

// check renews what has run out and asks the services who the session is.
func (a *app) check(ctx context.Context, v settingValues, s *gatepass.Session) (role string, err error) {
	if s.Username() != "" {
		if err := a.checkUser(ctx, v, s); err != nil {
			return "", err
		}
	}
	if v.identityPool == "" {
		return "", nil
	}
	if _, err := s.Credentials(ctx); err != nil {
		return "", err
	}
	return callerRole(ctx, v, s)
}

// checkUser asks the user pool, which knows of a session that was ended elsewhere.
func (a *app) checkUser(ctx context.Context, v settingValues, s *gatepass.Session) error {
	t, err := s.Tokens(ctx)
	if err != nil {
		return err
	}
	c, err := a.client(v)
	if err != nil {
		return err
	}
	base, _, err := c.Endpoints()
	if err != nil {
		return err
	}
	in := wire.GetUserInput{AccessToken: t.Access}
	err = wire.Caller{HTTP: httpClient(answerTime)}.Call(ctx, base, wire.TargetIDP, "GetUser", in, new(wire.GetUserOutput))
	if e, ok := errors.AsType[*wire.Error](err); ok && e.Code == "NotAuthorizedException" {
		return fmt.Errorf("%w: the user pool says: %s", gatepass.ErrNotSignedIn, e.Message)
	}
	return err
}

func (a *app) printStatus(list []*status, asJSON, all bool) error {
	var err error
	switch {
	case asJSON && all:
		err = a.printJSON(list)
	case asJSON:
		err = a.printJSON(list[0])
	default:
		err = a.printStatuses(list)
	}
	if err != nil {
		return err
	}
	var failed error
	for _, st := range list {
		if st.err == nil && all {
			return nil // somebody is signed in somewhere
		}
		if failed == nil || exitCode(failed) == exitNotSignedIn {
			failed = st.err
		}
	}
	return failed
}

func (a *app) printStatuses(list []*status) error {
	for i, st := range list {
		if i > 0 {
			fmt.Fprintln(a.io.Out)
		}
		t := tabwriter.NewWriter(a.io.Out, 0, 0, 3, ' ', 0)
		for _, row := range st.rows(len(list) > 1) {
			if row[1] != "" {
				fmt.Fprintf(t, "%s\t%s\n", row[0], strings.ReplaceAll(plain(row[1]), "\n", " "))
			}
		}
		if err := t.Flush(); err != nil {
			return &writeError{err}
		}
	}
	return nil
}

func (st *status) rows(several bool) [][2]string {
	user, profile := st.Username, st.Profile
	switch {
	case !st.SignedIn && !errors.Is(st.err, gatepass.ErrNotSignedIn) && st.err != nil:
		user = "" // it could not be read
	case !st.SignedIn:
		user = "nobody"
	case st.Guest:
		user = "a guest"
	}
	if profile != "" {
		profile += " (" + st.Source + ")"
	}
	stored, key, _ := strings.Cut(st.Stored, "; ")
	rows := [][2]string{
		{"profile", profile},
		{"user", user},
		{"sub", st.Subject},
		{"email", st.Email},
		{"groups", strings.Join(st.Groups, ", ")},
		{"user pool", st.UserPoolID},
		{"tokens", until(st.TokensExpire)},
		{"identity", st.IdentityID},
		{"role", st.role()},
		{"access key", st.AccessKeyID},
		{"credentials", until(st.CredentialsExpires)},
		{"stored", stored},
		{"", key},
	}
	if several { // the error itself tells of one
		rows = append(rows, [2]string{"problem", st.Problem}, [2]string{"fix", st.Fix})
	}
	return rows
}

// role is the role for a person. Only the services know it, so it is asked for.
func (st *status) role() string {
	if st.Role == "" && st.AccessKeyID != "" {
		return "gatepass status --check asks for it"
	}
	return roleName(st.Role)
}

// roleName is the role of an ARN, and its account: what a person looks for.
func roleName(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return arn
	}
	names := strings.Split(parts[5], "/")
	switch {
	case names[0] == "assumed-role" && len(names) == 3:
		return names[1] + " of account " + parts[4]
	case names[0] == "role":
		return names[len(names)-1] + " of account " + parts[4]
	}
	return arn
}

// until says when something ends, or that it did, which the next use heals.
func until(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	text := t.Local().Format("2006-01-02 15:04:05 MST")
	if time.Now().After(t) {
		return "ended " + text + "; renewed when needed"
	}
	return "until " + text
}
