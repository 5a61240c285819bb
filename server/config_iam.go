package server

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/internal/iam"
)

// Role declares an IAM role. Trust may be left out for a role that an identity
// pool of the same file uses, for itself, in a rule or by a group of a user pool
// whose tokens it takes roles from: the trust policy is then the standard one,
// bound to that pool (aud) and to signed-in users or guests (amr).
//
// Each start applies the file again: what it declares replaces what IAM calls
// made of it, and a policy that it declared before and does not any more is taken
// away. Policies and tags of other names that IAM calls added stay.
type Role struct {
	Name     string              `yaml:"name"`
	Trust    *Document           `yaml:"trust"`
	Policies map[string]Document `yaml:"policies"` // inline, by name
	// Attached and Boundary name managed policies, by ARN or as ManagedPolicies has
	// them. An empty Boundary leaves the one there is.
	Attached          []string          `yaml:"attached"`
	Boundary          string            `yaml:"boundary"`
	MaxSessionSeconds int               `yaml:"max_session_seconds"` // 3600 to 43200; zero: 3600
	Tags              map[string]string `yaml:"tags"`
}

// Admin declares an IAM user with one access key. The secret comes from the
// environment variable SecretEnv names. Policies are applied as those of a [Role];
// a key that an IAM call made inactive stays so.
type Admin struct {
	Name        string              `yaml:"name"`
	AccessKeyID string              `yaml:"access_key_id"` // AKIA and sixteen letters or digits
	SecretEnv   string              `yaml:"secret_env"`
	Policies    map[string]Document `yaml:"policies"`
	Attached    []string            `yaml:"attached"` // managed policies, as of a Role
	Boundary    string              `yaml:"boundary"`
	Tags        map[string]string   `yaml:"tags"`
	Secret      Secret              `yaml:"-"` // in place of SecretEnv, for a Config made in Go
}

func (c *Config) validateManagedPolicies() error {
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(c.ManagedPolicies)) {
		path := "$.managed_policies." + name
		if err := c.match(path, name, nameForm(), "a policy name"); err != nil {
			return err
		}
		if err := c.once(path, "policy", name, seen); err != nil {
			return err
		}
		if err := iam.CheckManaged(string(c.ManagedPolicies[name])); err != nil {
			return c.fail(path, "%v", why(err))
		}
	}
	return nil
}

// once refuses a name twice; letter case makes no other name.
func (c *Config) once(path, what, name string, seen map[string]bool) error {
	folded := strings.ToLower(name)
	if seen[folded] {
		return c.fail(path, "the %s %s is declared twice (names have no letter case)", what, name)
	}
	seen[folded] = true
	return nil
}

// why is what the parser says of a document, with the place, rather than IAM's
// words for it.
func why(err error) error {
	var e *policy.SyntaxError
	if errors.As(err, &e) {
		return e
	}
	return err
}

func (c *Config) validateRoles() error {
	seen := map[string]bool{}
	for i, r := range c.Roles {
		at := fmt.Sprintf("$.roles[%d]", i)
		if err := c.match(at+".name", r.Name, nameForm(), "a role name"); err != nil {
			return err
		}
		if err := c.once(at+".name", "role", r.Name, seen); err != nil {
			return err
		}
		if err := c.validateTrust(at, r); err != nil {
			return err
		}
		if r.MaxSessionSeconds != 0 && (r.MaxSessionSeconds < 3600 || r.MaxSessionSeconds > 43200) {
			return c.fail(at+".max_session_seconds", "%d is not between 3600 and 43200", r.MaxSessionSeconds)
		}
		if err := c.validateGrants(at, grants{false, r.Name, r.Policies, r.Attached, r.Boundary, r.Tags}); err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) validateTrust(at string, r Role) error {
	if r.Trust == nil {
		if c.trustFor(r.Name) == "" {
			return c.fail(at, "the role %s has no trust policy and no identity pool of this file uses it", r.Name)
		}
		return nil
	}
	if err := iam.CheckTrust(string(*r.Trust)); err != nil {
		return c.fail(at+".trust", "%v", why(err))
	}
	return nil
}

// grants are what a role and an administrator have in common.
type grants struct {
	user     bool
	name     string
	policies map[string]Document
	attached []string
	boundary string
	tags     map[string]string
}

func (c *Config) validateGrants(at string, g grants) error {
	for name, doc := range g.policies {
		path := at + ".policies." + name
		if err := c.match(path, name, nameForm(), "a policy name"); err != nil {
			return err
		}
		if _, err := policy.Parse([]byte(doc), policy.Identity); err != nil {
			return c.fail(path, "%v", err)
		}
	}
	if err := iam.CheckInline(g.user, g.name, texts(g.policies)); err != nil {
		return c.fail(at+".policies", "%v", why(err))
	}
	for i, name := range g.attached {
		if err := c.validateReference(fmt.Sprintf("%s.attached[%d]", at, i), name); err != nil {
			return err
		}
	}
	if g.boundary != "" {
		if err := c.validateReference(at+".boundary", g.boundary); err != nil {
			return err
		}
	}
	if err := iam.CheckTags(g.tags); err != nil {
		return c.fail(at+".tags", "%v", err)
	}
	return nil
}

// validateReference wants an ARN, or a name of managed_policies.
func (c *Config) validateReference(path, name string) error {
	if _, declared := c.ManagedPolicies[name]; !declared && !strings.HasPrefix(name, "arn:aws:iam::") {
		return c.fail(path, "%q is neither the ARN of a policy nor declared under managed_policies", name)
	}
	return nil
}

func (c *Config) validateAdmins() error {
	names, keys := map[string]bool{}, map[string]bool{}
	for i, a := range c.Admins {
		at := fmt.Sprintf("$.admins[%d]", i)
		if err := c.match(at+".name", a.Name, nameForm(), "a user name"); err != nil {
			return err
		}
		if err := c.once(at+".name", "administrator", a.Name, names); err != nil {
			return err
		}
		if err := c.match(at+".access_key_id", a.AccessKeyID, accessKeyForm(), "AKIA and sixteen capital letters or digits"); err != nil {
			return err
		}
		if err := c.once(at+".access_key_id", "access key", a.AccessKeyID, keys); err != nil {
			return err
		}
		if a.SecretEnv == "" && a.Secret == "" {
			return c.fail(at+".secret_env", "name the environment variable that holds the secret access key")
		}
		if err := c.validateGrants(at, grants{true, a.Name, a.Policies, a.Attached, a.Boundary, a.Tags}); err != nil {
			return err
		}
	}
	return nil
}
