package server

import (
	"log/slog"
	"os"

	"github.com/goccy/go-yaml"
)

// Config declares everything a [Server] serves: user pools, identity pools,
// roles, administrators and APIs. It is what a gate.yaml file holds; applying
// the same Config again changes nothing.
//
// The zero value is legal and serves nothing but /healthz.
type Config struct {
	Region  string `yaml:"region"`  // AWS region name; zero: us-east-1
	Account string `yaml:"account"` // twelve digits; zero: 000000000000
	Issuer  string `yaml:"issuer"`  // "aws" (default) or "endpoint": the iss of user pool tokens
	// ShowDecisions tells each caller whose signature is right, in the header
	// X-Gatepass-Decision, which statement of his role's policies decided: policy,
	// statement and the element that did not fit, never what they hold. For
	// development; zero: only the log says it.
	ShowDecisions bool `yaml:"show_decisions"`
	// TrustedProxies are the addresses, or CIDR blocks of them, of proxies and load
	// balancers that stand before the Server. Of a request that one of them sends,
	// X-Forwarded-For says who called (aws:SourceIp) and X-Forwarded-Proto whether
	// over TLS (aws:SecureTransport); nobody else's headers do. Zero: nobody's.
	TrustedProxies []string       `yaml:"trusted_proxies"`
	UserPools      []UserPool     `yaml:"user_pools"`
	OIDCProviders  []OIDCProvider `yaml:"oidc_providers"`
	IdentityPools  []IdentityPool `yaml:"identity_pools"`
	// ManagedPolicies are policies that roles and administrators may have attached,
	// by name.
	ManagedPolicies map[string]Document `yaml:"managed_policies"`
	Roles           []Role              `yaml:"roles"`
	Admins          []Admin             `yaml:"admins"`
	APIs            []API               `yaml:"apis"`
	APIKeys         []APIKey            `yaml:"api_keys"`
	UsagePlans      []UsagePlan         `yaml:"usage_plans"`
	// Functions maps names of Lambda functions to the http or https URLs that
	// their events are posted to.
	Functions map[string]string `yaml:"functions"`
	// LambdaEndpoint is the base URL of a Lambda service that has all other
	// functions, such as http://127.0.0.1:3001 of sam local start-lambda.
	LambdaEndpoint string `yaml:"lambda_endpoint"`

	lines func(path string) int // where a field stands in the file; nil without a file
	dir   string                // of the file, which the files that it names are relative to
	notes []string
}

// UserPool declares a Cognito user pool.
type UserPool struct {
	ID                     string          `yaml:"id"` // <region>_<letters and digits>
	Name                   string          `yaml:"name"`
	UsernameAttributes     []string        `yaml:"username_attributes"`      // "email": users sign in with it and get a generated username
	AliasAttributes        []string        `yaml:"alias_attributes"`         // "email", "preferred_username": also accepted at sign-in
	AutoVerifiedAttributes []string        `yaml:"auto_verified_attributes"` // "email": a code is sent at sign-up
	CaseSensitive          bool            `yaml:"case_sensitive"`           // zero: Ada and ada are one user
	MFA                    string          `yaml:"mfa"`                      // OFF (default), OPTIONAL or ON; TOTP is the factor
	AdminCreateUserOnly    bool            `yaml:"admin_create_user_only"`   // refuse SignUp
	PasswordPolicy         *PasswordPolicy `yaml:"password_policy"`          // nil: Cognito's default
	Groups                 []Group         `yaml:"groups"`
	Clients                []Client        `yaml:"clients"`
	Users                  []User          `yaml:"users"`
}

// PasswordPolicy is what a new password must satisfy.
type PasswordPolicy struct {
	MinimumLength    int  `yaml:"minimum_length"` // 6 to 99; zero: 8
	RequireUppercase bool `yaml:"require_uppercase"`
	RequireLowercase bool `yaml:"require_lowercase"`
	RequireNumbers   bool `yaml:"require_numbers"`
	RequireSymbols   bool `yaml:"require_symbols"`
	TemporaryDays    int  `yaml:"temporary_days"` // life of a temporary password in days; zero: 7
}

// Group declares a user pool group. Role is the name of a role in the same file
// or empty.
type Group struct {
	Name       string `yaml:"name"`
	Role       string `yaml:"role"`
	Precedence *int   `yaml:"precedence"` // the lowest wins cognito:preferred_role; nil: after all others
}

// Client declares an app client of a user pool.
type Client struct {
	ID                 string   `yaml:"id"` // letters and digits
	Name               string   `yaml:"name"`
	SecretEnv          string   `yaml:"secret_env"` // name of the environment variable that holds the client secret; empty: a public client
	Secret             Secret   `yaml:"-"`          // in place of SecretEnv, for a Config made in Go
	AuthFlows          []string `yaml:"auth_flows"` // ALLOW_USER_SRP_AUTH, ALLOW_USER_PASSWORD_AUTH, …; empty: SRP and refresh
	AccessTokenMinutes int      `yaml:"access_token_minutes"`
	IDTokenMinutes     int      `yaml:"id_token_minutes"`
	RefreshTokenDays   int      `yaml:"refresh_token_days"`
	RotateRefresh      bool     `yaml:"rotate_refresh_tokens"`
	ReadAttributes     []string `yaml:"read_attributes"`  // that users of the client see; empty: all
	WriteAttributes    []string `yaml:"write_attributes"` // that they may set; empty: all
}

// User declares a confirmed user. The password comes from the environment
// variable PasswordEnv names; without one a temporary password is made and
// delivered to the message outbox, once.
type User struct {
	Username    string            `yaml:"username"`
	PasswordEnv string            `yaml:"password_env"`
	Attributes  map[string]string `yaml:"attributes"`
	Groups      []string          `yaml:"groups"`
	Password    Secret            `yaml:"-"` // in place of PasswordEnv, for a Config made in Go
}

// Secret is a text that does not print itself. It cannot be written in a
// gate.yaml, which is for eyes and version control.
type Secret string

// String hides the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "redacted"
}

// GoString hides the secret.
func (s Secret) GoString() string { return `"` + s.String() + `"` }

// LogValue hides the secret.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the secret.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// from is the secret itself, or what the environment variable name holds.
func (s Secret) from(name string) string {
	if s != "" || name == "" {
		return string(s)
	}
	return os.Getenv(name)
}

// Seconds is a duration in whole seconds.
type Seconds int

// Document is a policy document, written in YAML or JSON, kept as JSON.
type Document string

// UnmarshalYAML takes the node as it stands and keeps it as JSON.
func (d *Document) UnmarshalYAML(node []byte) error {
	js, err := yaml.YAMLToJSON(node)
	if err != nil {
		return err
	}
	*d = Document(js)
	return nil
}
