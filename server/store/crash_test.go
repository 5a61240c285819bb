package store_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/gatepass/gatepass/server/store"
)

// crashWriter is the child of the crash tests: four writers that print each
// user they have an acknowledgement for, until killed. Sabotaged they print each
// before it is written, and their second is never.
func crashWriter(path string) {
	s, err := store.Open(background, path)
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	early := os.Getenv("GATEPASS_STORE_SABOTAGE") != ""
	acked := make(chan string)
	for w := range 4 {
		go func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d-%d", os.Getpid(), w, i)
				if early {
					acked <- id
				}
				err := s.Update(background, func(tx *store.Tx) error {
					if early && i > 0 {
						select {} // until it is killed
					}
					u := store.User{PoolID: "p", Sub: id, VerifierSealed: []byte(id)}
					return tx.CreateUser(u, store.Name{Kind: "username", Value: "name " + id})
				})
				if err == nil && !early {
					acked <- id
				}
			}
		}()
	}
	for id := range acked {
		fmt.Println(id)
	}
}

// crash runs a child on path, kills it after n acknowledgements, and gives all it printed.
func crash(t *testing.T, path string, n int, env ...string) (acked []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), "GATEPASS_STORE_CRASH="+path), env...)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	timer := time.AfterFunc(5*time.Minute, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		acked = append(acked, lines.Text())
		if len(acked) == n {
			_ = cmd.Process.Kill() // SIGKILL
		}
	}
	_ = cmd.Wait() // it was killed
	if len(acked) < n {
		t.Fatalf("the child stopped early: %q", acked)
	}
	return acked
}

// lost opens the database and counts acknowledged users that are not whole.
func lost(t *testing.T, path string, acked []string) (n int) {
	t.Helper()
	s, err := store.Open(background, path)
	must(t, err)
	for _, id := range acked {
		if u, err := s.UserByName(background, "p", "name "+id); err != nil || string(u.VerifierSealed) != id {
			n++
		}
	}
	must(t, s.Close())
	return n
}

func TestK01KillLosesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	var acked []string
	for round := range 6 {
		acked = append(acked, crash(t, path, 1+97*round)...)
		if n := lost(t, path, acked); n > 0 {
			t.Fatalf("round %d: %d of %d acknowledged users are lost", round, n, len(acked))
		}
	}
	t.Logf("%d acknowledged users in 6 kills, none lost", len(acked))
}

// The crash test must be able to fail: a child that acknowledges too early is caught.
func TestK01SabotageIsSeen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	if n := lost(t, path, crash(t, path, 5, "GATEPASS_STORE_SABOTAGE=1")); n == 0 { // a second one is among five
		t.Error("early acknowledgements were not noticed")
	}
}
