package userpool

import (
	"context"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

func (s *Service) listUsers(ctx context.Context, in *wire.ListUsersInput) (*wire.ListUsersOutput, error) {
	if _, err := s.pool(ctx, in.UserPoolId); err != nil {
		return nil, err
	}
	if in.Limit < 0 || in.Limit > maxPage {
		return nil, invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 60", in.Limit)
	}
	if in.Limit == 0 {
		in.Limit = maxPage
	}
	see, err := wantedAttributes(in.AttributesToGet)
	if err != nil {
		return nil, err
	}
	f, err := parseFilter(in.Filter)
	if err != nil {
		return nil, err
	}
	query := "users|" + in.UserPoolId + "|" + in.Filter
	after, err := s.openPage(in.PaginationToken, query)
	if err != nil {
		return nil, err
	}
	users, more, err := s.scan(ctx, in.UserPoolId, after, in.Limit, f)
	if err != nil {
		return nil, err
	}
	out := &wire.ListUsersOutput{Users: []wire.UserType{}}
	for i := range users {
		out.Users = append(out.Users, userType(&users[i], see))
	}
	if more {
		out.PaginationToken, err = s.boxes.page.Seal(s.Rand, []byte(users[len(users)-1].Sub), []byte(query))
	}
	return out, err
}

func wantedAttributes(names []string) (func(string) bool, error) {
	if len(names) == 0 {
		return everyAttribute, nil
	}
	for _, n := range names {
		if n != "sub" && !slices.Contains(standardAttributes, n) && !slices.Contains(verifiedAttributes, n) {
			return nil, invalid("One or more requested attributes do not exist in user pool.")
		}
	}
	return func(n string) bool { return slices.Contains(names, n) }, nil
}

// scan reads users until it has limit that match, and whether there are more.
func (s *Service) scan(ctx context.Context, pool, after string, limit int, f filter) (found []store.User, more bool, err error) {
	const page = 200
	for {
		users, err := s.Store.ListUsers(ctx, pool, after, page)
		if err != nil {
			return nil, false, err
		}
		for i := range users {
			after = users[i].Sub
			if !f.matches(&users[i]) {
				continue
			}
			if len(found) == limit {
				return found, true, nil
			}
			found = append(found, users[i])
		}
		if len(users) < page {
			return found, false, nil
		}
	}
}

// filter is the Filter of ListUsers: one attribute that equals or begins with a
// value. It is matched here and never becomes part of a query.
type filter struct {
	attribute, value string
	prefix           bool
}

// searchable are the attributes of the API reference's "Filter".
var searchable = []string{
	"username", "email", "phone_number", "name", "given_name", "family_name", "preferred_username", "cognito:user_status", "status", "sub",
}

// parseFilter reads `name = "value"` or `name ^= "value"`, where \" and \\ stand
// for themselves.
func parseFilter(text string) (filter, error) {
	var f filter
	if text == "" {
		return f, nil
	}
	bad := invalid("Error while parsing filter: write attribute = \"value\" or attribute ^= \"value\"")
	name, rest, ok := strings.Cut(text, "=")
	if !ok {
		return f, bad
	}
	name, f.prefix = strings.CutSuffix(strings.TrimSpace(name), "^")
	f.attribute = strings.Trim(strings.TrimSpace(name), `"`)
	if !slices.Contains(searchable, f.attribute) {
		return f, invalid("Error while parsing filter: the attribute cannot be searched")
	}
	if f.value, ok = unquote(strings.TrimSpace(rest)); !ok {
		return f, bad
	}
	return f, nil
}

func unquote(s string) (string, bool) {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return "", false
	}
	var out strings.Builder
	body := s[1 : len(s)-1]
	for i := 0; i < len(body); i++ {
		switch {
		case body[i] == '"':
			return "", false
		case body[i] != '\\':
			out.WriteByte(body[i])
		case i+1 == len(body) || body[i+1] != '"' && body[i+1] != '\\':
			return "", false
		default:
			i++
			out.WriteByte(body[i])
		}
	}
	return out.String(), true
}

func (f filter) matches(u *store.User) bool {
	var v string
	switch f.attribute {
	case "":
		return true
	case "username":
		v = u.Username
	case "sub":
		v = u.Sub
	case "cognito:user_status":
		v = u.Status
	case "status":
		v = map[bool]string{true: "Enabled", false: "Disabled"}[u.Enabled]
	default:
		v = u.Attributes[f.attribute]
	}
	if f.prefix {
		return strings.HasPrefix(v, f.value)
	}
	return v == f.value
}
