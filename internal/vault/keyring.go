package vault

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	oskeyring "github.com/zalando/go-keyring"

	"github.com/gatepass/gatepass/internal/seal"
)

// service is what the entries of gatepass are filed under in a keyring; their
// account is the directory of the sessions.
const service = "gatepass"

// keyring is what the vault needs of a keyring. Its calls may take for ever.
type keyring interface {
	Get(service, account string) (string, error)
	Set(service, account, secret string) error
	Delete(service, account string) error
}

type system struct{}

func (system) Get(service, account string) (string, error) { return oskeyring.Get(service, account) }

func (system) Set(service, account, secret string) error {
	return oskeyring.Set(service, account, secret)
}

func (system) Delete(service, account string) error { return oskeyring.Delete(service, account) }

// noKeyring says why there is no keyring, as far as that shows without asking
// it; "" means that there may be one. Without a session bus the library would
// start a bus of its own, once a call.
func noKeyring() string {
	switch runtime.GOOS {
	case "windows", "darwin":
		return ""
	}
	bus := os.Getenv("DBUS_SESSION_BUS_ADDRESS")
	if bus != "" && !strings.HasPrefix(bus, "autolaunch:") {
		return ""
	}
	if _, err := os.Stat("/run/user/" + strconv.Itoa(os.Getuid()) + "/bus"); err == nil && bus == "" {
		return ""
	}
	return "there is no keyring (no session bus)"
}

func (v *Vault) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, cmp.Or(v.Timeout, DefaultTimeout))
}

// ask runs one call to the keyring and leaves it behind when ctx ends first: the
// libraries below know no time-out. Every error but [oskeyring.ErrNotFound] is
// an [ErrLocked] or that of a ctx that the caller ended.
func (v *Vault) ask(ctx context.Context, call func(k keyring, account string) (string, error)) (string, error) {
	account, err := filepath.Abs(v.Dir)
	if err != nil {
		return "", err
	}
	k := v.ring
	if k == nil {
		k = system{}
	}
	type answer struct {
		secret string
		err    error
	}
	done := make(chan answer, 1)
	go func() {
		secret, err := call(k, account)
		done <- answer{secret, err}
	}()
	select {
	case <-ctx.Done():
		return "", v.timedOut(ctx, byKeyring, ctx.Err())
	case a := <-done:
		if a.err != nil && !errors.Is(a.err, oskeyring.ErrNotFound) {
			return "", fmt.Errorf("%w: %s: %w", ErrLocked, keyringName, a.err)
		}
		return a.secret, a.err
	}
}

// timedOut makes the end of our own deadline an [ErrLocked]; that of the caller
// stays what it is.
func (v *Vault) timedOut(ctx context.Context, k kind, err error) error {
	if k != byKeyring || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%w: %s did not answer in time", ErrLocked, keyringName)
}

func (v *Vault) askKey(ctx context.Context) ([]byte, error) {
	secret, err := v.ask(ctx, func(k keyring, account string) (string, error) { return k.Get(service, account) })
	if errors.Is(err, oskeyring.ErrNotFound) {
		return nil, errNoKey
	}
	if err != nil {
		return nil, err
	}
	key, err := text.DecodeString(secret)
	if err != nil || len(key) != seal.RootSize {
		return nil, errNoKey
	}
	return key, nil
}

// giveKey has the keyring keep key, and sees that it did.
func (v *Vault) giveKey(ctx context.Context, key []byte) error {
	want := text.EncodeToString(key)
	got, err := v.ask(ctx, func(k keyring, account string) (string, error) {
		if err := k.Set(service, account, want); err != nil {
			return "", err
		}
		return k.Get(service, account)
	})
	if err == nil && got != want {
		err = fmt.Errorf("%w: %s did not keep the key", ErrLocked, keyringName)
	}
	return err
}

func (v *Vault) deleteKey(ctx context.Context) error {
	ctx, cancel := v.deadline(ctx)
	defer cancel()
	_, err := v.ask(ctx, func(k keyring, account string) (string, error) { return "", k.Delete(service, account) })
	if errors.Is(err, oskeyring.ErrNotFound) {
		return nil
	}
	return err
}
