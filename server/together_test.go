package server

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/gatepass/gatepass/server/store/storetest"
)

// TestNodesStartTogether: of nodes that apply one file to an empty database at
// the same time each starts, whoever writes what first.
func TestNodesStartTogether(t *testing.T) {
	t.Setenv(RootKeyEnv, base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))
	dsn := storetest.Postgres(t)
	failed := make([]error, 4)
	var all sync.WaitGroup
	for i := range failed {
		all.Go(func() {
			s := &Server{DSN: dsn, Config: manyUsers(), Handlers: SampleHandlers()}
			failed[i] = errors.Join(s.Start(t.Context()), s.Close())
		})
	}
	all.Wait()
	if err := errors.Join(failed...); err != nil {
		t.Error(err)
	}
}

// manyUsers is the sample with users enough that nodes meet at one.
func manyUsers() *Config {
	c := Sample("")
	pool := &c.UserPools[0]
	pool.AliasAttributes, pool.Groups = []string{"email"}, []Group{{Name: "readers"}}
	for i := range 10 {
		name := fmt.Sprint("user", i)
		pool.Users = append(pool.Users, User{
			Username: name, Password: "Correct-horse-7", Groups: []string{"readers"},
			Attributes: map[string]string{"email": name + "@example.com", "email_verified": "true"},
		})
	}
	return c
}
