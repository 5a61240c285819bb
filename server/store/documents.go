package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// UserPool is a Cognito user pool.
type UserPool struct {
	ID, Name          string
	Created, Modified time.Time
	Settings          UserPoolSettings
}

// UserPoolSettings are the settings gatepass enforces.
type UserPoolSettings struct {
	PasswordPolicy         PasswordPolicy
	UsernameAttributes     []string
	AliasAttributes        []string
	AutoVerifiedAttributes []string
	CaseSensitive          bool
	MFA                    string // OFF, OPTIONAL, ON
	AdminCreateUserOnly    bool
}

// PasswordPolicy is what a new password must satisfy.
type PasswordPolicy struct {
	MinimumLength                                                      int
	RequireUppercase, RequireLowercase, RequireNumbers, RequireSymbols bool
	TemporaryPasswordValidityDays                                      int
}

// UserPoolClient is an app client of a user pool.
type UserPoolClient struct {
	ID, PoolID, Name  string
	SecretSealed      []byte // empty: a public client
	Created, Modified time.Time
	Settings          ClientSettings
}

// ClientSettings are the settings of an app client. Lifetimes are in seconds.
type ClientSettings struct {
	ExplicitAuthFlows                                       []string
	PreventUserExistenceErrors                              string // ENABLED or LEGACY
	AccessTokenSeconds, IDTokenSeconds, RefreshTokenSeconds int64
	RotateRefreshTokens                                     bool
	RetryGraceSeconds                                       int64
	EnableTokenRevocation                                   bool
	AuthSessionSeconds                                      int64
	ReadAttributes, WriteAttributes                         []string
}

// Group is a user pool group.
type Group struct {
	PoolID, Name, RoleARN string
	Precedence            int
}

// SigningKey is a sealed private key. Scope says whose: userpool/<id>/id,
// userpool/<id>/access, identity.
type SigningKey struct {
	Scope, ID string
	Sealed    []byte
	Created   time.Time
}

func put(tx *Tx, kind, id, parent string, v any) error {
	doc, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return tx.exec(`INSERT INTO documents (kind, id, parent, doc) VALUES ($1, $2, $3, $4)
		ON CONFLICT (kind, id) DO UPDATE SET parent = excluded.parent, doc = excluded.doc`, kind, id, parent, string(doc))
}

// create keeps a new document; ErrExists if the kind has one of that id.
func create(tx *Tx, kind, id, parent string, v any) error {
	doc, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return tx.insert("INSERT INTO documents (kind, id, parent, doc) VALUES ($1, $2, $3, $4)", kind, id, parent, string(doc))
}

// remove deletes a document; ErrNotFound.
func remove(tx *Tx, kind, id string) error {
	met, err := tx.changed("DELETE FROM documents WHERE kind = $1 AND id = $2", kind, id)
	if err == nil && !met {
		return ErrNotFound
	}
	return err
}

func get[T any](ctx context.Context, r reader, kind, id string) (T, error) {
	var v T
	var doc string
	if err := r.row(ctx, "SELECT doc FROM documents WHERE kind = $1 AND id = $2", []any{kind, id}, &doc); err != nil {
		return v, err
	}
	return v, decode(doc, &v)
}

func decode(doc string, v any) error {
	if err := json.Unmarshal([]byte(doc), v); err != nil {
		return fmt.Errorf("%w: a record cannot be read: %w", ErrUnavailable, err)
	}
	return nil
}

// row reads one row; ErrNotFound.
func (r reader) row(ctx context.Context, query string, args []any, into ...any) error {
	if strings.HasPrefix(query, "SELECT") && !text(args) {
		return ErrNotFound
	}
	ctx, cancel := r.bound(ctx)
	defer cancel()
	return r.fault(r.q.QueryRowContext(ctx, query, args...).Scan(into...))
}

// text reports whether all arguments that are strings are text. PostgreSQL keeps
// no NUL and nothing but UTF-8: what is looked for by such a string is not there,
// and that the database refuses to look is no fault of it.
func text(args []any) bool {
	return !slices.ContainsFunc(args, func(arg any) bool {
		s, is := arg.(string)
		return is && (strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s))
	})
}

// rows calls scan for each row.
func (r reader) rows(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	if !text(args) {
		return nil
	}
	ctx, cancel := r.bound(ctx)
	defer cancel()
	rows, err := r.q.QueryContext(ctx, query, args...)
	if err != nil {
		return r.fault(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return r.fault(err)
		}
	}
	return r.fault(rows.Err())
}

func list[T any](ctx context.Context, r reader, query string, args ...any) ([]T, error) {
	var all []T
	err := r.rows(ctx, func(rows *sql.Rows) error {
		var doc string
		if err := rows.Scan(&doc); err != nil {
			return err
		}
		var v T
		all = append(all, v)
		return decode(doc, &all[len(all)-1])
	}, query, args...)
	return all, err
}

const byParent = "SELECT doc FROM documents WHERE kind = $1 AND parent = $2 AND id > $3 ORDER BY id LIMIT $4"

const everything = 1 << 30

// PutUserPool creates or replaces a user pool.
func (tx *Tx) PutUserPool(p UserPool) error { return put(tx, "userpool", p.ID, "", p) }

// UserPool finds a user pool; ErrNotFound.
func (r reader) UserPool(ctx context.Context, id string) (UserPool, error) {
	return get[UserPool](ctx, r, "userpool", id)
}

// ListUserPools lists pools by id, after an id ("" for the first).
func (r reader) ListUserPools(ctx context.Context, after string, limit int) ([]UserPool, error) {
	return list[UserPool](ctx, r, byParent, "userpool", "", after, limit)
}

// PutUserPoolClient creates or replaces an app client.
func (tx *Tx) PutUserPoolClient(c UserPoolClient) error { return put(tx, "client", c.ID, c.PoolID, c) }

// UserPoolClient finds an app client by its id alone, as public operations do.
func (r reader) UserPoolClient(ctx context.Context, id string) (UserPoolClient, error) {
	return get[UserPoolClient](ctx, r, "client", id)
}

// PutGroup creates or replaces a group.
func (tx *Tx) PutGroup(g Group) error { return put(tx, "group", g.PoolID+"/"+g.Name, g.PoolID, g) }

// DeleteGroup removes a group with its memberships; ErrNotFound.
func (tx *Tx) DeleteGroup(pool, name string) error {
	if err := tx.exec("DELETE FROM memberships WHERE pool = $1 AND grp = $2", pool, name); err != nil {
		return err
	}
	return remove(tx, "group", pool+"/"+name)
}

// Groups lists the groups of a pool by name.
func (r reader) Groups(ctx context.Context, pool string) ([]Group, error) {
	return list[Group](ctx, r, byParent, "group", pool, "", everything)
}

// AddSigningKey keeps a key; ErrExists if the scope has one of that id.
func (tx *Tx) AddSigningKey(k SigningKey) error {
	return create(tx, "signingkey", k.Scope+"/"+k.ID, k.Scope, k)
}

// SigningKeys lists the keys of a scope by id.
func (r reader) SigningKeys(ctx context.Context, scope string) ([]SigningKey, error) {
	return list[SigningKey](ctx, r, byParent, "signingkey", scope, "", everything)
}
