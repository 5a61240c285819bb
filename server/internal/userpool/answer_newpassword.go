package userpool

import (
	"context"
	"maps"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// answerNewPassword replaces a temporary password, which may not become the
// permanent one, and goes on with the sign-in.
func (s *Service) answerNewPassword(ctx context.Context, in answer) (*wire.AuthOutput, error) {
	password := in.responses["NEW_PASSWORD"]
	if password == "" {
		return nil, missing("NEW_PASSWORD")
	}
	if err := checkPolicy(&in.app.pool, password); err != nil {
		return nil, err
	}
	attrs, err := in.newAttributes()
	if err != nil {
		return nil, err
	}
	if same, err := s.matches(ctx, &subject{User: in.user}, password); err != nil || same {
		return nil, orElse(err, wire.Errorf("PasswordHistoryPolicyViolationException", "Password has previously been used"))
	}
	made, err := s.makePassword(ctx, &in.user, password)
	if err != nil {
		return nil, err
	}
	change := func(u *store.User) error {
		u.Attributes = maps.Clone(u.Attributes)
		if u.Attributes == nil {
			u.Attributes = map[string]string{}
		}
		maps.Copy(u.Attributes, attrs)
		u.Status, u.Modified = confirmed, s.Now()
		return made.put(u)
	}
	u := in.user
	if err := change(&u); err != nil {
		return nil, err
	}
	return s.nextFactor(ctx, in.app, &u, func(tx *store.Tx) error {
		if err := in.step.take(tx); err != nil {
			return err
		}
		if err := tx.ModifyUser(u.PoolID, u.Sub, change); err != nil {
			return err
		}
		if err := addNames(tx, &in.app.pool, &u); err != nil {
			return err
		}
		return tx.RevokeUser(u.PoolID, u.Sub)
	})
}

// newAttributes are the userAttributes.* of the answer. An address that is there
// already stays: it may be what the user signs in with.
func (in *answer) newAttributes() (map[string]string, error) {
	attrs := map[string]string{}
	for key, value := range in.responses {
		name, ok := strings.CutPrefix(key, "userAttributes.")
		if !ok {
			continue
		}
		if err := checkAttribute(name, value, false); err != nil {
			return nil, err
		}
		if old := in.user.Attributes[name]; (name == "email" || name == "preferred_username") && old != "" && old != value {
			return nil, notAuthorized("Cannot modify an already provided " + name)
		}
		attrs[name] = value
	}
	err := in.app.checkWritable(attrs)
	if email := attrs["email"]; email != "" && email != in.user.Attributes["email"] {
		attrs["email_verified"] = "false" // what an administrator said was of none
	}
	return attrs, err
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}
