package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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

// cluster is a PostgreSQL server of the tests' own, on a loopback port.
type cluster struct {
	dir, bin string
	port     int
	owner    *syscall.Credential
	server   *exec.Cmd
}

// started is the cluster of this run of the tests; TestMain stops it.
var started atomic.Pointer[cluster]

var startOnce = sync.OnceValues(func() (*cluster, error) {
	c, err := newCluster()
	if err == nil {
		started.Store(c)
		err = c.start()
	}
	return c, err
})

func TestMain(m *testing.M) {
	if path := os.Getenv("GATEPASS_STORE_CRASH"); path != "" {
		crashWriter(path)
		return
	}
	code := m.Run()
	if c := started.Load(); c != nil {
		c.remove()
	}
	os.Exit(code)
}

func pgBinaries() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("initdb")
	return filepath.Dir(path), err
}

func newCluster() (*cluster, error) {
	bin, err := pgBinaries()
	if err != nil {
		return nil, errors.New("no PostgreSQL server binaries (apt-get install postgresql), and GATEPASS_TEST_POSTGRES is not set")
	}
	c := &cluster{bin: bin}
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
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c.port = listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		return nil, err
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

func (c *cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.bin, name), args...)
	cmd.Dir = c.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.owner}
	return cmd
}

// start runs the server and waits until it answers.
func (c *cluster) start() error {
	c.server = c.command("postgres", "-D", filepath.Join(c.dir, "data"), "-p", strconv.Itoa(c.port),
		"-h", "127.0.0.1", "-c", "unix_socket_directories="+c.dir, "-c", "max_connections=60")
	if err := c.server.Start(); err != nil {
		return err
	}
	db, err := sql.Open("pgx", c.dsn(""))
	if err != nil {
		return err
	}
	defer db.Close()
	deadline := time.Now().Add(20 * time.Second)
	for db.Ping() != nil {
		if time.Now().After(deadline) {
			return errors.New("the PostgreSQL server does not answer")
		}
		time.Sleep(20 * time.Millisecond) // another process: there is no clock to inject
	}
	return nil
}

// stop ends the server as a crash would.
func (c *cluster) stop() {
	if c.server != nil && c.server.Process != nil {
		_ = c.server.Process.Signal(syscall.SIGQUIT) // "immediate shutdown"
		_ = c.server.Wait()
	}
}

func (c *cluster) remove() {
	c.stop()
	_ = os.RemoveAll(c.dir)
}

func (c *cluster) dsn(schema string) string {
	u := fmt.Sprintf("postgres://gate@127.0.0.1:%d/postgres?sslmode=disable", c.port)
	if schema != "" {
		u += "&search_path=" + schema
	}
	return u
}

var schemas atomic.Int64

// postgres gives the URL of an empty schema, or skips the test.
func postgres(t testing.TB) string {
	t.Helper()
	base := os.Getenv("GATEPASS_TEST_POSTGRES")
	if base == "" {
		base = ownCluster(t).dsn("")
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
	u.RawQuery = query.Encode()
	return u.String()
}

func ownCluster(t testing.TB) *cluster {
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
