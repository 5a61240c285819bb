//go:build unix

package cli_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// runScript starts gatepass exec --server with a shell's script, whose first line
// of output it gives. Input ends the script where it reads.
func runScript(t *testing.T, env []string, script string) (cmd *exec.Cmd, first string, rest *bufio.Reader, input io.WriteCloser) {
	t.Helper()
	cmd = exec.Command("gatepass", "exec", "--server", "--", "sh", "-c", script)
	cmd.Env = env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no terminal sends signals here
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	rest = bufio.NewReader(out)
	first, err = rest.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return cmd, strings.TrimSpace(first), rest, input
}

func TestExecServer(t *testing.T) {
	st, env := signedIn(t)
	cmd, first, _, input := runScript(t, env, `echo $AWS_CONTAINER_CREDENTIALS_FULL_URI $AWS_CONTAINER_AUTHORIZATION_TOKEN; read end; exit 5`)
	url, token, _ := strings.Cut(first, " ")
	get := func(method, url, token, host string) (int, map[string]string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", token)
		r.Host = host
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var out map[string]string
		if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, out
	}
	status, first200 := get("GET", url, token, "")
	if status != 200 || !strings.HasPrefix(first200["AccessKeyId"], "ASIA") || first200["Token"] == "" || first200["Expiration"] == "" || first200["SecretAccessKey"] == "" {
		t.Errorf("%d %d fields", status, len(first200))
	}
	for name, c := range map[string]struct {
		method, url, token, host string
		want                     int
	}{
		"no token":      {"GET", url, "", "", 401},
		"wrong token":   {"GET", url, token[1:], "", 401},
		"bearer":        {"GET", url, "Bearer " + token, "", 401},
		"rebound name":  {"GET", url, token, "evil.example", 403},
		"another path":  {"GET", url + "x", token, "", 404},
		"another verb":  {"POST", url, token, "", 404},
		"name of local": {"GET", url, token, "localhost", 403},
	} {
		if status, out := get(c.method, c.url, c.token, c.host); status != c.want || out["SecretAccessKey"] != "" || out["message"] == "" {
			t.Errorf("%s: %d %v", name, status, out)
		}
	}
	if again, out := get("GET", url, token, ""); again != 200 || out["AccessKeyId"] != first200["AccessKeyId"] {
		t.Error("credentials that last were renewed")
	}
	st.FailNext(1000, 503) // what the services say does not reach the command before it must
	if status, _ := get("GET", url, token, ""); status != 200 {
		t.Errorf("from the cache: %d", status)
	}
	if err := input.Close(); err != nil {
		t.Fatal(err)
	}
	if code := exitCodeOf(cmd); code != 5 {
		t.Errorf("exit code %d, want the command's 5", code)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", token)
	if resp, err := http.DefaultClient.Do(r); err == nil { // or another listens there by now
		defer resp.Body.Close()
		if text, _ := io.ReadAll(resp.Body); strings.Contains(string(text), "SecretAccessKey") || strings.Contains(string(text), "message") {
			t.Errorf("the server outlives the command: %d", resp.StatusCode)
		}
	}
}

// TestExecForwardsSignals: what gatepass is sent, the command gets, and answers.
func TestExecForwardsSignals(t *testing.T) {
	_, env := signedIn(t)
	for _, s := range []struct {
		name   string
		signal syscall.Signal
	}{{"TERM", syscall.SIGTERM}, {"HUP", syscall.SIGHUP}, {"INT", syscall.SIGINT}} {
		// A shell that waits in read can miss a signal that comes just before.
		cmd, _, rest, _ := runScript(t, env, `trap "echo got; exit 9" `+s.name+`; echo ready; i=0; while [ $i -lt 6000 ]; do sleep 0.1; i=$((i+1)); done`)
		if err := cmd.Process.Signal(s.signal); err != nil {
			t.Fatal(err)
		}
		out, _ := io.ReadAll(rest)
		if code := exitCodeOf(cmd); code != 9 || string(out) != "got\n" {
			t.Errorf("%s: exit code %d, %q", s.name, code, out)
		}
	}
}

func exitCodeOf(cmd *exec.Cmd) int {
	_ = cmd.Wait() // the code says it
	return cmd.ProcessState.ExitCode()
}
