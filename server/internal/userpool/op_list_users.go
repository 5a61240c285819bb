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
	filters, err := parseFilter(in.Filter)
	if err != nil {
		return nil, err
	}
	query := "users|" + in.UserPoolId + "|" + in.Filter
	after, err := s.openPage(in.PaginationToken, query)
	if err != nil {
		return nil, err
	}
	users, err := s.Store.ListUsers(ctx, in.UserPoolId, after, in.Limit+1, filters...)
	if err != nil {
		return nil, err
	}
	out := &wire.ListUsersOutput{Users: []wire.UserType{}}
	if len(users) > in.Limit {
		users = users[:in.Limit]
		out.PaginationToken, err = s.boxes.page.Seal(s.Rand, []byte(users[len(users)-1].Sub), []byte(query))
	}
	for i := range users {
		out.Users = append(out.Users, userType(&users[i], see))
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

// parseFilter reads `name = "value"` or `name ^= "value"`, where \" and \\ stand
// for themselves; nil for no filter.
func parseFilter(text string) ([]store.Filter, error) {
	if text == "" {
		return nil, nil
	}
	bad := invalid("Error while parsing filter: write attribute = \"value\" or attribute ^= \"value\"")
	name, rest, ok := strings.Cut(text, "=")
	if !ok {
		return nil, bad
	}
	var f store.Filter
	name, f.Prefix = strings.CutSuffix(strings.TrimSpace(name), "^")
	f.Attribute = strings.Trim(strings.TrimSpace(name), `"`)
	if !store.Searchable(f.Attribute) {
		return nil, invalid("Error while parsing filter: the attribute cannot be searched")
	}
	if f.Value, ok = unquote(strings.TrimSpace(rest)); !ok {
		return nil, bad
	}
	return []store.Filter{f}, nil
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
