package store

import (
	"context"
	"fmt"
)

// Filter narrows ListUsers to users whose attribute equals Value or, with
// Prefix, begins with it. Attribute is one that ListUsers of the Amazon Cognito
// user pools API can search: username, sub, email, phone_number, name,
// given_name, family_name, preferred_username, cognito:user_status, or status
// (Enabled or Disabled).
type Filter struct {
	Attribute, Value string
	Prefix           bool
}

// searchable gives each attribute its expression over the user's document. A
// filter's text reaches the database as a value only.
var searchable = map[string]string{
	"username":            "doc ->> 'Username'",
	"sub":                 "sub",
	"cognito:user_status": "doc ->> 'Status'",
	"status":              "CASE WHEN CAST(doc ->> 'Enabled' AS TEXT) IN ('true', '1') THEN 'Enabled' ELSE 'Disabled' END",
	"email":               "doc -> 'Attributes' ->> 'email'",
	"phone_number":        "doc -> 'Attributes' ->> 'phone_number'",
	"name":                "doc -> 'Attributes' ->> 'name'",
	"given_name":          "doc -> 'Attributes' ->> 'given_name'",
	"family_name":         "doc -> 'Attributes' ->> 'family_name'",
	"preferred_username":  "doc -> 'Attributes' ->> 'preferred_username'",
}

// Searchable reports whether ListUsers can filter by an attribute.
func Searchable(attribute string) bool { return searchable[attribute] != "" }

// ListUsers lists users of a pool by sub, after one ("" for the first), that
// pass every filter. A filter by anything not Searchable is an error.
func (r reader) ListUsers(ctx context.Context, pool, after string, limit int, filters ...Filter) ([]User, error) {
	query := "SELECT doc FROM users WHERE pool = $1 AND sub > $2"
	args := []any{pool, after, limit}
	for _, f := range filters {
		column := searchable[f.Attribute]
		if column == "" {
			return nil, fmt.Errorf("store: users cannot be searched by %q", f.Attribute)
		}
		args = append(args, f.Value)
		value := fmt.Sprintf("CAST($%d AS TEXT)", len(args))
		if f.Prefix {
			column = "substr(" + column + ", 1, length(" + value + "))"
		}
		query += " AND " + column + " = " + value
	}
	return list[User](ctx, r, query+" ORDER BY sub LIMIT $3", args...)
}
