package server

import (
	"fmt"
	"regexp"
	"slices"
	"sync"
)

var (
	regionForm       = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$`) })
	accountForm      = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]{12}$`) })
	userPoolForm     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w-]+_[0-9a-zA-Z]{1,45}$`) })
	clientForm       = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w+]{1,128}$`) })
	identityPoolForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w-]+:[0-9a-f-]{36}$`) })
	developerForm    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w.-]{1,128}$`) })
	nameForm         = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w+=,.@-]{1,64}$`) })
	accessKeyForm    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^AKIA[A-Z0-9]{16}$`) })
)

// Validate checks every field and every reference of the configuration. The
// error is a [*ConfigError].
func (c *Config) Validate() error {
	steps := []func() error{
		c.validateGlobals, c.validateFronts, c.validateUserPools, c.validateOIDC, c.validateIdentityPools,
		c.validateManagedPolicies, c.validateRoles, c.validateAdmins, c.validateAPIs, c.validateFunctions,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) fail(path, format string, args ...any) error {
	e := &ConfigError{Path: path, Message: fmt.Sprintf(format, args...)}
	if c.lines != nil {
		e.Line = c.lines(path)
	}
	return e
}

func (c *Config) match(path, value string, form *regexp.Regexp, want string) error {
	if !form.MatchString(value) {
		return c.fail(path, "%q is not %s", value, want)
	}
	return nil
}

func (c *Config) oneOf(path, value string, legal ...string) error {
	if !slices.Contains(legal, value) {
		return c.fail(path, "%q is not one of %q", value, legal)
	}
	return nil
}

func (c *Config) validateGlobals() error {
	if c.Region != "" {
		if err := c.match("$.region", c.Region, regionForm(), "an AWS region such as us-east-1"); err != nil {
			return err
		}
	}
	if c.Account != "" {
		if err := c.match("$.account", c.Account, accountForm(), "an account id of twelve digits (quote it)"); err != nil {
			return err
		}
	}
	return c.oneOf("$.issuer", c.Issuer, "", "aws", "endpoint")
}

func (c *Config) validateUserPools() error {
	seen, clients := map[string]bool{}, map[string]bool{}
	for i, p := range c.UserPools {
		at := fmt.Sprintf("$.user_pools[%d]", i)
		if err := c.match(at+".id", p.ID, userPoolForm(), "a user pool id such as us-east-1_Notes"); err != nil {
			return err
		}
		if seen[p.ID] {
			return c.fail(at+".id", "the user pool %s is declared twice", p.ID)
		}
		seen[p.ID] = true
		if err := c.validateUserPool(at, p, clients); err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) validateUserPool(at string, p UserPool, clients map[string]bool) error {
	if err := c.oneOf(at+".mfa", p.MFA, "", "OFF", "OPTIONAL", "ON"); err != nil {
		return err
	}
	lists := []struct {
		field  string
		values []string
		legal  []string
	}{
		{".username_attributes", p.UsernameAttributes, []string{"email"}},
		{".alias_attributes", p.AliasAttributes, []string{"email", "preferred_username"}},
		{".auto_verified_attributes", p.AutoVerifiedAttributes, []string{"email"}},
	}
	for _, l := range lists {
		for i, v := range l.values {
			if err := c.oneOf(fmt.Sprintf("%s%s[%d]", at, l.field, i), v, l.legal...); err != nil {
				return err
			}
		}
	}
	if pp := p.PasswordPolicy; pp != nil && pp.MinimumLength != 0 && (pp.MinimumLength < 6 || pp.MinimumLength > 99) {
		return c.fail(at+".password_policy.minimum_length", "%d is not between 6 and 99", pp.MinimumLength)
	}
	return c.validateMembers(at, p, clients)
}

func (c *Config) validateMembers(at string, p UserPool, clients map[string]bool) error {
	groups := map[string]bool{}
	for i, g := range p.Groups {
		path := fmt.Sprintf("%s.groups[%d]", at, i)
		if err := c.match(path+".name", g.Name, nameForm(), "a group name"); err != nil {
			return err
		}
		groups[g.Name] = true
		if g.Role != "" && !c.hasRole(g.Role) {
			return c.fail(path+".role", "no role named %q is declared under roles", g.Role)
		}
	}
	for i, cl := range p.Clients {
		path := fmt.Sprintf("%s.clients[%d].id", at, i)
		if err := c.match(path, cl.ID, clientForm(), "an app client id of letters and digits"); err != nil {
			return err
		}
		if clients[cl.ID] {
			return c.fail(path, "the client %s is declared twice", cl.ID)
		}
		clients[cl.ID] = true
	}
	return c.validateUsers(at, p, groups)
}

func (c *Config) validateUsers(at string, p UserPool, groups map[string]bool) error {
	for i, u := range p.Users {
		path := fmt.Sprintf("%s.users[%d]", at, i)
		if u.Username == "" {
			return c.fail(path+".username", "a user needs a username")
		}
		for j, g := range u.Groups {
			if !groups[g] {
				return c.fail(fmt.Sprintf("%s.groups[%d]", path, j), "the pool declares no group named %q", g)
			}
		}
	}
	return nil
}

func (c *Config) hasRole(name string) bool {
	return slices.ContainsFunc(c.Roles, func(r Role) bool { return r.Name == name })
}

func (c *Config) hasClient(pool, client string) bool {
	return slices.ContainsFunc(c.UserPools, func(p UserPool) bool {
		return p.ID == pool && slices.ContainsFunc(p.Clients, func(cl Client) bool { return cl.ID == client })
	})
}
