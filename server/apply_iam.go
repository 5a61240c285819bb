package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/internal/iam"
	"github.com/gatepass/gatepass/server/internal/sts"
	"github.com/gatepass/gatepass/server/store"
)

func (s *Server) iamARN(kind, name string) string {
	return "arn:aws:iam::" + s.account() + ":" + kind + "/" + name
}

func (s *Server) roleARN(name string) string {
	if name == "" {
		return ""
	}
	return s.iamARN("role", name)
}

// policyARN is what a role's list of managed policies means: an ARN, or a name of
// the same file.
func (s *Server) policyARN(name string) string {
	if _, declared := s.Config.ManagedPolicies[name]; declared {
		return s.iamARN("policy", name)
	}
	return name
}

func texts(docs map[string]Document) map[string]string {
	out := map[string]string{}
	for name, d := range docs {
		out[name] = string(d)
	}
	return out
}

func (s *Server) applyManagedPolicies(ctx context.Context) error {
	for _, name := range slices.Sorted(maps.Keys(s.Config.ManagedPolicies)) {
		doc := string(s.Config.ManagedPolicies[name])
		err := s.declareOnce(ctx, func(tx *store.Tx) error { return s.applyManagedPolicy(ctx, tx, name, doc) })
		if errors.Is(err, store.ErrExists) {
			err = errors.New("another policy of the name is there: delete it, or rename this one")
		}
		if err != nil {
			return fmt.Errorf("managed policy %s: %w", name, err)
		}
	}
	return nil
}

func (s *Server) applyManagedPolicy(ctx context.Context, tx *store.Tx, name, doc string) error {
	now := s.Now()
	p, err := tx.Policy(ctx, s.iamARN("policy", name))
	switch {
	case errors.Is(err, store.ErrNotFound):
		id, err := sts.NewID(s.random, "ANPA")
		if err != nil {
			return err
		}
		return tx.CreatePolicy(store.ManagedPolicy{
			Name: name, ARN: s.iamARN("policy", name), ID: id, Default: "v1", Made: 1, Declared: true, Created: now, Modified: now,
			Versions: []store.PolicyVersion{{ID: "v1", Document: doc, Created: now}},
		})
	case err != nil || p.DefaultDocument() == doc:
		return err
	}
	return tx.PutPolicy(iam.NewVersion(p, doc, now))
}

func (s *Server) applyRoles(ctx context.Context) error {
	for _, r := range s.Config.Roles {
		if err := s.declareOnce(ctx, func(tx *store.Tx) error { return s.applyRole(ctx, tx, r) }); err != nil {
			return fmt.Errorf("role %s: %w", r.Name, err)
		}
	}
	return nil
}

// declareOnce writes again if another node that starts was faster: then there is
// something to bring up to date.
func (s *Server) declareOnce(ctx context.Context, fn func(tx *store.Tx) error) error {
	err := s.store.Update(ctx, fn)
	if errors.Is(err, store.ErrExists) {
		err = s.store.Update(ctx, fn)
	}
	return err
}

func (s *Server) applyRole(ctx context.Context, tx *store.Tx, r Role) error {
	save := tx.PutRole
	role, err := tx.RoleNamed(ctx, r.Name)
	if errors.Is(err, store.ErrNotFound) {
		role = store.Role{Name: r.Name, ARN: s.roleARN(r.Name), Created: s.Now(), Declared: []string{madeMark}}
		role.ID, err = sts.NewID(s.random, "AROA")
		save = tx.CreateRole
	}
	if err == nil && role.ARN != s.roleARN(r.Name) {
		err = fmt.Errorf("%s is there, which is another role: delete it, or rename this one", role.ARN)
	}
	if err != nil {
		return err
	}
	role.Trust = s.Config.trustFor(r.Name)
	if r.Trust != nil {
		role.Trust = string(*r.Trust)
	}
	role.MaxSessionSeconds = cmp.Or(r.MaxSessionSeconds, role.MaxSessionSeconds)
	have := held{role.Policies, role.Attached, role.Boundary, role.Tags, role.Declared}
	if err := s.declareGrants(ctx, tx, &have, grants{false, r.Name, r.Policies, r.Attached, r.Boundary, r.Tags}); err != nil {
		return err
	}
	role.Policies, role.Attached, role.Boundary, role.Tags, role.Declared = have.policies, have.attached, have.boundary, have.tags, have.declared
	return save(role)
}

// pinRoles pins the trust of declared roles, when all are there, to the unique
// ids of whom it names. Whom the file does not declare keeps the id of the first
// start that found it; one that was never there is trusted by name.
func (s *Server) pinRoles(ctx context.Context) error {
	for _, r := range s.Config.Roles {
		if r.Trust == nil {
			continue
		}
		err := s.store.Update(ctx, func(tx *store.Tx) error {
			role, err := tx.RoleNamed(ctx, r.Name)
			if err != nil {
				return err
			}
			pins, err := s.pins(ctx, tx, role)
			if err != nil || maps.Equal(pins, role.Pins) {
				return err
			}
			role.Pins = pins
			return tx.PutRole(role)
		})
		if err != nil {
			return fmt.Errorf("role %s: %w", r.Name, err)
		}
	}
	return nil
}

func (s *Server) pins(ctx context.Context, tx *store.Tx, role store.Role) (map[string]string, error) {
	arns := iam.Principals(role.Trust, policy.Trust)
	pins, err := iam.Pins(ctx, tx, arns)
	if err != nil {
		return nil, err
	}
	for _, arn := range arns {
		if pin, there := role.Pins[arn]; there && !s.declares(arn) {
			pins[arn] = pin
		}
	}
	return pins, nil
}

// declares: the file declares the role or user of an ARN, or the role whose session
// it is.
func (s *Server) declares(arn string) bool {
	session := func(role string) string { return "arn:aws:sts::" + s.account() + ":assumed-role/" + role + "/" }
	return slices.ContainsFunc(s.Config.Roles, func(r Role) bool { return s.roleARN(r.Name) == arn || strings.HasPrefix(arn, session(r.Name)) }) ||
		slices.ContainsFunc(s.Config.Admins, func(a Admin) bool { return s.iamARN("user", a.Name) == arn })
}

// held is what a role or user has.
type held struct {
	policies map[string]string
	attached []string
	boundary string
	tags     map[string]string
	declared []string
}

// declareGrants puts what the file declares in the place of what it declared
// before. What IAM calls added under other names stays, so that a revocation
// outlives a restart.
func (s *Server) declareGrants(ctx context.Context, tx *store.Tx, have *held, want grants) error {
	have.forget()
	maps.Copy(have.policies, texts(want.policies))
	have.declared = slices.AppendSeq(have.mark(), maps.Keys(want.policies))
	for _, name := range want.attached {
		arn := s.policyARN(name)
		if _, err := iam.Document(ctx, tx, arn); err != nil {
			return fmt.Errorf("the managed policy %s: %w", arn, err)
		}
		if !slices.Contains(have.attached, arn) {
			have.attached = append(have.attached, arn)
		}
		have.declared = append(have.declared, arn)
	}
	have.tag(want.tags)
	if want.boundary != "" {
		have.boundary = s.policyARN(want.boundary)
		have.declared = append(have.declared, boundaryMark+have.boundary)
	}
	slices.Sort(have.declared)
	if want.boundary == "" {
		return nil
	}
	_, err := iam.Document(ctx, tx, have.boundary)
	return err
}

// Marks of what was declared that is no policy of the role or user; no name of a
// policy holds a colon, and ARNs begin otherwise.
const (
	tagMark      = "tag:"
	boundaryMark = "boundary:"
	keyMark      = "key:"  // an access key
	madeMark     = "made:" // the role or user itself
)

// tag puts declared tags in the place of others of their keys, which have no
// case.
func (h *held) tag(want map[string]string) {
	if len(want) > 0 && h.tags == nil {
		h.tags = map[string]string{}
	}
	for key, value := range want {
		maps.DeleteFunc(h.tags, func(k, _ string) bool { return strings.EqualFold(k, key) })
		h.tags[key] = value
		h.declared = append(h.declared, tagMark+key)
	}
}

// mark is what says that the role or user was made as declared, if it was.
func (h *held) mark() []string {
	if slices.Contains(h.declared, madeMark) {
		return []string{madeMark}
	}
	return []string{}
}

// forget takes away what was declared; nil means that all was, but for a boundary,
// which is a limit.
func (h *held) forget() {
	if h.policies == nil || h.declared == nil {
		h.policies = map[string]string{}
	}
	if h.declared == nil {
		h.attached = nil
	}
	for _, name := range h.declared {
		delete(h.policies, name)
		if key, isTag := strings.CutPrefix(name, tagMark); isTag {
			delete(h.tags, key)
		}
		if name == boundaryMark+h.boundary {
			h.boundary = ""
		}
		h.attached = slices.DeleteFunc(h.attached, func(arn string) bool { return arn == name })
	}
}

func (s *Server) applyAdmins(ctx context.Context) error {
	for _, a := range s.Config.Admins {
		secret := a.Secret.from(a.SecretEnv)
		if len(secret) < 32 {
			return fmt.Errorf("the administrator %s takes the secret access key from %s, which holds %d characters: set at least 32", a.Name, a.SecretEnv, len(secret))
		}
		sealed, err := s.sts.SealSecret(a.AccessKeyID, secret)
		if err != nil {
			return err
		}
		if err := s.declareOnce(ctx, func(tx *store.Tx) error { return s.applyAdmin(ctx, tx, a, sealed) }); err != nil {
			return fmt.Errorf("administrator %s: %w", a.Name, err)
		}
	}
	return nil
}

func (s *Server) applyAdmin(ctx context.Context, tx *store.Tx, a Admin, sealed []byte) error {
	save := tx.PutIAMUser
	user, err := tx.IAMUser(ctx, a.Name)
	if errors.Is(err, store.ErrNotFound) {
		user = store.IAMUser{Name: a.Name, ARN: s.iamARN("user", a.Name), Created: s.Now(), Declared: []string{madeMark}}
		user.ID, err = sts.NewID(s.random, "AIDA")
		save = tx.CreateIAMUser
	}
	if err == nil && user.ARN != s.iamARN("user", a.Name) {
		err = fmt.Errorf("%s is there, which is another user: delete it, or rename this one", user.ARN)
	}
	if err != nil {
		return err
	}
	have := held{user.Policies, user.Attached, user.Boundary, user.Tags, user.Declared}
	if err := s.declareGrants(ctx, tx, &have, grants{true, a.Name, a.Policies, a.Attached, a.Boundary, a.Tags}); err != nil {
		return err
	}
	if err := forgetKeys(ctx, tx, user, a.AccessKeyID); err != nil {
		return err
	}
	user.Policies, user.Attached, user.Boundary, user.Tags, user.Declared = have.policies, have.attached, have.boundary, have.tags, have.declared
	user.Declared = append(user.Declared, keyMark+a.AccessKeyID)
	key, err := s.declaredKey(ctx, tx, user.Name, a.AccessKeyID)
	if err != nil {
		return err
	}
	key.SecretSealed = sealed
	return errors.Join(save(user), tx.PutAccessKey(key))
}

// declaredKey is the access key of an administrator; one that was made inactive
// stays so, and one of another user is not taken over.
func (s *Server) declaredKey(ctx context.Context, tx *store.Tx, user, id string) (store.AccessKey, error) {
	key, err := tx.AccessKey(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return store.AccessKey{ID: id, UserName: user, Active: true, Created: s.Now()}, nil
	}
	if err == nil && key.UserName != user {
		err = fmt.Errorf("the access key %s belongs to the user %s", id, key.UserName)
	}
	return key, err
}
