package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// nested is set in the environment of what exec runs, to what it runs as.
const nested = "GATEPASS_EXEC"

// endpointURL points the AWS tools to another server.
const endpointURL = "AWS_ENDPOINT_URL"

// conflicting are variables that would take the place of the credentials, or say
// something else of them.
var conflicting = []string{
	"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_FILE", "AWS_CREDENTIAL_EXPIRATION",
	"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SDK_LOAD_CONFIG", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_VAULT",
	"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
	"AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE",
}

func newExec(a *app) *cobra.Command {
	var serve bool
	cmd := &cobra.Command{
		Use: "exec [flags] [--] [COMMAND [ARGUMENT]...]",
		Long: `Run a command, or a shell, with the credentials of the signed-in user in its
environment, and nothing else there that the AWS tools would take instead. The
exit code is the command's, and signals reach it. The credentials last for an
hour at most; with --server the command asks for them at an address of this
machine whenever it needs some, so that it may run for as long as the session.
Then the AWS tools do not see their own files if the default profile there has
credentials, which they would take instead.
The AWS tools are pointed to the server of the profile, if that is not AWS.`,
		Example: `  gatepass exec -- aws sts get-caller-identity
  gatepass exec --server -- terraform apply`,
		Args: arguments(cobra.ArbitraryArgs),
	}
	read := a.settingsOf(cmd, clientFlags()...)
	cmd.Flags().SetInterspersed(false) // what follows the command is its own
	cmd.Flags().BoolVar(&serve, "server", false, "serve the credentials on loopback, behind a random token, and renew them")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if as := a.env(nested); as != "" {
			return hintf(usageErrorf("this is inside of gatepass exec already, as %s", as), "call the command itself, or unset %s", nested)
		}
		v, err := read()
		if err != nil {
			return err
		}
		return a.exec(cmd.Context(), v, args, serve)
	}
	return cmd
}

func (a *app) exec(ctx context.Context, v settingValues, args []string, serve bool) error {
	if len(args) == 0 {
		args = []string{a.shell()}
	}
	path, err := lookPath(args[0])
	if err != nil {
		return err
	}
	c, err := a.lasting(ctx, v, sdkWindow)
	if err != nil {
		return err
	}
	region := regionFor(v)
	add := [][2]string{{nested, cmp.Or(v.profile, v.userPool, v.identityPool)}}
	if a.env(endpointURL) == "" {
		add = append(add, [2]string{endpointURL, v.endpoint}) // its credentials are of no use to AWS
	}
	if serve {
		s, err := a.serveCredentials(ctx, v)
		if err != nil {
			return err
		}
		defer s.Close()
		if a.defaultHasKeys() { // the AWS tools prefer them to a server
			a.io.notef("note: the AWS tools' default profile has credentials of its own, so their files are hidden from the command")
			add = append(add, [2]string{"AWS_SHARED_CREDENTIALS_FILE", os.DevNull}, [2]string{"AWS_CONFIG_FILE", os.DevNull})
		}
		add = append(add, [2]string{"AWS_REGION", region}, [2]string{"AWS_DEFAULT_REGION", region})
		return a.runChild(path, args, environment(append(add, s.environment()...)))
	}
	env := environment(append(add, credentialsEnv(c, region)...))
	if err := replaceProcess(path, args, env); !errors.Is(err, errors.ErrUnsupported) {
		return &commandError{exitCannotRun, err} // it returns only when it failed
	}
	return a.runChild(path, args, env)
}

func (a *app) shell() string {
	if runtime.GOOS == "windows" {
		return cmp.Or(a.env("COMSPEC"), "cmd.exe")
	}
	return cmp.Or(a.env("SHELL"), "sh")
}

// commandError is a command of exec that did not run.
type commandError struct {
	code int
	err  error
}

func (e *commandError) Error() string { return e.err.Error() }

func (e *commandError) Unwrap() error { return e.err }

// childError is the exit code of a command that ran; the command has said the rest.
type childError struct{ code int }

func (e *childError) Error() string {
	return fmt.Sprintf("the command ended with exit code %d", e.code)
}

func lookPath(name string) (string, error) {
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		return path, nil
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return "", &commandError{exitNotFound, err}
	}
	return "", &commandError{exitCannotRun, err}
}

// environment is that of this process without what conflicts, and with add.
func environment(add [][2]string) []string {
	env := slices.DeleteFunc(os.Environ(), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains(conflicting, name)
	})
	for _, kv := range add {
		if kv[1] != "" {
			env = append(env, kv[0]+"="+kv[1])
		}
	}
	return env
}

// runChild runs a command and waits for it, passing signals on. Ctrl-C at the
// terminal reaches the command by itself, as one of the foreground group.
func (a *app) runChild(path string, args, env []string) error {
	cmd := &exec.Cmd{Path: path, Args: args, Env: env, Stdin: a.io.In, Stdout: a.io.Out, Stderr: a.io.Err}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, forwarded...)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return &commandError{exitCannotRun, err}
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			if !fromTerminal(s) {
				_ = cmd.Process.Signal(s) // it may have ended meanwhile
			}
		case err := <-ended:
			return childResult(cmd, err)
		}
	}
}

// childResult makes the command's exit code ours; a signal counts 128 more, as
// shells count it.
func childResult(cmd *exec.Cmd, err error) error {
	if _, ok := errors.AsType[*exec.ExitError](err); !ok {
		return err
	}
	if code := cmd.ProcessState.ExitCode(); code >= 0 {
		return &childError{code}
	}
	return &childError{128 + signalOf(cmd.ProcessState)}
}
