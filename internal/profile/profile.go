// Package profile keeps what the command line knows of user pools, identity
// pools and APIs: named profiles in the user's own file, those of a project in
// its .gatepass.yaml, and readers for the files that front-end tools leave
// behind. Nothing in a profile is secret.
package profile

// A Profile names one user pool, one identity pool and the APIs behind them.
// Empty fields are unknown.
type Profile struct {
	Region         string         `yaml:"region,omitempty"`
	UserPoolID     string         `yaml:"user_pool_id,omitempty"`
	ClientID       string         `yaml:"client_id,omitempty"`
	IdentityPoolID string         `yaml:"identity_pool_id,omitempty"`
	Endpoint       string         `yaml:"endpoint,omitempty"` // base URL of the services; empty: AWS
	APIs           map[string]API `yaml:"apis,omitempty"`
}

// An API is the base URL of a stage, and what to sign for where the URL does not
// say it.
type API struct {
	URL     string `yaml:"url"`
	Region  string `yaml:"region,omitempty"`  // empty: that of the URL, else of the profile
	Service string `yaml:"service,omitempty"` // empty: that of the URL, else execute-api
}
