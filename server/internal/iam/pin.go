package iam

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/store"
)

// Principals lists the ARNs of roles, users and sessions of roles that a policy names; nil for what is no policy of the kind.
func Principals(doc string, kind policy.Kind) []string {
	p, err := policy.Parse([]byte(doc), kind)
	if err != nil {
		return nil
	}
	var whole struct {
		Statement []struct{ Principal json.RawMessage }
	}
	if json.Unmarshal([]byte(p.String()), &whole) != nil {
		return nil // the kernel wrote it: it is read
	}
	var all []string
	for _, st := range whole.Statement {
		var named struct{ AWS texts }
		if json.Unmarshal(st.Principal, &named) != nil {
			continue // "*"
		}
		for _, text := range named.AWS {
			if kind, _ := principalName(text); kind != "" {
				all = append(all, text)
			}
		}
	}
	return all
}

// principalName takes the kind and the name from an ARN of a role, a user or a session of a role; "" for what names an account.
func principalName(arn string) (kind, name string) {
	fields := strings.SplitN(arn, ":", 6)
	if len(fields) < 6 {
		return "", ""
	}
	kind, name, _ = strings.Cut(fields[5], "/")
	switch kind {
	case "role", "user":
		return kind, name[strings.LastIndexByte(name, '/')+1:]
	case "assumed-role":
		name, _, _ = strings.Cut(name, "/")
		return kind, name
	}
	return "", ""
}

// UniqueID is the id of the role or user that has an ARN, or of the role a session is of; store.ErrNotFound.
func UniqueID(ctx context.Context, r reader, arn string) (string, error) {
	kind, name := principalName(arn)
	if kind == "user" {
		user, err := r.IAMUser(ctx, name)
		return user.ID, isOf(err, user.ARN == arn)
	}
	role, err := r.RoleNamed(ctx, name)
	return role.ID, isOf(err, kind == "assumed-role" || role.ARN == arn)
}

// isOf: a record that is another's is as good as none.
func isOf(err error, own bool) error {
	if err == nil && !own {
		return store.ErrNotFound
	}
	return err
}

// Pins are the unique ids of ARNs, without those that nobody has.
func Pins(ctx context.Context, r reader, arns []string) (map[string]string, error) {
	pins := map[string]string{}
	for _, arn := range arns {
		id, err := UniqueID(ctx, r, arn)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		pins[arn] = id
	}
	return pins, nil
}

// pins are the ids of whom a trust policy names: whoever is made later under the name of one of them is not trusted (IAM
// User Guide, "AWS JSON policy elements: Principal"). A principal of this account that is not there is refused. Who goes
// away meanwhile leaves the id of nobody.
func (c *call) pins(trust string) (map[string]string, error) {
	arns := Principals(trust, policy.Trust)
	pins, err := Pins(c.ctx, c.Store, arns)
	for _, arn := range arns {
		if _, there := pins[arn]; err == nil && !there && policy.AccountOf(arn) == c.AccountID {
			return nil, malformed(`Invalid principal in policy: "AWS":"`+arn+`"`, nil)
		}
	}
	return pins, err
}
