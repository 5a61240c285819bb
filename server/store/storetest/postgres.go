// Package storetest gives tests a PostgreSQL to work on: the one that
// GATEPASS_TEST_POSTGRES names, or a cluster of their own, which [Run] ends.
package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Cluster is a PostgreSQL server of the tests' own, on a loopback port.
type Cluster struct {
	dir, bin string
	host     string
	port     int
	owner    *syscall.Credential
	server   *exec.Cmd
	ended    <-chan struct{} // closed when the server is no more; nil: it never was
}

// started is the cluster of this run of the tests; TestMain stops it.
var started atomic.Pointer[Cluster]

var startOnce = sync.OnceValues(func() (*Cluster, error) {
	c, err := newCluster()
	if err == nil {
		started.Store(c)
		err = c.Start()
	}
	return c, err
})

// Run is m.Run, and ends the cluster if a test started one. TestMain calls it.
func Run(m *testing.M) int {
	code := m.Run()
	if c := started.Load(); c != nil {
		c.remove()
	}
	return code
}

func pgBinaries() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("initdb")
	return filepath.Dir(path), err
}

func newCluster() (*Cluster, error) {
	bin, err := pgBinaries()
	if err != nil {
		return nil, errors.New("no PostgreSQL server binaries (apt-get install postgresql), and GATEPASS_TEST_POSTGRES is not set")
	}
	c := &Cluster{bin: bin, host: OwnHost()}
	if c.dir, err = os.MkdirTemp("", "gatepass-pg"); err != nil {
		return nil, err
	}
	if os.Geteuid() == 0 { // the server refuses to run as root
		if c.owner, err = account("postgres"); err != nil {
			return nil, err
		}
		if err := os.Chown(c.dir, int(c.owner.Uid), int(c.owner.Gid)); err != nil {
			return nil, err
		}
	}
	out, err := c.command("initdb", "-D", filepath.Join(c.dir, "data"), "-U", "gate", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	return c, nil
}

func account(name string) (*syscall.Credential, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
}

func (c *Cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.bin, name), args...)
	cmd.Dir = c.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.owner}
	return cmd
}

// Start runs the server and waits until it answers: the first time on a free port,
// which somebody else may take before the server does, and then on the same.
func (c *Cluster) Start() error {
	if c.port != 0 {
		return c.serve()
	}
	var err error
	for range 5 {
		if c.port, err = freePort(c.host); err == nil {
			err = c.serve()
		}
		if err == nil {
			return nil
		}
	}
	return err
}

// OwnHost is a loopback address that nobody else listens on, where a system has more
// than one: the port of a server that was ended is then free when it starts again.
func OwnHost() string {
	own := fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(250), rand.IntN(250), 1+rand.IntN(250))
	listener, err := net.Listen("tcp", own+":0")
	if err != nil {
		return "127.0.0.1"
	}
	_ = listener.Close()
	return own
}

func freePort(host string) (int, error) {
	listener, err := net.Listen("tcp", host+":0")
	if err != nil {
		return 0, err
	}
	return listener.Addr().(*net.TCPAddr).Port, listener.Close()
}

func (c *Cluster) serve() error {
	cmd := c.command("postgres", "-D", filepath.Join(c.dir, "data"), "-p", strconv.Itoa(c.port),
		"-h", c.host, "-c", "unix_socket_directories=", "-c", "max_connections=60", "-c", "fsync=off") // it crashes, and the machine does not
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	c.server, c.ended = cmd, ended
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	return c.wait()
}

// wait waits until the server answers, or is no more.
func (c *Cluster) wait() error {
	db, err := sql.Open("pgx", c.dsn("")+"&connect_timeout=60")
	if err != nil {
		return err
	}
	defer db.Close()
	deadline := time.After(5 * time.Minute)
	for db.Ping() != nil {
		select {
		case <-c.ended:
			return errors.New("the PostgreSQL server has ended")
		case <-deadline:
			return errors.New("the PostgreSQL server does not answer")
		case <-time.After(20 * time.Millisecond): // another process: there is no clock to inject
		}
	}
	return nil
}

// Stop ends the server as a crash would.
func (c *Cluster) Stop() {
	if c.ended != nil {
		_ = c.server.Process.Signal(syscall.SIGQUIT) // "immediate shutdown"
		<-c.ended
	}
}

func (c *Cluster) remove() {
	c.Stop()
	_ = os.RemoveAll(c.dir)
}

func (c *Cluster) dsn(schema string) string {
	u := fmt.Sprintf("postgres://gate@%s:%d/postgres?sslmode=disable", c.host, c.port)
	if schema != "" {
		u += "&search_path=" + schema
	}
	return u
}

var schemas atomic.Int64

// Postgres gives the URL of an empty schema, or skips the test where there is no
// PostgreSQL; GATEPASS_REQUIRE=all makes that a failure.
func Postgres(t testing.TB) string {
	t.Helper()
	base := os.Getenv("GATEPASS_TEST_POSTGRES")
	if base == "" {
		base = own(t).dsn("")
	}
	schema := fmt.Sprintf("gatepass_test_%d_%d", os.Getpid(), schemas.Add(1))
	db, err := sql.Open("pgx", base)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, err := db.ExecContext(context.Background(), "DROP SCHEMA "+schema+" CASCADE")
		if err := errors.Join(err, db.Close()); err != nil {
			t.Error(err)
		}
	})
	if _, err := db.Exec("CREATE SCHEMA " + schema); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	query.Set("search_path", schema)
	// A busy machine fails no test: nothing is given up before a test is.
	query.Set("connect_timeout", "600")
	query.Set("statement_timeout", "0")
	query.Set("idle_in_transaction_session_timeout", "0")
	u.RawQuery = query.Encode()
	return u.String()
}

// Own gives the cluster of the tests' own, to be crashed, or skips the test.
func Own(t testing.TB) *Cluster {
	t.Helper()
	if os.Getenv("GATEPASS_TEST_POSTGRES") != "" {
		t.Skip("only a server of the test's own can be crashed: unset GATEPASS_TEST_POSTGRES")
	}
	return own(t)
}

func own(t testing.TB) *Cluster {
	t.Helper()
	c, err := startOnce()
	if err == nil {
		return c
	}
	if os.Getenv("GATEPASS_REQUIRE") == "all" {
		t.Fatal(err)
	}
	t.Skip("PostgreSQL is not tested: " + err.Error())
	return nil
}
