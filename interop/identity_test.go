package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/gatepass/gatepass/gatepasstest"
	"github.com/gatepass/gatepass/server"
)

// TestBoto3IdentityPool has boto3 provision an identity pool from nothing, and use it. In between the server starts again,
// with roles that trust the new pool: their trust policies need its id.
func TestBoto3IdentityPool(t *testing.T) {
	python := boto3(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "pool")
	env := []string{"ADMIN_KEY=" + adminKey, "ADMIN_SECRET=" + adminSecret, "CLERK_KEY=" + clerkKey, "POOL_FILE=" + file}
	phase := func(name, pool string) {
		t.Run(name, func(t *testing.T) {
			st := gatepasstest.New(t, func(s *server.Server) { s.DSN, s.Config = filepath.Join(dir, "gate.db"), poolConfig(pool) })
			t.Log(run(t, configOf(st), env, python, filepath.Join("py", "identity.py"), name))
		})
	}
	phase("provision", "us-east-1:00000000-0000-4000-8000-000000000000")
	pool, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	phase("use", string(pool))
}

// poolConfig has roles that trust an identity pool, and ada in two groups with roles.
func poolConfig(pool string) *server.Config {
	c := server.Sample(gatepasstest.Password)
	c.Admins = admins()
	c.UserPools[0].Groups = []server.Group{{Name: "editors", Role: "Editor", Precedence: new(1)}, {Name: "readers", Role: "Reader", Precedence: new(2)}}
	c.UserPools[0].Users[0].Groups = []string{"editors", "readers"}
	c.Roles = append(c.Roles[:0:0], c.Roles...)
	c.Roles[0].Trust = trustOf(pool, "authenticated")
	// The sample's own identity pool has the same role; its trust is not what is tried here.
	c.Roles = append(c.Roles,
		server.Role{Name: "Editor", Trust: trustOf(pool, "authenticated")},
		server.Role{Name: "Reader", Trust: trustOf(pool, "authenticated")},
		server.Role{Name: "Guest", Trust: trustOf(pool, "unauthenticated")})
	return c
}

func trustOf(pool, amr string) *server.Document {
	d := server.Document(fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},`+
		`"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession"],"Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":%q},`+
		`"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":%q}}}}`, pool, amr))
	return &d
}
