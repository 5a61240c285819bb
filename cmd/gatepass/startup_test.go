package main

import (
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// released builds the program as make build does, or with tags as make client.
func released(t *testing.T, tags string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: builds the program as it is released")
	}
	bin := filepath.Join(t.TempDir(), "gatepass.exe")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-trimpath", "-tags", tags, "-ldflags=-s -w", "-o", bin, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

// A cost is what the packages of a module allocate before main runs.
type cost struct{ allocs, bytes int }

var initLine = regexp.MustCompile(`(?m)^init (\S+) @.* clock, (\d+) bytes, (\d+) allocs$`)

// startCosts are the least of three starts: how a map grows is another each time.
func startCosts(t *testing.T, bin string, args ...string) map[string]cost {
	t.Helper()
	costs := oneStart(t, bin, args...)
	for range 2 {
		for name, c := range oneStart(t, bin, args...) {
			if least, ok := costs[name]; ok {
				c = cost{min(c.allocs, least.allocs), min(c.bytes, least.bytes)}
			}
			costs[name] = c
		}
	}
	return costs
}

// oneStart runs a command that fails at once, and reads what the runtime says of the
// packages that were initialised for it.
func oneStart(t *testing.T, bin string, args ...string) map[string]cost {
	t.Helper()
	home := t.TempDir()
	cmd := exec.Command(bin, args...)
	cmd.Env = []string{"GODEBUG=inittrace=1", "HOME=" + home, "GATEPASS_HOME=" + home, "SYSTEMROOT=" + os.Getenv("SYSTEMROOT")}
	cmd.Dir = home
	out, _ := cmd.CombinedOutput() // it is not signed in
	costs := map[string]cost{}
	for _, m := range initLine.FindAllStringSubmatch(string(out), -1) {
		bytes, _ := strconv.Atoi(m[2])
		allocs, _ := strconv.Atoi(m[3])
		costs[m[1]] = cost{allocs, bytes}
	}
	if _, ok := costs["runtime"]; !ok || !strings.Contains(string(out), "gatepass: not set: GATEPASS_IDENTITY_POOL_ID") {
		t.Fatalf("no trace of %v: %s", args, out)
	}
	return costs
}

// costly are the packages of other modules that make tables before main, which
// every command waits for, with the allocations they may take. A dependency that
// is not here takes at most maxForeign.
var costly = map[string]int{
	"github.com/itchyny/gojq":             2600, // the functions of jq that are written in jq
	"go.yaml.in/yaml/v4/internal/libyaml": 450,  // five patterns
	"go.yaml.in/yaml/v4/internal/plugin":  100,
	"github.com/dustin/go-humanize":       150, // of modernc.org/libc
}

const (
	maxForeign = 50
	maxOwn     = 64       // allocations of a package of ours,
	maxOwnSize = 10 << 10 // and bytes
)

// never are modules whose start-up no command should wait for.
var never = []string{"github.com/prometheus/", "google.golang.org/protobuf", "go.opentelemetry.io/", "github.com/getkin/", "github.com/jackc/pgx/v5/pgxpool"}

// TestWhole holds what the program costs whoever starts it, as it is released.
func TestWhole(t *testing.T) {
	bin := released(t, "")
	t.Run("start-up", func(t *testing.T) { startsLight(t, bin) })
	t.Run("size", func(t *testing.T) { fits(t, bin, 28.5) })
}

// startsLight wants that for credentials, which other programs wait for, no
// driver, no metrics and no table is made: Go initialises every package that is
// linked, whatever the command. Our own tables are made when they are asked for
// (sync.OnceValue).
func startsLight(t *testing.T, bin string) {
	const own = "github.com/gatepass/gatepass"
	for name, c := range startCosts(t, bin, "credentials", "--format", "process") {
		first, _, _ := strings.Cut(name, "/")
		switch limit, known := costly[name]; {
		case name == own || strings.HasPrefix(name, own+"/"):
			if c.allocs > maxOwn || c.bytes > maxOwnSize {
				t.Errorf("%s makes %d objects of %d bytes before main: make them when they are needed", name, c.allocs, c.bytes)
			}
		case !strings.Contains(first, "."): // the standard library's
		case hasPrefix(name, never):
			t.Errorf("%s is initialised for gatepass credentials", name)
		case known && c.allocs > limit, !known && c.allocs > maxForeign:
			t.Errorf("%s makes %d objects (%d bytes) before main, more than %d", name, c.allocs, c.bytes, max(limit, maxForeign))
		}
	}
}

func hasPrefix(name string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// TestClientAlone holds that the program without the server half links neither
// its databases nor what reads API definitions.
func TestClientAlone(t *testing.T) {
	bin := released(t, "client")
	info, err := buildinfo.ReadFile(bin)
	if err != nil {
		t.Fatal(err)
	}
	if len(info.Deps) == 0 {
		t.Fatal("it does not say what it is made of")
	}
	for _, m := range info.Deps {
		if hasPrefix(m.Path, []string{"modernc.org/", "github.com/jackc/", "github.com/coreos/", "go.yaml.in/"}) {
			t.Errorf("the client links %s", m.Path)
		}
	}
	for name := range startCosts(t, bin, "credentials") {
		if strings.HasPrefix(name, "github.com/gatepass/gatepass/server") {
			t.Errorf("the client links %s", name)
		}
	}
	t.Run("size", func(t *testing.T) { fits(t, bin, 14.2) })
}

// fits wants a program of at most so many MB, so that it grows by decision. What
// is in it by package, go tool nm -size says of one that is built without -s -w.
func fits(t *testing.T, bin string, limit float64) {
	t.Helper()
	if on := fmt.Sprint(runtime.GOOS, "/", runtime.GOARCH, " ", runtime.Version()); !strings.HasPrefix(on, "linux/amd64 go1.26") {
		t.Skipf("the limit is that of linux/amd64 go1.26, not of %s", on)
	}
	info, err := os.Stat(bin)
	if err != nil {
		t.Fatal(err)
	}
	size := float64(info.Size()) / 1e6
	t.Logf("%.1f MB", size)
	if size > limit {
		t.Errorf("%.1f MB, more than %.1f", size, limit)
	}
}
